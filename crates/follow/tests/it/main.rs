//! Fetching from servers on loopback, good ones and others.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that cannot go on has failed.

mod alerts;
mod articles;
mod dovecot;
mod encrypted;
mod hostile;
mod mailboxes;
mod replay;
mod server;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tellmark_core::Hash;
use tellmark_follow::{
    Article, Channel, Guard, Manners, Never, Polled, Reader, Result, Source, Trust, Validators, Web, poll,
};

use server::Server;

/// A client that may read this server alone, and is never to read hosts below `ombuds.example`.
fn web(server: &Server) -> Web {
    let manners = Manners {
        user_agent: "tellmark/test".into(),
        pace: Duration::ZERO,
        answer_time_max: Duration::from_millis(1500),
    };
    let never =
        Channel { channel: "press".into(), hosts: vec!["never.example".into()], ..Channel::default() };
    let guard = Guard::allowing([format!("127.0.0.1:{}", server.port)]);
    Web::new(manners, guard, Arc::new(Never::with(vec![never]).unwrap()), Trust::default())
}

/// Takes all that is new.
#[derive(Default)]
struct Taker {
    seen: HashSet<Hash>,
    articles: Vec<Article>,
}

impl Reader for Taker {
    fn wants(&mut self, key: Hash) -> bool {
        !self.seen.contains(&key)
    }

    fn take(&mut self, article: Article) -> bool {
        self.seen.insert(article.key);
        self.articles.push(article);
        true
    }
}

impl Taker {
    /// Polls a source, and gives what is new.
    fn poll(&mut self, web: &Web, source: &str, known: &Validators) -> Result<(Polled, Vec<Article>)> {
        let polled = poll(web, &Source::parse(source)?, None, known, self)?;
        Ok((polled, std::mem::take(&mut self.articles)))
    }
}

fn read(web: &Web, source: &str) -> Result<(Polled, Vec<Article>)> {
    Taker::default().poll(web, source, &Validators::default())
}

//! Listening: how many connections are taken, and what protects them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::figures::Count;
use crate::serve::Relay;
use crate::session::{Cover, Session};
use crate::wire::Stream;

/// How long a client may take for TLS.
const TLS_TIME: Duration = Duration::from_secs(30);
/// How long a client may take for its request for figures, and bytes of it.
const FIGURES_TIME: Duration = Duration::from_secs(5);
const FIGURES_BYTES_MAX: usize = 4_096;

/// How many connections there are, and from where.
#[derive(Debug, Default)]
pub struct Taken {
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection of those that are counted.
struct Place {
    relay: Arc<Relay>,
    peer: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.relay.taken.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.peer);
            }
        }
    }
}

impl Taken {
    fn take(&self, relay: &Arc<Relay>, peer: IpAddr) -> Option<Place> {
        let limits = &relay.policy.limits;
        let mut taken = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let own = taken.get(&peer).copied().unwrap_or(0);
        if all >= limits.connections || own >= limits.connections_from_one {
            return None;
        }
        taken.insert(peer, own + 1);
        Some(Place { relay: relay.clone(), peer })
    }
}

/// Takes connections until the relay ends.
pub async fn listen(relay: Arc<Relay>, listener: TcpListener, is_tls: bool) {
    let is_local = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    loop {
        let (stream, from) = tokio::select! {
            () = relay.ended() => return,
            taken = listener.accept() => match taken {
                Ok(taken) => taken,
                // No file handle is free, for example: others will be.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        let peer = from.ip().to_canonical();
        let place = relay.taken.take(&relay, peer);
        let relay = relay.clone();
        tokio::spawn(async move {
            match place {
                // Held until the session is over.
                Some(_place) => serve(relay, stream, peer, (is_tls, is_local)).await,
                None => turn_away(&relay, stream, is_tls).await,
            }
        });
    }
}

async fn serve(relay: Arc<Relay>, stream: TcpStream, peer: IpAddr, (is_tls, is_local): (bool, bool)) {
    relay.figures.count(Count::Connections);
    let (stream, cover): (Box<dyn Stream>, Cover) = match (is_tls, is_local) {
        (true, _) => match secure(&relay, Box::new(stream)).await {
            Some(stream) => (stream, Cover::Tls),
            None => return,
        },
        (false, true) => (Box::new(stream), Cover::Clear),
        (false, false) => (Box::new(stream), Cover::ClearYet),
    };
    Session::new(relay, stream, peer, cover).run().await;
}

async fn turn_away(relay: &Relay, mut stream: TcpStream, is_tls: bool) {
    relay.figures.count(Count::TurnedAway);
    if !is_tls {
        let said = stream.write_all(b"421 4.7.0 too many connections; try again later\r\n");
        let _ = timeout(Duration::from_secs(1), said).await;
    }
}

/// The stream under TLS; `None` where that fails.
pub async fn secure(relay: &Relay, stream: Box<dyn Stream>) -> Option<Box<dyn Stream>> {
    let acceptor = relay.tls.as_ref()?;
    let secured = timeout(TLS_TIME, acceptor.accept(stream)).await.ok()?.ok()?;
    Some(Box::new(secured))
}

/// Answers `GET /metrics` with the figures, and nothing else.
pub async fn figures(relay: Arc<Relay>, listener: TcpListener) {
    loop {
        let taken = tokio::select! {
            () = relay.ended() => return,
            taken = listener.accept() => taken,
        };
        let Ok((mut stream, _)) = taken else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let relay = relay.clone();
        tokio::spawn(async move {
            let mut asked = Vec::new();
            let read = async {
                let mut chunk = [0; 512];
                while !asked.windows(4).any(|end| end == b"\r\n\r\n") && asked.len() < FIGURES_BYTES_MAX {
                    match stream.read(&mut chunk).await {
                        Ok(count) if count > 0 => asked.extend_from_slice(&chunk[..count]),
                        _ => return false,
                    }
                }
                asked.starts_with(b"GET /metrics ")
            };
            let body = match timeout(FIGURES_TIME, read).await {
                Ok(true) => relay.figures.text(relay.queue.waiting(), relay.queue.in_doubt()),
                _ => return,
            };
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close";
            let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _ = timeout(FIGURES_TIME, stream.write_all(answer.as_bytes())).await;
        });
    }
}

//! Mailboxes on a server.

use std::fs;
use std::sync::Arc;

use tellmark_follow::{Error, Guard, Manners, Never, Source, Trust, Validators, Web, poll};

use crate::Taker;
use crate::dovecot::Dovecot;

fn message(number: u32, from: &str, text: &str) -> String {
    format!(
        "From: {from}\r\nTo: desk@firm.example\r\nSubject: Number {number}\r\nMessage-ID: <{number}@x.example>\r\n\r\n{text}\r\n"
    )
}

impl Dovecot {
    fn web(&self, trust: Trust) -> Web {
        let guard = Guard::allowing([format!("127.0.0.1:{}", self.port)]);
        Web::new(Manners::default(), guard, Arc::new(Never::default()), trust)
    }

    fn trusted(&self) -> Web {
        self.web(Trust::with_own(&fs::read(self.folder.path().join("cert.pem")).unwrap()).unwrap())
    }
}

#[test]
fn a_mailbox_on_a_server_is_read_and_left_as_it_is() {
    let dovecot = Dovecot::start();
    let source = Source::parse(&format!("imaps://anna@127.0.0.1:{}/INBOX", dovecot.port)).unwrap();
    let put = |number: u32, from: &str, text: &str| {
        fs::write(dovecot.mail().join(format!("new/{number}.x")), message(number, from, text)).unwrap();
    };
    put(1, "desk@paper.example", "They will reopen the sluices.");
    put(2, "tips@paper.example", "In confidence.");
    put(3, "bo@paper.example", "=FC\u{fc}ber Nacht");
    let (web, mut taker) = (dovecot.trusted(), Taker::default());
    let password = Some("long secret");
    let mut read = |password| {
        poll(&web, &source, password, &Validators::default(), &mut taker)
            .map(|polled| (polled, std::mem::take(&mut taker.articles)))
    };
    let (polled, articles) = read(password).unwrap();
    let titles: Vec<&str> = articles.iter().map(|one| one.title.as_str()).collect();
    assert_eq!((titles, polled.passed_over), (vec!["Number 3", "Number 1"], 1));
    assert!(articles[1].text.as_ref().unwrap().contains("reopen the sluices"));
    put(4, "bo@paper.example", "One more.");
    let (_, articles) = read(password).unwrap();
    assert_eq!(articles.iter().map(|one| one.address.as_str()).collect::<Vec<_>>(), ["mid:4@x.example"]);
    let read_flags = fs::read_dir(dovecot.mail().join("cur")).unwrap().flatten();
    assert!(
        read_flags.map(|file| file.file_name()).all(|name| !name.to_string_lossy().contains('S')),
        "nothing was marked as read"
    );
    assert!(matches!(read(Some("wrong")), Err(Error::Io { .. })));
    assert!(read(None).unwrap_err().to_string().contains("[passwords]"));
    // A certificate that nobody vouches for, and an address that was not allowed.
    let untrusted =
        poll(&dovecot.web(Trust::default()), &source, password, &Validators::default(), &mut taker);
    assert!(matches!(&untrusted, Err(Error::Io { why, .. }) if why.contains("certificate")), "{untrusted:?}");
    let web = Web::new(Manners::default(), Guard::default(), Arc::new(Never::default()), Trust::default());
    let private = poll(&web, &source, password, &Validators::default(), &mut taker);
    assert!(matches!(private, Err(Error::Private { .. })), "{private:?}");
}

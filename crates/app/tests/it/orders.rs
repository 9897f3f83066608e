//! Orders to show who is who although nobody is named: who may answer and carry out one, and what that shows.

use tellmark_app::order::{self, State};
use tellmark_app::seal::SealRequest;
use tellmark_app::trace::{TraceRequest, trace};
use tellmark_app::{Error, Ports, Silent, Vault, people};

use crate::office::{DRAFT_2, Office, leaked};

const PASSWORD: &str = "four words nobody says";

/// An account that was made at a moment.
async fn account(vault: &Vault, name: &str, at: i64) -> u32 {
    let mut ports = Ports::system().unwrap();
    ports.now = at;
    let secret = people::invite(vault, "custodian", 0, 0, &mut ports).await.unwrap();
    people::accept(vault, &secret, name, PASSWORD, &mut ports).await.unwrap().number
}

/// An office in which a look at the first of two drafts alone named nobody.
async fn office(seed: u64) -> Office {
    let mut office = Office::open(seed).await;
    office.seal_call().await;
    let redraft = SealRequest {
        revises: Some("call.md".into()),
        ..office.request("call-draft2.md", DRAFT_2.as_bytes(), "second")
    };
    office.seal(&redraft).await.unwrap();
    let copy = office.copy("call", "r17", "call.md");
    // A paragraph tells something, and too little.
    let few = copy.split("\n\n").filter(|paragraph| paragraph.len() > 300).nth(4).unwrap();
    let request = TraceRequest {
        case: Some("talks".into()),
        release: Some("call.md".into()),
        ..leaked(few.as_bytes())
    };
    let finding = trace(&office.vault, &request, &office.ports, &Silent).await.unwrap().finding;
    assert!(finding.named.is_empty() && finding.tested == 24, "{finding:?}");
    office
}

fn refused<T: std::fmt::Debug>(done: Result<T, Error>, why: &str) {
    let error = done.unwrap_err();
    assert!(error.is_input() && error.to_string().contains(why), "{error}");
}

#[tokio::test]
async fn who_asks_for_names_makes_nobody_who_agrees() {
    let office = office(91).await;
    let (vault, now) = (&office.vault, office.ports.now);
    let asks = account(vault, "Ada", now - 100).await;
    let older = account(vault, "Bo", now - 100).await;
    let robbed = account(vault, "Eve", now - 100).await;
    // A clock of seconds does not tell what was first within one.
    let same = account(vault, "Dee", now).await;
    let order = order::ask(vault, "talks", 1, "to ask all for notes", asks, now).await.unwrap().order;
    refused(order::answer(vault, order, asks, true, now + 1).await, "nobody agrees to what they asked for");
    let later = account(vault, "Cy", now + 1).await;
    refused(order::answer(vault, order, later, true, now + 2).await, "made after this was asked for");
    refused(order::answer(vault, order, later, false, now + 2).await, "made after this was asked for");
    let at_once = account(vault, "Fay", now).await;
    refused(order::answer(vault, order, at_once, true, now + 2).await, "made after this was asked for");
    // A link for a new password, which whoever asks may have opened.
    let ports = &mut Ports::system().unwrap();
    let link = people::invite(vault, "", robbed, asks, ports).await.unwrap();
    people::accept(vault, &link, "", PASSWORD, ports).await.unwrap();
    refused(order::answer(vault, order, robbed, true, now + 2).await, "a new password through a link");
    let first = order::answer(vault, order, older, true, now + 3).await.unwrap();
    assert!(first.state == State::Waits && !first.may_answer(older) && first.may_answer(same));
    refused(order::answer(vault, order, older, true, now + 3).await, "answered this before");
    refused(order::show(vault, order, asks, None, &office.ports, &Silent).await, "1 more have to agree");
    let second = order::answer(vault, order, same, true, now + 4).await.unwrap();
    assert_eq!((second.state, second.agreed), (State::Agreed, vec![older, same]));
    refused(order::answer(vault, order, asks, false, now + 5).await, "waits for nobody");
}

#[tokio::test]
async fn an_order_shows_names_once_and_of_the_release_that_was_looked_at() {
    let office = office(92).await;
    let (vault, ports) = (&office.vault, &office.ports);
    let now = ports.now;
    let asks = account(vault, "Ada", now - 100).await;
    let (bo, cy) = (account(vault, "Bo", now - 100).await, account(vault, "Cy", now - 100).await);
    let refuses = account(vault, "Dee", now - 100).await;
    let order = order::ask(vault, "talks", 1, "to ask all for notes", asks, now).await.unwrap().order;
    for agrees in [bo, cy] {
        order::answer(vault, order, agrees, true, now).await.unwrap();
    }
    // Another server is at it.
    assert!(vault.store.hold(&format!("order {order}"), "another", now, now).await.unwrap());
    refused(order::show(vault, order, asks, None, ports, &Silent).await, "another server");
    vault.store.let_go(None, "another").await.unwrap();
    // Asked for twice at the same time.
    let show = || order::show(vault, order, asks, None, ports, &Silent);
    let (one, two) = tokio::join!(show(), show());
    let (shown, other) = if one.is_ok() { (one, two) } else { (two, one) };
    let finding = shown.unwrap().finding;
    refused(other, "was carried out");
    assert_eq!((finding.look, finding.tested), (2, 24), "the other draft's copies are not tested");
    assert!(finding.named.is_empty());
    let line = order::one(vault, order).await.unwrap();
    assert_eq!((line.state, line.shown_in), (State::Shown, Some(2)));
    assert_eq!(tellmark_app::cases::case(vault, "talks").await.unwrap().looks.len(), 2);
    refused(show().await, "was carried out");
    // Who refuses, ends it.
    let order = order::ask(vault, "talks", 1, "once more", asks, now).await.unwrap().order;
    assert_eq!(order::answer(vault, order, refuses, false, now).await.unwrap().state, State::Refused);
    refused(order::show(vault, order, asks, None, ports, &Silent).await, "was refused");
}

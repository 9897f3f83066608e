//! What a server keeps: people, links for recipients, and what lies on its desk.

use tellmark_core::ReleaseId;
use tellmark_store::{Draft, Error, Invitation, Keeper, NewPasskey, NewShare, Store, Token, Way};

use crate::place::{Place, try_execute};
use crate::samples::Sample;

const NOW: i64 = 1_780_000_000;

fn invitation<'a>(token: &'a str, role: &'a str, account: u32) -> Invitation<'a> {
    Invitation { token, account, role, made_by: 0, made_at: NOW, expires_at: NOW + 100 }
}

async fn owner(store: &Store) -> u32 {
    store.invite(&invitation("first", "owner", 0)).await.unwrap();
    store.accept_invitation("first", "Ada", Way::Password("hash"), NOW).await.unwrap().number
}

pub async fn an_invitation_works_once(place: Place) {
    let store = place.store().await;
    store.invite(&invitation("a", "author", 0)).await.unwrap();
    assert!(store.invitation("a", NOW + 100).await.unwrap().is_none());
    assert_eq!(store.invitation("a", NOW).await.unwrap().unwrap().role, "author");
    let made = store.accept_invitation("a", " Ada ", Way::Password("hash"), NOW).await.unwrap();
    assert_eq!((made.number, made.name.as_str(), made.role.as_str()), (1, "Ada", "author"));
    assert!(matches!(
        store.accept_invitation("a", "Bob", Way::Password("hash"), NOW).await,
        Err(Error::Missing { .. })
    ));
    store.invite(&invitation("b", "owner", 0)).await.unwrap();
    assert!(matches!(
        store.accept_invitation("b", "ADA", Way::Password("hash"), NOW).await,
        Err(Error::Conflict { .. })
    ));
    // What failed used nothing up.
    assert_eq!(store.accept_invitation("b", "Bob", Way::Password("hash"), NOW).await.unwrap().number, 2);
    assert_eq!(store.account_named(" ada").await.unwrap().unwrap().number, 1);
    assert!(store.account_named("a\0da").await.unwrap().is_none());
    store.begin_session("s", (1, 0), NOW, NOW + 50).await.unwrap();
    store.invite(&invitation("c", "", 1)).await.unwrap();
    assert_eq!(
        store.accept_invitation("c", "", Way::Password("other"), NOW).await.unwrap().password,
        "other"
    );
    assert!(store.session("s", NOW).await.unwrap().is_none(), "a new password ends sessions");
}

pub async fn somebody_is_one_account(place: Place) {
    let store = place.store().await;
    let number = owner(&store).await;
    assert!(store.account_of("ada").await.unwrap().is_none());
    assert_eq!(store.tied_since(number).await.unwrap(), None);
    store.tie_identity("ada", number, NOW).await.unwrap();
    assert_eq!(store.account_of("ada").await.unwrap().unwrap().number, number);
    store.invite(&invitation("b", "author", 0)).await.unwrap();
    let again = store.accept_invitation("b", "Bob", Way::Identity("ada"), NOW).await;
    assert!(matches!(again, Err(Error::Conflict { .. })), "{again:?}");
    let made = store.accept_invitation("b", "Bob", Way::Identity("bob"), NOW + 1).await.unwrap();
    assert_eq!((made.number, store.tied_since(2).await.unwrap()), (2, Some(NOW + 1)));
    assert!(store.tie_identity("bob", number, NOW).await.is_err());
    // Somebody else takes over, and whoever had it before comes in no more.
    store.begin_session("s", (2, 0), NOW, NOW + 50).await.unwrap();
    store.invite(&invitation("c", "", 2)).await.unwrap();
    store.accept_invitation("c", "", Way::Identity("eve"), NOW).await.unwrap();
    assert!(
        store.account_of("bob").await.unwrap().is_none() && store.session("s", NOW).await.unwrap().is_none()
    );
    assert_eq!(store.account_of("eve").await.unwrap().unwrap().name, "Bob");
}

pub async fn sessions_and_tokens_end(place: Place) {
    let store = place.store().await;
    let number = owner(&store).await;
    store.begin_session("s", (number, 0), NOW, NOW + 50).await.unwrap();
    assert_eq!(store.session("s", NOW + 49).await.unwrap().unwrap().account, number);
    assert!(store.session("s", NOW + 50).await.unwrap().is_none());
    store.touch_session("s", NOW + 5).await.unwrap();
    assert_eq!(store.sessions(number, NOW).await.unwrap()[0].seen_at, NOW + 5);
    store.end_session("s").await.unwrap();
    assert!(store.session("s", NOW).await.unwrap().is_none());
    let token = Token::new(number, "script", "read", NOW, NOW + 50);
    let first = store.add_token("t", &token).await.unwrap();
    assert_eq!(store.token("t", NOW).await.unwrap().unwrap().scopes, "read");
    assert!(store.token("t", NOW + 50).await.unwrap().is_none());
    assert!(store.revoke_token(number + 1, first, NOW).await.is_err(), "of another account");
    store.revoke_token(number, first, NOW).await.unwrap();
    assert!(store.token("t", NOW).await.unwrap().is_none());
    store.begin_session("s", (number, 0), NOW, NOW + 50).await.unwrap();
    let last = store.set_account(number, "author", 0, "owner").await;
    assert!(matches!(last, Err(Error::Conflict { .. })), "the last owner stays: {last:?}");
    assert!(store.session("s", NOW).await.unwrap().is_some());
    store.invite(&invitation("b", "owner", 0)).await.unwrap();
    store.accept_invitation("b", "Bob", Way::Password("hash"), NOW).await.unwrap();
    // What it invited to, and whoever waits to come in as it, ends with it.
    for (token, account, made_by) in [("x", 0, number), ("y", number, 2), ("z", 0, 2)] {
        store.invite(&Invitation { made_by, ..invitation(token, "owner", account) }).await.unwrap();
    }
    store.set_account(number, "author", NOW, "owner").await.unwrap();
    for (token, works) in [("x", false), ("y", false), ("z", true)] {
        assert_eq!(store.invitation(token, NOW).await.unwrap().is_some(), works, "{token}");
    }
    assert!(store.session("s", NOW).await.unwrap().is_none());
    assert_eq!(store.account(number).await.unwrap().disabled_at, NOW);
}

pub async fn shares_are_recorded_for_ever(place: Place) {
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    let sample = Sample::new(1);
    let release = store.record_release(&sample.first()).await.unwrap().into_inner().id;
    assert_eq!(store.sizes().await.unwrap(), (1, 1));
    let sums = store.batch_sums().await.unwrap();
    assert!(sums[&release].0 == 1 && sums[&release].1 > 1, "{sums:?}");
    let lineage = store.release(release).await.unwrap().lineage;
    assert_eq!(store.batch_sums_of(lineage).await.unwrap(), sums);
    assert!(store.batch_sums_of(tellmark_core::LineageId([0xee; 8])).await.unwrap().is_empty());
    assert_eq!(store.find_releases(&release.to_string()).await.unwrap().len(), 1);
    assert!(store.find_releases("eeeeeeeeeeeeeeee").await.unwrap().is_empty());
    let share = |token: &'static str, release: ReleaseId| NewShare {
        token,
        release,
        copy: "r1",
        email: "a@example.org",
        made_by: 1,
        made_at: NOW,
        expires_at: NOW + 100,
    };
    let both = [share("one", release), share("two", ReleaseId([0xee; 8]))];
    assert!(matches!(store.record_shares(&both).await, Err(Error::Missing { .. })));
    assert!(store.shares_part(release, 0, 9).await.unwrap().is_empty(), "all or none");
    store.record_shares(&both[..1]).await.unwrap();
    let found = store.share_by_token("one", NOW).await.unwrap().unwrap();
    assert_eq!((found.number, found.copy.as_str()), (1, "r1"));
    assert!(store.share_by_token("one", NOW + 100).await.unwrap().is_none());
    store.set_share_code(1, "code", NOW + 10).await.unwrap();
    assert!(!store.use_share_code(1, "wrong", NOW, 2).await.unwrap());
    assert!(store.use_share_code(1, "code", NOW, 2).await.unwrap());
    assert!(!store.use_share_code(1, "code", NOW, 2).await.unwrap(), "it works once");
    store.set_share_code(1, "code", NOW + 10).await.unwrap();
    for _ in 0..2 {
        assert!(!store.use_share_code(1, "wrong", NOW, 2).await.unwrap());
    }
    assert!(!store.use_share_code(1, "code", NOW, 2).await.unwrap(), "too many wrong ones");
    for (what, at) in [("opened", NOW), ("confirmed", NOW + 1), ("opened", NOW + 2)] {
        store.record_visit(1, what, at).await.unwrap();
    }
    let (last, all) = store.visits(1, 0, 2).await.unwrap();
    assert_eq!((last.len(), last[0].at, last[1].what.as_str(), all), (2, NOW + 2, "confirmed", 3));
    assert_eq!(store.visits(1, 2, 2).await.unwrap().0[0].at, NOW);
    assert_eq!(store.first_visit(1, "opened").await.unwrap().unwrap().at, NOW);
    assert!(store.first_visit(1, "signed").await.unwrap().is_none());
    let shares = store.shares_part(release, 0, 9).await.unwrap();
    assert_eq!(store.share_count(release).await.unwrap(), shares.len() as u64);
    assert_eq!(store.shares_part(release, 0, 1).await.unwrap(), shares[..1]);
    assert!(store.shares_part(release, shares.len() as u64, 9).await.unwrap().is_empty());
    store.begin_session("s", (0, 1), NOW, NOW + 50).await.unwrap();
    assert!(store.end_share(ReleaseId([0xee; 8]), 1, NOW).await.is_err());
    assert_eq!(store.end_share(release, 1, NOW).await.unwrap().ended_at, NOW);
    assert_eq!(store.end_share(release, 1, NOW + 1).await.unwrap().ended_at, NOW);
    assert!(store.share_by_token("one", NOW).await.unwrap().is_none());
    assert!(store.session("s", NOW).await.unwrap().is_none());
    store.record_act(1, "shared", "r1", NOW).await.unwrap();
    assert_eq!(store.acts(None, 10).await.unwrap()[0].what, "shared");
    store.record_report("talks", 1, b"page", NOW).await.unwrap();
    store.record_report("talks", 1, b"another", NOW).await.unwrap();
    assert_eq!(store.report("talks", 1).await.unwrap().unwrap(), b"page");
    assert!(store.report("talks", 2).await.unwrap().is_none());
    for sql in ["DELETE FROM share_visits", "UPDATE shares SET copy = 'r2'", "DELETE FROM acts"] {
        assert!(try_execute(&url, sql).await.is_err(), "{sql}");
    }
    assert!(store.check().await.unwrap().is_sound());
    let (mut dump, elsewhere) = (Vec::new(), place.other());
    let other = elsewhere.store().await;
    store.export(&mut dump).await.unwrap();
    other.import(&mut dump.as_slice()).await.unwrap();
    assert_eq!(
        other.shares_part(release, 0, 9).await.unwrap(),
        store.shares_part(release, 0, 9).await.unwrap()
    );
    assert!(other.session("s", NOW).await.unwrap().is_none());
}

pub async fn a_desk_has_drafts_and_answers(place: Place) {
    let store = place.store().await;
    let draft = Draft {
        id: "d1".into(),
        account: 1,
        file_name: "a.md".into(),
        state: "draft".into(),
        options: "{}".into(),
        message: String::new(),
        release: None,
        made_at: NOW,
        changed_at: NOW,
    };
    store.put_draft(&draft).await.unwrap();
    assert!(!store.move_draft("d1", &["queued"], "running", "", NOW).await.unwrap());
    assert!(store.move_draft("d1", &["draft", "failed"], "queued", "soon", NOW + 1).await.unwrap());
    let found = store.draft("d1").await.unwrap();
    assert_eq!((found.state.as_str(), found.message.as_str(), found.changed_at), ("queued", "soon", NOW + 1));
    let changed = Draft { release: Some("abc".into()), ..draft.clone() };
    assert!(!store.change_draft(&changed, &["draft", "failed"]).await.unwrap(), "it waits to be sealed");
    assert!(!store.remove_draft("d1", &["queued", "running"]).await.unwrap());
    assert_eq!(store.draft("d1").await.unwrap(), found);
    assert!(store.change_draft(&changed, &["draft", "queued"]).await.unwrap());
    assert_eq!(store.drafts().await.unwrap()[0].release.as_deref(), Some("abc"));
    assert!(store.remove_draft("d1", &["queued", "running"]).await.unwrap());
    assert!(!store.change_draft(&changed, &["draft"]).await.unwrap(), "what was taken away stays away");
    assert!(matches!(store.draft("d1").await, Err(Error::Missing { .. })));
    assert!(store.claim_answer("k", "r", NOW, 0).await.unwrap().is_none());
    assert_eq!(store.claim_answer("k", "r", NOW, 0).await.unwrap().unwrap().status, 0);
    store.keep_answer("k", Some((201, "{}"))).await.unwrap();
    assert_eq!(store.claim_answer("k", "r", NOW, 0).await.unwrap().unwrap().status, 201);
    assert!(store.claim_answer("k", "r", NOW, NOW + 1).await.unwrap().is_none(), "forgotten");
    store.keep_answer("k", None).await.unwrap();
    assert!(store.claim_answer("k", "r", NOW, 0).await.unwrap().is_none());
}

pub async fn orders_are_recorded_for_ever(place: Place) {
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    assert!(matches!(store.order(1).await, Err(Error::Missing { .. })));
    assert_eq!(store.record_order(("talks", 1), "to ask", 3, NOW).await.unwrap(), 1);
    assert_eq!(store.record_order(("other", 2), "to ask", 3, NOW).await.unwrap(), 2);
    store.answer_order(1, 4, true, NOW + 1).await.unwrap();
    store.answer_order(1, 5, false, NOW + 2).await.unwrap();
    assert!(matches!(store.answer_order(1, 4, false, NOW).await, Err(Error::Conflict { .. })));
    assert!(matches!(store.answer_order(7, 4, true, NOW).await, Err(Error::Missing { .. })));
    store.carry_out_order(1, 3, 6, NOW + 3, b"who is who").await.unwrap();
    let again = store.carry_out_order(1, 4, 6, NOW + 4, b"once more").await;
    assert!(matches!(again, Err(Error::Conflict { .. })));
    assert_eq!(store.report("talks", 3).await.unwrap().unwrap(), b"who is who");
    assert!(store.report("talks", 4).await.unwrap().is_none());
    let (order, answers, done) = store.order(1).await.unwrap();
    assert_eq!((order.case.as_str(), order.look, order.asked_by), ("talks", 1, 3));
    assert_eq!(
        answers.iter().map(|one| (one.account, one.agrees)).collect::<Vec<_>>(),
        [(4, true), (5, false)]
    );
    assert_eq!(done.unwrap().look, 3, "the first one stays");
    let number = |all: Vec<(tellmark_store::Order, _, _)>| -> Vec<u32> {
        all.iter().map(|one| one.0.number).collect()
    };
    assert_eq!(number(store.orders(None, 0, 9).await.unwrap()), [2, 1]);
    assert_eq!(number(store.orders(None, 1, 9).await.unwrap()), [1]);
    assert_eq!(number(store.orders(Some("other"), 0, 9).await.unwrap()), [2]);
    for sql in ["DELETE FROM order_answers", "UPDATE orders SET look = 2", "DELETE FROM carried_out_orders"] {
        assert!(try_execute(&url, sql).await.is_err(), "{sql}");
    }
    assert!(store.check().await.unwrap().is_sound());
    let (mut dump, elsewhere) = (Vec::new(), place.other());
    store.export(&mut dump).await.unwrap();
    let other = elsewhere.store().await;
    other.import(&mut dump.as_slice()).await.unwrap();
    assert_eq!(other.orders(None, 0, 9).await.unwrap(), store.orders(None, 0, 9).await.unwrap());
}

pub async fn passkeys_are_counted_and_removed(place: Place) {
    let store = place.store().await;
    let account = owner(&store).await;
    let keeper = Keeper::Account(account);
    let new = |credential: &'static str, counter: u32| NewPasskey {
        keeper,
        credential,
        public_key: "key",
        name: "a laptop",
        counter,
        at: NOW,
    };
    assert_eq!(store.add_passkey(&new("a", 0)).await.unwrap(), 1);
    assert!(matches!(store.add_passkey(&new("a", 0)).await, Err(Error::Conflict { .. })));
    assert_eq!(store.add_passkey(&new("b", 4)).await.unwrap(), 2);
    // A device that counts nothing tells 0 each time; one that counts must go on.
    assert!(store.use_passkey(1, 0, NOW + 1).await.unwrap());
    assert!(
        store.use_passkey(2, 5, NOW + 1).await.unwrap() && !store.use_passkey(2, 5, NOW + 2).await.unwrap()
    );
    assert!(!store.use_passkey(2, 0, NOW + 2).await.unwrap());
    assert_eq!(store.passkey("b").await.unwrap().unwrap().used_at, NOW + 1);
    assert!(store.remove_passkey(account + 1, 1, NOW).await.is_err(), "of another account");
    store.remove_passkey(account, 1, NOW).await.unwrap();
    assert!(store.passkey("a").await.unwrap().is_none() && !store.use_passkey(1, 0, NOW).await.unwrap());
    assert_eq!(store.passkeys(keeper).await.unwrap().len(), 1);
    // A link of the same number has others, and is asked other questions.
    let link = Keeper::Share(account);
    assert_eq!(store.passkeys(link).await.unwrap().len(), 0);
    store.add_passkey(&NewPasskey { keeper: link, ..new("c", 0) }).await.unwrap();
    assert_eq!(store.passkeys(link).await.unwrap()[0].keeper, link);
    assert_eq!(store.passkeys(keeper).await.unwrap().len(), 1);
    store.ask_question("q", link, (NOW, NOW + 9), 5).await.unwrap();
    assert!(
        !store.take_question("q", keeper, NOW).await.unwrap(),
        "it was asked of somebody else, and is over"
    );
    store.ask_question("r", link, (NOW, NOW + 9), 5).await.unwrap();
    assert!(store.take_question("r", link, NOW).await.unwrap());
    assert!(store.check().await.unwrap().is_sound());
}

fn queued(number: i64) -> Draft {
    Draft {
        id: format!("d{number:02}"),
        account: 1,
        file_name: "a.md".into(),
        state: "queued".into(),
        options: "{}".into(),
        message: String::new(),
        release: None,
        made_at: NOW,
        changed_at: NOW + number,
    }
}

pub async fn several_servers_share_a_queue(place: Place) {
    let url = place.url().await;
    let store = Store::create(&url).await.unwrap();
    for number in 0..12 {
        store.put_draft(&queued(number)).await.unwrap();
    }
    // Each server has connections of its own; all claim at once.
    let mut servers = tokio::task::JoinSet::new();
    for server in 0..4 {
        let url = url.clone();
        servers.spawn(async move {
            let (store, owner) = (Store::open(&url).await.unwrap(), format!("server {server}"));
            let mut claimed = Vec::new();
            let mut nothing = 0;
            // Where all rows are locked for a moment, there is one a moment later.
            while nothing < 20 {
                match store.claim_draft(("queued", "sealing"), &owner, NOW + 100, NOW + 40).await.unwrap() {
                    Some(draft) => claimed.push(draft.id),
                    None => {
                        nothing += 1;
                        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                    }
                }
            }
            claimed
        });
    }
    let mut all: Vec<String> = servers.join_all().await.into_iter().flatten().collect();
    all.sort_unstable();
    let expected: Vec<String> = (0..12).map(|number| queued(number).id).collect();
    assert_eq!(all, expected, "each is claimed once");
}

pub async fn a_lease_is_kept_lost_and_taken_over(place: Place) {
    let store = place.store().await;
    store.put_draft(&queued(2)).await.unwrap();
    store.put_draft(&queued(1)).await.unwrap();
    let states = ("queued", "sealing");
    let claim = async |owner: &str, at: i64| store.claim_draft(states, owner, at, at - 20).await.unwrap();
    let first = claim("a", NOW + 100).await.unwrap();
    assert_eq!((first.id.as_str(), first.message.as_str()), ("d01", "a"), "the one that waited longest");
    assert_eq!(claim("b", NOW + 101).await.unwrap().id, "d02");
    assert!(claim("b", NOW + 102).await.is_none(), "both are held");
    assert!(store.hold_draft("d01", "sealing", "a", NOW + 115).await.unwrap());
    assert!(!store.hold_draft("d01", "sealing", "b", NOW + 115).await.unwrap());
    // Nobody held on to the second one; the first is still held.
    assert_eq!(claim("a", NOW + 130).await.unwrap().id, "d02");
    assert!(claim("a", NOW + 131).await.is_none());
    let done = |id: &str| Draft {
        state: "sealed".into(),
        message: "m".into(),
        release: Some("r".into()),
        ..queued(id[1..].parse().unwrap())
    };
    assert!(!store.settle_draft(&done("d02"), "sealing", "b").await.unwrap(), "it is not theirs any more");
    assert!(store.settle_draft(&done("d02"), "sealing", "a").await.unwrap());
    let found = store.draft("d02").await.unwrap();
    assert_eq!(
        (found.state.as_str(), found.message.as_str(), found.release.as_deref()),
        ("sealed", "m", Some("r"))
    );
    // Somebody stops it from another server: its owner does not hold it any more.
    assert!(store.move_draft("d01", &["queued", "sealing"], "stopped", "", NOW + 140).await.unwrap());
    assert!(!store.hold_draft("d01", "sealing", "a", NOW + 141).await.unwrap());
    assert!(!store.settle_draft(&done("d01"), "sealing", "a").await.unwrap());
}

pub async fn a_question_is_answered_once_and_in_time(place: Place) {
    let store = place.store().await;
    let ask = async |question: &str, account, until| {
        store.ask_question(question, Keeper::Account(account), (NOW, until), 3).await.unwrap();
    };
    let take = async |question: &str, account, now| {
        store.take_question(question, Keeper::Account(account), now).await.unwrap()
    };
    ask("a", 1, NOW + 300).await;
    assert!(!take("b", 1, NOW).await);
    assert!(take("a", 1, NOW + 299).await && !take("a", 1, NOW).await, "once");
    ask("a", 1, NOW + 300).await;
    assert!(!take("a", 0, NOW).await && !take("a", 1, NOW).await, "of another account");
    ask("a", 1, NOW + 300).await;
    assert!(!take("a", 1, NOW + 300).await, "too late");
    // So many wait; those that end first make way, and what is over is forgotten.
    ask("over", 0, NOW).await;
    for (question, more) in [("c", 10), ("d", 11), ("e", 12), ("f", 13)] {
        ask(question, 0, NOW + more).await;
    }
    assert!(!take("c", 0, NOW).await && !take("over", 0, NOW - 1).await);
    assert!(take("d", 0, NOW).await && take("e", 0, NOW).await && take("f", 0, NOW).await);
}

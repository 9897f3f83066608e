//! One id in two drafts: whose copy a finding means.

use tellmark_app::holders::{self, Given};
use tellmark_app::seal::{ExtendRequest, SealRequest, extend};
use tellmark_app::{Error, Silent};

use crate::office::*;

/// The roster with somebody else behind a copy.
fn with_another(id: &str, line: &str) -> Vec<u8> {
    let is_own = |old: &str| old.starts_with(&format!("{id},"));
    let lines = ROSTER.lines().map(|old| if is_own(old) { line } else { old });
    lines.map(|line| format!("{line}\n")).collect::<String>().into_bytes()
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>, id: &str) {
    let said = result.unwrap_err().to_string();
    assert!(said.contains(&format!("copy {id} is")) && said.contains("an id of their own"), "{said}");
}

#[tokio::test]
async fn no_id_passes_to_somebody_else_in_a_redraft() {
    let mut office = Office::open(81).await;
    office.seal_call().await;
    let redraft = |office: &Office, roster: Vec<u8>| SealRequest {
        revises: Some("call.md".into()),
        roster,
        ..office.request("call-2.md", DRAFT_2.as_bytes(), "draft2")
    };
    let line = ROSTER.lines().find(|line| line.starts_with("r17,")).unwrap();
    let fields: Vec<&str> = line.split(',').collect();
    let another = format!("r17,Somebody Else,else@example.org,{}", fields[3]);
    refused(office.seal(&redraft(&office, with_another("r17", &another))).await, "r17");
    assert!(!office.path("draft2").exists());
    // The same person in another spelling, or with another group.
    let moved = format!("r17,{},{},elsewhere", fields[1].to_uppercase(), fields[2]);
    office.seal(&redraft(&office, with_another("r17", &moved))).await.unwrap();
    // Nor does one that a late copy takes.
    let late = |roster: &str| ExtendRequest {
        release: "call-2.md".into(),
        roster: roster.as_bytes().to_vec(),
        roster_name: "late.csv".into(),
        out: office.path("late"),
        mail: None,
        force: false,
        kept: None,
    };
    let new = late("id,name\nr99,Late Comer\n");
    let older = ExtendRequest { release: "call.md".into(), ..late("id,name\nr99,Another Comer\n") };
    extend(&office.vault, &new, &mut office.ports, &Silent).await.unwrap();
    refused(extend(&office.vault, &older, &mut office.ports, &Silent).await, "r99");
}

#[tokio::test]
async fn a_finding_names_the_holders_of_the_draft_that_was_read() {
    let mut office = Office::open(82).await;
    let roster = holders::numbered(24).unwrap();
    let of = |office: &Office, name: &str, text: &str, revises: Option<&str>| SealRequest {
        roster: roster.clone(),
        roster_name: "--numbered".into(),
        revises: revises.map(str::to_owned),
        ..office.request(name, text.as_bytes(), name)
    };
    office.seal(&of(&office, "call.md", CALL, None)).await.unwrap();
    office.seal(&of(&office, "second.md", DRAFT_2, Some("call.md"))).await.unwrap();
    for (release, holder) in [("call.md", "Ada Lindqvist"), ("second.md", "Bob Marsh")] {
        let given = Given {
            release: release.into(),
            copy: "07".into(),
            holder: holder.into(),
            since: None,
            assumed: false,
            because: String::new(),
        };
        holders::give(&office.vault, &given, &office.ports).await.unwrap();
    }
    let first = office.copy("call.md", "07", "call.md");
    let second = office.copy("second.md", "07", "second.md");
    for (leak, document, holder, other) in [
        (&first, "call.md", "Ada Lindqvist", "Bob Marsh"),
        (&second, "second.md", "Bob Marsh", "Ada Lindqvist"),
    ] {
        let finding = office.trace(leak).await;
        assert_eq!(named(&finding), ["07"]);
        let named = &finding.named[0];
        assert_eq!(named.document, document);
        assert!(named.holders[0].starts_with(holder), "{:?}", named.holders);
        // Where both drafts have every site, the marks do not tell whose it was: both are said.
        let is_tie = named.also.iter().any(|also| also.sites == also.of);
        assert_eq!(named.holders.len(), 1 + usize::from(is_tie), "{:?}", named.holders);
        // What both drafts have alike says the same of the other one, as far as it goes.
        assert!(named.also.iter().all(|also| also.sites <= also.of && also.holders[0].starts_with(other)));
    }
}

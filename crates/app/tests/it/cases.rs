//! What a vault says of its cases, and what they spent on a copy.

use tellmark_app::cases::{AlphaSum, LookVerdict, case, cases, spent, spent_on};
use tellmark_app::seal::{ExtendRequest, SealRequest, extend};
use tellmark_app::trace::{ExhibitFile, TraceRequest, trace};
use tellmark_app::{Error, Silent};
use tellmark_codes::Alpha;
use tellmark_core::LineageId;
use tellmark_store::{NewExhibit, NewLook};

use crate::office::{CALL, DRAFT_2, Office, middle};

const MINUTES: &str = "# Minutes\n\nThe board {met|came together} on Tuesday in the {small|lesser} hall. It \
    {heard|listened to} the treasurer on the {new|recent} boiler and the {old|former} roof.\n\n\
    The {meeting|session} then {took up|turned to} the garden, which is {too large|overgrown}, and \
    {decided|resolved} to {ask|invite} a {gardener|nurseryman}. It rose at {noon|twelve}.\n";

fn sum(parts: &[&str]) -> AlphaSum {
    parts.iter().fold(AlphaSum::default(), |mut sum, part| {
        sum += AlphaSum::from(part.parse::<Alpha>().unwrap());
        sum
    })
}

/// Seals the minutes with a looser bound than the call's.
async fn seal_minutes(office: &mut Office) -> LineageId {
    let request = office.request("minutes.md", MINUTES.as_bytes(), "minutes");
    office.seal(&SealRequest { alpha: "1e-2".into(), ..request }).await.unwrap().lineage
}

/// Registers a look of a case and nothing more, as a command does that is cut off.
async fn begin(office: &Office, case: &str) -> u32 {
    let exhibits = [NewExhibit { bytes: b"cut off", name: "cut.txt", reason: "found" }];
    let new =
        NewLook { case: Some(case), alpha: "as sealed", because: "", at: 1_770_000_100, exhibits: &exhibits };
    office.vault.store.begin_look(&new).await.unwrap().look.number
}

/// The second look begins and ends while the first one is still weighing what it read.
#[tokio::test]
async fn names_of_looks_that_overlap_all_stay() {
    let mut office = Office::open(34).await;
    office.seal_call().await;
    let (one, two) = (office.copy("call", "r03", "call.md"), office.copy("call", "r05", "call.md"));
    // Half of each: together they would be a mixture.
    let (one, two) = (&one[..one.len() / 2], &two[two.len() / 2..]);
    let (first, second) = tokio::join!(
        office.trace_in(Some("talks"), trimmed(one)),
        office.trace_in(Some("talks"), trimmed(two))
    );
    let mut names: Vec<&str> =
        first.named.iter().chain(&second.named).map(|named| named.copy.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert!(!names.is_empty());
    let mut kept = case(&office.vault, "talks").await.unwrap().named;
    kept.sort_unstable();
    assert_eq!(kept, names);
    let third = office.trace_in(Some("talks"), "Nothing of ours stands in here.").await;
    let mut before: Vec<&str> = third.named_before.iter().map(|named| named.copy.as_str()).collect();
    before.sort_unstable();
    assert_eq!((third.named.len(), before), (0, names));
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

#[tokio::test]
async fn a_case_tells_every_look_and_whom_its_findings_named() {
    let mut office = Office::open(31).await;
    office.seal_call().await;
    let leak = office.copy("call", "r03", "call.md");
    let first = office.trace_in(Some("talks"), "Nothing of ours stands in here.").await;
    let second = office.trace_in(Some("talks"), &leak).await;
    let third = begin(&office, "talks").await;
    office.vault.store.record_failure("talks", third, "the disk was full", 1_770_000_200).await.unwrap();
    begin(&office, "talks").await;

    let line = case(&office.vault, "talks").await.unwrap();
    let verdicts: Vec<_> = line.looks.iter().map(|look| look.verdict).collect();
    use LookVerdict::{Copy, Failed, Nobody, Registered};
    assert_eq!(verdicts, [Nobody, Copy, Failed, Registered]);
    assert_eq!((line.verdict, line.last_at), (Registered, 1_770_000_100));
    assert_eq!((line.named.as_slice(), &line.groups_named), (&["r03".to_owned()][..], &second.groups_named));
    assert_eq!(line.alpha, Some(sum(&["1e-6"])));

    let [nothing, copy, failed, cut] = line.looks.as_slice() else { panic!("{line:?}") };
    assert_eq!((nothing.sites_read, nothing.tested, nothing.alpha), (0, Some(0), None));
    assert_eq!((copy.tested, copy.threshold_e_log10), (Some(24), Some(second.threshold_e_log10)));
    assert_eq!((copy.sites_read, copy.releases[0].read), (copy.releases[0].read, copy.releases[0].sites));
    let figures = (copy.named[0].look, copy.named[0].e_log10, copy.named[0].p, copy.named[0].p_familywise);
    let said = &second.named[0];
    assert_eq!(figures, (2, Some(said.e_log10), Some(said.p), Some(said.p_familywise)));
    assert_eq!((copy.named[0].document.as_str(), &copy.named[0].holders), ("call.md", &said.holders));
    let exhibit = &copy.exhibits[0];
    assert_eq!(
        (exhibit.name.as_str(), exhibit.bytes, exhibit.reason.as_str()),
        ("leak.txt", leak.len() as u64, "a test")
    );
    assert_eq!(exhibit.hash, tellmark_core::Hash::of(leak.as_bytes()));
    assert_eq!((failed.failed.as_deref(), failed.named.len()), (Some("the disk was full"), 0));
    assert_eq!((cut.reading, cut.tested), (None, None));
    assert_eq!(first.look, 1);

    let Err(Error::Input(said)) = case(&office.vault, "tall").await else { panic!("a case that is none") };
    assert!(said.contains("\"tall\"") && said.contains("\"talks\""), "{said}");
}

#[tokio::test]
async fn a_case_that_names_nobody_shows_no_name_of_a_copy_though_its_finding_has_them() {
    let mut office = Office::open(32).await;
    office.seal_call().await;
    let copy = office.copy("call", "r05", "call.md");
    let part: String = copy.split("\n\n").filter(|p| p.len() > 200).nth(1).unwrap().into();
    let request = TraceRequest {
        exhibits: vec![ExhibitFile { name: "part.txt".into(), bytes: part.into_bytes() }],
        because: "ordered by the board".into(),
        identities: true,
        ..TraceRequest::default()
    };
    let finding = trace(&office.vault, &request, &office.ports, &Silent).await.unwrap().finding;
    assert!(finding.named.is_empty() && finding.ranking.iter().any(|ranked| ranked.copy == "r05"));
    let line = case(&office.vault, &finding.case).await.unwrap();
    assert_eq!(line.looks[0].because, "identities shown: ordered by the board", "the order is on record");
    let shown = serde_json::to_string(&line).unwrap();
    for recipient in office.vault.rosters(finding.releases[0].release).await.unwrap()[0].recipients.iter() {
        assert!(!shown.contains(&format!("\"{}\"", recipient.id)), "{} in {shown}", recipient.id);
        assert!(!shown.contains(&recipient.name), "{} in {shown}", recipient.name);
    }
}

#[tokio::test]
async fn a_stricter_release_that_enters_later_takes_back_nothing() {
    let mut office = Office::open(33).await;
    seal_minutes(&mut office).await;
    office.seal_call().await;
    let leaks = [office.copy("minutes", "r02", "minutes.md"), office.copy("call", "r02", "call.md")];
    for leak in &leaks {
        assert_eq!(office.trace_in(Some("both"), leak).await.alpha, 1e-2, "the bound of the whole case");
    }
    let line = case(&office.vault, "both").await.unwrap();
    assert_eq!(line.alpha, Some(sum(&["1e-2"])), "the first look decided by this");
    let looks: Vec<_> = line.looks.iter().map(|look| look.alpha).collect();
    assert_eq!(looks, [Some(sum(&["1e-2"])), Some(sum(&["1e-6"]))]);
}

#[tokio::test]
async fn what_is_spent_on_a_copy_is_the_sum_over_the_cases_that_tested_it() {
    let mut office = Office::open(34).await;
    let minutes = seal_minutes(&mut office).await;
    let call = office.seal_call().await;
    assert!(spent(&office.vault).await.unwrap().is_empty());
    let leak = middle(&office.copy("call", "r03", "call.md"));
    let minutes_leak = office.copy("minutes", "r07", "minutes.md");
    // Two looks are one case; nothing found is none; a late copy is in later cases alone.
    for _ in 0..2 {
        office.trace_in(Some("a"), &leak).await;
    }
    office.trace_in(Some("empty"), "Nothing of ours stands in here.").await;
    let late = ExtendRequest {
        release: "call.md".into(),
        roster: b"id\nLate\n".to_vec(),
        roster_name: "late.csv".into(),
        out: office.path("late"),
        mail: None,
        force: false,
        kept: None,
    };
    extend(&office.vault, &late, &mut office.ports, &Silent).await.unwrap();
    office.trace_in(Some("b"), &leak).await;
    office.trace_in(Some("c"), &minutes_leak).await;
    // A redraft is of the same lineage: its copies are the same copies, in their case counted once.
    let draft = office.request("call2.md", DRAFT_2.as_bytes(), "call2");
    let draft = SealRequest { revises: Some("call.md".into()), ..draft };
    office.seal(&draft).await.unwrap();
    office.trace_in(Some("d"), CALL.replace(['{', '}'], "").as_str()).await;
    office.trace_in(Some("d"), &leak).await;

    let all = spent(&office.vault).await.unwrap();
    for (lineage, id, cases, parts) in [
        (call.lineage, "r03", 3, &["1e-6", "1e-6", "1e-6"][..]),
        (call.lineage, "r24", 3, &["1e-6", "1e-6", "1e-6"]),
        (call.lineage, "late", 2, &["1e-6", "1e-6"]),
        (minutes, "r07", 1, &["1e-2"]),
    ] {
        let found = all[&(lineage, id.to_owned())];
        assert_eq!((found.cases, found.alpha), (cases, sum(parts)), "{id}");
    }
    assert_eq!(all.len(), 24 + 1 + 24);

    // Copy by copy it is the same.
    for ((lineage, id), sum) in &all {
        let lines = spent_on(&office.vault, &id.to_uppercase(), None).await.unwrap();
        let line = lines.iter().find(|line| line.lineage == *lineage).unwrap();
        assert_eq!((line.cases.len() as u32, line.alpha), (sum.cases, sum.alpha), "{id}");
    }
    let of = async |copy: &str, release: Option<&str>| spent_on(&office.vault, copy, release).await;
    let late = of("late", None).await.unwrap();
    let names: Vec<&str> = late[0].cases.iter().map(|case| case.case.as_str()).collect();
    assert_eq!((late.len(), names, late[0].copy.as_str()), (1, vec!["b", "d"], "Late"));
    let both = of("r03", None).await.unwrap();
    let mut documents: Vec<Vec<String>> = both.iter().map(|line| line.documents.clone()).collect();
    documents.iter_mut().for_each(|names| names.sort());
    assert_eq!(documents.len(), 2);
    assert!(documents.contains(&vec!["call.md".to_owned(), "call2.md".to_owned()]), "{documents:?}");
    assert_eq!(of("r03", Some("minutes.md")).await.unwrap()[0].lineage, minutes);
    for (copy, release) in [("r99", None), ("late", Some("minutes.md")), ("r03", Some("none"))] {
        assert!(matches!(of(copy, release).await, Err(Error::Input(_))), "{copy}");
    }
    assert_eq!(cases(&office.vault).await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_look_that_was_cut_off_after_reading_is_spent_all_the_same() {
    let mut office = Office::open(35).await;
    let call = office.seal_call().await;
    let found = office.trace_in(Some("whole"), &middle(&office.copy("call", "r03", "call.md"))).await;
    let reading = office.vault.store.reading(&found.case, 1).await.unwrap().unwrap();
    let look = begin(&office, "cut").await;
    office.vault.store.record_reading("cut", look, &reading, 1_770_000_200).await.unwrap();
    let line = case(&office.vault, "cut").await.unwrap();
    assert_eq!((line.verdict, line.alpha), (LookVerdict::Read, Some(sum(&["1e-6"]))));
    assert_eq!(spent(&office.vault).await.unwrap()[&(call.lineage, "r03".into())].cases, 2);
    office.vault.store.record_failure("cut", look, "cut off", 1_770_000_300).await.unwrap();
    let line = case(&office.vault, "cut").await.unwrap();
    assert_eq!((line.verdict, line.looks[0].sites_read > 0), (LookVerdict::Failed, true));
    assert_eq!(spent(&office.vault).await.unwrap()[&(call.lineage, "r03".into())].cases, 2);
}

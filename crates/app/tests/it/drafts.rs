//! Redrafts, late copies, and edits that came back from one copy.

use std::fs;

use tellmark_app::copies;
use tellmark_app::seal::{ExtendRequest, extend};
use tellmark_app::{Silent, check};

use crate::office::{CALL, DRAFT_2, Office, middle, named};

#[tokio::test]
async fn two_drafts_of_a_copy_differ_only_where_the_author_changed_them() {
    let mut office = Office::open(11).await;
    office.seal_call().await;
    // A redraft that changes one sentence and adds one.
    let redraft = CALL.replace("Everyone agreed.", "Everyone agreed at once. The interpreters were thanked.");
    let mut request = office.request("call.md", redraft.as_bytes(), "draft2");
    request.revises = Some("call.md".into());
    let summary = office.seal(&request).await.unwrap();
    let revision = summary.revision.unwrap();
    assert!(revision.public.is_empty(), "{:?}", revision.public);
    for id in ["r01", "r12", "r24"] {
        let (old, new) = (office.copy("call", id, "call.md"), office.copy("draft2", id, "call.md"));
        let back = new.replace(" at once. The interpreters were thanked.", ".");
        let differ = old.split_whitespace().zip(back.split_whitespace()).filter(|(a, b)| a != b).count();
        // The one word pair at the edit itself may be a new site.
        assert!(differ <= 1, "{id}: {differ} words differ");
    }
}

#[tokio::test]
async fn an_edit_that_came_back_from_a_copy_never_accuses_its_holder() {
    let mut office = Office::open(12).await;
    let first = office.seal_call().await.release.to_string();
    // r05 sends back the whole text with an edit, and the author takes it over as the new draft.
    let edited = office.copy("call", "r05", "call.md").replace("Everyone agreed", "They all agreed");
    let mut request = office.request("call.md", edited.as_bytes(), "merged");
    request.revises = Some(first.clone());
    match office.seal(&request).await {
        // The merged text has no author's variants any more; should too little be left, refusing is right.
        Err(error) => assert!(error.to_string().contains("differ"), "{error}"),
        Ok(summary) => {
            assert!(!summary.revision.unwrap().public.is_empty());
            for leaker in ["r02", "r17"] {
                let finding = office.trace(&office.copy("merged", leaker, "call.md")).await;
                assert!(!named(&finding).contains(&"r05"), "{:?}", named(&finding));
            }
        }
    }
}

/// The usual way: one paragraph of r05's copy replaces the author's own.
#[tokio::test]
async fn a_paragraph_that_came_back_from_a_copy_never_accuses_its_holder() {
    let mut office = Office::open(12).await;
    let first = office.seal_call().await.release.to_string();
    let theirs = office.copy("call", "r05", "call.md");
    let paragraph = |text: &str| {
        text.split("\n\n").find(|p| p.contains("schedule agreed in Tolmouth")).unwrap().to_owned()
    };
    let merged = DRAFT_2.replace(
        &paragraph(DRAFT_2),
        &format!("{} The delegation confirmed this in writing.", paragraph(&theirs)),
    );
    let mut request = office.request("call.md", merged.as_bytes(), "draft2");
    request.revises = Some(first.clone());
    let summary = office.seal(&request).await.unwrap();
    let revision = summary.revision.as_ref().unwrap();
    // Every site that went, not only those where r05 differs from the original: what is left would agree with r05. And
    // since one site that stayed shows another variant than the original, none keeps its draws.
    assert!(revision.kept == 0 && revision.public.len() > 4, "{revision:?}");
    assert!(revision.changes[0].contains("drawn anew"), "{revision:?}");
    // What is public is not promised: the same text as a document of its own tells no less.
    let mut alone = Office::open(13).await;
    let own = alone.request("call.md", merged.as_bytes(), "draft2");
    assert!(summary.bits <= alone.seal(&own).await.unwrap().bits);
    for leaker in ["r02", "r17", "r23"] {
        let copy = office.copy("draft2", leaker, "call.md");
        for leak in [copy.clone(), middle(&copy), paragraph_of(&copy)] {
            assert!(!named(&office.trace(&leak).await).contains(&"r05"));
        }
        assert_eq!(named(&office.trace(&copy).await), [leaker]);
    }
}

/// A leak of both drafts: what the second one took over from r05 stands beside passages of the first.
#[tokio::test]
async fn a_leak_of_two_drafts_never_accuses_whose_words_the_second_took_over() {
    let mut office = Office::open(17).await;
    let first = office.seal_call().await.release.to_string();
    let theirs = office.copy("call", "r05", "call.md");
    let half = |text: &str, second: bool| {
        let all: Vec<&str> = text.split("\n\n").collect();
        if second { all[all.len() / 2..].join("\n\n") } else { all[..all.len() / 2].join("\n\n") }
    };
    let merged = format!("{}\n\n{}", half(CALL, false), half(&theirs, true));
    let mut request = office.request("call.md", merged.as_bytes(), "draft2");
    request.revises = Some(first);
    let summary = office.seal(&request).await.unwrap();
    assert!(!summary.revision.unwrap().public.is_empty());
    // More of the first draft than of the second, so that the first is the closest one.
    let (r03, r07) = (office.copy("draft2", "r03", "call.md"), office.copy("call", "r07", "call.md"));
    let tail = half(&half(&r03, true), true);
    for leak in [format!("{}\n\n{tail}", half(&r07, false)), format!("{tail}\n\n{}", half(&r07, false)), tail]
    {
        let finding = office.trace(&leak).await;
        assert!(!named(&finding).contains(&"r05"), "{:?}", named(&finding));
    }
}

#[tokio::test]
async fn a_new_document_that_quotes_a_copy_never_accuses_its_holder() {
    let mut office = Office::open(15).await;
    office.seal_call().await;
    let theirs = office.copy("call", "r05", "call.md");
    let other =
        format!("{theirs}\n\nThe {{memorandum|note}} above was {{sent|passed on}} by {{post|mail}} today.");
    let request = office.request("other.md", other.as_bytes(), "other");
    let Ok(summary) = office.seal(&request).await else { panic!("it has sites of its own") };
    assert!(summary.notes.iter().any(|note| note.contains("another document")), "{:?}", summary.notes);
    // All copies of the new document show r05's words; so they say nothing about the first one's copies.
    let finding = office.trace(&office.copy("other", "r03", "other.md")).await;
    assert!(!named(&finding).contains(&"r05"), "{:?}", named(&finding));
    // The same document for other people is no such case: its copies show draws of their own.
    let mut office = Office::open(16).await;
    office.seal_call().await;
    let again =
        tellmark_app::seal::SealRequest { new: true, ..office.request("call.md", CALL.as_bytes(), "again") };
    let summary = office.seal(&again).await.unwrap();
    assert!(!summary.notes.iter().any(|note| note.contains("another document")), "{:?}", summary.notes);
}

/// A redraft whose own text is that of a copy, with all its sites: were only those public that differ from the original,
/// what is left would agree with that copy.
#[tokio::test]
async fn a_redraft_that_shows_other_variants_draws_all_sites_anew() {
    let mut office = Office::open(20).await;
    let first = office.seal_call().await.release.to_string();
    // The variants of every second choice in another order.
    let mut choice = 0;
    let turned: String = CALL
        .split_inclusive('}')
        .map(|piece| {
            choice += 1;
            match piece.trim_end_matches('}').split_once('{') {
                Some((before, forms)) if choice % 2 == 0 && piece.ends_with('}') => {
                    let forms: Vec<&str> = forms.rsplit('|').collect();
                    format!("{before}{{{}}}", forms.join("|"))
                }
                _ => piece.to_owned(),
            }
        })
        .collect();
    let mut request = office.request("call.md", turned.as_bytes(), "draft2");
    request.revises = Some(first);
    let revision = office.seal(&request).await.unwrap().revision.unwrap();
    assert!(revision.kept == 0 && revision.public.is_empty() && revision.added > 100, "{revision:?}");
    // The originals themselves are nobody's copy; both drafts are traced as before.
    let plain = |text: &str| {
        let pieces = text.split('{').map(|piece| match piece.split_once('}') {
            Some((forms, rest)) => format!("{}{rest}", forms.split('|').next().unwrap()),
            None => piece.to_owned(),
        });
        pieces.collect::<String>()
    };
    for innocent in [plain(CALL), plain(&turned)] {
        assert_eq!(named(&office.trace(&innocent).await), [""; 0]);
    }
    for (folder, leaker) in [("call", "r05"), ("draft2", "r08")] {
        let finding = office.trace(&middle(&office.copy(folder, leaker, "call.md"))).await;
        assert_eq!(named(&finding), [leaker], "{folder}");
    }
}

/// A redraft that keeps its sites and quotes a copy in an annex: all its copies show that copy's words there.
#[tokio::test]
async fn an_annex_that_quotes_a_copy_never_accuses_its_holder() {
    let mut office = Office::open(19).await;
    let first = office.seal_call().await.release.to_string();
    let theirs = office.copy("call", "r05", "call.md");
    let quoted: Vec<&str> = theirs.split("\n\n").filter(|p| p.len() > 200).collect();
    let annex = format!("Annex: what was circulated\n\n{}", quoted.join("\n\n"));
    let redraft = format!("{CALL}\n\n{annex}");
    let mut request = office.request("call.md", redraft.as_bytes(), "draft2");
    request.revises = Some(first);
    let revision = office.seal(&request).await.unwrap().revision.unwrap();
    assert!(revision.kept > 100 && revision.public.len() > 60, "{} {}", revision.kept, revision.public.len());
    let copy = office.copy("draft2", "r11", "call.md");
    let (body, shown) = copy.split_once("Annex: what was circulated").unwrap();
    let halves = body.split_at(body.len() / 2);
    // In its own order, the annex first, and the annex with half of the body.
    for leak in [copy.clone(), format!("{shown}\n\n{body}"), format!("{shown}\n\n{}", halves.1), shown.into()]
    {
        let finding = office.trace(&leak).await;
        assert!(!named(&finding).contains(&"r05"), "{:?}", named(&finding));
        assert!(finding.ranking.iter().take(2).all(|ranked| ranked.copy != "r05"), "{:?}", finding.ranking);
    }
}

/// Minutes of one office: the same frames every week, other matters in them.
fn minutes(week: usize) -> String {
    let who = ["The chair", "The treasurer", "Ms Okafor", "The secretary", "The auditor", "The clerk"];
    let what = [
        "the budget for the coming quarter",
        "the repairs to the north roof",
        "the letter from the ministry",
        "the contract with the cleaners",
        "the purchase of two vans",
        "the lease of the annex",
        "the audit of the pension fund",
    ];
    let how = ["{discussed|considered}", "{reviewed|examined}", "{approved|endorsed}", "{noted|observed}"];
    let end = [
        "and asked for figures by Friday.",
        "and left the matter open.",
        "after a short debate.",
        "although two members had doubts.",
        "with one abstention.",
    ];
    let sentence = |i: usize| {
        let at = (i * 7 + i * i * 3) * (2 * week + 1) + 5 * week;
        let pick = |of: &[&'static str], by: usize| of[(at / by + i) % of.len()];
        format!("{} {} {} {}", pick(&who, 1), pick(&how, 3), pick(&what, 2), pick(&end, 5))
    };
    let sentences: Vec<String> = (0..60).map(sentence).collect();
    sentences.chunks(5).map(|five| five.join(" ")).collect::<Vec<_>>().join("\n\n")
}

#[tokio::test]
async fn a_document_of_the_same_office_takes_nothing_from_an_older_one() {
    let mut office = Office::open(18).await;
    office.seal(&office.request("week1.md", minutes(1).as_bytes(), "week1")).await.unwrap();
    let summary = office.seal(&office.request("week2.md", minutes(2).as_bytes(), "week2")).await.unwrap();
    assert!(!summary.notes.iter().any(|note| note.contains("another document")), "{:?}", summary.notes);
    for (folder, file) in [("week1", "week1.md"), ("week2", "week2.md")] {
        let finding = office.trace(&office.copy(folder, "r09", file)).await;
        assert_eq!(named(&finding), ["r09"], "{folder}");
    }
}

fn paragraph_of(text: &str) -> String {
    text.split("\n\n").find(|p| p.contains("schedule agreed in Tolmouth")).unwrap().to_owned()
}

#[tokio::test]
async fn late_copies_are_traced_like_the_others() {
    let mut office = Office::open(13).await;
    let release = office.seal_call().await.release.to_string();
    let request = ExtendRequest {
        release: release.clone(),
        roster: b"id,name\nlate-1,Ada Orr\nlate-2,Bo Venn\n".to_vec(),
        roster_name: "late.csv".into(),
        out: office.path("call"),
        mail: None,
        force: false,
        kept: None,
    };
    let summary = extend(&office.vault, &request, &mut office.ports, &Silent).await.unwrap();
    assert_eq!((summary.batch, summary.copies, summary.resumed), (2, 2, false));
    let again = extend(&office.vault, &request, &mut office.ports, &Silent).await.unwrap();
    assert!(again.resumed && again.written == 0);
    let finding = office.trace(&middle(&office.copy("call", "late-2", "call.md"))).await;
    assert_eq!((named(&finding), finding.tested), (vec!["late-2"], 26));
    let taken = ExtendRequest { roster: b"id\nR01\n".to_vec(), ..request };
    assert!(extend(&office.vault, &taken, &mut office.ports, &Silent).await.unwrap_err().is_input());
}

#[tokio::test]
async fn files_are_checked_and_made_again() {
    let mut office = Office::open(14).await;
    let release = office.seal_call().await.release.to_string();
    let folder = office.path("call");
    let clean = check::check(&office.vault, &folder, &Silent).await.unwrap();
    assert_eq!((clean.right, clean.wrong.len()), (24, 0));
    fs::copy(folder.join("r02/call.md"), folder.join("r01/call.md")).unwrap();
    fs::write(folder.join("r03/call.md"), "changed").unwrap();
    fs::remove_file(folder.join("r04/call.md")).unwrap();
    let wrong = check::check(&office.vault, &folder, &Silent).await.unwrap();
    assert_eq!((wrong.right, wrong.wrong.len()), (21, 3));
    let out = office.path("again.md");
    copies::copy_again(&office.vault, &release, "R02", &out, false, 0).await.unwrap();
    assert_eq!(fs::read(&out).unwrap(), fs::read(folder.join("r02/call.md")).unwrap());
    assert!(copies::copy_again(&office.vault, &release, "r99", &out, true, 0).await.unwrap_err().is_input());
    copies::withdraw(&office.vault, &release, "r02", "returned", &office.ports).await.unwrap();
    let finding = office.trace(&middle(&fs::read_to_string(&out).unwrap())).await;
    assert_eq!(named(&finding), ["r02"], "a withdrawn copy is tested all the same");
}

#[tokio::test]
async fn a_late_copy_is_spelled_as_in_every_draft() {
    let mut office = Office::open(41).await;
    let first = office.seal_call().await;
    let without: String = crate::office::ROSTER
        .lines()
        .filter(|l| !l.starts_with("r24"))
        .fold(String::new(), |all, line| all + line + "\n");
    let request = office.request("call.md", crate::office::DRAFT_2.as_bytes(), "draft2");
    let request = tellmark_app::seal::SealRequest {
        revises: Some(first.release.to_string()),
        roster: without.into(),
        ..request
    };
    let second = office.seal(&request).await.unwrap();
    let late = |id: &str| tellmark_app::seal::ExtendRequest {
        release: second.release.to_string(),
        roster: format!("id\n{id}\n").into(),
        roster_name: "late.csv".into(),
        out: office.path("late"),
        mail: None,
        force: false,
        kept: None,
    };
    // The same copy under another spelling would have another codeword.
    let (wrong, right) = (late("R24"), late("r24"));
    let refused =
        tellmark_app::seal::extend(&office.vault, &wrong, &mut office.ports, &tellmark_app::Silent).await;
    assert!(refused.unwrap_err().to_string().contains("spell it alike"));
    tellmark_app::seal::extend(&office.vault, &right, &mut office.ports, &tellmark_app::Silent)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_same_text_in_another_format_takes_nothing_from_the_first() {
    let mut office = Office::open(98).await;
    office.seal_call().await;
    let leak = office.copy("call", "r03", "call.md");
    assert_eq!(named(&office.trace(leak.trim()).await), ["r03"]);
    // The author's own text again, without any mark: as a PDF would have it.
    let marking = tellmark_app::Planned::new(
        "call.md",
        CALL.as_bytes().to_vec(),
        tellmark_core::ReleaseId([0; 8]),
        &tellmark_app::MarkOptions::default(),
    )
    .unwrap();
    let original =
        marking.marking().render(&marking.prose().text, &marking.marking().original()).unwrap().text;
    let text = original.replace("\n\n", " ");
    let end = "It {rained|poured}, the {river|stream} {rose|swelled}, a {boat|barge} {sank|went down} and a {man|fellow} \
        {swam|floated} to the {bank|shore}, where a {dog|hound} {barked|yelped}.";
    let locked = format!("{{= {text} =}}\n\n{end}\n");
    let request = office.request("plain.md", locked.as_bytes(), "plain");
    office.seal(&request).await.unwrap();
    assert_eq!(named(&office.trace(leak.trim()).await), ["r03"]);
    // Made from a copy it takes away what that copy shows, and names nobody by it.
    let copied = locked.replace(&text, &leak.trim().replace("\n\n", " "));
    let request = office.request("copied.md", copied.as_bytes(), "copied");
    office.seal(&request).await.unwrap();
    assert!(named(&office.trace(leak.trim()).await).is_empty());
}

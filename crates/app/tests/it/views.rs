//! What comes from several copies: exhibits of one look, looks of one case, copies that came later.

use std::fs;

use tellmark_app::Silent;
use tellmark_app::cases::case;
use tellmark_app::seal::{ExtendRequest, SealRequest, extend};
use tellmark_app::trace::{ExhibitFile, Finding, READ_IN_ALL, TraceRequest, trace};

use crate::office::{CALL, Office, named};

fn sorted(finding: &Finding) -> Vec<&str> {
    let mut names = named(finding);
    names.sort_unstable();
    names
}

async fn trace_all(office: &Office, texts: &[String]) -> Finding {
    let numbered = (1..).zip(texts);
    let exhibit =
        |(n, text): (u32, &String)| ExhibitFile { name: format!("{n}.txt"), bytes: text.clone().into() };
    let request = TraceRequest { exhibits: numbered.map(exhibit).collect(), ..TraceRequest::default() };
    trace(&office.vault, &request, &office.ports, &Silent).await.unwrap().finding
}

#[tokio::test]
async fn whole_copies_of_several_holders_in_one_look_are_all_named() {
    let mut office = Office::open(61).await;
    office.seal_call().await;
    let ids = ["r03", "r05", "r11", "r17"];
    let finding = trace_all(&office, &ids.map(|id| office.copy("call", id, "call.md"))).await;
    assert_eq!(sorted(&finding), ids);
    for (number, id) in (1..).zip(ids) {
        let own = finding.named.iter().find(|named| named.copy == id).unwrap();
        assert_eq!(own.read_in, format!("exhibit {number}.txt"));
    }
    // What the four show together is hardly anything: where they differ, nothing was read.
    assert!(finding.replayed.named == 0 && finding.contradicted < 5, "{}", finding.contradicted);
}

/// Eight copies agree at one binary site in 128: together they show next to nothing.
#[tokio::test]
async fn whole_copies_that_contradict_each_other_everywhere_are_named() {
    let mut office = Office::open(68).await;
    let document = tellmark_testkit::document::prose(6, 700, 7.0);
    let request = office.request("notes.txt", document.as_bytes(), "notes");
    office.seal(&request).await.unwrap();
    let ids = ["r01", "r02", "r03", "r04", "r05", "r06", "r07", "r08"];
    let finding = trace_all(&office, &ids.map(|id| office.copy("notes", id, "notes.txt"))).await;
    assert_eq!(sorted(&finding), ids, "{:?}", finding.releases);
    // Two short ones of which nothing at all is left together are looked at each by itself.
    let long = |id| -> Vec<String> {
        let copy = office.copy("notes", id, "notes.txt");
        copy.split_inclusive(". ").filter(|sentence| sentence.len() > 80).map(str::to_owned).collect()
    };
    let apart: Vec<[String; 2]> =
        long("r01").into_iter().zip(long("r02")).filter(|(a, b)| a != b).map(|(a, b)| [a, b]).collect();
    for pair in &apart[..4] {
        let finding = trace_all(&office, pair).await;
        assert_eq!((finding.tested, finding.named.len()), (24, 0), "{pair:?}");
    }
}

#[tokio::test]
async fn pieces_of_one_copy_count_together() {
    let mut office = Office::open(62).await;
    office.seal_call().await;
    let copy = office.copy("call", "r05", "call.md");
    let paragraphs: Vec<&str> = copy.split("\n\n").collect();
    let pieces: Vec<String> =
        paragraphs.chunks(paragraphs.len().div_ceil(4)).map(|c| c.join("\n\n")).collect();
    let finding = trace_all(&office, &pieces).await;
    assert_eq!(named(&finding), ["r05"]);
    assert_eq!(finding.named[0].read_in, READ_IN_ALL);
}

#[tokio::test]
async fn another_copy_of_what_leaked_before_is_named_in_the_same_case() {
    let mut office = Office::open(63).await;
    office.seal_call().await;
    let first = office.trace_in(Some("talks"), &office.copy("call", "r03", "call.md")).await;
    assert_eq!(named(&first), ["r03"]);
    let second = office.trace_in(Some("talks"), &office.copy("call", "r05", "call.md")).await;
    assert_eq!(named(&second), ["r05"]);
    assert!(
        [READ_IN_ALL, "this look"].contains(&second.named[0].read_in.as_str()),
        "what is new, or what both show"
    );
    let before: Vec<&str> = second.named_before.iter().map(|named| named.copy.as_str()).collect();
    assert_eq!(before, ["r03"]);
}

/// The sentences of a text that stand in another one too.
fn shared_sentences(text: &str, other: &str) -> String {
    let sentences = text.split_inclusive(". ").filter(|sentence| other.contains(*sentence));
    sentences.collect()
}

/// Whoever knows all codewords can cut from a leak what speaks against somebody. What was read before is no evidence
/// a second time, so that the rest names nobody.
#[tokio::test]
async fn a_crop_chosen_by_what_a_look_found_names_nobody() {
    let mut office = Office::open(66).await;
    let document = tellmark_testkit::document::prose(5, 1_600, 7.0);
    let request = office.request("notes.txt", document.as_bytes(), "notes");
    office.seal(&request).await.unwrap();
    // Six copies, a sentence each in turn: nobody's text for anybody else.
    let copies = ["r01", "r02", "r03", "r04", "r05", "r06"].map(|id| office.copy("notes", id, "notes.txt"));
    let sentences = copies.each_ref().map(|copy| copy.split_inclusive(". ").collect::<Vec<_>>());
    let mixed: String = (0..sentences[0].len()).map(|at| sentences[at % 6][at]).collect();
    let whole = office.trace_in(Some("talks"), &mixed).await;
    let innocents = |finding: &Finding| {
        finding
            .named
            .iter()
            .filter(|named| !named.copy.starts_with("r0"))
            .map(|n| n.copy.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(innocents(&whole), Vec::<String>::new());
    for (look, id) in (2..).zip(["r10", "r12", "r14", "r16"]) {
        let crop = shared_sentences(&mixed, &office.copy("notes", id, "notes.txt"));
        let finding = office.trace_in(Some("talks"), &crop).await;
        assert_eq!((finding.look, innocents(&finding)), (look, Vec::<String>::new()), "{id}");
    }
    // As a case of its own the crop has nothing to be held against; it is said that it was read before.
    let crop = shared_sentences(&mixed, &office.copy("notes", "r10", "notes.txt"));
    let alone = office.trace(&crop).await;
    let before = alone.read_before.as_ref().unwrap();
    let read: usize = alone.releases[0].channels.values().map(|channel| channel.read).sum();
    assert_eq!((before.case.as_str(), before.look, before.sites, before.of), ("talks", 1, read, read));
}

#[tokio::test]
async fn a_look_that_contradicts_the_case_says_so_when_it_names_nobody() {
    let mut office = Office::open(67).await;
    office.seal_call().await;
    office.trace_in(Some("talks"), &office.copy("call", "r03", "call.md")).await;
    let part: String =
        office.copy("call", "r05", "call.md").split("\n\n").skip(9).take(2).collect::<Vec<_>>().join("\n\n");
    let finding = office.trace_in(Some("talks"), &part).await;
    assert_eq!(named(&finding), Vec::<&str>::new());
    let contrary = finding.contrary.unwrap();
    assert!(contrary.other >= 3 && contrary.other < contrary.shared, "{contrary:?}");
    assert!(finding.read_before.is_none());
}

/// The sites that a late copy shows were read before it existed, and speak of another one.
#[tokio::test]
async fn a_late_copy_is_named_though_its_sites_were_read_before() {
    let mut office = Office::open(64).await;
    office.seal_call().await;
    office.trace_in(Some("talks"), &office.copy("call", "r03", "call.md")).await;
    let roster = "id,name,group\nlate1,A Late One,press\nlate2,Another,press\n";
    let late = ExtendRequest {
        release: "call.md".into(),
        roster: roster.into(),
        roster_name: "late.csv".into(),
        out: office.path("late"),
        mail: None,
        force: false,
        kept: None,
    };
    extend(&office.vault, &late, &mut office.ports, &Silent).await.unwrap();
    let copy = fs::read_to_string(office.path("late").join("late1").join("call.md")).unwrap();
    let second = office.trace_in(Some("talks"), &copy).await;
    assert_eq!(named(&second), ["late1"]);
    assert!(second.named[0].by.contains(&"series"), "{:?}", second.named[0]);
}

#[tokio::test]
async fn copies_of_two_documents_with_one_id_are_told_apart() {
    let mut office = Office::open(65).await;
    office.seal_call().await;
    let again = SealRequest {
        name: Some("the other call".into()),
        new: true,
        draft: None,
        ..office.request("call.md", CALL.as_bytes(), "other")
    };
    office.seal(&again).await.unwrap();
    for out in ["call", "other"] {
        office.trace_in(Some("talks"), &office.copy(out, "r05", "call.md")).await;
    }
    let mut listed = case(&office.vault, "talks").await.unwrap().named;
    listed.sort_unstable();
    assert_eq!(listed, ["r05 of call.md", "r05 of the other call"]);
}

//! `tellmark spot` as a pipe.

use super::{CALL, Desk, lines};
use serde_json::json;

const MINUTES: &str = "The envoys agreed to reopen the Karrow sluices in early spring, before the herring run. Ambassador \
     Harrow proposed that the talks turn to the register of fishing permits, and nobody negotiated with wet cellars.";

#[test]
fn a_file_of_documents_is_spotted_without_a_vault() {
    let desk = Desk::new();
    let document = json!({"id": "minutes", "text": MINUTES});
    std::fs::write(desk.path("protected.jsonl"), format!("{document}\n\n")).unwrap();
    let quoting = format!("Über Nacht, we hear: “{}” So much for that.", &MINUTES[..87]);
    let articles = [
        json!({"id": 7, "text": "Trams were late again on the quay, and nobody would comment on the weather."}),
        json!({"id": "b", "text": quoting}),
    ];
    let input = format!("{}\n{{\"id\": 1}}\nnonsense\n{}", articles[0], articles[1]);
    let outcome = desk.run_with(&["spot", "--documents", "protected.jsonl"], &input);
    assert_eq!(outcome.code, 2, "{}", outcome.err);
    assert!(outcome.err.contains("line 2:") && outcome.err.contains("line 3:"), "{}", outcome.err);
    assert!(outcome.err.contains("2 of 4 lines"), "{}", outcome.err);
    let hits = lines(&outcome.out);
    assert_eq!(hits.len(), 1, "{}", outcome.out);
    let hit = hits[0].as_object().unwrap();
    let keys: Vec<&str> = hit.keys().map(String::as_str).collect();
    let mut expected = ["id", "document", "query", "source", "weight", "false_alarms_per_million"];
    expected.sort_unstable();
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!((&hit["id"], &hit["document"]), (&json!("b"), &json!("minutes")));
    let range = |key: &str| hit[key][0].as_u64().unwrap() as usize..hit[key][1].as_u64().unwrap() as usize;
    assert_eq!(&quoting[range("query")], &MINUTES[range("source")]);
}

#[test]
fn a_vault_is_spotted_by_its_releases() {
    let desk = Desk::sealed();
    let article = json!({"id": "x", "text": CALL});
    let outcome = desk.run_with(&["spot"], &format!("{article}\n"));
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    let hits = lines(&outcome.out);
    let releases = desk.run(&["releases", "--json"]).json();
    assert_eq!(hits[0]["document"], releases["releases"][0]["release"]);
}

#[test]
fn what_cannot_be_protected_is_refused() {
    let desk = Desk::new();
    let check = |documents: &str, expected: &str| {
        std::fs::write(desk.path("protected.jsonl"), documents).unwrap();
        let outcome = desk.run_with(&["spot", "--documents", "protected.jsonl"], "");
        assert_eq!(outcome.code, 2, "{documents}");
        assert!(outcome.err.contains(expected), "{}", outcome.err);
    };
    check("{\"id\":\"a\",\"text\":\"b\"}\n{\"id\":\"a\",\"text\":\"c\"}\n", "two documents are called \"a\"");
    check("{\"id\":\"a\",\"text\":\"b\"}\n{\"id\":[],\"text\":\"c\"}\n", "line 2:");
    check("{\"text\":\"b\"}\n", "line 1:");
    assert_eq!(desk.run_with(&["spot", "--documents", "none.jsonl"], "").code, 2);
}

#[test]
fn names_come_out_as_they_went_in() {
    let desk = Desk::new();
    let line = |id: &str| format!("{{\"id\": {id}, \"text\": {}}}\n", json!(MINUTES));
    std::fs::write(desk.path("protected.jsonl"), format!("\u{feff}{}", line("1"))).unwrap();
    let ids = ["18446744073709551615", "-9223372036854775808", "\"1\"", "0"];
    let refused = ["18446744073709551616", "1.5", "1e3", "-0", "null"];
    let input = ids.iter().chain(&refused).map(|id| line(id)).collect::<String>();
    let outcome = desk.run_with(&["spot", "--documents", "protected.jsonl"], &format!("\u{feff}{input}"));
    let said: Vec<String> = lines(&outcome.out).iter().map(|hit| hit["id"].to_string()).collect();
    assert_eq!((said, outcome.code), (ids.map(String::from).to_vec(), 2), "{}", outcome.err);
    assert!(outcome.err.contains("5 of 9 lines") && outcome.err.contains("as a string"), "{}", outcome.err);
}

#[test]
fn nothing_to_look_for_is_said() {
    let desk = Desk::new();
    std::fs::write(desk.path("protected.jsonl"), "{\"id\": 1, \"text\": \"…\"}\n").unwrap();
    std::fs::write(desk.path("none.jsonl"), "\n").unwrap();
    desk.run(&["init"]);
    for command in
        [&["spot"][..], &["spot", "--documents", "protected.jsonl"], &["spot", "--documents", "none.jsonl"]]
    {
        let outcome = desk.run_with(command, &format!("{}\n", json!({"id": 1, "text": MINUTES})));
        assert_eq!((outcome.code, outcome.out.as_str()), (0, ""), "{command:?}");
        assert!(outcome.err.contains("nothing to look for"), "{command:?}: {}", outcome.err);
    }
}

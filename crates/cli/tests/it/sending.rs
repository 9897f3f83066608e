//! Visible lines and drafts as scripts see them.

use std::fs;

use crate::{Desk, read};

#[test]
fn copies_go_out_with_a_line_and_a_draft() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    fs::write(desk.path("cover.eml"), "Subject: Record for {name}\n\nDear {name},\n").unwrap();
    let seal =
        ["seal", "call.md", "--to", "roster.csv", "--out", "copies", "--visible", "Copy {id} · {name}"];
    let with = |more: &[&'static str]| [&seal[..], more].concat();
    let sealed = desk.run(&with(&["--mail", "cover.eml"]));
    assert_eq!(sealed.code, 0, "{}", sealed.err);
    assert!(sealed.out.contains("24 drafts were written beside their copies"), "{}", sealed.out);
    assert!(read(&desk.path("copies/r17/call.md")).ends_with("Copy r17 · Lenna Harrowgate\n"));
    let draft = read(&desk.path("copies/r17/cover.eml"));
    assert!(
        draft.starts_with("X-Unsent: 1\nTo: \"Lenna Harrowgate\"\n <lenna.") && draft.contains("call.md")
    );
    let again = desk.run(&with(&["--mail", "cover.eml", "--json"])).json();
    assert_eq!((&again["written"], &again["drafts"]), (&0.into(), &0.into()));
    let checked = desk.run(&["check", "copies", "--json"]).json();
    assert_eq!((&checked["right"], checked["wrong"].as_array().unwrap().len()), (&48.into(), 0));
    assert_eq!(desk.run(&["copy", "call.md", "r17", "--out", "again.md"]).code, 0);
    assert_eq!(read(&desk.path("again.md")), read(&desk.path("copies/r17/call.md")));

    for (args, why) in [
        (
            vec!["seal", "call.md", "--to", "roster.csv", "--out", "x", "--visible", "Secret"],
            "same in every copy",
        ),
        (vec!["seal", "call.md", "--to", "roster.csv", "--out", "x", "--mail", "missing.eml"], "missing.eml"),
    ] {
        let refused = desk.run(&args);
        assert!(refused.code == 2 && refused.err.contains(why), "{}", refused.err);
    }
    fs::write(desk.path("few.csv"), "id,name,email\nr1,Ada,a@x.example\nr2,Bo,\n").unwrap();
    let refused = desk.run(&["seal", "call.md", "--to", "few.csv", "--out", "x", "--mail", "cover.eml"]);
    assert!(refused.code == 2 && refused.err.contains("this line has no email: r2"), "{}", refused.err);
    assert!(!desk.path("x").exists());
}

//! `tellmark cases` as people and scripts see it.

use std::fs;

use crate::Desk;

/// Text without what differs from vault to vault: dates, hashes, ids and figures.
fn masked(text: &str) -> String {
    let mask = |word: &str| {
        let bare = word.trim_matches(['(', ')', ',', ';', '\n']);
        let is = |allowed: fn(char) -> bool| !bare.is_empty() && bare.chars().all(allowed);
        let shown = match bare.len() {
            10 if is(|c| c.is_ascii_digit() || c == '-') => "DATE",
            5 if is(|c| c.is_ascii_digit() || c == ':') => "TIME",
            16 | 64 if is(|c| c.is_ascii_hexdigit()) => "HASH",
            2.. if is(|c| c.is_ascii_digit()) => "N",
            _ if bare.starts_with("10^") => "10^N",
            _ if bare.contains(".") && bare.contains("e-") => "P",
            _ => bare,
        };
        if bare.is_empty() { word.to_owned() } else { word.replace(bare, shown) }
    };
    let line = |line: &str| line.split(' ').map(mask).collect::<Vec<_>>().join(" ");
    text.lines().map(|text| line(text) + "\n").collect()
}

/// A desk with one case that named a copy at its first look, and one that named nobody.
fn desk() -> Desk {
    let desk = Desk::sealed();
    fs::write(desk.path("weather.txt"), "Only weather and football.\n").unwrap();
    let trace =
        |file: &str, case: &str| desk.run(&["trace", file, "--case", case, "--because", "in the press"]);
    assert_eq!(trace("copies/r07/call.md", "talks").code, 0);
    assert_eq!(trace("weather.txt", "weather").code, 1);
    desk
}

#[test]
fn the_list_says_how_each_case_stands() {
    let desk = desk();
    let list = desk.run(&["cases"]);
    let expected = "\
case     looks  last look (UTC)   verdict  named               alpha
talks    1      DATE TIME  copy     r07, group Halvara  1e-6
weather  1      DATE TIME  nobody                       -
";
    assert_eq!((list.code, masked(&list.out).as_str()), (0, expected));
    let json = desk.run(&["cases", "--json"]).json();
    for key in ["case", "created_at", "last_at", "verdict", "named", "groups_named", "alpha", "looks"] {
        assert!(!json["cases"][0][key].is_null(), "{key}");
    }
    assert!(json["cases"][1]["alpha"].is_null());
    assert_eq!(
        desk.run(&["cases", "talks", "--json"]).json(),
        json["cases"][0],
        "one case is an element of the list"
    );
}

#[test]
fn one_case_is_shown_look_by_look() {
    let desk = desk();
    assert_eq!(desk.run(&["trace", "weather.txt", "--case", "weather"]).code, 1);
    let talks = desk.run(&["cases", "talks"]);
    let expected = "\
Case talks: 1 look, begun DATE TIME UTC, alpha 1e-6

Look 1, DATE TIME UTC: copy
  because: in the press
  exhibit call.md (N bytes)
    BLAKE3 HASH
  read N of N sites of call.md (HASH)
  copy r07 of call.md (held by Ysolde Marrin) is named
    ratio 10^N; an innocent copy does as well with chance P, any of all with P
  group Halvara is named
  N copies tested at alpha 1e-6; threshold 10^N
";
    assert_eq!((talks.code, masked(&talks.out).as_str()), (0, expected));
    let weather = desk.run(&["cases", "weather"]);
    let expected = "\
Case weather: 2 looks, begun DATE TIME UTC, alpha -

Look 1, DATE TIME UTC: nobody
  because: in the press
  exhibit weather.txt (N bytes)
    BLAKE3 HASH
  nothing of this vault's documents was found in it
  nobody is named

Look 2, DATE TIME UTC: nobody
  exhibit weather.txt (N bytes)
    BLAKE3 HASH
  nothing of this vault's documents was found in it
  nobody is named
";
    assert_eq!((weather.code, masked(&weather.out).as_str()), (0, expected));
}

#[test]
fn what_is_spent_on_a_copy_is_printed() {
    let desk = desk();
    assert_eq!(desk.run(&["trace", "copies/r03/call.md", "--case", "more"]).code, 0);
    let spent = desk.run(&["cases", "--copy", "R07"]);
    let total =
        "  Together 2e-6: the chance that any innocent copy is named in any of them is at most this.\n";
    assert_eq!(spent.code, 0, "{}", spent.err);
    assert!(spent.out.starts_with("Copy r07 of call.md: tested in 2 cases\n"), "{}", spent.out);
    assert!(spent.out.ends_with(total), "{}", spent.out);
    let json = desk.run(&["cases", "--copy", "r07", "--release", "call.md", "--json"]).json();
    let line = &json["spent"][0];
    assert_eq!((&line["alpha"], line["cases"].as_array().unwrap().len()), (&"2e-6".into(), 2));
    // A copy that no case has tested.
    fs::write(desk.path("late.csv"), "id\nlate\n").unwrap();
    let late = ["seal", "--extend", "call.md", "--to", "late.csv", "--out", "late"];
    assert_eq!(desk.run(&late).code, 0);
    let untested = desk.run(&["cases", "--copy", "late"]).out;
    assert_eq!(untested, "Copy late of call.md: tested in no case; nothing of alpha is spent on it\n");
}

#[test]
fn wrong_names_exit_with_2_and_say_what_there_is() {
    let desk = desk();
    let cases: [(&[&str], &str); 6] = [
        (&["cases", "tall"], "\"talks\", \"weather\""),
        (&["cases", "a\u{1b}[2Jb"], "talks"),
        (&["cases", "--copy", "r99"], "tellmark copies"),
        (&["cases", "--copy", "r07", "--release", "none"], "tellmark releases"),
        (&["cases", "talks", "--copy", "r07"], "cannot be used with"),
        (&["cases", "--release", "call.md"], "--copy"),
    ];
    for (args, said) in cases {
        let outcome = desk.run(args);
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{args:?}");
        assert!(outcome.err.contains(said) && !outcome.err.contains('\u{1b}'), "{args:?}: {}", outcome.err);
    }
    let help = desk.run(&["cases", "--help"]).out;
    assert!(help.contains("tellmark cases talks") && help.contains("no command to delete"), "{help}");
}

/// On Linux a file may be called anything.
#[cfg(target_os = "linux")]
#[test]
fn a_name_from_outside_neither_steers_the_terminal_nor_passes_for_a_line() {
    let desk = Desk::sealed();
    let name = "x\u{1b}[2J\n  copy r03 is named.txt";
    fs::write(desk.path(name), "Only weather and football.\n").unwrap();
    assert_eq!(desk.run(&["trace", name, "--case", "c", "--because", "a\n  copy r03 is named"]).code, 1);
    let shown = desk.run(&["cases", "c"]).out;
    assert!(!shown.contains('\u{1b}') && shown.contains("\u{fffd}"), "{shown:?}");
    assert!(!shown.lines().any(|line| line.starts_with("  copy")), "{shown}");
}

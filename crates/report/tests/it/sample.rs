//! Invented findings and plans that use every field.

#![allow(clippy::unwrap_used)] // Its own words are in its own text.

use tellmark_core::{Channel, Erasure, Likelihood};
use tellmark_report::finding::*;
use tellmark_report::{Log10, plan};

/// What a newspaper might print of the invented record below.
pub const EXHIBIT: &str = "Talks on the northern ferry line ended late on Tuesday, this newspaper has \
learned.\n\n“The delegation set out its reservations prior to the vote,” a record of the call reads. “Both sides \
agreed that the timetable could not be kept, and everyone present accepted a pause of two weeks.” The chair \
is said to have asked for a written note with regard to the harbour dues. \n\nAccording to the record, the \
ministers had met over the past month on three occasions in order to settle the matter of the crews’ pay. \
“Nothing is agreed until it is written down,” one of them remarked; the others let it stand.\n\nA spokesperson \
declined to comment.\n";

fn mark(words: &str, variants: &[(&str, f64)], rule: &str, channel: Channel, bits: f64) -> Mark {
    let start = EXHIBIT.find(words).unwrap();
    let one = f64::from(Likelihood::ONE.0);
    Mark {
        exhibit: 0,
        range: start..start + words.len(),
        site: format!("5be0c1a09d3f4e21-{start}"),
        rule: rule.into(),
        channel,
        variants: variants
            .iter()
            .map(|(text, fit)| Variant { text: text.to_string(), likelihood: Likelihood((fit * one) as u32) })
            .collect(),
        bits,
    }
}

pub fn marks() -> Vec<Mark> {
    use Channel::{Author, Style, Wording};
    vec![
        mark("set out", &[("set forth", 0.002), ("set out", 1.0)], "set-out", Wording, 0.98),
        mark("prior to", &[("before", 0.002), ("prior to", 1.0)], "prior-to", Wording, 0.98),
        mark("that", &[("that", 1.0), ("", 0.05)], "optional-that", Wording, 0.72),
        mark("everyone", &[("everyone", 1.0), ("everybody", 0.002)], "everyone", Wording, 0.98),
        mark(
            "accepted a pause of two weeks",
            &[
                ("accepted a pause of two weeks", 1.0),
                ("agreed to wait two weeks", 0.0001),
                ("consented to two weeks’ pause", 0.0002),
                ("took the offer of a fortnight", 0.0),
            ],
            "author",
            Author,
            1.99,
        ),
        mark(
            "with regard to",
            &[("with respect to", 0.01), ("concerning", 0.002), ("with regard to", 1.0)],
            "with-regard-to",
            Wording,
            1.48,
        ),
        mark("over", &[("during", 0.3), ("over", 1.0)], "over-the-past", Wording, 0.22),
        mark("past", &[("past", 1.0), ("last", 0.02)], "past-last", Wording, 0.86),
        mark("in order to", &[("to", 0.01), ("in order to", 1.0)], "in-order-to", Wording, 0.92),
        mark("; the", &[("; the", 1.0), (". The", 0.04)], "dash", Style, 0.76),
    ]
}

/// A small generator of numbers that look drawn: the same on every machine.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % n) as i64
    }
    /// A bell around `centre`.
    fn ratio(&mut self, centre: i64, wide: u64) -> Log10 {
        Log10(centre - 2 * wide as i64 + (0..4).map(|_| self.below(wide)).sum::<i64>())
    }
}

pub fn ranking(copies: u64, named: usize, best: i64) -> Vec<Evidence> {
    let mut draw = Draw(7);
    let mut ratios: Vec<Log10> = (named as u64..copies).map(|_| draw.ratio(-330, 190)).collect();
    ratios.extend((0..named).map(|n| Log10(best - 40 * n as i64)));
    ratios.sort_unstable_by(|a, b| b.cmp(a));
    let entry = |(rank, ratio): (usize, Log10)| Evidence {
        label: if rank < named { format!("r{:03}", 17 + rank) } else { format!("r{:03}", 100 + rank) },
        e_log10: ratio,
        p: if rank < named { "2.1e-11".into() } else { format!("{}e-{}", 1 + rank % 9, 4 - rank.min(3)) },
        agree: if rank < named { 41 } else { 27_u32.saturating_sub(rank as u32 / 4) },
        against: if rank < named { 1 } else { 15 + (rank as u32 / 4).min(20) },
        contradicted: u8::from(ratio.0 <= -300) + u8::from(ratio.0 <= -500),
        growth: Vec::new(),
        named: rank < named,
        withdrawn: rank == 3,
    };
    ratios.into_iter().enumerate().map(entry).collect()
}

pub fn named(copy: &str) -> NamedCopy {
    NamedCopy {
        received: false,
        copy: copy.into(),
        holders: vec!["Ada Lindqvist".into(), "Office of the Permanent Secretary".into()],
        group: "Northern delegation".into(),
        release: "Ferry talks, first draft".into(),
        e_log10: Log10(932),
        p: "2.1e-11".into(),
        p_familywise: "9.0e-9".into(),
        grounds: Grounds::Both,
        read: 42,
        agree: 41,
        against: 1,
        withdrawn: false,
        spent: (2, "2.0e-6".into()),
        read_in: None,
    }
}

pub fn group(names: &[&str]) -> NamedGroup {
    NamedGroup {
        names: names.iter().map(|name| name.to_string()).collect(),
        copies: 24,
        members: Vec::new(),
        e_log10: Log10(1_012),
        threshold_e_log10: Log10(790),
    }
}

fn release() -> Release {
    let sites = |channel, total, read| ChannelSites { channel, total, read, erased: total - read };
    Release {
        id: "5be0c1a09d3f4e21".into(),
        name: "Ferry talks, first draft".into(),
        document: "record-of-call.docx".into(),
        copies: 214,
        nonce_hash: "0f".repeat(32),
        channels: vec![
            sites(Channel::Wording, 96, 31),
            sites(Channel::Author, 24, 9),
            sites(Channel::Style, 4, 2),
        ],
    }
}

fn erased() -> Vec<Erased> {
    let wording = |rule: &str, count| (Channel::Wording, rule.to_string(), count);
    vec![
        Erased {
            reason: Erasure::Absent,
            rules: vec![wording("optional-that", 31), wording("prior-to", 9), wording("contraction", 18)],
        },
        Erased { reason: Erasure::Context, rules: vec![wording("each-other", 5)] },
        Erased { reason: Erasure::Unshowable, rules: vec![(Channel::Style, "dash".into(), 2)] },
    ]
}

fn parameters() -> Parameters {
    Parameters {
        program: "tellmark 0.1.0".into(),
        derivation_version: 1,
        reader_version: 1,
        tracer_version: 1,
        key_hashes: vec!["c4".repeat(32)],
        reading_hash: "7a".repeat(32),
        command: "tellmark trace article.html --case press --because 'printed on 3 March'".into(),
        other: vec![("Decoys".into(), "10,000 for each release".into())],
    }
}

/// A finding with every section, over so many copies.
pub fn finding(verdict: Verdict, copies: u64) -> Page {
    let (named, best) = match &verdict {
        Verdict::Copy { copies, .. } => (copies.len(), 932),
        _ => (0, 0),
    };
    let mut draw = Draw(3);
    Page {
        access: vec!["The print shop (copying, since 2026-01-10)".into()],
        verdict,
        case: "press".into(),
        look: 1,
        looks_of_case: 1,
        read_in_all: None,
        cases_of_vault: 3,
        date: "4 March 2026, 10:12 UTC".into(),
        alpha: "1e-6".into(),
        tested: copies,
        threshold: Some(Threshold { e_log10: Log10(870), p: "9.3e-10".into(), w_log10: Log10(830) }),
        replay: Some(Replay { keys: 100_000, named: 0, best: Log10(410) }),
        reach: "pairs and triples of all copies".into(),
        ranking: ranking(copies, named, best),
        identities: None,
        decoys: Decoys::of((0..10_000).map(|_| draw.ratio(-330, 210))),
        releases: vec![release()],
        exhibits: vec![Exhibit {
            name: "article.html".into(),
            hashes: vec![("BLAKE3".into(), "af13".repeat(16))],
            bytes: 48_213,
            registered: "4 March 2026, 10:12 UTC".into(),
            reason: "printed on 3 March".into(),
            text: EXHIBIT.into(),
        }],
        sheets: Vec::new(),
        marks: marks(),
        erased: erased(),
        alpha_shares: vec![
            AlphaShare { what: "copies, batch 1, look 1".into(), copies: 190, alpha: "5.8e-7".into() },
            AlphaShare { what: "copies, batch 2, look 1".into(), copies: 24, alpha: "7.2e-8".into() },
            AlphaShare { what: "groups".into(), copies: 3, alpha: "1e-7".into() },
        ],
        parameters: parameters(),
        warnings: vec![],
    }
}

pub fn one_copy() -> Page {
    finding(Verdict::Copy { copies: vec![named("r017")], groups: vec![] }, 214)
}

pub fn nobody() -> Page {
    let mut page = finding(Verdict::Nobody { sites_needed: Some(14) }, 214);
    page.marks.truncate(5);
    page
}

pub fn groups() -> Page {
    let groups = vec![group(&["Northern delegation", "Secretariat"])];
    finding(Verdict::Group { groups }, 24)
}

/// The finding with the longest first page.
pub fn full() -> Page {
    let long = "a name that is much longer than any that a roster should have, ".repeat(8);
    let mut copies = vec![named("r017"); 12];
    for copy in &mut copies {
        copy.copy = "delegation-of-the-northern-harbours-permanent-secretariat-0017".into();
        copy.holders = vec![long.clone(); 40];
        copy.group = long.clone();
        copy.release = long.clone();
    }
    let mut page = finding(Verdict::Copy { copies, groups: vec![group(&[long.as_str(); 30])] }, 10_000);
    page.case = long.clone();
    page.warnings = vec![long.clone(); 9];
    page.exhibits = vec![Exhibit { name: long, ..page.exhibits[0].clone() }; 30];
    page
}

/// A plan of a short text, sentences cut at full stops.
pub fn plan() -> plan::Page {
    let text = "The chair opened the meeting {shortly before|just before} noon. Both sides set out their \
position prior to the break. Everyone agreed that the harbour dues need a written note.\n\nThe ministers met \
over the past month. They spoke of the weather. They spoke of the crossing, the gulls and the coffee.\n";
    let site = |channel, rule: &str, words: &str, variants: &[&str]| plan::Site {
        channel,
        rule: rule.into(),
        places: vec![text.find(words).unwrap()..text.find(words).unwrap() + words.len()],
        variants: variants.iter().map(|variant| variant.to_string()).collect(),
        original: 0,
    };
    let mut sentences = Vec::new();
    let mut start = 0;
    for (end, bits) in text.match_indices('.').map(|(at, _)| at + 1).zip([1.0, 2.0, 2.0, 2.0, 0.0, 0.0]) {
        let lead = text[start..end].len() - text[start..end].trim_start().len();
        let channels = if bits > 0.0 { vec![("wording".to_owned(), bits)] } else { vec![] };
        sentences.push(plan::Sentence { range: start + lead..end, bits, channels });
        start = end;
    }
    let bare = sentences[4].range.start..sentences[5].range.end;
    plan::Page {
        document: "record-of-call.md".into(),
        date: "1 March 2026".into(),
        words: 52,
        bits: 7.0,
        verbatim: false,
        text: text.into(),
        promise_of_two: vec!["two of 20 copies who mix their copies, at alpha 1e-3: all of it names nobody".into()],
        needs: vec!["20 copies at alpha 1e-3 need 12 more points in all".into()],
        held_against: "one of 20 at 1e-3".into(),
        paragraphs: vec![
            plan::Paragraph {
                range: 0..sentences[2].range.end,
                words: 30,
                channels: vec![("author".into(), 1.0), ("wording".into(), 4.0)],
                power: 0.0,
                points_needed: Some(15),
            },
            plan::Paragraph {
                range: sentences[3].range.start..sentences[5].range.end,
                words: 22,
                channels: vec![("wording".into(), 2.0)],
                power: 0.123,
                points_needed: None,
            },
        ],
        sentences,
        sites: vec![
            site(
                Channel::Author,
                "author",
                "{shortly before|just before}",
                &["shortly before", "just before"],
            ),
            site(Channel::Wording, "set-out", "set out", &["set out", "set forth"]),
            site(Channel::Wording, "prior-to", "prior to", &["prior to", "before"]),
            site(Channel::Wording, "everyone", "Everyone", &["Everyone", "Everybody"]),
            site(Channel::Wording, "optional-that", " that", &[" that", ""]),
            site(Channel::Wording, "over-the-past", "over", &["over", "during"]),
            site(Channel::Wording, "past-last", "past", &["past", "last"]),
        ],
        promise: vec![
            "of 20 copies, at alpha 1e-3: two sentences name nobody; a paragraph names nobody; all of it names \
             the one it came from with probability 0.31"
                .into(),
        ],
        pages: vec![plan::PageLine {
            page: 1,
            words: 442,
            sites: 370,
            lines: 37,
            names: vec![(20, "1e-3".into(), "4 lines".into()), (1000, "1e-6".into(), "nobody".into())],
        }],
        bare: vec![bare],
        notes: vec!["“harbour dues” is a defined term and stays.".into()],
    }
}

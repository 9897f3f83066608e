//! Formal phrases and the shorter or longer wording that says the same.

use super::grammar::{self, BE, DEFINITE, FINITE};
use crate::rules::Rule;
use crate::rules::view::{At, View, is_digits};

pub(super) const RULES: &[Rule] = &[
    Rule::first(
        "until-such-time",
        &["until such time as", "until"],
        "The long form adds nothing but length.",
    )
    .matches(&[("It stays until such time as both sides object.", &["until such time as", "until"])])
    .not(&["It stays until noon."]),
    Rule::first("in-the-event-that", &["in the event that", "if"], "Both open the same condition.")
        .when(|view, at| view.noun_phrase_follows(at) || grammar::PRONOUNS.contains(&view.after(at, 0)))
        .matches(&[
            ("In the event that the talks fail, the text lapses.", &["In the event that", "If"]),
            ("It lapses in the event that they fail.", &["in the event that", "if"]),
        ])
        .not(&["In that event the text lapses.", "It was the event that changed the talks."]),
    Rule::first(
        "in-order-to",
        &["in order to", "to"],
        "Both give the purpose of what stands before, where nothing before could take the bare infinitive.",
    )
    .when(takes_no_infinitive)
    .matches(&[
        ("In order to save time, they met.", &["In order to", "To"]),
        ("They met on Tuesday in order to prepare the talks.", &["in order to", "to"]),
    ])
    .not(&[
        "The papers are in order.",
        "They agreed in order to avoid a vote.",
        "She asked him in order to be sure.",
        "They spoke so as in order to win.",
        "The right in order to vote.",
        "They need systems in order to prevent losses.",
    ]),
    Rule::either(
        "respect-regard",
        &["with respect to", "with regard to"],
        "The two phrases are one, word for word.",
    )
    .when(|view, at| {
        // A national emergency is declared *with respect to* something in the words of a law.
        let formula = (1..9).any(|i| view.before(at.first, i).starts_with("emergenc"));
        !formula && !["treat", "treated", "due"].contains(&view.before(at.first, 1))
    })
    .matches(&[
        ("Their duties with respect to the border remain.", &["with respect to", "with regard to"]),
        ("With regard to the border they agreed.", &["With respect to", "With regard to"]),
    ])
    .not(&[
        "They listened with respect.",
        "It is an emergency with respect to the dam.",
        "Paid without regard to price.",
    ]),
    Rule::either(
        "about-topic",
        &["with respect to", "with regard to", "regarding", "concerning"],
        "Behind a noun of speech or knowledge all four name its subject.",
    )
    .when(|view, at| TOPIC_NOUNS.contains(&view.before(at.first, 1)) && view.noun_phrase_follows(at))
    .matches(&[(
        "They have questions concerning the border.",
        &["with respect to", "with regard to", "regarding", "concerning"],
    )])
    .not(&["It raises questions concerning trade.", "He wrote regarding the border."]),
    Rule::first("prior-to", &["prior to", "before"], "Both put one thing earlier than another.")
        .when(no_gerund_clause)
        .matches(&[
            ("They spoke prior to the vote.", &["prior to", "before"]),
            ("Prior to leaving, they spoke.", &["Prior to", "Before"]),
            ("They spoke prior to the opening of the talks.", &["prior to", "before"]),
        ])
        .not(&["A prior agreement exists.", "Prior to the sides providing lists, they met."]),
    Rule::first("subsequent-to", &["subsequent to", "after"], "Both put one thing later than another.")
        .when(no_gerund_clause)
        .matches(&[("Subsequent to the vote they left.", &["Subsequent to", "After"])])
        .not(&["Subsequent votes failed.", "The note is subsequent to it."]),
    Rule::either(
        "course-of",
        &["in the course of", "over the course of"],
        "Both stretch something over the same time.",
    )
    .when(|view, at| {
        const TO_COME: &[&str] = &["coming", "next", "last", "past", "ensuing", "following", "previous"];
        DEFINITE.contains(&view.after(at, 0)) && !TO_COME.contains(&view.after(at, 1))
    })
    .matches(&[(
        "Two lists changed hands over the course of the visit.",
        &["in the course of", "over the course of"],
    )])
    .not(&[
        "The course of the river is fixed.",
        "It is corrected in the course of using it.",
        "They meet over the course of the coming days.",
    ]),
    Rule::either(
        "past-last",
        &["over the past", "over the last", "during the past", "during the last"],
        "Each of the four names the same stretch of time up to now.",
    )
    .when(several_units)
    .matches(&[
        (
            "Prices rose over the past three years.",
            &["over the past", "over the last", "during the past", "during the last"],
        ),
        (
            "During the last few months, it fell.",
            &["Over the past", "Over the last", "During the past", "During the last"],
        ),
    ])
    .not(&[
        "He stepped over the last stone.",
        "It rained during the last two weeks of March.",
        "It fell over the last year.",
    ]),
    Rule::either(
        "for-past-last",
        &["for the past", "for the last"],
        "Both name the same stretch of time up to now.",
    )
    .when(several_units)
    .matches(&[("It has been open for the last ten days.", &["for the past", "for the last"])])
    .not(&["He came for the last time.", "He stayed for the last ten days of May."]),
    Rule::either(
        "in-past-last",
        &["in the past", "in the last"],
        "Both name the same stretch of time up to now.",
    )
    .when(several_units)
    .matches(&[("Nothing happened in the past few days.", &["in the past", "in the last"])])
    .not(&["That lies in the past.", "In the last two days of the talks it rained."]),
    Rule::first("no-later-than", &["not later than", "no later than"], "Both set the same latest time.")
        .when(|view, at| {
            let next = view.after(at, 0);
            grammar::is_number(next)
                || DEFINITE.contains(&next)
                || grammar::CALENDAR.contains(&next)
                || ["noon", "midnight", "a", "an"].contains(&next)
        })
        .matches(&[(
            "Answers are due not later than 45 days after it.",
            &["not later than", "no later than"],
        )])
        .not(&["It is not later than usual.", "Answers are due no later than 45 days after it."]),
    Rule::either(
        "no-more-than",
        &["no more than", "not more than"],
        "Both set the same limit before a figure.",
    )
    .when(|view, at| grammar::is_number(view.after(at, 0)))
    .matches(&[("It takes not more than 30 days.", &["no more than", "not more than"])])
    .not(&["It is no more than fair."])
    .formal(),
    Rule::either(
        "no-less-than",
        &["no less than", "not less than"],
        "Both set the same limit before a figure.",
    )
    .when(|view, at| grammar::is_number(view.after(at, 0)))
    .matches(&[("It takes not less than 30 days.", &["no less than", "not less than"])])
    .not(&["The treatment is no less favorable than before.", "It is no less than fair."]),
    Rule::first("in-excess-of", &["in excess of", "more than"], "Before a figure both mean the same.")
        .when(|view, at| view.figure_follows(at))
        .matches(&[("The fund holds in excess of 400 claims.", &["in excess of", "more than"])])
        .not(&["It is an excess of zeal."]),
    Rule::first("due-to-the-fact", &["due to the fact that", "because"], "Both give the same reason.")
        .matches(&[("It failed due to the fact that nobody came.", &["due to the fact that", "because"])])
        .not(&["It is due to the fact they know."])
        .when(|view, at| !BE.contains(&view.before(at.first, 1))),
    Rule::first("exception-of", &["with the exception of", "except for"], "Both take the same thing out.")
        .matches(&[("All came with the exception of the chair.", &["with the exception of", "except for"])])
        .not(&["It was an exception to the rule."]),
    Rule::either(
        "regardless-of",
        &["regardless of", "irrespective of"],
        "Both say that something makes no difference.",
    )
    .matches(&[("It applies regardless of origin.", &["regardless of", "irrespective of"])])
    .not(&["They went on regardless."])
    .formal(),
    Rule::first("in-lieu-of", &["in lieu of", "instead of"], "Both name what is replaced.")
        .matches(&[("A list may serve in lieu of the report.", &["in lieu of", "instead of"])])
        .when(|view, at| {
            const TERMS: &[&str] =
                &["diem", "payment", "payments", "cash", "deed", "damages", "notice", "pay", "tax"];
            !TERMS.contains(&view.before(at.first, 1))
        })
        .not(&["It was given in lieu.", "They get per diem in lieu of subsistence."]),
    Rule::first("in-light-of", &["in light of", "in view of"], "Both name what is taken into account.")
        .when(|view, at| view.noun_phrase_follows(at))
        .matches(&[("In light of the storm, they waited.", &["In light of", "In view of"])])
        .not(&["It came to light."]),
    Rule::first("in-advance-of", &["in advance of", "ahead of"], "Both put one thing earlier than another.")
        .when(|view, at| view.noun_phrase_follows(at))
        .matches(&[("They spoke in advance of the vote.", &["in advance of", "ahead of"])])
        .not(&["It was paid in advance."]),
    Rule::either("in-spite-of", &["in spite of", "despite"], "Both concede the same thing.")
        .when(|view, at| (0..5).all(|i| !grammar::is_gerund(view.after(at, i))))
        .matches(&[("They met despite the storm.", &["in spite of", "despite"])])
        .not(&["Out of spite he left.", "Despite copper being dear, they built it."]),
    Rule::first("period-of", &["for a period of", "for"], "Before a number of units both give the duration.")
        .when(|view, at| grammar::is_number(view.after(at, 0)))
        .matches(&[("It is valid for a period of 30 days.", &["for a period of", "for"])])
        .not(&["It was a period of calm.", "It lasts for a period of calm."]),
    Rule::first(
        "regular-basis",
        &["on a regular basis", "regularly"],
        "Both say that something happens again and again.",
    )
    .when(|view, at| !BE.contains(&view.before(at.first, 1)))
    .matches(&[("The two meet on a regular basis.", &["on a regular basis", "regularly"])])
    .not(&["It is on a regular basis that they meet.", "They met on a regular bus."]),
    Rule::first(
        "daily-basis",
        &["on a daily basis", "every day"],
        "Both say that something happens each day.",
    )
    .when(|view, at| !BE.contains(&view.before(at.first, 1)))
    .matches(&[("They meet on a daily basis.", &["on a daily basis", "every day"])])
    .not(&["It is a daily paper."]),
    Rule::first(
        "annual-basis",
        &["on an annual basis", "annually"],
        "Both say that something happens each year.",
    )
    .when(|view, at| !BE.contains(&view.before(at.first, 1)))
    .matches(&[("Lists are exchanged on an annual basis.", &["on an annual basis", "annually"])])
    .not(&["It is an annual report."]),
    Rule::either(
        "to-this-end",
        &["to this end,", "to that end,"],
        "At the head of a sentence both point back to the aim just named.",
    )
    .when(|view, at| view.begins_sentence(view.words[at.first].range.start))
    .matches(&[("To that end, the sides will meet.", &["To this end,", "To that end,"])])
    .not(&["They came to that end, at last."]),
    Rule::first(
        "pursuant-to",
        &["pursuant to", "under"],
        "Before a provision both name the law that something rests on.",
    )
    .when(|view, at| {
        const PROVISIONS: &[&str] = &[
            "article",
            "articles",
            "section",
            "sections",
            "paragraph",
            "paragraphs",
            "subsection",
            "annex",
            "chapter",
            "regulation",
            "rule",
        ];
        let again = (1..16).any(|i| view.word(at.next + i) == "pursuant");
        !again
            && (PROVISIONS.contains(&view.after(at, 0))
                || (is_digits(view.after(at, 0)) && view.after(at, 1).starts_with("u.s")))
    })
    .matches(&[("It was sold pursuant to section 7.", &["pursuant to", "under"])])
    .not(&["They act pursuant to a plan.", "It is sold pursuant to section 7 and pursuant to a plan."]),
    Rule::either(
        "relating-to",
        &["relating to", "related to", "pertaining to"],
        "Behind a noun all three say what it has to do with.",
    )
    .when(|view, at| {
        const NOUNS: &[&str] = &[
            "issue",
            "issues",
            "matter",
            "matters",
            "question",
            "questions",
            "information",
            "measure",
            "measures",
            "obligations",
            "requirements",
            "provisions",
            "laws",
            "rules",
            "procedures",
            "activities",
            "costs",
            "commitments",
            "regulations",
            "policies",
            "disputes",
            "documents",
            "data",
            "work",
            "steps",
            "practices",
            "concerns",
            "aspects",
            "decisions",
            "records",
            "expenses",
            "standards",
            "restrictions",
            "actions",
        ];
        // "Information related to the court by a witness" was told to it.
        let told = (1..8).any(|i| view.after(at, i) == "by");
        NOUNS.contains(&view.before(at.first, 1)) && !view.after(at, 0).is_empty() && !told
    })
    .matches(&[("They raised issues related to the dam.", &["relating to", "related to", "pertaining to"])])
    .not(&[
        "It is closely related to that.",
        "The point relating to it.",
        "They weighed the information related to the court by the witness.",
    ]),
    Rule::either(
        "view-to",
        &["with a view to", "with the aim of"],
        "Before a form in -ing both give the purpose.",
    )
    .when(|view, at| grammar::is_gerund(view.after(at, 0)))
    .matches(&[("They met with a view to drafting it.", &["with a view to", "with the aim of"])])
    .not(&["It is a room with a view to the sea.", "With the aim of peace they met."]),
    Rule::either(
        "not-consistent",
        &["not consistent with", "inconsistent with"],
        "The prefix says what the adverb says.",
    )
    .when(|view, at| {
        !["not", "necessarily", "if", "or", "entirely", "fully", "wholly", "be"]
            .contains(&view.before(at.first, 1))
    })
    .matches(&[(
        "It is used in a manner not consistent with the text.",
        &["not consistent with", "inconsistent with"],
    )])
    .not(&[
        "It is consistent with the text.",
        "It would be inconsistent with the text.",
        "It is not inconsistent with it.",
    ]),
    Rule::either("not-able", &["not able to", "unable to"], "The prefix says what the adverb says.")
        .when(|view, at| ["is", "are", "was", "were"].contains(&view.before(at.first, 1)))
        .matches(&[("They were not able to come.", &["not able to", "unable to"])])
        .not(&["If not able to come, call.", "They would be unable to come."]),
    Rule::either(
        "coming-days",
        &["in the coming days", "in the days ahead"],
        "Both name the same time to come.",
    )
    .when(|view, at| !["of", "and", "or"].contains(&view.after(at, 0)))
    .matches(&[("They will meet in the coming days.", &["in the coming days", "in the days ahead"])])
    .not(&["They will meet in the coming year.", "They will meet in the coming days and weeks."]),
    Rule::either(
        "coming-weeks",
        &["in the coming weeks", "in the weeks ahead"],
        "Both name the same time to come.",
    )
    .when(|view, at| !["of", "and", "or"].contains(&view.after(at, 0)))
    .matches(&[("They will meet in the weeks ahead.", &["in the coming weeks", "in the weeks ahead"])])
    .not(&["It is one of the weeks ahead of us."]),
    Rule::either(
        "coming-months",
        &["in the coming months", "in the months ahead"],
        "Both name the same time to come.",
    )
    .when(|view, at| !["of", "and", "or"].contains(&view.after(at, 0)))
    .matches(&[("They will meet in the coming months.", &["in the coming months", "in the months ahead"])])
    .not(&["In the months ahead of the vote they met."]),
    Rule::either(
        "going-forward",
        &["moving forward", "going forward"],
        "At the end of a clause both mean from now on.",
    )
    .when(|view, at| {
        let rest = view.rest(view.words[at.next - 1].range.end);
        (rest.is_empty() || rest.starts_with(['.', ',']))
            && !["is", "are", "was", "were", "of", "keep", "and"].contains(&view.before(at.first, 1))
    })
    .matches(&[("They need a list going forward.", &["moving forward", "going forward"])])
    .not(&["The column is moving forward.", "Going forward to the gate, they met."]),
    Rule::first("up-until", &["up until", "until"], "The first word adds nothing.")
        .matches(&[("They stayed up until noon.", &["up until", "until"])])
        .not(&["They stayed until noon."])
        .when(|view, at| !["stay", "stays", "sat", "sit"].contains(&view.before(at.first, 1))),
    Rule::either(
        "in-this-regard",
        &["in this regard,", "in that regard,", "in this respect,", "in that respect,"],
        "At the head of a sentence all four point back to what was just said.",
    )
    .when(at_sentence)
    .matches(&[(
        "In this regard, the sides will meet.",
        &["In this regard,", "In that regard,", "In this respect,", "In that respect,"],
    )])
    .not(&["He was good in that respect, they said."]),
    Rule::either(
        "for-this-reason",
        &["for this reason,", "for that reason,"],
        "Both point back to the reason just given.",
    )
    .when(at_sentence)
    .matches(&[("For that reason, they left.", &["For this reason,", "For that reason,"])])
    .not(&["They left for this reason, not that."]),
    Rule::either(
        "for-these-reasons",
        &["for these reasons,", "for those reasons,"],
        "Both point back to the reasons just given.",
    )
    .when(at_sentence)
    .matches(&[("For these reasons, they left.", &["For these reasons,", "For those reasons,"])])
    .not(&["They left for these reasons, not those."]),
    Rule::either(
        "as-a-result",
        &["as a result,", "consequently,", "as a consequence,"],
        "All three draw the same conclusion.",
    )
    .when(at_sentence)
    .matches(&[("As a result, the gates closed.", &["As a result,", "Consequently,", "As a consequence,"])])
    .not(&["It came as a result, not a cause."]),
    Rule::first(
        "in-the-field",
        &["in the field of", "in the area of"],
        "Before a bare noun both name a subject, not a place.",
    )
    .when(|view, at| {
        let next = view.shown(at.next);
        next.starts_with(char::is_lowercase)
            && !grammar::DETERMINERS.contains(&view.after(at, 0))
            && !["vision", "view", "battle", "fire"].contains(&next)
    })
    .matches(&[("They work in the field of energy.", &["in the field of", "in the area of"])])
    .not(&["They met in the field of the cloth.", "It is in the field of vision."]),
    Rule::either(
        "days-after",
        &["after", "following"],
        "Behind a number of days both count from the same event.",
    )
    .when(|view, at| {
        let unit = view.before(at.first, 1);
        let counted = grammar::UNITS.contains(&unit) && grammar::is_number(view.before(at.first, 2));
        counted
            && DEFINITE.iter().chain(&["any", "such", "a", "an"]).any(|word| *word == view.after(at, 0))
            && (1..10).all(|i| !FINITE.contains(&view.after(at, i)))
            // One noun, or one of something: anything longer may be a clause, which only *after* opens.
            && (view.after(at, 2).is_empty() || (2..5).any(|i| view.after(at, i) == "of"))
    })
    .matches(&[
        ("It is due within 7 days following any report.", &["after", "following"]),
        ("It is due 30 days after the effective date of the rules.", &["after", "following"]),
    ])
    .not(&[
        "It came 7 days after the dam was closed.",
        "They left after the vote.",
        "It falls due 14 days after the Tribunal issues it.",
        "It ends 90 days after the tenant leaves.",
    ]),
    Rule::first(
        "following-event",
        &["following", "after"],
        "Before a noun of an event both put something later.",
    )
    .when(|view, at| {
        let the = DEFINITE.contains(&view.after(at, 0)) || view.after(at, 0) == "a";
        let event = (1..4).any(|i| EVENTS.contains(&view.after(at, i)));
        the && event && !DEFINITE.contains(&view.before(at.first, 1))
    })
    .matches(&[("Following those discussions, they left.", &["Following", "After"])])
    .not(&["The following talks failed.", "Following the rules, they left."]),
    Rule::first(
        "after-event",
        &["after", "following"],
        "Before a noun of an event and a comma both put something later.",
    )
    .when(|view, at| {
        let event = (1..4).find(|&i| EVENTS.contains(&view.after(at, i)));
        let comma = event.is_some_and(|i| view.gap(at.next + i) == ", ");
        DEFINITE.contains(&view.after(at, 0)) && comma && at_sentence(view, at)
    })
    .matches(&[("After the talks, they left.", &["After", "Following"])])
    .not(&["After the talks failed, they left."]),
    Rule::first(
        "for-purposes-of",
        &["for purposes of", "for the purposes of"],
        "The article may stand or go.",
    )
    .when(|view, at| view.noun_phrase_follows(at))
    .matches(&[(
        "For purposes of this memorandum, it is a list.",
        &["For purposes of", "For the purposes of"],
    )])
    .not(&["It was for the purpose of trade.", "It is a list for the purposes of this text."]),
    Rule::first("upon-doing", &["upon", "on"], "Before a form in -ing both name what comes just before.")
        .when(|view, at| grammar::is_gerund(view.after(at, 0)) && at_sentence(view, at))
        .matches(&[("Upon receiving the list, they left.", &["Upon", "On"])])
        .not(&["They insist upon receiving it.", "Upon the river it rains."]),
    Rule::first(
        "is-in-compliance",
        &["is in compliance with", "complies with"],
        "Both say that the rule is kept.",
    )
    .when(|view, at| !["not", "who"].contains(&view.before(at.first, 1)))
    .matches(&[(
        "It asks whether he is in compliance with the rule.",
        &["is in compliance with", "complies with"],
    )])
    .not(&["It was in compliance with the rule."]),
    Rule::first(
        "in-compliance",
        &["be in compliance with", "comply with"],
        "Both say that the rule is kept.",
    )
    .matches(&[("They must be in compliance with the rule.", &["be in compliance with", "comply with"])])
    .not(&["It is in compliance."]),
    Rule::either("in-whole", &["wholly or in part", "in whole or in part"], "Both mean all or some of it.")
        .matches(&[("It was made wholly or in part here.", &["wholly or in part", "in whole or in part"])])
        .not(&["It was made in part here."]),
    Rule::first(
        "due-to",
        &["due to", "because of"],
        "Behind a full clause both give the reason; purists ask for the second.",
    )
    .when(|view, at| {
        const NEVER: &[&str] = &[
            "payment",
            "payments",
            "amount",
            "amounts",
            "sum",
            "sums",
            "fees",
            "fee",
            "tax",
            "taxes",
            "money",
            "interest",
            "not",
            "partly",
            "largely",
            "mainly",
            "mostly",
            "primarily",
            "solely",
            "part",
            "and",
            "or",
            "only",
            "simply",
            "just",
            "chiefly",
            "respect",
            "is",
            "are",
            "was",
            "were",
            "be",
            "been",
            "being",
        ];
        let before = view.before(at.first, 1);
        let fact = view.after(at, 1) == "fact";
        // In a phrase without a verb it may belong to the noun before.
        let verb = (at.first.saturating_sub(12)..at.first).any(|i| {
            FINITE.contains(&view.word(i)) || view.word(i) == "shall" || view.word(i).ends_with("ed")
        });
        verb && !before.is_empty()
            && !NEVER.contains(&before)
            && DEFINITE.contains(&view.after(at, 0))
            && !fact
    })
    .matches(&[("They closed the gates due to the storm.", &["due to", "because of"])])
    .not(&[
        "It is due to the storm.",
        "They list payments due to the bank.",
        "He came because of Bern.",
        "Losses due to the storm.",
    ]),
];

fn at_sentence(view: &View<'_>, at: At) -> bool {
    view.begins_sentence(view.words[at.first].range.start)
}

/// Nouns of events that end.
const EVENTS: &[&str] = &[
    "discussions",
    "talks",
    "meeting",
    "meetings",
    "visit",
    "vote",
    "negotiations",
    "war",
    "election",
    "elections",
    "ceasefire",
    "conference",
    "summit",
    "session",
    "consultations",
    "call",
    "announcement",
    "storm",
    "flood",
];

/// Nouns that have a subject matter.
const TOPIC_NOUNS: &[&str] = &[
    "question",
    "questions",
    "information",
    "discussion",
    "discussions",
    "talks",
    "negotiations",
    "decision",
    "decisions",
    "view",
    "views",
    "instructions",
    "details",
    "proposal",
    "proposals",
    "statement",
    "statements",
    "report",
    "reports",
    "rules",
    "dispute",
    "disputes",
    "guidance",
    "data",
    "update",
    "updates",
    "consultations",
    "note",
    "notes",
    "remarks",
    "provisions",
    "requirements",
    "understanding",
];

/// Words of time and motion that take no infinitive.
const BEFORE_PURPOSE: &[&str] = &[
    "together",
    "again",
    "here",
    "there",
    "yesterday",
    "today",
    "week",
    "month",
    "year",
    "morning",
    "evening",
    "met",
    "gathered",
    "convened",
    "occasions",
    "later",
    "earlier",
    "early",
];

/// At the head of a sentence, or behind a day or an adverb, nothing before takes the infinitive.
fn takes_no_infinitive(view: &View<'_>, at: At) -> bool {
    const NEVER_NEXT: [&str; 4] = ["not", "be", "have", "him"];
    if NEVER_NEXT.contains(&view.after(at, 0)) {
        return false;
    }
    let start = view.words[at.first].range.start;
    if view.begins_sentence(start) {
        return true;
    }
    // Behind a noun the bare infinitive could belong to it: "systems to prevent losses".
    let before = view.before(at.first, 1);
    let adverb = before.ends_with("ly") && before.len() > 4;
    grammar::CALENDAR.contains(&before) || adverb || BEFORE_PURPOSE.contains(&before)
}

/// No subject with a form in *-ing* follows ("prior to the sides leaving"), which *before* would not bear.
fn no_gerund_clause(view: &View<'_>, at: At) -> bool {
    const LOOK_WORDS: usize = 12;
    !BE.contains(&view.before(at.first, 1))
        && (1..LOOK_WORDS)
            .take_while(|&i| !view.after(at, i).is_empty())
            .all(|i| !grammar::is_gerund(view.after(at, i)))
}

/// A number of units of time follows, and not "of" something: *the last two weeks of March* end it.
fn several_units(view: &View<'_>, at: At) -> bool {
    let count = view.after(at, 0);
    let counted = grammar::is_number(count) || grammar::FEW.contains(&count);
    let unit = (1..4).find(|&i| grammar::UNITS.contains(&view.after(at, i)));
    counted && unit.is_some_and(|unit| !["of", "before", "in", "prior"].contains(&view.after(at, unit + 1)))
}

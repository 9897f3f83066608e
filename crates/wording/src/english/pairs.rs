//! Closed pairs: two words or phrases that good prose uses alike.

use super::grammar::{self, BE, DEFINITE, FINITE};
use crate::rules::Rule;
use crate::rules::view::{At, Found, View, is_digits};

pub(super) const RULES: &[Rule] = &[
    Rule::either("everyone", &["everyone", "everybody"], "The two pronouns are used alike.")
        .when(not_of)
        .matches(&[
            ("They don't mind. They can't. Everyone agreed.", &["Everyone", "Everybody"]),
            ("They don't mind. They can't. Thanks to everybody for coming.", &["everyone", "everybody"]),
        ])
        .not(&["Every one of them agreed.", "They thanked everyone of them."]).informal(),
    Rule::either("everyone-s", &["everyone's", "everybody's"], "The two pronouns are used alike.")
        .matches(&[("They don't mind. They can't. It is in everyone's interest.", &["everyone's", "everybody's"])])
        .not(&["It is everyone."]).informal(),
    Rule::either("someone", &["someone", "somebody"], "The two pronouns are used alike.")
        .when(not_of)
        .matches(&[("They don't mind. They can't. Someone had spoken.", &["Someone", "Somebody"])])
        .not(&["Some one thing was missing."]).informal(),
    Rule::either("anyone", &["anyone", "anybody"], "The two pronouns are used alike.")
        .when(not_of)
        .matches(&[("They don't mind. They can't. He asked whether anybody objected.", &["anyone", "anybody"])])
        .not(&["Any one of them may object."]).informal(),
    Rule::either("no-one", &["no one", "nobody"], "Both deny every person, where a verb follows.")
        .when(verb_follows)
        .matches(&[("They don't mind. They can't. No one objected.", &["No one", "Nobody"]), ("They don't mind. They can't. Nobody was there.", &["No one", "Nobody"])])
        .not(&["No one side objected.", "No one of them came.", "He is a nobody."]).informal(),
    Rule::either(
        "each-other",
        &["each other", "one another"],
        "The old distinction between two and more is not observed in good prose.",
    )
    .when(|view, at| {
        const NEXT: &[&str] = &[
            "", "in", "with", "to", "by", "for", "and", "or", "as", "at", "on", "under", "is", "are", "when", "while",
            "through", "throughout", "from", "over", "about", "better", "more", "again", "without", "during",
            "because", "if", "that", "but", "into", "through", "across", "before", "after", "well", "directly",
        ];
        NEXT.contains(&view.after(at, 0))
    })
    .matches(&[("The two sides trust each other.", &["each other", "one another"])])
    .not(&["Each trusts the other.", "They met the chair and each other agency head.", "It was one and another."]),
    Rule::either(
        "each-other-s",
        &["each other's", "one another's"],
        "The old distinction between two and more is not observed in good prose.",
    )
    .matches(&[("They know each other’s aims.", &["each other’s", "one another’s"])])
    .not(&["They know each other."]),
    Rule::either("as-if", &["as if", "as though"], "Both open the same comparison.")
        .when(|view, at| {
            let compared = ["same", "such", "not", "equally"].contains(&view.before(at.first, 1));
            !compared
                && (grammar::PRONOUNS.contains(&view.after(at, 0))
                    || view.noun_phrase_follows(at)
                    || view.after(at, 0) == "nothing")
        })
        .matches(&[("She spoke as if nothing had happened.", &["as if", "as though"])])
        .not(&["It is the same as if the list was new.", "She reached out as if to speak."]),
    Rule::first(
        "although",
        &["although", "though"],
        "At the head of a clause both open the same concession.",
    )
    .when(|view, at| {
        let set_off = view.comma_before(at) || view.opens_sentence(at);
        let clause = set_off && !view.after(at, 0).is_empty() || view.clause_follows(at);
        clause && !["even", "as"].contains(&view.before(at.first, 1))
    })
    .matches(&[
        ("They agreed, although it was long.", &["although", "though"]),
        ("Although prices rose, they agreed.", &["Although", "Though"]),
    ])
    .not(&["It was, though, too long.", "It is old although useful."]),
    Rule::first("though-although", &["though", "although"], "At the head of a clause that is set off both open the same concession.")
        .when(|view, at| {
            let set_off = view.comma_before(at) || view.opens_sentence(at);
            set_off && !view.after(at, 0).is_empty()
        })
        .formal()
        .matches(&[("They agreed, though it was long.", &["though", "although"])])
        .not(&["It was, though, too long.", "They agreed even though it was long.", "It rained, though."]),
    Rule::either("in-addition", &["in addition,", "additionally,"], "Both add a further point.")
        .when(|view, at| view.word(at.next) != "to")
        .matches(&[("In addition, the sides agreed on a date.", &["In addition,", "Additionally,"])])
        .not(&["In addition to that, they met.", "In addition, to that they said no."]),
    Rule::either(
        "furthermore",
        &["furthermore,", "moreover,"],
        "Both add a further point of the same weight.",
    )
    .when(at_sentence)
    .matches(&[("Moreover, the dam held.", &["Furthermore,", "Moreover,"])])
    .not(&["It went furthermore to the north."]),
    Rule::either("nevertheless", &["nevertheless", "nonetheless"], "The two adverbs are one.")
        .matches(&[("It rained; nevertheless, they came.", &["nevertheless", "nonetheless"])])
        .not(&["It was none the less good."]),
    Rule::either("for-example", &["for example", "for instance"], "Both open an example.")
        .when(between_stops)
        .matches(&[
            ("For example, the dam held.", &["For example", "For instance"]),
            ("The dam, for instance, held.", &["for example", "for instance"]),
        ])
        .not(&["It served for example and warning."]),
    Rule::first("in-the-meantime", &["in the meantime,", "meanwhile,"], "Both name the time between.")
        .when(at_sentence)
        .matches(&[("In the meantime, the rules stay.", &["In the meantime,", "Meanwhile,"])])
        .not(&["The rules stay in the meantime.", "Meanwhile, the chair is for it."]),
    Rule::either("so-far", &["so far", "thus far"], "Both mean up to now, where nothing is measured.")
        .when(up_to_now)
        .matches(&[
            ("It has so far failed.", &["so far", "thus far"]),
            ("Nothing has come of it thus far.", &["so far", "thus far"]),
        ])
        .not(&[
            "So far, so good.",
            "It lies so far away.",
            "It is so far as we know.",
            "He went so far that it hurt.",
        ]),
    Rule::first(
        "to-date",
        &["to date", "thus far"],
        "At the end of a clause both mean up to now.",
    )
    .when(|view, at| ends_clause(view, at) && !["up", "how", "hard", "year", "month", "quarter", "week"].contains(&view.before(at.first, 1)))
    .matches(&[("Ten lists have come to date.", &["to date", "thus far"])])
    .not(&["They had to date the letter.", "The list is up to date.", "They sold more in the year to date."]),
    Rule::either("at-this-time", &["at this time", "at present"], "Both mean now, in records and notes.")
        .when(|view, at| {
            ends_clause(view, at) && !["only", "just", "later"].contains(&view.before(at.first, 1))
        })
        .matches(&[("No visit is planned at this time.", &["at this time", "at present"])])
        .not(&["At this time of year it rains.", "The child at present day rates."]),
    Rule::words(
        "singled-out",
        &["especially", "particularly"],
        |view, index| {
            const NEXT: &[&str] = &[
                "the", "in", "on", "at", "when", "if", "where", "for", "with", "those", "its", "their", "as",
                "since", "after",
            ];
            let start = view.words[index].range.start;
            let set_off = index > 0 && view.gap(index - 1) == ", ";
            let at = At { first: index, next: index + 1 };
            let original = usize::from(view.shown(index) == "particularly");
            let lower = ["especially", "particularly"].contains(&view.shown(index));
            (lower && set_off && NEXT.contains(&view.after(at, 0))).then(|| {
                Found::new(start..view.words[index].range.end, &["especially", "particularly"], original)
            })
        },
        "Behind a comma and before a phrase both single out the same thing.",
    )
    .matches(&[("He thanked them, especially the drivers.", &["especially", "particularly"])])
    .not(&["It was particularly cold.", "It rained, especially hard."]),
    Rule::either("each-every", &["each", "every"], "Before a unit of time both repeat it without exception.")
        .when(|view, at| {
            const UNITS: &[&str] =
                &["day", "week", "month", "year", "quarter", "morning", "evening", "night"];
            UNITS.contains(&view.after(at, 0))
                && !["of", "has", "is"].contains(&view.after(at, 1))
                && !["nearly", "almost", "practically", "not", "once", "per", "for", "of", "and"]
                    .contains(&view.before(at.first, 1))
        })
        .matches(&[("They meet every week in Bern.", &["each", "every"])])
        .not(&[
            "They meet every two weeks.",
            "Almost every day it rains.",
            "Each side left.",
            "They lost each year of the two.",
        ]),
    Rule::either("all-of", &["all of", "all"], "Before a definite noun phrase the preposition may go.")
        .when(|view, at| {
            const THE: &[&str] = &["these", "those", "its", "their", "his", "her", "our"];
            let next = view.after(at, 0);
            let behind = view.after(at, 1);
            let plural = behind.len() > 3 && behind.ends_with('s') && !behind.ends_with("ss");
            let before = view.before(at.first, 1);
            let is_quantifier = ![
                "of", "at", "above", "after", "first", "most", "they", "we", "you", "them", "us", "it", "be",
                "are", "were", "is",
            ]
            .contains(&before);
            is_quantifier
                && plural
                && (THE.contains(&next)
                    || next == "the" && !["others", "means", "times", "sudden"].contains(&behind))
        })
        .matches(&[
            ("All of the points were met.", &["All of", "All"]),
            ("He settled all their debts.", &["all of", "all"]),
        ])
        .not(&[
            "All the while it rained.",
            "First of all the sides met.",
            "They all the same left.",
            "All of it fell.",
        ]),
    Rule::first(
        "half-of",
        &["half of the", "half the"],
        "Before a definite noun phrase the preposition may go.",
    )
    .when(|view, at| {
        !["first", "second", "other", "latter", "a", "one", "and", "the", "better"]
            .contains(&view.before(at.first, 1))
    })
    .matches(&[("Half of the fields were dry.", &["Half of the", "Half the"])])
    .not(&["In the first half of the year it rained."]),
    Rule::either(
        "almost-number",
        &["almost", "nearly"],
        "Before a figure or a whole both stop just short of it.",
    )
    .when(|view, at| {
        let next = view.after(at, 0);
        view.figure_follows(at) || ["all", "every", "half"].contains(&next)
    })
    .matches(&[("It feeds almost 9,000 fields.", &["almost", "nearly"])])
    .not(&["It almost failed.", "It nearly always rains."]),
    Rule::first(
        "approximately",
        &["approximately", "about"],
        "Before a figure both round it.",
    )
    .when(|view, at| {
        (is_digits(view.after(at, 0)) || view.figure_follows(at))
            && !["of", "to", "from", "is", "was", "over", "than", "additional", "", "a", "an"].contains(&view.before(at.first, 1))
            && !DEFINITE.contains(&view.before(at.first, 1))
    })
    .matches(&[("The dam released approximately 310 tons.", &["approximately", "about"])])
    .not(&["They spoke approximately as before.", "A total of approximately 30 came.", "It took over approximately 45 days.", "It is a long, approximately 45 day trip.", "It lies in the approximately 520-acre field."]),
    Rule::first("more-than", &["more than", "over"], "Before a figure both mean the same excess.")
        .when(|view, at| {
            // "Signed over 200 letters" would be another verb.
            const NEVER: &[&str] = &[
                "no", "not", "any", "little", "by", "be", "is", "was", "are", "were", "much", "never", "after", "over",
                "under", "make", "making", "made", "sign", "signed", "signing", "hand", "handed", "handing", "turn",
                "turned", "turning", "take", "took", "taken", "taking", "carry", "carried", "pass", "passed", "give",
                "gave", "given", "giving", "win", "won", "run", "ran", "running", "look", "looked", "go", "went",
                "come", "came", "get", "got", "pay", "paid", "paying", "hold", "held", "start", "started", "bring",
                "brought", "cross", "crossed", "move", "moved", "fly", "flew", "flown", "drove", "driven", "walked", "travelled", "traveled", "sailed", "talk", "spoke", "fall", "fell", "send", "sent", "think",
                "stay", "put", "all", "from", "of", "or", "and", "on", "total", "at",
            ];
            view.figure_follows(at) && !NEVER.contains(&view.before(at.first, 1))
                && !DEFINITE.contains(&view.before(at.first, 1))
                && !echoes(view, at)
        })
        .matches(&[
            ("The fund holds more than 400 claims.", &["more than", "over"]),
            ("The fund holds more than $4 million.", &["more than", "over"]),
        ])
        .not(&[
            "It is more than likely.",
            "It takes no more than 3 days.",
            "It rose by more than 5 percent.",
            "After more than three decades they met.",
            "They signed more than 200 letters.",
            "It serves the more than 200 families.",
            "For over 20 years, there have been more than 600 claims.",
        ]),
    Rule::first("over-sum", &["over", "more than"], "Before a sum of money, and before millions, both mean the same excess.")
        .when(|view, at| {
            const QUARREL: &[&str] = &[
                "dispute", "disputes", "fight", "debate", "negotiations", "control", "disagreement", "lawsuit", "talks", "clash", "a",
                "the", "all", "handed", "turned", "signed", "well", "just", "little",
            ];
            let scale = ["million", "billion", "thousand", "trillion"].contains(&view.after(at, 1));
            let money = matches!(view.gap(at.next.saturating_sub(1)), " $" | " €" | " £");
            is_digits(view.word(at.next)) && (money || scale && view.is_joined(at.first))
                && !QUARREL.contains(&view.before(at.first, 1)) && !echoes(view, at)
        })
        .matches(&[
            ("The budget asks for over $3 billion.", &["over", "more than"]),
            ("They planted over 41 million trees.", &["over", "more than"]),
        ])
        .not(&["It is a dispute over $3 billion.", "It lasted over 30 days.", "It fell over the year."]),
    Rule::first(
        "over-number",
        &["over", "more than"],
        "Before a number of years gone by both mean the same excess.",
    )
    .when(|view, at| {
        let number = grammar::is_number(view.after(at, 0));
        let unit = grammar::UNITS.contains(&view.after(at, 1));
        number && unit && !echoes(view, at) && (view.after(at, 2) == "ago" || view.before(at.first, 1) == "for")
    })
    .matches(&[("It began over 10 years ago.", &["over", "more than"])])
    .not(&["It was paid over 10 years.", "They argued over 3 points."]),
    Rule::first(
        "whether-or-not",
        &["whether or not", "whether"],
        "Behind a verb of asking the rest is understood.",
    )
    .when(|view, at| {
        [
            "asked",
            "asks",
            "ask",
            "determine",
            "decide",
            "decided",
            "discussed",
            "discuss",
            "consider",
            "considered",
            "know",
            "examine",
        ]
        .contains(&view.before(at.first, 1))
            && (grammar::DETERMINERS.contains(&view.after(at, 0))
                || grammar::PRONOUNS.contains(&view.after(at, 0)))
    })
    .matches(&[("They asked whether or not the dam was safe.", &["whether or not", "whether"])])
    .not(&["They will come whether or not it rains."]),
    Rule::first("outside-of", &["outside of", "outside"], "Before a noun phrase the preposition may go.")
        .when(|view, at| {
            DEFINITE.contains(&view.after(at, 0))
                && !DEFINITE.contains(&view.before(at.first, 1))
                && view.before(at.first, 1) != "an"
        })
        .matches(&[("They met outside of the hall.", &["outside of", "outside"])])
        .not(&["The outside of the hall is old."]),
    Rule::words(
        "both-the-two",
        &["both", "the"],
        both_the_two,
        "Of two that were named before, both phrases name the pair.",
    )
    .matches(&[
        ("Both sides agreed on a date.", &["Both", "The two"]),
        ("The two delegations agreed.", &["Both", "The two"]),
    ])
    .not(&[
        "On both sides of the river it rained.",
        "It is best for both sides.",
        "Both Parties signed.",
        "Both the sides and the chair left.",
        "The two sides agreed with each other.",
    ]),
    Rule::words(
        "together-along",
        &["together", "along"],
        together_with,
        "Behind a comma both add something that goes with what was named.",
    )
    .matches(&[("The list, together with the note, was lost.", &["together with", "along with"])])
    .not(&["They worked together with them.", "They get along with them."]),
    Rule::either(
        "prior-previous",
        &["prior", "previous"],
        "Before a noun of what comes in turns both name the one before.",
    )
    .when(|view, at| {
        const TURNS: &[&str] = &[
            "report",
            "reports",
            "meeting",
            "meetings",
            "round",
            "rounds",
            "session",
            "sessions",
            "year",
            "years",
            "draft",
            "drafts",
            "statement",
            "statements",
            "administration",
            "administrations",
            "discussions",
            "talks",
            "negotiations",
            "deal",
            "deals",
            "decade",
            "decades",
            "version",
            "versions",
        ];
        const EITHER: &[&str] = &[
            "report", "reports", "draft", "drafts", "statement", "statements", "discussions", "talks", "negotiations",
            "deal", "deals", "version", "versions",
        ];
        let nouns = if view.word(at.first) == "prior" { TURNS } else { EITHER };
        nouns.contains(&view.after(at, 0))
    })
    .matches(&[("It repeats the prior report.", &["prior", "previous"])])
    .not(&["It needs prior approval.", "They spoke prior to the vote.", "It rained in previous decades."]),
    Rule::first(
        "a-number-of",
        &["a number of", "several"],
        "Before a plural both mean more than two and not many.",
    )
    .when(|view, at| {
        // "Rather than a number of letters" may mean how many there are.
        let next = view.after(at, 0);
        if next.contains('\'') || grammar::DETERMINERS.contains(&next) || view.shown(at.next).starts_with(char::is_uppercase) {
            return false;
        }
        // In minutes, "a number of participants" and "several participants" may be grades.
        const GRADED: &[&str] = &["participants", "members", "respondents", "contacts", "officials", "delegations", "delegates", "speakers"];
        if (0..2).any(|i| GRADED.contains(&view.after(at, i))) {
            return false;
        }
        const COUNTED: &[&str] = &["than", "as", "is", "be", "into", "by", "enter", "give", "takes", "specifies"];
        let plural = view.after(at, 0).ends_with('s') || view.after(at, 1).ends_with('s');
        plural && !COUNTED.contains(&view.before(at.first, 1))
    })
    .matches(&[("They met for a number of reasons.", &["a number of", "several"])])
    .not(&["The number of lists grew.", "It is said in a number of Bern's lists.", "It is a share rather than a number of letters."]),
    Rule::first(
        "a-variety-of",
        &["a variety of", "various"],
        "Before a plural both mean several different ones.",
    )
    .when(|view, at| view.after(at, 0).ends_with('s') || view.after(at, 1).ends_with('s'))
    .matches(&[("A variety of experts spoke.", &["A variety of", "Various"])])
    .not(&["A wide variety of lists was read."]),
    Rule::either("a-little", &["a little", "a bit"], "Before a comparative both soften it alike.")
        .when(|view, at| {
            ["more", "less", "longer", "later", "earlier", "better"].contains(&view.after(at, 0))
                && view.before(at.first, 1) != "not"
        })
        .matches(&[("They waited a little longer.", &["a little", "a bit"])])
        .not(&["It is a little bit more.", "It is not a little more."]),
    Rule::either(
        "around-the-world",
        &["around the world", "across the world", "throughout the world"],
        "Behind a noun in the plural both spread it over the same place.",
    )
    .when(spread_out)
    .matches(&[("It fed families around the world.", &["around the world", "across the world", "throughout the world"])])
    .not(&["They sailed around the world.", "She came from around the world."]),
    Rule::either(
        "around-the-globe",
        &["around the globe", "across the globe"],
        "Behind a noun in the plural both spread it over the same place.",
    )
    .when(spread_out)
    .matches(&[("It fed families across the globe.", &["around the globe", "across the globe"])])
    .not(&["They sailed around the globe."]),
    Rule::either(
        "across-the-country",
        &["across the country", "throughout the country", "around the country"],
        "Behind a noun in the plural both spread it over the same place.",
    )
    .when(spread_out)
    .matches(&[("It fed families across the country.", &["across the country", "throughout the country", "around the country"])])
    .not(&["They walked across the country.", "The roads run across the country."]),
    Rule::either(
        "across-the-nation",
        &["across the nation", "throughout the nation"],
        "Behind a noun in the plural both spread it over the same place.",
    )
    .when(spread_out)
    .matches(&[("It fed families across the nation.", &["across the nation", "throughout the nation"])])
    .not(&["They walked across the nation."]),
    Rule::either(
        "across-the-states",
        &["across the United States", "throughout the United States"],
        "Behind a noun in the plural both spread it over the same place.",
    )
    .when(spread_out)
    .matches(&[(
        "It fed families across the United States.",
        &["across the United States", "throughout the United States"],
    )])
    .not(&["They walked across the United States."]),
    Rule::first("a-little-bit", &["a little bit", "a bit"], "In speech both soften what follows alike.")
        .when(|view, at| !["of", "part"].contains(&view.after(at, 0)) && view.before(at.first, 1) != "not")
        .matches(&[("They don't mind. They can't. It leaks a little bit.", &["a little bit", "a bit"])])
        .not(&["It is a bit of a list.", "They don't mind. They can't. He is a bit player.", "They don't mind. They can't. It is not a bit late."])
        .informal(),
    Rule::either("a-lot-of", &["a lot of", "lots of"], "In speech both mean much or many.")
        .when(|view, at| {
            const NEVER: &[&str] = &["quite", "such", "whole", "awful", "not", "is", "the", "an", "been"];
            !NEVER.contains(&view.before(at.first, 1))
                && !grammar::DETERMINERS.contains(&view.after(at, 0))
                && !grammar::PRONOUNS.contains(&view.after(at, 0))
                && !["them", "us", "that", "what", "him"].contains(&view.after(at, 0))
                && !view.after(at, 0).contains('\'')
        })
        .matches(&[("They don't mind. They can't. They sent a lot of letters.", &["a lot of", "lots of"])])
        .not(&[
            "They sent a lot of letters.",
            "They don't mind. They can't. It took quite a lot of time.",
            "They don't mind. They can't. A lot of the time it rains.",
            "They don't mind. They can't. There a lot of it's old.",
        ])
        .informal(),
    Rule::either("both-of", &["both of", "both"], "Before a definite noun phrase the preposition may go.")
        .when(|view, at| {
            let noun = view.after(at, 1);
            ["these", "those", "their", "its", "our"].contains(&view.after(at, 0))
                && noun.len() > 3
                && noun.ends_with('s')
                && !["they", "we", "are", "were", "you"].contains(&view.before(at.first, 1))
                && !(0..9).any(|i| view.after(at, i) == "and")
        })
        .matches(&[("They signed both of these letters.", &["both of", "both"])])
        .not(&["They signed both of them.", "They signed both their letters and the list."]),
    Rule::either(
        "across-the-region",
        &["across the region", "throughout the region"],
        "Behind a noun in the plural both spread it over the same place.",
    )
    .when(spread_out)
    .matches(&[("It fed families throughout the region.", &["across the region", "throughout the region"])])
    .not(&["They walked across the region."]),
    Rule::either(
        "regarding-concerning",
        &["regarding", "concerning"],
        "As prepositions behind a noun the two are one; the adjective *concerning* has no noun phrase behind it.",
    )
    .when(|view, at| {
        const NEVER: &[&str] = &["very", "deeply", "more", "most", "so", "as", "about", "worth", "highly", "and", "or"];
        let before = view.before(at.first, 1);
        let noun = before.len() > 4 && !BE.contains(&before) && !NEVER.contains(&before) && !before.ends_with("ly") && !before.ends_with("ed");
        let echo = view.is_near(at, 8, &["concern", "concerns", "concerned", "regarding", "concerning"]);
        noun && !echo && view.noun_phrase_follows(at)
    })
    .matches(&[("The letter regarding the dam is old.", &["regarding", "concerning"])])
    .not(&["It is concerning that the dam leaks.", "A most concerning list came.", "It was concerning the chair."]),
    Rule::either("in-part-because", &["in part because", "partly because"], "Both give one reason of several.")
        .matches(&[("It failed in part because it rained.", &["in part because", "partly because"])])
        .not(&["It failed in part.", "Part of it failed because it rained."]),
    Rule::either(
        "coming-years",
        &["in the coming years", "in the years ahead", "in the years to come"],
        "All three name the same time to come.",
    )
    .when(|view, at| view.after(at, 0) != "of")
    .matches(&[(
        "It will grow in the years ahead.",
        &["in the coming years", "in the years ahead", "in the years to come"],
    )])
    .not(&["It grew in the years ahead of the war."]),
    Rule::first("provided-that", &["provided that", "provided"], "Behind a comma both set a condition.")
        .when(|view, at| at.first > 0 && view.gap(at.first - 1) == ", " && view.clause_follows(at))
        .matches(&[("They may enter, provided that they have signed.", &["provided that", "provided"])])
        .not(&["The list provided that day was old.", "It provided that they were paid."]),
    Rule::either(
        "thanks-for",
        &["thank you for", "thanks for"],
        "Before a form in -ing both thank for the same.",
    )
    .when(|view, at| grammar::is_gerund(view.after(at, 0)) && !view.before(at.first, 1).ends_with("to") && (at.first == 0 || view.word(at.first - 1) != "you"))
    .matches(&[("They don't mind. They can't. Thanks for coming here.", &["Thank you for", "Thanks for"])])
    .not(&["Thanks for the list.", "I want to thank you for coming."]).informal(),
];

/// Whether *over* or *more than* stands near before another figure: the author avoided saying one of them twice.
fn echoes(view: &View<'_>, at: At) -> bool {
    const LOOK_WORDS: usize = 14;
    let other = |i: usize| view.word(i) == "over" || (view.word(i) == "more" && view.word(i + 1) == "than");
    (at.first.saturating_sub(LOOK_WORDS)..at.first).chain(at.next..at.next + LOOK_WORDS).any(other)
}

/// A noun in the plural stands before, so that nothing moves over the place.
fn spread_out(view: &View<'_>, at: At) -> bool {
    let before = view.before(at.first, 1);
    let plural = before.len() > 4 && before.ends_with('s') && !before.ends_with("ss");
    let verb =
        ["travels", "moves", "spreads", "sails", "flies", "comes", "works", "reaches"].contains(&before);
    let governed = ["is", "are", "that", "who", "it", "he", "she"].contains(&view.before(at.first, 2));
    ((plural && !verb) || ["people", "women", "children"].contains(&before)) && !governed
}

fn not_of(view: &View<'_>, at: At) -> bool {
    view.after(at, 0) != "of" && view.before(at.first, 1) != "a"
}

/// A finite verb follows, or one of the few words that only follow the pronoun.
fn verb_follows(view: &View<'_>, at: At) -> bool {
    const AFTER: &[&str] = &[
        "else", "knows", "knew", "thought", "thinks", "said", "says", "told", "spoke", "came", "left",
        "wants", "wanted", "believes", "believed", "expects", "doubts", "should", "saw", "took", "gave",
        "made", "got",
    ];
    let next = view.after(at, 0);
    let past = next.len() > 4 && next.ends_with("ed");
    (FINITE.contains(&next) || AFTER.contains(&next) || past) && view.before(at.first, 1) != "a"
}

fn at_sentence(view: &View<'_>, at: At) -> bool {
    view.begins_sentence(view.words[at.first].range.start)
}

/// Whether the match stands between punctuation, or the head of a sentence and a comma.
fn between_stops(view: &View<'_>, at: At) -> bool {
    let (start, end) = (view.words[at.first].range.start, view.words[at.next - 1].range.end);
    let open = view.begins_sentence(start) || view.text[..start].trim_end().ends_with([',', ';', '(']);
    open && view.rest(end).starts_with(',')
}

/// Whether a stop or the block's end follows.
fn ends_clause(view: &View<'_>, at: At) -> bool {
    let end = view.words[at.next - 1].range.end;
    let rest = view.rest(end);
    rest.is_empty() || rest.starts_with(['.', ',', ';', ')'])
}

/// *So far* means up to now behind a form of *have*, or at the end of a sentence that has one.
fn up_to_now(view: &View<'_>, at: At) -> bool {
    let start = at.first.saturating_sub(12);
    let has = (start..at.first).any(|i| grammar::HAVE.contains(&view.word(i)));
    let near = grammar::HAVE.contains(&view.before(at.first, 1)) && grammar::is_participle(view.after(at, 0));
    let end = ends_clause(view, at) && !view.rest(view.words[at.next - 1].range.end).starts_with(", so");
    near || (has && end)
}

/// `Both sides` and `The two sides` as the subject of a sentence in which nothing reciprocal depends on it.
fn both_the_two(view: &View<'_>, index: usize) -> Option<Found> {
    const PAIRS: &[&str] = &[
        "sides",
        "delegations",
        "governments",
        "countries",
        "leaders",
        "presidents",
        "ministers",
        "capitals",
        "teams",
        "ministries",
        "states",
    ];
    const LOOK_WORDS: usize = 10;
    let (noun, original) = match view.shown(index) {
        "Both" => (index + 1, 0),
        "The" if view.word(index + 1) == "two" && view.gap(index) == " " => (index + 2, 1),
        _ => return None,
    };
    let range = view.words[index].range.start..view.words.get(noun.checked_sub(1)?)?.range.end;
    let at = At { first: index, next: noun + 1 };
    let known = PAIRS.contains(&view.shown(noun)) && view.is_joined(noun - 1);
    let of = ["of", "to"].contains(&view.after(at, 0));
    let reciprocal = (0..LOOK_WORDS).any(|i| {
        [
            "each",
            "another",
            "other",
            "jointly",
            "together",
            "differ",
            "differed",
            "met",
            "exchange",
            "exchanged",
            "share",
            "shared",
            "concluded",
            "signed",
        ]
        .contains(&view.after(at, i))
    });
    let usable = known && !of && !reciprocal && view.begins_sentence(range.start);
    usable.then(|| Found::new(range, &["Both", "The two"], original))
}

fn together_with(view: &View<'_>, index: usize) -> Option<Found> {
    let set_off = index > 0 && view.gap(index - 1) == ", ";
    let with = view.shown(index + 1) == "with" && view.gap(index) == " ";
    let original = ["together", "along"].iter().position(|form| *form == view.shown(index))?;
    (set_off && with).then(|| {
        let end = view.words[index + 1].range.end;
        Found::new(view.words[index].range.start..end, &["together with", "along with"], original)
    })
}

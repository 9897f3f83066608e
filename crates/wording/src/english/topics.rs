//! Nouns and verbs of formal prose that take more than one preposition or form.

use super::grammar::{self, DEFINITE};
use super::phrases::is_plural;
use crate::rules::Rule;
use crate::rules::view::{At, Found, View, is_digits};

pub(super) const RULES: &[Rule] = &[
    Rule::words(
        "noun-about",
        &["on", "about", "over", "regarding", "concerning"],
        noun_about,
        "Behind a noun of speech or thought the prepositions name its subject alike.",
    )
    .matches(&[
        ("They exchange information on aid schemes.", &["on", "about", "regarding", "concerning"]),
        ("They voiced concern over the outlook.", &["about", "over", "regarding"]),
        ("There is uncertainty about demand.", &["about", "regarding"]),
    ])
    .not(&[
        "They found information on Tuesday.",
        "They gave information on oath.",
        "They gave data on the page.",
        "She questions about ten people.",
        "It is information over time.",
        "They hold consultations on a regular basis.",
        "They voiced concern over the past year.",
    ]),
    Rule::words(
        "commitment-to",
        &["commitment", "commitments", "commit", "commits"],
        commitment,
        "Behind this word both the infinitive and the form in -ing name what is promised.",
    )
    .matches(&[
        ("They reaffirmed their commitment to strengthening trade.", &["strengthen", "strengthening"]),
        ("They reaffirmed their commitment to address the challenges.", &["address", "addressing"]),
    ])
    .not(&[
        "They reaffirmed their commitment to support and expand it.",
        "They reaffirmed their commitment to work of high quality.",
        "They reaffirmed their commitment to trade.",
    ]),
    Rule::words(
        "through-doing",
        &["through", "by"],
        |view, index| {
            let at = At { first: index, next: index + 1 };
            let next = view.after(at, 0);
            let object = view.after(at, 1);
            let opens = DEFINITE.contains(&object) || ["a", "an", "all", "more", "new"].contains(&object) || is_plural(object);
            let shown = view.shown(index);
            let original = ["by", "through"].iter().position(|form| *form == shown)?;
            let included = view.before(index, 1) == "including";
            let known = grammar::ACTIONS.iter().any(|(_, ing)| *ing == next) || grammar::MORE_ACTIONS.iter().any(|(_, ing)| *ing == next);
            (known && opens && (original == 1 || included))
                .then(|| Found::new(view.words[index].range.clone(), &["by", "through"], original))
        },
        "Before a form in -ing both name the means.",
    )
    .matches(&[
        ("They build trust through sharing their lists.", &["by", "through"]),
        ("They build trust, including by sharing the lists.", &["by", "through"]),
    ])
    .not(&["They build trust by sharing lists.", "They went through training.", "It was read through morning."]),
    Rule::words(
        "in-particular",
        &["in"],
        |view, index| {
            const NEXT: &[&str] = &[
                "the", "those", "by", "with", "on", "for", "through", "its", "their", "when", "where", "as", "at", "to",
                "regarding", "concerning", "under", "if", "from", "because", "since",
            ];
            let at = At { first: index, next: index + 2 };
            let frame = view.shown(index) == "in" && view.shown(index + 1) == "particular" && view.gap(index) == " ";
            let set_off = index > 0 && view.gap(index - 1) == ", " || view.before(index, 1) == "and";
            let range = view.words[index].range.start..view.words.get(index + 1)?.range.end;
            (frame && set_off && NEXT.contains(&view.after(at, 0)))
                .then(|| Found::new(range, &["in particular", "particularly"], 0))
        },
        "Before a phrase both single out the same thing.",
    )
    .matches(&[("They trade in goods, in particular with the south.", &["in particular", "particularly"])])
    .not(&["They trade in goods and, in particular, in maps.", "It is true in particular."]),
    Rule::words(
        "particularly-how",
        &["particularly", "especially"],
        |view, index| {
            const HOW: &[&str] = &[
                "important", "relevant", "vulnerable", "useful", "valuable", "strong", "weak", "severe", "acute",
                "high", "low", "concerned", "significant", "difficult", "sensitive", "effective", "helpful", "harmful",
                "serious", "critical", "large", "uncertain", "challenging", "pronounced", "rapid", "robust",
            ];
            let original = ["particularly", "especially"].iter().position(|form| *form == view.shown(index))?;
            let at = At { first: index, next: index + 1 };
            let denied = ["not", "nor", "more", "most", "are", "is", "was", "were"];
            let before = view.before(index, 1);
            let led = before.is_empty() || !denied[..4].contains(&before) && view.before(index, 2) != "not";
            (led && HOW.contains(&view.after(at, 0)) && index > 0)
                .then(|| Found::new(view.words[index].range.clone(), &["particularly", "especially"], original))
        },
        "Before an adjective both raise it alike.",
    )
    .matches(&[("It is particularly important for trade.", &["particularly", "especially"])])
    .not(&["It is not particularly important.", "It was particularly cold.", "It is a particularly strong case."]),
    Rule::words(
        "noted-observed",
        &["noted", "observed"],
        |view, index| {
            let original = ["noted", "observed"].iter().position(|form| *form == view.shown(index))?;
            let at = At { first: index, next: index + 1 };
            let also = usize::from(["also", "further"].contains(&view.before(index, 1)));
            let before = view.before(index, 1 + also);
            let who = is_plural(before) || ["they", "some", "many", "others", "several", "most", "few", "staff"].contains(&before);
            let that = view.after(at, 0) == "that";
            let near = view.is_near(at, 30, &["noted", "observed"]);
            (who && that && !near && !grammar::HAVE.contains(&before))
                .then(|| Found::new(view.words[index].range.clone(), &["noted", "observed"], original))
        },
        "In minutes both report what somebody said; where both stand near each other, the writer chose between them.",
    )
    .matches(&[("Some participants noted that prices had risen.", &["noted", "observed"])])
    .not(&[
        "It was observed that prices had risen.",
        "Having noted that, they left.",
        "Members noted that it rained. Others observed that it snowed.",
    ]),
    Rule::words(
        "stressed-importance",
        &["stressed", "underscored", "emphasized", "stress", "underscore", "emphasize", "stressing", "underscoring", "emphasizing"],
        stressed,
        "Before *the importance* and *the need* all three give the same weight.",
    )
    .matches(&[("The envoys stressed the importance of trade.", &["stressed", "underscored", "emphasized"])])
    .not(&[
        "The envoys stressed the first word.",
        "They stressed the need for trade and emphasized the rules.",
    ]),
    Rule::either("compared-with", &["compared with", "compared to"], "Of two amounts or times both prepositions are right.")
        .when(|view, at| !grammar::BE.contains(&view.before(at.first, 1)) && !view.after(at, 0).is_empty() && !["can", "may", "often", "been"].contains(&view.before(at.first, 1)))
        .matches(&[("It fell by a third compared with the year before.", &["compared with", "compared to"])])
        .not(&["He was compared to a lion."]),
    Rule::words(
        "in-part",
        &["in", "partly"],
        |view, index| {
            const HEADS: &[&str] = &["due", "owing", "attributable", "attributed", "thanks"];
            let long = view.shown(index) == "in" && view.shown(index + 1) == "part" && view.gap(index) == " ";
            let last = index + usize::from(long);
            let at = At { first: index, next: last + 1 };
            let head = HEADS.contains(&view.before(index, 1)) && view.after(at, 0) == "to";
            let range = view.words[index].range.start..view.words.get(last)?.range.end;
            (head && (long || view.shown(index) == "partly"))
                .then(|| Found::new(range, &["in part", "partly"], usize::from(!long)))
        },
        "Behind the word of a cause both give one of several.",
    )
    .matches(&[("It fell, due in part to the storm.", &["in part", "partly"])])
    .not(&["It fell in part.", "They took part in it."]),
    Rule::words(
        "ways-to-how",
        &["ways"],
        |view, index| {
            let verb = ["discuss", "discussed", "discussing", "explore", "explored", "consider", "considered"]
                .contains(&view.before(index, 1));
            let to = view.shown(index + 1) == "to" && view.gap(index) == " ";
            (verb && to && view.shown(index) == "ways")
                .then(|| Found::new(view.words[index].range.clone(), &["ways", "how"], 0))
        },
        "Behind a verb of talk both ask by what means.",
    )
    .matches(&[("They discussed ways to expand trade.", &["ways", "how"])])
    .not(&["They found ways to expand trade.", "They discussed new ways to trade."]),
    Rule::words(
        "order-so-as",
        &["in", "so"],
        |view, index| {
            let start = view.words[index].range.start;
            let forms = ["in order to", "so as to"];
            let original = forms.iter().position(|form| view.rest(start).starts_with(form))?;
            let at = At { first: index, next: index + 3 };
            let before = view.before(index, 1);
            let such = [
                "way", "manner", "such", "is", "are", "was", "were", "be", "only", "and", "or", "that", "including", "necessary",
                "required", "needed", "conditions", "but", "not", "than", "warranted", "appropriate", "sufficient", "enough", "essential",
            ]
            .contains(&before)
                || (1..6).any(|i| ["such", "necessary", "required", "requires", "require", "all"].contains(&view.before(index, i)))
                || view.comma_before(at) && ["that", "and", "or", "but", "shall", "may"].contains(&view.word(index - 1))
                || (1..12).any(|i| ["not", "nor", "no", "never"].contains(&view.before(index, i)));
            let next = view.after(at, 0);
            // "Found in order to the satisfaction of the court" has no verb behind it.
            let noun = grammar::is_number(next) || ["the", "this", "that", "its", "their", "his", "her", "our", "any", "an"].contains(&next);
            let fits = index > 0 && !view.begins_sentence(start) && !such && !noun && next.len() > 1;
            fits.then(|| Found::new(start..start + forms[original].len(), &forms, original))
        },
        "Behind a full clause both give its purpose.",
    )
    .formal()
    .matches(&[("They agreed in order to avoid a vote.", &["in order to", "so as to"])])
    .not(&[
        "In order to save time, they met.",
        "It is built in such a way so as to last.",
        "They act so as not to fall.",
        "The books were found in order to the satisfaction of the court.",
    ]),
    Rule::words(
        "after-act",
        &["after", "following"],
        after_act,
        "Before the name of an act both put something later.",
    )
    .matches(&[("They met after consultation with the board.", &["after", "following"])])
    .not(&["They met after the board had consulted.", "They spoke in terms of after the election, in May.", "The following adoption of rules is new."]),
    Rule::first("given-light", &["given", "in light of"], "Before a noun phrase that is set off both name what is taken into account.")
        .when(|view, at| {
            const LUCK: &[&str] = &["opportunity", "chance", "choice", "power", "authority", "right", "time", "option", "task", "name", "information"];
            let set_off = view.comma_before(at) || view.opens_sentence(at);
            let clause = (1..7).any(|i| LUCK.contains(&view.after(at, i)) || view.after(at, i) == "that");
            set_off && DEFINITE.contains(&view.after(at, 0)) && !clause
        })
        .matches(&[("They waited, given the storm in the north.", &["given", "in light of"])])
        .not(&["They were given the list.", "Given the chance, he would leave.", "They waited, given that it rained."]),
    Rule::first("commonly-goal", &["with the goal of", "with the aim of"], "Before a form in -ing both give the purpose.")
        .when(|view, at| grammar::is_gerund(view.after(at, 0)))
        .matches(&[("They met with the goal of drafting it.", &["with the goal of", "with the aim of"])])
        .not(&["They scored with the goal of Bern."]),
    Rule::first("with-objective", &["with the objective of", "with the aim of"], "Before a form in -ing both give the purpose.")
        .when(|view, at| grammar::is_gerund(view.after(at, 0)))
        .matches(&[("They met with the objective of drafting it.", &["with the objective of", "with the aim of"])])
        .not(&["It agrees with the objective of peace."]),
    Rule::words(
        "appeared-seemed",
        &["appeared", "seemed"],
        |view, index| {
            let original = ["appeared", "seemed"].iter().position(|form| *form == view.shown(index))?;
            let at = At { first: index, next: index + 1 };
            let state = ["be", "have", "reflect", "suggest", "indicate", "remain", "support", "confirm"].contains(&view.after(at, 1));
            let near = view.is_near(at, 14, &["appeared", "seemed", "appears", "seems"]);
            (view.after(at, 0) == "to" && state && !near && index > 0)
                .then(|| Found::new(view.words[index].range.clone(), &["appeared", "seemed"], original))
        },
        "Before an infinitive of state both report an impression; near each other, the writer chose between them.",
    )
    .formal()
    .matches(&[("Demand appeared to have slowed.", &["appeared", "seemed"])])
    .not(&["He appeared to testify.", "It seemed to be old and appeared to be weak.", "It seemed old."]),
    Rule::words(
        "expected-anticipated",
        &["expected", "anticipated"],
        |view, index| {
            let original = ["expected", "anticipated"].iter().position(|form| *form == view.shown(index))?;
            let at = At { first: index, next: index + 1 };
            let before = view.before(index, 1);
            let who = is_plural(before) || ["they", "some", "many", "others", "several", "most", "staff", "also"].contains(&before);
            let near = view.is_near(at, 20, &["expected", "anticipated", "expect", "anticipate"]);
            (who && view.after(at, 0) == "that" && !near)
                .then(|| Found::new(view.words[index].range.clone(), &["expected", "anticipated"], original))
        },
        "Of people and before a clause both say what they thought would come; near each other, the writer chose between them.",
    )
    .formal()
    .matches(&[("Members anticipated that prices would rise.", &["expected", "anticipated"])])
    .not(&["It was expected that prices would rise.", "Members expected the list."]),
    Rule::words(
        "critical-role",
        &["critical", "crucial"],
        |view, index| {
            let original = ["critical", "crucial"].iter().position(|form| *form == view.shown(index))?;
            let at = At { first: index, next: index + 1 };
            let next = view.after(at, 0);
            let near = view.is_near(at, 10, &["critical", "crucial", "critically", "crucially"]);
            let is = grammar::BE.contains(&view.before(index, 1)) && ["to", "for", "that"].contains(&next);
            (!near && (is || next == "role" || next == "roles"))
                .then(|| Found::new(view.words[index].range.clone(), &["critical", "crucial"], original))
        },
        "Of what much depends on the two adjectives are one.",
    )
    .matches(&[("Trade is critical to growth.", &["critical", "crucial"]), ("They play a crucial role.", &["critical", "crucial"])])
    .not(&["They need critical minerals.", "He is critical of it."]),
    Rule::first("in-the-light-of", &["in the light of", "in view of"], "Both name what is taken into account.")
        .when(|view, at| view.noun_phrase_follows(at))
        .matches(&[("In the light of the storm, they waited.", &["In the light of", "In view of"])])
        .not(&["They stood in the light of day."]),
    Rule::words(
        "concerning-any",
        &["concerning", "regarding"],
        |view, index| {
            let original = ["concerning", "regarding"].iter().position(|form| *form == view.shown(index))?;
            let at = At { first: index, next: index + 1 };
            let (before, next) = (view.before(index, 1), view.after(at, 0));
            let thing = is_thing(before) && !before.starts_with("concern");
            let clause = ["that", "which", "to", "as", "and", "or", "itself", "them"].contains(&next);
            let near = view.is_near(at, 10, &["concerning", "regarding", "concern", "concerns", "concerned"]);
            (thing && !next.is_empty() && !clause && !near)
                .then(|| Found::new(view.words[index].range.clone(), &["concerning", "regarding"], original))
        },
        "Behind the noun of a thing both prepositions name its subject.",
    )
    .matches(&[("They keep statistics concerning trade.", &["concerning", "regarding"])])
    .not(&["They met people regarding trade as old.", "It is concerning that they left."]),
    Rule::first("relating-related", &["relating to", "related to"], "Behind the noun of a thing both say what it has to do with.")
        .when(|view, at| is_thing(view.before(at.first, 1)) && !view.after(at, 0).is_empty())
        .matches(&[("They keep statistics relating to trade.", &["relating to", "related to"])])
        .not(&["They met people relating to trade.", "It is a list relating to trade."]),
    Rule::words(
        "reaffirmed-commitment",
        &["reaffirmed", "reiterated", "reaffirm", "reiterate", "reaffirming", "reiterating"],
        |view, index| {
            const FORMS: &[[&str; 2]] = &[["reaffirmed", "reiterated"], ["reaffirm", "reiterate"], ["reaffirming", "reiterating"]];
            const VERBS: &[&str] = &["reaffirmed", "reiterated", "reaffirm", "reiterate", "reaffirming", "reiterating", "affirmed", "affirm", "reaffirms", "reiterates"];
            let shown = view.shown(index);
            let forms = FORMS.iter().find(|forms| forms.contains(&shown))?;
            let original = forms.iter().position(|form| *form == shown)?;
            let at = At { first: index, next: index + 1 };
            let object = (1..6).find(|&i| ["commitment", "commitments", "support"].contains(&view.after(at, i)))?;
            let whose = DEFINITE.contains(&view.after(at, 0)) && !(0..object).any(|i| ["and", "of", "to", "that"].contains(&view.after(at, i)));
            (whose && !view.is_near(at, 25, VERBS))
                .then(|| Found::new(view.words[index].range.clone(), forms, original))
        },
        "Of a commitment both say that it is declared once more; near each other, the writer chose between them.",
    )
    .matches(&[("They reiterated their commitment to trade.", &["reaffirmed", "reiterated"])])
    .not(&["They reiterated that it rained.", "They reiterated the rules.", "They reaffirmed their commitment and reiterated their support."]),
    Rule::words(
        "ongoing-continuing",
        &["ongoing", "continuing"],
        |view, index| {
            const NOUNS: &[&str] = &[
                "efforts", "work", "cooperation", "discussions", "dialogue", "negotiations", "talks", "violence", "challenges",
                "threats", "consultations", "operations", "collaboration", "improvement", "uncertainty", "tensions",
            ];
            let original = ["ongoing", "continuing"].iter().position(|form| *form == view.shown(index))?;
            let at = At { first: index, next: index + 1 };
            let before = view.before(index, 1);
            let led = !grammar::BE.contains(&before) && !["by", "after", "while", "when", "before", "and", "or", "of", "from", "in"].contains(&before);
            (led && !before.is_empty() && NOUNS.contains(&view.after(at, 0)))
                .then(|| Found::new(view.words[index].range.clone(), &["ongoing", "continuing"], original))
        },
        "Before the noun of something that takes time both say that it goes on.",
    )
    .matches(&[("They welcomed the ongoing talks.", &["ongoing", "continuing"])])
    .not(&["They are continuing talks.", "They left by continuing efforts.", "It is an ongoing effort."]),
    Rule::either("mutual-interest", &["of mutual interest", "of common interest"], "Both say that it interests all sides.")
        .when(|view, at| ["issues", "areas", "matters", "topics", "subjects", "questions", "challenges"].contains(&view.before(at.first, 1)))
        .matches(&[("They spoke of issues of mutual interest.", &["of mutual interest", "of common interest"])])
        .not(&["It is their mutual interest."]),
    Rule::first("in-this-connection", &["in this connection,", "in this regard,"], "At the head of a sentence both point back to what was just said.")
        .when(|view, at| view.opens_sentence(at))
        .matches(&[("They met. In this connection, the chair spoke.", &["In this connection,", "In this regard,"])])
        .not(&["They spoke in this connection, and left."]),
    Rule::words(
        "would-likely",
        &["likely", "probably"],
        |view, index| {
            let original = ["likely", "probably"].iter().position(|form| *form == view.shown(index))?;
            let at = At { first: index, next: index + 1 };
            let modal = ["would", "will"].contains(&view.before(index, 1));
            let verb = view.after(at, 0);
            let plain = verb.len() > 1 && !["to", "than"].contains(&verb) && !view.is_near(at, 12, &["likely", "probably"]);
            (modal && plain && !["more", "most", "less"].contains(&view.before(index, 2)))
                .then(|| Found::new(view.words[index].range.clone(), &["likely", "probably"], original))
        },
        "Between an auxiliary and its verb both mean that it is to be expected.",
    )
    .matches(&[("Prices would likely rise again.", &["likely", "probably"])])
    .not(&["It is likely to rise.", "Prices will more likely rise.", "It would be likely."]),
];

/// Prepositions behind nouns of speech and thought: those of a noun may stand for each other.
const TOPICS: &[(&[&str], &[&str])] = &[
    (&["information", "details", "advice"], &["on", "about", "regarding", "concerning"]),
    (&["concern", "concerns"], &["about", "over", "regarding"]),
    (&["question", "questions"], &["about", "regarding", "concerning"]),
    (
        &[
            "guidance",
            "recommendations",
            "consultations",
            "provisions",
            "negotiations",
            "legislation",
            "decisions",
            "rules",
        ],
        &["on", "regarding", "concerning"],
    ),
    (
        &["uncertainty", "uncertainties", "expectations", "assumptions", "optimism", "pessimism"],
        &["about", "regarding"],
    ),
    (&["discussion", "discussions", "dialogue", "views", "comments"], &["on", "about", "regarding"]),
];

fn noun_about(view: &View<'_>, index: usize) -> Option<Found> {
    const PLACES: &[&str] = &[
        "website",
        "page",
        "form",
        "site",
        "internet",
        "web",
        "request",
        "time",
        "behalf",
        "board",
        "file",
        "record",
        "paper",
        "ten",
        "half",
        "and",
        "or",
        "how",
        "here",
        "whose",
        "oath",
        "affirmation",
        "notice",
        "credit",
    ];
    let (noun, shown) = (view.before(index, 1), view.shown(index));
    let (_, forms) = TOPICS.iter().find(|(nouns, _)| nouns.contains(&noun))?;
    let original = forms.iter().position(|form| *form == shown)?;
    let at = At { first: index, next: index + 1 };
    let (next, second) = (view.after(at, 0), view.after(at, 1));
    let placed =
        PLACES.contains(&next) || ["the", "a", "its", "their"].contains(&next) && PLACES.contains(&second);
    let dated = grammar::CALENDAR.contains(&next) || is_digits(next);
    let person = ["he", "she", "it", "they", "who", "court", "judge", "that", "which", "to"]
        .contains(&view.before(index, 2));
    let gerund = grammar::is_gerund(next)
        && ["on", "about"].contains(&shown)
        && forms.len() == 3
        && noun != "concerns";
    // "Questions about whether" and "views on what" keep their light prepositions.
    let clause = ["whether", "what", "why", "when", "where", "which", "who", "that"].contains(&next);
    let heading = view.shown(index.saturating_sub(1)) != noun;
    if next.is_empty() || placed || dated || person || gerund || clause || heading {
        return None;
    }
    // "Talks on a regular basis", "talks on agreed terms" and "concern over the years" say how and when, not of what.
    const HOW: &[&str] = &[
        "basis",
        "terms",
        "conditions",
        "grounds",
        "occasion",
        "occasions",
        "behalf",
        "side",
        "initiative",
        "margins",
        "sidelines",
        "part",
        "day",
        "date",
        "page",
        "schedule",
        "level",
    ];
    let how = shown == "on" && (0..6).any(|i| HOW.contains(&view.after(at, i)));
    const WHEN: &[&str] =
        &["past", "last", "next", "coming", "course", "years", "year", "months", "period", "weeks", "time"];
    let when = shown == "over" && (0..3).any(|i| WHEN.contains(&view.after(at, i)));
    if how || when {
        return None;
    }
    // "Concerning" twice in a breath is one too many.
    let echo = view.is_near(at, 10, &["regarding", "concerning", "concern", "concerns", "concerned"])
        && !["concern", "concerns"].contains(&noun);
    (!echo).then(|| Found::new(view.words[index].range.clone(), forms, original))
}

/// `commitment to strengthening trade`
fn commitment(view: &View<'_>, index: usize) -> Option<Found> {
    let to = view.shown(index + 1) == "to" && view.is_joined(index) && view.gap(index + 1) == " ";
    let verb = index + 2;
    let shown = view.shown(verb);
    let mut verbs = grammar::ACTIONS.iter().chain(grammar::MORE_ACTIONS);
    let (stem, ing) = verbs.find(|(stem, ing)| shown == *stem || shown == *ing)?;
    let at = At { first: index, next: verb + 1 };
    let object = view.after(at, 0);
    let opens = DEFINITE.contains(&object)
        || object.len() > 3 && !["from", "that", "under", "over"].contains(&object);
    let joined = ["together", "toward", "closely", "with"].contains(&object);
    let noun = ["work", "trade", "use", "study"].contains(&shown) && !joined;
    let coordinated = super::verbs::is_coordinated(view, verb);
    let adverb = object.ends_with("ly") && object != "closely"
        || object == "with" && !["work", "working"].contains(&shown);
    (to && opens && !noun && !coordinated && !adverb)
        .then(|| Found::new(view.words[verb].range.clone(), &[stem, ing], usize::from(shown == *ing)))
}

/// `stressed the importance of`
fn stressed(view: &View<'_>, index: usize) -> Option<Found> {
    const FORMS: &[[&str; 3]] = &[
        ["stressed", "underscored", "emphasized"],
        ["stress", "underscore", "emphasize"],
        ["stressing", "underscoring", "emphasizing"],
    ];
    let shown = view.shown(index);
    let forms = FORMS.iter().find(|forms| forms.contains(&shown))?;
    let original = forms.iter().position(|form| *form == shown)?;
    let at = At { first: index, next: index + 1 };
    let weight = ["importance", "need", "urgency", "significance", "necessity"];
    let the = ["the", "their"].contains(&view.after(at, 0));
    let object = weight.contains(&view.after(at, 1))
        || ["critical", "vital", "urgent", "continued", "great"].contains(&view.after(at, 1))
            && weight.contains(&view.after(at, 2));
    let others = [
        "stressed",
        "underscored",
        "emphasized",
        "underlined",
        "stress",
        "underscore",
        "emphasize",
        "stressing",
        "underscoring",
        "emphasizing",
        "highlighted",
        "highlighting",
    ];
    // People stress; what happens only underscores.
    const PEOPLE: &[&str] = &[
        "they",
        "we",
        "he",
        "she",
        "i",
        "leaders",
        "presidents",
        "ministers",
        "officials",
        "participants",
        "members",
        "sides",
        "parties",
        "governments",
        "stakeholders",
        "advocates",
        "experts",
        "delegates",
        "delegations",
        "representatives",
        "speakers",
        "policymakers",
        "many",
        "several",
        "some",
        "others",
        "and",
        "to",
        "countries",
        "envoys",
        "clergy",
        "groups",
        "who",
    ];
    let skipped = usize::from(["also", "further", "again", "both"].contains(&view.before(index, 1)));
    let who = view.before(index, 1 + skipped);
    let named =
        index > skipped && view.shown(index - 1 - skipped).starts_with(char::is_uppercase) && !who.is_empty();
    let noun = match shown.ends_with("ing") {
        true => !(view.comma_before(at) || ["while", "and"].contains(&who)),
        false => !(PEOPLE.contains(&who) || named),
    };
    (the && object && !noun && !view.is_near(at, 25, &others))
        .then(|| Found::new(view.words[index].range.clone(), forms, original))
}

/// `after consultation with`, `after the entry into force`
fn after_act(view: &View<'_>, index: usize) -> Option<Found> {
    const ACTS: &[&str] = &[
        "consultation",
        "consultations",
        "entry",
        "adoption",
        "completion",
        "expiry",
        "expiration",
        "signature",
        "receipt",
        "publication",
        "termination",
        "enactment",
        "release",
        "announcement",
        "accession",
        "ratification",
        "conclusion",
        "election",
        "war",
        "summit",
        "pandemic",
        "attack",
        "attacks",
        "storm",
        "invasion",
        "meeting",
        "visit",
        "vote",
        "crisis",
    ];
    let at = At { first: index, next: index + 1 };
    let the = view.after(at, 0) == "the";
    let noun = view.after(at, usize::from(the));
    let next = view.after(at, 1 + usize::from(the));
    let goes_on = ["of", "with", "into", "by", "in", "on", "and"].contains(&next)
        || view.stop_follows(At { first: index, next: index + 2 + usize::from(the) });
    let before = view.before(index, 1);
    let adjective = DEFINITE.contains(&before)
        || [
            "immediately",
            "shortly",
            "soon",
            "long",
            "a",
            "even",
            "until",
            "not",
            "only",
            "just",
            "right",
            "well",
            "look",
            "looked",
            "named",
            "of",
            "for",
            "from",
        ]
        .contains(&before);
    let clause = (2..10).any(|i| grammar::FINITE.contains(&view.after(at, i)));
    let own = view.word(index);
    let capital = view.shown(index) != own;
    if !ACTS.contains(&noun) || !goes_on || adjective || clause || capital && !view.opens_sentence(at) {
        return None;
    }
    let forms = ["after", "following"]
        .map(|form| if capital { crate::rules::capitalise(form) } else { form.to_owned() });
    let original = usize::from(own == "following");
    Some(Found::new(view.words[index].range.clone(), &[&forms[0], &forms[1]], original))
}

/// Whether a word is a noun in the plural or one of an act, and not of people, who may be kin.
fn is_thing(word: &str) -> bool {
    const PEOPLE: &[&str] = &[
        "persons",
        "parties",
        "individuals",
        "entities",
        "employees",
        "members",
        "officials",
        "directors",
        "countries",
        "states",
        "companies",
        "citizens",
        "leaders",
        "ministers",
        "agencies",
        "nations",
        "workers",
        "children",
        "families",
        "those",
        "means",
        "makes",
        "including",
        "question",
        "mention",
    ];
    const ACTS: &[&str] = &["tion", "sion", "ment", "ance", "ence"];
    (is_plural(word) || word.len() > 6 && ACTS.iter().any(|end| word.ends_with(end)))
        && !PEOPLE.contains(&word)
}

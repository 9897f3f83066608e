//! Closed classes of English words that the rules' guards look at.

/// Words that open a noun phrase and nothing else.
pub const DETERMINERS: &[&str] = &[
    "the", "a", "an", "this", "these", "those", "its", "their", "his", "her", "our", "my", "your", "any",
    "all", "each", "every", "both", "some", "such", "certain", "other", "no",
];

/// Determiners that are definite, so that what follows is one known thing.
pub const DEFINITE: &[&str] =
    &["the", "this", "these", "those", "its", "their", "his", "her", "our", "my", "your"];

/// Pronouns in the nominative.
pub const PRONOUNS: &[&str] = &["he", "she", "they", "we", "it", "i", "you", "there"];

/// Finite auxiliaries: what they follow is a subject.
pub const FINITE: &[&str] = &[
    "was", "were", "had", "would", "could", "should", "might", "must", "did", "is", "are", "has", "have",
    "will", "can", "may",
];

/// Forms of *be*.
pub const BE: &[&str] = &["is", "are", "was", "were", "be", "been", "being", "am"];

/// Forms of *have*.
pub const HAVE: &[&str] = &["have", "has", "had", "having"];

/// Numbers in words, and what counts time in their place.
pub const NUMBERS: &[&str] = &[
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "twenty", "thirty", "forty", "fifty", "sixty", "ninety",
];

/// Words for an inexact number.
pub const FEW: &[&str] = &["few", "several", "couple", "dozen"];

/// Units of time in the plural.
pub const UNITS: &[&str] =
    &["minutes", "hours", "days", "weeks", "months", "quarters", "years", "decades", "centuries"];

/// Names of days and months, in lower case.
pub const CALENDAR: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Nouns in *-ing*: what follows them is no clause of theirs.
pub const ING_NOUNS: &[&str] = &[
    "meeting",
    "hearing",
    "briefing",
    "building",
    "opening",
    "signing",
    "beginning",
    "evening",
    "morning",
    "sitting",
    "filing",
    "funding",
    "training",
    "planning",
    "housing",
    "shipping",
    "spring",
    "following",
    "during",
    "thing",
    "anything",
    "something",
    "everything",
    "nothing",
    "ending",
    "closing",
    "including",
    "regarding",
    "concerning",
    "existing",
    "remaining",
    "king",
    "wing",
    "string",
    "ring",
    "ceiling",
];

/// Whether a word is a participle or another form in *-ing* that is no common noun.
pub fn is_gerund(word: &str) -> bool {
    word.len() > 4 && word.ends_with("ing") && !ING_NOUNS.contains(&word)
}

/// Whether a word is a number in digits.
pub fn is_digits(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a word is a number, in digits or in letters.
pub fn is_number(word: &str) -> bool {
    is_digits(word) || NUMBERS.contains(&word)
}

/// Whether a word looks like a past participle: regular, or one of the frequent others.
pub fn is_participle(word: &str) -> bool {
    const IRREGULAR: &[&str] = &[
        "been",
        "become",
        "begun",
        "brought",
        "built",
        "come",
        "done",
        "drawn",
        "fallen",
        "found",
        "given",
        "gone",
        "grown",
        "held",
        "kept",
        "known",
        "led",
        "left",
        "lost",
        "made",
        "met",
        "paid",
        "put",
        "said",
        "seen",
        "sent",
        "set",
        "shown",
        "spent",
        "spoken",
        "taken",
        "thought",
        "told",
        "undertaken",
        "won",
        "written",
    ];
    (word.len() > 3 && word.ends_with("ed")) || IRREGULAR.contains(&word)
}

/// Whether a word may be a past participle, or *got*: in doubt, it may.
pub fn may_be_participle(word: &str) -> bool {
    const IRREGULAR: &[&str] = &[
        "got",
        "laid",
        "felt",
        "read",
        "hit",
        "cut",
        "hurt",
        "let",
        "cost",
        "shut",
        "spread",
        "beat",
        "bet",
        "burst",
        "cast",
        "quit",
        "split",
        "bent",
        "bound",
        "bought",
        "caught",
        "dealt",
        "dug",
        "fed",
        "fought",
        "heard",
        "hung",
        "kept",
        "lent",
        "lit",
        "meant",
        "run",
        "rung",
        "sat",
        "shot",
        "slept",
        "slid",
        "sold",
        "sought",
        "sped",
        "spun",
        "stood",
        "stuck",
        "struck",
        "sung",
        "sunk",
        "sworn",
        "swum",
        "taught",
        "torn",
        "understood",
        "withdrawn",
        "worn",
        "drunk",
        "flown",
        "forgot",
        "overcome",
        "borne",
        "born",
        "sprung",
        "swung",
        "wound",
    ];
    is_participle(word) || IRREGULAR.contains(&word) || (word.len() > 4 && word.ends_with("en"))
}

/// Verbs of which the stem, the form in *-ing* and nothing else is needed: actions that begin and go on.
pub const ACTIONS: &[(&str, &str)] = &[
    ("work", "working"),
    ("support", "supporting"),
    ("facilitate", "facilitating"),
    ("push", "pushing"),
    ("discuss", "discussing"),
    ("explore", "exploring"),
    ("develop", "developing"),
    ("build", "building"),
    ("cooperate", "cooperating"),
    ("negotiate", "negotiating"),
    ("prepare", "preparing"),
    ("provide", "providing"),
    ("implement", "implementing"),
    ("talk", "talking"),
    ("speak", "speaking"),
    ("meet", "meeting"),
    ("review", "reviewing"),
    ("monitor", "monitoring"),
    ("operate", "operating"),
    ("export", "exporting"),
    ("import", "importing"),
    ("produce", "producing"),
    ("deliver", "delivering"),
    ("pay", "paying"),
    ("invest", "investing"),
    ("engage", "engaging"),
    ("consult", "consulting"),
    ("press", "pressing"),
    ("expand", "expanding"),
    ("improve", "improving"),
    ("strengthen", "strengthening"),
    ("use", "using"),
    ("make", "making"),
    ("collect", "collecting"),
    ("examine", "examining"),
    ("assist", "assisting"),
    ("strive", "striving"),
    ("search", "searching"),
    ("draft", "drafting"),
    ("rebuild", "rebuilding"),
    ("offer", "offering"),
    ("rely", "relying"),
    ("serve", "serving"),
    ("grow", "growing"),
    ("hold", "holding"),
    ("seek", "seeking"),
    ("share", "sharing"),
    ("pursue", "pursuing"),
    ("address", "addressing"),
    ("respond", "responding"),
    ("reduce", "reducing"),
    ("encourage", "encouraging"),
    ("participate", "participating"),
    ("promote", "promoting"),
    ("study", "studying"),
    ("report", "reporting"),
    ("fight", "fighting"),
    ("advance", "advancing"),
    ("protect", "protecting"),
    ("deepen", "deepening"),
    ("coordinate", "coordinating"),
    ("create", "creating"),
    ("collaborate", "collaborating"),
    ("train", "training"),
    ("enforce", "enforcing"),
    ("conduct", "conducting"),
    ("supply", "supplying"),
    ("take", "taking"),
];

/// Stems that are verbs after *help*, whatever they are elsewhere.
pub const HELPED: &[&str] = &[
    "achieve",
    "address",
    "avoid",
    "bring",
    "build",
    "create",
    "deliver",
    "develop",
    "ensure",
    "establish",
    "explain",
    "facilitate",
    "find",
    "advance",
    "combat",
    "fight",
    "lower",
    "expand",
    "increase",
    "save",
    "drive",
    "tackle",
    "connect",
    "foster",
    "enhance",
    "rebuild",
    "raise",
    "counter",
    "deter",
    "defend",
    "shape",
    "clarify",
    "guide",
    "identify",
    "implement",
    "improve",
    "keep",
    "maintain",
    "make",
    "prepare",
    "prevent",
    "promote",
    "protect",
    "provide",
    "reduce",
    "resolve",
    "restore",
    "secure",
    "settle",
    "solve",
    "strengthen",
    "sustain",
    "support",
];

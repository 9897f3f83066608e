//! Invented prose of any length, and author's variants at a given density.

use std::ops::Range;

use crate::Random;

/// Sentences with slots `<kind>` and places where an author could write variants.
const TEMPLATES: &[&str] = &[
    "<Who> {said|stated} that <party> had {begun|started} to <act> <thing> near <place>.",
    "{In addition|Furthermore|Moreover}, <thing> at <place> {would have to|would need to} be checked {each|every} <time>.",
    "<Who> {replied|answered|responded} that <party> could not <act> <thing> {until|before} <when>.",
    "According to <who>, {about|some|roughly|approximately} <number> people {depended on|relied on} <thing>.",
    "It was {agreed|settled} that <party> and <party> would <act> <thing> by <when>.",
    "<Who> {pointed out|noted|observed} that <thing> had been <state> {since|ever since} <when>.",
    "The costs of <thing> were {put at|estimated at} <number> crowns {a|per} <time>.",
    "{Nevertheless|Even so|All the same}, <party> was {ready|prepared} to <act> <thing>.",
    "<Who> {stressed|emphasized|underlined} that <place> {came|stood} first.",
    "{As a result|Consequently|Therefore}, <thing> would be <state> {for at least|for no fewer than} <number> days.",
    "<Party> {asked|requested} that <thing> be <state> {as soon as|once} <place> was {safe|secure}.",
    "Over the past <number> weeks <who> had {tried|sought} to <act> <thing> {together with|along with|as well as} <thing>.",
    "With respect to <place>, everyone {thought|believed} that <thing> {mattered|was important}.",
    "<Who> {wondered|asked} whether <party> would {allow|permit} <who> to <act> <thing>.",
    "In order to <act> <thing>, <party> {needed|required} {almost|nearly|close to} <number> crowns.",
    "{Although|Even though|Though} <thing> was <state>, <who> {saw|found} no reason to {wait|hold back}.",
    "A report from <place> {showed|confirmed} that <number> of the stations had been <state>.",
    "<Who> and <who> {undertook|promised} to consult each other {at once|immediately} if <thing> was <state>.",
    "Prior to <when>, {the whole of|all of} <place> {remained|stayed} without <thing>.",
    "{Meanwhile|In the meantime}, <party> would {keep|maintain} <thing> as set forth in paragraph <number>.",
    "<Who> {recalled|reminded them} that <thing> {had been|was} <state> in <place> <number> years {earlier|before}.",
    "{If|Provided that|On condition that} <party> {gave|lent} its consent, <thing> could be moved to <place> {within|in less than} <number> days.",
    "The delegations {discussed|talked about} <thing>, <thing>, and the {joint|common|shared} office at <place>.",
    "<Who> {welcomed|was glad of} this and {suggested|proposed} <when> for the next visit to <place>.",
];

const WHO: &[&str] = &[
    "Ms. Vantz",
    "Mr. Serrowe",
    "Ms. Ockley",
    "Mr. Asterley",
    "Ambassador Harrowgate",
    "Mr. Caldane",
    "Ms. Brandaun",
    "Mr. Kestrick",
    "Ms. Thorvale",
    "the legal adviser",
    "the chief engineer",
    "the registrar of boats",
    "the envoy",
];
const PARTY: &[&str] =
    &["Halvara", "Quellin", "Norrey", "the Commission", "the harbor office", "the upper districts"];
const PLACE: &[&str] = &[
    "Tolmouth",
    "the Karrow Dam",
    "the Pellan crossing",
    "the lower valley",
    "the eastern lock",
    "the island of Sarn",
    "the old customs house",
    "the mouth of the Veldra",
    "the quarry road",
];
const THING: &[&str] = &[
    "the gauge",
    "the ferry",
    "the register",
    "the spare pump",
    "the fishing fleet",
    "the night patrol",
    "the buoy chain",
    "the water table",
    "the telephone line",
    "the bridge bearing",
    "the timber route",
    "the seed store",
    "the flood wall",
    "the school boat",
];
const ACT: &[&str] = &["inspect", "repair", "count", "hand over", "reopen", "pay for", "survey", "replace"];
const STATE: &[&str] =
    &["inspected", "closed", "out of order", "under water", "handed over", "in dispute", "repaired"];
const WHEN: &[&str] = &[
    "the end of June",
    "the spring floods",
    "the meeting in Tolmouth",
    "the first frost",
    "the second reading",
    "Thursday",
    "the harvest",
];
const TIME: &[&str] = &["year", "month", "week", "season"];

/// Invented prose of about `words` words (rounded up to a sentence), in paragraphs of three to seven
/// sentences parted by blank lines, with `variants_per_100_words` author's variants a hundred words, as
/// far as the sentences have places for them (about fifteen a hundred).
///
/// The density is kept all along the text: a place carries variants when the text so far has fewer.
///
/// ```
/// let text = tellmark_testkit::document::prose(1, 300, 5.0);
/// assert!(text.contains('{'));
/// ```
pub fn prose(seed: u64, words: usize, variants_per_100_words: f64) -> String {
    let mut random = Random::new(seed);
    let mut writer = Writer { per_word: variants_per_100_words / 100.0, ..Writer::default() };
    let mut left_in_paragraph = 3 + random.below(5);
    let mut last = usize::MAX;
    while writer.words < words {
        let mut template = random.below(TEMPLATES.len() - 1);
        template += usize::from(template >= last); // never the same sentence twice in a row
        last = template;
        if left_in_paragraph == 0 {
            writer.text.push_str("\n\n");
            left_in_paragraph = 3 + random.below(5);
        } else if !writer.text.is_empty() {
            writer.text.push(' ');
        }
        left_in_paragraph -= 1;
        writer.sentence(TEMPLATES[template], &mut random);
    }
    writer.text.push('\n');
    writer.text
}

#[derive(Default)]
struct Writer {
    text: String,
    words: usize,
    sites: usize,
    per_word: f64,
}

impl Writer {
    fn sentence(&mut self, template: &str, random: &mut Random) {
        let mut rest = template;
        while let Some(at) = rest.find(['<', '{']) {
            self.push(&rest[..at]);
            let close = if rest[at..].starts_with('<') { '>' } else { '}' };
            let end = rest[at..].find(close).map_or(rest.len(), |length| at + length);
            let inside = &rest[at + 1..end];
            if close == '>' {
                self.push(&slot(inside, random));
            } else {
                self.site(inside, random);
            }
            rest = rest.get(end + 1..).unwrap_or("");
        }
        self.push(rest);
    }

    fn push(&mut self, text: &str) {
        self.words += text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
        self.text.push_str(text);
    }

    fn site(&mut self, forms: &str, random: &mut Random) {
        let all: Vec<&str> = forms.split('|').collect();
        if (self.sites as f64) < self.per_word * self.words as f64 {
            self.sites += 1;
            self.words += all[0].split_whitespace().count();
            self.text.push_str(&format!("{{{forms}}}"));
        } else {
            self.push(random.pick(&all));
        }
    }
}

fn slot(kind: &str, random: &mut Random) -> String {
    let lower = kind.to_ascii_lowercase();
    let word = match lower.as_str() {
        "who" => random.pick(WHO).to_string(),
        "party" => random.pick(PARTY).to_string(),
        "place" => random.pick(PLACE).to_string(),
        "thing" => random.pick(THING).to_string(),
        "act" => random.pick(ACT).to_string(),
        "state" => random.pick(STATE).to_string(),
        "when" => random.pick(WHEN).to_string(),
        "time" => random.pick(TIME).to_string(),
        _ => (3 + random.below(900)).to_string(),
    };
    if kind.starts_with(char::is_uppercase) { capitalized(&word) } else { word }
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// Words at which [`add_variants`] can put variants. They are chosen for their shape (a word for a word of
/// another length, one for two, one for none), not for their meaning: good for measuring, not for sending.
const SWAPS: &[(&str, &[&str])] = &[
    ("about", &["on", "concerning"]),
    ("after", &["following"]),
    ("all", &["every one of", "the whole of"]),
    ("also", &["too", "in addition", "likewise"]),
    ("and", &["as well as", "and also"]),
    ("are", &["remain"]),
    ("as", &["just as"]),
    ("at", &["over at"]),
    ("be", &["become"]),
    ("because", &["since", "seeing that"]),
    ("before", &["ahead of"]),
    ("but", &["yet", "however"]),
    ("by", &["through"]),
    ("can", &["is able to", "may"]),
    ("each", &["every"]),
    ("for", &["on behalf of", "in favor of"]),
    ("from", &["out of"]),
    ("has", &["possesses"]),
    ("have", &["possess"]),
    ("if", &["provided that", "whenever"]),
    ("in", &["within", "inside"]),
    ("including", &["among them"]),
    ("is", &["remains"]),
    ("it", &["this"]),
    ("make", &["produce"]),
    ("many", &["a great many", "numerous"]),
    ("more", &["further"]),
    ("must", &["has to", "needs to"]),
    ("new", &["fresh", "recent"]),
    ("of", &["belonging to"]),
    ("on", &["upon"]),
    ("only", &["solely", "merely"]),
    ("or", &["or else"]),
    ("other", &["further"]),
    ("our", &["our own"]),
    ("shall", &["will", "is to"]),
    ("should", &["ought to"]),
    ("so", &["thus"]),
    ("that", &["which"]),
    ("the", &["this", "that"]),
    ("their", &["their own"]),
    ("these", &["those", "such"]),
    ("this", &["that", "the present"]),
    ("to", &["so as to"]),
    ("under", &["pursuant to", "beneath"]),
    ("we", &["all of us"]),
    ("when", &["as soon as", "once"]),
    ("which", &["that"]),
    ("who", &["those who"]),
    ("will", &["shall", "is going to"]),
    ("with", &["together with", "along with"]),
    ("would", &["was to"]),
];

/// Puts author's variants at up to `sites` random places inside a byte range of a text. Variants that the
/// text already has stay as they are.
///
/// No two stand closer than two words, none at the start of a line, none at a capitalized word. The word
/// of the text stays the first variant.
///
/// Returns the text and how many places were found: fewer than asked where the text is too short.
///
/// ```
/// use tellmark_testkit::document::add_variants;
/// let text = "The pumps will run when the gauges are read.";
/// let (with, sites) = add_variants(text, 1, 1, 0..text.len());
/// assert_eq!(sites, 1);
/// assert!(with.contains('{'));
/// ```
pub fn add_variants(text: &str, seed: u64, sites: usize, within: Range<usize>) -> (String, usize) {
    let mut places = swap_places(text, &within);
    let mut random = Random::new(seed);
    random.shuffle(&mut places);
    let mut chosen: Vec<(Range<usize>, usize)> = Vec::new();
    let mut taken = std::collections::BTreeMap::new(); // word number -> nothing: what lies near is refused
    for (number, range, swap) in places {
        if chosen.len() == sites {
            break;
        }
        if taken.range(number.saturating_sub(2)..=number + 2).next().is_none() {
            taken.insert(number, ());
            chosen.push((range, swap));
        }
    }
    chosen.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len() + 20 * chosen.len());
    let mut from = 0;
    for (range, swap) in &chosen {
        out.push_str(&text[from..range.start]);
        let forms = SWAPS[*swap].1;
        let count = 1 + random.below(forms.len());
        out.push_str(&format!("{{{}|{}}}", &text[range.clone()], forms[..count].join("|")));
        from = range.end;
    }
    out.push_str(&text[from..]);
    (out, chosen.len())
}

/// The words of [`SWAPS`] in a range: number of the word in the text, its bytes, its entry.
fn swap_places(text: &str, within: &Range<usize>) -> Vec<(usize, Range<usize>, usize)> {
    let mut places = Vec::new();
    let mut depth = 0_usize;
    let mut number = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        for (i, piece) in line.split(' ').enumerate() {
            let range = at..at + piece.len();
            at = range.end + 1;
            number += usize::from(!piece.is_empty());
            let inside = depth > 0;
            depth = (depth + piece.matches('{').count()).saturating_sub(piece.matches('}').count());
            let fits = i > 0 && !inside && within.start <= range.start && range.end <= within.end;
            if let Some(swap) = SWAPS.iter().position(|(word, _)| *word == piece).filter(|_| fits) {
                places.push((number, range, swap));
            }
        }
        at -= 1; // the last piece of a line is followed by the next line, not by a space
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites_of(text: &str) -> usize {
        text.matches('{').count()
    }

    #[test]
    fn prose_keeps_length_and_density() {
        for (words, density) in [(50, 0.0), (1_000, 3.0), (1_000, 7.0), (5_000, 10.0)] {
            let text = prose(11, words, density);
            assert_eq!(text, prose(11, words, density));
            assert_ne!(text, prose(12, words, density));
            let wanted = density * words as f64 / 100.0;
            let found = sites_of(&text) as f64;
            assert!((found - wanted).abs() <= 0.1 * wanted + 2.0, "{words} {density}: {found}");
            let plain = text.split_whitespace().count();
            assert!(plain >= words * 9 / 10, "{plain}");
        }
    }

    #[test]
    fn every_template_is_well_formed() {
        for template in TEMPLATES {
            assert_eq!(template.matches('<').count(), template.matches('>').count(), "{template}");
            assert_eq!(template.matches('{').count(), template.matches('}').count(), "{template}");
            assert!(template.ends_with('.'));
        }
    }

    #[test]
    fn variants_go_where_they_may() {
        let text = "The gauge and the ferry will be read when it rains.\nand then {x|and the y} of all";
        let (with, sites) = add_variants(text, 3, 100, 0..text.len());
        assert_eq!(sites_of(&with), sites + 1);
        assert!(with.contains("{x|and the y}") && with.contains("\nand then"), "{with}");
        assert!(sites >= 2, "{with}");
        let stripped: String = with.chars().filter(|c| *c != '{').collect();
        assert!(stripped.starts_with("The gauge"), "{stripped}");
        assert_eq!(add_variants(text, 3, 100, 0..text.len()).0, with);
        assert_eq!(add_variants(text, 3, 100, 0..0), (text.to_string(), 0));
    }

    #[test]
    fn variants_keep_their_distance_and_their_range() {
        let text = prose(4, 2_000, 0.0);
        let third = text.len() / 3..2 * text.len() / 3;
        let (with, sites) = add_variants(&text, 8, 40, third.clone());
        assert_eq!(sites, 40);
        assert!(with.starts_with(&text[..third.start]));
        assert!(with.ends_with(&text[third.end..]));
    }
}

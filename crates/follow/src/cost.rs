//! What it would take to parse a page, reckoned before it is parsed.
//!
//! The parser (html5ever) compares each attribute of a tag with all before it, goes down what is nested, and opens
//! again in each paragraph whatever was left open: a page of some megabytes can take hours or all memory. What is
//! reckoned here takes two passes.

use std::collections::BTreeMap;

/// Depth of nesting: what parses the page goes down by recursion.
pub(crate) const DEPTH_MAX: usize = 4_000;
/// Attributes of one tag; and of all the tags that add to the page's root or its body.
const ATTRIBUTES_MAX: u32 = 1_000;
/// Elements, with those that are opened again.
const ELEMENTS_MAX: usize = 2_000_000;
/// Elements that hold no others, and those that end where the next begins: however many there are, none is deeper.
const FLAT: [&str; 17] = [
    "area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "li", "link", "meta", "p", "param",
    "source", "track", "wbr",
];
/// Elements that are opened again in each paragraph until they are ended.
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Equal ones of those that are.
const FORMATTING_EQUAL_MAX: usize = 3;
/// Characters of an element's name that tell it from others.
const NAME_CHARS_MAX: usize = 40;

/// Whether a page takes so much that no person wrote it.
pub(crate) fn is_too_much(html: &str) -> bool {
    has_many_attributes(html) || is_deep_or_large(html)
}

/// Where in a tag a byte stands.
#[derive(Clone, Copy)]
enum At {
    Tag,
    Before,
    Name,
    After,
    BeforeValue,
    Double,
    Single,
    Value,
}

/// All of these, by their numbers.
const PLACES: [At; 8] =
    [At::Tag, At::Before, At::Name, At::After, At::BeforeValue, At::Double, At::Single, At::Value];

/// Where the next byte stands, if the tag goes on, and whether an attribute begins with this one.
fn step(at: At, byte: u8) -> Option<(At, u32)> {
    let is_blank = matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c');
    Some(match (at, byte) {
        (At::Double, b'"') | (At::Single, b'\'') => (At::Before, 0),
        (At::Double | At::Single, _) => (at, 0),
        (_, b'>') => return None,
        (At::Tag, b'/') => (At::Before, 0),
        (At::Tag | At::Value, _) if is_blank => (At::Before, 0),
        (At::Tag | At::Value, _) => (at, 0),
        (At::BeforeValue, b'"') => (At::Double, 0),
        (At::BeforeValue, b'\'') => (At::Single, 0),
        (At::BeforeValue, _) => (if is_blank { at } else { At::Value }, 0),
        (_, b'/') => (At::Before, 0),
        (At::Name | At::After, b'=') => (At::BeforeValue, 0),
        (At::Name, _) => (if is_blank { At::After } else { at }, 0),
        (At::Before | At::After, _) if is_blank => (at, 0),
        (At::Before | At::After, _) => (At::Name, 1),
    })
}

/// Whether any tag has too many attributes, wherever one may begin: what is a tag and what only looks like one (in a script,
/// a comment, another tag's value) need not be told apart. From the last byte to the first it is known for each
/// place in a tag how many attributes are still to come.
fn has_many_attributes(html: &str) -> bool {
    let bytes = html.as_bytes();
    let mut to_come = [0u32; PLACES.len()];
    let mut of_root = 0u32;
    for at in (0..bytes.len()).rev() {
        let rest = &bytes[at..];
        if rest[0] == b'<' && rest.get(1).is_some_and(u8::is_ascii_alphabetic) {
            let own = to_come[At::Tag as usize];
            let is = |name: &[u8]| rest[1..].get(..4).is_some_and(|own| own.eq_ignore_ascii_case(name));
            of_root += if is(b"html") || is(b"body") { own } else { 0 };
            if own.max(of_root) > ATTRIBUTES_MAX {
                return true;
            }
        }
        let next = |place: At| step(place, rest[0]).map_or(0, |(next, begun)| to_come[next as usize] + begun);
        to_come = PLACES.map(next);
    }
    false
}

/// What is open, as far as tags alone say.
#[derive(Default)]
struct Open {
    /// By their names.
    count: BTreeMap<String, usize>,
    depth: usize,
    /// Formatting elements by their names.
    formatting: BTreeMap<String, Formatting>,
    /// How many of these are opened again.
    again: usize,
}

/// Of the open formatting elements of one name, whether each has attributes: only those that have none are equal.
#[derive(Default)]
struct Formatting {
    have: Vec<bool>,
    having: usize,
}

impl Formatting {
    fn opened_again(&self) -> usize {
        self.having + (self.have.len() - self.having).min(FORMATTING_EQUAL_MAX)
    }
}

impl Open {
    fn begin(&mut self, name: String, has_attributes: bool) {
        if FORMATTING.contains(&&*name) {
            let own = self.formatting.entry(name.clone()).or_default();
            self.again -= own.opened_again();
            own.have.push(has_attributes);
            own.having += usize::from(has_attributes);
            self.again += own.opened_again();
        }
        *self.count.entry(name).or_default() += 1;
        self.depth += 1;
    }

    /// An end that ends nothing makes nothing less deep.
    fn end(&mut self, name: &str) {
        let Some(count) = self.count.get_mut(name) else { return };
        (*count, self.depth) = (*count - 1, self.depth - 1);
        if *count == 0 {
            self.count.remove(name);
        }
        if let Some(own) = self.formatting.get_mut(name) {
            self.again -= own.opened_again();
            own.having -= usize::from(own.have.pop() == Some(true));
            self.again += own.opened_again();
        }
    }
}

/// Whether elements seem to be nested too deep: those that were begun, less those that were ended by their own name. Or
/// whether there are too many, with those that are opened again.
fn is_deep_or_large(html: &str) -> bool {
    let (mut open, mut elements) = (Open::default(), 0usize);
    for tag in html.split('<').skip(1) {
        let (is_end, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        if !tag.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let ends_name = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>');
        let name = tag.split(ends_name).next().unwrap_or_default();
        let has_attributes = !tag[name.len()..].trim_start_matches(['/', ' ']).starts_with('>');
        let name: String = name.chars().take(NAME_CHARS_MAX).collect();
        let name = name.to_ascii_lowercase();
        // An end that ends nothing may begin an element, too.
        elements += 1 + open.again;
        // Only a drawing's elements can end where they begin.
        let is_drawn = open.count.contains_key("svg") || open.count.contains_key("math");
        let is_whole = is_drawn && tag.split('>').next().is_some_and(|tag| tag.ends_with('/'));
        match is_end {
            _ if is_whole || FLAT.contains(&&*name) => {}
            true => open.end(&name),
            false => open.begin(name, has_attributes),
        }
        if open.depth > DEPTH_MAX || elements > ELEMENTS_MAX {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_counted_by_what_is_open() {
        let many = |text: &str| text.repeat(DEPTH_MAX + 1);
        for deep in [
            "<div>",
            "<b>",
            "<LABEL class=x>",
            "<pre>",
            "<blockquote>",
            "<ul><li>",
            "<div></b>",
            "<div></p></>",
        ] {
            assert!(is_deep_or_large(&many(deep)), "{deep}");
        }
        for flat in [
            "<p>",
            "<li>x",
            "<br>",
            "<link rel=x>",
            "<img/>",
            "<svg><path d=x /></svg>",
            "<div>a</div>",
            "<b>a</B >",
            "a < b",
            "<!-- x -->",
        ] {
            assert!(!is_deep_or_large(&many(flat)), "{flat}");
        }
    }

    #[test]
    fn attributes_are_counted_wherever_a_tag_may_begin() {
        let some: String = (0..=ATTRIBUTES_MAX).map(|k| format!(" a{k}")).collect();
        let values: String = (0..=ATTRIBUTES_MAX).map(|k| format!("a{k}='>' ")).collect();
        let unspaced: String = (0..=ATTRIBUTES_MAX).map(|k| format!("a{k}=\"x\"")).collect();
        let body: String = (0..=ATTRIBUTES_MAX).map(|k| format!("<bOdy a{k}>")).collect();
        let many = [
            format!("<p{some}>"),
            format!("<p {values}>"),
            format!("<p {unspaced}"),
            format!("<p/{}>", some.replace(' ', "/")),
            body,
            format!("<script>'<i a=\"'</script><p{some}>"),
            format!("<p title='<b {some}>'>"),
        ];
        many.iter().for_each(|html| assert!(has_many_attributes(html), "{}", &html[..40]));
        let few = [
            format!("{some}>"),
            format!("<p>{some}"),
            format!("<p title='{some}' data-x = \"{some}\" x={}>{some}<b>", some.replace(' ', "")),
            format!("< p{some}> </p {}>", &some[..200]),
            "<p a b c>".repeat(10_000),
        ];
        few.iter().for_each(|html| assert!(!has_many_attributes(html), "{}", &html[..40]));
    }

    #[test]
    fn what_is_opened_again_counts_each_time() {
        let left_open: String = (0..500).map(|k| format!("<b id={k}>")).collect();
        assert!(is_deep_or_large(&format!("{left_open}{}", "<p>x</p>".repeat(ELEMENTS_MAX / 900))));
        let equal = "<b>".repeat(500);
        assert!(!is_deep_or_large(&format!("{equal}{}", "<p>x</p>".repeat(ELEMENTS_MAX / 900))));
        assert!(is_deep_or_large(&"</p>".repeat(ELEMENTS_MAX + 1)));
    }
}

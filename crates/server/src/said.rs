//! Values as people read them.

use maud::{Markup, html};
pub use tellmark_core::text::{counted as count, grouped};

/// A time in seconds since 1970 as a date with the time of day, UTC, readable by machines too.
pub fn time(seconds: i64) -> Markup {
    let Ok(at) = jiff::Timestamp::from_second(seconds) else { return html! { "at an unknown time" } };
    html! { time datetime=(at.to_string()) { (at.strftime("%-d %b %Y, %H:%M")) } }
}

/// A time as a date.
pub fn day(seconds: i64) -> Markup {
    let Ok(at) = jiff::Timestamp::from_second(seconds) else { return html! { "on an unknown day" } };
    html! { time datetime=(at.strftime("%Y-%m-%d").to_string()) { (at.strftime("%-d %b %Y")) } }
}

/// A decimal logarithm as a power of ten.
pub fn power(log10: f64) -> Markup {
    html! { "10" sup { (format!("{log10:.2}")) } }
}

/// A text as one segment of an address.
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            // A segment of dots alone would be a path.
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A file's name as `Content-Disposition` takes it, for saving.
pub fn attachment(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' }).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", segment(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(
            (count(1, "copy", "copies"), count(0, "copy", "copies")),
            ("1 copy".into(), "0 copies".into())
        );
    }

    #[test]
    fn names_stay_in_their_place() {
        assert_eq!(segment("a/b ü..?"), "a%2Fb%20%C3%BC%2E%2E%3F");
        assert_eq!(
            attachment("a\"\r\nb.md"),
            "attachment; filename=\"a___b.md\"; filename*=UTF-8''a%22%0D%0Ab%2Emd"
        );
    }

    #[test]
    fn times_are_read_by_people_and_machines() {
        let said = time(1_780_000_000).into_string();
        assert!(
            said.contains("28 May 2026, 20:26") && said.contains("datetime=\"2026-05-28T20:26:40Z\""),
            "{said}"
        );
    }
}

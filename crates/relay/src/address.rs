//! Addresses in envelopes. What this server cannot write into a command without doubt it does not take.

/// Bytes of the part before the `@`, and of the domain (RFC 5321, 4.5.3.1).
const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 255;

/// Whether an address can be used: no quotation marks, blanks, brackets or control characters; letters beyond ASCII only
/// where the message was announced with SMTPUTF8.
pub fn is_usable(address: &str, smtputf8: bool) -> bool {
    let fits = |c: char| match c {
        c if c.is_ascii() => c.is_ascii_graphic() && !"<>()[]\\,;:\"@".contains(c),
        c => smtputf8 && !c.is_control() && !c.is_whitespace() && !tellmark_core::text::is_unseen(c),
    };
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let is_literal = domain.starts_with("[") && domain.ends_with("]") && {
        let inner = &domain[1..domain.len() - 1];
        inner.strip_prefix("IPv6:").unwrap_or(inner).parse::<std::net::IpAddr>().is_ok()
    };
    let is_dotted = |text: &str| !text.is_empty() && text.split('.').all(|atom| !atom.is_empty());
    is_dotted(local)
        && local.len() <= LOCAL_MAX
        && local.chars().all(fits)
        && domain.len() <= DOMAIN_MAX
        && (is_literal || (is_dotted(domain) && domain.chars().all(fits)))
}

/// The domain of an address, in small letters.
pub fn domain(address: &str) -> String {
    address.rsplit_once('@').map_or("", |(_, domain)| domain).to_lowercase()
}

/// Whether a text is an address that can be used, and as a pattern fits nothing else.
pub fn is_whole(text: &str) -> bool {
    !text.contains('*') && is_usable(text, true)
}

/// Whether a text is a pattern that fits some address.
pub fn is_pattern(text: &str) -> bool {
    let domain = text.strip_prefix("*@").map(|domain| domain.strip_prefix("*.").unwrap_or(domain));
    match domain {
        Some(domain) => domain == "*" || is_whole(&format!("x@{domain}")),
        None => text == "*" || is_whole(text),
    }
}

/// Whether a pattern fits an address, without regard to case: a whole address, `*@domain`, `*@*.domain`, or `*`.
pub fn fits(pattern: &str, address: &str) -> bool {
    let (pattern, address) = (pattern.to_lowercase(), address.to_lowercase());
    match pattern.strip_prefix("*@") {
        Some(domain) => {
            let own = self::domain(&address);
            match domain.strip_prefix("*.") {
                Some(above) => own.strip_suffix(above).is_some_and(|rest| rest.ends_with('.')),
                None => domain == "*" || own == domain,
            }
        }
        None => pattern == "*" || pattern == address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_usable() {
        for good in [
            "a@b.example",
            "a.b+c@x.example",
            "o'h@n.example",
            "a@[127.0.0.1]",
            "a@[IPv6:::1]",
            "a@localhost",
        ] {
            assert!(is_usable(good, false), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a\r\n@b",
            "<a>@b",
            "\"a b\"@c",
            "a..b@c",
            ".a@c",
            "a@c.",
            "a@[x]",
            "a@b>\r\nRCPT TO:<c@d",
            "ü@c",
            "a\u{0}@b",
            "a@b c",
        ] {
            assert!(!is_usable(bad, false), "{bad:?}");
        }
        assert!(is_usable("ü@ц.example", true) && !is_usable("a\u{202e}@b", true));
        assert!(!is_usable(&format!("{}@b", "a".repeat(65)), false));
    }

    #[test]
    fn patterns_that_fit_no_address_are_found() {
        for good in ["*", "*@*", "a@b", "*@b.example", "*@*.b.example", "ü@b", "*@[127.0.0.1]"] {
            assert!(is_pattern(good), "{good}");
        }
        for bad in ["", "@b", "b", "a@", "*@", "*@*.", "a*", "a*@b", "*@a*", "a@b@c", "*@b c"] {
            assert!(!is_pattern(bad), "{bad}");
        }
    }

    #[test]
    fn patterns_fit_addresses_and_domains() {
        for (pattern, address, does) in [
            ("*", "a@b", true),
            ("A@b", "a@B", true),
            ("*@b.example", "x@B.example", true),
            ("*@b.example", "x@sub.b.example", false),
            ("*@*.b.example", "x@sub.b.example", true),
            ("*@*.b.example", "x@b.example", false),
            ("*@*.b.example", "x@evilb.example", false),
            ("a@b", "aa@b", false),
        ] {
            assert_eq!(fits(pattern, address), does, "{pattern} {address}");
        }
    }
}

//! What a site asks of programs that read it: robots.txt (RFC 9309).

use std::time::Duration;

use texting_robots::Robot;
use url::Url;

/// The rules of one site.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    robot: Option<Robot>,
}

impl Rules {
    /// Rules that allow everything.
    pub fn none() -> Rules {
        Rules::default()
    }

    /// The rules for a program; what cannot be read asks for nothing.
    pub fn parse(user_agent: &str, text: &[u8]) -> Rules {
        let product = user_agent.split(['/', ' ']).next().unwrap_or(user_agent);
        Rules { robot: Robot::new(product, text).ok() }
    }

    /// Whether an address may be read.
    pub fn allow(&self, url: &Url) -> bool {
        self.robot.as_ref().is_none_or(|robot| robot.allowed(url.as_str()))
    }

    /// The time that the site wants between two requests.
    pub fn delay(&self) -> Option<Duration> {
        let seconds = self.robot.as_ref()?.delay?;
        Duration::try_from_secs_f32(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_kept() {
        let text =
            b"User-agent: *\nDisallow: /private\nCrawl-delay: 3\n\nUser-agent: tellmark\nDisallow: /drafts\n";
        let at = |path: &str| Url::parse("https://example.org").unwrap().join(path).unwrap();
        let rules = Rules::parse("tellmark/0.1 (+https://example.net)", text);
        assert!(rules.allow(&at("/private")) && !rules.allow(&at("/drafts/1")));
        let others = Rules::parse("other/1", text);
        assert!(!others.allow(&at("/private/x")) && others.allow(&at("/drafts/1")));
        assert_eq!(others.delay(), Some(Duration::from_secs(3)));
        assert!(Rules::none().allow(&at("/private")) && Rules::parse("x", b"\xff\0<html>").allow(&at("/")));
    }
}

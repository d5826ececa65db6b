//! Whose pages may show an account within a frame: the help desk's, and its app's.

use super::{Role, Staff};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Each of them stands in a header of every framed page.
const ORIGINS_MAX: usize = 10;
const ORIGIN_BYTES_MAX: usize = 200;
/// The longest part of a host's name.
const LABEL_BYTES_MAX: usize = 63;

/// Those that are allowed; nobody's at first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embeds {
    pub origins: Vec<Allowed>,
}

/// One origin, and who allowed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    pub origin: String,
    pub by: String,
    pub at: Timestamp,
}

/// All that are to be allowed from now on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origins {
    pub origins: Vec<String>,
}

/// Why nothing is allowed. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    #[error("only a manager or a VP may say which pages show an account")]
    Role,
    #[error("at most {most} origins are allowed", most = ORIGINS_MAX)]
    TooMany,
    #[error(
        "`{0}` is no origin: it is written https://shop.example, with a port if it is not 443, and nothing behind it"
    )]
    Origin(String),
}

impl Embeds {
    /// Allows these and no others; one that was allowed before keeps who said so.
    pub fn allow(&mut self, wish: &Origins, by: &Staff, now: Timestamp) -> Result<(), NotAllowed> {
        if !matches!(by.role, Role::Manager | Role::Vp) {
            return Err(NotAllowed::Role);
        }
        if wish.origins.len() > ORIGINS_MAX {
            return Err(NotAllowed::TooMany);
        }
        let mut allowed: Vec<Allowed> = Vec::new();
        for text in &wish.origins {
            let shown = || text.chars().take(ORIGIN_BYTES_MAX).collect();
            let origin = origin(text).ok_or_else(|| NotAllowed::Origin(shown()))?;
            if allowed.iter().any(|own| own.origin == origin) {
                continue;
            }
            let before = self.origins.iter().find(|own| own.origin == origin).cloned();
            allowed.push(before.unwrap_or_else(|| Allowed { origin, by: by.id.clone(), at: now }));
        }
        self.origins = allowed;
        Ok(())
    }

    /// As the header of a framed page names them: nobody, where none is allowed.
    pub fn ancestors(&self) -> String {
        let names: Vec<&str> = self.origins.iter().map(|own| own.origin.as_str()).collect();
        if names.is_empty() { "'none'".to_owned() } else { names.join(" ") }
    }
}

/// An origin in small letters, if it is one that a browser takes for one and nothing else: it stands in a header.
fn origin(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let authority = text.strip_prefix("https://").filter(|_| text.len() <= ORIGIN_BYTES_MAX)?;
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port);
    let is_label = |label: &str| {
        let is_plain = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        (1..=LABEL_BYTES_MAX).contains(&label.len()) && is_plain && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_host = host.contains('.') && host.split('.').all(is_label);
    (is_host && port.is_none_or(is_port)).then(|| text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staff(role: Role) -> Staff {
        let (id, name, email) = ("mara".to_owned(), "Mara".to_owned(), String::new());
        Staff { id, name, role, email, slack: None, languages: Vec::new() }
    }

    fn now() -> Timestamp {
        "2026-11-30T08:00:00Z".parse().unwrap()
    }

    fn wish(origins: &[&str]) -> Origins {
        Origins { origins: origins.iter().map(|it| (*it).to_owned()).collect() }
    }

    #[test]
    fn an_origin_is_https_and_a_host_and_nothing_else() {
        for (text, expected) in [
            ("https://shop.zendesk.com", Some("https://shop.zendesk.com")),
            (" https://Shop.Zendesk.com ", Some("https://shop.zendesk.com")),
            ("https://shop.zendesk.com:8443", Some("https://shop.zendesk.com:8443")),
            ("https://shop.zendesk.com:0", None),
            ("https://shop.zendesk.com:08443", None),
            ("https://shop.zendesk.com:", None),
            ("http://shop.zendesk.com", None),
            ("https://shop.zendesk.com/", None),
            ("https://shop.zendesk.com/agent", None),
            ("https://*.zendesk.com", None),
            ("https://zendesk", None),
            ("https://a@shop.zendesk.com", None),
            ("https://shop.zendesk.com; script-src *", None),
            ("https://shop.zendesk.com https://evil.example", None),
            ("https://-shop.zendesk.com", None),
            ("https://shop..com", None),
            ("https://münchen.example", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(origin(text).as_deref(), expected, "{text}");
        }
        assert_eq!(origin(&format!("https://{}.example", "a.".repeat(100))), None, "too long");
    }

    #[test]
    fn managers_allow_a_few_and_what_is_not_named_is_allowed_no_more() {
        let mut embeds = Embeds::default();
        assert_eq!(embeds.ancestors(), "'none'");
        let two = wish(&["https://shop.zendesk.com", "https://1.apps.example", "https://SHOP.zendesk.com"]);
        assert_eq!(embeds.allow(&two, &staff(Role::BillingSpecialist), now()), Err(NotAllowed::Role));
        assert_eq!(embeds.allow(&two, &staff(Role::Legal), now()), Err(NotAllowed::Role));
        assert_eq!(embeds.allow(&two, &staff(Role::Manager), now()), Ok(()));
        assert_eq!(embeds.ancestors(), "https://shop.zendesk.com https://1.apps.example");
        let wrong = wish(&["https://shop.zendesk.com", "http://plain.example"]);
        let refused = Err(NotAllowed::Origin("http://plain.example".to_owned()));
        assert_eq!(embeds.allow(&wrong, &staff(Role::Vp), now()), refused);
        assert_eq!(embeds.origins.len(), 2, "what is refused changes nothing");
        let many: Vec<String> = (0..=ORIGINS_MAX).map(|number| format!("https://a{number}.example")).collect();
        let many = Origins { origins: many };
        assert_eq!(embeds.allow(&many, &staff(Role::Vp), now()), Err(NotAllowed::TooMany));
        let ada = Staff { id: "ada".to_owned(), ..staff(Role::Vp) };
        assert_eq!(embeds.allow(&wish(&["https://1.apps.example"]), &ada, now()), Ok(()));
        assert_eq!(embeds.origins[0].by, "mara", "who allowed it first");
        assert_eq!(embeds.allow(&wish(&[]), &ada, now()), Ok(()));
        assert_eq!(embeds.ancestors(), "'none'");
    }
}

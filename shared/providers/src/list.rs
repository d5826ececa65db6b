//! What the listings of all providers have in common: how a page is asked for, and what a listed object's event is called.

use crate::{Call, Reading};
use domain::event::{Event, InvoiceSeen, Kind, Origin, Seen};
use domain::id::digest;
use form_urlencoded::{Serializer, byte_serialize, parse};
use jiff::Timestamp;

/// A call, taken apart: what is asked for, with which parameters, and what we noted for ourselves.
///
/// Notes stand behind a `#`, which HTTP never sends: they tell whoever reads the answer what the answer leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    path: String,
    query: Vec<(String, String)>,
    notes: Vec<(String, String)>,
}

impl Asked {
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }

    pub fn of(call: &Call) -> Self {
        let (sent, notes) = call.path.split_once('#').unwrap_or((&call.path, ""));
        let (path, query) = sent.split_once('?').unwrap_or((sent, ""));
        Self { path: path.to_owned(), query: pairs(query), notes: pairs(notes) }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        value(&self.query, name)
    }

    pub fn noted(&self, name: &str) -> Option<&str> {
        value(&self.notes, name)
    }

    /// With one more value of a parameter.
    #[must_use]
    pub fn and(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// With this value of a parameter and no other.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.retain(|(own, _)| own != name);
        self.and(name, value)
    }

    #[must_use]
    pub fn noting(mut self, name: &str, value: impl Into<String>) -> Self {
        self.notes.retain(|(own, _)| own != name);
        self.notes.push((name.to_owned(), value.into()));
        self
    }

    /// For providers that list the newest first and cannot leave out what is older.
    #[must_use]
    pub fn since(self, since: Option<Timestamp>) -> Self {
        match since {
            Some(since) => self.noting("since", since.to_string()),
            None => self,
        }
    }

    /// Whether all that follows an object of that time is older than what was asked for.
    pub fn is_past(&self, made_at: Option<Timestamp>) -> bool {
        let since = self.noted("since").and_then(|since| since.parse::<Timestamp>().ok());
        since.zip(made_at).is_some_and(|(since, made_at)| made_at < since)
    }

    /// Another page, which the provider names, with the same notes.
    pub fn go(&self, path: &str) -> Self {
        Self { notes: self.notes.clone(), ..Self::of(&Call::get(path)) }
    }

    pub fn call(&self) -> Call {
        let mut path = self.path.clone();
        for (sign, pairs) in [('?', &self.query), ('#', &self.notes)] {
            if !pairs.is_empty() {
                path.push(sign);
                path.push_str(&Serializer::new(String::new()).extend_pairs(pairs).finish());
            }
        }
        Call::list(path)
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

/// An id as a part of a path.
pub(crate) fn segment(id: &str) -> String {
    byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The id that a part of a path stands for.
pub(crate) fn of_segment(segment: &str) -> String {
    parse(segment.as_bytes()).next().map(|(id, _)| id.into_owned()).unwrap_or_default()
}

/// What a delivery around a listed object would say.
pub(crate) fn said(reading: Reading) -> Vec<Event> {
    match reading {
        Reading::Events(events) | Reading::Ask { events, .. } => events,
        Reading::Ignored(_) => Vec::new(),
    }
}

/// What a listed object shows of which no webhook tells. It has no name yet.
pub(crate) fn shown(
    provider: &str,
    source: &str,
    kind: Kind,
    at: Timestamp,
    customer: Option<String>,
    seen: Vec<Seen>,
) -> Event {
    let (provider, source) = (provider.to_owned(), source.to_owned());
    Event { id: String::new(), provider, source, origin: Origin::Listed, kind, at, customer, seen }
}

/// An object's id this long leaves room for the rest of the event's.
const OBJECT_MAX: usize = 200;

/// Names the event of a listed object by what it shows, so that the same object in the same state is the same event.
///
/// Its bytes would not do: providers sign some links anew with each answer. `version` is the provider's own, if any.
pub(crate) fn listed(object: &str, version: &str, event: Event) -> Event {
    let seen: Vec<Seen> = event.seen.iter().map(lasting).collect();
    let state = serde_json::to_string(&seen).expect("sightings are plain data");
    let owner = event.customer.as_deref().unwrap_or_default();
    let object = if object.len() > OBJECT_MAX { digest(&[object], 26) } else { object.to_owned() };
    let id = format!("list:{object}:{}", digest(&[event.kind.name(), owner, version, &state], 26));
    Event { id, origin: Origin::Listed, ..event }
}

fn lasting(seen: &Seen) -> Seen {
    match seen {
        Seen::Invoice(invoice) => Seen::Invoice(InvoiceSeen { pay_link: None, ..invoice.clone() }),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::InvoiceStatus;

    #[test]
    fn a_call_is_taken_apart_and_put_together_again() {
        for path in
            ["/v1/refunds", "/v1/refunds?limit=100&charge=ch_1", "/v1/x?a%5B%5D=1&a%5B%5D=2#since=2026", "/v1/x#a=b+c"]
        {
            assert_eq!(Asked::of(&Call::get(path)).call().path, path);
        }
        let asked =
            Asked::new("/v1/x").with("limit", "10").and("expand[]", "a").and("expand[]", "b").noting("charge", "ch 1");
        assert_eq!(asked.call().path, "/v1/x?limit=10&expand%5B%5D=a&expand%5B%5D=b#charge=ch+1");
        assert_eq!(Asked::of(&asked.call()).noted("charge"), Some("ch 1"));
        assert_eq!(asked.with("limit", "20").call().path, "/v1/x?expand%5B%5D=a&expand%5B%5D=b&limit=20#charge=ch+1");
    }

    #[test]
    fn a_listing_ends_before_what_was_not_asked_for() {
        let time = |text: &str| Some(text.parse().unwrap());
        let asked = Asked::new("/v2/payments").since(time("2026-03-01T00:00:00Z"));
        for (name, made_at, expected) in [
            ("newer", time("2026-03-01T00:00:01Z"), false),
            ("the same instant", time("2026-03-01T00:00:00Z"), false),
            ("older", time("2026-02-28T23:59:59Z"), true),
            ("nobody said when", None, false),
        ] {
            assert_eq!(asked.is_past(made_at), expected, "{name}");
            assert!(!Asked::new("/v2/payments").is_past(made_at), "{name}");
        }
    }

    #[test]
    fn any_id_fits_into_a_path() {
        for id in ["user_1", "$RCAnonymousID:87c6", "a b+c/d?e#f=g&h%", "ä"] {
            let segment = segment(id);
            assert!(!segment.contains(['/', '?', '#', ' ', '+']), "{segment}");
            assert_eq!(of_segment(&segment), id);
        }
    }

    #[test]
    fn the_same_state_has_the_same_name() {
        let event = |status, link: &str, customer: &str| {
            let invoice = InvoiceSeen {
                id: "in_1".into(),
                status: Some(status),
                pay_link: Some(link.into()),
                ..InvoiceSeen::default()
            };
            shown(
                "stripe",
                "default",
                Kind::InvoiceChanged,
                Timestamp::UNIX_EPOCH,
                Some(customer.into()),
                vec![Seen::Invoice(invoice)],
            )
        };
        let named = |object: &str, version: &str, event| listed(object, version, event).id;
        let first = named("in_1", "", event(InvoiceStatus::Open, "https://a.example/1", "cus_1"));
        assert!(first.starts_with("list:in_1:"), "{first}");
        assert_eq!(
            first,
            named("in_1", "", event(InvoiceStatus::Open, "https://a.example/2", "cus_1")),
            "a link is no state"
        );
        assert_ne!(first, named("in_1", "", event(InvoiceStatus::Paid, "https://a.example/1", "cus_1")));
        assert_ne!(first, named("in_1", "", event(InvoiceStatus::Open, "https://a.example/1", "cus_2")));
        assert_ne!(first, named("in_1", "2", event(InvoiceStatus::Open, "https://a.example/1", "cus_1")));
        assert!(named(&"x".repeat(255), "", event(InvoiceStatus::Open, "", "cus_1")).len() <= 255);
    }
}

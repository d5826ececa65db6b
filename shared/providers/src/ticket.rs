//! Support tickets of any help desk, signed as Standard Webhooks are.

use crate::value::{Id, iso};
use crate::{Delivery, Envelope, Keys, Malformed, NotAuthentic, Provider, Reading, malformed, mask, standard};
use domain::event::{Event, Kind, Origin, Seen, TicketSeen, TicketStatus};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(crate) static PROVIDER: Provider = Provider {
    name: "ticket",
    media: &["json"],
    verify: |delivery: &Delivery<'_>, keys: &Keys, now: Timestamp, window_secs: i64| -> Result<(), NotAuthentic> {
        standard::verify(delivery, keys, now, window_secs)
    },
    sign: standard::sign,
    envelope,
    mask: mask::json,
    read,
    api: None,
    desk: None,
};

#[derive(Deserialize)]
struct Outside {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "ticket")]
    _ticket: IgnoredAny,
}

#[derive(Deserialize)]
struct Wire {
    id: String,
    created_at: String,
    ticket: Ticket,
}

#[derive(Deserialize)]
struct Ticket {
    id: Id,
    subject: Option<String>,
    body: Option<String>,
    status: Option<String>,
    csat: Option<u8>,
    requester: Option<Requester>,
    /// Of the mail that it came by, where the help desk passes them on.
    #[serde(default)]
    headers: serde_json::Value,
}

impl Ticket {
    /// Whether the mail says that no person wrote it.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc3834#section-5>
    fn is_automatic(&self) -> bool {
        let says = |name: &str, value: &str| match name.to_ascii_lowercase().as_str() {
            "auto-submitted" => !value.eq_ignore_ascii_case("no"),
            "precedence" => ["bulk", "junk", "list", "auto_reply"].iter().any(|it| value.eq_ignore_ascii_case(it)),
            "x-autoreply" | "x-autorespond" | "x-auto-response-suppress" => true,
            _ => false,
        };
        let mut headers = self.headers.as_object().into_iter().flatten();
        headers.any(|(name, value)| value.as_str().is_some_and(|value| says(name, value.trim())))
    }
}

#[derive(Deserialize)]
struct Requester {
    name: Option<String>,
    email: Option<String>,
}

fn meaning(kind: &str) -> Option<Kind> {
    Some(match kind {
        "ticket.created" => Kind::TicketOpened,
        "ticket.updated" | "ticket.commented" => Kind::TicketChanged,
        "ticket.closed" => Kind::TicketClosed,
        _ => return None,
    })
}

fn envelope(body: &[u8]) -> Result<Envelope, Malformed> {
    let outside: Outside = serde_json::from_slice(body).map_err(malformed("a ticket delivery"))?;
    let relevant = meaning(&outside.kind).is_some();
    Ok(Envelope { id: outside.id, kind: outside.kind, live: None, relevant })
}

fn read(body: &[u8], source: &str) -> Result<Reading, Malformed> {
    let outside: Outside = serde_json::from_slice(body).map_err(malformed("a ticket delivery"))?;
    let Some(kind) = meaning(&outside.kind) else {
        return Ok(Reading::Ignored("an event type that changes nothing here"));
    };
    let event: Wire = serde_json::from_slice(body).map_err(malformed("a ticket delivery"))?;
    let automatic = event.ticket.is_automatic();
    let Ticket { id, subject, body, status, csat, requester, headers: _ } = event.ticket;
    let (name, email) = requester.map_or((None, None), |requester| (requester.name, requester.email));
    let stated = status.as_deref().and_then(TicketStatus::parse);
    let seen = TicketSeen {
        id: id.0,
        as_of: None,
        subject,
        body,
        status: if kind == Kind::TicketClosed { Some(TicketStatus::Closed) } else { stated },
        csat: csat.filter(|csat| (1..=5).contains(csat)),
        requester_name: name,
        requester_email: email,
        automatic,
        ..TicketSeen::default()
    };
    Ok(Reading::Events(vec![Event {
        id: event.id,
        provider: "ticket".to_owned(),
        source: source.to_owned(),
        origin: Origin::Webhook,
        kind,
        at: iso(&event.created_at)?,
        customer: None,
        seen: vec![Seen::Ticket(seen)],
    }]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mail_that_no_person_wrote_says_so() {
        for (headers, expected) in [
            (json!({}), false),
            (json!({"Auto-Submitted": "auto-replied"}), true),
            (json!({"auto-submitted": "No"}), false),
            (json!({"Precedence": "bulk"}), true),
            (json!({"Precedence": "normal", "X-Autoreply": "yes"}), true),
            (json!({"Subject": "auto-replied", "X-Autoreply": 1}), false),
            (json!(["Auto-Submitted: auto-replied"]), false),
        ] {
            let body = json!({"id": "e", "type": "ticket.created", "created_at": "2026-03-01T10:00:00Z",
                "ticket": {"id": "1", "headers": headers}});
            let Ok(Reading::Events(events)) = read(body.to_string().as_bytes(), "default") else { panic!("{headers}") };
            let Some(Seen::Ticket(seen)) = events[0].seen.first() else { panic!("{headers}") };
            assert_eq!(seen.automatic, expected, "{headers}");
        }
        let plain =
            json!({"id": "e", "type": "ticket.created", "created_at": "2026-03-01T10:00:00Z", "ticket": {"id": 1}});
        assert!(matches!(read(plain.to_string().as_bytes(), "default"), Ok(Reading::Events(_))));
    }
}

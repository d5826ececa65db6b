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
    let Ticket { id, subject, body, status, csat, requester } = event.ticket;
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

//! Who wrote a ticket? Zendesk's events name their requester by number only; its API shows them beside the ticket.
//!
//! <https://developer.zendesk.com/documentation/ticketing/using-the-zendesk-api/side_loading/>

use crate::value::{Id, named};
use crate::{Call, Malformed, Reading, Reply, malformed, masked};
use domain::event::{Event, Kind, Origin, Seen, TicketSeen};
use domain::id::digest;
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
struct Shown {
    ticket: Ticket,
    #[serde(default)]
    users: Vec<User>,
}

#[derive(Deserialize)]
struct Ticket {
    id: Id,
    #[serde(default, deserialize_with = "named")]
    requester_id: Option<Id>,
}

#[derive(Deserialize)]
struct User {
    id: Id,
    name: Option<String>,
    email: Option<String>,
}

/// Asks for a ticket with the people who are named in it.
pub(super) fn call(ticket: &str) -> Call {
    let ticket: String = form_urlencoded::byte_serialize(ticket.as_bytes()).collect();
    Call::get(format!("/api/v2/tickets/{ticket}.json?include=users"))
}

/// The requester's address and name, and nothing else of the answer: of the ticket itself its events tell, in their
/// order. Whoever is not shown as its requester is not taken for them.
pub(super) fn observe(asked: &Call, reply: &Reply, source: &str, at: Timestamp) -> Result<Reading, Malformed> {
    let Shown { ticket, users } =
        serde_json::from_str(&reply.body).map_err(malformed("a Zendesk ticket with its users"))?;
    if call(&ticket.id.0).path != asked.path {
        return Ok(Reading::Ignored("another ticket than was asked for"));
    }
    let requester = users.into_iter().find(|user| Some(&user.id) == ticket.requester_id.as_ref());
    let Some((name, email)) = requester.and_then(|user| Some((user.name, user.email.filter(|it| it.contains('@'))?)))
    else {
        return Ok(Reading::Ignored("Zendesk knows no address of whoever wrote"));
    };
    let name = name.filter(|name| !name.trim().is_empty()).map(|name| masked(&name).into_owned());
    let who = digest(&[&email, name.as_deref().unwrap_or_default()], 12);
    Ok(Reading::Events(vec![Event {
        // The same answer is the same event, whenever it comes.
        id: format!("requester_{}_{who}", ticket.id.0),
        provider: "zendesk".to_owned(),
        source: source.to_owned(),
        origin: Origin::Lookup,
        kind: Kind::TicketChanged,
        at,
        customer: None,
        seen: vec![Seen::Ticket(TicketSeen {
            id: ticket.id.0,
            requester_name: name,
            requester_email: Some(email),
            ..TicketSeen::default()
        })],
    }]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_requester_of_the_ticket_that_was_asked_for_is_told() {
        let ada = r#"{"id":555,"name":"Ada","email":"ada@shop.example"}"#;
        let eve = r#"{"id":556,"name":"Eve","email":"eve@else.example"}"#;
        for (what, ticket, users, expected) in [
            ("the requester", r#"{"id":42,"requester_id":555}"#, format!("{eve},{ada}"), Some("ada@shop.example")),
            ("numbers as texts", r#"{"id":"42","requester_id":"555"}"#, ada.to_owned(), Some("ada@shop.example")),
            ("somebody else alone", r#"{"id":42,"requester_id":555}"#, eve.to_owned(), None),
            ("nobody", r#"{"id":42,"requester_id":555}"#, String::new(), None),
            ("no requester", r#"{"id":42,"requester_id":null}"#, ada.to_owned(), None),
            ("another ticket", r#"{"id":43,"requester_id":555}"#, ada.to_owned(), None),
            (
                "no address",
                r#"{"id":42,"requester_id":555}"#,
                r#"{"id":555,"name":"Ada","email":null}"#.to_owned(),
                None,
            ),
        ] {
            let reply = Reply { status: 200, body: format!(r#"{{"ticket":{ticket},"users":[{users}]}}"#) };
            let read = observe(&call("42"), &reply, "default", Timestamp::UNIX_EPOCH).unwrap();
            let found = match read {
                Reading::Events(events) => match &events[..] {
                    [Event { seen, .. }] => match &seen[..] {
                        [Seen::Ticket(seen)] => {
                            assert_eq!((seen.id.as_str(), &seen.body, seen.status), ("42", &None, None), "{what}");
                            seen.requester_email.clone()
                        }
                        _ => panic!("{what}: {seen:?}"),
                    },
                    _ => panic!("{what}: {events:?}"),
                },
                _ => None,
            };
            assert_eq!(found.as_deref(), expected, "{what}");
        }
        let nothing = Reply { status: 200, body: "{}".to_owned() };
        assert!(observe(&call("42"), &nothing, "default", Timestamp::UNIX_EPOCH).is_err());
    }
}

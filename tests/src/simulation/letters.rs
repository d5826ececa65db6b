//! What customers and strangers write in a storm, through two help desks: again, from elsewhere, and the same twice.

use super::tickets::Written;
use super::{CUSTOMERS, START, Sent, Storm};
use domain::ticket::TicketName;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Where strangers write from: no account has an address there.
pub(super) const STRANGERS: &str = "@else.example";
pub(super) const SUBJECT: &str = "A question";
pub(super) const WORDS: [&str; 5] = [
    "I was charged twice this month.",
    "My payment has failed, and I do not know why.",
    "I want my money back.",
    "What do I owe you?",
    "Hello?",
];

impl Storm {
    /// What is written to the company, whatever reaches us of it.
    pub(super) fn write_tickets(&mut self) {
        let start: Timestamp = START.parse().unwrap();
        for number in 0..3 + self.dice.roll(3) {
            let at = start + SignedDuration::from_mins(60 + self.minutes(60 * 24 * 6));
            self.somebody_writes(number, at);
        }
        self.ahead.sort_by_key(|(at, _)| *at);
        self.backlog.sort_by_key(|(at, _)| *at);
    }

    /// A ticket of a customer or a stranger, who may name anybody's invoice, and may write again from elsewhere.
    fn somebody_writes(&mut self, number: u64, mut at: Timestamp) {
        let customer = *self.dice.pick(CUSTOMERS);
        let is_stranger = self.dice.roll(3) == 0;
        let from = address(customer, is_stranger, &number.to_string());
        let mut words = (*self.dice.pick(&WORDS)).to_owned();
        if self.dice.roll(if is_stranger { 2 } else { 5 }) == 0 {
            words += &format!(" It is about invoice {}.", format!("in_{customer}_0").to_uppercase());
        }
        let is_at_zendesk = self.dice.roll(4) == 0;
        let name = if is_at_zendesk {
            TicketName::new("zendesk", "default", &(501 + number).to_string())
        } else {
            TicketName::new("ticket", "default", &format!("t{number}"))
        };
        let mut letters = vec![(at, letter(&name, 0, (&from, &words), at))];
        let mut all_from = vec![from.clone()];
        for again in 1..1 + self.dice.roll(3) {
            at += SignedDuration::from_mins(1 + self.minutes(60 * 24 * 3));
            let other = format!("another-{number}{STRANGERS}");
            let by = if self.dice.roll(6) == 0 { other } else { from.clone() };
            let more = format!("Is anybody there? That is my letter {again}.");
            letters.push((at, letter(&name, again, (&by, &more), at)));
            all_from.push(by);
        }
        if !is_at_zendesk && self.dice.roll(6) == 0 {
            at += SignedDuration::from_mins(1 + self.minutes(60 * 24));
            letters.push((at, solved(&name, at)));
        }
        let (first_at, is_twin) = (letters[0].0, !is_at_zendesk && self.dice.roll(4) == 0);
        self.sends_letters(name, all_from, letters);
        if is_twin {
            // The same words once more, under another name.
            let twin_at = first_at + SignedDuration::from_mins(1 + self.minutes(90));
            let twin = TicketName::new("ticket", "default", &format!("t{number}b"));
            let copy = vec![(twin_at, letter(&twin, 0, (&from, &words), twin_at))];
            self.sends_letters(twin, vec![from], copy);
        }
    }

    fn sends_letters(&mut self, name: TicketName, from: Vec<String>, letters: Vec<(Timestamp, Sent)>) {
        self.ahead.extend(letters.iter().cloned());
        self.backlog.extend(letters.iter().cloned());
        let letters = letters.into_iter().map(|(_, sent)| sent).collect();
        self.talk.tickets.push(Written { name, from, vouched_at: None, letters });
    }
}

/// Who writes: a contact of the account, or somebody whom nobody knows.
pub(super) fn address(customer: &str, is_stranger: bool, number: &str) -> String {
    if is_stranger { format!("somebody-{number}{STRANGERS}") } else { format!("{customer}@shop.example") }
}

/// A letter, as the help desk tells of it that it came to. Zendesk does not tell the address.
fn letter(name: &TicketName, number: u64, (from, words): (&str, &str), at: Timestamp) -> Sent {
    let (id, is_first) = (&name.id, number == 0);
    if name.provider == "zendesk" {
        let (kind, customer) = (if is_first { "created" } else { "comment_added" }, format!("9{id}"));
        let comment = json!({"comment": {"body": words, "is_public": true, "author": {"id": customer}}});
        let detail = json!({"id": id, "subject": SUBJECT, "description": words, "status": "OPEN",
            "requester_id": customer});
        return sent(
            name,
            &json!({"type": format!("zen:event-type:ticket.{kind}"), "id": format!("zd_{id}_{number}"), "account_id": 1,
                "subject": format!("zen:ticket:{id}"), "time": at, "zendesk_event_version": "2022-11-06",
                "detail": detail, "event": if is_first { json!({}) } else { comment }}),
        );
    }
    let kind = if is_first { "ticket.created" } else { "ticket.commented" };
    let ticket = json!({"id": id, "subject": SUBJECT, "body": words, "status": "open", "csat": null,
        "requester": {"email": from, "name": "Ada"}});
    sent(name, &json!({"id": format!("tkt_{id}_{number}"), "type": kind, "created_at": at, "ticket": ticket}))
}

/// The help desk tells that it has solved a ticket.
fn solved(name: &TicketName, at: Timestamp) -> Sent {
    let id = &name.id;
    let ticket = json!({"id": id, "status": "solved"});
    sent(name, &json!({"id": format!("tkt_{id}_solved"), "type": "ticket.updated", "created_at": at, "ticket": ticket}))
}

fn sent(name: &TicketName, body: &Value) -> Sent {
    Sent::recorded(providers::named(&name.provider).unwrap(), body.to_string().into_bytes())
}

//! By when is a message done with? What it calls has what is left of that, and what cannot end in time is not begun.

use crate::message::Message;
use jiff::{SignedDuration, Timestamp};

/// How long a question waits for its answer that nothing depends on at once.
pub const GLANCE: SignedDuration = SignedDuration::from_secs(2);
/// How long anything else may take: at a provider, at Slack, with the mail.
pub const PATIENCE: SignedDuration = SignedDuration::from_secs(20);
/// How long an endpoint of the product may take to answer.
pub const DELIVERY: SignedDuration = SignedDuration::from_secs(10);
/// What a letter has at least, however long the calls before it took: people have to hear how it ended.
const LETTER: SignedDuration = SignedDuration::from_secs(3);
/// A page of a provider's list: it is asked for again, and is begun only if it can still end.
const LISTED: SignedDuration = SignedDuration::from_secs(14);
/// What is done beside all that: read, decide, write, and again after a conflict.
const WORK: SignedDuration = SignedDuration::from_secs(3);
/// What of it comes last: how it ended must be stored.
const STORE: SignedDuration = SignedDuration::from_secs(2);
/// What a function keeps to answer for its batch.
pub const RESERVE: SignedDuration = SignedDuration::from_secs(2);

/// How long a message may take at most, whoever is silent. What it did not come to, its alarm takes up.
pub fn takes(message: &Message) -> SignedDuration {
    match message {
        Message::Delivery { .. }
        | Message::Probe { .. }
        | Message::Orphan { .. }
        | Message::Watch { .. }
        | Message::TicketDue { .. }
        | Message::Unlinked { .. }
        | Message::Confirmed { .. }
        | Message::Ring { .. } => GLANCE + WORK,
        Message::List { .. } => LISTED,
        Message::Cohort { .. }
        | Message::Deliver { .. }
        | Message::Walk { .. }
        | Message::Tell { .. }
        | Message::PlanDue { .. }
        | Message::Heed { .. }
        | Message::RungDue { .. }
        | Message::NoticeDue { .. }
        | Message::RequestDue { .. }
        | Message::Settle { .. }
        | Message::Requested { .. }
        | Message::Ask { .. }
        | Message::Answer { .. }
        | Message::Hear { .. }
        | Message::Act { .. }
        | Message::Pressed { .. }
        | Message::Month { .. }
        | Message::Sums { .. }
        | Message::Seal { .. } => longest(),
    }
}

/// For one answer that is worth waiting for, with its letter and its work. The gateway waits for half a minute.
pub fn longest() -> SignedDuration {
    PATIENCE + LETTER + WORK
}

/// Until when a message that began then, and does one thing after the other, may begin another. At worst the last one
/// begins at second 21, has its three seconds of work, its letters wait until second 24, and how far it came is stored in
/// the two seconds that are left: `longest`, whoever is silent.
pub fn begins_until(begun: Timestamp) -> Timestamp {
    begun + longest() - WORK - STORE
}

/// The same for whoever brings something to an endpoint, which may take all of its time: what a message brings after the first
/// thing is brought only while that leaves time for it.
pub fn delivers_until(begun: Timestamp) -> Timestamp {
    begun + longest() - DELIVERY - WORK
}

/// Whether a message that begins now ends before its function does.
pub fn fits(message: &Message, now: Timestamp, function_ends_at: Timestamp) -> bool {
    now + takes(message) + RESERVE <= function_ends_at
}

/// By when everything that a message waits for is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    pub calls_end_at: Timestamp,
    pub letters_end_at: Timestamp,
}

impl Deadline {
    /// Of what begins now, and takes so long at most.
    pub fn of(now: Timestamp, takes: SignedDuration) -> Self {
        let letters_end_at = now + takes - STORE;
        let letter = if takes < longest() { SignedDuration::ZERO } else { LETTER };
        Self { calls_end_at: letters_end_at - letter, letters_end_at }
    }
}

/// How long something may take that begins now; none if it is not worth beginning.
pub fn left(ends_at: Timestamp, now: Timestamp) -> Option<SignedDuration> {
    let left = ends_at.duration_since(now);
    (left >= GLANCE).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn probe() -> Message {
        let own = |text: &str| text.to_owned();
        Message::Probe { provider: own("mollie"), source: own("default"), path: own("/v2/x"), trace: own("t") }
    }

    fn list() -> Message {
        Message::List { provider: "mollie".to_owned(), source: "default".to_owned(), trace: String::new() }
    }

    fn month() -> Message {
        Message::Month { month: "2026-03".to_owned(), trace: String::new() }
    }

    #[test]
    fn a_message_begins_only_if_it_can_end() {
        for (name, message, ends, begins) in [
            ("just enough for a question", probe(), 7, true),
            ("a second too little for a question", probe(), 6, false),
            ("just enough for a list", list(), 16, true),
            ("a second too little for a list", list(), 15, false),
            ("just enough for a month", month(), 28, true),
            ("a second too little for a month", month(), 27, false),
        ] {
            assert_eq!(fits(&message, at(0), at(ends)), begins, "{name}");
        }
    }

    #[test]
    fn what_is_begun_last_ends_before_its_message_does() {
        let cohort =
            Message::Cohort { provider: "stripe".to_owned(), source: "default".to_owned(), trace: String::new() };
        let (begun, takes) = (at(0), takes(&cohort));
        let (last, letters) = (begins_until(begun), Deadline::of(begun, takes).letters_end_at);
        assert_eq!(last, at(21));
        let ends = (last + WORK).max(letters) + STORE;
        assert!(ends <= begun + takes, "it ends at {ends}");
        assert!(last >= begun + PATIENCE, "one that is silent leaves time for another");
    }

    #[test]
    fn what_is_brought_last_is_stored_before_its_message_ends() {
        let (begun, last) = (at(0), delivers_until(at(0)));
        assert_eq!(last, at(13));
        assert!(last >= begun + DELIVERY, "one that is slow leaves time for another");
        assert_eq!(last + DELIVERY + WORK, begun + longest());
    }

    #[test]
    fn a_call_has_what_is_left_and_leaves_time_to_tell_and_to_store_how_it_ended() {
        let (question, action) = (Deadline::of(at(0), takes(&probe())), Deadline::of(at(0), longest()));
        for (name, ends_at, begun, left_secs) in [
            ("a question", question.calls_end_at, 0, Some(3)),
            ("a second question after silence", question.calls_end_at, 2, None),
            ("an action's first call", action.calls_end_at, 0, Some(21)),
            ("the last call worth beginning", action.calls_end_at, 19, Some(2)),
            ("a call after silence", action.calls_end_at, 20, None),
            ("a letter after silence", action.letters_end_at, 20, Some(4)),
            ("a letter after two silences", action.letters_end_at, 24, None),
        ] {
            assert_eq!(left(ends_at, at(begun)), left_secs.map(SignedDuration::from_secs), "{name}");
        }
    }
}

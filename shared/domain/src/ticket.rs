//! A support ticket as it stands, whatever the order in which its events came, and how it is handled.

mod answer;
mod answering;
mod assign;
mod clock;
mod dispatch;
mod draft;
mod follow;
mod form;
mod handling;
mod languages;
mod letters;
mod merge;
mod moving;
mod name;
mod neutral;
mod opening;
mod path;
mod policy;
mod reading;
mod requested;
mod saying;
mod taken;
mod told;
mod tongue;
mod trouble;
mod turn;
mod vouched;
mod whose;

pub use crate::staff::AtWork;
pub use answer::{Answer, Outcome};
pub use answering::AnswerPolicy;
pub use assign::{Colleague, pick, role};
pub use clock::Rang;
pub use dispatch::{Came, Dispatch, Next};
pub use draft::{Draft, Matter, NotOffered, Offered, Way, drafts, not_offered};
pub use follow::{Followed, follow};
pub use form::{FORM, Lacks, REASONS, Typed, Wanted};
pub use handling::{Handling, Happened, State};
pub use languages::LanguagePolicy;
pub use letters::{Letter, LetterRead, LettersRead, corrections, letters, read_letters};
pub use merge::{NotMerged, NotUnmerged, same_words};
pub use moving::Moving;
pub use name::TicketName;
pub use neutral::{Greeted, may_greet};
pub use opening::about;
pub use path::{Known, Scene, concerned, end_case, take_up};
pub use policy::TicketPolicy;
pub use reading::read;
pub use requested::{Knocks, Mailed, Requested, Step, Who};
pub use saying::{Unsayable, may_say};
pub use taken::TakenFor;
pub use told::{End, Heard};
pub use tongue::Tongue;
pub(crate) use trouble::same_trouble;
pub use turn::Turn;
pub use vouched::NotVouched;
pub use whose::{Mentions, Whose, mentions, whose};

use crate::book::{Latest, Stamp};
use crate::event::{Event, TicketSeen, TicketStatus};
use crate::id::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What was asked first and written last, and which accounts it may be of. Each field keeps its latest sighting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ticket {
    pub provider: String,
    pub source: String,
    pub id: String,
    pub subject: Latest<String>,
    /// What was written first.
    pub body: Option<(Stamp, String)>,
    /// What was written last.
    pub latest: Latest<String>,
    pub status: Latest<TicketStatus>,
    pub csat: Latest<u8>,
    pub requester_name: Latest<String>,
    pub requester_email: Latest<String>,
    /// Whether whoever wrote it has shown that the address is theirs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub verified: bool,
    /// The first time that any event tells.
    pub opened_at: Option<Timestamp>,
    pub changed_at: Option<Timestamp>,
    /// Accounts with the requester's address, when the ticket was last folded.
    pub accounts: BTreeSet<AccountId>,
    /// What we do about it, whatever the help desk says of it.
    pub handling: Handling,
    /// From then on nothing that is written in it is taken in.
    pub erased_at: Option<Timestamp>,
}

impl Ticket {
    /// One of which nothing was seen yet.
    pub fn new(provider: &str, source: &str, id: &str) -> Self {
        Self { provider: provider.to_owned(), source: source.to_owned(), id: id.to_owned(), ..Self::default() }
    }

    /// Takes in what an event shows; of a ticket that was erased only how it goes, and nothing that is written.
    pub fn fold(&mut self, seen: &TicketSeen, event: &Event) {
        let stamp = Stamp::of(event, seen.as_of, seen.status.map_or(0, |status| status as u8));
        self.status.see(&stamp, seen.status);
        self.csat.see(&stamp, seen.csat);
        self.opened_at = Some(self.opened_at.map_or(event.at, |at| at.min(event.at)));
        self.changed_at = self.changed_at.max(Some(event.at));
        if self.erased_at.is_some() {
            return;
        }
        self.subject.see(&stamp, seen.subject.clone());
        if let Some(body) = &seen.body
            && self.body.as_ref().is_none_or(|(standing, _)| stamp < *standing)
        {
            self.body = Some((stamp.clone(), body.clone()));
        }
        self.latest.see(&stamp, seen.body.clone());
        self.requester_name.see(&stamp, seen.requester_name.clone());
        let address = self.requester_email.value().cloned();
        self.requester_email.see(&stamp, seen.requester_email.clone());
        let same =
            |one: &String| self.requester_email.value().is_some_and(|it| it.trim().eq_ignore_ascii_case(one.trim()));
        if address.is_some_and(|one| !same(&one)) {
            // Whose the other address was, and who vouched for that, says nothing of this one.
            self.accounts.clear();
            (self.handling.vouched_by, self.handling.stranger_by) = (None, None);
        }
        self.verified |= seen.verified;
        if let Some(chosen) = TakenFor::chosen(seen, event.at) {
            self.handling.take_for(chosen);
        }
        if let Some(language) = &seen.language {
            self.handling.language.get_or_insert_with(|| language.clone());
        }
    }

    /// The newest words of the customer: what was written last, or else what it came with.
    pub fn newest(&self) -> Option<&str> {
        self.latest.value().map(String::as_str).or(self.body.as_ref().map(|(_, body)| body.as_str()))
    }

    /// All that is written in it, as far as it is kept.
    pub fn words(&self) -> String {
        let first = self.body.as_ref().map(|(_, body)| body.as_str());
        let newest = self.newest().filter(|newest| Some(*newest) != first);
        let all = self.subject.value().map(String::as_str).into_iter().chain(newest).chain(first);
        all.collect::<Vec<_>>().join("\n")
    }

    /// When it began, or began anew.
    pub fn began_at(&self) -> Option<Timestamp> {
        self.handling.began_at.or(self.opened_at)
    }

    /// Whether whoever wrote it has an address of the account, or a colleague has said that it is theirs: only then may
    /// amounts, links and invoices be in an answer. What only the text names is no proof.
    pub fn is_from_a_contact(&self) -> bool {
        self.handling.account.as_ref().is_some_and(|account| self.accounts.contains(account))
    }

    /// Keeps that there was a ticket, and how it went.
    pub fn erase(&mut self, at: Timestamp) {
        let Self { provider, source, id, status, csat, opened_at, changed_at, mut handling, .. } = std::mem::take(self);
        handling.erase();
        let erased_at = Some(at);
        *self =
            Self { provider, source, id, status, csat, opened_at, changed_at, handling, erased_at, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Kind, Origin, Seen};

    #[test]
    fn another_address_is_another_person() {
        let told = |id: &str, second: i64, address: Option<&str>| {
            let seen =
                TicketSeen { id: "t1".into(), requester_email: address.map(str::to_owned), ..TicketSeen::default() };
            let event = Event {
                id: id.into(),
                provider: "ticket".into(),
                source: "default".into(),
                origin: Origin::Webhook,
                kind: Kind::TicketChanged,
                at: Timestamp::from_second(second).unwrap(),
                customer: None,
                seen: vec![],
            };
            (seen, event)
        };
        for (name, second, address, is_known) in [
            ("nothing is said of it", 2, None, true),
            ("the same, written otherwise", 2, Some(" ADA@shop.example"), true),
            ("another", 2, Some("eve@else.example"), false),
            ("an older one that comes late", 0, Some("eve@else.example"), true),
        ] {
            let mut ticket = Ticket::new("ticket", "default", "t1");
            let (seen, event) = told("a", 1, Some("ada@shop.example"));
            ticket.fold(&seen, &event);
            let account = AccountId::of("stripe", "default", "cus_1");
            ticket.accounts.insert(account.clone());
            ticket.handling.account = Some(account);
            ticket.handling.vouched_by = Some("lena".to_owned());
            let (seen, event) = told("b", second, address);
            ticket.fold(&seen, &event);
            let known = (ticket.is_from_a_contact(), ticket.handling.vouched_by.is_some());
            assert_eq!(known, (is_known, is_known), "{name}");
        }
    }

    #[test]
    fn any_order_gives_the_same_ticket() {
        let event = |id: &str, second: i64, body: &str, status: TicketStatus, csat: Option<u8>| Event {
            id: id.into(),
            provider: "ticket".into(),
            source: "default".into(),
            origin: Origin::Webhook,
            kind: Kind::TicketChanged,
            at: Timestamp::from_second(second).unwrap(),
            customer: None,
            seen: vec![Seen::Ticket(TicketSeen {
                id: "t1".into(),
                body: Some(body.into()),
                status: Some(status),
                csat,
                ..TicketSeen::default()
            })],
        };
        let events = [
            event("a", 1, "charged twice", TicketStatus::Open, None),
            event("b", 2, "please hurry", TicketStatus::Waiting, None),
            event("c", 3, "thank you", TicketStatus::Solved, Some(5)),
        ];
        let folded = |order: &[usize]| {
            let mut ticket = Ticket::new("ticket", "default", "t1");
            for &place in order {
                let Seen::Ticket(seen) = &events[place].seen[0] else { unreachable!() };
                ticket.fold(seen, &events[place]);
            }
            ticket
        };
        let straight = folded(&[0, 1, 2]);
        assert_eq!(straight.body.as_ref().map(|(_, body)| body.as_str()), Some("charged twice"));
        assert_eq!(straight.latest.value().map(String::as_str), Some("thank you"));
        assert_eq!((straight.status.copied(), straight.csat.copied()), (Some(TicketStatus::Solved), Some(5)));
        for order in [vec![2, 1, 0], vec![1, 1, 0, 2, 0], vec![2, 0, 1, 2]] {
            assert_eq!(folded(&order), straight, "{order:?}");
        }
    }
}

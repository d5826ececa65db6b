//! Two tickets that are one: the second points to the first and ends. And back, where somebody was wrong.

use super::{State, Ticket, TicketName};
use jiff::Timestamp;

/// Why two tickets stay two. The order is the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMerged {
    #[error("a ticket is not a repeat of itself")]
    Itself,
    #[error("the ticket that is named is a repeat itself: name the one that it points to")]
    Repeat,
    #[error("this ticket has ended already")]
    Ended,
    #[error("the two are of different accounts: what one customer wrote is not shown to another")]
    OtherAccount,
}

/// Why a ticket stays a repeat. The order is the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotUnmerged {
    #[error("this ticket is no repeat of another")]
    NoRepeat,
    #[error("say in `note` why the two are not one")]
    NoNote,
}

/// What is the same where somebody sends a letter twice: who wrote it, and its words, whatever their case and spaces
/// are. Nothing where nobody or nothing is known.
pub fn same_words(ticket: &Ticket) -> Option<String> {
    let (email, words) = (ticket.requester_email.value()?, ticket.newest()?);
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let subject = ticket.subject.value().map(|subject| plain(subject)).unwrap_or_default();
    Some(format!("{}\n{subject}\n{}", plain(email), plain(words)))
}

impl Ticket {
    /// It was a repeat of another one.
    pub fn merge(&mut self, into: &Self, by: &str, at: Timestamp) -> Result<(), NotMerged> {
        let (own, other) = (TicketName::of(self), TicketName::of(into));
        let accounts = self.handling.account.as_ref().zip(into.handling.account.as_ref());
        if own == other {
            return Err(NotMerged::Itself);
        }
        if into.handling.merged_into.is_some() {
            return Err(NotMerged::Repeat);
        }
        if self.handling.state == State::Resolved {
            return Err(NotMerged::Ended);
        }
        if accounts.is_some_and(|(own, other)| own != other) {
            return Err(NotMerged::OtherAccount);
        }
        self.handling.merged_into = Some(other.to_string());
        self.handling.case = self.handling.case.take().or_else(|| into.handling.case.clone());
        self.handling.go_on(State::Resolved, by, at, &format!("it is the same as {}", other.address()));
        Ok(())
    }

    /// It is no repeat after all: it goes on by itself, without the case of the other, and its letter waits for an
    /// answer of its own.
    pub fn unmerge(&mut self, by: &str, note: &str, at: Timestamp) -> Result<(), NotUnmerged> {
        let Some(other) = self.handling.merged_into.as_deref() else { return Err(NotUnmerged::NoRepeat) };
        if note.trim().is_empty() {
            return Err(NotUnmerged::NoNote);
        }
        let address = TicketName::parse(other).map_or_else(|| other.to_owned(), |name| name.address());
        self.handling.by_hand = true;
        self.handling.reopen(by, at, &format!("it is not the same as {address}"));
        self.handling.begin_turn(at, None);
        self.handling.say(at, by, "because", note);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AccountId, CaseId};
    use crate::staff::MACHINE;

    #[test]
    fn whoever_writes_again_to_a_repeat_has_not_the_case_of_the_other_ticket() {
        let (at, account) = (Timestamp::UNIX_EPOCH, AccountId::of("shop", "default", "a"));
        let mut first = Ticket::new("desk", "default", "t1");
        first.handling.case = Some(CaseId::of(&account, "duplicate_charge", "ch_2"));
        first.handling.account = Some(account);
        let mut stranger = Ticket::new("desk", "default", "t2");
        stranger.merge(&first, "lena", at).unwrap();
        assert_eq!(stranger.handling.case, first.handling.case);
        stranger.handling.reopen(MACHINE, at, "the customer wrote again");
        assert_eq!((stranger.handling.case, stranger.handling.merged_into), (None, None));

        let case = first.handling.case.clone();
        first.handling.go_on(State::Resolved, "lena", at, "closed it");
        first.handling.reopen(MACHINE, at, "the customer wrote again");
        assert_eq!(first.handling.case, case, "its own stays");
    }

    #[test]
    fn what_is_no_repeat_goes_on_by_itself_and_waits_for_an_answer() {
        let (at, account) = (Timestamp::UNIX_EPOCH, AccountId::of("shop", "default", "a"));
        let mut first = Ticket::new("desk", "default", "t1");
        first.handling.case = Some(CaseId::of(&account, "duplicate_charge", "ch_2"));
        let mut ticket = Ticket::new("desk", "default", "t2");
        assert_eq!(ticket.unmerge("lena", "another payment", at), Err(NotUnmerged::NoRepeat));
        ticket.merge(&first, "lena", at).unwrap();
        assert_eq!(ticket.unmerge("lena", " ", at), Err(NotUnmerged::NoNote));
        assert_eq!(ticket.handling.state, State::Resolved);
        ticket.unmerge("mara", "another payment", at).unwrap();
        let handling = &ticket.handling;
        let stands = (handling.state, &handling.merged_into, &handling.case, handling.resolved_at);
        assert_eq!(stands, (State::Open, &None, &None, None));
        assert!(handling.is_unanswered() && handling.by_hand, "{handling:?}");
        let said: Vec<_> = handling.history.iter().map(|it| (it.by.as_str(), it.what.as_str())).collect();
        let address = TicketName::of(&first).address();
        let (merged, unmerged) = (format!("it is the same as {address}"), format!("it is not the same as {address}"));
        let because = "because: another payment";
        assert_eq!(said, [("lena", merged.as_str()), ("mara", unmerged.as_str()), ("mara", because)]);
        assert_eq!(ticket.unmerge("mara", "again", at), Err(NotUnmerged::NoRepeat));
    }

    #[test]
    fn a_repeat_points_to_the_first_and_ends() {
        let at = Timestamp::UNIX_EPOCH;
        let of = |id: &str, customer: Option<&str>| {
            let mut ticket = Ticket::new("desk", "default", id);
            ticket.handling.account = customer.map(|customer| AccountId::of("shop", "default", customer));
            ticket
        };
        let mut repeat = of("t3", None);
        repeat.merge(&of("t1", None), MACHINE, at).unwrap();
        assert_eq!(
            (repeat.handling.state, repeat.handling.merged_into.as_deref()),
            (State::Resolved, Some("desk/default/t1"))
        );
        for (what, mut ticket, into, expected) in [
            ("another of the account", of("t2", Some("a")), of("t1", Some("a")), Ok(())),
            ("of somebody whom nobody knows", of("t2", None), of("t1", Some("a")), Ok(())),
            ("itself", of("t1", None), of("t1", None), Err(NotMerged::Itself)),
            ("a repeat", of("t2", None), repeat.clone(), Err(NotMerged::Repeat)),
            ("one that has ended", repeat.clone(), of("t1", None), Err(NotMerged::Ended)),
            ("another customer's", of("t2", Some("a")), of("t1", Some("b")), Err(NotMerged::OtherAccount)),
        ] {
            assert_eq!(ticket.merge(&into, "lena", at), expected, "{what}");
        }
    }
}

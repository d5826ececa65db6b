//! Two tickets that are one: the second points to the first and ends.

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

/// What is the same where somebody sends a letter twice: who wrote it, and its words, whatever their case and spaces are.
/// Nothing where nobody or nothing is known.
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

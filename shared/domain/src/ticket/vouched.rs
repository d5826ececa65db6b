//! Who may be told what: to a stranger nothing of any account is said, until a person has said whose the ticket is.

use super::{Handling, State, Ticket};
use crate::id::{AccountId, CaseId};
use crate::policy::shorten;
use crate::staff::Staff;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// How much of a note stands in the history.
const NOTE_BYTES_MAX: usize = 500;

/// Why nobody may say whose a ticket is. The order is the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotVouched {
    #[error("support and billing say whose a ticket is; ask a colleague there")]
    NotTheirs,
    #[error("write in `note` how you know whose it is: the customer's answer, a call, a document")]
    NoNote,
    #[error("what stood in this ticket was erased, and so was whose it is")]
    Erased,
    #[error("the customer was written to as another account's; open a ticket for this one")]
    Answered,
    #[error("whoever wrote has an address of the account, or a colleague knows whose it is")]
    Known,
}

impl Ticket {
    /// Whether a person has to find out whose it is: nobody knows, or only the text says so.
    pub fn is_unverified(&self) -> bool {
        let is_open = self.handling.state != State::Resolved && self.erased_at.is_none();
        is_open && !self.is_from_a_contact() && self.handling.stranger_by.is_none()
    }

    /// Takes in who has the requester's address. Whoever has another address by now is still whom it was about, and so
    /// is whom a colleague has named.
    pub fn found(&mut self, found: BTreeSet<AccountId>) {
        if found.is_empty() {
            return;
        }
        let vouched = self.handling.account.clone().filter(|_| self.handling.vouched_by.is_some());
        self.accounts = found.into_iter().chain(vouched).collect();
    }

    /// A person says whose it is, and how they know.
    pub fn vouch(&mut self, account: &AccountId, by: &Staff, note: &str, at: Timestamp) -> Result<(), NotVouched> {
        if !by.role.may_request() {
            return Err(NotVouched::NotTheirs);
        }
        if note.trim().is_empty() {
            return Err(NotVouched::NoNote);
        }
        if self.erased_at.is_some() {
            return Err(NotVouched::Erased);
        }
        let is_another = self.handling.account.as_ref().is_some_and(|standing| standing != account);
        if is_another && self.is_from_a_contact() && self.handling.first_answer_at.is_some() {
            return Err(NotVouched::Answered);
        }
        self.handling.account = Some(account.clone());
        self.handling.leave_case_of_others(account);
        (self.handling.vouched_by, self.handling.stranger_by) = (Some(by.id.clone()), None);
        self.accounts.insert(account.clone());
        self.handling.by_hand = true;
        self.handling.note(at, &by.id, format!("says that it is of {account}: {}", shortened(note)));
        Ok(())
    }

    /// A person says that whoever wrote is no customer, and how they know: they are answered as a stranger, and nobody
    /// has to find out more.
    pub fn is_of_no_customer(&mut self, by: &Staff, note: &str, at: Timestamp) -> Result<(), NotVouched> {
        if !by.role.may_request() {
            return Err(NotVouched::NotTheirs);
        }
        if note.trim().is_empty() {
            return Err(NotVouched::NoNote);
        }
        if self.erased_at.is_some() {
            return Err(NotVouched::Erased);
        }
        if self.is_from_a_contact() {
            return Err(NotVouched::Known);
        }
        self.handling.stranger_by = Some(by.id.clone());
        self.handling.by_hand = true;
        self.handling.note(at, &by.id, format!("says that they are no customer: {}", shortened(note)));
        Ok(())
    }
}

/// As much of a note as stands in the history.
fn shortened(note: &str) -> String {
    let mut note = note.trim().to_owned();
    shorten(&mut note, NOTE_BYTES_MAX);
    note
}

impl Handling {
    /// Its case, where that is of its account: of another one's trouble nothing is said to whoever wrote it.
    pub fn own_case(&self) -> Option<&CaseId> {
        let account = self.account.as_ref()?;
        self.case.as_ref().filter(|case| case.account() == *account)
    }

    /// A trouble of anybody but this account is not its own, however it came to be taken for it.
    pub(super) fn leave_case_of_others(&mut self, account: &AccountId) {
        self.case.take_if(|case| case.account() != *account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staff::Role;

    fn staff(role: Role) -> Staff {
        let (id, name, email) = ("lena".to_owned(), "Lena".to_owned(), "l@ours.example".to_owned());
        Staff { id, name, role, email, slack: None, languages: Vec::new() }
    }

    fn id(customer: &str) -> AccountId {
        AccountId::of("stripe", "default", customer)
    }

    fn ticket(accounts: &[&str], account: Option<&str>) -> Ticket {
        let mut ticket = Ticket::new("form", "stripe.default", "req_1");
        ticket.accounts = accounts.iter().map(|customer| id(customer)).collect();
        ticket.handling.account = account.map(id);
        ticket
    }

    #[test]
    fn only_a_contact_of_the_account_or_whom_somebody_vouches_for_is_told_amounts() {
        let mut vouched = ticket(&[], None);
        vouched.vouch(&id("a"), &staff(Role::L1), "called the number on file", Timestamp::UNIX_EPOCH).unwrap();
        for (what, ticket, told, unverified) in [
            ("a stranger", ticket(&[], None), false, true),
            ("two with one address", ticket(&["a", "b"], None), false, true),
            ("an address on file", ticket(&["a"], Some("a")), true, false),
            ("two, and the text says which", ticket(&["a", "b"], Some("a")), true, false),
            ("a stranger who names somebody's invoice", ticket(&[], Some("a")), false, true),
            ("a stranger somebody vouches for", vouched, true, false),
        ] {
            assert_eq!((ticket.is_from_a_contact(), ticket.is_unverified()), (told, unverified), "{what}");
        }
    }

    #[test]
    fn whom_somebody_named_stays_whoever_has_the_address() {
        let set = |customers: &[&str]| customers.iter().map(|customer| id(customer)).collect::<BTreeSet<_>>();
        for (what, vouched, found, accounts) in [
            ("nobody", None, vec![], vec![]),
            ("one", None, vec!["a"], vec!["a"]),
            ("two", None, vec!["a", "b"], vec!["a", "b"]),
            ("another than was named", Some("c"), vec!["a"], vec!["a", "c"]),
            ("nobody, after one was named", Some("c"), vec![], vec!["c"]),
        ] {
            let mut ticket = ticket(&[], None);
            if let Some(customer) = vouched {
                ticket.vouch(&id(customer), &staff(Role::L1), "called", Timestamp::UNIX_EPOCH).unwrap();
            }
            ticket.found(set(&found));
            assert_eq!((ticket.accounts, ticket.handling.account), (set(&accounts), vouched.map(id)), "{what}");
        }
    }

    #[test]
    fn whose_it_is_says_which_case_may_be_its_own() {
        let case = |customer: &str| CaseId::of(&id(customer), "duplicate_charge", "ch_2");
        for (what, account, of, own, kept) in [
            ("its own", Some("a"), "a", true, true),
            ("of the account that it was of before", Some("b"), "b", true, false),
            ("of another, taken over from a repeat", Some("a"), "b", false, false),
            ("nobody knew whose it was", None, "b", false, false),
            ("nobody knew, and it is theirs", None, "a", false, true),
        ] {
            let mut ticket = ticket(&[], account);
            ticket.handling.case = Some(case(of));
            assert_eq!(ticket.handling.own_case().is_some(), own, "{what}");
            ticket.vouch(&id("a"), &staff(Role::L1), "called", Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!(ticket.handling.case, kept.then(|| case("a")), "{what}: once somebody said that it is of a");
        }
    }

    #[test]
    fn who_says_whose_it_is_says_how_they_know() {
        let (now, known) = (Timestamp::UNIX_EPOCH, "called the number on file");
        let mut erased = ticket(&[], None);
        erased.erase(now);
        let mut answered = ticket(&["b"], Some("b"));
        answered.handling.first_answer_at = Some(now);
        for (what, ticket, role, note, expected) in [
            ("support", ticket(&[], None), Role::L1, known, Ok(())),
            ("billing", ticket(&["a", "b"], None), Role::BillingSpecialist, known, Ok(())),
            ("an analyst", ticket(&[], None), Role::Analyst, known, Err(NotVouched::NotTheirs)),
            ("legal", ticket(&[], None), Role::Legal, known, Err(NotVouched::NotTheirs)),
            ("without a word", ticket(&[], None), Role::L2, " ", Err(NotVouched::NoNote)),
            ("of an erased one", erased, Role::L2, known, Err(NotVouched::Erased)),
            ("another than was found", ticket(&["b"], Some("b")), Role::L2, known, Ok(())),
            ("another than was answered", answered, Role::L2, known, Err(NotVouched::Answered)),
        ] {
            let mut ticket = ticket;
            let before = ticket.clone();
            assert_eq!(ticket.vouch(&id("a"), &staff(role), note, now), expected, "{what}");
            if expected.is_ok() {
                let last = ticket.handling.history.last().unwrap();
                assert!(last.by == "lena" && last.what.contains(known), "{what}: {last:?}");
                assert!(ticket.is_from_a_contact(), "{what}");
            } else {
                assert_eq!(ticket, before, "{what}");
            }
        }
    }

    #[test]
    fn whoever_is_no_customer_is_not_looked_for_until_they_are_one() {
        let (at, lena) = (Timestamp::UNIX_EPOCH, staff(Role::L1));
        let said = |ticket: &mut Ticket, by: &Staff, note: &str| ticket.is_of_no_customer(by, note, at);
        let mut ticket = ticket(&[], None);
        assert_eq!(said(&mut ticket, &staff(Role::Analyst), "spam"), Err(NotVouched::NotTheirs));
        assert_eq!(said(&mut ticket, &lena, " "), Err(NotVouched::NoNote));
        assert!(ticket.is_unverified());
        assert_eq!(said(&mut ticket, &lena, "they sell something"), Ok(()));
        assert!(!ticket.is_unverified() && !ticket.is_from_a_contact() && ticket.handling.by_hand);
        ticket.vouch(&id("cus_1"), &lena, "they bought something", at).unwrap();
        assert_eq!(ticket.handling.stranger_by, None);
        assert_eq!(said(&mut ticket, &lena, "no"), Err(NotVouched::Known));
        ticket.erase(at);
        assert_eq!(said(&mut ticket, &lena, "no"), Err(NotVouched::Erased));
    }
}

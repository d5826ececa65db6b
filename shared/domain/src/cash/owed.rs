//! What an account owes as it stands: what shows the steps of a ticket for whose payment nobody has asked yet.

use super::Credit;
use super::flow::{Done, Step};
use crate::case::Class;
use crate::debt::{Debt, Standing};
use crate::id::AccountId;
use crate::money::Money;
use crate::staff::MACHINE;
use jiff::Timestamp;

/// How many invoices are named; the others are counted.
const NAMED_MAX: usize = 20;

/// An account at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Owed<'a> {
    pub account: &'a AccountId,
    pub limit: Option<Money>,
    /// All that is open; nothing where there is more than is read for a look.
    pub debts: Option<&'a [Debt]>,
    pub at: Timestamp,
}

impl Owed<'_> {
    /// The steps that it shows, for a ticket of this class.
    pub(super) fn shows(&self, class: Option<Class>) -> Vec<Done> {
        let done = |step, evidence| Done { step, at: self.at, by: MACHINE.to_owned(), evidence, whom: None };
        let mut shown = vec![done(Step::Customer, customer(self.account, self.limit))];
        if let Some(debts) = self.debts {
            let credit = Credit::of(self.limit, debts);
            shown.push(done(Step::Invoices, invoices(debts)));
            shown.push(done(Step::Debt, credit.owed()));
            shown.push(done(Step::Eligibility, credit.judged(class)));
        }
        shown
    }
}

/// Whose ticket it is, and up to which debt service goes on.
pub(super) fn customer(account: &AccountId, limit: Option<Money>) -> String {
    let limit = limit.map_or("no credit limit is known".to_owned(), |limit| format!("credit limit {limit}"));
    format!("account {account}, {limit}")
}

fn invoices(debts: &[Debt]) -> String {
    let payable = debts.iter().filter_map(|debt| match debt.standing {
        Standing::Open(Some(amount)) => Some(format!("{} {amount}", debt.number)),
        _ => None,
    });
    let payable: Vec<_> = payable.collect();
    if payable.is_empty() {
        return "nothing is open that can be paid".to_owned();
    }
    let mut words = payable.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    if payable.len() > NAMED_MAX {
        words.push_str(&format!(" and {} more", payable.len() - NAMED_MAX));
    }
    words
}

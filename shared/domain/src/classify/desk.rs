//! Everything of one account that an event may change, laid out side by side.

use crate::action::Action;
use crate::book::{Head, SubscriptionLine, Touched};
use crate::case::Case;
use crate::classify::rebuild::Terms;
use crate::decline::Declines;
use crate::dunning::Plan;
use crate::id::{AccountId, ActionId, CaseId};
use crate::policy::Versions;
use crate::report::fact::{Fact, Facts};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Laid out twice for an event: as it was read, and as it is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    pub head: Head,
    pub touched: Touched,
    pub cases: BTreeMap<CaseId, Case>,
    /// Recovery plans, by invoice.
    pub plans: BTreeMap<String, Plan>,
    pub actions: BTreeMap<ActionId, Action>,
    /// The subscriptions that an action of ours has ended, read where one seems to be ended by its customer.
    pub ended_by_us: BTreeSet<String>,
    pub beside: Beside,
}

/// What is read beside the account's own records, to judge them by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    /// Subscriptions of other accounts with the same address, read where one has just begun or has a case.
    pub elsewhere: Vec<Elsewhere>,
    /// What was agreed, read where an invoice shows its lines or is in question.
    pub terms: Terms,
}

/// A subscription of an account that may be the same customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    pub account: AccountId,
    pub customer: String,
    pub subscription: String,
    pub line: SubscriptionLine,
}

impl Desk {
    /// A head and what was touched, and nothing beside.
    pub fn of(head: Head, touched: Touched) -> Self {
        Self {
            head,
            touched,
            cases: BTreeMap::new(),
            plans: BTreeMap::new(),
            actions: BTreeMap::new(),
            ended_by_us: BTreeSet::new(),
            beside: Beside::default(),
        }
    }

    /// Whether another state of the same account tells nothing else, whenever it was seen.
    pub fn says(&self, other: &Self) -> bool {
        self.touched.says(&other.touched) && self.head.book.says(&other.head.book)
    }

    /// What a report would count of all this.
    pub fn facts(&self, declines: &Versions<Declines>) -> Facts {
        let invoices = self
            .touched
            .invoices
            .values()
            .filter_map(|invoice| Some((format!("invoice {}", invoice.id), Fact::of_invoice(invoice, declines)?)));
        let payments = self
            .touched
            .payments
            .values()
            .filter_map(|payment| Some((format!("payment {}", payment.id), Fact::of_payment(payment)?)));
        let codes = self
            .touched
            .payments
            .values()
            .filter_map(|payment| Some((format!("code {}", payment.id), Fact::of_code(payment, declines)?)));
        // One that goes on in another is counted there.
        let cases = self.cases.values().filter(|case| case.went_on_in.is_none());
        let cases = cases.map(|case| (case.id.to_string(), Fact::of_case(case)));
        let actions =
            self.actions.values().filter_map(|action| Some((action.id.to_string(), Fact::of_action(action)?)));
        invoices.chain(payments).chain(codes).chain(cases).chain(actions).collect()
    }
}

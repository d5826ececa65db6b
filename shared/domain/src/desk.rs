//! Everything of one account that an event may change, laid out side by side.

use crate::action::Action;
use crate::book::{Head, Subscription, SubscriptionLine, Touched};
use crate::case::Case;
use crate::decline::Declines;
use crate::dunning::Plan;
use crate::fact::{Fact, Facts};
use crate::id::{AccountId, ActionId, CaseId};
use crate::policy::Versions;
use crate::rebuild::Terms;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// Subscriptions of other accounts with the same address, read where one has just begun.
    pub elsewhere: Vec<Elsewhere>,
    /// What imports say was agreed, and the subscriptions of the invoices; read where an invoice shows its lines.
    pub terms: Terms,
    pub beside: BTreeMap<String, Subscription>,
    /// The invoices for which they were read.
    pub termed: BTreeSet<String>,
    pub head: Head,
    pub touched: Touched,
    pub cases: BTreeMap<CaseId, Case>,
    /// Recovery plans, by invoice.
    pub plans: BTreeMap<String, Plan>,
    pub actions: BTreeMap<ActionId, Action>,
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
            elsewhere: Vec::new(),
            terms: Terms::default(),
            beside: BTreeMap::new(),
            termed: BTreeSet::new(),
            head,
            touched,
            cases: BTreeMap::new(),
            plans: BTreeMap::new(),
            actions: BTreeMap::new(),
        }
    }

    /// What a report would count of all this.
    pub fn facts(&self, declines: &Versions<Declines>) -> Facts {
        let invoices = self
            .touched
            .invoices
            .values()
            .filter_map(|invoice| Some((format!("invoice {}", invoice.id), Fact::of_invoice(invoice, declines)?)));
        let payments =
            self.touched.payments.values().filter_map(|payment| Some((format!("payment {}", payment.id), Fact::of_payment(payment)?)));
        let codes =
            self.touched.payments.values().filter_map(|payment| Some((format!("code {}", payment.id), Fact::of_code(payment, declines)?)));
        let cases = self.cases.values().map(|case| (case.id.to_string(), Fact::of_case(case)));
        let actions = self.actions.values().filter_map(|action| Some((action.id.to_string(), Fact::of_action(action)?)));
        invoices.chain(payments).chain(codes).chain(cases).chain(actions).collect()
    }
}

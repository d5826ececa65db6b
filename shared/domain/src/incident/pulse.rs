//! One due item that was paid or not, or one dispute, with what it may have in common with others.

use super::Sign;
use crate::book::{Dispute, Due, Head, Invoice, Payment, Touched};
use crate::decline::Declines;
use crate::id::AccountId;
use crate::money::Money;
use crate::policy::Versions;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a pulse is about. The two are weighed apart: their incidents never mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    Failure,
    Dispute,
}

impl Trouble {
    /// Each is looked over for itself.
    pub const ALL: [Self; 2] = [Self::Failure, Self::Dispute];

    /// As it stands in JSON. The ids of incidents are computed from it, so that it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Dispute => "dispute",
        }
    }
}

/// When, whose, how large, how it went, and which signs it bears: all that incidents are found by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    pub provider: String,
    pub source: String,
    pub account: AccountId,
    /// The invoice or the dispute.
    pub about: String,
    pub trouble: Trouble,
    pub at: Timestamp,
    pub outcome: Outcome,
    pub signs: Signs,
    pub amount: Option<Money>,
}

/// How it went: what is usual is counted over what went well and what did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Paid without a failed try.
    Well,
    Trouble,
    /// It turned out to belong elsewhere.
    Moved,
}

/// What a trouble may have in common with others.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signs {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
}

impl Signs {
    /// Whether this sign is among them; the source is everybody's.
    pub fn bear(&self, sign: &Sign) -> bool {
        match sign {
            Sign::Issuer(issuer) => self.issuer.as_ref() == Some(issuer),
            Sign::Plan(plan) => self.plan.as_ref() == Some(plan),
            Sign::Family(family) => self.family.as_ref() == Some(family),
            Sign::Source => true,
        }
    }

    /// Every sign that it bears.
    pub fn all(&self) -> impl Iterator<Item = Sign> {
        let issuer = self.issuer.clone().map(Sign::Issuer);
        let plan = self.plan.clone().map(Sign::Plan);
        let family = self.family.clone().map(Sign::Family);
        [issuer, plan, family, Some(Sign::Source)].into_iter().flatten()
    }

    /// What a due item has in common with others. The bank is the one that issued the card seen last.
    pub fn of_invoice(invoice: &Invoice, head: &Head, declines: &Versions<Declines>) -> Self {
        let priced = || invoice.lines.value()?.iter().find_map(|line| line.price.clone());
        let plan = invoice.subscription.value().and_then(|id| plan_of(id, head)).or_else(priced);
        let family = invoice.first_failed_at.map(|at| {
            let meaning = declines.at(at).meaning(invoice.decline());
            meaning.family.id.get_ref().clone()
        });
        Self { issuer: issuer_of(head), plan, family }
    }

    fn of_dispute(dispute: &Dispute, payment: &Payment, head: &Head) -> Self {
        let invoice = head
            .book
            .payments
            .iter()
            .find(|line| line.payment == payment.id)
            .and_then(|line| head.book.invoice_of(line));
        let only =
            || head.book.subscriptions.values().next().filter(|_| invoice.is_some()).and_then(|line| line.plan.clone());
        let plan = payment.subscription.value().and_then(|id| plan_of(id, head)).or_else(only);
        Self {
            issuer: payment.issuer.value().cloned().or_else(|| issuer_of(head)),
            plan,
            family: dispute.reason.value().cloned(),
        }
    }
}

fn plan_of(subscription: &String, head: &Head) -> Option<String> {
    head.book.subscriptions.get(subscription)?.plan.clone()
}

fn issuer_of(head: &Head) -> Option<String> {
    head.book.payments.iter().rev().find_map(|line| line.issuer.clone())
}

impl Pulse {
    /// What the touched resources tell, by what it is about.
    pub fn all(touched: &Touched, head: &Head, declines: &Versions<Declines>) -> BTreeMap<(Trouble, String), Self> {
        let dues = touched.invoices.values().filter_map(|invoice| Self::of_invoice(invoice, head, declines));
        let disputes = touched.payments.values().flat_map(|payment| {
            payment.disputes.iter().filter_map(move |(id, dispute)| Self::of_dispute(id, dispute, payment, head))
        });
        dues.chain(disputes).map(|pulse| ((pulse.trouble, pulse.about.clone()), pulse)).collect()
    }

    fn of_invoice(invoice: &Invoice, head: &Head, declines: &Versions<Declines>) -> Option<Self> {
        let (at, outcome) = match (invoice.first_failed_at, invoice.due()) {
            (Some(at), _) => (at, Outcome::Trouble),
            (None, Due::Paid) if invoice.total.copied().is_some_and(Money::is_positive) => {
                (invoice.paid_at()?, Outcome::Well)
            }
            _ => return None,
        };
        let amount = invoice.total.copied().or(invoice.remaining.copied());
        let signs = Signs::of_invoice(invoice, head, declines);
        Some(Self { at, outcome, amount, signs, ..Self::about(head, Trouble::Failure, &invoice.id, at) })
    }

    fn of_dispute(id: &str, dispute: &Dispute, payment: &Payment, head: &Head) -> Option<Self> {
        let at = dispute.opened_at.copied()?;
        let signs = Signs::of_dispute(dispute, payment, head);
        Some(Self { amount: dispute.amount.copied(), signs, ..Self::about(head, Trouble::Dispute, id, at) })
    }

    fn about(head: &Head, trouble: Trouble, about: &str, at: Timestamp) -> Self {
        Self {
            provider: head.provider.clone(),
            source: head.source.clone(),
            account: head.account.clone(),
            about: about.to_owned(),
            trouble,
            at,
            outcome: Outcome::Trouble,
            signs: Signs::default(),
            amount: None,
        }
    }

    /// Whether it speaks for an incident; what went well or belongs elsewhere does not.
    pub fn is_trouble(&self) -> bool {
        self.outcome == Outcome::Trouble
    }

    /// Where it stands among the others of its source: they are kept by the millisecond.
    pub(super) fn beats_at(&self) -> i64 {
        self.at.as_millisecond()
    }

    /// The same, where it stood before its time was known better.
    pub fn moved(self) -> Self {
        Self { outcome: Outcome::Moved, ..self }
    }
}

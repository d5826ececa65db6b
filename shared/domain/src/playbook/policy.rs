//! The figures of the playbooks.

use crate::case::Class;
use crate::leaving::Offers;
use crate::policy::{Complaint, Rules};
use crate::report::Targets;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The six, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    ChargedTwice,
    PaymentFailed,
    ChangePlan,
    Refund,
    Overcharged,
    TaxInvoice,
}

impl Name {
    /// Playbook 1 is the first.
    pub const ALL: [Self; 6] =
        [Self::ChargedTwice, Self::PaymentFailed, Self::ChangePlan, Self::Refund, Self::Overcharged, Self::TaxInvoice];

    /// The one that is played for a case of a class.
    pub fn of(class: Class) -> Option<Self> {
        match class {
            Class::DuplicateCharge => Some(Self::ChargedTwice),
            Class::PaymentFailed => Some(Self::PaymentFailed),
            Class::PlanChange => Some(Self::ChangePlan),
            Class::RefundRequest => Some(Self::Refund),
            Class::Overcharge | Class::InvoiceDiscrepancy => Some(Self::Overcharged),
            Class::TaxQuestion => Some(Self::TaxInvoice),
            Class::PaymentMethodUpdate
            | Class::OtherBilling
            | Class::DuplicateSubscription
            | Class::EnterpriseInvoice
            | Class::UsageDispute
            | Class::PlanMismatch
            | Class::Chargeback
            | Class::NotBilling => None,
        }
    }

    /// For people: the first line of a play.
    pub fn title(self) -> &'static str {
        match self {
            Self::ChargedTwice => "Charged twice",
            Self::PaymentFailed => "Payment failed",
            Self::ChangePlan => "Change of plan",
            Self::Refund => "Refund",
            Self::Overcharged => "Overcharged",
            Self::TaxInvoice => "Tax invoice",
        }
    }
}

/// One released version of the figures, and of which text is written when.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaybookPolicy {
    pub version: u32,
    pub effective: String,
    pub bank_days: String,
    pub monitor_days: i64,
    pub grace_days: i64,
    pub failures_in_a_row: usize,
    pub outreach_days: i64,
    pub onboarding_days: i64,
    pub merchants_of_record: Vec<String>,
    minutes: BTreeMap<Name, [u32; 2]>,
    pub texts: Wording,
    /// What somebody may be offered who wants to leave.
    pub leaving: Offers,
}

/// Which text is written when.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    pub refund_approved: String,
    pub refund_late: String,
    pub refund_over_contract: String,
    pub payment_failed: String,
    pub suspension_warning: String,
    pub upgraded: String,
    pub downgraded: String,
    pub explained: String,
    pub corrected: String,
    pub tax_invoice: String,
}

impl PlaybookPolicy {
    /// How long handling should take, from and to.
    pub fn minutes(&self, name: Name) -> [u32; 2] {
        self.minutes[&name]
    }

    /// The same for each class of cases that has a playbook.
    pub fn targets(&self) -> Targets {
        Class::ALL.into_iter().filter_map(|class| Some((class, self.minutes(Name::of(class)?)))).collect()
    }

    /// Every text that is written.
    pub fn written(&self) -> [&str; 10] {
        let texts = &self.texts;
        [
            &texts.refund_approved,
            &texts.refund_late,
            &texts.refund_over_contract,
            &texts.payment_failed,
            &texts.suspension_warning,
            &texts.upgraded,
            &texts.downgraded,
            &texts.explained,
            &texts.corrected,
            &texts.tax_invoice,
        ]
    }
}

impl Rules for PlaybookPolicy {
    const NAME: &'static str = "playbooks";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let missing = Name::ALL.into_iter().filter(|name| !self.minutes.contains_key(name));
        let mut complaints: Vec<_> =
            missing.map(|name| Complaint::at(0, format!("`{}` has no minutes", name.title()))).collect();
        let days = [self.monitor_days, self.grace_days, self.outreach_days, self.onboarding_days];
        if days.iter().any(|days| *days < 1) || self.failures_in_a_row < 2 {
            complaints.push(Complaint::at(0, "days must be at least 1, and one failure is none in a row"));
        }
        complaints.extend(self.leaving.lint());
        complaints
    }
}

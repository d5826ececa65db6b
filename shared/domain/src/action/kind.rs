//! What can be done, and to what. Everything that was open when it was asked for has been settled here.

use crate::money::Money;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What Recoup does itself, and no provider has a part in.
pub const OWN: [&str; 2] = ["extend_grace", "erase_person"];

/// What is done, with all that it takes: nothing is left to be chosen after the approver has seen it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "params", rename_all = "snake_case")]
pub enum Kind {
    PaymentLink {
        invoice: String,
        amount: Option<Money>,
    },
    ResendInvoice {
        invoice: String,
    },
    TaxInvoice {
        invoice: String,
    },
    UpdatePaymentMethod {},
    Refund {
        payment: String,
        amount: Money,
    },
    Credit {
        amount: Money,
    },
    RetryPayment {
        invoice: String,
        amount: Option<Money>,
        /// The provider's id of the card that is charged, where the customer has just chosen it; else the default is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        card: Option<String>,
    },
    MarkPaid {
        invoice: String,
        amount: Money,
    },
    WriteOff {
        invoice: String,
        amount: Money,
    },
    VoidInvoice {
        invoice: String,
        amount: Money,
    },
    ExtendGrace {
        invoice: String,
        days: u32,
    },
    Defer {
        invoice: String,
        days: u32,
        until: Date,
    },
    ExtendTrial {
        subscription: String,
        days: u32,
        until: Timestamp,
    },
    Pause {
        subscription: String,
    },
    Resume {
        subscription: String,
    },
    /// At once; the rest of the period is charged as of `at`, which the approver saw.
    Upgrade {
        subscription: String,
        plan: String,
        /// What each period costs from then on.
        price: Money,
        at: Timestamp,
    },
    /// From the next period on.
    Downgrade {
        subscription: String,
        plan: String,
        price: Money,
        at: Timestamp,
    },
    ChangeAddons {
        subscription: String,
        /// What is not named stays as it is; none of something takes it away.
        addons: Vec<Addon>,
        price: Option<Money>,
        at: Timestamp,
    },
    AdjustSeats {
        subscription: String,
        seats: u32,
        price: Option<Money>,
        at: Timestamp,
    },
    Discount {
        subscription: String,
        percent: Decimal,
        price: Option<Money>,
    },
    Cancel {
        subscription: String,
        when: When,
        /// When the customer asked: it counts from then.
        asked_at: Timestamp,
    },
    ForceCancel {
        subscription: String,
    },
    /// Who the customer is; what happened stays, without them.
    ErasePerson {},
    /// Several, in this order; the first that fails stops the rest.
    Bundle {
        actions: Vec<Kind>,
    },
}

/// How many of an add-on there should be; none takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addon {
    pub price: String,
    pub quantity: u32,
}

/// When a subscription ends that its customer cancels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    Now,
    PeriodEnd,
}

/// The resource that an action changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target<'a> {
    Payment(&'a str),
    Invoice(&'a str),
    Subscription(&'a str),
    /// The account as a whole: its balance, its way to pay.
    Account,
    /// Each of a bundle's members has its own.
    Several,
}

impl Kind {
    /// The word of requests, of the approval policy and of [`KINDS`].
    pub fn name(&self) -> &'static str {
        match self {
            Self::PaymentLink { .. } => "payment_link",
            Self::ResendInvoice { .. } => "resend_invoice",
            Self::TaxInvoice { .. } => "tax_invoice",
            Self::UpdatePaymentMethod {} => "update_payment_method",
            Self::Refund { .. } => "refund",
            Self::Credit { .. } => "credit",
            Self::RetryPayment { .. } => "retry_payment",
            Self::MarkPaid { .. } => "mark_paid",
            Self::WriteOff { .. } => "write_off",
            Self::VoidInvoice { .. } => "void_invoice",
            Self::ExtendGrace { .. } => "extend_grace",
            Self::Defer { .. } => "defer",
            Self::ExtendTrial { .. } => "extend_trial",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::Upgrade { .. } => "upgrade",
            Self::Downgrade { .. } => "downgrade",
            Self::ChangeAddons { .. } => "change_addons",
            Self::AdjustSeats { .. } => "adjust_seats",
            Self::Discount { .. } => "discount",
            Self::Cancel { .. } => "cancel",
            Self::ForceCancel { .. } => "force_cancel",
            Self::ErasePerson {} => "erase_person",
            Self::Bundle { .. } => "bundle",
        }
    }

    /// What it changes: of two on one object, the second waits while the first is on its way.
    pub fn target(&self) -> Target<'_> {
        match self {
            Self::Refund { payment, .. } => Target::Payment(payment),
            Self::PaymentLink { invoice, .. }
            | Self::ResendInvoice { invoice }
            | Self::TaxInvoice { invoice }
            | Self::RetryPayment { invoice, .. }
            | Self::MarkPaid { invoice, .. }
            | Self::WriteOff { invoice, .. }
            | Self::VoidInvoice { invoice, .. }
            | Self::ExtendGrace { invoice, .. }
            | Self::Defer { invoice, .. } => Target::Invoice(invoice),
            Self::ExtendTrial { subscription, .. }
            | Self::Pause { subscription }
            | Self::Resume { subscription }
            | Self::Upgrade { subscription, .. }
            | Self::Downgrade { subscription, .. }
            | Self::ChangeAddons { subscription, .. }
            | Self::AdjustSeats { subscription, .. }
            | Self::Discount { subscription, .. }
            | Self::Cancel { subscription, .. }
            | Self::ForceCancel { subscription } => Target::Subscription(subscription),
            Self::Credit { .. } | Self::UpdatePaymentMethod {} | Self::ErasePerson {} => Target::Account,
            Self::Bundle { .. } => Target::Several,
        }
    }

    /// The money that it moves or gives up, where it does either.
    pub fn amount(&self) -> Option<Money> {
        match self {
            Self::Refund { amount, .. }
            | Self::Credit { amount }
            | Self::MarkPaid { amount, .. }
            | Self::WriteOff { amount, .. }
            | Self::VoidInvoice { amount, .. } => Some(*amount),
            Self::RetryPayment { amount, .. } => *amount,
            _ => None,
        }
    }

    /// The money that leaves or is given up by it.
    pub fn gives(&self) -> Option<Money> {
        match self {
            Self::Refund { amount, .. }
            | Self::Credit { amount }
            | Self::WriteOff { amount, .. }
            | Self::VoidInvoice { amount, .. } => Some(*amount),
            _ => None,
        }
    }

    /// The payment that it gives back, and how much of it.
    pub fn refunded(&self) -> Option<(&str, Money)> {
        match self {
            Self::Refund { payment, amount } => Some((payment, *amount)),
            _ => None,
        }
    }

    /// How large it is, in what its rules are measured in.
    pub fn measure(&self) -> Measure {
        match self {
            Self::Refund { amount, .. }
            | Self::Credit { amount }
            | Self::MarkPaid { amount, .. }
            | Self::WriteOff { amount, .. }
            | Self::VoidInvoice { amount, .. } => Measure::Money(*amount),
            Self::Discount { percent, .. } => Measure::Percent(*percent),
            Self::ExtendTrial { days, .. } | Self::ExtendGrace { days, .. } => Measure::Days(i64::from(*days)),
            _ => Measure::Nothing,
        }
    }

    /// What it comes to at a provider: itself, or its members in their order.
    pub fn members(&self) -> &[Self] {
        match self {
            Self::Bundle { actions } => actions,
            one => std::slice::from_ref(one),
        }
    }

    /// Whether the provider tells afterwards that it was done.
    pub fn is_told(&self) -> bool {
        !self.is_link() && !matches!(self, Self::Defer { .. } | Self::Bundle { .. }) && !self.is_own()
    }

    /// Whether Recoup does it itself, and no provider has a part in it.
    pub fn is_own(&self) -> bool {
        OWN.contains(&self.name())
    }

    /// Whether the customer gets a link by it, and nothing else happens.
    pub fn is_link(&self) -> bool {
        matches!(
            self,
            Self::PaymentLink { .. }
                | Self::ResendInvoice { .. }
                | Self::TaxInvoice { .. }
                | Self::UpdatePaymentMethod {}
        )
    }
}

impl Target<'_> {
    /// The provider's id of it; the account as a whole and a bundle have none.
    pub fn id(self) -> Option<String> {
        match self {
            Self::Payment(id) | Self::Invoice(id) | Self::Subscription(id) => Some(id.to_owned()),
            Self::Account | Self::Several => None,
        }
    }
}

/// Every kind of action, apart from the bundle, which takes the strictest of its members.
pub const KINDS: [&str; 23] = [
    "payment_link",
    "resend_invoice",
    "credit",
    "refund",
    "extend_trial",
    "pause",
    "resume",
    "upgrade",
    "downgrade",
    "change_addons",
    "cancel",
    "force_cancel",
    "update_payment_method",
    "adjust_seats",
    "discount",
    "retry_payment",
    "mark_paid",
    "tax_invoice",
    "extend_grace",
    "defer",
    "write_off",
    "void_invoice",
    "erase_person",
];

/// How large an action is, in what its rules are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Money(Money),
    Percent(Decimal),
    Days(i64),
    /// Its kind alone decides.
    Nothing,
    /// No band reaches so far: the strictest rule decides.
    TooLarge,
}

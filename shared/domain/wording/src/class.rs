//! What can a ticket be about? The fifteen classes of the interface.

/// What a ticket is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    PaymentFailed,
    InvoiceDiscrepancy,
    PlanChange,
    RefundRequest,
    Overcharge,
    DuplicateCharge,
    PaymentMethodUpdate,
    TaxQuestion,
    OtherBilling,
    DuplicateSubscription,
    EnterpriseInvoice,
    UsageDispute,
    PlanMismatch,
    Chargeback,
    NotBilling,
}

impl Class {
    /// In the order of the weights.
    pub const ALL: [Self; 15] = [
        Self::PaymentFailed,
        Self::InvoiceDiscrepancy,
        Self::PlanChange,
        Self::RefundRequest,
        Self::Overcharge,
        Self::DuplicateCharge,
        Self::PaymentMethodUpdate,
        Self::TaxQuestion,
        Self::OtherBilling,
        Self::DuplicateSubscription,
        Self::EnterpriseInvoice,
        Self::UsageDispute,
        Self::PlanMismatch,
        Self::Chargeback,
        Self::NotBilling,
    ];

    /// As it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::PaymentFailed => "payment_failed",
            Self::InvoiceDiscrepancy => "invoice_discrepancy",
            Self::PlanChange => "plan_change",
            Self::RefundRequest => "refund_request",
            Self::Overcharge => "overcharge",
            Self::DuplicateCharge => "duplicate_charge",
            Self::PaymentMethodUpdate => "payment_method_update",
            Self::TaxQuestion => "tax_question",
            Self::OtherBilling => "other_billing",
            Self::DuplicateSubscription => "duplicate_subscription",
            Self::EnterpriseInvoice => "enterprise_invoice",
            Self::UsageDispute => "usage_dispute",
            Self::PlanMismatch => "plan_mismatch",
            Self::Chargeback => "chargeback",
            Self::NotBilling => "not_billing",
        }
    }

    /// The class of that name, if it is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// Its place among `ALL`.
    pub fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Class;

    #[test]
    fn every_name_is_read_back_and_stands_at_its_place() {
        for (place, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(Class::parse(class.name()), Some(class), "{}", class.name());
            assert_eq!(class.index(), place, "{}", class.name());
        }
        assert_eq!(Class::parse("billing"), None);
    }
}

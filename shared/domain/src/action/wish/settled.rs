//! What would somebody say to get just this? The way back from what was settled.

use super::{Params, Wish};
use crate::action::Kind;

impl Kind {
    /// The wish that comes to it; what the account decides by itself is left out.
    pub fn wish(&self) -> Wish {
        let mut params = Params::default();
        match self {
            Self::PaymentLink { invoice, .. }
            | Self::ResendInvoice { invoice }
            | Self::TaxInvoice { invoice }
            | Self::RetryPayment { invoice, .. }
            | Self::MarkPaid { invoice, .. }
            | Self::WriteOff { invoice, .. }
            | Self::VoidInvoice { invoice, .. } => params.invoice = Some(invoice.clone()),
            Self::ExtendGrace { invoice, days } | Self::Defer { invoice, days, .. } => {
                (params.invoice, params.days) = (Some(invoice.clone()), Some(*days));
            }
            Self::Pause { subscription }
            | Self::Resume { subscription }
            | Self::ForceCancel { subscription }
            | Self::ExtendTrial { subscription, .. }
            | Self::Upgrade { subscription, .. }
            | Self::Downgrade { subscription, .. }
            | Self::ChangeAddons { subscription, .. }
            | Self::AdjustSeats { subscription, .. }
            | Self::Discount { subscription, .. }
            | Self::Cancel { subscription, .. } => params.subscription = Some(subscription.clone()),
            Self::Refund { payment, amount } => {
                (params.payment, params.amount) = (Some(payment.clone()), Some(*amount));
            }
            Self::Credit { amount } => params.amount = Some(*amount),
            Self::UpdatePaymentMethod {} | Self::ErasePerson {} => {}
            Self::Bundle { actions } => params.actions = actions.iter().map(Self::wish).collect(),
        }
        self.add_to(&mut params);
        Wish { kind: self.name().to_owned(), params }
    }

    /// What is said of a subscription beside its name.
    fn add_to(&self, params: &mut Params) {
        match self {
            Self::ExtendTrial { days, .. } => params.days = Some(*days),
            Self::Upgrade { plan, .. } | Self::Downgrade { plan, .. } => params.plan = Some(plan.clone()),
            Self::ChangeAddons { addons, .. } => params.addons.clone_from(addons),
            Self::AdjustSeats { seats, .. } => params.seats = Some(*seats),
            Self::Discount { percent, .. } => params.percent = Some(*percent),
            Self::Cancel { when, asked_at, .. } => {
                (params.when, params.asked_at) = (Some(*when), Some(*asked_at));
                params.customer_requested = Some(true);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn what_was_settled_is_said_in_the_fewest_words() {
        let usd = json!({"amount": "24.00", "currency": "USD"});
        let refund = json!({"kind": "refund", "params": {"payment": "ch_1", "amount": usd}});
        let upgrade = json!({"subscription": "sub_1", "plan": "pro", "price": usd, "at": "2026-03-01T09:00:00Z"});
        let cancel = json!({"subscription": "sub_1", "when": "now", "asked_at": "2026-03-01T09:00:00Z"});
        for (kind, said) in [
            (refund.clone(), refund.clone()),
            (
                json!({"kind": "payment_link", "params": {"invoice": "in_1", "amount": usd}}),
                json!({"kind": "payment_link", "params": {"invoice": "in_1"}}),
            ),
            (
                json!({"kind": "defer", "params": {"invoice": "in_1", "days": 5, "until": "2026-03-06"}}),
                json!({"kind": "defer", "params": {"invoice": "in_1", "days": 5}}),
            ),
            (
                json!({"kind": "upgrade", "params": upgrade}),
                json!({"kind": "upgrade", "params": {"subscription": "sub_1", "plan": "pro"}}),
            ),
            (
                json!({"kind": "bundle", "params": {"actions": [refund, {"kind": "cancel", "params": cancel}]}}),
                json!({"kind": "bundle", "params": {"actions": [
                    {"kind": "refund", "params": {"payment": "ch_1", "amount": usd}},
                    {"kind": "cancel", "params": {"subscription": "sub_1", "when": "now", "customer_requested": true,
                        "asked_at": "2026-03-01T09:00:00Z"}},
                ]}}),
            ),
        ] {
            let kind: Kind = from_value(kind).unwrap();
            let wish = kind.wish();
            assert_eq!(serde_json::to_value(&wish).unwrap(), said, "{}", kind.name());
            assert_eq!(from_value::<Wish>(said).unwrap(), wish, "{}", kind.name());
        }
    }
}

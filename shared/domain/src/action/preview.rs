//! What the approver sees: each figure before and after, and one digest over the meaning of it all.

pub(super) mod about;
mod account;
mod invoices;
mod money;
mod subscriptions;

use super::refusal::NoPreview;
use super::{BUNDLE_MAX, Clause, Downgrade, Kind, Known, Line, Preview, Reason};
use crate::id::{ActionId, sha256};
use std::borrow::Cow;

/// What an action would do, in a sentence and in figures; or what stands against it.
type Effect = Result<(String, Vec<Line>), NoPreview>;

/// Shows what an action would do. A refusal names what stands against it.
pub fn preview(kind: &Kind, known: Known<'_>, reason: Reason, clause: Clause) -> Result<Preview, NoPreview> {
    let (summary, lines) = match kind {
        Kind::Bundle { actions } => bundle(actions, known, reason)?,
        one => effect(one, known, reason)?,
    };
    let lines: Vec<_> = lines.into_iter().filter(|line| line.before.is_some() || line.after.is_some()).collect();
    let meaning = (kind, reason, &lines, &clause.rule, clause.policy_version);
    let meaning = serde_json::to_vec(&meaning).expect("a preview is plain data");
    let about = about::about(kind, known);
    Ok(Preview { summary, about, lines, clause, notices: Vec::new(), digest: sha256(&meaning) })
}

/// Each member as it is after the ones before it: two refunds of one payment must both fit.
fn bundle(actions: &[Kind], known: Known<'_>, reason: Reason) -> Effect {
    let waits_here = matches!(known.manners.downgrade, Downgrade::WaitsHere { .. });
    if waits_here && actions.iter().any(|action| matches!(action, Kind::Downgrade { .. })) {
        return Err(NoPreview::HeldInBundle);
    }
    let mut records = Cow::Borrowed(known.records);
    let (mut summaries, mut lines) = (Vec::new(), Vec::new());
    for (place, action) in actions.iter().enumerate() {
        let known = Known { records: &records, ..known };
        let (summary, own) =
            effect(action, known, reason).map_err(|why| NoPreview::Member(place + 1, Box::new(why)))?;
        lines.extend(own.into_iter().map(|line| Line { label: format!("{}. {}", place + 1, line.label), ..line }));
        summaries.push(format!("{}. {summary}", place + 1));
        if let Kind::Refund { payment, amount } = action {
            let reserved = ActionId::of(&known.head.account, "bundle", &place.to_string());
            if let Some(payment) = records.to_mut().payments.get_mut(payment) {
                payment.reserved.insert(reserved, *amount);
            }
        }
    }
    Ok((format!("{}, in this order", summaries.join("; ")), lines))
}

fn effect(kind: &Kind, known: Known<'_>, reason: Reason) -> Effect {
    match kind {
        Kind::Refund { payment, amount } => money::refund(known, payment, *amount),
        Kind::Credit { amount } => money::credit(known, *amount),

        Kind::PaymentLink { invoice, amount } => invoices::payment_link(known, invoice, *amount),
        Kind::ResendInvoice { invoice } => invoices::resend(known, invoice),
        Kind::TaxInvoice { invoice } => invoices::tax_document(known, invoice),
        Kind::RetryPayment { invoice, amount, card } => invoices::retry(known, invoice, *amount, card.as_deref()),
        Kind::MarkPaid { invoice, amount } => invoices::mark_paid(known, invoice, *amount),
        Kind::WriteOff { invoice, amount } => invoices::write_off(known, invoice, *amount),
        Kind::VoidInvoice { invoice, amount } => invoices::void(known, invoice, *amount),
        Kind::ExtendGrace { invoice, days } => invoices::extend_grace(known, invoice, *days),
        Kind::Defer { invoice, days, until } => invoices::defer(known, invoice, *days, *until),

        Kind::ExtendTrial { subscription, days, until } => {
            subscriptions::extend_trial(known, subscription, *days, *until)
        }
        Kind::Pause { subscription } => subscriptions::pause(known, subscription),
        Kind::Resume { subscription } => subscriptions::resume(known, subscription),
        Kind::Upgrade { subscription, plan, price, at } => {
            subscriptions::upgrade(known, subscription, plan, *price, *at)
        }
        Kind::Downgrade { subscription, plan, price, at } => {
            subscriptions::downgrade(known, subscription, plan, *price, *at)
        }
        Kind::ChangeAddons { subscription, addons, price, at } => {
            subscriptions::change_addons(known, subscription, addons, *price, *at)
        }
        Kind::AdjustSeats { subscription, seats, price, at } => {
            subscriptions::adjust_seats(known, subscription, *seats, *price, *at)
        }
        Kind::Discount { subscription, percent, price } => {
            subscriptions::discount(known, subscription, *percent, *price)
        }
        Kind::Cancel { subscription, when, .. } => {
            subscriptions::cancel(known, subscription, *when, kind.wish_to_leave(reason).map(|(_, asked_at)| asked_at))
        }
        Kind::ForceCancel { subscription } => subscriptions::force_cancel(known, subscription),

        Kind::UpdatePaymentMethod {} => Ok(account::update_payment_method()),
        Kind::ErasePerson {} => Ok(account::erase_person(known)),
        Kind::Bundle { .. } => Err(NoPreview::Bundle(BUNDLE_MAX)),
    }
}

fn days_text(days: u32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

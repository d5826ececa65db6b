//! Did Chargebee do what we asked? Our id in its books says so, or the state of what was to change.

use super::reply::{Invoice, Listed, Quantity, Shown, Subscription, read};
use super::{invoice_path, subscription_path};
use crate::list::{Asked, segment};
use crate::{Answer, Call, Effect, Found, Look, Order, Reply};
use domain::action::{Addon, Kind, When};
use domain::money::Money;
use jiff::{SignedDuration, Timestamp};

/// How far Chargebee's clock may be behind ours.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn look(order: &Order<'_>, replies: &[Reply]) -> Look {
    match order.kind() {
        Kind::Refund { payment, amount } => refund(order, replies, payment, *amount),
        Kind::RetryPayment { invoice, .. } => invoice_is(replies, invoice, |invoice| retried(order, invoice)),
        Kind::Credit { .. } => credit(order, replies),
        Kind::MarkPaid { .. } => recorded(order, replies),
        Kind::WriteOff { invoice, .. } => invoice_is(replies, invoice, |invoice| {
            let written_off = invoice.write_off_amount.is_some_and(|amount| amount > 0);
            done_if(written_off, invoice.effect())
        }),
        Kind::VoidInvoice { invoice, .. } => invoice_is(replies, invoice, |invoice| {
            done_if(invoice.status.as_deref() == Some("voided"), invoice.effect())
        }),
        Kind::ExtendTrial { subscription, until, .. } => {
            subscription_is(replies, subscription, |had| ends_at(had, *until))
        }
        Kind::Pause { subscription } => {
            subscription_is(replies, subscription, |had| had.status.as_deref() == Some("paused"))
        }
        Kind::Resume { subscription } => subscription_is(replies, subscription, |had| {
            matches!(had.status.as_deref(), Some("active" | "in_trial" | "non_renewing"))
        }),
        Kind::Upgrade { subscription, plan, .. } => subscription_is(replies, subscription, |had| is_on(had, plan)),
        Kind::Downgrade { subscription, plan, .. } => downgraded(replies, subscription, plan),
        Kind::ChangeAddons { subscription, addons, .. } => {
            subscription_is(replies, subscription, |had| has_addons(had, addons))
        }
        Kind::AdjustSeats { subscription, seats, .. } => subscription_is(replies, subscription, |had| {
            had.plan().is_some_and(|plan| plan.quantity == Quantity::Whole(*seats))
        }),
        Kind::Discount { subscription, .. } => subscription_is(replies, subscription, |had| {
            had.coupons.iter().any(|coupon| coupon.coupon_id == order.id())
        }),
        Kind::Cancel { subscription, when: When::PeriodEnd, .. } => subscription_is(replies, subscription, |had| {
            matches!(had.status.as_deref(), Some("non_renewing" | "cancelled")) || had.cancelled_at.is_some()
        }),
        Kind::Cancel { subscription, when: When::Now, .. } | Kind::ForceCancel { subscription } => {
            subscription_is(replies, subscription, |had| had.status.as_deref() == Some("cancelled"))
        }
        // Made twice, a link does no harm.
        Kind::PaymentLink { .. }
        | Kind::ResendInvoice { .. }
        | Kind::TaxInvoice { .. }
        | Kind::UpdatePaymentMethod {} => not_there(None),
        // Nothing is ever sent for these.
        Kind::Defer { .. } | Kind::ExtendGrace { .. } | Kind::ErasePerson {} | Kind::Bundle { .. } => not_there(None),
    }
}

/// A credit note that names our action is ours, whichever payment it gave back. Without one, the same sum means nothing was
/// done, unless a try of just this sum has failed since.
fn refund(order: &Order<'_>, replies: &[Reply], payment: &str, amount: Money) -> Look {
    let Some(first) = replies.first() else {
        return Look::Ask(Call::list(format!("/api/v2/transactions/{}", segment(payment))));
    };
    let Ok(Shown { transaction: Some(paid), .. }) = read(first) else { return Look::Found(Found::Unknown) };
    let back = paid.given_back().to_string();
    let Some(before) = order.before else { return not_there(Some(back)) };
    let undone = || {
        if before != back {
            return unclear(order, payment);
        }
        let failed = paid.failed_since(amount.minor(), lately(order));
        failed.unwrap_or_else(|| Found::NotThere { note: Some(back.clone()) })
    };
    let invoice = order.records.payments.get(payment).and_then(|payment| payment.invoice.value());
    let Some(invoice) = invoice else {
        return Look::Found(undone());
    };
    let Some(second) = replies.get(1) else {
        return Look::Ask(
            Asked::new("/api/v2/credit_notes")
                .with("limit", "100")
                .with("reference_invoice_id[is]", invoice.as_str())
                .call(),
        );
    };
    let Some(entries) = list(second) else { return Look::Found(Found::Unknown) };
    let ours = entries.into_iter().filter_map(|shown| shown.credit_note).filter(|note| note.names(order.id()));
    let found: Vec<_> = ours.map(|note| note.found()).collect();
    // A try that failed may have been followed by one that went.
    let done = found.iter().find(|found| matches!(found, Found::Done(_))).or(found.first()).cloned();
    Look::Found(done.unwrap_or_else(undone))
}

/// Since when something may be ours.
fn lately(order: &Order<'_>) -> Timestamp {
    order.since.saturating_sub(CLOCKS_DIFFER).unwrap_or(order.since)
}

fn unclear(order: &Order<'_>, payment: &str) -> Found {
    Found::Unclear {
        instead: format!(
            "More of payment {payment} went back while this was done, and no credit note names {}: compare its refunds in Chargebee, then \
             say whether ours is among them.",
            order.id()
        ),
    }
}

/// A try more than before is ours, and the newest one says how it went.
fn retried(order: &Order<'_>, invoice: &Invoice) -> Found {
    let tries = invoice.linked_payments.len().to_string();
    let Some(before) = order.before else { return Found::NotThere { note: Some(tries) } };
    let newest = invoice.linked_payments.iter().max_by_key(|payment| payment.txn_date);
    let paid = invoice.status.as_deref() == Some("paid") || invoice.amount_due == Some(0);
    match newest {
        _ if paid => Found::Done(newest.map_or_else(|| invoice.effect(), |payment| payment.effect())),
        Some(newest) if before != tries => match newest.txn_status.as_deref() {
            Some("failure" | "late_failure" | "voided") => Found::Failed {
                code: "payment_processing_failed".to_owned(),
                message: format!("payment {} of invoice {} failed", newest.txn_id, invoice.id),
            },
            Some("timeout") => Found::Unknown,
            _ => Found::Done(newest.effect()),
        },
        _ => Found::NotThere { note: Some(tries) },
    }
}

fn credit(order: &Order<'_>, replies: &[Reply]) -> Look {
    let asked = Asked::new("/api/v2/promotional_credits").with("limit", "100").with("customer_id[is]", order.customer);
    let asked = asked.with("created_at[after]", lately(order).as_second().to_string());
    in_list(replies, asked, |shown| {
        let credit = shown.promotional_credit.filter(|credit| credit.reference.as_deref() == Some(order.id()))?;
        Some(found(credit.answer()))
    })
}

fn recorded(order: &Order<'_>, replies: &[Reply]) -> Look {
    let asked = Asked::new("/api/v2/transactions").with("limit", "100").with("reference_number[is]", order.id());
    in_list(replies, asked, |shown| {
        let payment = shown.transaction.filter(|payment| payment.reference_number.as_deref() == Some(order.id()))?;
        Some(found(payment.answer()))
    })
}

/// A change that waits for the end of the term shows only when it is asked for.
fn downgraded(replies: &[Reply], id: &str, plan: &str) -> Look {
    let had = match replies.first().map(read) {
        None => return Look::Ask(Call::list(subscription_path(id, ""))),
        Some(Ok(Shown { subscription: Some(had), .. })) => had,
        Some(_) => return Look::Found(Found::Unknown),
    };
    if is_on(&had, plan) {
        return Look::Found(Found::Done(had.effect()));
    }
    if !had.has_scheduled_changes {
        return not_there(None);
    }
    match replies.get(1).map(read) {
        None => Look::Ask(Call::list(subscription_path(id, "/retrieve_with_scheduled_changes"))),
        Some(Ok(Shown { subscription: Some(will_be), .. })) => {
            Look::Found(done_if(is_on(&will_be, plan), had.effect()))
        }
        Some(_) => Look::Found(Found::Unknown),
    }
}

fn is_on(had: &Subscription, plan: &str) -> bool {
    had.plan().is_some_and(|own| own.price == plan)
}

fn ends_at(had: &Subscription, until: Timestamp) -> bool {
    let end = if had.status.as_deref() == Some("in_trial") { had.trial_end } else { had.current_term_end };
    end == Some(until.as_second())
}

fn has_addons(had: &Subscription, wanted: &[Addon]) -> bool {
    let bought = had.bought();
    wanted.iter().all(|addon| {
        let own = bought.iter().find(|own| own.price == addon.price);
        own.map(|own| &own.quantity) == (addon.quantity > 0).then_some(&Quantity::Whole(addon.quantity))
    })
}

fn subscription_is(replies: &[Reply], id: &str, wanted: impl FnOnce(&Subscription) -> bool) -> Look {
    let Some(reply) = replies.last() else { return Look::Ask(Call::list(subscription_path(id, ""))) };
    Look::Found(match read(reply) {
        Ok(Shown { subscription: Some(had), .. }) => done_if(wanted(&had), had.effect()),
        _ => Found::Unknown,
    })
}

fn invoice_is(replies: &[Reply], id: &str, says: impl FnOnce(&Invoice) -> Found) -> Look {
    let Some(reply) = replies.last() else { return Look::Ask(Call::list(invoice_path(id, ""))) };
    Look::Found(match read(reply) {
        Ok(Shown { invoice: Some(invoice), .. }) => says(&invoice),
        _ => Found::Unknown,
    })
}

fn in_list(replies: &[Reply], asked: Asked, ours: impl FnMut(Shown) -> Option<Found>) -> Look {
    let Some(reply) = replies.last() else { return Look::Ask(asked.call()) };
    Look::Found(match list(reply) {
        Some(entries) => entries.into_iter().find_map(ours).unwrap_or(Found::NotThere { note: None }),
        None => Found::Unknown,
    })
}

fn list(reply: &Reply) -> Option<Vec<Shown>> {
    let listed = (reply.status == 200).then(|| serde_json::from_str::<Listed>(&reply.body).ok())?;
    listed.map(|listed| listed.list)
}

fn found(answer: Answer) -> Found {
    match answer {
        Answer::Done(effect) => Found::Done(effect),
        Answer::Refused { code, message } => Found::Failed { code, message },
        Answer::NotNow | Answer::Unknown | Answer::Unsupported { .. } => Found::Unknown,
    }
}

fn done_if(wanted: bool, effect: Effect) -> Found {
    if wanted { Found::Done(effect) } else { Found::NotThere { note: None } }
}

fn not_there(note: Option<String>) -> Look {
    Look::Found(Found::NotThere { note })
}

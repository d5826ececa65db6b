//! What the approver sees: each figure before and after, and one digest over the meaning of it all.

use super::change::{Effective, addons_after, each_period, plan_change, rest_of_period};
use super::refusal::NoPreview;
use super::{Clause, EndAtOnce, Kind, Line, Manners, PaymentPage, Preview, Reason, When};
use crate::book::{Due, Head, Payment, Subscription, Touched};
use crate::event::{Item, Stated, SubscriptionStatus};
use crate::id::{ActionId, sha256};
use crate::import::Price;
use crate::money::Money;
use jiff::Timestamp;
use std::borrow::Cow;

/// What is known of an account at the moment of a preview.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub head: &'a Head,
    /// Those of the account's provider.
    pub manners: &'a Manners,
    pub records: &'a Touched,
    /// What the catalogue says of the prices that are named.
    pub prices: &'a [Price],
    pub now: Timestamp,
}

/// Shows what an action would do. A refusal names what stands against it.
pub fn preview(kind: &Kind, known: Known<'_>, reason: Reason, clause: Clause) -> Result<Preview, NoPreview> {
    let (summary, lines) = match kind {
        Kind::Bundle { actions } => bundle(actions, known)?,
        one => shown(one, known)?,
    };
    let lines: Vec<_> = lines.into_iter().filter(|line| line.before.is_some() || line.after.is_some()).collect();
    let meaning = (kind, reason, &lines, &clause.rule, clause.policy_version);
    let meaning = serde_json::to_vec(&meaning).expect("a preview is plain data");
    Ok(Preview { summary, lines, clause, digest: sha256(&meaning) })
}

/// Each member as it is after the ones before it: two refunds of one payment must both fit.
fn bundle(actions: &[Kind], known: Known<'_>) -> Result<(String, Vec<Line>), NoPreview> {
    let mut records = Cow::Borrowed(known.records);
    let (mut summaries, mut lines) = (Vec::new(), Vec::new());
    for (place, action) in actions.iter().enumerate() {
        let known = Known { records: &records, ..known };
        let (summary, own) = shown(action, known).map_err(|why| NoPreview::Member(place + 1, Box::new(why)))?;
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

fn shown(kind: &Kind, known: Known<'_>) -> Result<(String, Vec<Line>), NoPreview> {
    let due = |amount: Option<Money>, after: Option<Money>| Line::money("Remains due", amount, after);
    let nothing = |amount: Money| Some(Money::zero(amount.currency()));
    let owed = |amount: Option<Money>| amount.map(|amount| format!("{amount} of ")).unwrap_or_default();
    Ok(match kind {
        Kind::Refund { payment, amount } => {
            let paid = known.records.payments.get(payment);
            let (summary, mut lines) = refund(paid, payment, *amount)?;
            let store = paid.and_then(|paid| paid.method.value()).map(String::as_str);
            if store.is_some_and(|store| known.manners.refund_ends.contains(&store)) {
                lines.push(Line::text("Subscription", None, "ends at once with the refund of its latest payment"));
            }
            (summary, lines)
        }
        Kind::PaymentLink { invoice, amount } => {
            let mut lines = vec![due(known.remaining(invoice)?, *amount)];
            if known.manners.payment_page == PaymentPage::AllThatIsOwed {
                lines.push(Line::text("The page asks for", None, "all that the customer owes"));
            }
            (format!("Payment link for {}invoice {invoice}", owed(*amount)), lines)
        }
        Kind::ResendInvoice { invoice } => (format!("Send invoice {invoice} again"), vec![total(known, invoice)?]),
        Kind::TaxInvoice { invoice } => (format!("Tax document of invoice {invoice}"), vec![total(known, invoice)?]),
        Kind::UpdatePaymentMethod {} => {
            let line = Line::text("Way to pay", Some("as it is"), "as the customer enters it");
            ("Link to change how to pay".to_owned(), vec![line])
        }
        Kind::Credit { amount } => {
            if !amount.is_positive() {
                return Err(NoPreview::NotPositive);
            }
            known.pays_in(*amount)?;
            let before = known.head.book.balance.get(&amount.currency()).and_then(|balance| balance.copied());
            let given = Line::money("Credit given", None, Some(*amount));
            let lines = [given]
                .into_iter()
                .chain(before.map(|before| Line::money("Credit at hand", Some(before), Some(before.plus(*amount)))));
            let lines = lines.collect();
            (format!("Credit {amount} to the account"), lines)
        }
        Kind::RetryPayment { invoice, amount } => {
            let left = known.remaining(invoice)?;
            (
                format!("Try the payment of {}invoice {invoice} again", owed(*amount)),
                vec![due(left, left.and_then(nothing))],
            )
        }
        Kind::MarkPaid { invoice, amount } => {
            let left = known.all_due(invoice)?;
            (format!("Mark {amount} of invoice {invoice} as paid by other means"), vec![due(Some(left), nothing(left))])
        }
        Kind::WriteOff { invoice, amount } => {
            let left = known.all_due(invoice)?;
            let line = Line::text("Invoice", Some("open"), "written off");
            (format!("Write off {amount} of invoice {invoice}"), vec![due(Some(left), nothing(left)), line])
        }
        Kind::VoidInvoice { invoice, amount } => {
            let left = known.all_due(invoice)?;
            (
                format!("Void invoice {invoice} over {amount}"),
                vec![due(Some(left), nothing(left)), Line::text("Invoice", Some("open"), "void")],
            )
        }
        Kind::ExtendGrace { invoice, days } => {
            known.remaining(invoice)?;
            if !known.head.dunning.contains_key(invoice) {
                return Err(NoPreview::NoRecovery(invoice.clone()));
            }
            let line =
                Line::text("Next steps of the recovery", Some("as planned"), &format!("{} later", days_text(*days)));
            (format!("{} more grace for invoice {invoice}", days_text(*days)), vec![line])
        }
        Kind::Defer { invoice, days, until } => {
            known.remaining(invoice)?;
            let due_on = known.invoice(invoice)?.due_on.copied().map(|due_on| due_on.to_string());
            let line = Line::text("Due on", due_on.as_deref(), &until.to_string());
            (format!("Defer invoice {invoice} by {}", days_text(*days)), vec![line])
        }
        Kind::ExtendTrial { subscription, days, until } => {
            let running = known.running(subscription)?;
            let on_trial = running.status.copied() == Some(SubscriptionStatus::Trial);
            let ends_at = running
                .trial_ends_at
                .copied()
                .filter(|_| on_trial)
                .ok_or_else(|| NoPreview::NotOnTrial(subscription.clone()))?;
            let line = Line::text("Trial ends", Some(&day(ends_at)), &day(*until));
            (format!("Extend the trial of subscription {subscription} by {}", days_text(*days)), vec![line])
        }
        Kind::Pause { subscription } => {
            let running = known.running(subscription)?;
            if running.status.copied() == Some(SubscriptionStatus::Paused) {
                return Err(NoPreview::Paused(subscription.clone()));
            }
            (format!("Pause subscription {subscription}"), vec![status(running, "paused"), mrr(running, true)])
        }
        Kind::Resume { subscription } => {
            let paused = known.running(subscription)?;
            if paused.status.copied() != Some(SubscriptionStatus::Paused) {
                return Err(NoPreview::NotPaused(subscription.clone()));
            }
            (format!("Resume subscription {subscription}"), vec![status(paused, "active")])
        }
        Kind::Upgrade { subscription, plan, price, at } => {
            let change = plan_change(&known, subscription, plan)?;
            let lines = change.lines(*price, &change.at_once(known.manners, *at)?);
            (format!("Upgrade subscription {subscription} to {plan}, at once"), lines)
        }
        Kind::Downgrade { subscription, plan, price, at } => {
            let change = plan_change(&known, subscription, plan)?;
            if change.renewal()? != *at {
                return Err(NoPreview::UnknownPeriod);
            }
            let lines = change.lines(*price, &Effective::AtRenewal(*at));
            (format!("Downgrade subscription {subscription} to {plan}, from the next period on"), lines)
        }
        Kind::ChangeAddons { subscription, addons, price, at } => {
            let running = known.running(subscription)?;
            let before = running.items.value().cloned().unwrap_or_default();
            let after = addons_after(&known, subscription, addons)?;
            let quantity = |price: &str| {
                before.iter().find(|item| item.price == price).map_or(0, |item| item.quantity).to_string()
            };
            let mut lines: Vec<_> = addons
                .iter()
                .map(|addon| Line::text(&addon.price, Some(&quantity(&addon.price)), &addon.quantity.to_string()))
                .collect();
            lines.push(each(&before, *price));
            lines.extend(rest_of_period(known.manners, running, &before, &after, *at)?.lines());
            (format!("Change the add-ons of subscription {subscription}"), lines)
        }
        Kind::AdjustSeats { subscription, seats, price, at } => {
            let plan = known.plan(subscription)?;
            if plan.quantity == *seats {
                return Err(NoPreview::Same(subscription.clone()));
            }
            let before = std::slice::from_ref(plan);
            let after = [Item { quantity: *seats, ..plan.clone() }];
            let mut lines =
                vec![Line::text("Seats", Some(&plan.quantity.to_string()), &seats.to_string()), each(before, *price)];
            lines.extend(rest_of_period(known.manners, known.running(subscription)?, before, &after, *at)?.lines());
            (format!("Change subscription {subscription} to {seats} seats"), lines)
        }
        Kind::Discount { subscription, percent, price } => {
            let running = known.running(subscription)?;
            let items = running.items.value().cloned().unwrap_or_default();
            let standing = running.discount.value().and_then(Stated::value);
            if standing.is_some_and(|standing| standing.percent == Some(*percent)) {
                return Err(NoPreview::Same(subscription.clone()));
            }
            let standing = standing.map(|discount| match (discount.percent, discount.amount) {
                (Some(percent), _) => format!("{}%", percent.normalize()),
                (None, Some(amount)) => amount.to_string(),
                (None, None) => "another".to_owned(),
            });
            let discount = Line::text("Discount", Some(standing.as_deref().unwrap_or("none")), &format!("{percent}%"));
            (format!("Discount of {percent}% on subscription {subscription}"), vec![discount, each(&items, *price)])
        }
        Kind::Cancel { subscription, when, asked_at } => {
            let running = known.running(subscription)?;
            let (what, after) = match when {
                When::Now => ("at once".to_owned(), known.ended().to_owned()),
                When::PeriodEnd => {
                    if known.ends_at(running).is_some() {
                        return Err(NoPreview::EndsAlready(subscription.clone()));
                    }
                    let end = running
                        .renews_at
                        .copied()
                        .map_or_else(|| "with its period".to_owned(), |at| format!("on {}", day(at)));
                    (end.clone(), format!("ends {end}"))
                }
            };
            // What was charged in between is asked back, and nobody should be surprised by that.
            let from = Line::text(
                "Counts from",
                None,
                &format!("{}, and later bills are asked back", asked_at.strftime("%Y-%m-%d")),
            );
            let lines = vec![status(running, &after), mrr(running, true), from];
            (format!("Cancel subscription {subscription}, {what}"), lines)
        }
        Kind::ForceCancel { subscription } => {
            let running = known.running(subscription)?;
            (
                format!("End subscription {subscription} at once, against the customer's will"),
                vec![status(running, known.ended()), mrr(running, true)],
            )
        }
        Kind::ErasePerson {} => {
            let runs = known
                .head
                .book
                .subscriptions
                .values()
                .filter(|line| line.status != Some(SubscriptionStatus::Ended))
                .count();
            let lines = vec![
                Line::text("Name, addresses, telephone", Some("kept"), "erased, and not taken in again"),
                Line::text("What imports say of the customer", Some("kept"), "erased"),
                Line::text("Tickets from their address", Some("kept"), "erased, but for their state and times"),
                Line::text("Invoices, payments, ledger", Some("kept"), "kept, under the provider's ids alone"),
                Line::text(
                    "Running subscriptions",
                    Some(&runs.to_string()),
                    "go on; no reminder can reach the customer",
                ),
                Line::text("At the provider", None, "not erased: do it there as well"),
            ];
            ("Erase who the customer is".to_owned(), lines)
        }
        Kind::Bundle { .. } => return Err(NoPreview::Bundle(super::BUNDLE_MAX)),
    })
}

fn refund(payment: Option<&Payment>, id: &str, amount: Money) -> Result<(String, Vec<Line>), NoPreview> {
    let payment = payment.ok_or_else(|| NoPreview::UnknownPayment(id.to_owned()))?;
    if payment.is_disputed() {
        return Err(NoPreview::Disputed(id.to_owned()));
    }
    let (Some(taken), Some(back), Some(refundable)) = (payment.taken(), payment.given_back(), payment.refundable())
    else {
        return Err(NoPreview::NotTaken(id.to_owned()));
    };
    if taken.currency() != amount.currency() {
        return Err(NoPreview::OtherCurrency {
            account: taken.currency().to_string(),
            asked: amount.currency().to_string(),
        });
    }
    if !amount.is_positive() {
        return Err(NoPreview::NotPositive);
    }
    if amount > refundable {
        return Err(NoPreview::TooMuch { refundable, asked: amount });
    }
    let lines = vec![
        Line::money("Collected", Some(taken), Some(taken)),
        Line::money("Given back", Some(back), Some(back.plus(amount))),
        Line::money("Can still be given back", Some(refundable), Some(refundable.minus(amount))),
    ];
    Ok((format!("Refund {amount} of payment {id} to the original payment method"), lines))
}

fn total(known: Known<'_>, id: &str) -> Result<Line, NoPreview> {
    let invoice = known.invoice(id)?;
    if invoice.due() == Due::NotYet {
        return Err(NoPreview::NotDue(id.to_owned(), "a draft"));
    }
    let total = invoice.total.copied();
    Ok(Line::money("Invoice", total, total))
}

fn each(before: &[Item], after: Option<Money>) -> Line {
    Line::money("Each period", each_period(before), after)
}

fn status(subscription: &Subscription, after: &str) -> Line {
    Line::text("Subscription", subscription.status.copied().map(SubscriptionStatus::name), after)
}

fn mrr(subscription: &Subscription, ends: bool) -> Line {
    let before = subscription.mrr();
    Line::money("Each month", before, before.filter(|_| ends).map(|before| Money::zero(before.currency())))
}

pub(super) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn days_text(days: u32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

impl Known<'_> {
    /// What an end at once is at this provider.
    fn ended(&self) -> &'static str {
        match self.manners.end_at_once {
            EndAtOnce::Ends => "ended",
            EndAtOnce::RunsOut => "cancelled; what is paid for runs out",
        }
    }

    /// Refuses money of another currency than the account's, as far as that is known.
    fn pays_in(&self, amount: Money) -> Result<(), NoPreview> {
        let book = &self.head.book;
        let paid = book.payments.iter().filter_map(|line| line.amount).map(Money::currency);
        let billed = book.invoices.iter().filter_map(|line| line.total).map(Money::currency);
        let bought = book.subscriptions.values().filter_map(|line| line.price).map(crate::money::Rate::currency);
        let known: Vec<_> = bought.chain(billed).chain(paid).collect();
        match known.first() {
            Some(first) if !known.contains(&amount.currency()) => {
                Err(NoPreview::OtherCurrency { account: first.to_string(), asked: amount.currency().to_string() })
            }
            _ => Ok(()),
        }
    }
}

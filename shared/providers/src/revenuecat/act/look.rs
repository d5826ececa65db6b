//! What is an object at RevenueCat like before we ask for a change, and has it changed since?
//!
//! Webhooks, and so the book, call a subscription by its first transaction; the API has an id of its own.

use super::{refunded, steps};
use crate::list::segment;
use crate::{Call, Effect, Found, Look, Order, Reply};
use domain::action::{Kind, When};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What was found before anything was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    pub store: String,
    /// RevenueCat's own id of it, if it is there.
    pub id: Option<String>,
    pub standing: Standing,
    /// The period, in milliseconds.
    pub from: Option<i64>,
    pub to: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    Paid,
    PastDue,
    /// The next period is paid for as well.
    Renewed,
    Ended,
    GivenBack,
    Untold,
}

impl Note {
    /// What was noted; without it nothing can be asked for.
    pub fn of(order: &Order<'_>) -> Self {
        order.before.and_then(|before| serde_json::from_str(before).ok()).unwrap_or_else(|| Self::untold(""))
    }

    fn untold(store: &str) -> Self {
        Self { store: store.to_owned(), id: None, standing: Standing::Untold, from: None, to: None }
    }

    fn found(&self) -> Look {
        Look::Found(Found::NotThere { note: serde_json::to_string(self).ok() })
    }
}

/// What is missing before an object is found.
pub(super) enum Need<'a> {
    Ask(Call),
    Unread(&'a Reply),
}

impl Need<'_> {
    fn look(self) -> Look {
        match self {
            Self::Ask(call) => Look::Ask(call),
            Self::Unread(_) => Look::Found(Found::Unknown),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Subscription {
    pub id: String,
    pub store: String,
    pub management_url: Option<String>,
    store_subscription_identifier: Option<String>,
    status: Option<String>,
    auto_renewal_status: Option<String>,
    current_period_starts_at: Option<i64>,
    current_period_ends_at: Option<i64>,
    ends_at: Option<i64>,
}

impl Subscription {
    /// Whether its own words tell that it is the one; Google numbers the renewals behind the first order.
    fn is_called(&self, original: &str) -> bool {
        let identifier = self.store_subscription_identifier.as_deref().unwrap_or_default();
        let name = if self.store == "play_store" { identifier.split("..").next() } else { Some(identifier) };
        name == Some(original)
    }

    fn is_apple(&self) -> bool {
        matches!(&*self.store, "app_store" | "mac_app_store")
    }

    fn standing(&self) -> Standing {
        match (self.status.as_deref(), self.auto_renewal_status.as_deref()) {
            (Some("expired"), _) => Standing::Ended,
            (Some("in_grace_period" | "in_billing_retry"), _) => Standing::PastDue,
            (_, Some("has_already_renewed")) => Standing::Renewed,
            _ => Standing::Paid,
        }
    }

    fn note(&self) -> Note {
        let to = [self.current_period_ends_at, self.ends_at].into_iter().flatten().min();
        let (store, id) = (self.store.clone(), Some(self.id.clone()));
        Note { store, id, standing: self.standing(), from: self.current_period_starts_at, to }
    }
}

#[derive(Deserialize)]
struct Transaction {
    id: String,
    revenue_in_local_currency: Option<Revenue>,
}

/// Amounts are floats, and are read as the decimals that they were written as.
#[derive(Deserialize)]
struct Revenue {
    gross: Option<crate::value::Number>,
}

impl Transaction {
    /// One that was given back shows no revenue.
    fn standing(&self) -> Standing {
        let gross = self.revenue_in_local_currency.as_ref().and_then(|revenue| revenue.gross.as_ref()?.decimal());
        match gross {
            Some(gross) if gross > Decimal::ZERO => Standing::Paid,
            Some(_) => Standing::GivenBack,
            None => Standing::Untold,
        }
    }
}

#[derive(Deserialize)]
struct Purchase {
    id: String,
    store: String,
    status: Option<String>,
    store_purchase_identifier: Option<String>,
}

impl Purchase {
    fn note(self) -> Note {
        let standing = match self.status.as_deref() {
            Some("owned") => Standing::Paid,
            Some("refunded") => Standing::GivenBack,
            _ => Standing::Untold,
        };
        Note { store: self.store, id: Some(self.id), standing, from: None, to: None }
    }
}

pub(super) fn look(order: &Order<'_>, replies: &[Reply]) -> Look {
    match order.kind() {
        Kind::Refund { payment, .. } => refund(order, payment, replies),
        Kind::Cancel { subscription, .. }
        | Kind::ForceCancel { subscription }
        | Kind::ExtendTrial { subscription, .. } => change(order, subscription, replies),
        // A link made twice does no harm, and nothing else is done here.
        _ => Look::Found(Found::NotThere { note: None }),
    }
}

/// Whether a subscription is as it was asked for.
fn change(order: &Order<'_>, original: &str, replies: &[Reply]) -> Look {
    let found = match find(order.customer, Some(original), replies) {
        Ok(found) => found.map(|(found, _)| found),
        Err(need) => return need.look(),
    };
    let Some(found) = found else {
        if order.before.is_some() {
            return Look::Found(Found::Unclear { instead: steps::gone(original) });
        }
        return Note::untold("").found();
    };
    let note = found.note();
    let over = note.standing == Standing::Ended;
    let stops = found.auto_renewal_status.as_deref() == Some("will_not_renew");
    let (is_done, status) = match order.kind() {
        Kind::ExtendTrial { until, .. } => {
            (note.to.is_some_and(|to| to.saturating_add(ROUNDED_MILLIS) >= until.as_millisecond()), &found.status)
        }
        Kind::Cancel { when: When::PeriodEnd, .. } => (over || stops, &found.auto_renewal_status),
        _ => (over || (stops && note.standing == Standing::PastDue), &found.auto_renewal_status),
    };
    if !is_done {
        return note.found();
    }
    let status = status.clone().unwrap_or_default();
    Look::Found(Found::Done(Effect { reference: found.id, status, ..Effect::default() }))
}

/// Stores count in whole days.
const ROUNDED_MILLIS: i64 = 12 * 3_600_000;

fn refund(order: &Order<'_>, payment: &str, replies: &[Reply]) -> Look {
    let Ok(before) = order.before.map(serde_json::from_str::<Note>).transpose() else { return unclear(payment) };
    let told = order.records.payments.get(payment);
    let store = told.and_then(|told| told.method.value()).map_or("", String::as_str);
    let subscription = told.and_then(|told| told.subscription.value());
    let now = match (store, subscription) {
        ("play_store", Some(original)) => renewal(order.customer, original, payment, replies),
        ("rc_billing", Some(original)) => latest(order.customer, original, before.as_ref(), replies),
        ("rc_billing", None) => purchase(order.customer, payment, replies),
        _ => Ok(Note::untold(store)),
    };
    let now = match now {
        Ok(now) => now,
        Err(need) => return need.look(),
    };
    // Nothing was sent yet: whatever is so, it is not by us.
    let Some(before) = before else { return now.found() };
    match (before.standing, now.standing) {
        (Standing::Paid, Standing::GivenBack) => Look::Found(Found::Done(refunded(payment))),
        (then, still) if then == still => now.found(),
        _ => unclear(payment),
    }
}

fn unclear(payment: &str) -> Look {
    Look::Found(Found::Unclear { instead: steps::unclear(payment) })
}

/// A renewal at Google Play, which is in the list of its subscription's transactions.
fn renewal<'a>(customer: &str, original: &str, payment: &str, replies: &'a [Reply]) -> Result<Note, Need<'a>> {
    let Some((found, rest)) = find(customer, Some(original), replies)? else { return Ok(Note::untold("play_store")) };
    let newest =
        format!("/subscriptions/{}/transactions?limit=100&sort=purchased_at&direction=desc", segment(&found.id));
    let transactions: Vec<Transaction> = listed(rest.first(), newest)?;
    let standing = transactions
        .iter()
        .find(|transaction| transaction.id == payment)
        .map_or(Standing::Untold, Transaction::standing);
    Ok(Note { standing, ..found.note() })
}

/// The latest payment of a subscription at Web Billing, which lists no transactions: given back, it ends at once.
fn latest<'a>(customer: &str, original: &str, before: Option<&Note>, replies: &'a [Reply]) -> Result<Note, Need<'a>> {
    let Some((found, _)) = find(customer, Some(original), replies)? else { return Ok(Note::untold("rc_billing")) };
    let mut now = found.note();
    if let Some(before) = before {
        let is_early = now.to.zip(before.to).is_some_and(|(now, before)| now < before);
        now.standing = match now.standing {
            Standing::Ended if is_early => Standing::GivenBack,
            Standing::Paid if now.from != before.from => Standing::Renewed,
            standing => standing,
        };
    }
    Ok(now)
}

fn purchase<'a>(customer: &str, payment: &str, replies: &'a [Reply]) -> Result<Note, Need<'a>> {
    let purchases: Vec<Purchase> =
        listed(replies.first(), format!("/customers/{}/purchases?limit=100", segment(customer)))?;
    let is_it = |purchase: &Purchase| purchase.store_purchase_identifier.as_ref().unwrap_or(&purchase.id) == payment;
    Ok(purchases.into_iter().find(is_it).map_or_else(|| Note::untold("rc_billing"), Purchase::note))
}

/// Finds a subscription among the customer's, and the answers that it took nothing of. Without a name, any that runs.
///
/// Apple's objects carry the latest transaction: which was the first, their lists of transactions tell.
pub(super) fn find<'a>(
    customer: &str,
    wanted: Option<&str>,
    replies: &'a [Reply],
) -> Result<Option<(Subscription, &'a [Reply])>, Need<'a>> {
    let path = format!("/customers/{}/subscriptions?limit=100", segment(customer));
    let mut subscriptions: Vec<Subscription> = listed(replies.first(), path)?;
    let mut rest = replies.get(1..).unwrap_or_default();
    let Some(wanted) = wanted else {
        let running = subscriptions.into_iter().find(|subscription| subscription.standing() != Standing::Ended);
        return Ok(running.map(|running| (running, rest)));
    };
    if let Some(place) = subscriptions.iter().position(|subscription| subscription.is_called(wanted)) {
        return Ok(Some((subscriptions.swap_remove(place), rest)));
    }
    for subscription in subscriptions.into_iter().filter(Subscription::is_apple) {
        let oldest = format!(
            "/subscriptions/{}/transactions?limit=1&sort=purchased_at&direction=asc",
            segment(&subscription.id)
        );
        let transactions: Vec<Transaction> = listed(rest.first(), oldest)?;
        rest = rest.get(1..).unwrap_or_default();
        if transactions.first().is_some_and(|first| first.id == wanted) {
            return Ok(Some((subscription, rest)));
        }
    }
    Ok(None)
}

/// The answered list, or the question.
fn listed<'a, T: DeserializeOwned>(reply: Option<&'a Reply>, path: String) -> Result<Vec<T>, Need<'a>> {
    #[derive(Deserialize)]
    struct List<T> {
        items: Vec<T>,
    }
    let Some(reply) = reply else { return Err(Need::Ask(Call::list(path))) };
    match serde_json::from_str::<List<T>>(&reply.body) {
        Ok(list) if reply.status == 200 => Ok(list.items),
        _ => Err(Need::Unread(reply)),
    }
}

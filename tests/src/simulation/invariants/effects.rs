//! What must hold between the provider's books and ours: each effect was approved, and happened once.

use super::{Books, must};
use crate::simulation::Sent;
use domain::action::{Action, Decision, Kind, Measure, Reason, State, Vote};
use domain::approval::judged_before;
use domain::id::ActionId;
use domain::money::Money;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use local::sandbox::Seen;
use local::service::Service;
use providers::{ALL, Provider, Repeats};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// At most one refund at the provider per approved action, exactly as approved, and never more than was captured.
pub(super) fn refunds_are_ours(service: &Service, actions: &BTreeMap<ActionId, Action>) -> Result<(), String> {
    let refunds = service.sandbox.refunds().map_err(|error| error.to_string())?;
    let mut seen = BTreeSet::new();
    let mut per_charge: BTreeMap<String, i64> = BTreeMap::new();
    for refund in &refunds {
        let id = refund["metadata"]["recoup_action"].as_str().unwrap_or_default().to_owned();
        must(seen.insert(id.clone()), || format!("{id} was refunded twice"))?;
        let action = actions
            .values()
            .find(|action| action.id.as_str() == id)
            .ok_or_else(|| format!("a refund without an action: {refund}"))?;
        must(action.state() == State::Executed, || format!("{id} was refunded and is {:?}", action.state()))?;
        let Kind::Refund { payment, amount } = &action.kind else { continue };
        let same = refund["charge"] == payment.as_str()
            && refund["amount"].as_i64() == amount.minor()
            && refund["currency"] == amount.currency().code().to_lowercase();
        must(same, || format!("{id} was not refunded as approved: {refund} {amount}"))?;
        *per_charge.entry(payment.clone()).or_insert(0) += refund["amount"].as_i64().unwrap_or(0);
    }
    for (charge, back) in per_charge {
        let taken = service.sandbox.captured(&charge).map_err(|error| error.to_string())?;
        must(back <= taken, || format!("{charge}: {back} of {taken} went back"))?;
    }
    let refunded = |action: &&Action| action.state() == State::Executed && matches!(action.kind, Kind::Refund { .. });
    for action in actions.values().filter(refunded) {
        must(seen.contains(action.id.as_str()), || {
            format!("{} is executed, and the provider knows nothing of it", action.id)
        })?;
    }
    Ok(())
}

/// What makes a page or a document: it changes nothing, and may be made again.
const PAGES: &[&str] = &["sessions", "payment-links", "hosted_pages", "/pdf"];

/// Nobody approved what others had been promised: at each approval there was money left for it and for all that was on its way.
pub(super) fn no_money_is_promised_twice(books: &Books) -> Result<(), String> {
    let approved = |action: &&Action| !action.votes().iter().any(|vote| vote.decision == Decision::Deny);
    let all: Vec<_> = books
        .desk
        .actions
        .values()
        .filter(approved)
        .filter_map(|action| match &action.kind {
            Kind::Refund { payment, amount } => Some((action, payment, *amount, action.decided_at()?)),
            _ => None,
        })
        .collect();
    for (action, payment, amount, at) in &all {
        let Some(taken) = books.desk.touched.payments.get(*payment).and_then(|payment| payment.taken()) else {
            continue;
        };
        // Within one instant nobody knows whether one ended before the other was approved.
        let stood = |action: &Action, at: Timestamp| {
            action.state() == State::Executed || action.ended_at().is_none_or(|ended_at| ended_at > at)
        };
        let others = all.iter().filter(|(other, of, _, since)| {
            of == payment && other.id != action.id && since <= at && stood(other, *at) && stood(action, *since)
        });
        let promised = others.fold(*amount, |sum, (_, _, amount, _)| sum.plus(*amount));
        must(promised.amount() <= taken.amount(), || {
            format!(
                "{} was approved at {at} when {promised} of {payment} was promised, which brought {taken}",
                action.id
            )
        })?;
    }
    Ok(())
}

/// The calls that changed something at a provider, each time they did.
pub fn changes(service: &Service) -> Result<Vec<(&'static Provider, Seen)>, String> {
    let mut changes = Vec::new();
    for provider in ALL.iter().copied().filter(|provider| provider.api.is_some()) {
        let mut calls = service.sandbox.calls(provider.name).map_err(|error| error.to_string())?;
        calls.retain(|call| call.executed && !PAGES.iter().any(|page| call.path.contains(page)));
        changes.extend(calls.into_iter().map(|call| (provider, call)));
    }
    Ok(changes)
}

/// Whatever was changed at a provider was asked for, approved, and changed once.
pub(super) fn effects_are_ours(
    service: &Service,
    actions: &BTreeMap<String, BTreeMap<ActionId, Action>>,
    told: &[Sent],
) -> Result<(), String> {
    let mut done: BTreeMap<(ActionId, String), Vec<Timestamp>> = BTreeMap::new();
    let mut unnamed: BTreeMap<(&str, String, String), Vec<Seen>> = BTreeMap::new();
    let nobody = BTreeMap::new();
    for (provider, call) in changes(service)? {
        let Some(key) = &call.idempotency_key else {
            unnamed.entry((provider.name, call.path.clone(), call.body.clone())).or_default().push(call);
            continue;
        };
        let own = actions.get(provider.name).unwrap_or(&nobody);
        let action = own
            .values()
            .find(|action| is_key_of(provider, action, key))
            .ok_or_else(|| format!("nobody asked {} for {call:?}", provider.name))?;
        must(may_be_sent(action), || format!("{} is {:?}, and was sent: {call:?}", action.id, action.state()))?;
        let at = call.at.parse().map_err(|error| format!("{}: {error}", call.at))?;
        done.entry((action.id.clone(), call.path.clone())).or_default().push(at);
    }
    for ((id, path), mut times) in done {
        times.sort();
        for between in times.windows(2) {
            must(was_undone(&path, between, told), || format!("{id} was done again at {}: {path}", between[1]))?;
        }
    }
    // Where neither key nor id of ours is sent: by what it is about, and how much.
    for ((provider, path, body), calls) in unnamed {
        let own = actions.get(provider).unwrap_or(&nobody).values();
        let asked = own.filter(|action| may_be_sent(action) && fits(action, &path, &body)).count();
        must(calls.len() <= asked, || format!("{asked} people's wishes, and {} effects: {calls:?}", calls.len()))?;
    }
    Ok(())
}

/// More keys than one action is ever tried under.
const KEYS_MAX: u32 = 24;

/// Whether a key, as it left, is one of an action's: as it is, or in the provider's own form.
pub(super) fn is_key_of(provider: &Provider, action: &Action, key: &str) -> bool {
    let id = action.id.as_str();
    let Some(Repeats::Header(_, form)) = provider.api.map(|api| &api.repeats) else { return false };
    key.split('-').next() == Some(id) || (1..=KEYS_MAX).any(|number| form(&format!("{id}-{number}")) == key)
}

fn may_be_sent(action: &Action) -> bool {
    let was_decided = !action.votes().is_empty() || action.by_rule().is_some();
    matches!(action.state(), State::Executed | State::NeedsPerson | State::Failed) && was_decided
}

/// Whether an action is about what a request names, and as much as it says.
fn fits(action: &Action, path: &str, body: &str) -> bool {
    let names = |id: &str| path.split('/').any(|part| part == id.rsplit(':').next().unwrap_or(id));
    let sent: Value = serde_json::from_str(body).unwrap_or_default();
    match &action.kind {
        Kind::Refund { payment, amount } => {
            let said = &sent["data"]["attributes"]["amount"];
            // A request that says nothing of an amount gives back all.
            path.ends_with("/refund") && (said.is_null() || (names(payment) && said.as_i64() == amount.minor()))
        }
        _ => !path.ends_with("/refund"),
    }
}

/// Whether the storm's own history told between two times that an invoice was open again which we had closed.
fn was_undone(path: &str, between: &[Timestamp], told: &[Sent]) -> bool {
    let Some(invoice) = path.strip_prefix("/v1/invoices/").and_then(|rest| rest.split('/').next()) else {
        return false;
    };
    let seconds = between[0].as_second()..=between[1].as_second();
    told.iter().filter(|sent| sent.provider == "stripe").map(Sent::json).any(|event| {
        let object = &event["data"]["object"];
        object["id"] == invoice
            && object["status"] == "open"
            && event["created"].as_i64().is_some_and(|at| seconds.contains(&at))
    })
}

/// Nobody decided alone, taken together, what their role may not decide alone; nor more in a day than anybody may.
pub(super) fn limits_hold_together(service: &Service, actions: &BTreeMap<ActionId, Action>) -> Result<(), String> {
    let policy = service.context.policies.approval.current();
    let window = SignedDuration::from_hours(24 * policy.alone.days);
    let day = |vote: &Vote| vote.at.to_zoned(TimeZone::UTC).date();
    // No rates are imported in a storm: what may be decided alone counts by the policy's own numbers.
    let counted = |amount: Money, vote: &Vote| {
        let counts = policy.in_own_currency(amount, &[], day(vote));
        counts.map_or(amount, |counts| Money::rounded(counts, policy.currency))
    };
    let alone: Vec<_> = actions
        .values()
        .filter_map(|action| {
            let vote = action.votes().iter().find(|vote| vote.within_limit)?;
            Some((action, vote, counted(action.kind.gives()?, vote)))
        })
        .collect();
    let sum = |some: &mut dyn Iterator<Item = &(&Action, &Vote, Money)>| {
        some.fold(Money::zero(policy.currency), |sum, it| sum.plus(it.2))
    };
    for (action, vote, _) in &alone {
        let own = |other: &&(&Action, &Vote, Money)| other.1.by == vote.by;
        let here = |other: &&(&Action, &Vote, Money)| {
            own(other)
                && other.0.account == action.account
                && other.0.kind.name() == action.kind.name()
                && vote.at.duration_since(other.1.at) <= window
        };
        let before =
            sum(&mut alone.iter().filter(here).filter(|other| other.1.at < vote.at || other.0.id == action.id));
        // Of what was decided in one instant the order is not known: then the most lenient reason is taken.
        let by_now = sum(&mut alone.iter().filter(here).filter(|other| other.1.at <= vote.at));
        for (sum, reason) in [(before, judged_before(action, &action.kind)), (by_now, Reason::BillingError)] {
            let needed = policy.requirement(action.kind.name(), Measure::Money(sum), reason, Some(vote.role)).approvals;
            must(needed.is_empty(), || {
                format!("{} decided {sum} alone for {}, which needs {needed:?}", vote.by, action.account)
            })?;
        }
        let today = sum(&mut alone.iter().filter(own).filter(|other| day(other.1) == day(vote)));
        must(today.amount() <= policy.alone.daily_total, || format!("{} decided {today} alone in a day", vote.by))?;
    }
    Ok(())
}

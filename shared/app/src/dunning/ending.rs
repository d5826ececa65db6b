//! The end of a recovery that nothing has helped: people are asked for it once its hold is over, and it is followed until it
//! is known what became of that.

use super::Read;
use crate::context::Context;
use crate::fault::Fault;
use crate::records;
use crate::store::{Batch, keys};
use domain::action::{Action, Known, Reason, State};
use domain::approval::{self, Scales};
use domain::book::{Subscription, Touched};
use domain::dunning::{NoEnd, Plan};
use domain::source::Source;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What an end is judged by beside the plan and its invoice.
#[derive(Default)]
pub(super) struct Beside {
    /// The request under way.
    action: Option<Action>,
    /// What the invoice bills.
    subscription: Option<Subscription>,
    is_read: bool,
}

/// Nothing is read where no end is near.
pub(super) async fn read(context: &Context, read: &mut Read, plan: &Plan) -> Result<Beside, Fault> {
    if !plan.nears_its_end(context.clock.now()) {
        return Ok(Beside::default());
    }
    let account = &plan.account;
    let own = plan.asked_end().map(|id| keys::action(&id));
    let billed = read.invoice.subscription.value().map(|subscription| keys::subscription(account, subscription));
    let wanted = [keys::ledger_head(account)].into_iter().chain(own.clone()).chain(billed.clone());
    read.batch.extend(Batch::read(context, wanted.collect()).await?);
    let action = match &own {
        Some(key) => read.batch.get::<Action>(key)?,
        None => None,
    };
    let subscription = match &billed {
        Some(key) => read.batch.of::<Subscription>(key)?,
        None => None,
    };
    Ok(Beside { action, subscription, is_read: true })
}

/// Learns what became of the request, where there is one.
pub(super) fn learn(context: &Context, plan: &mut Plan, beside: &Beside) {
    if let Some(action) = &beside.action {
        let now = context.clock.now();
        plan.learn_end(approval::end_of(action), now, looks_at(action, now));
    }
}

/// When a request is looked at again: whoever decides it or carries it out says so at once.
fn looks_at(action: &Action, now: Timestamp) -> Timestamp {
    let hours = if action.state() == State::NeedsPerson { 24 } else { 1 };
    let rest = now + SignedDuration::from_hours(hours);
    action.wakes_at().map_or(rest, |at| at.max(rest))
}

/// Asks people to end what the invoice bills, where the time has come, or says why nobody is asked.
pub(super) fn advance(
    context: &Context,
    read: &Read,
    plan: &mut Plan,
    (source, beside): (&Source, &Beside),
) -> Result<Option<Action>, Fault> {
    let now = context.clock.now();
    if !beside.is_read || !plan.has_to_end(now) {
        return Ok(None);
    }
    let subscription = match &beside.subscription {
        _ if !plan.told_of_end() => Err(NoEnd::Untold),
        _ if !source.cancels() => Err(NoEnd::ByProvider),
        None => Err(NoEnd::Nothing),
        Some(subscription) => Ok(subscription),
    };
    let asked = match subscription {
        Ok(subscription) => request(context, read, plan, subscription)?,
        Err(why) => Err(why),
    };
    match asked {
        Ok(action) => {
            plan.asks_end(now, looks_at(&action, now));
            Ok(Some(action))
        }
        Err(why) => {
            plan.skip_end(&why, now);
            plan.take_access(now);
            Ok(None)
        }
    }
}

/// The request, with whose approval it takes; or what stands against it.
fn request(
    context: &Context,
    read: &Read,
    plan: &Plan,
    subscription: &Subscription,
) -> Result<Result<Action, NoEnd>, Fault> {
    let subscriptions = BTreeMap::from([(subscription.id.clone(), subscription.clone())]);
    let records = Touched { subscriptions, ..Touched::default() };
    let (manners, now) = (records::manners(&read.head.provider)?, context.clock.now());
    let scales = Scales {
        policy: context.policies.approval.current(),
        known: Known {
            head: &read.head,
            manners,
            records: &records,
            prices: &[],
            papers: &domain::action::NO_PAPERS,
            now,
        },
        reason: Reason::Other,
        by: None,
        cases: &[],
        earlier: &[],
        credited: &[],
        today: Decimal::ZERO,
        rates: &[],
        outage_credits: &BTreeMap::new(),
        exception: false,
    };
    Ok(approval::end(plan, &subscription.id, scales).map_err(|why| NoEnd::Impossible(why.to_string())))
}

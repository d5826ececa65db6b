//! Tries of a recovery: chosen by the rules, begun when their time has come, and followed until it is known how they
//! ended.

use super::Read;
use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::ports::QueueName;
use crate::records::{self, networks};
use crate::setup::stop;
use crate::store::trail::{put_facts, put_notes};
use crate::store::{Batch, Commit, keys};
use domain::action::{Action, Known, Moment, State};
use domain::approval;
use domain::book::{Touched, Tried};
use domain::case::{Case, State as CaseState};
use domain::classify::desk::Desk;
use domain::debt;
use domain::dunning::{
    self, Budget, Calendar, DunningPolicy, Ground, Judged, NoTry, Paid, Plan, PlanState, Second, Traits, TryEnd,
    next_of_any,
};
use domain::event::Decline;
use domain::import::NetworkRule;
use domain::leaving::Stage;
use domain::source::Source;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// What tries are judged by beside the plan and its invoice.
#[derive(Default)]
pub(super) struct Beside {
    /// What the company says of the networks.
    rules: Vec<NetworkRule>,
    /// What was tried of the account's other invoices.
    others: Vec<Vec<Tried>>,
    /// The try under way.
    action: Option<Action>,
    /// Whether none begins for now.
    waits: bool,
    /// Why nothing is charged by itself for now.
    barred: Option<NoTry>,
}

/// The kind of what a try is, as stops name it.
const KIND: &str = "retry_payment";

/// Nothing is read where Recoup tries nothing, and has nothing under way.
pub(super) async fn read(
    context: &Context,
    read: &mut Read,
    (plan, source): (&Plan, &Source),
    wish: Option<Stage>,
) -> Result<Beside, Fault> {
    let own = plan.tries.under_way().map(|made| keys::action(&made.action));
    if own.is_none() && !source.retries() {
        return Ok(Beside { barred: Some(NoTry::ByProvider), ..Beside::default() });
    }
    let unnamed = debt::unnamed(&read.head, std::slice::from_ref(&plan.invoice));
    let wanted = [keys::ledger_head(&plan.account)].into_iter().chain(own.clone());
    let wanted = networks::wanted().into_iter().chain(wanted);
    read.batch.extend(Batch::read(context, wanted.chain(unnamed.iter().map(keys::case)).collect()).await?);
    let action = match &own {
        Some(key) => read.batch.get::<Action>(key)?,
        None => None,
    };
    let mut head = read.head.clone();
    for id in &unnamed {
        if let Some(case) = read.batch.get::<Case>(&keys::case(id))?.filter(|case| case.state == CaseState::Open) {
            head.names(id, case.line(), true);
        }
    }
    let made = plan.tries.made.iter().map(|made| &made.action);
    let manners = records::manners(&read.head.provider)?;
    let by_provider = (!source.retries() || !manners.retries.is_asked()).then_some(NoTry::ByProvider);
    let barred = debt::no_try(&read.invoice, head, wish, made).or(by_provider);
    // Each is named on the head until it is known how it ended, and the head has no room for very many.
    let is_crowded = read.head.under_way.len() >= context.policies.limits.current().under_way_max;
    let waits = stop::holds(context, &read.head, None, Some(KIND)).await? || is_crowded;
    let rules = networks::read(&read.batch)?;
    // Whoever only writes a letter needs to know nothing of other invoices.
    let others = if plan.may_choose(context.clock.now()) {
        networks::beside(context, &read.head, Some(&plan.invoice), &rules).await?.into_values().collect()
    } else {
        Vec::new()
    };
    Ok(Beside { rules, others, action, waits, barred })
}

/// What was told of tries of the invoice.
fn tried(context: &Context, read: &Read) -> (Vec<Tried>, SignedDuration) {
    let same_try = SignedDuration::from_mins(context.policies.classify.current().duplicates.same_try_minutes);
    (read.invoice.tried(same_try), same_try)
}

/// Where the provider has taken a try on, and nobody knows yet how it ends: when that is looked at again. Until then
/// nobody is asked for what is on its way, and nothing is taken away.
pub(super) fn on_its_way(context: &Context, read: &Read, beside: &Beside) -> Option<Timestamp> {
    let (action, now) = (beside.action.as_ref()?, context.clock.now());
    let (tried, same_try) = tried(context, read);
    let most = SignedDuration::from_hours(24 * context.policies.limits.current().debit_days_max);
    let waits = approval::is_taken_on(action, (&read.invoice, tried.as_slice(), same_try), most, now);
    waits.then(|| looks_at(action, now, now))
}

/// Until when nothing is taken and nothing ends, because the money may be coming: by a try under way, `begun` just now
/// or before, or since somebody was led on to pay. Then that is looked at again.
pub(super) fn spared_until(
    context: &Context,
    read: &Read,
    plan: &Plan,
    (beside, begun): (&Beside, Option<&Action>),
) -> Option<Timestamp> {
    let (now, limits) = (context.clock.now(), context.policies.limits.current());
    let again = now + SignedDuration::from_secs(limits.alarm_lease_secs);
    let most = SignedDuration::from_hours(24 * limits.debit_days_max);
    let action = begun.or(beside.action.as_ref()).filter(|action| approval::may_bring(plan, action, most, now));
    action.map(|action| looks_at(action, now, again)).max(read.pressed_until)
}

/// Learns how the last try ended, chooses the next one, and begins it if its time has come: what it begins is an action
/// that nobody has to approve.
pub(super) fn advance(
    context: &Context,
    read: &Read,
    plan: &mut Plan,
    beside: &Beside,
) -> Result<Option<Action>, Fault> {
    let (now, policies) = (context.clock.now(), &context.policies);
    let again = now + SignedDuration::from_secs(policies.limits.current().alarm_lease_secs);
    let (tried, same_try) = tried(context, read);
    if let Some(action) = &beside.action {
        approval::learn(plan, action, (&read.invoice, tried.as_slice(), same_try), looks_at(action, now, again));
    }
    if plan.state != PlanState::Running || !(plan.chooses(now) || plan.due_try(now).is_some()) {
        return Ok(None);
    }
    let left = read.invoice.tries.untold(same_try);
    let means = |code: &str| policies.declines.current().meaning(Some(&Decline::new(&read.head.provider, code))).known;
    let charged = dunning::charged(&read.head, &read.invoice);
    let tried = plan.tries.with_answered(tried, charged.as_deref(), &left, means);
    // By other rules it was not promised, and is not tried.
    let Some(policy) = policies.dunning.version(plan.policy_version) else {
        tracing::error!(invoice = plan.invoice, version = plan.policy_version, "the rules of a recovery are not there");
        plan.choose_or_look(Err(NoTry::NoVersion(plan.policy_version)), reviewed_at(context));
        return Ok(None);
    };
    choose(context, read, plan, (policy, beside, tried.as_slice()));
    if plan.due_try(now).is_some() && beside.waits {
        tracing::warn!(
            invoice = plan.invoice,
            "a try of a recovery waits: it is stopped by hand, or very much is under way"
        );
        plan.put_off_try(again);
    }
    if let Some(until) = read.pressed_until.filter(|_| plan.due_try(now).is_some()) {
        plan.put_off_try(until);
    }
    let Some(scheduled) = approval::retry(&policies.dunning, plan, now, again) else { return Ok(None) };
    let invoices = BTreeMap::from([(plan.invoice.clone(), read.invoice.clone())]);
    let records = Touched { invoices, ..Touched::default() };
    let manners = records::manners(&read.head.provider)?;
    let known =
        Known { head: &read.head, manners, records: &records, prices: &[], papers: &domain::action::NO_PAPERS, now };
    Ok(match scheduled.action(known, &plan.trace, Moment { now, again }) {
        Ok(action) => Some(action),
        Err(why) => {
            plan.learn(Some(TryEnd::NotMade { why: why.to_string() }), again);
            None
        }
    })
}

/// Chooses the next try, where it is to be chosen, or chosen anew.
fn choose(
    context: &Context,
    read: &Read,
    plan: &mut Plan,
    (policy, beside, tried): (&DunningPolicy, &Beside, &[Tried]),
) {
    let (now, policies) = (context.clock.now(), &context.policies);
    let (declines, head) = (policies.declines.current(), &read.head);
    let judged = Judged::of(declines, head, &read.invoice, tried, &beside.others);
    let decline = judged.decline_for(plan, &read.invoice);
    let meaning = declines.meaning(decline);
    let adviser = policy.adviser.as_ref().map(|rules| dunning::adviser(rules, policies.advice.current()));
    let (customer, hours) = (read.customer.as_ref(), policies.hours.current());
    let country = read.person.country(customer);
    let calendar = Calendar::new(hours.zone_of(customer.and_then(|customer| customer.time_zone.as_deref()), country));
    let budget = judged.budget(declines, &beside.rules, tried, &beside.others);
    let nothing = declines.meaning(None);
    let budget_of_card = plan.tries.card.as_deref().map(|card| {
        let brand = card.rsplit_once(' ').map(|(brand, _)| brand);
        let own = Budget::of(declines, &beside.rules, brand, &nothing).for_card(card, &beside.others);
        own.barred(dunning::barred(declines, head, card, tried, &beside.others))
    });
    let network = judged.network(tried);
    let traits = Traits {
        family: meaning.family.id.get_ref(),
        code: decline.map_or("", |decline| decline.code.as_str()),
        network: network.unwrap_or_default(),
        funding: decline.and_then(|decline| decline.funding.as_deref()).unwrap_or_default(),
        issuer: decline.and_then(|decline| decline.issuer.as_deref()).unwrap_or_default(),
        country: country.unwrap_or_default(),
    };
    let ground = Ground {
        policy,
        adviser: adviser.as_ref(),
        advice_version: adviser.as_ref().map(|_| policies.advice.current().version),
        calendar: &calendar,
        meaning: &meaning,
        paid: Paid::through(declines, network),
        budget: &budget,
        budget_of_card: budget_of_card.as_ref(),
        traits,
        tried,
        failed_at: read.invoice.first_failed_at,
        now,
    };
    let second = Second::of(declines, &beside.rules, (head, &read.invoice), tried, &beside.others);
    let second = second.as_ref();
    let forbids = |due| beside.barred.is_some() || dunning::is_forbidden(due, &ground, second);
    if plan.chooses(now) || plan.due_try(now).is_some_and(forbids) {
        let next = beside.barred.clone().map_or_else(|| next_of_any(plan, &ground, second), Err);
        plan.choose_or_look(next, reviewed_at(context));
    }
}

/// When what may pass unheard is looked at again.
fn reviewed_at(context: &Context) -> Timestamp {
    context.clock.now() + SignedDuration::from_hours(context.policies.limits.current().review_hours)
}

/// When a try under way is looked at again. What a provider has taken on may take days, and it tells how that ends.
fn looks_at(action: &Action, now: Timestamp, again: Timestamp) -> Timestamp {
    match action.state() {
        State::Executed | State::NeedsPerson => now + SignedDuration::from_hours(1),
        _ => action.wakes_at().map_or(again, |at| at.max(again)),
    }
}

/// Writes a try that begins, as what nobody has to approve and everybody can look up, or what people are asked for.
pub(super) fn put(commit: &mut Commit, context: &Context, read: &Read, action: &Action) -> Result<(), Fault> {
    commit.create(action);
    let none = Desk::of(read.head.clone(), Touched::default());
    let mut one = none.clone();
    one.actions.insert(action.id.clone(), action.clone());
    put_facts(commit, &format!("{}:1", action.id), &none, &one, context);
    let asked = approval::requested(action).filter(|_| action.by_rule().is_none());
    let notes = approval::written(action).into_iter().chain(asked).collect();
    put_notes(commit, &read.batch, &action.account, notes)
}

/// Sends it on its way, or to the people who decide it. The alarm on the action covers a queue that does not answer.
pub(super) async fn go(context: &Context, action: &Action) {
    let message = Message::Act { action: action.id.clone(), trace: action.trace.clone() };
    if let Err(fault) = send_all(context, &[Sent { queue: QueueName::Approval, message }]).await {
        tracing::warn!(action.id = %action.id, fault = %fault, "what a recovery has begun waits for its alarm");
    }
}

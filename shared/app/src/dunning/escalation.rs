//! What fails again and again is a matter of whoever looks after the account: they get a task, once for each row of
//! failures, whichever recovery sees it first.

use super::Read;
use super::owner::{self, Opened, Owner};
use crate::context::Context;
use crate::fault::Fault;
use crate::task;
use domain::book::entitlement::Entitlement;
use domain::dunning::{Failures, Plan};
use domain::task::{About, Task};
use jiff::{SignedDuration, Timestamp};

/// How many invoices a task names beside its own.
const NAMED: usize = 5;

/// What an escalation is made of.
pub(super) struct Beside {
    failures: Failures,
    /// Since when they fail.
    since: Timestamp,
    owner: Owner,
    /// Whether the customer can be written to.
    has_address: bool,
    /// Whether another recovery has warned them.
    is_warned: bool,
}

fn about(plan: &Plan) -> About {
    About::Failing { invoice: plan.invoice.clone() }
}

/// Nothing is read where too few tries have failed in a row, or where that is a matter of somebody already.
pub(super) async fn read(context: &Context, read: &mut Read, plan: &Plan) -> Result<Option<Beside>, Fault> {
    let rule = context.policies.dunning.version(plan.policy_version).and_then(|policy| policy.escalation.as_ref());
    let same_try = SignedDuration::from_mins(context.policies.classify.current().duplicates.same_try_minutes);
    let Some(rule) = rule else { return Ok(None) };
    let failures = Failures::of_account(&read.head.book, same_try, rule.sitting());
    let since = rule.since_of_account(&read.head, &failures.at).filter(|since| plan.has_to_escalate(*since));
    let Some(since) = since else { return Ok(None) };
    let (has_address, is_warned) = (read.person.email.value().is_some(), plan.is_warned_beside(&read.head));
    let owner = owner::read(context, read, &about(plan).task(&plan.account), rule.owner()).await?;
    Ok(Some(Beside { failures, since, owner, has_address, is_warned }))
}

/// The warning comes at once, and somebody has a task.
pub(super) fn advance(context: &Context, plan: &mut Plan, beside: Option<Beside>) -> Option<Opened> {
    let Beside { failures, since, owner, has_address, is_warned } = beside?;
    if !plan.escalate(Some(since), is_warned, context.clock.now()) {
        return None;
    }
    let count = failures.at.len();
    let what = format!("Speak to the customer of invoice {}: {count} tries have failed in a row", plan.invoice);
    let steps = format!(
        "{}{} Ask whether they want to pay in another way, later or in parts: note a promise on the account's page, \
         send a payment link, or let the recovery pause.",
        warning(plan, is_warned, has_address),
        also_for(plan, &failures)
    );
    let task = task::open(context, &plan.account, about(plan), what, steps);
    Some(owner.gets(context, Task { queue: plan.queue, ..task }, &plan.trace))
}

/// What else was tried.
fn also_for(plan: &Plan, failures: &Failures) -> String {
    let others = failures.invoices.iter().map(String::as_str).filter(|id| *id != plan.invoice);
    let named: Vec<&str> = others.clone().take(NAMED).collect();
    if named.is_empty() {
        return String::new();
    }
    let more = others.count() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(" It was not for that invoice alone: also for {}{more}.", named.join(", "))
}

/// What they know by then: what comes at once comes with its letter, and that by day.
fn warning(plan: &Plan, is_warned: bool, has_address: bool) -> &'static str {
    let access = plan.access();
    if is_warned || access.state >= Entitlement::Warned {
        "They were warned that their service may be restricted."
    } else if access.next != Some(Entitlement::Warned) {
        "Nobody has warned them, and nothing is taken from them by itself."
    } else if has_address {
        "The letter that warns them leaves next, by day where they live; until then they know of no restriction."
    } else {
        "Nobody can warn them by mail: there is no address, so that nothing is taken from them until somebody has dealt with it."
    }
}

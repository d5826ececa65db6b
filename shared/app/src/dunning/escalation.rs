//! What fails again and again is a matter of whoever looks after the account: they get a task, once for each recovery.

use super::Read;
use super::owner::{self, Opened, Owner};
use crate::context::Context;
use crate::fault::Fault;
use crate::task;
use domain::book::entitlement::Entitlement;
use domain::dunning::{EscalationRule, Plan, failures_of_invoice};
use domain::task::{About, Task};
use jiff::SignedDuration;

/// What an escalation is made of.
pub(super) struct Beside<'a> {
    rule: &'a EscalationRule,
    failures: usize,
    owner: Owner,
    /// Whether the customer can be written to.
    has_address: bool,
}

fn about(plan: &Plan) -> About {
    About::Failing { invoice: plan.invoice.clone() }
}

/// Nothing is read where too few tries have failed.
pub(super) async fn read<'a>(context: &'a Context, read: &mut Read, plan: &Plan) -> Result<Option<Beside<'a>>, Fault> {
    let rule = context.policies.dunning.version(plan.policy_version).and_then(|policy| policy.escalation.as_ref());
    let same_try = SignedDuration::from_mins(context.policies.classify.current().duplicates.same_try_minutes);
    let Some(rule) = rule else { return Ok(None) };
    let failures = failures_of_invoice(&read.invoice.tried(same_try), rule.sitting());
    if !plan.has_to_escalate(rule, failures) {
        return Ok(None);
    }
    let has_address = read.person.email.value().is_some();
    let owner = owner::read(context, read, &about(plan).task(&plan.account), rule.owner()).await?;
    Ok(Some(Beside { rule, failures, owner, has_address }))
}

/// The warning comes at once, and somebody has a task.
pub(super) fn advance(context: &Context, plan: &mut Plan, beside: Option<Beside<'_>>) -> Option<Opened> {
    let Beside { rule, failures, owner, has_address } = beside?;
    if !plan.escalate(rule, failures, context.clock.now()) {
        return None;
    }
    let what = format!("Speak to the customer of invoice {}: {failures} tries have failed", plan.invoice);
    let steps = format!(
        "{} Ask whether they want to pay in another way, later or in parts: note a promise on the account's page, send a payment \
         link, or let the recovery pause.",
        warning(plan, has_address)
    );
    let task = task::open(context, &plan.account, about(plan), what, steps);
    Some(owner.gets(context, Task { queue: plan.queue, ..task }, &plan.trace))
}

/// What they know by then: what comes at once comes with its letter, and that by day.
fn warning(plan: &Plan, has_address: bool) -> &'static str {
    let access = plan.access();
    if access.state >= Entitlement::Warned {
        "They were warned that their service may be restricted."
    } else if access.next != Some(Entitlement::Warned) {
        "Nobody has warned them, and nothing is taken from them by itself."
    } else if has_address {
        "The letter that warns them leaves next, by day where they live; until then they know of no restriction."
    } else {
        "Nobody can warn them by mail: there is no address, so that nothing is taken from them until somebody has dealt with it."
    }
}

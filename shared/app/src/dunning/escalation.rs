//! What fails again and again is a matter of whoever looks after the account: they get a task, once for each recovery.

use super::Read;
use super::owner::{self, Opened, Owner};
use crate::context::Context;
use crate::fault::Fault;
use crate::task;
use domain::dunning::{EscalationRule, Plan, failures};
use domain::task::{About, Task};
use jiff::SignedDuration;

/// What an escalation is made of.
pub(super) struct Beside<'a> {
    rule: &'a EscalationRule,
    failures: usize,
    owner: Owner,
}

fn about(plan: &Plan) -> About {
    About::Failing { invoice: plan.invoice.clone() }
}

/// Nothing is read where too few tries have failed.
pub(super) async fn read<'a>(context: &'a Context, read: &mut Read, plan: &Plan) -> Result<Option<Beside<'a>>, Fault> {
    let rule = context.policies.dunning.version(plan.policy_version).and_then(|policy| policy.escalation.as_ref());
    let same_try = SignedDuration::from_mins(context.policies.classify.current().duplicates.same_try_minutes);
    let failures = failures(&read.invoice.tried(same_try));
    let Some(rule) = rule.filter(|rule| plan.has_to_escalate(rule, failures)) else { return Ok(None) };
    let owner = owner::read(context, read, &about(plan).task(&plan.account), rule.owner()).await?;
    Ok(Some(Beside { rule, failures, owner }))
}

/// The warning comes at once, and somebody has a task.
pub(super) fn advance(context: &Context, plan: &mut Plan, beside: Option<Beside<'_>>) -> Option<Opened> {
    let Beside { rule, failures, owner } = beside?;
    if !plan.escalate(rule, failures, context.clock.now()) {
        return None;
    }
    let what = format!("Speak to the customer of invoice {}: {failures} tries have failed", plan.invoice);
    let steps = "They were warned that their service may be restricted. Ask whether they want to pay in another way, later or in \
                 parts: note a promise on the account's page, send a payment link, or let the recovery pause."
        .to_owned();
    let task = task::open(context, &plan.account, about(plan), what, steps);
    Some(owner.gets(context, Task { queue: plan.queue, ..task }, &plan.trace))
}

//! What fails again and again is a matter of whoever looks after the account: they get a task, once for each recovery.

use super::Read;
use crate::bulletin::{self, Words};
use crate::context::Context;
use crate::fault::Fault;
use crate::store::{Batch, keys};
use crate::task;
use domain::dunning::{EscalationRule, Plan, failures_of_invoice};
use domain::staff::Staff;
use domain::task::{About as TaskAbout, Task};
use domain::telling::{About, Bulletin};
use jiff::SignedDuration;

/// What an escalation is made of.
pub(super) struct Beside<'a> {
    rule: &'a EscalationRule,
    failures: usize,
    /// Who looks after the account, where that is somebody who may have tasks.
    owner: Option<Staff>,
    before: Option<Bulletin>,
}

/// What comes of it, for the commit of the plan.
pub(super) struct Escalated {
    pub task: Task,
    pub news: Bulletin,
}

fn about(plan: &Plan) -> TaskAbout {
    TaskAbout::Failing { invoice: plan.invoice.clone() }
}

/// Nothing is read where too few tries have failed.
pub(super) async fn read<'a>(context: &'a Context, read: &mut Read, plan: &Plan) -> Result<Option<Beside<'a>>, Fault> {
    let rule = context.policies.dunning.version(plan.policy_version).and_then(|policy| policy.escalation.as_ref());
    let same_try = SignedDuration::from_mins(context.policies.classify.current().duplicates.same_try_minutes);
    let failures = failures_of_invoice(&read.invoice.tried(same_try));
    let Some(rule) = rule.filter(|rule| plan.has_to_escalate(rule, failures)) else { return Ok(None) };
    let owner = read.customer.as_ref().and_then(|customer| customer.owner.as_deref()).map(keys::staff);
    let task = about(plan).task(&plan.account);
    let told = keys::bulletin(&About::Task { task: task.clone() }.id());
    let wanted = [keys::task(&task), told.clone()].into_iter().chain(owner.clone());
    read.batch.extend(Batch::read(context, wanted.collect()).await?);
    let owner = match &owner {
        Some(key) => read.batch.get::<Staff>(key)?.filter(|staff| staff.role.may_request()),
        None => None,
    };
    Ok(Some(Beside { rule, failures, owner, before: read.batch.get::<Bulletin>(&told)? }))
}

/// The warning comes at once, and somebody has a task.
pub(super) fn advance(context: &Context, plan: &mut Plan, beside: Option<Beside<'_>>) -> Option<Escalated> {
    let Beside { rule, failures, owner, before } = beside?;
    if !plan.escalate(rule, failures, context.clock.now()) {
        return None;
    }
    let what = format!("Speak to the customer of invoice {}: {failures} tries have failed", plan.invoice);
    let steps = "They were warned that their service may be restricted. Ask whether they want to pay in another way, later or in \
                 parts: note a promise on the account's page, send a payment link, or let the recovery pause."
        .to_owned();
    let mut task = task::open(context, &plan.account, about(plan), what, steps);
    task.assigned_to = owner.as_ref().map(|owner| owner.id.clone());
    let role = rule.owner().name().replace('_', " ");
    let subject = match &owner {
        Some(_) => format!("A task for you: {}", task.what),
        None => format!("{} ({role})", task.what),
    };
    let text = format!("{}\n\n{}", task.what, task.steps);
    let words = Words { subject, text, page: format!("/tasks/{}", task.id) };
    let news = bulletin::about(context, About::Task { task: task.id.clone() }, words, &plan.trace);
    let most = context.policies.limits.current().told_people_max;
    let mut news = match owner {
        Some(owner) => news.mailed([owner.id], most),
        None => news.posted(),
    };
    // Whoever takes up the step of the plan beside it need not tell them.
    news.rings_at(context.clock.now());
    Some(Escalated { task, news: news.instead_of(before.as_ref()) })
}

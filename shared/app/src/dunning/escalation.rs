//! What fails again and again is a matter of whoever looks after the account: they get a task, once for each recovery.

use super::Read;
use crate::bulletin::{self, Words};
use crate::context::Context;
use crate::fault::Fault;
use crate::store::{Batch, keys};
use crate::task;
use domain::book::entitlement::Entitlement;
use domain::dunning::{EscalationRule, Plan, failures};
use domain::staff::Staff;
use domain::task::{About as TaskAbout, State, Task};
use domain::telling::{About, Bulletin};
use jiff::SignedDuration;

/// What an escalation is made of.
pub(super) struct Beside<'a> {
    rule: &'a EscalationRule,
    failures: usize,
    /// Who looks after the account, where that is somebody who may have tasks.
    owner: Option<Staff>,
    /// Whether the customer can be written to.
    has_address: bool,
    before: Option<Bulletin>,
    /// A task that somebody has of it already.
    standing: Option<Task>,
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
    let Some(rule) = rule else { return Ok(None) };
    let failures = failures(&read.invoice.tried(same_try), rule.sitting());
    if !plan.has_to_escalate(rule, failures) {
        return Ok(None);
    }
    let has_address = read.person.email.value().is_some();
    let owner = read.customer.as_ref().and_then(|customer| customer.owner.as_deref()).map(keys::staff);
    let task = about(plan).task(&plan.account);
    let told = keys::bulletin(&About::Task { task: task.clone() }.id());
    let wanted = [keys::task(&task), told.clone()].into_iter().chain(owner.clone());
    read.batch.extend(Batch::read(context, wanted.collect()).await?);
    let owner = match &owner {
        Some(key) => read.batch.get::<Staff>(key)?.filter(|staff| staff.role.may_request()),
        None => None,
    };
    let standing = read.batch.get::<Task>(&keys::task(&task))?.filter(|task| task.state == State::Open);
    Ok(Some(Beside { rule, failures, owner, has_address, before: read.batch.get::<Bulletin>(&told)?, standing }))
}

/// The warning comes at once, and somebody has a task.
pub(super) fn advance(context: &Context, plan: &mut Plan, beside: Option<Beside<'_>>) -> Option<Escalated> {
    let Beside { rule, failures, owner, has_address, before, standing } = beside?;
    if !plan.escalate(rule, failures, context.clock.now()) {
        return None;
    }
    let what = format!("Speak to the customer of invoice {}: {failures} tries have failed", plan.invoice);
    let steps = format!(
        "{} Ask whether they want to pay in another way, later or in parts: note a promise on the account's page, send a payment \
         link, or let the recovery pause.",
        warning(plan, has_address)
    );
    let mut task = task::open(context, &plan.account, about(plan), what, steps);
    task.assigned_to = standing.and_then(|task| task.assigned_to).or_else(|| owner.as_ref().map(|it| it.id.clone()));
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

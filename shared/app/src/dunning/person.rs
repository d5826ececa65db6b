//! What a recovery hands over to a person is a task of whoever looks after the account, besides being told.

use super::{Read, letter};
use crate::bulletin::Words;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::{Batch, keys};
use crate::task;
use domain::dunning::{Plan, Step, StepKind};
use domain::staff::Staff;
use domain::task::{About, State, Task};

fn about(plan: &Plan) -> About {
    About::Recovery { invoice: plan.invoice.clone() }
}

/// What is handed over may be somebody's already: as what failed again and again.
fn abouts(plan: &Plan) -> [About; 2] {
    [about(plan), About::Failing { invoice: plan.invoice.clone() }]
}

fn keys_of(plan: &Plan) -> [Key; 2] {
    abouts(plan).map(|about| keys::task(&about.task(&plan.account)))
}

/// Whether a step is for a person, or cannot be taken in any other way.
fn may_hand_over(read: &Read, step: &Step) -> bool {
    let is_unwanted = letter::wants_no_mail(read.customer.as_ref());
    let is_unreachable = read.person.email.value().is_none() || read.invoice.owes_more_than_billed() || is_unwanted;
    match &step.kind {
        StepKind::Person | StepKind::Sms { .. } => true,
        StepKind::Mail { .. } => is_unreachable,
        StepKind::Access { .. } | StepKind::Offer { .. } | StepKind::End { .. } => false,
    }
}

/// Nothing is read where a customer is written to, or nothing is due.
pub(super) async fn read(context: &Context, read: &mut Read, plan: &Plan, due: &[&Step]) -> Result<(), Fault> {
    if !due.iter().any(|step| may_hand_over(read, step)) {
        return Ok(());
    }
    let owner = read.customer.as_ref().and_then(|customer| customer.owner.as_deref()).map(keys::staff);
    read.batch.extend(Batch::read(context, keys_of(plan).into_iter().chain(owner).collect()).await?);
    Ok(())
}

/// Who looks after the account, where that is somebody who may have tasks.
pub(super) fn owner(read: &Read) -> Result<Option<Staff>, Fault> {
    let owner = read.customer.as_ref().and_then(|customer| customer.owner.as_deref()).map(keys::staff);
    match owner.filter(|key| read.batch.has(key)) {
        Some(key) => Ok(read.batch.get::<Staff>(&key)?.filter(|staff| staff.role.may_request())),
        None => Ok(None),
    }
}

/// The task, unless somebody has one for this invoice.
pub(super) fn task(
    context: &Context,
    read: &Read,
    plan: &Plan,
    words: &Words,
    owner: Option<&Staff>,
) -> Result<Option<Task>, Fault> {
    // An account whose tries fail has one task, which may be about another invoice.
    let is_it = |task: Task| task.state == State::Open && abouts(plan).contains(&task.about);
    for key in keys_of(plan) {
        if !read.batch.has(&key) || read.batch.get::<Task>(&key)?.is_some_and(is_it) {
            return Ok(None);
        }
    }
    let steps = format!("{} {STEPS}", words.text);
    let mut task = task::open(context, &plan.account, about(plan), words.subject.clone(), steps);
    task.assigned_to = owner.map(|owner| owner.id.clone());
    Ok(Some(Task { queue: plan.queue, ..task }))
}

/// How such a task is done.
const STEPS: &str = "Speak to the customer: note a promise on the account's page, send a payment link, ask for another try, or \
    ask for the rest to be written off. Once it is paid this is done by itself.";

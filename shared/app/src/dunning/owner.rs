//! Whoever looks after an account, and what they are told of a task of theirs.

use super::Read;
use crate::bulletin::{self, Words};
use crate::context::Context;
use crate::fault::Fault;
use crate::store::{Batch, keys};
use domain::id::TaskId;
use domain::staff::{Role, Staff};
use domain::task::{State, Task};
use domain::telling::{About, Bulletin};

/// Who has a task of a recovery.
pub(super) struct Owner {
    /// Who looks after the account, where that is somebody who may have tasks.
    staff: Option<Staff>,
    /// Else one of this role.
    role: Role,
    /// What was told of it before.
    told: Option<Bulletin>,
    /// A task that somebody has of it already.
    standing: Option<Task>,
}

/// A task that a recovery opens, with what is told of it, for the commit of its plan.
pub(super) struct Opened {
    pub task: Task,
    pub news: Bulletin,
}

/// Whose task it is, with the task as it is read for the commit.
pub(super) async fn read(context: &Context, read: &mut Read, task: &TaskId, role: Role) -> Result<Owner, Fault> {
    let owner = read.customer.as_ref().and_then(|customer| customer.owner.as_deref()).map(keys::staff);
    let told = keys::bulletin(&About::Task { task: task.clone() }.id());
    let wanted = [keys::task(task), told.clone()].into_iter().chain(owner.clone());
    read.batch.extend(Batch::read(context, wanted.collect()).await?);
    let staff = match &owner {
        Some(key) => read.batch.get::<Staff>(key)?.filter(|staff| staff.role.may_request()),
        None => None,
    };
    let standing = read.batch.get::<Task>(&keys::task(task))?.filter(|task| task.state == State::Open);
    Ok(Owner { staff, role, told: read.batch.get::<Bulletin>(&told)?, standing })
}

impl Owner {
    /// Gives them the task, and tells them of it.
    pub(super) fn gets(self, context: &Context, mut task: Task, trace: &str) -> Opened {
        let Self { staff, role, told, standing } = self;
        let own = || staff.as_ref().map(|owner| owner.id.clone());
        task.assigned_to = standing.and_then(|task| task.assigned_to).or_else(own);
        let role = role.name().replace('_', " ");
        let subject = match &staff {
            Some(_) => format!("A task for you: {}", task.what),
            None => format!("{} ({role})", task.what),
        };
        let text = format!("{}\n\n{}", task.what, task.steps);
        let words = Words { subject, text, page: format!("/tasks/{}", task.id) };
        let news = bulletin::about(context, About::Task { task: task.id.clone() }, words, trace);
        let most = context.policies.limits.current().told_people_max;
        let mut news = match staff {
            Some(owner) => news.mailed([owner.id], most),
            None => news.posted(),
        };
        // Whoever takes up the step of the plan beside it need not tell them.
        news.rings_at(context.clock.now());
        Opened { task, news: news.instead_of(told.as_ref()) }
    }
}

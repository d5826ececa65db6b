//! Steps of a case's playbook that are no action: the account is watched, a person gets their task, the customer was told.
//! Pressed twice, a button does nothing more.

use super::goes_on_here;
use crate::context::Context;
use crate::fault::Fault;
use crate::records::whose;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::ticket::put_case;
use crate::web::{Failed, Problem, note_fits};
use domain::book::{Head, Watched};
use domain::case::Case;
use domain::id::CaseId;
use domain::playbook::{WATCH, is_step, left_to_person, step_id};
use domain::staff::Staff;
use domain::task::{State as TaskState, Task};
use jiff::SignedDuration;
use serde::Deserialize;

/// Which step was taken, and what there is to say of it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub step: String,
    #[serde(default)]
    pub note: String,
}

/// A case with whoever does something about it, as they stand in one batch.
struct Ground {
    batch: Batch,
    case: Case,
    head: Head,
    staff: Staff,
}

async fn ground(context: &Context, id: &CaseId, staff: &Staff) -> Result<Ground, Failed> {
    let (own, head, who) = (keys::case(id), keys::head(&id.account()), keys::staff(&staff.id));
    let batch = Batch::read(context, vec![own.clone(), head.clone(), who.clone()]).await?;
    let (Some(case), Some(head)) = (batch.get::<Case>(&own)?, batch.get::<Head>(&head)?) else {
        return Err(Problem::not_found("case").into());
    };
    let Some(staff) = batch.get::<Staff>(&who)?.filter(|staff| staff.role.may_request()) else {
        let message = "your role only reads; ask a colleague in support or billing";
        return Err(Problem::not_permitted(message).into());
    };
    goes_on_here(&case)?;
    Ok(Ground { batch, case, head, staff })
}

impl Ground {
    /// The case with what was done about it, on condition that whoever did it may still.
    fn handled(&self, context: &Context, what: &str, note: &str, step: &str) -> (Commit, Case) {
        let mut after = self.case.clone();
        after.was_handled(&self.staff.id, context.clock.now(), what, note, Some(step));
        let mut commit = Commit::default();
        put_case(&mut commit, context, &self.batch, &self.head, (&self.case, &after));
        commit.check(&self.batch, &keys::staff(&self.staff.id));
        (commit, after)
    }
}

fn parsed(id: &str) -> Result<CaseId, Problem> {
    CaseId::parse(id).ok_or_else(|| Problem::not_found("case"))
}

/// Looks at the account more closely for as many days as the playbooks say: likely duplicates are found sooner, and whoever
/// watches is told of them.
pub async fn watch(context: &Context, id: &str, staff: &Staff) -> Result<Case, Problem> {
    let id = parsed(id)?;
    Ok(store::unless_refused(context, || watch_once(context, &id, staff)).await?)
}

async fn watch_once(context: &Context, id: &CaseId, staff: &Staff) -> Result<Attempted<Case>, Failed> {
    // Read.
    let ground = ground(context, id, staff).await?;

    // Decide.
    let (step, now) = (step_id(id, WATCH), context.clock.now());
    if ground.case.took(&step).is_some() {
        return Ok(Attempted::Done(ground.case));
    }
    let until = now + SignedDuration::from_hours(24 * context.policies.playbooks.current().monitor_days);
    let mut head = ground.head.clone();
    head.watch(Watched { since: now, until, case: Some(id.clone()), by: ground.staff.id.clone() });

    // Write.
    let what = format!("watches the account until {}", until.strftime("%Y-%m-%d"));
    let (mut commit, after) = ground.handled(context, &what, "", &step);
    commit.over(&ground.batch, &head);
    Ok(store::attempted(commit.run(context).await, after)?)
}

/// Notes that the customer was told elsewhere: on the phone, or by mail.
pub async fn told(context: &Context, id: &str, word: &Step, staff: &Staff) -> Result<Case, Problem> {
    let id = parsed(id)?;
    note_fits(&word.note)?;
    if !is_step(&word.step) {
        return Err(Problem::malformed("`step` is the id of a step of the case's playbook"));
    }
    Ok(store::unless_refused(context, || told_once(context, &id, word, staff)).await?)
}

async fn told_once(context: &Context, id: &CaseId, word: &Step, staff: &Staff) -> Result<Attempted<Case>, Failed> {
    let ground = ground(context, id, staff).await?;
    if ground.case.took(&word.step).is_some() {
        return Ok(Attempted::Done(ground.case));
    }
    let (commit, after) = ground.handled(context, "told the customer", &word.note, &word.step);
    Ok(store::attempted(commit.run(context).await, after)?)
}

/// Makes the task that the case's playbook leaves to a person, for whoever looks after the account; the one that is there, if
/// there is one.
pub async fn task(context: &Context, id: &str, staff: &Staff) -> Result<Task, Problem> {
    let id = parsed(id)?;
    Ok(store::unless_refused(context, || task_once(context, &id, staff)).await?)
}

async fn task_once(context: &Context, id: &CaseId, staff: &Staff) -> Result<Attempted<Task>, Failed> {
    // Read.
    let mut ground = ground(context, id, staff).await?;
    let policy = context.policies.playbooks.current();
    let Some((mut task, step)) = left_to_person(&ground.case, &ground.head, policy, context.clock.now()) else {
        let message = "the playbook of this case leaves no task to a person, or makes it by itself";
        return Err(Problem::not_possible(message).into());
    };
    let key = keys::task(&task.id);
    let wanted = whose::keys_of(&task.account).into_iter().chain([key.clone()]);
    ground.batch.extend(Batch::read(context, wanted.collect()).await?);
    if let Some(standing) = ground.batch.get::<Task>(&key)?.filter(|task| task.state == TaskState::Open) {
        return Ok(Attempted::Done(standing));
    }
    if let Some(owner) = owner(context, &mut ground.batch, &task).await? {
        task.assigned_to = Some(owner.id);
    }

    // Write.
    let (mut commit, _) = ground.handled(context, "made the task", "", &step_id(id, step));
    commit.over(&ground.batch, &task);
    Ok(store::attempted(commit.run(context).await, task)?)
}

/// Who looks after the account, where that is somebody who may have tasks.
async fn owner(context: &Context, batch: &mut Batch, task: &Task) -> Result<Option<Staff>, Fault> {
    let (_, customer) = whose::read(batch, &task.account)?;
    let Some(key) = customer.and_then(|customer| customer.owner).map(|owner| keys::staff(&owner)) else {
        return Ok(None);
    };
    batch.extend(Batch::read(context, vec![key.clone()]).await?);
    Ok(batch.get::<Staff>(&key)?.filter(|staff| staff.role.may_request()))
}

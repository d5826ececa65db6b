//! What people say of tasks: given to somebody, put off, done. What ends an action's task ends the action, too.

use super::{settle, ticket};
use crate::bulletin::{self, Words};
use crate::context::Context;
use crate::dunning::agreed;
use crate::fault::Fault;
use crate::records;
use crate::records::ladder;
use crate::records::moving::unread;
use crate::store::trail::put_received;
use crate::store::{self, Attempted, Batch, Commit, keys, trail};
use crate::ticket::put_act;
use crate::web::{Failed, Problem, account_id, note_fits, reference_fits};
use domain::action::Action;
use domain::book::Head;
use domain::cash::Received;
use domain::id::{CaseId, TaskId};
use domain::staff::Staff;
use domain::task::{About as TaskAbout, Change, Refused, State as TaskState, Task};
use domain::telling::{About, Bulletin};
use http::StatusCode;
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// What a form of the console says: days are counted from now.
pub fn form(context: &Context, fields: &BTreeMap<String, String>) -> Result<Change, Problem> {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let (reference, note) = (field("reference"), field("note"));
    let bucket = fields.get("bucket").cloned();
    let word = match field("say").as_str() {
        "assign" => Change { assign: Some(field("assign")), ..Change::default() },
        "snooze" => {
            let days: i64 =
                field("days").parse().map_err(|_| Problem::malformed("for how many days is a whole number"))?;
            let until = context.clock.now().checked_add(SignedDuration::from_hours(days.clamp(0, 3650) * 24)).ok();
            Change { snooze_until: until, ..Change::default() }
        }
        "done" => Change { done: Some(true), bucket, reference, note, ..Change::default() },
        "dropped" => Change { done: Some(false), bucket, reference, note, ..Change::default() },
        _ => return Err(Problem::malformed("the form says nothing; reload the page")),
    };
    Ok(word)
}

/// Takes what somebody says of a task. What ends an action's task ends the action, and the other way round.
pub async fn take(context: &Context, id: &TaskId, word: &Change, staff: &Staff) -> Result<Task, Problem> {
    let found = store::read::<Task>(context, &keys::task(id)).await?.ok_or_else(|| Problem::not_found("task"))?;
    if let (Some(done), TaskAbout::Action { action }) = (word.done, &found.about) {
        word.is_one().map_err(|refused| problem(&refused))?;
        let settled = settle::ByHand { done, reference: word.reference.clone(), note: word.note.clone() };
        settle::settle(context, action, &settled, staff).await?;
        return store::read::<Task>(context, &keys::task(id)).await?.ok_or_else(|| Problem::not_found("task"));
    }
    if let (Some(done), TaskAbout::Unseen { action }) = (word.done, &found.about) {
        word.is_one().map_err(|refused| problem(&refused))?;
        let settled = settle::ByHand { done, reference: word.reference.clone(), note: word.note.clone() };
        if done {
            settle::found(context, action, &settled, staff).await?;
        } else {
            settle::not_made(context, action, &settled, staff).await?;
        }
        return store::read::<Task>(context, &keys::task(id)).await?.ok_or_else(|| Problem::not_found("task"));
    }
    note_fits(&word.note)?;
    reference_fits(&word.reference)?;
    if let (Some(done), TaskAbout::Verify { ticket }) = (word.done, &found.about) {
        word.is_one().map_err(|refused| problem(&refused))?;
        verified(context, &found, (ticket.as_str(), done), word, staff).await?;
        return store::read::<Task>(context, &keys::task(id)).await?.ok_or_else(|| Problem::not_found("task"));
    }
    let (task, news) = store::unless_refused(context, || once(context, id, word, staff)).await?;
    if let Some(bulletin) = &news {
        bulletin::tell(context, bulletin).await;
    }
    Ok(task)
}

/// Says of the ticket whose it is, or that it is no customer's: the task ends with that.
async fn verified(
    context: &Context,
    task: &Task,
    (ticket, done): (&str, bool),
    word: &Change,
    staff: &Staff,
) -> Result<(), Problem> {
    if task.state != TaskState::Open {
        return Err(problem(&Refused::Ended(task.state.name())));
    }
    let note = word.note.clone();
    let said = match (done, word.reference.trim()) {
        (true, "") => return Err(Problem::malformed("say in `reference` which account it is")),
        (true, account) => ticket::Word::Account { account: account_id(account)?, note },
        (false, _) => ticket::Word::Stranger { note },
    };
    ticket::take(context, ticket, &said, staff).await.map(drop)
}

/// The task as it is now, and what somebody has to hear of it.
type Changed = (Task, Option<Bulletin>);

async fn once(context: &Context, id: &TaskId, word: &Change, staff: &Staff) -> Result<Attempted<Changed>, Failed> {
    // Read.
    let to = word.assign.as_ref().filter(|to| !to.is_empty()).map(|to| keys::staff(to));
    let (own, by) = (keys::task(id), keys::staff(&staff.id));
    let told = keys::bulletin(&About::Task { task: id.clone() }.id());
    let all = [own.clone(), by.clone(), told.clone()].into_iter().chain(to.clone());
    let mut batch = Batch::read(context, all.collect()).await?;
    let mut task = batch.get::<Task>(&own)?.ok_or_else(|| Problem::not_found("task"))?;
    let staff = batch.get::<Staff>(&by)?.ok_or_else(Problem::not_signed_in)?;
    let unsaid = unsaid(context, &mut batch, &task, word).await?;
    let climb = agreed::read(context, &mut batch, &task, word).await?;

    // Decide.
    let days_max = context.policies.limits.current().snooze_days_max;
    task.take(word, &staff, days_max, context.clock.now()).map_err(|refused| problem(&refused))?;
    let letter = agreed::take(climb, word, &staff, context.clock.now())?;
    if let Some(to) = &to
        && !batch.get::<Staff>(to)?.is_some_and(|to| to.role.may_request())
    {
        let message = "`assign` names nobody who may have tasks; see /api/staff";
        return Err(Problem::not_possible(message).into());
    }
    let case = case_of(context, &mut batch, &task).await?;
    let before = batch.get::<Bulletin>(&told)?;
    let news = word.assign.as_ref().and_then(|_| news(context, &task, &staff, before.as_ref()));

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &task);
    news.iter().for_each(|bulletin| commit.over(&batch, bulletin));
    if let Some((head, payments)) = &unsaid {
        commit.over(&batch, head);
        for received in payments {
            put_received(&mut commit, &batch, received)?;
        }
    }
    if let Some((climb, note)) = letter {
        ladder::write(&mut commit, &batch, &climb);
        trail::put_notes(&mut commit, &batch, &task.account, vec![note])?;
    }
    put_act(&mut commit, context, &mut batch, (case.as_ref(), &staff.id)).await?;
    commit.check(&batch, &by);
    Ok(store::attempted(commit.run(context).await, (task, news))?)
}

/// The case that a task belongs to: that of its play, or of the action that it comes from.
async fn case_of(context: &Context, batch: &mut Batch, task: &Task) -> Result<Option<CaseId>, Fault> {
    let action = match &task.about {
        TaskAbout::Play { case } => return Ok(Some(case.clone())),
        TaskAbout::Action { action }
        | TaskAbout::Unseen { action }
        | TaskAbout::RestDue { action, .. }
        | TaskAbout::ChargedSince { action, .. }
        | TaskAbout::Onboarding { action } => keys::action(action),
        _ => return Ok(None),
    };
    unread(context, batch, vec![action.clone()]).await?;
    Ok(batch.get::<Action>(&action)?.and_then(|action| action.case))
}

/// What was said to be for an invoice, where its task is dropped because it is not: the invoice is asked for again, and
/// somebody says anew what the payments are for.
async fn unsaid(
    context: &Context,
    batch: &mut Batch,
    task: &Task,
    word: &Change,
) -> Result<Option<(Head, Vec<Received>)>, Fault> {
    let (TaskAbout::MarkPaid { invoice }, Some(false)) = (&task.about, word.done) else { return Ok(None) };
    let own = keys::head(&task.account);
    batch.extend(Batch::read(context, vec![own.clone()]).await?);
    let Some(mut head) = batch.get::<Head>(&own)?.filter(|head| !head.came.is_empty()) else { return Ok(None) };
    batch.extend(Batch::read(context, head.came.iter().map(keys::received).collect()).await?);
    let mut payments = records::came(batch, &head)?;
    payments.retain(|received| received.invoice() == Some(invoice.as_str()));
    for received in &mut payments {
        head.came.remove(&received.id);
        received.look_again();
        // What goes back of it is to be seen: then nobody has to say.
        received.show_on(&mut head);
    }
    Ok(Some((head, payments)))
}

fn problem(refused: &Refused) -> Problem {
    let (status, code) = match refused {
        Refused::NotOne => (StatusCode::BAD_REQUEST, "malformed"),
        Refused::NotTheirs | Refused::NotTheirsToEnd | Refused::NotTheirsToAgree(_) => {
            (StatusCode::FORBIDDEN, "not_permitted")
        }
        Refused::Ended(_) => (StatusCode::CONFLICT, "already_decided"),
        Refused::OtherLetter(_) => (StatusCode::CONFLICT, "changed_meanwhile"),
        Refused::Snooze(_) => (StatusCode::UNPROCESSABLE_ENTITY, "not_possible"),
    };
    Problem::new(status, code, refused.to_string())
}

/// What somebody is mailed who was given a task by somebody else. It stands on their list as well.
fn news(context: &Context, task: &Task, by: &Staff, before: Option<&Bulletin>) -> Option<Bulletin> {
    let to = task.assigned_to.clone().filter(|to| *to != by.id)?;
    let due = task.due_at.strftime("%Y-%m-%d %H:%M UTC");
    let words = Words {
        subject: format!("A task for you: {}", task.what),
        text: format!("{} gave you a task, due {due}:\n{}\n\n{}", by.name, task.what, task.steps),
        page: format!("/tasks/{}", task.id),
    };
    let about = About::Task { task: task.id.clone() };
    let trace = about.id();
    let most = context.policies.limits.current().told_people_max;
    Some(bulletin::about(context, about, words, &trace).mailed([to], most).instead_of(before))
}

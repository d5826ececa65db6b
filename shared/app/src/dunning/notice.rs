//! Tells a customer of their card when its time has come, unless it is not so any more.

use super::card::link;
use super::letter::{self, Way, remind};
use super::{Done, pay, together};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Letter;
use crate::records::whose;
use crate::setup::{sources, stop};
use crate::store::{self, Attempted, Batch, Commit, keys};
use domain::book::Head;
use domain::dunning::{Plan, PlanState, Step};
use domain::id::AccountId;
use domain::notice::{Ground, Notice, SEGMENT};
use jiff::SignedDuration;

pub(super) async fn due(context: &Context, account: &AccountId, name: &str) -> Result<Done, Fault> {
    match store::retrying(context, || take(context, account, name)).await? {
        Some((step, letter)) => remind(context, Way::Notice, account, name, &step, &letter).await,
        None => Ok(Done::NothingToDo),
    }
}

/// Takes up the message that is due: it is stored as being sent before it leaves.
async fn take(context: &Context, account: &AccountId, name: &str) -> Result<Attempted<Option<(Step, Letter)>>, Fault> {
    // Read.
    let own = [keys::notice(account, name), keys::head(account)];
    let batch = Batch::read(context, own.iter().cloned().chain(whose::keys_of(account)).collect()).await?;
    let running = batch.get::<Notice>(&own[0])?.filter(|notice| notice.way.state == PlanState::Running);
    let (Some(mut notice), Some(head)) = (running, batch.get::<Head>(&own[1])?) else {
        return Ok(Attempted::Done(None));
    };
    let (person, customer) = whose::read(&batch, account)?;
    let (limits, now) = (context.policies.limits.current(), context.clock.now());
    if stop::holds(context, &head, Some(SEGMENT), None).await? {
        tracing::warn!(notice = name, "a message about a card waits: it is stopped by hand");
        notice.way.held_until = Some(now + SignedDuration::from_secs(limits.alarm_lease_secs));
        let mut commit = Commit::default();
        commit.over(&batch, &notice);
        return store::attempted(commit.run(context).await, None);
    }
    let source = sources::find(context, &head.provider, &head.source).await?;
    let (writes, company) = (source.writes(), pay::company(context, source.name.as_deref()));
    let links = link::to(context, account).await?;

    // Decide.
    let quiet_until = whose::written_to_from(context, &person, customer.as_ref(), now);
    let doubt_at = now + SignedDuration::from_mins(limits.sending_minutes_max);
    let together = context.policies.dunning.current().together.as_ref();
    let step = notice.take(&Ground { head: &head, writes, quiet_until, together }, now, doubt_at);
    let who = (&person, customer.as_ref());
    let letter = step.as_ref().and_then(|step| letter::of_notice(context, (&notice, step), who, (&links, &company)));
    if let (Some(step), None) = (&step, &letter) {
        // There is no address to write to.
        notice.way.handed_over(step.number);
    }

    // Write. Whoever gives another card, or wants to hear no more of it, meanwhile writes the head.
    let mut commit = Commit::default();
    commit.over(&batch, &notice);
    let taken = step.as_ref().filter(|_| letter.is_some());
    together::show(&mut commit, &batch, &head, taken.map(|step| notice.letter_line(step, now)));
    if let Some(letter) = &letter {
        commit.put(&links.card.kept);
        letter.unsubscribe.iter().for_each(|_| commit.put(&links.messages.kept));
    }
    store::attempted(commit.run(context).await, step.zip(letter))
}

/// Records how the sending of a message ended.
pub(super) async fn end(
    context: &Context,
    account: &AccountId,
    name: &str,
    record: impl Fn(&mut Plan) -> Done,
) -> Result<Attempted<Done>, Fault> {
    let key = keys::notice(account, name);
    let batch = Batch::read(context, vec![key.clone(), keys::head(account)]).await?;
    let Some(mut notice) = batch.get::<Notice>(&key)? else { return Ok(Attempted::Done(Done::NothingToDo)) };
    let done = record(&mut notice.way);
    let mut commit = Commit::default();
    commit.over(&batch, &notice);
    together::learn(&mut commit, &batch, account, |head| notice.show_letter_on(head))?;
    store::attempted(commit.run(context).await, done)
}

//! A word about more recoveries of an account than are written at once: it is said once, on the head, and each takes it
//! in before it does anything.

use super::{Asked, entry, problem};
use crate::context::Context;
use crate::deadline::begins_until;
use crate::dunning::Done;
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::outgoing;
use crate::ports::QueueName;
use crate::records::running::All;
use crate::records::whose;
use crate::store::{self, Attempted, Batch, Commit, keys, trail};
use crate::web::{Failed, Problem};
use domain::book::Head;
use domain::dunning::Plan;
use domain::id::{AccountId, digest};
use domain::staff::Staff;
use jiff::Timestamp;

/// Says it, and has them take it in.
pub(super) async fn say(
    context: &Context,
    account: &AccountId,
    (asked, staff): (&Asked, &Staff),
    all: &All,
) -> Result<(), Problem> {
    let is_news = store::unless_refused(context, || once(context, account, (asked, staff), all)).await?;
    if is_news {
        go(context, account).await;
    }
    Ok(())
}

/// Whether it is any news to one of them.
async fn once(
    context: &Context,
    account: &AccountId,
    (asked, staff): (&Asked, &Staff),
    all: &All,
) -> Result<Attempted<bool>, Failed> {
    // Read.
    let (who, own) = (keys::staff(&staff.id), keys::head(account));
    let wanted = [who.clone(), own.clone(), keys::ledger_head(account)].into_iter().chain(whose::keys_of(account));
    let mut batch = Batch::read(context, wanted.collect()).await?;
    let before = batch.get::<Head>(&own)?.ok_or_else(|| Problem::not_found("account"))?;
    let staff = batch.get::<Staff>(&who)?.ok_or_else(Problem::not_signed_in)?;
    let (person, customer) = whose::read(&batch, account)?;
    let is_stale = !all.holds(batch.rev(&own));
    let fresh = if is_stale { Some(All::read(context, account, batch.rev(&own)).await?) } else { None };
    let all = fresh.as_ref().unwrap_or(all);

    // Decide.
    let (limits, now) = (context.policies.limits.current(), context.clock.now());
    let (wish, note) = asked.wish(context, (&person, customer.as_ref()))?;
    let begun_by = all.plans().map(|plan| plan.started_at).fold(now, Timestamp::max);
    let said = wish.of_all(&before, (note, &staff), begun_by, limits, now).map_err(|refused| problem(&refused))?;
    let mut head = before.clone();
    head.says_of_all(said);
    let count = all.plans().filter(|plan| plan.hears_more(&before, &head)).count();
    if count == 0 {
        return Ok(Attempted::Done(false));
    }
    all.name(&mut head);
    head.names_recoveries_at_most(limits.recoveries_shown_max);
    let lines = outgoing::of_head(context, &mut batch, &before, &head).await?;

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &head);
    outgoing::put(&mut commit, &batch, &lines);
    trail::put_notes(&mut commit, &batch, account, vec![entry(("recoveries", count.to_string()), wish, &staff, now)])?;
    commit.check(&batch, &who);
    Ok(store::attempted(commit.run(context).await, true)?)
}

/// Whatever is due of one of them before takes it in by itself.
async fn go(context: &Context, account: &AccountId) {
    let message =
        Message::Heed { account: account.clone(), trace: format!("heed_{}", digest(&[account.as_str()], 16)) };
    if let Err(fault) = send_all(context, &[Sent { queue: QueueName::Dunning, message }]).await {
        tracing::warn!(%account, fault = %fault, "recoveries take in what was said of all when they ring");
    }
}

/// Has the recoveries of an account take in what its head says, so many in one commit: lists and alarms show it then.
/// What there is no time for goes on with another message.
pub(in crate::dunning) async fn heed(context: &Context, account: &AccountId) -> Result<Done, Fault> {
    let until = begins_until(context.clock.now());
    let Some(head) = store::read::<Head>(context, &keys::head(account)).await? else { return Ok(Done::NothingToDo) };
    let all = All::read(context, account, None).await?;
    let news: Vec<_> = all.plans().filter(|plan| heeding(plan, &head).is_some()).map(|it| it.invoice.clone()).collect();
    if news.is_empty() {
        return Ok(Done::NothingToDo);
    }
    for some in news.chunks(context.policies.limits.current().recoveries_written_max) {
        if context.clock.now() > until {
            go(context, account).await;
            break;
        }
        store::retrying(context, || take_in(context, account, some)).await?;
    }
    Ok(Done::Heeded)
}

/// A plan with what the head says, where that is news to it.
fn heeding(plan: &Plan, head: &Head) -> Option<Plan> {
    let mut after = plan.clone();
    after.heed(head);
    (after != *plan).then_some(after)
}

async fn take_in(context: &Context, account: &AccountId, invoices: &[String]) -> Result<Attempted<()>, Fault> {
    // Read.
    let own = keys::head(account);
    let plans: Vec<_> = invoices.iter().map(|invoice| keys::plan(account, invoice)).collect();
    let batch = Batch::read(context, plans.iter().cloned().chain([own.clone()]).collect()).await?;
    let Some(head) = batch.get::<Head>(&own)? else { return Ok(Attempted::Done(())) };

    // Decide.
    let mut news = Vec::new();
    for plan in &plans {
        news.extend(batch.get::<Plan>(plan)?.and_then(|plan| heeding(&plan, &head)));
    }
    if news.is_empty() {
        return Ok(Attempted::Done(()));
    }

    // Write. The head names them so already; whoever writes a plan writes it as well.
    let mut commit = Commit::default();
    news.iter().for_each(|plan| commit.over(&batch, plan));
    commit.over(&batch, &head);
    store::attempted(commit.run(context).await, ())
}

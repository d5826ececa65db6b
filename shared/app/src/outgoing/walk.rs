//! Goes through the lines of an endpoint: what waits goes on, and what was told is told again where somebody asked for that.

use super::Done;
use crate::context::Context;
use crate::deadline::begins_until;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::keys::lists;
use crate::store::{self, Attempted, Batch, Commit, Page, Stored, keys};
use domain::outgoing::{Endpoints, Line, Reach, Walk};
use jiff::{SignedDuration, Timestamp};

/// After how many lines it is stored how far it came. To do one again changes nothing.
const STEP: u32 = 25;

/// How a step ended.
enum Step {
    /// There is more; it is ours until then.
    On(Timestamp),
    Over(Done),
}

/// Goes on for as long as there is time.
pub async fn walk(context: &Context, endpoint: &str) -> Result<Done, Fault> {
    let until = begins_until(context.clock.now());
    let mut ours = None;
    loop {
        match step(context, endpoint, ours, until).await? {
            Step::On(held_until) => ours = Some(held_until),
            Step::Over(done) => return Ok(done),
        }
    }
}

async fn step(context: &Context, endpoint: &str, ours: Option<Timestamp>, until: Timestamp) -> Result<Step, Fault> {
    // Read.
    let (key, all) = (keys::reach(endpoint), keys::endpoints());
    let batch = Batch::read(context, vec![key.clone(), all.clone()]).await?;
    let is_ours = |reach: &Reach| reach.is_due(ours, context.clock.now());
    let Some(mut reach) = batch.get::<Reach>(&key)?.filter(is_ours) else { return Ok(Step::Over(Done::NothingToDo)) };
    let Some(walk) = reach.walk.clone() else { return Ok(Step::Over(Done::NothingToDo)) };
    let is_there = batch.get::<Endpoints>(&all)?.unwrap_or_default().find(endpoint).is_some();
    let list = lists::outgoing(endpoint);
    let page: Page<Line> = store::page(context, &list, walk.after.clone(), STEP, Order::Ascending).await?;

    // Each is a commit of its own.
    for line in &page.items {
        store::retrying(context, || once(context, line, &walk, is_there)).await?;
    }

    // Write. Whoever wrote first has asked for more, and set an alarm of their own.
    let now = context.clock.now();
    let lease = SignedDuration::from_secs(context.policies.limits.current().alarm_lease_secs);
    let goes_on = page.next.is_some() && now <= until;
    let again_at = if goes_on { now + lease } else { now };
    reach.walked(page.next, again_at);
    let mut commit = Commit::default();
    commit.over(&batch, &reach);
    let step = if goes_on { Step::On(again_at) } else { Step::Over(Done::Walked) };
    match store::attempted(commit.run(context).await, step)? {
        Attempted::Done(step) => Ok(step),
        Attempted::Again => Ok(Step::Over(Done::NothingToDo)),
    }
}

/// One line: it goes on, or it is emptied, where its endpoint is gone.
async fn once(context: &Context, found: &Line, walk: &Walk, is_there: bool) -> Result<Attempted<()>, Fault> {
    let key = found.key();
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let Some(mut line) = batch.get::<Line>(&key)? else { return Ok(Attempted::Done(())) };
    if !is_there {
        line.empty();
    } else if !line.go_on(walk.since, walk.asked_at, context.clock.now()) {
        return Ok(Attempted::Done(()));
    }
    let mut commit = Commit::default();
    commit.over(&batch, &line);
    store::attempted(commit.run(context).await, ())
}

//! Does what is owed of an action that has ended otherwise than it was wanted.

use super::{leaving, tell, writing};
use crate::context::Context;
use crate::fault::Fault;
use crate::records;
use crate::store::{self, Attempted, Commit};
use domain::action::{Action, Owed, State};

/// Tells what is owed of an action that has ended otherwise than it was wanted, does what follows from it, and notes both.
/// Until then the action wakes, so that neither a crash nor a silent Slack keeps it from people.
pub async fn owed(context: &Context, action: &Action) -> Result<(), Fault> {
    tell::ask_again(context, action).await;
    let shown =
        !action.votes().is_empty() && matches!(action.state(), State::Failed | State::NeedsPerson | State::Stale);
    if shown {
        tell::of_trouble(context, action).await?;
    }
    tell::settle(context, action).await;
    if action.state() == State::NeedsPerson {
        leaving::begin(context, action).await?;
    }
    store::retrying(context, || async {
        let read = records::read(context, &action.id).await?;
        let owes = |now: &Action| now.state() == action.state() && now.owes() == Some(Owed::Word);
        let (Some(before), Some(head)) = (read.action.clone().filter(owes), read.head) else {
            return Ok(Attempted::Done(()));
        };
        let mut after = before.clone();
        after.is_settled_with(Owed::Word);
        let mut commit = Commit::default();
        writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        store::attempted(commit.run(context).await, ())
    })
    .await
}

//! Does what is owed of an action that has ended otherwise than it was wanted.

use super::{leaving, tell};
use crate::context::Context;
use crate::fault::Fault;
use domain::action::{Action, State};

/// Tells what is owed of an action that has ended otherwise than it was wanted, does what follows from it, and notes both.
/// Until then the action wakes, so that no crash keeps it from people. Nobody's silence keeps the rest from being done.
pub async fn owed(context: &Context, action: &Action) -> Result<(), Fault> {
    tell::ask_again(context, action).await;
    let round = tell::of_end(context, action).await?;
    round.send(context).await?;
    tell::settle(context, action).await;
    if action.state() == State::NeedsPerson {
        leaving::begin(context, action).await?;
    }
    round.rest(context).await
}

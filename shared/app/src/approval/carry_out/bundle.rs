//! A bundle is carried out member by member, in the order that was shown; the first that fails stops the rest.

use super::{Done, ledger_note};
use crate::approval::{owe, tell, writing};
use crate::context::Context;
use crate::fault::Fault;
use crate::records;
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Commit, keys};
use domain::action::{Action, Outcome, State};
use domain::id::ActionId;
use domain::ledger::Step;

/// What comes next for a bundle.
enum Next {
    Go(Action),
    Over(Action),
    Nothing,
}

pub async fn handle(context: &Context, id: &ActionId) -> Result<Done, Fault> {
    match store::retrying(context, || once(context, id)).await? {
        Next::Go(member) => {
            tell::go(context, &member).await?;
            Ok(Done::CarriedOut(State::Executing))
        }
        Next::Over(bundle) => {
            if bundle.state() != State::Executed {
                owe::owed(context, &bundle).await?;
            }
            Ok(Done::CarriedOut(bundle.state()))
        }
        Next::Nothing => Ok(Done::NothingToDo),
    }
}

async fn once(context: &Context, id: &ActionId) -> Result<Attempted<Next>, Fault> {
    // Read.
    let mut read = records::read(context, id).await?;
    let going = |action: &Action| matches!(action.state(), State::Approved | State::Executing);
    let (Some(before), Some(head)) = (read.action.clone().filter(going), read.head.clone()) else {
        return Ok(Attempted::Done(Next::Nothing));
    };
    let mut members: Vec<Action> = Vec::new();
    for member in &before.members {
        members.extend(read.batch.get::<Action>(&keys::action(member))?);
    }

    // Decide.
    let at = writing::moment(context);
    let failed = members.iter().position(|member| member.state().is_final() && member.state() != State::Executed);
    let (mut commit, mut notes) = (Commit::default(), Vec::new());
    let mut after = before.clone();
    after.begun(at.again)?;
    let next = match failed {
        Some(place) => {
            let code = format!("member_{}", members[place].state().name());
            let message = format!(
                "{} ended as {}; what came after it was not done",
                members[place].preview.summary,
                members[place].state().name()
            );
            let mut over = Vec::new();
            for member in members[place + 1..].iter().filter(|member| member.state() == State::Approved) {
                let mut withdrawn = member.clone();
                withdrawn.withdrawn(at.now)?;
                writing::put(&mut commit, context, &read.batch, &head, Some(member), &withdrawn);
                notes.push(ledger_note(
                    &withdrawn,
                    Step::Outcome,
                    at.now,
                    [("outcome", "withdrawn".to_owned()), ("why", code.clone())],
                ));
                over.push(member.id.clone());
            }
            writing::release(&mut commit, &read, &before.account, &over);
            writing::expect_no_more(&mut commit, &read, &head, &over);
            after.done(Outcome::Refused { code, message }, at)?;
            None
        }
        None => members.into_iter().find(|member| member.state() != State::Executed),
    };
    let over = next.is_none();
    if over {
        if after.state() == State::Executing {
            let parts = format!("{} of {} done", after.members.len(), after.members.len());
            after.done(Outcome::Done { reference: String::new(), status: parts, made_at: None, link: None }, at)?;
        }
        notes.push(ledger_note(
            &after,
            Step::Outcome,
            at.now,
            [("outcome", after.state().name().to_owned()), ("of", "bundle".to_owned())],
        ));
    }

    // Write.
    writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
    put_notes(&mut commit, &read.batch, &after.account, notes)?;
    read.action = Some(after.clone());
    store::attempted(commit.run(context).await, next.map_or(Next::Over(after), Next::Go))
}

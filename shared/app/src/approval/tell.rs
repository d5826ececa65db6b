//! Tells whoever comes next: the queue, or the people who must decide; and afterwards, how it ended.

mod bulletin;
mod letter;
mod owing;
mod round;

use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::ports::{Channel, QueueName};
use crate::records::beside;
use crate::setup::{delegation, staff};
pub use bulletin::bulletin;
use domain::action::{Action, Owed, State, Why};
use domain::approval::{missing, next_role};
use domain::id::ActionId;
use domain::staff::{Role, Staff};
use owing::Owing;
use round::{Errand, Round};

/// Tells the queue or people. The alarm on the action covers a crash in between.
pub async fn announce(context: &Context, action: &Action) {
    let sent = match action.state() {
        State::Approved => go(context, action).await,
        State::WaitingApproval => people(context, action).await,
        _ => Ok(()),
    };
    if let Err(fault) = sent {
        tracing::warn!(action.id = %action.id, fault = %fault, "nobody could be told of this action yet; its alarm tries again");
    }
}

/// Sends an approved action on its way.
pub async fn go(context: &Context, action: &Action) -> Result<(), Fault> {
    go_on(context, &action.id, &action.trace).await
}

/// Sends a bundle on its way, once one of its members has ended.
pub async fn go_on(context: &Context, action: &ActionId, trace: &str) -> Result<(), Fault> {
    let message = Message::Act { action: action.clone(), trace: trace.to_owned() };
    send_all(context, &[Sent { queue: QueueName::Approval, message }]).await
}

/// Asks people for their approval. Whoever was asked is not asked again, and whoever refuses is left alone for a while.
pub async fn people(context: &Context, action: &Action) -> Result<(), Fault> {
    let why = action.told.why();
    let open = missing(&action.required, action.votes());
    let above = || open.iter().map(|role| next_role(*role));
    let roles: Vec<Role> = match why {
        Why::Escalation => above().collect(),
        // What must not lapse goes on upwards.
        Why::Again => open.iter().copied().chain(above()).collect(),
        Why::First | Why::Reminder => open.clone(),
    };
    let beside = beside::of(context, action).await?;
    let mut errands = Vec::new();
    let most = context.policies.limits.current().told_people_max;
    for staff in deciders(context, action, &roles).await?.into_iter().take(most) {
        // A reminder stands where all read it; it is mailed to those whom nothing has reached yet.
        if why == Why::Reminder && action.told.tellings().again_at(Channel::Mail, &staff.id).is_none() {
            continue;
        }
        let letter = letter::asking(context, (action, &beside), &staff).await?;
        errands.push(Errand { to: staff.id, letter });
    }
    errands.push(Errand::of_channel(letter::asking_all(context, (action, &beside), &roles)));
    let round = Round { topic: Owing { action, owed: Owed::Asking }, errands };
    round.send(context).await?;
    round.rest(context).await
}

/// Who of these roles may decide, and who stands in for them: never the asker. Where there is nobody, those above.
async fn deciders(context: &Context, action: &Action, roles: &[Role]) -> Result<Vec<Staff>, Fault> {
    let all = staff::all(context).await?;
    let now = context.clock.now();
    let delegations = delegation::all(context).await?;
    let stands_in = |staff: &Staff, away: &Staff| {
        delegations
            .iter()
            .any(|it| it.to == staff.id && it.from == away.id && it.by != action.requested_by && it.holds(now))
    };
    let mut wanted = roles.to_vec();
    for _ in 0..Role::ALL.len() {
        let of_role: Vec<&Staff> =
            all.iter().filter(|it| wanted.contains(&it.role) && it.id != action.requested_by).collect();
        let found: Vec<Staff> = all
            .iter()
            .filter(|it| it.id != action.requested_by)
            .filter(|it| of_role.contains(it) || of_role.iter().any(|away| stands_in(it, away)))
            .cloned()
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        wanted = wanted.iter().map(|role| next_role(*role)).collect();
    }
    Ok(Vec::new())
}

/// What people have to be told of an end: the approvers, where it was approved and not carried out, and whoever asked.
pub async fn of_end<'a>(context: &Context, action: &'a Action) -> Result<Round<Owing<'a>>, Fault> {
    let was_decided = !action.votes().is_empty();
    let beside = beside::of(context, action).await?;
    let trouble = letter::trouble(context, action, &beside).filter(|_| was_decided).map(Errand::of_channel);
    let asker = staff::find(context, &action.requested_by).await?;
    let word = asker.and_then(|asker| {
        let letter = letter::to_asker(context, (action, &beside), &asker)?;
        Some(Errand { to: asker.id, letter })
    });
    let errands = trouble.into_iter().chain(word).collect();
    Ok(Round { topic: Owing { action, owed: Owed::Word }, errands })
}

/// Takes the buttons away from the messages that asked, and says there what became of it.
pub async fn settle(context: &Context, action: &Action) {
    if action.told.messages.is_empty() {
        return;
    }
    let beside = match beside::of(context, action).await {
        Ok(beside) => beside,
        Err(fault) => {
            tracing::warn!(action.id = %action.id, fault = %fault, "the messages that asked still show their buttons; they do nothing any more");
            return;
        }
    };
    let letter = letter::settled(context, action, &beside);
    for place in &action.told.messages {
        if let Err(unsent) = context.post.change(place, &letter).await {
            tracing::warn!(action.id = %action.id, reason = %unsent, "a message that asked still shows its buttons; they do nothing any more");
        }
    }
}

/// What Recoup itself asked for is previewed anew; a person asks again.
pub async fn ask_again(context: &Context, action: &Action) {
    let Some(case) = action.case.clone().filter(|_| action.is_asked_again()) else { return };
    let message = Message::Ask { case, trace: action.trace.clone() };
    if let Err(fault) = send_all(context, &[Sent { queue: QueueName::Approval, message }]).await {
        tracing::warn!(action.id = %action.id, fault = %fault, "the stale request could not be asked for again");
    }
}

//! Tells whoever comes next: the queue, or the people who must decide.

use super::{mailed, writing};
use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::ports::{Channel, Letter, QueueName, Unsent};
use crate::records;
use crate::setup::{delegation, staff};
use crate::store::{self, Attempted, Commit};
use domain::action::{Action, Outcome, Owed, State};
use domain::approval::{Why, missing, next_role};
use domain::id::ActionId;
use domain::staff::{Role, Staff};

/// How the messages of a reason to ask are marked and begin.
fn words(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::First => ("ask", "Approval needed"),
        Why::Again => ("ask", "Approval still needed"),
        Why::Reminder => ("remind", "Reminder, approval needed"),
        Why::Escalation => ("escalate", "Nobody has decided yet, approval needed"),
    }
}

/// Tells the queue or people. The alarm on the action covers a crash in between.
pub async fn announce(context: &Context, action: &Action) {
    let sent = match action.state() {
        State::Approved => go(context, action).await,
        State::WaitingApproval => people(context, action, Why::First).await,
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

/// Asks people for their approval, and notes that they were asked. A request that nobody heard of is asked again.
pub async fn people(context: &Context, action: &Action, why: Why) -> Result<(), Fault> {
    let open = missing(&action.required, action.votes());
    let above = || open.iter().map(|role| next_role(*role));
    let roles: Vec<Role> = match why {
        Why::Escalation => above().collect(),
        // What must not lapse goes on upwards.
        Why::Again => open.iter().copied().chain(above()).collect(),
        Why::First | Why::Reminder => open.clone(),
    };
    if why != Why::Reminder {
        mail(context, action, &roles, why).await?;
    }
    let place = match context.post.send(&letter(context, action, &roles, why)).await {
        Ok(place) => place,
        Err(Unsent::NotSent(reason)) => return Err(Fault::Retry(reason)),
        Err(Unsent::Unknown(_)) => None,
    };
    store::retrying(context, || async {
        let read = records::read(context, &action.id).await?;
        let (Some(before), Some(head)) = (read.action.clone(), read.head) else { return Ok(Attempted::Done(())) };
        let mut after = before.clone();
        after.is_settled_with(Owed::Asking);
        after.told.messages.extend(place.clone());
        if after == before {
            return Ok(Attempted::Done(()));
        }
        let mut commit = Commit::default();
        writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        store::attempted(commit.run(context).await, ())
    })
    .await
}

/// Mails each person who is asked a link of their own. It is never its asker.
async fn mail(context: &Context, action: &Action, roles: &[Role], why: Why) -> Result<(), Fault> {
    for staff in deciders(context, action, roles).await? {
        let staff = &staff;
        let link = mailed::make(context, action, staff).await?;
        let (mark, subject) = words(why);
        let text = format!(
            "Hello {},\n\n{}\nWhy: {}\n\nLook at it and decide here, until {}:\n{link}\n\nThe link is for you alone, and decides nothing by itself.\n",
            staff.name,
            action.preview.summary,
            action.note,
            action.expires_at.strftime("%Y-%m-%d %H:%M UTC"),
        );
        let letter = Letter {
            id: format!("{mark}_{}_{}_{}", action.id, staff.id, action.expires_at.as_second()),
            channel: Channel::Mail,
            to: staff.email.clone(),
            subject: format!("{subject}: {}", action.preview.summary),
            html: pages::mail(&text),
            text,
            links: vec![link],
            blocks: None,
        };
        if let Err(Unsent::NotSent(reason)) = context.post.send(&letter).await {
            // Slack and the console have it as well.
            tracing::warn!(action.id = %action.id, staff = staff.id, reason, "a request for approval could not be mailed");
        }
    }
    Ok(())
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

/// The message that asks for approval.
fn letter(context: &Context, action: &Action, roles: &[Role], why: Why) -> Letter {
    let page = format!("{}/actions/{}", context.settings.base_url, action.id);
    let roles = roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" and ");
    let (mark, subject) = words(why);
    Letter {
        id: format!("{mark}_{}_{}", &action.id, action.expires_at.as_second()),
        channel: Channel::Slack,
        to: context.settings.approvals_channel.clone(),
        subject: format!("{subject}: {}", action.preview.summary),
        text: format!(
            "{}\nWhy: {}\nRule: {} ({})\nNeeds: {roles}\nDecide here: {page}",
            action.preview.summary, action.note, action.preview.clause.rule, action.preview.clause.why
        ),
        html: String::new(),
        blocks: Some(pages::approval_blocks(action, &page)),
        links: vec![page],
    }
}

/// Takes the buttons away from the message that asked, and says there what became of it.
pub async fn settle(context: &Context, action: &Action) {
    tell_asker(context, action).await;
    let page = format!("{}/actions/{}", context.settings.base_url, action.id);
    let votes: Vec<_> =
        action.votes().iter().map(|vote| format!("{:?} by {}", vote.decision, vote.by).to_lowercase()).collect();
    let letter = Letter {
        id: format!("settled_{}", action.id),
        channel: Channel::Slack,
        to: context.settings.approvals_channel.clone(),
        subject: format!("{}: {}", action.state().name().replace('_', " "), action.preview.summary),
        text: format!("{} {page}", votes.join(", ")),
        html: String::new(),
        blocks: Some(pages::approval_blocks(action, &page)),
        links: vec![page],
    };
    for place in &action.told.messages {
        if let Err(unsent) = context.post.change(place, &letter).await {
            tracing::warn!(action.id = %action.id, reason = %unsent, "a message that asked still shows its buttons; they do nothing any more");
        }
    }
}

/// Tells whoever asked what became of it, where they have to do something now.
async fn tell_asker(context: &Context, action: &Action) {
    let said = action.votes().last().map(|vote| format!("{}: {}", vote.by, vote.note)).unwrap_or_default();
    let what = match action.state() {
        State::Denied => format!("It was denied by {said}"),
        State::Expired => "Nobody decided in time. Ask again if it is still needed.".to_owned(),
        State::Stale => "The account has changed since the preview. Look at it and ask again.".to_owned(),
        State::Failed | State::NeedsPerson => {
            "It was approved and could not be carried out. The page says what to do.".to_owned()
        }
        _ => return,
    };
    let Ok(Some(asker)) = staff::find(context, &action.requested_by).await else { return };
    let page = format!("{}/actions/{}", context.settings.base_url, action.id);
    let text = format!("Hello {},\n\n{}\n{what}\n\n{page}\n", asker.name, action.preview.summary);
    let letter = Letter {
        id: format!("asker_{}_{}", action.id, action.state().name()),
        channel: Channel::Mail,
        to: asker.email,
        subject: format!("{}: {}", action.state().name().replace('_', " "), action.preview.summary),
        html: pages::mail(&text),
        text,
        links: vec![page],
        blocks: None,
    };
    if let Err(unsent) = context.post.send(&letter).await {
        tracing::warn!(action.id = %action.id, reason = %unsent, "whoever asked could not be told what became of it");
    }
}

/// Tells people of an approved action that was not carried out, and what to do now.
pub async fn of_trouble(context: &Context, action: &Action) -> Result<(), Fault> {
    let page = format!("{}/actions/{}", context.settings.base_url, action.id);
    let what = match (&action.outcome(), action.state()) {
        (Some(Outcome::NeedsPerson { instead }), _) => format!("Do it by hand: {instead}"),
        (Some(Outcome::Refused { code, message }), _) => format!("It was refused ({code}): {message}"),
        (_, State::Stale) => {
            "The account has changed since it was approved, so nothing was done: look at it and ask again.".to_owned()
        }
        _ => return Ok(()),
    };
    let letter = Letter {
        id: format!("trouble_{}_{}", action.id, action.state().name()),
        channel: Channel::Slack,
        to: context.settings.approvals_channel.clone(),
        subject: format!("Not done: {}", action.preview.summary),
        text: format!("{what}\nAsked by {}. {page}", action.requested_by),
        html: String::new(),
        links: vec![page],
        blocks: None,
    };
    match context.post.send(&letter).await {
        Err(Unsent::NotSent(reason)) => Err(Fault::Retry(reason)),
        Ok(_) | Err(Unsent::Unknown(_)) => Ok(()),
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

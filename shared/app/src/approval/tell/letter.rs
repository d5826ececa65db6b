//! What is written to people about an action: to decide it, and how it ended.

use super::super::mailed;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Channel, Letter};
use domain::action::{Action, Outcome, State, Vote, Why};
use domain::staff::{Role, Staff};
use pages::Beside;

/// How the messages of a reason to ask are marked and begin.
fn words(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::First => ("ask", "Approval needed"),
        Why::Again => ("ask", "Approval still needed"),
        Why::Reminder => ("remind", "Reminder, approval needed"),
        Why::Escalation => ("escalate", "Nobody has decided yet, approval needed"),
    }
}

/// The mail with a link of their own, for one of those who may decide.
pub async fn asking(context: &Context, (action, beside): (&Action, &Beside), staff: &Staff) -> Result<Letter, Fault> {
    let link = mailed::make(context, action, staff).await?;
    let (mark, subject) = words(action.told.why());
    let text = format!(
        "Hello {},\n\n{}\n\nLook at it and decide here, until {}:\n{link}\n\nThe link is for you alone, and decides nothing by itself.\n",
        staff.name,
        pages::decision_text(action, beside),
        action.expires_at.strftime("%Y-%m-%d %H:%M UTC"),
    );
    Ok(Letter {
        id: format!("{mark}_{}_{}_{}", action.id, action.told.round(), staff.id),
        channel: Channel::Mail,
        to: staff.email.clone(),
        subject: format!("{subject}: {}", beside.sentence(action)),
        html: pages::told(&text, &link),
        text,
        links: vec![link],
        blocks: None,
        unsubscribe: None,
        thread: None,
    })
}

/// The message with the buttons, where all who may decide read it.
pub fn asking_all(context: &Context, (action, beside): (&Action, &Beside), roles: &[Role]) -> Letter {
    let page = page(context, action);
    let roles = roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" and ");
    let (mark, subject) = words(action.told.why());
    let sentence = beside.sentence(action);
    Letter {
        id: format!("{mark}_{}_{}", action.id, action.told.round()),
        channel: Channel::Slack,
        to: context.settings.approvals_channel.clone(),
        subject: format!("{subject}: {sentence}"),
        text: format!(
            "{sentence}\nWhy: {}\nRule: {} ({})\nNeeds: {roles}\nDecide here: {page}",
            action.note, action.preview.clause.rule, action.preview.clause.why
        ),
        html: String::new(),
        blocks: Some(pages::approval_blocks(action, beside, &page)),
        links: vec![page],
        unsubscribe: None,
        thread: None,
    }
}

/// What the message with the buttons says once somebody has decided.
pub fn settled(context: &Context, action: &Action, beside: &Beside) -> Letter {
    let page = page(context, action);
    let said = |vote: &Vote| {
        let decision = format!("{:?}", vote.decision).to_lowercase();
        format!("{decision} by {}", beside.names.who(&vote.by))
    };
    let votes: Vec<_> = action.votes().iter().map(said).collect();
    Letter {
        id: format!("settled_{}", action.id),
        channel: Channel::Slack,
        to: context.settings.approvals_channel.clone(),
        subject: about(action, beside),
        text: format!("{} {page}", votes.join(", ")),
        html: String::new(),
        blocks: Some(pages::approval_blocks(action, beside, &page)),
        links: vec![page],
        unsubscribe: None,
        thread: None,
    }
}

/// What became of it, for whoever asked, where they have to do something now.
pub fn to_asker(context: &Context, (action, beside): (&Action, &Beside), asker: &Staff) -> Option<Letter> {
    let said = action.votes().last().map(|vote| format!("{}: {}", beside.names.who(&vote.by), vote.note));
    let said = said.unwrap_or_default();
    let what = match action.state() {
        State::Denied => format!("It was denied by {said}"),
        State::Expired => "Nobody decided in time. Ask again if it is still needed.".to_owned(),
        State::Stale => "The account has changed since the preview. Look at it and ask again.".to_owned(),
        State::Failed | State::NeedsPerson => {
            "It was approved and could not be carried out. The page says what to do.".to_owned()
        }
        _ => return None,
    };
    let page = page(context, action);
    let text = format!("Hello {},\n\n{}\n{what}\n\n{page}\n", asker.name, beside.sentence(action));
    Some(Letter {
        id: format!("asker_{}_{}", action.id, action.state().name()),
        channel: Channel::Mail,
        to: asker.email.clone(),
        subject: about(action, beside),
        html: pages::told(&text, &page),
        text,
        links: vec![page],
        blocks: None,
        unsubscribe: None,
        thread: None,
    })
}

/// What to do now about an approved action that was not carried out, for those who approve.
pub fn trouble(context: &Context, action: &Action, beside: &Beside) -> Option<Letter> {
    let what = match (action.outcome(), action.state()) {
        (Some(Outcome::NeedsPerson { instead }), State::NeedsPerson) => format!("Do it by hand: {instead}"),
        (Some(Outcome::Refused { code, message }), State::Failed) => format!("It was refused ({code}): {message}"),
        (_, State::Stale) => {
            "The account has changed since it was approved, so nothing was done: look at it and ask again.".to_owned()
        }
        _ => return None,
    };
    let page = page(context, action);
    Some(Letter {
        id: format!("trouble_{}_{}", action.id, action.state().name()),
        channel: Channel::Slack,
        to: context.settings.approvals_channel.clone(),
        subject: format!("Not done: {}", beside.sentence(action)),
        text: format!("{what}\nAsked by {}. {page}", beside.asker(action)),
        html: String::new(),
        links: vec![page],
        blocks: None,
        unsubscribe: None,
        thread: None,
    })
}

fn page(context: &Context, action: &Action) -> String {
    format!("{}/actions/{}", context.settings.base_url, action.id)
}

fn about(action: &Action, beside: &Beside) -> String {
    format!("{}: {}", action.state().name().replace('_', " "), beside.sentence(action))
}

//! Buttons at Slack: believed by their signature, acknowledged at once, worked through the queue, decided like any
//! other.

use super::{Done, decide};
use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::ports::{Channel, Letter, QueueName};
use crate::setup::staff;
use crate::web::{self, Answer, NOTE_CHARS_MAX, Problem};
use bytes::Bytes;
use domain::action::Decision;
use domain::id::{ActionId, digest};
use domain::staff::Slack;
use http::{Request, StatusCode};
use providers::{Delivery, slack};

/// Answers `POST /slack/interactions`, within the few seconds that Slack waits.
pub async fn take(context: &Context, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let secrets = context.vault.slack_signing().await?;
    let delivery = Delivery { headers: request.headers(), body: request.body() };
    let window = context.policies.limits.current().signature_window_secs;
    let authentic =
        context.clock.witnesses().into_iter().any(|now| slack::verify(&delivery, &secrets, now, window).is_ok());
    if !authentic {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "not_authentic",
            "this was not signed by Slack, or not just now",
        ));
    }
    let pressed = slack::interaction(request.body()).map_err(|error| Problem::malformed(error.to_string()))?;
    let Some(pressed) = pressed else { return Ok(web::text(StatusCode::OK, String::new())) };
    let wanted = match pressed.pressed.as_str() {
        "approve" => Some(true),
        "deny" => Some(false),
        _ => None,
    };
    let about = pressed.value.split_once('|').and_then(|(id, digest)| Some((ActionId::parse(id)?, digest.to_owned())));
    let (Some(approve), Some((action, shown))) = (wanted, about) else {
        return Ok(web::text(StatusCode::OK, String::new()));
    };
    let said: [&str; 6] = [&pressed.team, &pressed.user, action.as_str(), &shown, &pressed.pressed, &pressed.note];
    let trace = format!("slack_{}", digest(&said, 12));
    let note: String = pressed.note.chars().take(NOTE_CHARS_MAX).collect();
    let (team, user) = (pressed.team, pressed.user);
    let message = Message::Pressed { team, user, action, approve, digest: shown, note, trace };
    send_all(context, &[Sent { queue: QueueName::Approval, message }]).await?;
    Ok(web::text(StatusCode::OK, String::new()))
}

/// Decides for whoever pressed; a refusal is told to them alone.
pub async fn pressed(
    context: &Context,
    who: Slack,
    action: &ActionId,
    (approve, shown, note): (bool, &str, &str),
    trace: &str,
) -> Result<Done, Fault> {
    let staff = staff::at_slack(context, &who).await?;
    let refusal = match &staff {
        None => "you are not in Recoup's staff table with this Slack account; ask a manager to add it".to_owned(),
        Some(staff) => {
            let decision = if approve { Decision::Approve } else { Decision::Deny };
            // A denial says why; a yes may stand alone.
            let note = if approve && note.trim().is_empty() { "at Slack" } else { note };
            let ballot = decide::Ballot { decision, preview_digest: shown.to_owned(), note: note.to_owned() };
            match decide::decide(context, action, staff, ballot).await {
                Ok(_) => return Ok(Done::Asked),
                Err(problem) if problem.status == StatusCode::SERVICE_UNAVAILABLE => {
                    return Err(Fault::Retry(problem.message));
                }
                Err(problem) => problem.message,
            }
        }
    };
    let page = format!("{}/actions/{action}", context.settings.base_url);
    let letter = Letter {
        id: format!("refused_{trace}"),
        channel: Channel::Slack,
        to: who.user,
        subject: "This was not decided".to_owned(),
        text: format!("{refusal} {page}"),
        html: String::new(),
        links: vec![page],
        blocks: None,
        unsubscribe: None,
        thread: None,
    };
    if let Err(unsent) = context.post.send(&letter).await {
        tracing::warn!(action.id = %action, reason = %unsent, "somebody at Slack could not be told why nothing was decided");
    }
    Ok(Done::NothingToDo)
}

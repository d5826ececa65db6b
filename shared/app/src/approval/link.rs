//! What a mailed link opens. Its token says which request it is about and whom it was sent to, and that is not enough
//! to decide: mail scanners open links, run their scripts and send their forms. A session or a code proves the person.

use super::decide::{self, ballot_form};
use crate::context::Context;
use crate::door::console::{own_form, viewer};
use crate::door::token::{self, Caller};
use crate::fault::Fault;
use crate::ports::{Channel, Letter};
use crate::records::beside;
use crate::setup::staff;
use crate::store::{self, Attempted, Batch, Code, Commit, Link, keys};
use crate::web::{self, Answer, Problem};
use ::pages::{Code as Shown, Proof};
use bytes::Bytes;
use domain::action::{Action, State};
use domain::id::sha256;
use domain::staff::Staff;
use http::{Request, StatusCode};
use jiff::SignedDuration;
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// How often a code is sent for one link: a scanner may press that button, too.
const CODES_MAX: u32 = 5;

/// Answers `POST /approvals`: what the link is about, a code, or the decision.
pub async fn opened(context: &Context, request: &Request<Bytes>) -> Result<Answer, Problem> {
    if !token::same_origin(request) {
        let message = "this did not come from one of our own pages; open the link from the mail again";
        return Err(Problem::not_permitted(message));
    }
    let fields = web::fields(request.body());
    let token = fields.get("token").map(|token| token.trim().to_lowercase()).unwrap_or_default();
    let Some(link) = store::read::<Link>(context, &keys::link(&sha256(token.as_bytes()))).await? else {
        return Ok(gone(
            StatusCode::NOT_FOUND,
            "This link is not known",
            "Open it from the mail again, or sign in and decide from the list of what waits.",
        ));
    };
    if link.used_at.is_some() {
        return Ok(gone(
            StatusCode::GONE,
            "This link has been used",
            "One link is one decision. Sign in to see what came of it.",
        ));
    }
    if link.expires_at <= context.clock.now() {
        return Ok(gone(
            StatusCode::GONE,
            "This link has expired",
            "Sign in and decide from the list of what waits, or ask for the request again.",
        ));
    }
    let action: Action =
        store::read(context, &keys::action(&link.action)).await?.ok_or_else(|| Problem::not_found("action"))?;
    let person = staff::find(context, &link.staff).await?;
    let Some(person) = person else {
        return Ok(gone(
            StatusCode::GONE,
            "This link is for somebody who no longer works here",
            "Ask a colleague to decide.",
        ));
    };
    let caller = match token::caller(context, request).await {
        Ok(caller) if caller.staff.id != link.staff => {
            let message =
                format!("It was sent to {}. Decide from the list of what waits, if your role may.", person.name);
            return Ok(gone(StatusCode::FORBIDDEN, "This link is for somebody else", &message));
        }
        Ok(caller) => Some(caller),
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED => None,
        Err(problem) => return Err(problem),
    };
    if fields.contains_key("decision") {
        return decided(context, &fields, &link, &action, &token, &person, caller.as_ref()).await;
    }
    let mut code = Shown::NotSent;
    if fields.contains_key("send_code") && caller.is_none() && action.state() == State::WaitingApproval {
        if !send_code(context, &link, &person).await? {
            let message = "No code can be sent: sign in instead, or open the request in the console.";
            return Ok(gone(StatusCode::CONFLICT, "No code was sent", message));
        }
        code = Shown::Sent;
    }
    show(context, &action, &token, caller.as_ref(), &person, (code, None)).await
}

fn gone(status: StatusCode, title: &str, message: &str) -> Answer {
    web::html(status, ::pages::spent(title, message))
}

async fn show(
    context: &Context,
    action: &Action,
    token: &str,
    caller: Option<&Caller>,
    person: &Staff,
    (code, refused): (Shown, Option<&Problem>),
) -> Result<Answer, Problem> {
    let session = caller.and_then(|caller| Some((caller.csrf.clone()?, &caller.staff)));
    let proof = match session {
        Some((csrf, staff)) => Proof::Session { csrf, deciding: decide::as_whom(context, action, staff).await? },
        None => Proof::NoSession { code, name: person.name.clone() },
    };
    let viewer = caller.map(|caller| viewer(context, caller));
    let status = match (refused, code) {
        (Some(problem), _) => problem.status,
        (None, Shown::Wrong) => StatusCode::FORBIDDEN,
        (None, _) => StatusCode::OK,
    };
    let beside = beside::of(context, action).await?;
    let outdated = decide::outdated(context, action).await?.map(|why| ::pages::out_of_date(&why));
    let notice = refused.map(|problem| problem.message.as_str()).or(outdated.as_deref());
    Ok(web::html(status, ::pages::opened(viewer.as_ref(), (action, &beside), token, proof, notice)))
}

async fn decided(
    context: &Context,
    fields: &BTreeMap<String, String>,
    link: &Link,
    action: &Action,
    token: &str,
    person: &Staff,
    caller: Option<&Caller>,
) -> Result<Answer, Problem> {
    match caller {
        Some(caller) => own_form(caller, fields)?,
        None => {
            let code = fields.get("code").map(String::as_str).unwrap_or_default();
            if !check_code(context, link, code).await? {
                return show(context, action, token, caller, person, (Shown::Wrong, None)).await;
            }
        }
    }
    let ballot = ballot_form(fields)?;
    if ballot.preview_digest != link.digest || action.preview.digest != link.digest {
        return Ok(gone(
            StatusCode::CONFLICT,
            "This has changed since the link was sent",
            "Sign in, look at the new preview and decide there.",
        ));
    }
    if let Err(problem) = decide::has_reason(&ballot) {
        return show(context, action, token, caller, person, (Shown::NotSent, Some(&problem))).await;
    }
    match decide::decide(context, &link.action, person, ballot).await {
        Ok(action) => {
            spend(context, link).await?;
            if caller.is_some() {
                return Ok(web::see_other(&format!("/actions/{}", action.id)));
            }
            Ok(gone(
                StatusCode::OK,
                &format!("It is {}", action.state().name().replace('_', " ")),
                "Your decision is in the ledger. You can close this page.",
            ))
        }
        Err(problem) => Ok(gone(problem.status, "This could not be decided", &problem.message)),
    }
}

async fn spend(context: &Context, link: &Link) -> Result<(), Fault> {
    let key = keys::link(&link.hash);
    store::retrying(context, || async {
        let batch = Batch::read(context, vec![key.clone()]).await?;
        let Some(standing) = batch.get::<Link>(&key)? else { return Ok(Attempted::Done(())) };
        let mut commit = Commit::default();
        commit.over(&batch, &Link { used_at: Some(context.clock.now()), code: None, ..standing });
        store::attempted(commit.run(context).await, ())
    })
    .await
}

/// Sends a code by Slack, which a mail scanner does not read. Nothing, where the person is not known there.
async fn send_code(context: &Context, link: &Link, person: &Staff) -> Result<bool, Problem> {
    let Some(slack) = &person.slack else { return Ok(false) };
    let asking = &context.policies.approval.current().asking;
    let (key, secret, now) = (keys::link(&link.hash), context.vault.tokens().await?, context.clock.now());
    let code = store::retrying(context, || async {
        let batch = Batch::read(context, vec![key.clone()]).await?;
        let standing: Link = batch.get(&key)?.ok_or_else(|| Fault::Park("a link is gone".to_owned()))?;
        let sent = standing.code.as_ref().map_or(0, |code| code.sent);
        if sent >= CODES_MAX {
            return Ok(Attempted::Done(None));
        }
        let digits = token::derived(&secret, &["code", &link.hash, &now.to_string(), &sent.to_string()]);
        let number = u64::from_str_radix(&digits[..12], 16).unwrap_or_default() % 1_000_000;
        let code = format!("{number:06}");
        let hash = sha256(format!("{}:{code}", link.hash).as_bytes());
        let until = now + SignedDuration::from_mins(asking.code_minutes);
        let mut commit = Commit::default();
        commit.over(&batch, &Link { code: Some(Code { hash, until, tries: 0, sent: sent + 1 }), ..standing });
        store::attempted(commit.run(context).await, Some(code))
    })
    .await?;
    let Some(code) = code else { return Ok(false) };
    Ok(tell_code(context, &slack.user, &code, asking.code_minutes).await)
}

async fn check_code(context: &Context, link: &Link, given: &str) -> Result<bool, Fault> {
    let given: String = given.chars().filter(|letter| !letter.is_whitespace()).collect();
    let (key, now) = (keys::link(&link.hash), context.clock.now());
    let tries_max = context.policies.approval.current().asking.code_tries;
    store::retrying(context, || async {
        let batch = Batch::read(context, vec![key.clone()]).await?;
        let standing: Link = batch.get(&key)?.ok_or_else(|| Fault::Park("a link is gone".to_owned()))?;
        let Some(code) = standing.code.clone().filter(|code| now < code.until && code.tries < tries_max) else {
            return Ok(Attempted::Done(false));
        };
        let hash = sha256(format!("{}:{given}", link.hash).as_bytes());
        if bool::from(hash.as_bytes().ct_eq(code.hash.as_bytes())) {
            return Ok(Attempted::Done(true));
        }
        let mut commit = Commit::default();
        commit.over(&batch, &Link { code: Some(Code { tries: code.tries + 1, ..code }), ..standing });
        store::attempted(commit.run(context).await, false)
    })
    .await
}

/// Sends the code that proves who opened a link; whether it went out.
pub(super) async fn tell_code(context: &Context, user: &str, code: &str, minutes: i64) -> bool {
    let letter = Letter {
        id: format!("code_{}", domain::id::digest(&[user, code, &context.clock.now().to_string()], 20)),
        channel: Channel::Slack,
        to: user.to_owned(),
        subject: "Your code for Recoup".to_owned(),
        text: format!(
            "{code} proves for {minutes} minutes that you opened the link. Nobody from Recoup asks you for it."
        ),
        html: String::new(),
        links: Vec::new(),
        blocks: None,
        unsubscribe: None,
        thread: None,
    };
    context.post.send(&letter).await.is_ok()
}

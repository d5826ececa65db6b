//! Actions: asked for, decided, withdrawn, settled. The form that asks is a page of its own.

use crate::approval::ask::{self, Asked};
use crate::approval::{decide, settle, withdraw};
use crate::context::Context;
use crate::door::console::{action_json, own_fields};
use crate::door::token::Caller;
use crate::web::{self, Answer, Problem, action_id};
use bytes::Bytes;
use domain::id::ActionId;
use domain::staff::Staff;
use http::{Request, StatusCode};

pub(super) async fn ask(context: &Context, request: &Request<Bytes>, staff: &Staff) -> Result<Answer, Problem> {
    let action = ask::by_staff(context, Asked::read(request), staff).await?;
    Ok(web::json(StatusCode::CREATED, &action_json(&action)))
}

pub(super) async fn decide(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let ballot = decide::ballot_json(body)?;
    let action = decide::decide(context, &action_id(id)?, staff, ballot).await?;
    Ok(web::json(StatusCode::OK, &action_json(&action)))
}

pub(super) async fn decide_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let id = action_id(id)?;
    Ok(match decide::decide(context, &id, &caller.staff, decide::ballot_form(&fields)?).await {
        // The page looks again by itself: whoever decided stays where it says what comes of it.
        Ok(_) => web::see_other(&format!("{}#now", page(&id))),
        Err(problem) => web::back_to(&page(&id), Err(problem)),
    })
}

pub(super) async fn withdraw(context: &Context, id: &str, staff: &Staff) -> Result<Answer, Problem> {
    let action = withdraw::withdraw(context, &action_id(id)?, staff).await?;
    Ok(web::json(StatusCode::OK, &action_json(&action)))
}

pub(super) async fn withdraw_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    own_fields(request, caller)?;
    let id = action_id(id)?;
    let withdrawn = withdraw::withdraw(context, &id, &caller.staff).await;
    Ok(web::back_to(&page(&id), withdrawn.map(|_| None)))
}

pub(super) async fn settle(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let wanted = "say whether it is `done`, with the provider's `reference` and a `note`";
    let word = web::sent(body, wanted)?;
    let action = settle::settle(context, &action_id(id)?, &word, staff).await?;
    Ok(web::json(StatusCode::OK, &action_json(&action)))
}

pub(super) async fn settle_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let word = settle::ByHand { done: field("done") == "yes", reference: field("reference"), note: field("note") };
    let id = action_id(id)?;
    let settled = settle::settle(context, &id, &word, &caller.staff).await;
    Ok(web::back_to(&page(&id), settled.map(|_| None)))
}

fn page(id: &ActionId) -> String {
    format!("/actions/{id}")
}

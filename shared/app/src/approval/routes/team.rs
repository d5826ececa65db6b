//! The team: what is said of tasks, who stands in for whom, and the second word about who may approve.

use crate::approval::task;
use crate::context::Context;
use crate::door::console::own_fields;
use crate::door::token::Caller;
use crate::setup::{delegation, proposal, view};
use crate::task::task_id;
use crate::web::{self, Answer, Problem};
use bytes::Bytes;
use domain::approval::delegation::Wish;
use domain::staff::{Staff, Word, list_of};
use http::{Request, StatusCode};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

pub(super) async fn tell_task(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let word = web::sent(body, "send one of `assign`, `snooze_until` and `done`")?;
    Ok(web::json(StatusCode::OK, &task::take(context, &task_id(id)?, &word, staff).await?))
}

pub(super) async fn tell_task_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let id = task_id(id)?;
    let told = task::take(context, &id, &task::form(context, &fields)?, &caller.staff).await;
    Ok(web::back_to(&format!("/tasks/{id}"), told.map(|_| Some("Noted."))))
}

pub(super) async fn delegate(context: &Context, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let wanted = "send who stands in (`to`), until when (`until`), and `from` if not for yourself";
    let all = delegation::change(context, &web::sent(body, wanted)?, staff).await?;
    Ok(web::json(StatusCode::OK, &json!({"items": all, "next": null})))
}

pub(super) async fn delegate_by_form(
    context: &Context,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let wish = wish(context, &own_fields(request, caller)?)?;
    let changed = delegation::change(context, &wish, &caller.staff).await;
    Ok(web::back_to("/staff", changed.map(|_| Some("Noted."))))
}

/// Keeps a view of a list, or keeps one no more, and leads back to the list as it was shown.
pub(super) async fn views_by_form(
    context: &Context,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let (here, own) = (fields.get("here").map(String::as_str).unwrap_or_default(), &caller.staff.id);
    let list = list_of(here).ok_or_else(|| Problem::malformed("`here` is not the address of a list"))?;
    match (fields.get("forget"), fields.get("name")) {
        (Some(name), _) => view::forget(context, own, name, list).await?,
        (None, Some(name)) => view::keep(context, own, name, here).await?,
        (None, None) => return Err(Problem::malformed("say in `name` what the view is called")),
    }
    Ok(web::see_other(here))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    decision: Word,
}

pub(super) async fn decide_proposal(
    context: &Context,
    number: &str,
    body: &[u8],
    staff: &Staff,
) -> Result<Answer, Problem> {
    let decided: Decided = web::sent(body, "send the `decision`: `confirm` or `refuse`")?;
    let proposal = proposal::take(context, number, decided.decision, staff).await?;
    Ok(web::json(StatusCode::OK, &proposal::shown(&proposal, context.clock.now())))
}

pub(super) async fn decide_proposal_by_form(
    context: &Context,
    number: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let word = fields.get("decision").and_then(|word| web::typed::<Word>(word).ok());
    let word = word.ok_or_else(|| Problem::malformed("press one of the two buttons of the form"))?;
    let taken = proposal::take(context, number, word, &caller.staff).await;
    let said = match word {
        Word::Confirm => "Changed.",
        Word::Refuse => "Refused.",
    };
    Ok(web::back_to("/staff", taken.map(|_| Some(said))))
}

/// What the form says: without a number of days, what stands is ended.
fn wish(context: &Context, fields: &BTreeMap<String, String>) -> Result<Wish, Problem> {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let days = fields.get("days").map(|days| days.parse::<i64>()).transpose();
    let days = days.map_err(|_| Problem::malformed("for how many days is a whole number"))?;
    let until = days.map(|days| context.clock.now() + SignedDuration::from_hours(24 * days.clamp(0, 3650)));
    Ok(Wish { from: Some(field("from")), to: field("to"), until, note: field("note") })
}

//! Where the product is told: endpoints are added, given another secret, enabled, told once more, and removed.

use crate::context::Context;
use crate::door::console::{own_fields, viewer};
use crate::door::token::Caller;
use crate::outgoing;
use crate::outgoing::endpoints::{self, Change, Shown};
use crate::web::{self, Answer, Problem};
use ::pages::NewSecret;
use bytes::Bytes;
use domain::outgoing::{Kind, Wish};
use domain::staff::Staff;
use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use providers::Secret;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const WANTED: &str = "send `url` and `events`";

pub(super) async fn add(context: &Context, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let (shown, secret) = endpoints::add(context, &web::sent(body, WANTED)?, staff).await?;
    Ok(web::json(StatusCode::CREATED, &with_secret(&shown, &secret)))
}

pub(super) async fn remove(context: &Context, id: &str, staff: &Staff) -> Result<Answer, Problem> {
    endpoints::change(context, id, Change::Remove, staff).await?;
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    Ok(answer)
}

pub(super) async fn rotate(context: &Context, id: &str, staff: &Staff) -> Result<Answer, Problem> {
    let (shown, secret) = endpoints::change(context, id, Change::Rotate, staff).await?;
    let answer = secret.map_or_else(|| json!(shown), |secret| with_secret(&shown, &secret));
    Ok(web::json(StatusCode::OK, &answer))
}

pub(super) async fn enable(context: &Context, id: &str, staff: &Staff) -> Result<Answer, Problem> {
    let (shown, _) = endpoints::change(context, id, Change::Enable, staff).await?;
    Ok(web::json(StatusCode::OK, &shown))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    since: Timestamp,
}

pub(super) async fn replay(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let Replay { since } = web::sent(body, "send `since`, a time such as 2026-01-31T12:00:00Z")?;
    let (shown, _) = endpoints::change(context, id, Change::Replay(since), staff).await?;
    Ok(web::json(StatusCode::ACCEPTED, &shown))
}

/// It is shown in this answer and in no other.
fn with_secret(shown: &Shown, secret: &Secret) -> Value {
    let mut value = json!(shown);
    value["secret"] = json!(secret.expose());
    value
}

pub(super) async fn add_by_form(
    context: &Context,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let url = fields.get("url").map(|url| url.trim().to_owned()).unwrap_or_default();
    let events = Kind::ALL.into_iter().filter(|kind| fields.contains_key(kind.name())).collect();
    match endpoints::add_by_form(context, &Wish { url, events }, &caller.staff).await {
        Ok((shown, secret)) => once(context, caller, &shown, &secret).await,
        Err(problem) => Ok(web::back_to("/endpoints", Err(problem))),
    }
}

pub(super) async fn change_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let wanted = wanted(&fields)?;
    let said = match wanted {
        Change::Rotate | Change::Enable => "It is enabled, and what waits is on its way.",
        Change::Replay(_) => "What happened since then is on its way again.",
        Change::Remove => "Removed.",
    };
    match endpoints::change(context, id, wanted, &caller.staff).await {
        Ok((shown, Some(secret))) => once(context, caller, &shown, &secret).await,
        changed => Ok(web::back_to("/endpoints", changed.map(|_| Some(said)))),
    }
}

/// What the form says: days are counted from the midnight with which they began.
fn wanted(fields: &BTreeMap<String, String>) -> Result<Change, Problem> {
    match fields.get("say").map(String::as_str) {
        Some("rotate") => Ok(Change::Rotate),
        Some("enable") => Ok(Change::Enable),
        Some("remove") => Ok(Change::Remove),
        Some("replay") => {
            let day = fields.get("since").and_then(|day| day.parse::<Date>().ok());
            let since = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok()).map(|zoned| zoned.timestamp());
            since.map(Change::Replay).ok_or_else(|| Problem::malformed("say since which day"))
        }
        _ => Err(Problem::malformed("the form says nothing; reload the page")),
    }
}

/// The page with a secret on top, which is shown this once.
async fn once(context: &Context, caller: &Caller, shown: &Shown, secret: &Secret) -> Result<Answer, Problem> {
    let secret = NewSecret { url: &shown.url, secret: secret.expose() };
    let page = outgoing::page(context, &viewer(context, caller), None, Some(&secret)).await?;
    Ok(web::html(StatusCode::OK, page))
}

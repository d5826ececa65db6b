//! How Recoup is set up: sources, the stop switch, which accounts are one customer, and what went live.

use crate::context::Context;
use crate::door::console::own_fields;
use crate::door::token::Caller;
use crate::incident;
use crate::setup::{embeds, group, sources, stop};
use crate::web::{self, Answer, Problem, account_id};
use bytes::Bytes;
use domain::source::{Granted, Wish};
use domain::staff::Staff;
use http::{Request, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::BTreeMap;

pub(super) async fn source(
    context: &Context,
    provider: &str,
    source: &str,
    request: &Request<Bytes>,
    staff: &Staff,
) -> Result<Answer, Problem> {
    let wish = web::sent(request.body(), "send name, mode, acting, retries, messages or cancels")?;
    let dry_run = web::dry_run(&web::query(request))?;
    let (source, granted) = sources::change(context, provider, source, &wish, staff, dry_run).await?;
    let status = if granted == Granted::Done || dry_run { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(web::json(status, &source))
}

pub(super) async fn source_by_form(
    context: &Context,
    provider: &str,
    source: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let wish = wish(&own_fields(request, caller)?)?;
    let changed = sources::change(context, provider, source, &wish, &caller.staff, false).await;
    let said = changed.map(|(_, granted)| match granted {
        Granted::Done => Some("Changed."),
        Granted::NeedsAnother => {
            Some("Noted. Look at what it lets loose; it is done when another manager confirms it.")
        }
    });
    Ok(web::back_to("/sources", said))
}

fn wish(fields: &BTreeMap<String, String>) -> Result<Wish, Problem> {
    Ok(Wish {
        name: fields.get("name").cloned(),
        mode: chosen(fields, "mode")?,
        acting: chosen(fields, "acting")?,
        retries: chosen(fields, "retries")?,
        messages: chosen(fields, "messages")?,
        cancels: chosen(fields, "cancels")?,
    })
}

fn chosen<T: DeserializeOwned>(fields: &BTreeMap<String, String>, name: &str) -> Result<Option<T>, Problem> {
    let unknown = |_| Problem::malformed("choose what the source takes and how far it may go");
    fields.get(name).map(|word| web::typed(word)).transpose().map_err(unknown)
}

/// Which pages may show an account within a frame.
pub(super) async fn embeds(context: &Context, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let wish = web::sent(body, "send `origins`, such as [\"https://shop.zendesk.com\"]")?;
    let allowed = embeds::allow(context, &wish, staff).await?;
    Ok(web::json(StatusCode::OK, &json!({"items": allowed.origins, "next": null})))
}

pub(super) async fn stop(context: &Context, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let wish = web::sent(body, "send what to stop: `source`, `segment` or `kind`, or nothing for all")?;
    Ok(web::json(StatusCode::OK, &stop::change(context, &wish, staff).await?))
}

pub(super) async fn stop_by_form(
    context: &Context,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let field = |name: &str| fields.get(name).filter(|value| !value.is_empty()).cloned();
    let wish = domain::stop::Wish {
        source: field("source"),
        segment: field("segment"),
        kind: field("kind"),
        release: fields.contains_key("release"),
        note: field("note").unwrap_or_default(),
    };
    let changed = stop::change(context, &wish, &caller.staff).await;
    Ok(web::back_to("/stop", changed.map(|_| Some(if wish.release { "Released." } else { "Stopped." }))))
}

pub(super) async fn group(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let word = web::sent(body, "send the other `account` and whether it is the `same` customer")?;
    Ok(web::json(StatusCode::OK, &group::say_same(context, &account_id(id)?, &word, staff).await?))
}

pub(super) async fn group_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let account = fields.get("account").cloned();
    let account = account.ok_or_else(|| Problem::malformed("the form names no account; reload the page"))?;
    let same = fields.get("same").is_some_and(|same| same == "yes");
    let id = account_id(id)?;
    let told = group::say_same(context, &id, &group::Same { account, same, note: String::new() }, &caller.staff).await;
    Ok(web::back_to(&format!("/accounts/{id}"), told.map(|_| Some("Noted."))))
}

pub(super) async fn release(context: &Context, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let told = web::sent(body, "send the `name` of what went live, and `at` if it was not just now")?;
    Ok(web::json(StatusCode::OK, &incident::release(context, &told, staff).await?))
}

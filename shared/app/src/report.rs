//! Answers everything that reads: pages, JSON, and the month's report. It writes no table and calls no provider.

mod ageing;
mod api;
mod embed;
mod filter;
mod found;
mod glance;
mod pages;
mod plays;
mod query;
mod read;
mod receipt;
pub mod seal;
mod search;
mod sums;

use crate::context::{Context, Work};
use crate::door::console::problem_page;
use crate::door::routes::Endpoint;
use crate::door::{openapi, session, token};
use crate::dunning::{self, card};
use crate::fault::Fault;
use crate::message::Message;
use crate::web::{self, Answer};
use bytes::Bytes;
use domain::report::Month;
use http::{Method, Request, StatusCode, header};
use serde_json::json;

pub use read::waiting;

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Published,
    Summed,
    Sealed,
}

/// Works the report queue: finished months, sums, and seals. Who reads ledgers and writes none is who seals them.
pub fn handle<'a>(context: &'a Context, message: &'a Message) -> Work<'a, Result<Done, Fault>> {
    Box::pin(work(context, message))
}

async fn work(context: &Context, message: &Message) -> Result<Done, Fault> {
    match message {
        Message::Month { month, .. } => publish(context, month).await,
        Message::Sums { .. } => sums::add_up(context).await.map(|()| Done::Summed),
        Message::Seal { .. } => seal::next(context).await.map(|()| Done::Sealed),
        other => Err(Fault::Park(format!("a `{}` message does not belong into the report queue", other.name()))),
    }
}

/// Computes a finished month, and refuses to publish one that does not add up.
async fn publish(context: &Context, month: &str) -> Result<Done, Fault> {
    let today = context.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let wanted = if month == "before" { Some(Month::of(today).before()) } else { Month::parse(month) };
    let month = wanted.ok_or_else(|| Fault::Park(format!("`{month}` is not a month")))?;
    let report = sums::anew(context, month).await?;
    if let Some(check) = report.checks.iter().find(|check| !check.ok) {
        return Err(Fault::Park(format!("the report of {month} does not add up: {}", check.name)));
    }
    let json = serde_json::to_vec(&report).map_err(Fault::park)?;
    context.archive.put(&format!("reports/{month}.json"), &json).await?;
    Ok(Done::Published)
}

/// Answers whatever only reads.
pub async fn http(context: &Context, endpoint: Endpoint, request: &Request<Bytes>) -> Answer {
    match endpoint {
        Endpoint::Health => return web::json(StatusCode::OK, &json!({"status": "ok"})),
        Endpoint::OpenApi => return web::json(StatusCode::OK, &openapi::document()),
        Endpoint::Style => return web::style(::pages::STYLE),
        Endpoint::Script => return web::script(::pages::CONSOLE),
        Endpoint::ApprovalsPage => {
            return pages::approvals(context, request)
                .await
                .unwrap_or_else(|problem| problem_page(context, None, &problem));
        }
        Endpoint::MessagesPage(token) => return dunning::asked(context, card::wishes(context, &token).await),
        Endpoint::LoginPage => return pages::login(context, request).await,
        Endpoint::AccountPage(id) if is_framed(request) => return embed::page(context, &id, request).await,
        _ => {}
    }
    let is_page = !request.uri().path().starts_with("/api/");
    let caller = match token::caller(context, request).await {
        Ok(caller) => caller,
        Err(problem) if is_page && problem.status == StatusCode::UNAUTHORIZED => {
            let kept = if request.method() == Method::POST { session::keep(context, request).await } else { None };
            return kept.unwrap_or_else(|| web::see_other("/login"));
        }
        Err(problem) => return problem.answer(),
    };
    let result = if is_page {
        pages::answer(context, endpoint, request, &caller).await
    } else {
        api::answer(context, endpoint, request, &caller.staff).await
    };
    result.unwrap_or_else(
        |problem| if is_page { problem_page(context, Some(&caller), &problem) } else { problem.answer() },
    )
}

/// Whether a page is to stand in somebody else's frame.
fn is_framed(request: &Request<Bytes>) -> bool {
    web::query(request).get("embed").is_some_and(|embed| embed == "1")
}

/// Whether the asker would rather read plain text.
fn wants_text(request: &Request<Bytes>) -> bool {
    web::header(request.headers(), header::ACCEPT.as_str()).is_some_and(|accept| accept.starts_with("text/plain"))
}

//! Cases: the list, one with its preview, the disputes among them, and what a playbook says.

use super::list;
use crate::context::Context;
use crate::records::beside;
use crate::report::filter::Cases;
use crate::report::plays::{Asked, Played};
use crate::report::query::Query;
use crate::report::{plays, read, wants_text};
use crate::web::{self, Answer, Problem, Window};
use bytes::Bytes;
use domain::case::Case;
use domain::playbook::advice::Preview;
use domain::staff::Staff;
use domain::ticket::TicketName;
use http::{Request, StatusCode};
use serde_json::{Value, json};

pub(super) async fn all(context: &Context, query: &Query, window: &Window) -> Result<Answer, Problem> {
    let page = read::cases_wanted(context, &Cases::of(query)?, window).await?;
    let items: Vec<_> = page.items.iter().map(|case| case_json(case, None)).collect();
    Ok(list(&items, page.next.as_deref()))
}

/// As JSON, as Slack shows it, or as text.
pub(super) async fn one(
    context: &Context,
    id: &str,
    query: &Query,
    request: &Request<Bytes>,
    staff: &Staff,
) -> Result<Answer, Problem> {
    let case = read::case(context, id).await?;
    let preview = read::case_preview(context, &case).await?;
    let Played { play, handling, path, .. } =
        plays::of_case(context, &case, &preview, &Asked::default(), staff).await?;
    let page = format!("{}/cases/{}", context.settings.base_url, case.id);
    Ok(match query.get("format").map(String::as_str) {
        Some("slack") => {
            let called = beside::name(context, &case.account).await?;
            web::json(StatusCode::OK, &::pages::case_blocks(&called, &preview, &page))
        }
        _ if wants_text(request) => {
            let play = play.map(|play| format!("\n\n{}", play.text())).unwrap_or_default();
            web::text(StatusCode::OK, format!("{}{play}", preview.text()))
        }
        _ => {
            let mut value = case_json(&case, Some(&preview));
            value["playbook"] = json!(play);
            value["handling"] = json!(handling);
            value["path"] = json!(path);
            web::json(StatusCode::OK, &value)
        }
    })
}

pub(super) async fn disputes(context: &Context, query: &Query, window: &Window) -> Result<Answer, Problem> {
    let page = read::disputes(context, &Cases::of(query)?, window).await?;
    Ok(list(&page.items, page.next.as_deref()))
}

/// What a playbook would do; the body says what it is about.
pub(super) async fn playbook(
    context: &Context,
    name: &str,
    request: &Request<Bytes>,
    staff: &Staff,
) -> Result<Answer, Problem> {
    let name = serde_json::from_value(json!(name)).map_err(|_| Problem::not_found("playbook"))?;
    let asked = web::sent(request.body(), "say what it is about, such as `account` and `invoice`")?;
    let play = plays::play(context, name, &asked, staff).await?;
    Ok(if wants_text(request) { web::text(StatusCode::OK, play.text()) } else { web::json(StatusCode::OK, &play) })
}

/// A list shows what was found; a case by itself also what would come of its recommendation.
fn case_json(case: &Case, preview: Option<&Preview>) -> Value {
    let mut value = serde_json::to_value(case).expect("a case is plain data");
    let object = value.as_object_mut().expect("a case is an object");
    let short =
        || json!({"advice": case.advice, "why": case.why, "recommended": case.recommended, "missing": case.missing});
    object.insert("preview".to_owned(), preview.map_or_else(short, |preview| json!(preview)));
    object.insert("policy".to_owned(), json!([{"rule": case.rule, "version": case.policy_version, "why": case.why}]));
    // By the ids that their addresses have.
    let tickets = case.tickets.iter().filter_map(|name| TicketName::parse(name)).map(|name| name.address());
    object.insert("tickets".to_owned(), json!(tickets.collect::<Vec<_>>()));
    value
}

//! Cases: ended, said to be of another kind, or brought a step further.

use crate::approval::case::{self, Handling, Step};
use crate::context::Context;
use crate::door::console::own_fields;
use crate::door::token::Caller;
use crate::web::{self, Answer, Problem};
use bytes::Bytes;
use domain::id::CaseId;
use domain::staff::Staff;
use http::{Request, StatusCode};

pub(super) async fn handle(
    context: &Context,
    id: &str,
    wanted: Handling,
    body: &[u8],
    staff: &Staff,
) -> Result<Answer, Problem> {
    let word = case::word(body, wanted)?;
    Ok(web::json(StatusCode::OK, &case::handle(context, id, wanted, &word, staff).await?))
}

pub(super) async fn watch(context: &Context, id: &str, staff: &Staff) -> Result<Answer, Problem> {
    Ok(web::json(StatusCode::OK, &case::watch(context, id, staff).await?))
}

pub(super) async fn task(context: &Context, id: &str, staff: &Staff) -> Result<Answer, Problem> {
    Ok(web::json(StatusCode::OK, &case::task(context, id, staff).await?))
}

pub(super) async fn told(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let word: Step = web::sent(body, "say which `step` of the case's playbook it was, with a `note` if there is one")?;
    Ok(web::json(StatusCode::OK, &case::told(context, id, &word, staff).await?))
}

pub(super) async fn handle_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let page = format!("/cases/{}", CaseId::parse(id).ok_or_else(|| Problem::not_found("case"))?);
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let staff = &caller.staff;
    let said = match field("say").as_str() {
        "watch" => case::watch(context, id, staff).await.map(|_| "The account is watched."),
        "task" => case::task(context, id, staff).await.map(|_| "There is a task for it."),
        "told" => {
            let word = Step { step: field("step"), note: field("note") };
            case::told(context, id, &word, staff).await.map(|_| "Noted.")
        }
        _ => {
            let (wanted, word) = case::form(&fields)?;
            case::handle(context, id, wanted, &word, staff).await.map(|_| "Noted.")
        }
    };
    Ok(web::back_to(&page, said.map(Some)))
}

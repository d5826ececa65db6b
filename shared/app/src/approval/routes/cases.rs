//! Cases: ended, or said to be of another kind.

use crate::approval::case::{self, Handling};
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

pub(super) async fn handle_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let (wanted, word) = case::form(&fields)?;
    let page = format!("/cases/{}", CaseId::parse(id).ok_or_else(|| Problem::not_found("case"))?);
    let handled = case::handle(context, id, wanted, &word, &caller.staff).await;
    Ok(web::back_to(&page, handled.map(|_| Some("Noted."))))
}

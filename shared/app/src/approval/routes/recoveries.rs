//! Recoveries: paused, resumed, stopped, promised.

use crate::context::Context;
use crate::door::console::{own_fields, viewer};
use crate::door::token::Caller;
use crate::dunning::control::Asked;
use crate::dunning::{self, board, control};
use crate::web::{self, Answer, Problem, account_id};
use ::pages::Declined;
use bytes::Bytes;
use domain::staff::Staff;
use http::{Request, StatusCode};
use serde_json::json;

pub(super) async fn tell(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let account = account_id(id)?;
    let told = control::take(context, &account, &Asked::read(body)?, staff).await?;
    let items: Vec<_> = told.iter().map(board::json).collect();
    Ok(web::json(StatusCode::OK, &json!({"items": items, "next": null})))
}

/// What was refused is said in its form, which keeps what was written.
pub(super) async fn tell_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let account = account_id(id)?;
    let told = match Asked::of_form(&fields) {
        Ok(asked) => control::take(context, &account, &asked, &caller.staff).await,
        Err(problem) => Err(problem),
    };
    match told {
        Ok(_) => Ok(web::see_with(&format!("/accounts/{account}"), "Noted.")),
        Err(problem) if problem.status == StatusCode::NOT_FOUND || problem.status.is_server_error() => Err(problem),
        Err(problem) => {
            let declined = Declined { fields: &fields, because: &problem.message };
            let page = dunning::page(context, &viewer(context, caller), &account, None, Some(&declined)).await?;
            Ok(web::html(problem.status, page))
        }
    }
}

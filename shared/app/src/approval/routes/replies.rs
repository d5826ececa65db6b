//! Answers to tickets.

use crate::approval::reply::{self, Said};
use crate::context::Context;
use crate::door::console::{own_fields, refused};
use crate::door::token::Caller;
use crate::web::{self, Answer, Problem};
use bytes::Bytes;
use domain::staff::Staff;
use domain::ticket::TicketName;
use http::{Request, StatusCode};

pub(super) async fn reply(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let said: Said = web::sent(body, "send the `text`, and `outcome` and `solved` where you want to say them")?;
    let name = TicketName::at(id).ok_or_else(|| Problem::not_found("ticket"))?;
    Ok(web::json(StatusCode::OK, &reply::shown(&name, &reply::take(context, id, &said, staff).await?)))
}

pub(super) async fn reply_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let mut fields = own_fields(request, caller)?;
    let name = TicketName::at(id).ok_or_else(|| Problem::not_found("ticket"))?;
    let page = format!("/tickets/{}", name.address());
    match reply::take(context, id, &reply::form(&fields)?, &caller.staff).await {
        Ok(answer) => Ok(web::back_to(&page, Ok(Some(reply::notice(&answer))))),
        Err(problem) if problem.status == StatusCode::NOT_FOUND => Err(problem),
        Err(problem) => {
            // Whoever has read that somebody else answered, and sends theirs all the same, wants both.
            if problem.code == "answered_meanwhile" {
                fields.insert("answered".to_owned(), reply::offered(context, id).await?.answered.to_string());
            }
            Ok(refused(context, caller, request, fields, (&page, &problem)))
        }
    }
}

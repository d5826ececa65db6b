//! Answers to tickets.

use crate::approval::reply::{self, Said};
use crate::context::Context;
use crate::door::console::own_fields;
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
    let fields = own_fields(request, caller)?;
    let name = TicketName::at(id).ok_or_else(|| Problem::not_found("ticket"))?;
    let taken = reply::take(context, id, &reply::form(&fields)?, &caller.staff).await;
    let taken = taken.map(|answer| Some(reply::notice(&answer)));
    Ok(web::back_to(&format!("/tickets/{}", name.address()), taken))
}

//! What customers are asked to pay because of tickets, and what people say of payments that nobody could place.

use crate::context::Context;
use crate::door::console::own_fields;
use crate::door::token::Caller;
use crate::dunning::cash;
use crate::web::{self, Answer, Problem};
use bytes::Bytes;
use domain::cash::Wish;
use domain::staff::Staff;
use domain::ticket::TicketName;
use http::{Request, StatusCode};

pub(super) async fn ask(context: &Context, ticket: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let wanted = "send the `invoices` to ask for and their `currency`, or nothing for all that is open";
    let wish: Wish = if body.is_empty() { Wish::default() } else { web::sent(body, wanted)? };
    let posted = cash::ask(context, ticket, &wish, staff).await?;
    let status = if posted.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(web::json(status, &cash::json(&posted.request)))
}

pub(super) async fn ask_by_form(
    context: &Context,
    ticket: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let name = TicketName::at(ticket).ok_or_else(|| Problem::not_found("ticket"))?;
    let wish = Wish { turns: fields.get("turns").and_then(|turns| turns.parse().ok()), ..Wish::default() };
    let asked = cash::ask(context, ticket, &wish, &caller.staff).await;
    Ok(web::back_to(&format!("/tickets/{}", name.address()), asked.map(|_| Some("Asked for."))))
}

pub(super) async fn say(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let said = web::sent(body, "say what it is for: one of `request`, `invoice`, and `none` as true")?;
    Ok(web::json(StatusCode::OK, &cash::received_json(&cash::say(context, id, &said, staff).await?)))
}

pub(super) async fn say_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let said = cash::Said::of_form(&own_fields(request, caller)?);
    let told = cash::say(context, id, &said, &caller.staff).await;
    Ok(web::back_to("/payments/unmatched", told.map(|_| Some("Noted."))))
}

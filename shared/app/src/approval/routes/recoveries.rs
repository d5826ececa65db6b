//! Recoveries: paused, resumed, stopped, promised; and whether a second card may be charged.

use crate::context::Context;
use crate::door::console::{own_fields, viewer};
use crate::door::token::Caller;
use crate::dunning::control::Asked;
use crate::dunning::{self, board, consent, control};
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

pub(super) async fn second_card(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let asked: consent::Asked = web::sent(body, consent::WANTED)?;
    Ok(web::json(StatusCode::OK, &consent::take(context, &account_id(id)?, &asked, staff).await?))
}

/// A card is named by its id and the end of its number, with a space between.
pub(super) async fn second_card_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let (fields, id) = (own_fields(request, caller)?, account_id(id)?);
    let field = |name: &str| fields.get(name).map(|text| text.trim()).unwrap_or_default();
    let asked = if fields.contains_key("revoke") {
        consent::Asked { revoked: Some(consent::Revoked {}), ..consent::Asked::default() }
    } else {
        let card = field("card").rsplit_once(' ').ok_or_else(|| Problem::malformed("choose a card"))?;
        let (card, last4, note) = (card.0.to_owned(), card.1.to_owned(), field("note").to_owned());
        consent::Asked { agreed: Some(consent::Agreed { card, last4, note }), ..consent::Asked::default() }
    };
    let taken = consent::take(context, &id, &asked, &caller.staff).await;
    Ok(web::back_to(&format!("/accounts/{id}"), taken.map(|_| Some("Noted."))))
}

//! Tickets: opened by an agent, given to somebody, said to be of a class or an account, ended and opened again, and
//! told to be a repeat.

use crate::approval::ticket::{self, Opened, Requester, Word};
use crate::context::Context;
use crate::door::console::{own_fields, refused};
use crate::door::token::Caller;
use crate::ticket::{cases_of, ticket_json, ticket_shown};
use crate::web::{self, Answer, Problem, account_id};
use bytes::Bytes;
use domain::case::Class;
use domain::id::digest;
use domain::staff::Staff;
use domain::ticket::{Ticket, TicketName};
use http::{Request, StatusCode};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) async fn open(context: &Context, request: &Request<Bytes>, staff: &Staff) -> Result<Answer, Problem> {
    let wanted = "send `subject`, `body` and the `requester` with `email` and `name`";
    let opened: Opened = web::sent(request.body(), wanted)?;
    let key = web::header(request.headers(), "idempotency-key").filter(|key| !key.is_empty());
    let ticket = ticket::open(context, &opened, key, staff).await?;
    let cases = cases_of(context, std::slice::from_ref(&ticket)).await?;
    Ok(web::json(StatusCode::CREATED, &ticket_json(&ticket, &cases)))
}

pub(super) async fn open_by_form(
    context: &Context,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let field = |name: &str| fields.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let requester = Requester { email: field("email"), name: field("name") };
    let (subject, body) = (field("subject").unwrap_or_default(), field("body").unwrap_or_default());
    let page = |ticket: &Ticket| format!("/tickets/{}", TicketName::of(ticket).address());
    // A form is one ticket, however often its button is pressed; once something else stands in it, it is another.
    let said = [&subject, &body].into_iter().chain(&requester.email).chain(&requester.name);
    let key =
        field("key").map(|key| digest(&[&key].into_iter().chain(said).map(String::as_str).collect::<Vec<_>>(), 26));
    if let Some(key) = &key
        && let Some(ticket) = ticket::opened_before(context, key, &caller.staff).await?
    {
        return Ok(web::see_with(
            &page(&ticket),
            "This form was sent before: here is its ticket, which is there once.",
        ));
    }
    match ticket::open(context, &Opened { subject, body, requester }, key.as_deref(), &caller.staff).await {
        Ok(ticket) => Ok(web::see_other(&page(&ticket))),
        Err(problem) => Ok(refused(context, caller, request, fields, ("/tickets", &problem))),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assigned {
    to: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closed {
    #[serde(default)]
    note: String,
    #[serde(default)]
    turns: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Noted {
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Classed {
    class: Class,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Merged {
    into: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Owned {
    account: String,
    #[serde(default)]
    note: String,
}

pub(super) async fn assign(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let Assigned { to } = web::sent(body, "send whom it is given `to`, a staff id; empty takes it back")?;
    say(context, id, &Word::Assign(to), staff).await
}

pub(super) async fn close(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let wanted = "send a `note` and the `turns` that you read, or nothing";
    let Closed { note, turns } = if body.is_empty() { Closed::default() } else { web::sent(body, wanted)? };
    say(context, id, &Word::Close { note, turns }, staff).await
}

pub(super) async fn reopen(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let Noted { note } = web::sent(body, "send a `note` that says why it is not over")?;
    say(context, id, &Word::Reopen { note }, staff).await
}

pub(super) async fn class(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let classes = Class::ALL.map(Class::name).join(", ");
    let Classed { class, note } = web::sent(body, &format!("send a `class` of {classes}, and a `note`"))?;
    say(context, id, &Word::Class { class, note }, staff).await
}

pub(super) async fn merge(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let Merged { into } = web::sent(body, "send the ticket that it is a repeat of as `into`")?;
    say(context, id, &Word::Merge { into }, staff).await
}

pub(super) async fn unmerge(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let Noted { note } = web::sent(body, "send a `note` that says why the two are not one")?;
    say(context, id, &Word::Unmerge { note }, staff).await
}

pub(super) async fn account(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let Owned { account, note } = web::sent(body, "send the `account` and a `note` that says how you know")?;
    say(context, id, &Word::Account { account: account_id(&account)?, note }, staff).await
}

pub(super) async fn stranger(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let Noted { note } = web::sent(body, "send a `note` that says how you know that they are no customer")?;
    say(context, id, &Word::Stranger { note }, staff).await
}

async fn say(context: &Context, id: &str, word: &Word, staff: &Staff) -> Result<Answer, Problem> {
    let ticket = ticket::take(context, id, word, staff).await?;
    let cases = cases_of(context, std::slice::from_ref(&ticket)).await?;
    Ok(web::json(StatusCode::OK, &ticket_shown(&ticket, &cases)))
}

pub(super) async fn change_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let name = TicketName::at(id).ok_or_else(|| Problem::not_found("ticket"))?;
    let taken = match word(&fields) {
        Ok(word) => ticket::take(context, id, &word, &caller.staff).await,
        Err(problem) => Err(problem),
    };
    Ok(web::back_to(&format!("/tickets/{}", name.address()), taken.map(|_| Some("Noted."))))
}

/// What the pressed button says.
fn word(fields: &BTreeMap<String, String>) -> Result<Word, Problem> {
    let field = |name: &str| fields.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    match field("say").as_str() {
        "assign" => Ok(Word::Assign(field("to"))),
        "close" => {
            let seen = Some(field("turns")).filter(|seen| !seen.is_empty());
            let turns = seen.map(|seen| seen.parse()).transpose();
            let turns = turns.map_err(|_| Problem::malformed("the form cannot be read; reload the page"))?;
            Ok(Word::Close { note: field("note"), turns })
        }
        "reopen" => Ok(Word::Reopen { note: field("note") }),
        "class" => {
            let class =
                Class::named(&field("class")).ok_or_else(|| Problem::malformed("choose a class of the list"))?;
            Ok(Word::Class { class, note: field("note") })
        }
        "merge" => Ok(Word::Merge { into: field("into") }),
        "unmerge" => Ok(Word::Unmerge { note: field("note") }),
        "stranger" => Ok(Word::Stranger { note: field("note") }),
        "account" => Ok(Word::Account { account: account_id(&field("account"))?, note: field("note") }),
        _ => Err(Problem::malformed("the form says nothing; reload the page")),
    }
}

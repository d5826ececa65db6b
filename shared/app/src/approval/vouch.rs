//! A person says whose a ticket is: what nobody can tell waits for that.

use crate::context::Context;
use crate::door::console::own_fields;
use crate::door::token::Caller;
use crate::store::{self, Attempted, Batch, Commit, TicketOf, keys};
use crate::web::{self, Answer, Failed, Problem};
use bytes::Bytes;
use domain::book::Head;
use domain::staff::Staff;
use domain::ticket::{NotVouched, Ticket, TicketName};
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

/// Whose it is, and how somebody knows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    account: String,
    #[serde(default)]
    note: String,
}

pub async fn by_staff(context: &Context, id: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let word: Word = web::sent(body, "send the `account` and a `note` that says how you know")?;
    Ok(web::json(StatusCode::OK, &vouch(context, id, &word, staff).await?))
}

pub async fn by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let mut fields = own_fields(request, caller)?;
    let mut take = |name: &str| fields.remove(name).unwrap_or_default().trim().to_owned();
    let word = Word { account: take("account"), note: take("note") };
    let vouched = vouch(context, id, &word, &caller.staff).await;
    Ok(web::back_to("/tickets", vouched.map(|_| Some("Noted."))))
}

async fn vouch(context: &Context, id: &str, word: &Word, staff: &Staff) -> Result<Value, Problem> {
    web::note_fits(&word.note)?;
    let name = TicketName::at(id).ok_or_else(|| Problem::not_found("ticket"))?;
    let ticket = store::unless_refused(context, || once(context, &name, word, staff)).await?;
    let (account, by) = (&ticket.handling.account, &ticket.handling.vouched_by);
    Ok(json!({"id": name.address(), "account": account, "vouched_by": by}))
}

async fn once(context: &Context, name: &TicketName, word: &Word, staff: &Staff) -> Result<Attempted<Ticket>, Failed> {
    // Read.
    let account = web::account_id(&word.account)?;
    let (own, who) = (keys::ticket(&name.provider, &name.source, &name.id), keys::staff(&staff.id));
    let head = keys::head(&account);
    let batch = Batch::read(context, vec![own.clone(), who.clone(), head.clone()]).await?;
    let Some(mut ticket) = batch.get::<Ticket>(&own)? else { return Err(Problem::not_found("ticket").into()) };
    let Some(staff) = batch.get::<Staff>(&who)? else { return Err(Problem::not_signed_in().into()) };
    let Some(head) = batch.get::<Head>(&head)? else { return Err(Problem::not_found("account").into()) };

    // Decide.
    ticket.vouch(&head.account, &staff, &word.note, context.clock.now()).map_err(problem)?;

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &ticket);
    let (provider, source, id) = (ticket.provider.clone(), ticket.source.clone(), ticket.id.clone());
    commit.put(&TicketOf { account: head.account, provider, source, id });
    commit.check(&batch, &who);
    Ok(store::attempted(commit.run(context).await, ticket)?)
}

fn problem(refused: NotVouched) -> Problem {
    match refused {
        NotVouched::NotTheirs => Problem::not_permitted(refused.to_string()),
        NotVouched::NoNote => Problem::malformed(refused.to_string()),
        NotVouched::Erased => Problem::conflict("erased", refused.to_string()),
        NotVouched::Answered => Problem::conflict("already_answered", refused.to_string()),
    }
}

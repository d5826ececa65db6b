//! An account within the frame of a help desk: the address that opens it, and what stands there.

use super::glance;
use crate::context::Context;
use crate::door::embed::Pass;
use crate::find;
use crate::records::beside;
use crate::setup::{embeds, staff};
use crate::store::{self, keys};
use crate::ticket;
use crate::web::{self, Answer, Problem, Window, account_id};
use ::pages::{NotEmbedded, embedded, not_embedded};
use bytes::Bytes;
use domain::book::Head;
use domain::id::AccountId;
use domain::staff::{Embeds, Staff};
use futures_util::future::try_join3;
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

const WANTED: &str = "send one of `account`, `email` and `ticket`";

/// How many other accounts of the same address are named.
const OTHERS_MAX: usize = 10;

/// Whose page is wanted. Personal data is asked for in a body, so that it is in no address and no log.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    account: Option<String>,
    email: Option<String>,
    ticket: Option<String>,
}

/// Makes the address that shows an account within a frame.
pub(super) async fn made(context: &Context, request: &Request<Bytes>, staff: &Staff) -> Result<Answer, Problem> {
    let mut found = meant(context, &web::sent(request.body(), WANTED)?).await?;
    let account = found.remove(0);
    found.truncate(OTHERS_MAX);
    let pass = Pass::new(account.clone(), &staff.id, context.clock.machine());
    let sealed = pass.sealed(&context.vault.tokens().await?);
    let url = format!("{}/accounts/{account}?embed=1&pass={sealed}", context.settings.base_url);
    let answer = json!({"url": url, "expires_at": pass.until(), "account": account, "others": found});
    Ok(web::json(StatusCode::OK, &answer))
}

/// The accounts that are meant: at least one.
async fn meant(context: &Context, wish: &Wish) -> Result<Vec<AccountId>, Problem> {
    let (found, nobody) = match (&wish.account, &wish.email, &wish.ticket) {
        (Some(account), None, None) => {
            let head: Option<Head> = store::read(context, &keys::head(&account_id(account)?)).await?;
            (head.into_iter().map(|head| head.account).collect(), "there is no account with this id")
        }
        (None, Some(email), None) => {
            (find::by_email(context, email.trim()).await?, "no account has this e-mail address; search by its name")
        }
        (None, None, Some(address)) => {
            let ticket = ticket::find(context, address).await?;
            let own = ticket.handling.account.clone();
            let of_sender = || ticket.accounts.iter().cloned().collect();
            let found: Vec<AccountId> = own.map_or_else(of_sender, |own| vec![own]);
            (found, "nobody knows yet whose this ticket is; say so on its page")
        }
        _ => return Err(Problem::malformed(WANTED)),
    };
    if found.is_empty() { Err(Problem::new(StatusCode::NOT_FOUND, "not_found", nobody)) } else { Ok(found) }
}

/// The framed page. Whatever else a browser sends with it, a session or a token, opens nothing here.
pub(super) async fn page(context: &Context, id: &str, request: &Request<Bytes>) -> Answer {
    match shown(context, id, request).await {
        Ok(answer) => answer,
        Err(problem) => web::framed(problem.status, not_embedded(NotEmbedded::Expired), "'none'"),
    }
}

async fn shown(context: &Context, id: &str, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let allowed: Embeds = embeds::all(context).await?;
    let ancestors = allowed.ancestors();
    if allowed.origins.is_empty() {
        return Ok(web::framed(StatusCode::FORBIDDEN, not_embedded(NotEmbedded::NoOrigin), &ancestors));
    }
    let over = || Ok(web::framed(StatusCode::UNAUTHORIZED, not_embedded(NotEmbedded::Expired), &ancestors));
    let (account, sealed) = (account_id(id)?, web::query(request).remove("pass").unwrap_or_default());
    let secret = context.vault.tokens().await?;
    let Some(pass) = Pass::open(&secret, &sealed, &account, context.clock.machine()) else { return over() };
    let latest = Window { after: None, limit: glance::TOLD };
    let (staff, sidebar, (told, _)) = try_join3(
        staff::find(context, &pass.staff),
        glance::account(context, &account),
        glance::told(context, &account, latest),
    )
    .await?;
    // Who has left the company shows nothing any more.
    let Some(sidebar) = sidebar.filter(|_| staff.is_some()) else { return over() };
    let owner = sidebar.account.owner.iter().cloned().collect();
    let names = beside::names_with(context, BTreeSet::new(), owner).await?;
    Ok(web::framed(StatusCode::OK, embedded(&sidebar, &names, &told, pass.until()), &ancestors))
}

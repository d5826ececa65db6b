//! Our own tax documents: found, written as a file, and taken back.

mod credit;
mod form;

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::keys::{self, lists};
use crate::store::{self, Batch, Page};
use crate::web::{Problem, Window};
use domain::document::FiledOf;
use domain::document::{Filed, Sound};
use domain::id::AccountId;
use serde_json::{Value, json};

pub use credit::{Asked, credit, would_credit};
pub use form::{Form, file};

/// Which documents are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// One, by its whole number.
    pub number: Option<String>,
    pub account: Option<AccountId>,
}

/// Our longest prefix and six digits are less.
const NUMBER_BYTES_MAX: usize = 100;

/// A page of them: the newest first, or those of an account by its invoices.
pub async fn all(context: &Context, wanted: &Wanted, window: Window) -> Result<Page<Filed>, Fault> {
    let (after, limit) = (window.after, window.limit);
    match (&wanted.number, &wanted.account) {
        (Some(number), account) => {
            let found = find(context, number).await?;
            let is_wanted = |filed: &Filed| account.as_ref().is_none_or(|account| filed.account == *account);
            Ok(Page { items: found.filter(is_wanted).into_iter().collect(), next: None })
        }
        (None, Some(account)) => {
            let of: Page<FiledOf> =
                store::page_of(context, &keys::all_filed_of(account), after, limit, Order::Ascending).await?;
            let numbers = of.items.iter().flat_map(|of| [Some(&of.number), of.credit.as_ref()]).flatten();
            let homes: Vec<_> = numbers.map(|number| keys::filed(number)).collect();
            let batch = if homes.is_empty() { Batch::default() } else { Batch::read(context, homes.clone()).await? };
            let mut items = Vec::new();
            for home in &homes {
                items.extend(batch.get::<Filed>(home)?);
            }
            Ok(Page { items, next: of.next })
        }
        (None, None) => store::page(context, lists::DOCUMENTS, after, limit, Order::Descending).await,
    }
}

/// One by its number.
pub async fn one(context: &Context, number: &str) -> Result<Filed, Problem> {
    find(context, number).await?.ok_or_else(|| Problem::not_found("document"))
}

async fn find(context: &Context, number: &str) -> Result<Option<Filed>, Fault> {
    let number = number.trim();
    if number.is_empty() || number.len() > NUMBER_BYTES_MAX {
        return Ok(None);
    }
    store::read(context, &keys::filed(number)).await
}

/// The other documents of the same invoice: what it takes back, or what takes it back.
pub async fn of(context: &Context, filed: &Filed) -> Result<Option<FiledOf>, Fault> {
    store::read(context, &keys::filed_of(&filed.account, &filed.invoice)).await
}

/// A document with its sums, by the law that held when it was made.
pub fn sound<'a>(context: &'a Context, filed: &Filed) -> Result<Sound<'a>, Problem> {
    let policy = context.policies.documents.at(filed.at);
    Sound::of(filed.document.clone(), policy).map_err(|why| Problem::not_possible(why.to_string()))
}

/// One as programs see it in a list.
pub fn json(context: &Context, filed: &Filed) -> Value {
    let document = &filed.document;
    let totals = sound(context, filed).ok().map(|sound| sound.totals().clone());
    json!({
        "number": document.number,
        "issued_on": document.issued_on,
        "account": filed.account,
        "invoice": filed.invoice,
        "entity": filed.entity,
        "customer": document.customer.name,
        "net": totals.as_ref().map(|totals| totals.net),
        "tax": totals.as_ref().map(|totals| totals.tax),
        "total": totals.as_ref().map(|totals| totals.gross),
        "corrects": document.corrects.as_ref().map(|original| original.number.clone()),
        "by": filed.by,
        "at": filed.at,
    })
}

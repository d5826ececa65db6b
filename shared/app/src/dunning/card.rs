//! Answers a link to give another card, and the one by which a customer wants to hear no more of it.
//!
//! Whoever has the link may open it, without signing in: it shows no more than who asks. Another card is given on the provider's
//! own page. What is said of messages is written by the one function for this that may write.

pub mod link;

use super::pay;
use crate::context::Context;
use crate::fault::Fault;
use crate::records::whose;
use crate::setup::{sources, stop};
use crate::store::{self, Attempted, Batch, Commit, MessagesLink, keys};
use crate::web::{self, Answer};
use ::pages::{Asked, Press};
use bytes::Bytes;
use domain::book::{Head, Person};
use domain::id::AccountId;
use domain::import::Customer;
use domain::policy::{Reader, phrase};
use http::{Request, StatusCode};
use std::collections::BTreeMap;

/// What the kind of action is called that asks for such a page as well: whoever stops that one stops this.
const UPDATE_PAYMENT_METHOD: &str = "update_payment_method";
const PAGE: &str = "card_page";
const TOLD: &str = "card_told";
const UNTOLD: &str = "card_untold";
/// The field by which somebody wants to hear of it again.
const AGAIN: &str = "again";

/// Whose a link is.
struct Whose {
    head: Head,
    person: Person,
    /// What the company's own file says of them.
    customer: Option<Customer>,
    /// What they know the company by.
    company: Option<String>,
}

impl Whose {
    fn reader<'a>(&self, context: &'a Context) -> Reader<'a> {
        self.person.reader(self.customer.as_ref(), context.policies.texts.current())
    }

    fn page(&self, context: &Context, text: &str, press: &Press<'_>) -> Answer {
        let (reader, company) = (self.reader(context), pay::company(context, self.company.as_deref()));
        let values = BTreeMap::from([("company", company.clone())]);
        let (title, message) = reader.text(text).map(|text| text.fill(&values)).unwrap_or_default();
        let page = Asked { language: reader.language(), company: &company, title, message, press };
        web::outside(StatusCode::OK, ::pages::asked(&page))
    }

    fn told(&self, context: &Context, token: &str) -> Answer {
        let (text, words, field) = match self.head.unsubscribed_at {
            None => (TOLD, phrase::DO_NOT_TELL, None),
            Some(_) => (UNTOLD, phrase::TELL_AGAIN, Some((AGAIN, "yes"))),
        };
        let (words, to) = (self.reader(context).words(words), format!("/messages/{token}"));
        self.page(context, text, &Press { words, to: &to, field })
    }
}

/// Answers `GET /card/{token}`.
pub(super) async fn show(context: &Context, token: &str) -> Result<Answer, Fault> {
    let Some((link, token)) = link::opened(context, token).await? else { return Ok(pay::unknown(context)) };
    let Some(whose) = read(context, &link.account).await? else { return Ok(pay::unknown(context)) };
    let (words, to) = (whose.reader(context).words(phrase::GIVE_CARD), format!("/card/{token}"));
    Ok(whose.page(context, PAGE, &Press { words, to: &to, field: None }))
}

/// Answers `POST /card/{token}`: leads on to the provider's page.
pub(super) async fn go(context: &Context, token: &str) -> Result<Answer, Fault> {
    let Some((link, _)) = link::opened(context, token).await? else { return Ok(pay::unknown(context)) };
    let Some(whose) = read(context, &link.account).await? else { return Ok(pay::unknown(context)) };
    let is_held = stop::holds(context, &whose.head, None, Some(UPDATE_PAYMENT_METHOD)).await?
        || sources::observes(context, &whose.head).await?;
    let page = if is_held { None } else { pay::fresh::card(context, &whose.head, &link.hash).await };
    Ok(page.map_or_else(
        || pay::not_now(context, whose.company.as_deref(), whose.reader(context)),
        |page| web::away(&page),
    ))
}

/// Answers `GET /messages/{token}`: it changes nothing.
pub(crate) async fn wishes(context: &Context, token: &str) -> Result<Answer, Fault> {
    let Some((link, token)) = link::wished(context, token).await? else { return Ok(pay::unknown(context)) };
    let whose = read(context, &link.account).await?;
    Ok(whose.map_or_else(|| pay::unknown(context), |whose| whose.told(context, &token)))
}

/// Answers `POST /messages/{token}`, from the page and from a program that reads mail (RFC 8058). It is theirs to say, and
/// what they said last holds: there is nothing to be won by making somebody else say it.
pub(crate) async fn wish(context: &Context, token: &str, request: &Request<Bytes>) -> Result<Answer, Fault> {
    let Some((link, token)) = link::wished(context, token).await? else { return Ok(pay::unknown(context)) };
    let again = web::fields(request.body()).contains_key(AGAIN);
    store::retrying(context, || say(context, &link, again)).await?;
    let whose = read(context, &link.account).await?;
    Ok(whose.map_or_else(|| pay::unknown(context), |whose| whose.told(context, &token)))
}

async fn say(context: &Context, link: &MessagesLink, again: bool) -> Result<Attempted<()>, Fault> {
    let key = keys::head(&link.account);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let Some(mut head) = batch.get::<Head>(&key)? else { return Ok(Attempted::Done(())) };
    if head.unsubscribed_at.is_some() != again {
        return Ok(Attempted::Done(()));
    }
    head.unsubscribed_at = (!again).then(|| context.clock.now());
    let mut commit = Commit::default();
    commit.over(&batch, &head);
    store::attempted(commit.run(context).await, ())
}

async fn read(context: &Context, account: &AccountId) -> Result<Option<Whose>, Fault> {
    let head = keys::head(account);
    let batch = Batch::read(context, whose::keys_of(account).into_iter().chain([head.clone()]).collect()).await?;
    let (person, customer) = whose::read(&batch, account)?;
    let Some(head) = batch.get::<Head>(&head)? else { return Ok(None) };
    let company = sources::find(context, &head.provider, &head.source).await?.name;
    Ok(Some(Whose { head, person, customer, company }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::policies::Policies;

    #[test]
    fn there_is_a_text_for_each_page() {
        let policies = Policies::shipped().unwrap();
        for id in [PAGE, TOLD, UNTOLD] {
            assert!(policies.texts.current().text(id).is_some(), "no text is called `{id}`");
        }
    }
}

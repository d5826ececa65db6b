//! Answers a link to a document of an invoice: ours in every letter, good for some days, and no more than a way to
//! the provider's own page, which is looked up as the button is pressed; or to the tax document that we have made. It
//! writes nothing.

use super::link::{self, Made, Opens, opened};
use super::pay::{self, fresh};
use crate::context::Context;
use crate::fault::Fault;
use crate::paper::{self, Form};
use crate::ports::Key;
use crate::records;
use crate::records::whose;
use crate::setup::{sources, stop};
use crate::store::{Batch, DocumentLink, keys};
use crate::web::{self, Answer, Problem};
use ::pages::{Asked, Paying, Press};
use domain::book::{Head, Invoice, Person};
use domain::debt::{Document, UNMADE_DOCUMENT};
use domain::document::Filed;
use domain::id::AccountId;
use domain::import::Customer;
use domain::policy::{Reader, phrase};
use http::StatusCode;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

const PAGE: &str = "document_page";
const OWN: &str = "own_document_page";
const GONE: &str = "document_gone";

impl Opens for DocumentLink {
    const KIND: &'static str = "document";

    fn stored_at(hash: &str) -> Key {
        keys::document_link(hash)
    }

    fn parts(&self) -> Vec<String> {
        let (account, document) = (self.account.to_string(), self.document.name().to_owned());
        vec![account, self.invoice.clone(), document, self.expires_on.to_string()]
    }

    fn found_by(self, hash: String) -> Self {
        Self { hash, ..self }
    }
}

/// What stands for a link in a text that is not sent yet; only who sends it makes one.
pub fn unmade(context: &Context) -> String {
    format!("{}{UNMADE_DOCUMENT}", context.settings.base_url)
}

/// The same for a letter about an invoice: nothing, where its provider shows no such document.
pub fn unmade_for(context: &Context, head: &Head, invoice: &Invoice, document: Document) -> Option<String> {
    fresh::has_document(context, head, invoice, document).then(|| unmade(context))
}

/// The link of a letter of that time to a document of an invoice.
pub async fn to(
    context: &Context,
    account: &AccountId,
    (invoice, document): (&str, Document),
    at: Timestamp,
) -> Result<Made<DocumentLink>, Fault> {
    let days = context.policies.limits.current().document_link_days;
    let expires_on = day(at + SignedDuration::from_hours(24 * days));
    let (hash, invoice) = (String::new(), invoice.to_owned());
    link::to(context, DocumentLink { hash, account: account.clone(), invoice, document, expires_on }).await
}

/// The same, stored, for whoever commits nothing of their own with it.
pub async fn stored(
    context: &Context,
    account: &AccountId,
    of: (&str, Document),
    at: Timestamp,
) -> Result<String, Fault> {
    link::stored(context, to(context, account, of, at).await?).await
}

/// Whose a link is, and the invoice as long as it is theirs.
struct Whose {
    head: Head,
    person: Person,
    /// What the company's own file says of them.
    customer: Option<Customer>,
    /// What they know the company by.
    company: Option<String>,
    invoice: Option<Invoice>,
}

impl Whose {
    fn reader<'a>(&self, context: &'a Context) -> Reader<'a> {
        self.person.reader(self.customer.as_ref(), context.policies.texts.current())
    }

    fn says(&self, context: &Context, text: &str, company: &str) -> (String, String) {
        let number = self.invoice.as_ref().map(|invoice| invoice.number.value().unwrap_or(&invoice.id).clone());
        let values = BTreeMap::from([("company", company.to_owned()), ("invoice", number.unwrap_or_default())]);
        self.reader(context).text(text).map(|text| text.fill(&values)).unwrap_or_default()
    }

    fn gone(&self, context: &Context) -> Answer {
        let company = pay::company(context, self.company.as_deref());
        let (title, message) = self.says(context, GONE, &company);
        let language = self.reader(context).language();
        let page = Paying { language, company: &company, title, message, also: None, debts: Vec::new() };
        web::outside(StatusCode::GONE, ::pages::pay(&page, ""))
    }
}

/// Answers `GET /document/{token}`: it asks nobody anything.
pub(super) async fn show(context: &Context, token: &str) -> Result<Answer, Fault> {
    let Some((link, token)) = read_link(context, token).await? else { return Ok(pay::unknown(context)) };
    let Some(whose) = read(context, &link).await? else { return Ok(pay::unknown(context)) };
    if whose.invoice.is_none() {
        return Ok(whose.gone(context));
    }
    let company = pay::company(context, whose.company.as_deref());
    let text = if own(context, &link).await?.is_some() { OWN } else { PAGE };
    let (title, message) = whose.says(context, text, &company);
    let (reader, to) = (whose.reader(context), format!("/document/{token}"));
    let press = Press { words: reader.words(phrase::OPEN), to: &to, field: None };
    let page = Asked { language: reader.language(), company: &company, title, message, press: &press };
    Ok(web::outside(StatusCode::OK, ::pages::asked(&page)))
}

/// Answers `POST /document/{token}`: leads on to the provider's page, or gives what we have made, as long as the invoice
/// is theirs.
pub(super) async fn go(context: &Context, token: &str) -> Result<Answer, Fault> {
    let Some((link, _)) = read_link(context, token).await? else { return Ok(pay::unknown(context)) };
    let Some(whose) = read(context, &link).await? else { return Ok(pay::unknown(context)) };
    let Some(invoice) = &whose.invoice else { return Ok(whose.gone(context)) };
    let kind = link.document.kind(&link.invoice).name();
    let is_held =
        stop::holds(context, &whose.head, None, Some(kind)).await? || sources::observes(context, &whose.head).await?;
    if let Some(filed) = own(context, &link).await?.filter(|_| !is_held) {
        return Ok(given(context, &filed)
            .await
            .unwrap_or_else(|_| pay::not_now(context, whose.company.as_deref(), whose.reader(context))));
    }
    let page =
        if is_held { None } else { fresh::document(context, &whose.head, (invoice, link.document), &link.hash).await };
    Ok(page.map_or_else(
        || pay::not_now(context, whose.company.as_deref(), whose.reader(context)),
        |page| web::away(&page),
    ))
}

/// The tax document of the invoice that we have made, where that is what the link is for.
async fn own(context: &Context, link: &DocumentLink) -> Result<Option<Filed>, Fault> {
    if link.document != Document::ForTaxes {
        return Ok(None);
    }
    records::paper::of_invoice(context, &link.account, &link.invoice).await
}

/// The page or, where nothing prints, the e-invoice that would be inside.
async fn given(context: &Context, filed: &Filed) -> Result<Answer, Problem> {
    match paper::file(context, filed, Form::Pdf).await {
        Err(problem) if problem.status == StatusCode::NOT_IMPLEMENTED => paper::file(context, filed, Form::Cii).await,
        given => given,
    }
}

/// What a token opens, and the token as it was made: nothing, where its days are over.
async fn read_link(context: &Context, token: &str) -> Result<Option<(DocumentLink, String)>, Fault> {
    let today = day(context.clock.now());
    Ok(opened::<DocumentLink>(context, token).await?.filter(|(link, _)| today <= link.expires_on))
}

/// An invoice that is none of the account's by now, or whose person is erased, is nobody's to open.
async fn read(context: &Context, link: &DocumentLink) -> Result<Option<Whose>, Fault> {
    let (head, own) = (keys::head(&link.account), keys::invoice(&link.account, &link.invoice));
    let wanted = whose::keys_of(&link.account).into_iter().chain([head.clone(), own.clone()]);
    let batch = Batch::read(context, wanted.collect()).await?;
    let (person, customer) = whose::read(&batch, &link.account)?;
    let Some(head) = batch.get::<Head>(&head)? else { return Ok(None) };
    let invoice = batch.of::<Invoice>(&own)?.filter(|_| person.erased_at.is_none());
    let company = sources::find(context, &head.provider, &head.source).await?.name;
    Ok(Some(Whose { head, person, customer, company, invoice }))
}

fn day(at: Timestamp) -> jiff::civil::Date {
    at.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::policies::Policies;

    #[test]
    fn there_is_a_text_for_each_page() {
        let policies = Policies::shipped().unwrap();
        for id in [PAGE, OWN, GONE] {
            assert!(policies.texts.current().text(id).is_some(), "no text is called `{id}`");
        }
    }
}

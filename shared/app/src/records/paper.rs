//! Whether Recoup makes the tax document of an invoice itself, and which one that is.

use super::{rates, whose};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::{Batch, Commit, keys};
use domain::action::Line;
use domain::book::{Head, Invoice, PaymentLine};
use domain::document::{Books, Draft, Entities, Filed, FiledOf, LegalEntity, NotNumbered, Series, Sound};
use domain::event::PaymentStatus;
use domain::id::AccountId;
use domain::import::ExchangeRate;
use domain::policy::stored_bytes;
use domain::staff::MACHINE;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// What takes a document back is as long, and says why in 500 letters of any script.
pub const CREDIT_BYTES_MAX: usize = 4_000;

/// Our own document of an invoice.
pub struct Paper {
    pub filed: Filed,
    /// What people see of it before they decide.
    pub lines: Vec<Line>,
    /// With its number taken, where it is not made yet.
    series: Option<Series>,
}

impl Paper {
    /// Makes it, unless it is there: with its number and nothing between, in the commit that says that it is sent.
    pub fn put(&self, commit: &mut Commit, batch: &Batch) {
        let Some(series) = &self.series else { return };
        commit.over(batch, series);
        commit.create(&self.filed);
        commit.create(&self.filed.of_invoice());
        commit.check(batch, &keys::entities());
        commit.check(batch, &keys::invoice(&self.filed.account, &self.filed.invoice));
        // To whom it is made out. How often anything was imported changes with everybody's file.
        let [person, _, imported] = whose::keys_of(&self.filed.account);
        commit.check(batch, &person);
        commit.check(batch, &imported);
    }

    /// How its outcome says what was done.
    pub fn word(&self) -> &'static str {
        if self.series.is_some() { "made" } else { "sent again" }
    }
}

/// The document that there is of an invoice, or that would be made; why none can be, as a sentence; nothing, where the
/// provider's is sent. What it is judged by is added to the batch.
pub async fn read(
    context: &Context,
    batch: &mut Batch,
    head: &Head,
    invoice: &Invoice,
) -> Result<Option<Result<Paper, String>>, Fault> {
    let (own, of) = (keys::entities(), keys::filed_of(&head.account, &invoice.id));
    add(context, batch, [own.clone(), of.clone()]).await?;
    if let Some(of) = batch.get::<FiledOf>(&of)? {
        let home = keys::filed(&of.number);
        add(context, batch, [home.clone()]).await?;
        let filed: Option<Filed> = batch.get(&home)?;
        let filed = filed.ok_or_else(|| Fault::Park(format!("the document {} is gone", of.number)))?;
        return Ok(Some(Ok(there(context, filed, &of))));
    }
    let entities = batch.get::<Entities>(&own)?.unwrap_or_default();
    let Some(entity) = entities.of_source(&head.provider, &head.source) else { return Ok(None) };
    let merchants = &context.policies.playbooks.current().merchants_of_record;
    let begun = match entity.series(merchants.contains(&head.provider)) {
        Ok(series) => series,
        Err(NotNumbered::Sold | NotNumbered::NotOurs(_)) => return Ok(None),
        Err(why) => return Ok(Some(Err(why.to_string()))),
    };
    let (key, today) = (keys::series(&entity.id), day(context));
    let wanted = whose::keys_of(&head.account).into_iter().chain([key.clone()]).chain(rates::wanted(context, today));
    add(context, batch, wanted).await?;
    let series = batch.get::<Series>(&key)?.unwrap_or(begun);
    let rates = rates::read(context, batch, today)?;
    made(context, batch, (head, invoice), (entity, series), &rates).map(Some)
}

/// The same, where it is there already.
pub async fn of_invoice(context: &Context, account: &AccountId, invoice: &str) -> Result<Option<Filed>, Fault> {
    let of = keys::filed_of(account, invoice);
    let mut batch = Batch::read(context, vec![of.clone()]).await?;
    let Some(of) = batch.get::<FiledOf>(&of)? else { return Ok(None) };
    let home = keys::filed(&of.number);
    add(context, &mut batch, [home.clone()]).await?;
    Ok(batch.get::<Filed>(&home)?.filter(|filed| filed.account == *account))
}

/// What was read before stays as it was read: it was judged by that.
async fn add(context: &Context, batch: &mut Batch, keys: impl IntoIterator<Item = Key>) -> Result<(), Fault> {
    let wanted: Vec<Key> = keys.into_iter().filter(|key| !batch.has(key)).collect();
    if !wanted.is_empty() {
        batch.extend(Batch::read(context, wanted).await?);
    }
    Ok(())
}

fn there(context: &Context, filed: Filed, of: &FiledOf) -> Paper {
    let document = &filed.document;
    let sent = format!("{} of {}, which is sent once more", document.number, document.issued_on);
    let mut lines =
        vec![Line::text("Document", None, &sent), Line::text("Made out to", None, &document.customer.written())];
    lines.extend(of.credit.as_ref().map(|credit| Line::text("Taken back by", None, credit)));
    if let Ok(sound) = Sound::of(document.clone(), context.policies.documents.at(filed.at)) {
        lines.push(Line::money("In all", None, Some(sound.totals().gross)));
    }
    Paper { filed, lines, series: None }
}

fn made(
    context: &Context,
    batch: &Batch,
    (head, invoice): (&Head, &Invoice),
    (entity, mut series): (&LegalEntity, Series),
    rates: &[ExchangeRate],
) -> Result<Result<Paper, String>, Fault> {
    let (person, customer) = whose::read(batch, &head.account)?;
    if person.erased_at.is_some() {
        return Ok(Err("the person was erased, and nothing new is made of them".to_owned()));
    }
    let Some(customer) = customer else {
        let why = "nothing says to whom it is made out: import the customer with name, address and, for a company, its \
            tax id (`/api/import/customers`)";
        return Ok(Err(why.to_owned()));
    };
    let currency = invoice.total.copied().map(|total| total.currency());
    let foreign = currency.filter(|currency| *currency != entity.currency);
    let draft = Draft {
        entity,
        customer: &customer,
        person_name: person.name.value().map(String::as_str),
        invoice,
        card_last4: card(&head.book.payments, &invoice.id),
        rate: foreign.and_then(|currency| Books::of(rates, currency, entity.currency)),
        issued_on: day(context),
    };
    let policy = context.policies.documents.current();
    let document = match draft.document(policy) {
        Ok(document) => document,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let sound = match series.number(document, policy) {
        Ok(sound) => sound,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let filed = Filed {
        account: head.account.clone(),
        invoice: invoice.id.clone(),
        entity: entity.id.clone(),
        by: MACHINE.to_owned(),
        at: context.clock.now(),
        document: sound.document().clone(),
    };
    if stored_bytes(&filed) + CREDIT_BYTES_MAX > context.policies.limits.current().item_bytes_max {
        return Ok(Err("it has more lines than one document holds: send the provider's own from there".to_owned()));
    }
    Ok(Ok(Paper { filed, lines: sound.shown(&entity.prefix), series: Some(series) }))
}

/// The card by which an invoice was paid, as far as the account shows its payments.
fn card<'a>(payments: &'a [PaymentLine], invoice: &str) -> Option<&'a str> {
    let is_own = |line: &&PaymentLine| line.invoice.as_deref() == Some(invoice);
    let mut paid = payments.iter().filter(is_own).filter(|line| line.status == Some(PaymentStatus::Succeeded));
    paid.find_map(|line| line.card.as_ref().map(|card| card.last4.as_str()))
}

fn day(context: &Context) -> Date {
    context.clock.now().to_zoned(TimeZone::UTC).date()
}

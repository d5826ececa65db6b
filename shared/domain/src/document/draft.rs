//! What does the tax document of a bill say that a provider made? Its total and its tax are as told, or there is none.

mod lines;
mod taxed;
mod told;

use super::{Books, DocumentPolicy, DocumentRefusal, Law, LegalEntity, Party, Payment, Sound, Supplied, TaxDocument};
use crate::book::Invoice;
use crate::event::InvoiceStatus;
use crate::import::{Address, Customer};
use crate::money::{Currency, Money};
use jiff::civil::Date;
use rust_decimal::Decimal;
use taxed::Taxing;
use told::Told;

/// What a document is made from.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    pub entity: &'a LegalEntity,
    pub customer: &'a Customer,
    /// As the provider knows the customer, where no file named them.
    pub person_name: Option<&'a str>,
    pub invoice: &'a Invoice,
    /// Of the card that paid it.
    pub card_last4: Option<&'a str>,
    /// Where the entity keeps its books in another currency.
    pub rate: Option<Books>,
    pub issued_on: Date,
}

/// Why no document is made of a bill. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDrafted {
    #[error("the invoice is not final yet: ask again when it is")]
    NotFinal,
    #[error("the invoice was voided: there is nothing to document")]
    Voided,
    #[error(
        "a credit note takes all or a part of it back, by the provider's own number: send the provider's two documents"
    )]
    TakenBack,
    #[error("its lines are not known: look the invoice up at the provider, or send the provider's own document")]
    NoLines,
    #[error("its total is not known: look the invoice up at the provider, or send the provider's own document")]
    NoTotal,
    #[error("it has amounts in two currencies: send the provider's own document")]
    TwoCurrencies,
    #[error("`{0}` has three digits after the point, and e-invoices have two: send the provider's own document")]
    TooFine(Currency),
    #[error("its amounts are too large to be added up: send the provider's own document")]
    TooLarge,
    #[error("it gives more back than it charges, in all or at one rate: send the provider's own document")]
    BelowZero,
    #[error(
        "its lines come to {lines} and its tax to {tax}, which is not its total of {total}: send the provider's own \
         document"
    )]
    NotAddingUp { lines: Money, tax: Money, total: Money },
    #[error("no documents are made by the law of `{0}`: send the provider's own document")]
    NoLaw(String),
    #[error("the customer's name is missing: ask for it, and import it as `legal_name`")]
    NoName,
    #[error("the customer's address is missing: ask for it, and import `street`, `city`, `postal_code` and `country`")]
    NoAddress,
    #[error("the customer's country is missing: import `country` as two letters like DE, or `tax_country`")]
    NoCountry,
    #[error("the customer's address is in {0}, and {1} taxes them: ask for which of both it is, and import that one")]
    TwoCountries(String, String),
    #[error("line {0} does not say what it is for: send the provider's own document")]
    Nameless(usize),
    #[error("tax is paid in {to}, and there is no rate from {from} of {on}: import the rates of that day")]
    NoExchangeRate { from: Currency, to: Currency, on: Date },
    #[error("the customer's state is missing, and sales tax is one of a state: ask for it, and import `state`")]
    NoState,
    #[error("no tax was taken from a customer in {0}, which needs their VAT ID: ask for it, and import it as `tax_id`")]
    NoTaxId(String),
    #[error("the customer is exempt, and nobody said why: ask for the certificate, and import `tax_exempt_reason`")]
    NoReason,
    #[error(
        "no tax was taken from a customer in {0}, and nothing says why: import `tax_exempt` and `tax_exempt_reason` if they \
         are exempt, or correct the invoice at the provider"
    )]
    Untaxed(String),
    #[error("two of the legal entity's rates come to the same tax of {0}: send the provider's own document")]
    Ambiguous(Money),
    #[error("its lines are taxed differently, and the provider's own document has them apart: send that one")]
    Apart,
    #[error(
        "none of the legal entity's rates comes to a tax of {tax} on {net}: add the rate, or send the provider's own \
         document"
    )]
    NoRate { tax: Money, net: Money },
    #[error(transparent)]
    Refused(#[from] DocumentRefusal),
}

impl Draft<'_> {
    /// The document, still without a number, by the law of the entity's country.
    pub fn document(&self, policy: &DocumentPolicy) -> Result<TaxDocument, NotDrafted> {
        let told = Told::of(self.invoice)?;
        let country = &self.entity.party.country;
        let law = policy.law(country).ok_or_else(|| NotDrafted::NoLaw(country.clone()))?;
        let customer = self.party(law)?;
        let names = lines::names(told.lines, policy.text_at_most)?;
        let paid = self.paid(told.total);
        let blank = TaxDocument {
            number: String::new(),
            issued_on: self.issued_on,
            corrects: None,
            supplied: Some(self.supplied(&told)),
            due_on: self.invoice.due_on.copied(),
            issuer: self.entity.party.clone(),
            customer,
            currency: told.total.currency(),
            lines: Vec::new(),
            discounts: Vec::new(),
            paid,
            payment: self.payment(paid.unwrap_or(told.zero()) == told.total),
            books: self.books(told.total.currency())?,
        };
        let taxing = Taxing { entity: self.entity, buyer: self.customer, told: &told, law, names, blank };
        let document = taxing.document()?;
        // What its law misses is said before anybody decides, and not when its number is wanted.
        let number = format!("{}000000", self.entity.prefix);
        Sound::of(TaxDocument { number, ..document.clone() }, policy)?;
        Ok(document)
    }

    fn party(&self, law: &Law) -> Result<Party, NotDrafted> {
        let buyer = self.customer;
        let names = [buyer.legal_name.as_deref(), buyer.name.as_deref(), self.person_name];
        let name = said(names).ok_or(NotDrafted::NoName)?;
        let address = buyer.address.as_ref().ok_or(NotDrafted::NoAddress)?;
        let city = said([address.city.as_deref()]).ok_or(NotDrafted::NoAddress)?;
        let street = said(address.street.iter().map(|line| Some(line.as_str())));
        let country = country(address, buyer)?;
        if street.is_none() {
            return Err(NotDrafted::NoAddress);
        }
        Ok(Party {
            name: name.to_owned(),
            street: address.street.clone(),
            city: city.to_owned(),
            post_code: address.post_code.clone().unwrap_or_default(),
            region: said([address.region.as_deref()]).map(str::to_owned),
            tax_id: said([buyer.tax_id.as_deref()]).map(|id| written(id, &country, law)),
            country,
            registration: None,
            email: buyer.email.clone(),
        })
    }

    /// What was paid of it by now, with the customer's credit as well.
    fn paid(&self, total: Money) -> Option<Money> {
        let left = match self.invoice.status.copied() {
            Some(InvoiceStatus::Paid) => Money::zero(total.currency()),
            _ => self.invoice.remaining.copied()?,
        };
        Some(total.minus(left)).filter(|paid| paid.is_positive() && *paid <= total)
    }

    fn payment(&self, is_paid: bool) -> Payment {
        let is_last4 = |last4: &&str| last4.len() == 4 && last4.bytes().all(|b| b.is_ascii_digit());
        if let Some(last4) = self.card_last4.filter(is_last4) {
            return Payment::Card { last4: last4.to_owned() };
        }
        match &self.entity.payment {
            // Whoever reads an account on it pays again.
            _ if is_paid => Payment::Other("paid already".to_owned()),
            Some(account) => Payment::Transfer {
                iban: account.plain_iban(),
                bic: account.bic.clone(),
                reference: self.invoice.number.value().unwrap_or(&self.invoice.id).clone(),
            },
            None => Payment::Other("as agreed".to_owned()),
        }
    }

    /// From the first day to the last that any line is for.
    fn supplied(&self, told: &Told<'_>) -> Supplied {
        let periods = || told.lines.iter().filter_map(lines::period);
        let (from, to) = (periods().map(|(from, _)| from).min(), periods().map(|(_, to)| to).max());
        match from.zip(to) {
            Some((from, to)) if from < to => Supplied::Between(from, to),
            Some((from, _)) => Supplied::On(from),
            None => Supplied::On(self.invoice.created_at.map_or(self.issued_on, lines::day)),
        }
    }

    fn books(&self, from: Currency) -> Result<Option<Books>, NotDrafted> {
        let to = self.entity.currency;
        if to == from {
            return Ok(None);
        }
        let rate = self.rate.as_ref().filter(|books| books.currency == to && books.rate > Decimal::ZERO);
        rate.cloned().map(Some).ok_or(NotDrafted::NoExchangeRate { from, to, on: self.issued_on })
    }
}

/// The first text that says anything.
fn said<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> Option<&'a str> {
    texts.into_iter().flatten().map(str::trim).find(|text| !text.is_empty())
}

fn country(address: &Address, buyer: &Customer) -> Result<String, NotDrafted> {
    let is_code = |text: &&str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    // A file may write `Germany` there, and then only the country of tax is sure.
    let written = said([address.country.as_deref()]).filter(is_code).map(str::to_ascii_uppercase);
    match (written, buyer.tax_country.clone()) {
        (Some(one), Some(other)) if one != other => Err(NotDrafted::TwoCountries(one, other)),
        (Some(country), _) | (None, Some(country)) => Ok(country),
        (None, None) => Err(NotDrafted::NoCountry),
    }
}

/// People write blanks and points into a tax number that its office does not.
fn written(id: &str, country: &str, law: &Law) -> String {
    let plain: String = id.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase();
    if law.is_tax_id(country, &plain) { plain } else { id.to_owned() }
}

//! May this document be made? Only what is `Sound` is written, and only the check makes that.

use super::{DocumentPolicy, DocumentTotals, Law, Need, Party, Payment, Supplied, Tax, TaxDocument, When};
use crate::money::{Currency, Money};
use rust_decimal::Decimal;

/// Of one amount. Five hundred of them, and a tax on them, are still what an e-invoice can hold.
pub(super) const LARGEST: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);

/// A document with all that the law of its issuer's country wants, and its sums.
#[derive(Debug, Clone)]
pub struct Sound<'a> {
    document: TaxDocument,
    totals: DocumentTotals,
    law: &'a Law,
}

/// Why no document is made. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentRefusal {
    #[error("no documents are made by the law of `{0}`; the provider's own is sent")]
    NoLaw(String),
    #[error("`{0}` has three digits after the point, and e-invoices have two; the provider's own document is sent")]
    TooFine(Currency),
    #[error("line {0} is in another currency than the document")]
    OtherCurrency(usize),
    #[error("the amount that was paid or a discount is in another currency than the document")]
    OtherMoney,
    #[error("{0} lines are too many; at most {1} stand on one document")]
    TooManyLines(usize, usize),
    #[error("`{0}…` is too long; at most {1} letters stand in one field")]
    TooLong(String, usize),
    #[error("the amounts are too large to be added up")]
    TooLarge,
    #[error("line {0} has a quantity of nothing, a price below zero, or a discount above its price")]
    NotPriced(usize),
    #[error("line {0} ends before it begins")]
    EndsBefore(usize),
    #[error("it does not say to which account it is paid")]
    NoAccount,
    #[error("a card is named by its last four digits, and by nothing more")]
    NoCard,
    #[error("a tax of {0} % is not between 0 and 100")]
    NoRate(Decimal),
    #[error("`{tax}` is not taxed in {law}")]
    NotTaxedSo { tax: &'static str, law: String },
    #[error("{need} ({why})")]
    Missing { need: Need, why: String },
    #[error("the discounts or what was paid are more than everything together")]
    BelowZero,
    #[error("`{0}` is no word of this country's tax")]
    OtherWord(String),
}

impl<'a> Sound<'a> {
    /// Checks a document by the law of its issuer's country.
    pub fn of(document: TaxDocument, policy: &'a DocumentPolicy) -> Result<Self, DocumentRefusal> {
        let country = &document.issuer.country;
        let law = policy.law(country).ok_or_else(|| DocumentRefusal::NoLaw(country.clone()))?;
        is_one_currency(&document)?;
        is_bounded(&document, policy)?;
        is_taxed_by(&document, law)?;
        if let Some((need, why)) = missing(&document, law) {
            return Err(DocumentRefusal::Missing { need, why: why.to_owned() });
        }
        let totals = DocumentTotals::of(&document, law);
        let floor = [totals.net, totals.gross, totals.gross.minus(totals.paid)];
        if floor.iter().any(|sum| sum.amount() < Decimal::ZERO)
            || totals.groups.iter().any(|group| group.base.amount() < Decimal::ZERO)
        {
            return Err(DocumentRefusal::BelowZero);
        }
        Ok(Self { document, totals, law })
    }

    /// What was checked.
    pub fn document(&self) -> &TaxDocument {
        &self.document
    }

    /// What it comes to.
    pub fn totals(&self) -> &DocumentTotals {
        &self.totals
    }

    /// By which law.
    pub fn law(&self) -> &'a Law {
        self.law
    }
}

fn is_one_currency(document: &TaxDocument) -> Result<(), DocumentRefusal> {
    let currency = document.currency;
    if currency.digits() > 2 {
        return Err(DocumentRefusal::TooFine(currency));
    }
    let is_other = |money: &Money| money.currency() != currency;
    let stray = document
        .lines
        .iter()
        .position(|line| line.price.currency() != currency || line.discount.as_ref().is_some_and(is_other));
    if let Some(at) = stray {
        return Err(DocumentRefusal::OtherCurrency(at + 1));
    }
    let mut others = document.discounts.iter().map(|discount| &discount.amount).chain(&document.paid);
    if others.any(is_other) { Err(DocumentRefusal::OtherMoney) } else { Ok(()) }
}

fn is_bounded(document: &TaxDocument, policy: &DocumentPolicy) -> Result<(), DocumentRefusal> {
    let count = document.lines.len();
    if count > policy.lines_at_most {
        return Err(DocumentRefusal::TooManyLines(count, policy.lines_at_most));
    }
    let most = policy.text_at_most;
    if let Some(text) = texts(document).into_iter().find(|text| text.chars().count() > most) {
        return Err(DocumentRefusal::TooLong(text.chars().take(20).collect(), most));
    }
    for (at, line) in document.lines.iter().enumerate() {
        let full = line.quantity.checked_mul(line.price.amount()).filter(|full| full.abs() <= LARGEST);
        let full = Money::rounded(full.ok_or(DocumentRefusal::TooLarge)?, document.currency);
        let off = line.discount.unwrap_or(Money::zero(document.currency));
        // What is given back has a quantity below zero: a price never is (EN 16931, BR-27).
        let is_sound = !line.quantity.is_zero() && line.price.amount() >= Decimal::ZERO;
        if !is_sound || off.amount() < Decimal::ZERO || off > full.max(Money::zero(document.currency)) {
            return Err(DocumentRefusal::NotPriced(at + 1));
        }
        if line.period.is_some_and(|(from, to)| from > to) {
            return Err(DocumentRefusal::EndsBefore(at + 1));
        }
    }
    let mut taken = document.discounts.iter().map(|discount| discount.amount).chain(document.paid);
    if taken.any(|money| money.amount() < Decimal::ZERO || money.amount() > LARGEST) {
        return Err(DocumentRefusal::TooLarge);
    }
    match &document.payment {
        Payment::Transfer { iban, .. } if iban.trim().is_empty() => Err(DocumentRefusal::NoAccount),
        Payment::Card { last4 } if last4.len() != 4 || !last4.bytes().all(|b| b.is_ascii_digit()) => {
            Err(DocumentRefusal::NoCard)
        }
        _ => Ok(()),
    }
}

fn is_taxed_by(document: &TaxDocument, law: &Law) -> Result<(), DocumentRefusal> {
    for tax in document.taxes() {
        if !law.knows(tax) {
            return Err(DocumentRefusal::NotTaxedSo { tax: tax.name(), law: law.name.clone() });
        }
        let rate = tax.rate();
        let needs_rate = matches!(tax, Tax::Standard { .. } | Tax::SalesTax { .. });
        if needs_rate && (rate <= Decimal::ZERO || rate > Decimal::ONE_HUNDRED) {
            return Err(DocumentRefusal::NoRate(rate));
        }
    }
    let mut ours =
        document.taxes().filter_map(Tax::reason).chain(document.corrects.iter().map(|it| it.reason.as_str()));
    let foreign = ours.find_map(|text| law.foreign_word(text));
    foreign.map_or(Ok(()), |word| Err(DocumentRefusal::OtherWord(word.to_owned())))
}

fn missing<'a>(document: &TaxDocument, law: &'a Law) -> Option<(Need, &'a str)> {
    let taxed = |name: &str| document.taxes().any(|tax| tax.name() == name);
    let cases = [
        (When::Always, true),
        (When::ReverseCharge, taxed("reverse_charge")),
        (When::Export, taxed("export")),
        (When::Exempt, taxed("exempt")),
        (When::SalesTax, taxed("sales_tax")),
        (When::Outside, taxed("outside")),
        (When::CreditNote, document.corrects.is_some()),
        (When::ForeignCurrency, law.currency_of(&document.issuer.country) != Some(document.currency)),
    ];
    let wanted = cases.into_iter().filter(|(_, holds)| *holds).flat_map(|(when, _)| law.needs(when));
    wanted.into_iter().find(|(need, _)| !has(document, law, *need))
}

fn has(document: &TaxDocument, law: &Law, need: Need) -> bool {
    let (issuer, customer) = (&document.issuer, &document.customer);
    let is_said = |text: &str| !text.trim().is_empty();
    match need {
        Need::Number => is_said(&document.number),
        Need::IssuerName => is_said(&issuer.name),
        Need::IssuerAddress => has_address(issuer),
        Need::IssuerTaxId => issuer.tax_id.as_deref().is_some_and(|id| law.is_tax_id(&issuer.country, id)),
        Need::CustomerName => is_said(&customer.name),
        Need::CustomerAddress => has_address(customer),
        Need::CustomerTaxId => customer.tax_id.as_deref().is_some_and(|id| law.is_tax_id(&customer.country, id)),
        Need::CustomerElsewhereInside => law.holds_in(&customer.country) && customer.country != issuer.country,
        Need::CustomerOutside => !law.holds_in(&customer.country),
        Need::CustomerState => customer.region.as_deref().is_some_and(is_said),
        Need::Supplied => match document.supplied {
            Some(Supplied::Between(from, to)) => from <= to,
            supplied => supplied.is_some(),
        },
        Need::Lines => !document.lines.is_empty() && document.lines.iter().all(|line| is_said(&line.name)),
        Need::Reason => document.taxes().filter_map(Tax::reason).all(is_said),
        Need::Original => document.corrects.as_ref().is_some_and(|it| is_said(&it.number) && is_said(&it.reason)),
        Need::TaxInOwnCurrency => document.books.as_ref().is_some_and(|books| {
            let is_home = law.currency_of(&issuer.country) == Some(books.currency);
            is_home && books.rate > Decimal::ZERO && is_said(&books.source)
        }),
    }
}

fn has_address(party: &Party) -> bool {
    let street = party.street.iter().any(|line| !line.trim().is_empty());
    let is_country = party.country.len() == 2 && party.country.bytes().all(|b| b.is_ascii_uppercase());
    street && !party.city.trim().is_empty() && is_country
}

fn texts(document: &TaxDocument) -> Vec<&str> {
    let mut texts = vec![document.number.as_str()];
    for party in [&document.issuer, &document.customer] {
        texts.extend([party.name.as_str(), &party.city, &party.post_code, &party.country]);
        texts.extend(party.street.iter().map(String::as_str));
        let more = [&party.region, &party.tax_id, &party.registration, &party.email];
        texts.extend(more.into_iter().flatten().map(String::as_str));
    }
    texts.extend(document.lines.iter().map(|line| line.name.as_str()));
    texts.extend(document.discounts.iter().map(|discount| discount.reason.as_str()));
    texts.extend(document.taxes().filter_map(Tax::reason));
    if let Some(original) = &document.corrects {
        texts.extend([original.number.as_str(), &original.reason]);
    }
    if let Some(books) = &document.books {
        texts.push(&books.source);
    }
    match &document.payment {
        Payment::Transfer { iban, bic, reference } => {
            texts.extend([iban.as_str(), reference]);
            texts.extend(bic.as_deref());
        }
        Payment::Card { last4: text } | Payment::Other(text) => texts.push(text),
    }
    texts
}

//! A company of ours that sells: what it charges, how it is paid, and what its law would refuse it for later.

use super::{DocumentPolicy, Law, Party, Tax};
use crate::money::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const ID_LETTERS_MAX: usize = 40;
/// With its number behind it, it still fits on a line of the page.
const PREFIX_LETTERS_MAX: usize = 20;
/// As many as there are states with all their counties that one company is likely to be registered in.
const RATES_MAX: usize = 200;
/// Of a state or an authority. With all rates, an entity takes at most some 300 KB where it is stored.
const AUTHORITY_LETTERS_MAX: usize = 100;
const STREET_LINES_MAX: usize = 6;

/// A company of ours that sells, as its register writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalEntity {
    pub id: String,
    #[serde(default)]
    pub issuer: Issuer,
    /// What its numbers begin with, for example `R-2026-`.
    pub prefix: String,
    pub party: Party,
    /// In which it keeps its books and pays its tax.
    pub currency: Currency,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<ChargedRate>,
    /// Where transfers go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Account>,
}

/// Who writes an entity's invoices. There is always exactly one: a second invoice would owe the tax twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Issuer {
    #[default]
    Provider,
    Recoup,
}

/// A tax that an entity charges, all authorities together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargedRate {
    pub percent: Decimal,
    /// The customers' state, where it is charged in that one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// As a document names it: the authority that it is for or, of nothing, why nothing is charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// An account at a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub iban: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bic: Option<String>,
}

/// Why an entity is not kept as it was written. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntityRefusal {
    #[error("an id is 1 to {ID_LETTERS_MAX} small letters, digits and hyphens; `{0}` is not")]
    Id(String),
    #[error("`{0}…` is too long; write at most {1} letters in one field")]
    TooLong(String, usize),
    #[error("{0} lines of an address are too many; write at most {STREET_LINES_MAX}")]
    Street(usize),
    #[error("the name is missing: write it as the commercial register does")]
    Name,
    #[error("{0} rates are too many; keep at most {RATES_MAX}")]
    Rates(usize),
    #[error("a rate is 0 to 100 per cent; {0} is not")]
    Rate(Decimal),
    #[error("the rate {0} stands there twice for the same customers; keep one of the two")]
    Doubled(Decimal),
    #[error("`{0}` is no IBAN: a letter or a digit is wrong; copy it again from the bank")]
    Iban(String),
    #[error("`{0}` is no BIC: write its 8 or 11 letters and digits, or leave it out")]
    Bic(String),
    #[error("numbers begin with 1 to {PREFIX_LETTERS_MAX} letters, digits and hyphens; `{0}` does not fit")]
    Prefix(String),
    #[error("no documents are made by the law of `{0}`: write its two letters, or let the provider issue them")]
    Country(String),
    #[error("the address is missing: write street and city")]
    Address,
    #[error("the {0} is missing or has another country's form; write it as the tax office does")]
    TaxId(String),
    #[error("tax in {0} is paid in {1}: keep its books in that")]
    Currency(String, Currency),
    #[error("{0} per cent needs the state or the authority that it is for: write its region or its name")]
    Authority(Decimal),
    #[error("`{0}` is no word of this country's tax: give the rate another name")]
    Word(String),
}

impl LegalEntity {
    /// Refuses what its law would refuse of every document, while whoever wrote it is still there.
    ///
    /// Where the provider issues the documents, no law is asked: it may be one that Recoup does not know.
    pub fn check(&self, policy: &DocumentPolicy) -> Result<(), EntityRefusal> {
        let is_id = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=ID_LETTERS_MAX).contains(&self.id.len()) || !self.id.bytes().all(is_id) {
            return Err(EntityRefusal::Id(self.id.clone()));
        }
        let most = policy.text_at_most;
        if let Some(text) = self.texts().into_iter().find(|text| text.chars().count() > most) {
            return Err(EntityRefusal::TooLong(text.chars().take(20).collect(), most));
        }
        if self.party.street.len() > STREET_LINES_MAX {
            return Err(EntityRefusal::Street(self.party.street.len()));
        }
        if self.party.name.trim().is_empty() {
            return Err(EntityRefusal::Name);
        }
        self.are_rates()?;
        if let Some(account) = &self.payment {
            account.check()?;
        }
        match self.issuer {
            Issuer::Provider => Ok(()),
            Issuer::Recoup => self.is_by_law(policy),
        }
    }

    fn are_rates(&self) -> Result<(), EntityRefusal> {
        if self.rates.len() > RATES_MAX {
            return Err(EntityRefusal::Rates(self.rates.len()));
        }
        let mut seen = BTreeSet::new();
        for rate in &self.rates {
            let mut texts = [&rate.region, &rate.name].into_iter().flatten();
            if let Some(text) = texts.find(|text| text.chars().count() > AUTHORITY_LETTERS_MAX) {
                return Err(EntityRefusal::TooLong(text.chars().take(20).collect(), AUTHORITY_LETTERS_MAX));
            }
            if rate.percent < Decimal::ZERO || rate.percent > Decimal::ONE_HUNDRED {
                return Err(EntityRefusal::Rate(rate.percent));
            }
            if !seen.insert((rate.percent, rate.region.as_deref().map(plain))) {
                return Err(EntityRefusal::Doubled(rate.percent));
            }
        }
        Ok(())
    }

    fn is_by_law(&self, policy: &DocumentPolicy) -> Result<(), EntityRefusal> {
        let Self { prefix, party, currency, .. } = self;
        let is_prefix = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if !(1..=PREFIX_LETTERS_MAX).contains(&prefix.len()) || !prefix.bytes().all(is_prefix) {
            return Err(EntityRefusal::Prefix(prefix.clone()));
        }
        let law = policy.law(&party.country).ok_or_else(|| EntityRefusal::Country(party.country.clone()))?;
        if party.city.trim().is_empty() || party.street.iter().all(|line| line.trim().is_empty()) {
            return Err(EntityRefusal::Address);
        }
        if !party.tax_id.as_deref().is_some_and(|id| law.is_tax_id(&party.country, id)) {
            return Err(EntityRefusal::TaxId(law.tax_id.clone()));
        }
        if let Some(own) = law.currency_of(&party.country).filter(|own| own != currency) {
            return Err(EntityRefusal::Currency(party.country.clone(), own));
        }
        let taxes = self.rates.iter().map(|rate| (rate, rate.tax(law, None)));
        for (rate, reason) in taxes.filter_map(|(rate, tax)| tax.reason().map(|reason| (rate, reason.to_owned()))) {
            if reason.trim().is_empty() {
                return Err(EntityRefusal::Authority(rate.percent));
            }
            if let Some(word) = law.foreign_word(&reason) {
                return Err(EntityRefusal::Word(word.to_owned()));
            }
        }
        Ok(())
    }

    fn texts(&self) -> Vec<&str> {
        let Self { id: _, issuer: _, prefix, party, currency: _, rates, payment } = self;
        let Party { name, street, city, post_code, region, country, tax_id, registration, email } = party;
        let mut texts = vec![prefix.as_str(), name, city, post_code, country];
        texts.extend(street.iter().map(String::as_str));
        texts.extend([region, tax_id, registration, email].into_iter().flatten().map(String::as_str));
        texts.extend(rates.iter().flat_map(|rate| [&rate.region, &rate.name]).flatten().map(String::as_str));
        texts.extend(
            payment
                .iter()
                .flat_map(|account| [Some(&account.iban), account.bic.as_ref()])
                .flatten()
                .map(String::as_str),
        );
        texts
    }
}

impl ChargedRate {
    /// Whether it is charged to customers of a region; one without a region is charged everywhere.
    pub(super) fn holds_in(&self, region: Option<&str>) -> bool {
        self.region.as_deref().is_none_or(|own| region.is_some_and(|region| plain(region) == plain(own)))
    }

    /// As a law calls it. A customer's region is the authority where the rate names none.
    pub(super) fn tax(&self, law: &Law, region: Option<&str>) -> Tax {
        let said = [self.name.as_deref(), self.region.as_deref(), region];
        let reason = said.into_iter().flatten().find(|text| !text.trim().is_empty()).unwrap_or_default().to_owned();
        let rate = self.percent;
        let sales = Tax::SalesTax { rate, reason: reason.clone() };
        match (rate.is_zero(), law.knows(&sales)) {
            (true, true) => Tax::Outside { reason },
            (true, false) => Tax::Zero,
            (false, true) => sales,
            (false, false) => Tax::Standard { rate },
        }
    }
}

impl Account {
    fn check(&self) -> Result<(), EntityRefusal> {
        if !is_iban(&self.iban) {
            return Err(EntityRefusal::Iban(self.iban.clone()));
        }
        let is_bic = |bic: &&String| {
            [8, 11].contains(&bic.len()) && bic.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        match self.bic.as_ref().filter(|bic| !is_bic(bic)) {
            Some(bic) => Err(EntityRefusal::Bic(bic.clone())),
            None => Ok(()),
        }
    }

    /// As banks take it: without the blanks that people read it by.
    pub(super) fn plain_iban(&self) -> String {
        self.iban.split_whitespace().collect()
    }
}

/// ISO 13616: the first four behind the rest, letters as 10 to 35, and the remainder by 97 is one.
fn is_iban(text: &str) -> bool {
    let plain: String = text.split_whitespace().collect();
    let is_shaped = (15..=34).contains(&plain.len())
        && plain.bytes().take(2).all(|b| b.is_ascii_uppercase())
        && plain.bytes().skip(2).take(2).all(|b| b.is_ascii_digit())
        && plain.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if !is_shaped {
        return false;
    }
    let (front, rest) = plain.split_at(4);
    let remainder = rest.bytes().chain(front.bytes()).fold(0_u32, |sum, b| match b {
        b'0'..=b'9' => (sum * 10 + u32::from(b - b'0')) % 97,
        _ => (sum * 100 + u32::from(b - b'A') + 10) % 97,
    });
    remainder == 1
}

fn plain(region: &str) -> String {
    region.trim().to_lowercase()
}

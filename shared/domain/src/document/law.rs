//! Whose law is it, and what does it want to read? The rules are data: `shared/policy/documents/`.

use super::Tax;
use crate::money::Currency;
use crate::policy::{Complaint, Rules};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

const TAXES: [&str; 7] = ["standard", "zero", "exempt", "reverse_charge", "export", "sales_tax", "outside"];

/// One released version of what must stand on a tax document.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentPolicy {
    pub version: u32,
    pub effective: String,
    pub why: String,
    pub lines_at_most: usize,
    /// Of one name, line of an address or reason, in letters.
    pub text_at_most: usize,
    law: Vec<Law>,
}

/// What the law of the issuer's country wants.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    pub id: Spanned<String>,
    pub name: String,
    /// Where it holds, and in which currency the tax is paid there.
    countries: BTreeMap<String, Currency>,
    /// What the tax is called.
    pub tax: String,
    /// What the number is called by which a business is known to its tax office.
    pub tax_id: String,
    id_shape: IdShape,
    taxes: Vec<Spanned<String>>,
    reverse_charge: Option<String>,
    export: Option<String>,
    /// Words that belong to another country's tax.
    #[serde(default)]
    pub never_says: Vec<String>,
    #[serde(default)]
    coins: Vec<Coin>,
    needs: Vec<Wanted>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum IdShape {
    /// `DE123456789`: the country, then letters and digits.
    ByCountry,
    /// `CHE-123.456.789 MWST`.
    Che,
    /// `12-3456789`.
    Ein,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Coin {
    currency: Currency,
    step: Decimal,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    when: When,
    what: Vec<Need>,
    why: String,
}

/// The kind of document or line for which something must stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    Always,
    ReverseCharge,
    Export,
    Exempt,
    SalesTax,
    Outside,
    CreditNote,
    ForeignCurrency,
}

/// What must stand there. Its words are what whoever makes the document is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    #[error("it has no number")]
    Number,
    #[error("the issuer's name is missing")]
    IssuerName,
    #[error("the issuer's address is missing")]
    IssuerAddress,
    #[error("the issuer's tax number is missing or has another country's form")]
    IssuerTaxId,
    #[error("the customer's name is missing")]
    CustomerName,
    #[error("the customer's address is missing")]
    CustomerAddress,
    #[error("the customer's tax number is missing or has another country's form; ask for it, or charge the tax")]
    CustomerTaxId,
    #[error("the customer is not in another country of the same tax area; charge the tax")]
    CustomerElsewhereInside,
    #[error("the customer is not outside the tax area; charge the tax")]
    CustomerOutside,
    #[error("the customer's state is missing")]
    CustomerState,
    #[error("it does not say when it was supplied")]
    Supplied,
    #[error("it has no lines, or a line without a name")]
    Lines,
    #[error("it does not say why it is taxed so")]
    Reason,
    #[error("it does not name the document that it corrects, or why")]
    Original,
    #[error("the tax in the issuer's own currency is missing; tell the exchange rate and who published it")]
    TaxInOwnCurrency,
}

impl DocumentPolicy {
    /// The law of the issuer's country, if it is one that documents can be made for.
    pub fn law(&self, country: &str) -> Option<&Law> {
        self.law.iter().find(|law| law.holds_in(country))
    }
}

impl Law {
    /// Whether it is the law of a country.
    pub fn holds_in(&self, country: &str) -> bool {
        self.countries.contains_key(country)
    }

    /// In which currency a country's tax is paid.
    pub fn currency_of(&self, country: &str) -> Option<Currency> {
        self.countries.get(country).copied()
    }

    /// Whether it knows this way of taxing.
    pub fn knows(&self, tax: &Tax) -> bool {
        self.taxes.iter().any(|name| name.get_ref() == tax.name())
    }

    /// The sentence that must stand where a line is taxed so.
    pub fn note<'a>(&'a self, tax: &'a Tax) -> Option<&'a str> {
        match tax {
            Tax::ReverseCharge => self.reverse_charge.as_deref(),
            Tax::Export => self.export.as_deref(),
            _ => tax.reason(),
        }
    }

    /// Whether a number is one that this law's tax offices give to a business of the country.
    pub fn is_tax_id(&self, country: &str, id: &str) -> bool {
        let rest_is = |rest: &str, digits: usize| rest.len() == digits && rest.bytes().all(|b| b.is_ascii_digit());
        match self.id_shape {
            IdShape::ByCountry => {
                // Greece writes its own name, not the one of ISO 3166.
                let prefix = if country == "GR" { "EL" } else { country };
                id.strip_prefix(prefix).is_some_and(|rest| {
                    let is_plain = rest.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
                    (2..=12).contains(&rest.len()) && is_plain
                })
            }
            IdShape::Che => id
                .strip_prefix("CHE-")
                .and_then(|rest| ["MWST", "TVA", "IVA"].iter().find_map(|end| rest.strip_suffix(end)))
                .is_some_and(|rest| rest_is(&rest.trim_end().replace('.', ""), 9)),
            IdShape::Ein => id.split_once('-').is_some_and(|(one, two)| rest_is(one, 2) && rest_is(two, 7)),
        }
    }

    /// A word of another country's tax in a text that is ours.
    pub(super) fn foreign_word(&self, text: &str) -> Option<&str> {
        self.never_says.iter().find(|word| says(text, word)).map(String::as_str)
    }

    /// What must stand there, and by which article.
    pub fn needs(&self, when: When) -> impl Iterator<Item = (Need, &str)> {
        let wanted = self.needs.iter().filter(move |wanted| wanted.when == when);
        wanted.flat_map(|wanted| wanted.what.iter().map(|need| (*need, wanted.why.as_str())))
    }

    /// The smallest coin, where it is not the currency's last digit.
    pub fn coin(&self, currency: Currency) -> Option<Decimal> {
        self.coins.iter().find(|coin| coin.currency == currency).map(|coin| coin.step)
    }

    fn complaints(&self) -> Vec<Complaint> {
        let unknown = self.taxes.iter().filter(|name| !TAXES.contains(&name.get_ref().as_str()));
        let unknown = unknown.map(|name| Complaint::on(name, format!("no tax is called `{}`", name.get_ref())));
        let has = |name: &str| self.taxes.iter().any(|tax| tax.get_ref() == name);
        let faults = [
            (self.needs.iter().any(|wanted| wanted.why.trim().is_empty()), "something is wanted without a `why`"),
            (self.needs(When::Always).next().is_none(), "nothing is always wanted"),
            (self.needs(When::CreditNote).next().is_none(), "a credit note must name what it corrects"),
            (has("reverse_charge") && self.reverse_charge.is_none(), "a reverse charge has no sentence"),
            (has("export") && self.export.is_none(), "what goes abroad has no sentence"),
            (self.coins.iter().any(|coin| coin.step <= Decimal::ZERO), "a coin is above zero"),
        ];
        let faults = faults.into_iter().filter(|(wrong, _)| *wrong);
        unknown.chain(faults.map(|(_, fault)| Complaint::on(&self.id, fault))).collect()
    }
}

fn says(text: &str, phrase: &str) -> bool {
    let plain = |text: &str| {
        let words: Vec<String> = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
        format!(" {} ", words.join(" "))
    };
    plain(text).contains(&plain(phrase))
}

impl Rules for DocumentPolicy {
    const NAME: &'static str = "documents";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.law.iter().map(|law| &law.id));
        complaints.extend(self.law.iter().flat_map(Law::complaints));
        let mut seen = BTreeSet::new();
        for law in &self.law {
            for country in law.countries.keys().filter(|country| !seen.insert(country.as_str())) {
                complaints.push(Complaint::on(&law.id, format!("`{country}` has two laws")));
            }
        }
        let faults = [
            (self.why.trim().is_empty(), "it has no `why`"),
            (self.law.is_empty(), "it has no `law`"),
            (!(1..=1000).contains(&self.lines_at_most), "`lines_at_most` is 1 to 1000"),
            (!(100..=2000).contains(&self.text_at_most), "`text_at_most` is 100 to 2000"),
        ];
        complaints.extend(faults.into_iter().filter(|(wrong, _)| *wrong).map(|(_, fault)| Complaint::at(0, fault)));
        complaints
    }
}

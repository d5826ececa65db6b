//! One row, read cell by cell; what is wrong with a cell is said with its row and column.

use super::columns::Place;
use super::complaint::{Complaints, quoted};
use super::table::{Cell, Raw, Table};
use super::{Given, Who, cell};
use crate::money::{Currency, Money, Rate};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// The most entries that one cell may list.
const ENTRIES_MAX: usize = 200;

pub(super) struct Row<'a> {
    pub(super) given: &'a Given<'a>,
    line: usize,
    header: Option<usize>,
    present: &'a BTreeSet<&'static str>,
    /// What stands in each of our columns, and how the file calls the column.
    cells: BTreeMap<&'static str, (&'a str, &'a Cell)>,
    metadata: Vec<(&'a str, &'a Cell)>,
    /// The provider that the name of the customer's column tells.
    provider: Option<&'a str>,
    complaints: &'a mut Complaints,
}

impl<'a> Row<'a> {
    pub(super) fn new(
        raw: &'a Raw,
        table: &'a Table,
        places: &'a [Place],
        present: &'a BTreeSet<&'static str>,
        given: &'a Given<'a>,
        complaints: &'a mut Complaints,
    ) -> Self {
        let mut row = Self {
            given,
            line: raw.line,
            header: table.header,
            present,
            cells: BTreeMap::new(),
            metadata: Vec::new(),
            provider: None,
            complaints,
        };
        for (place, cell) in &raw.cells {
            let name = table.names[*place].text.as_str();
            let column = match &places[*place] {
                Place::Column(column) => *column,
                Place::CustomerOf(provider) => {
                    row.provider = Some(provider.as_str());
                    "customer"
                }
                Place::Metadata(key) => {
                    row.metadata.push((key.as_str(), cell));
                    continue;
                }
                Place::Nowhere => continue,
            };
            if let Some((other, _)) = row.cells.insert(column, (name, cell)) {
                row.complaints.on(
                    raw.line,
                    Some(name),
                    format!("means the same as {}: fill one of the two in each row", quoted(other)),
                );
            }
        }
        row
    }

    pub(super) fn complain(&mut self, field: &'static str, message: impl Into<String>) {
        let name = self.cells.get(field).map_or(field, |(name, _)| *name);
        self.complaints.on(self.line, Some(name), message);
    }

    /// Complains of an empty cell, or once of a column that no row can have filled.
    pub(super) fn missing(&mut self, field: &'static str) {
        match self.header.filter(|_| !self.present.contains(field)) {
            Some(header) => self.complaints.on(header, Some(field), "there is no such column: add it"),
            None => self.complaints.on(self.line, Some(field), "is empty: fill it in"),
        }
    }

    pub(super) fn has(&self, field: &'static str) -> bool {
        self.cells.contains_key(field)
    }

    /// Reads a cell that may be empty.
    pub(super) fn may<T>(&mut self, field: &'static str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let (_, cell) = self.cells.get(field).copied()?;
        let read = cell.text().ok_or_else(|| "is a list or an object: write one value".to_owned()).and_then(parse);
        read.map_err(|message| self.complain(field, message)).ok()
    }

    /// Reads a cell that the record cannot do without.
    pub(super) fn must<T>(&mut self, field: &'static str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        if !self.has(field) {
            self.missing(field);
        }
        self.may(field, parse)
    }

    /// Reads whose the row is: provider, source and customer, or the three in one as `stripe/source:cus_1`.
    pub(super) fn who(&mut self) -> Option<Who> {
        if let Some(account) = self.may("account", cell::id) {
            let Some((front, customer)) = account.split_once(':').filter(|(_, customer)| !customer.is_empty()) else {
                self.complain(
                    "account",
                    format!("{} names no account: write it like `stripe/default:cus_1`", quoted(&account)),
                );
                return None;
            };
            let (provider, source) = front.split_once('/').unwrap_or((front, "default"));
            let provider = self.known_provider("account", provider)?;
            return Some(Who { provider, source: source.to_owned(), customer: customer.to_owned() });
        }
        if self.present.contains("account") && !self.present.contains("customer") {
            // A cell that was filled in, and wrongly, has been complained of.
            if !self.has("account") {
                self.missing("account");
            }
            return None;
        }
        let seller = self.seller();
        let customer = self.must("customer", cell::id);
        let (provider, source) = seller?;
        Some(Who { provider, source, customer: customer? })
    }

    /// Reads provider and source: what the row says, then what its column is called, then what was said beside the file.
    pub(super) fn seller(&mut self) -> Option<(String, String)> {
        let (told, said) = (self.provider, self.may("provider", cell::id));
        let source = self.may("source", cell::id).or(self.given.source.map(str::to_owned));
        let provider = match said.as_deref().or(told).or(self.given.provider) {
            Some(provider) => self.known_provider("provider", provider)?,
            None if self.has("provider") => return None,
            None => {
                self.missing("provider");
                return None;
            }
        };
        if told.is_some_and(|told| told != provider) {
            self.complain("provider", "is another provider than the one whose customer is named: keep one of the two");
            return None;
        }
        Some((provider, source.unwrap_or_else(|| "default".to_owned())))
    }

    fn known_provider(&mut self, field: &'static str, provider: &str) -> Option<String> {
        let provider = provider.to_ascii_lowercase();
        if !self.given.providers.contains(&provider.as_str()) {
            self.complain(
                field,
                format!("{} is no provider: write one of {}", quoted(&provider), self.given.providers.join(", ")),
            );
            return None;
        }
        Some(provider)
    }

    /// Reads an amount that coins can pay.
    pub(super) fn money(&mut self, field: &'static str) -> Option<Money> {
        let (amount, currency) = self.amount(field)?;
        let digits = currency.digits();
        Money::exact(amount, currency)
            .map_err(|_| {
                let amount = quoted(&amount.to_string());
                self.complain(
                    field,
                    format!("{amount} has more digits than {currency} has after the point ({digits}): round it"),
                );
            })
            .ok()
    }

    /// Reads a price for one, which may be finer than any coin.
    pub(super) fn rate(&mut self, field: &'static str) -> Option<Rate> {
        self.amount(field).map(|(amount, currency)| Rate::new(amount, currency))
    }

    pub(super) fn currency(&mut self) -> Option<Currency> {
        self.must("currency", cell::currency)
    }

    /// An amount and its currency: `24.00 USD`, an object of the two, or `24.00` beside the column `currency`.
    fn amount(&mut self, field: &'static str) -> Option<(Decimal, Currency)> {
        let (_, cell) = self.cells.get(field).copied()?;
        let beside = self.cells.get("currency").copied().and_then(|(_, cell)| cell.text());
        let is_code = |code: &str| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
        let (amount, code) = match cell {
            Cell::Text(text) => match text.trim().rsplit_once(' ').filter(|(_, code)| is_code(code)) {
                Some((amount, code)) => (Some(amount.trim()), Some(code)),
                None => (Some(text.trim()), beside),
            },
            Cell::Pairs(pairs) => {
                (pairs.get("amount").and_then(Cell::text), pairs.get("currency").and_then(Cell::text))
            }
            Cell::List(_) => (None, None),
        };
        let Some(amount) = amount else {
            self.complain(field, "is no amount: write it like `24.00 USD`");
            return None;
        };
        let Some(code) = code else {
            self.complain(field, "has no currency: write it like `24.00 USD`, or add a column `currency`");
            return None;
        };
        let read = cell::not_negative(amount).and_then(|amount| Ok((amount, cell::currency(code)?)));
        read.map_err(|message| self.complain(field, message)).ok()
    }

    /// Reads a list: `sso; audit_log`, or a JSON list.
    pub(super) fn words(&mut self, field: &'static str) -> Vec<String> {
        let texts: Option<Vec<&str>> = match self.cells.get(field).copied() {
            None => return Vec::new(),
            Some((_, Cell::Text(text))) => Some(text.split(';').collect()),
            Some((_, Cell::List(list))) => list.iter().map(Cell::text).collect(),
            Some((_, Cell::Pairs(_))) => None,
        };
        let Some(texts) = texts.filter(|texts| texts.len() <= ENTRIES_MAX) else {
            self.complain(
                field,
                format!("is no list of at most {ENTRIES_MAX} words: write `one; two`, or a JSON list of texts"),
            );
            return Vec::new();
        };
        let words = texts
            .into_iter()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(cell::text)
            .collect::<Result<Vec<_>, _>>();
        words.map_err(|message| self.complain(field, message)).unwrap_or_default()
    }

    /// Reads pairs: `1000:0.02; *:0.01`, a JSON object, or a list of objects that hold `left` and `right`. What is not there
    /// in a pair is empty.
    pub(super) fn pairs(&mut self, field: &'static str, left: &str, right: &str) -> Option<Vec<(String, String)>> {
        let pair =
            |text: &str| text.rsplit_once(':').map(|(left, right)| (left.trim().to_owned(), right.trim().to_owned()));
        let said = |cell: Option<&Cell>| cell.map_or(Some(""), Cell::text).map(str::to_owned);
        let pairs: Option<Vec<_>> = match self.cells.get(field).copied() {
            None => return Some(Vec::new()),
            Some((_, Cell::Text(text))) => text.split(';').filter(|text| !text.trim().is_empty()).map(pair).collect(),
            Some((_, Cell::Pairs(pairs))) => {
                pairs.iter().map(|(key, value)| Some((key.clone(), said(Some(value))?))).collect()
            }
            Some((_, Cell::List(list))) => {
                let object = |cell: &Cell| match cell {
                    Cell::Text(text) => pair(text),
                    Cell::Pairs(pairs) => Some((said(pairs.get(left))?, said(pairs.get(right))?)),
                    Cell::List(_) => None,
                };
                list.iter().map(object).collect()
            }
        };
        let pairs = pairs.filter(|pairs| pairs.len() <= ENTRIES_MAX);
        if pairs.is_none() {
            self.complain(
                field,
                format!("is no list of at most {ENTRIES_MAX} pairs: write `{left}:{right}; {left}:{right}`"),
            );
        }
        pairs
    }

    /// Reads the metadata: columns called `metadata.KEY`, or a JSON object.
    pub(super) fn metadata(&mut self) -> BTreeMap<String, String> {
        let mut pairs = self.metadata.clone();
        match self.cells.get("metadata").copied() {
            Some((_, Cell::Pairs(inside))) => pairs.extend(inside.iter().map(|(key, cell)| (key.as_str(), cell))),
            Some(_) => self.complain("metadata", "is no object: give each key a column `metadata.KEY`"),
            None => {}
        }
        if pairs.len() > ENTRIES_MAX {
            self.complain("metadata", format!("has more than {ENTRIES_MAX} keys: keep what rules and people use"));
            return BTreeMap::new();
        }
        let mut metadata = BTreeMap::new();
        for (key, cell) in pairs.into_iter().filter(|(_, cell)| !cell.is_blank()) {
            let value =
                cell.text().ok_or_else(|| "is a list or an object: write a text".to_owned()).and_then(cell::text);
            let read = cell::text(key).and_then(|key| Ok((key, value?)));
            let wrong = match read {
                Ok((key, value)) => {
                    metadata.insert(key, value).map(|_| "is given twice: keep one of the two".to_owned())
                }
                Err(message) => Some(message),
            };
            if let Some(message) = wrong {
                self.complaints.on(self.line, Some(&format!("metadata.{key}")), message);
            }
        }
        metadata
    }
}

//! Which of our columns is meant by a name in a file?

use super::complaint::{Complaints, quoted};
use super::row::Row;
use super::table::Table;
use super::{Extra, Given, Kind};
use crate::import::metadata::snake_case;
use std::collections::{BTreeMap, BTreeSet};

/// A column's name, and how else people and other programs call it, in snake case.
pub(super) type Column = (&'static str, &'static [&'static str]);

/// The columns that say whose a row is.
pub(super) const WHO: &[Column] =
    &[("account", &[]), ("provider", &[]), ("source", &[]), ("customer", &["customer_id", "provider_customer_id"])];

/// What one row of a kind becomes.
pub(super) trait Record: Sized {
    const KIND: Kind;
    const COLUMNS: &'static [&'static [Column]];

    /// Reads a row, every cell of it, so that all that is wrong is told at once.
    fn read(row: &mut Row<'_>) -> Option<Self>;

    /// Complains of records that cannot stand beside each other; each has its line.
    fn together(all: &[(usize, Self)], complaints: &mut Complaints);
}

/// What a name in a file stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Column(&'static str),
    /// The customer's id at the provider that the name tells: `stripe_customer_id`, as a CRM calls it.
    CustomerOf(String),
    Metadata(String),
    Nowhere,
}

/// Reads every row of a table, each with its line.
pub(super) fn read_all<R: Record>(table: &Table, given: &Given<'_>, complaints: &mut Complaints) -> Vec<(usize, R)> {
    let places = places::<R>(table, given, complaints);
    let present: BTreeSet<_> = places.iter().filter_map(Place::column).collect();
    let mut all = Vec::new();
    for raw in &table.rows {
        let mut row = Row::new(raw, table, &places, &present, given, complaints);
        if let Some(record) = R::read(&mut row) {
            all.push((raw.line, record));
        }
    }
    R::together(&all, complaints);
    all
}

/// Where each name of a table belongs. A name that belongs nowhere is complained of: it may be a misspelled column.
fn places<R: Record>(table: &Table, given: &Given<'_>, complaints: &mut Complaints) -> Vec<Place> {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    let mut places = Vec::new();
    for name in &table.names {
        let mut place = place::<R>(&name.text, given);
        if place == Place::Nowhere {
            complaints.on(name.line, Some(&name.text), unknown::<R>(&name.text));
        } else if let Some(other) = taken.insert(place.name(), &name.text).filter(|_| table.header.is_some()) {
            // Two objects may call a thing by two names, one header may not; its second column is not read.
            complaints.on(
                name.line,
                Some(&name.text),
                format!("means the same as {}: keep one of the two", quoted(other)),
            );
            place = Place::Nowhere;
        }
        places.push(place);
    }
    places
}

fn place<R: Record>(name: &str, given: &Given<'_>) -> Place {
    let (dotted, plain) = (name.split_once('.'), snake_case(name));
    let carries_metadata = columns::<R>().any(|column| column == "metadata");
    if let Some((_, key)) =
        dotted.filter(|(front, key)| carries_metadata && snake_case(front) == "metadata" && !key.trim().is_empty())
    {
        return Place::Metadata(key.trim().to_owned());
    }
    let mut known = R::COLUMNS.iter().flat_map(|columns| columns.iter());
    if let Some((column, _)) = known.find(|(column, others)| *column == plain || others.contains(&plain.as_str())) {
        return Place::Column(column);
    }
    if let Some(provider) =
        plain.strip_suffix("_customer_id").filter(|_| columns::<R>().any(|column| column == "customer"))
    {
        // Two words for a reader, one for us: `lemon_squeezy` is `lemonsqueezy`.
        let provider = provider.replace('_', "");
        if given.providers.contains(&provider.as_str()) {
            return Place::CustomerOf(provider);
        }
    }
    if given.extra == Extra::Keep && carries_metadata && !plain.is_empty() {
        Place::Metadata(name.to_owned())
    } else {
        Place::Nowhere
    }
}

fn columns<R: Record>() -> impl Iterator<Item = &'static str> {
    R::COLUMNS.iter().flat_map(|columns| columns.iter().map(|(name, _)| *name))
}

fn unknown<R: Record>(name: &str) -> String {
    if name.trim().is_empty() {
        return "this column has no name: name it, or delete it".to_owned();
    }
    let known: Vec<_> = columns::<R>().collect::<BTreeSet<_>>().into_iter().collect();
    let keep = if known.contains(&"metadata") { ", or call it `metadata.NAME` to keep it as metadata" } else { "" };
    format!("is no column of {}: delete it, or name it one of {}{keep}", R::KIND.name(), known.join(", "))
}

impl Place {
    fn column(&self) -> Option<&'static str> {
        match self {
            Self::Column(column) => Some(column),
            Self::CustomerOf(_) => Some("customer"),
            Self::Metadata(_) | Self::Nowhere => None,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Column(column) => (*column).to_owned(),
            Self::CustomerOf(provider) => format!("{provider}_customer_id"),
            Self::Metadata(key) => format!("metadata.{key}"),
            Self::Nowhere => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::GIVEN;
    use crate::import::{Contract, Customer};

    #[test]
    fn a_column_is_known_by_the_names_that_people_give_it() {
        let metadata = |key: &str| Place::Metadata(key.to_owned());
        let rows = [
            ("our own", "credit_limit", Place::Column("credit_limit")),
            ("as people write", "Credit Limit", Place::Column("credit_limit")),
            ("as programs write", "creditLimit", Place::Column("credit_limit")),
            ("Salesforce's report", "Billing State/Province", Place::Column("region")),
            ("Salesforce's loader", "BillingPostalCode", Place::Column("postal_code")),
            ("HubSpot", "Company owner", Place::Column("owner")),
            ("a CRM's field for us", "Stripe Customer ID", Place::CustomerOf("stripe".to_owned())),
            ("in two words", "Lemon Squeezy Customer ID", Place::CustomerOf("lemonsqueezy".to_owned())),
            ("a key", "metadata.Team Size", metadata("Team Size")),
            ("no key", "metadata.", Place::Column("metadata")),
            ("nobody's", "Number of Employees", Place::Nowhere),
            ("nameless", "", Place::Nowhere),
        ];
        for (name, text, expected) in rows {
            assert_eq!(place::<Customer>(text, &GIVEN), expected, "{name}");
        }
        let keep = Given { extra: Extra::Keep, ..GIVEN };
        assert_eq!(place::<Customer>("Number of Employees", &keep), metadata("Number of Employees"));
        assert_eq!(place::<Customer>("", &keep), Place::Nowhere);
        assert_eq!(place::<Contract>("Number of Employees", &keep), Place::Nowhere, "only customers carry metadata");
    }
}

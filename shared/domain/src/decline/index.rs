//! Where each name stands in the taxonomy. The tables have thousands of codes, and every failed try is looked up in several of
//! them, by whoever sweeps, writes or pages.

use super::{Declines, letters};
use std::collections::BTreeMap;

/// Places of rows, by what they are asked for. Of several rows it is the first, as if all were gone through.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By table, and then by the code in small letters.
    codes: BTreeMap<String, BTreeMap<String, usize>>,
    /// The category that a row gives a code, in whatever table.
    categories: BTreeMap<String, u8>,
    families: BTreeMap<String, usize>,
    /// By names without what people write differently.
    tables: BTreeMap<String, usize>,
    networks: BTreeMap<String, usize>,
    gateways: BTreeMap<String, Vec<usize>>,
}

impl Index {
    pub(super) fn of(declines: &Declines) -> Self {
        let mut index = Self::default();
        for (place, row) in declines.code.iter().enumerate() {
            index.tables.entry(key(&row.table)).or_insert(place);
            let table = index.codes.entry(row.table.clone()).or_default();
            for code in &row.codes {
                let code = code.to_ascii_lowercase();
                if let Some(category) = row.category {
                    index.categories.entry(code.clone()).or_insert(category);
                }
                table.entry(code).or_insert(place);
            }
        }
        for (place, family) in declines.family.iter().enumerate() {
            index.families.entry(family.id.get_ref().clone()).or_insert(place);
        }
        for (place, network) in declines.network.iter().enumerate() {
            for name in &network.names {
                index.networks.entry(key(name)).or_insert(place);
            }
        }
        for (place, gateway) in declines.gateway.iter().enumerate() {
            for name in &gateway.names {
                let places = index.gateways.entry(key(name)).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        index
    }

    pub(super) fn code(&self, table: &str, code: &str) -> Option<usize> {
        self.codes.get(table)?.get(&code.to_ascii_lowercase()).copied()
    }

    pub(super) fn category(&self, code: &str) -> Option<u8> {
        self.categories.get(&code.to_ascii_lowercase()).copied()
    }

    pub(super) fn family(&self, id: &str) -> Option<usize> {
        self.families.get(id).copied()
    }

    pub(super) fn table(&self, name: &str) -> Option<usize> {
        self.tables.get(&key(name)).copied()
    }

    pub(super) fn network(&self, name: &str) -> Option<usize> {
        self.networks.get(&key(name)).copied()
    }

    /// All gateways of a name, in the order of the rows.
    pub(super) fn gateways(&self, name: &str) -> &[usize] {
        self.gateways.get(&key(name)).map(Vec::as_slice).unwrap_or_default()
    }
}

fn key(name: &str) -> String {
    letters(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decline::{Codes, Network, same_name};
    use crate::policies::Policies;

    #[test]
    fn what_is_looked_up_is_what_going_through_all_rows_finds() {
        let policies = Policies::shipped().unwrap();
        for declines in policies.declines.all() {
            let index = declines.index();
            let mut codes = 0;
            for row in &declines.code {
                for code in &row.codes {
                    let lists = |row: &&Codes| row.codes.iter().any(|own| own.eq_ignore_ascii_case(code));
                    let first = declines.code.iter().position(|other| other.table == row.table && lists(&other));
                    let shouted = code.to_ascii_uppercase();
                    assert_eq!(index.code(&row.table, &shouted), first, "{} {code}", row.table);
                    codes += 1;
                }
                let table = declines.code.iter().position(|other| same_name(&other.table, &row.table));
                assert_eq!(index.table(&row.table), table, "{}", row.table);
                assert_eq!(index.code(&row.table, "no such code"), None);
            }
            assert!(codes > 100, "version {}: {codes} codes", declines.version);
            for name in declines.network.iter().flat_map(|row| &row.names) {
                let of = |row: &Network| row.names.iter().any(|own| same_name(own, name));
                assert_eq!(index.network(&name.replace('_', " ")), declines.network.iter().position(of), "{name}");
            }
            for family in declines.families() {
                assert_eq!(declines.named(family).id.get_ref(), family);
            }
            for name in declines.gateway.iter().flat_map(|row| &row.names) {
                let of = |place: &usize| declines.gateway[*place].names.iter().any(|own| same_name(own, name));
                let all: Vec<usize> = (0..declines.gateway.len()).filter(of).collect();
                assert_eq!(index.gateways(name), all, "{name}");
            }
        }
    }

    #[test]
    fn a_category_is_that_of_the_first_row_that_gives_one() {
        let policies = Policies::shipped().unwrap();
        let declines = policies.declines.current();
        for code in declines.code.iter().flat_map(|row| &row.codes) {
            let lists = |row: &&Codes| row.codes.iter().any(|own| own.eq_ignore_ascii_case(code));
            let rows = declines.code.iter().filter(|row| row.category.is_some());
            assert_eq!(declines.index().category(code), rows.filter(lists).find_map(|row| row.category), "{code}");
        }
    }
}

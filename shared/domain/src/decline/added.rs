//! A version that holds only what it adds to an older one.

use super::Declines;
use crate::policy::Complaint;
use std::collections::BTreeSet;
use std::sync::OnceLock;

impl Declines {
    /// All that the older version says and that this one adds. Of a code, and of a network with one of its names, only
    /// what this one says holds; what it does not write stays as it was.
    pub(super) fn on_top_of(self, older: &Self) -> Self {
        // What was looked up in the older one is found elsewhere in this.
        let mut all = Self { index: OnceLock::new(), ..older.clone() };
        let anew: BTreeSet<(String, String)> =
            self.code.iter().flat_map(|row| row.codes.iter().map(move |code| place(&row.table, code))).collect();
        for row in &mut all.code {
            let table = row.table.clone();
            row.codes.retain(|code| !anew.contains(&place(&table, code)));
        }
        all.code.retain(|row| !row.codes.is_empty());
        all.network.retain(|row| !row.names.iter().any(|name| self.network(name).is_some()));
        all.version = self.version;
        all.effective = self.effective;
        all.adds_to = self.adds_to;
        if !self.unknown.is_empty() {
            all.unknown = self.unknown;
        }
        all.shared_names = self.shared_names.or(all.shared_names);
        all.network_advice_from.extend(self.network_advice_from);
        all.passes_on.extend(self.passes_on);
        all.network_tables.extend(self.network_tables);
        all.advice_tables.extend(self.advice_tables);
        all.family.extend(self.family);
        all.code.extend(self.code);
        all.gateway.extend(self.gateway);
        all.network.extend(self.network);
        all.way.extend(self.way);
        all.phrase.extend(self.phrase);
        all.limit.extend(self.limit);
        all.issuer.extend(self.issuer);
        all
    }

    /// What only a version may leave out that adds to another.
    pub(super) fn left_out(&self) -> Vec<Complaint> {
        let lists = [
            ("network_advice_from", self.network_advice_from.is_empty()),
            ("passes_on", self.passes_on.is_empty()),
            ("network_tables", self.network_tables.is_empty()),
            ("advice_tables", self.advice_tables.is_empty()),
            ("[[family]]", self.family.is_empty()),
            ("[[code]]", self.code.is_empty()),
            ("[[limit]]", self.limit.is_empty()),
        ];
        let empty = lists.into_iter().filter(|(_, is_empty)| *is_empty);
        empty.map(|(name, _)| Complaint::at(0, format!("`{name}` has nothing in it"))).collect()
    }
}

fn place(table: &str, code: &str) -> (String, String) {
    (table.to_owned(), code.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::SHIPPED;
    use crate::policy::Versions;

    const OLDER: &str = "shared/policy/declines/v2.toml";
    const NEWER: &str = "shared/policy/declines/v3.toml";

    fn with(newer: &str) -> Result<Versions<Declines>, String> {
        let (_, older) = SHIPPED.iter().find(|(file, _)| *file == OLDER).unwrap();
        Versions::load(&[(OLDER, older), (NEWER, newer)]).map_err(|refused| refused.to_string())
    }

    fn adding(rest: &str) -> String {
        format!("version = 3\nadds_to = 2\neffective = \"2026-11-30\"\n{rest}")
    }

    #[test]
    fn what_is_added_says_the_rest_of_what_was() {
        let newer = adding(
            "[[code]]\ntable = \"stripe\"\nfamily = \"barred\"\ncodes = [\"Insufficient_Funds\", \"brand_new\"]\n\
             [[network]]\nnames = [\"bacs\", \"bacs_of_old\"]\ntables = [\"sepa\"]\n",
        );
        let versions = with(&newer).unwrap();
        let (older, newer) = (versions.version(2).unwrap(), versions.current());
        let family =
            |declines: &Declines, code: &str| declines.listed("stripe", code).map(|row| row.family.get_ref().clone());
        let rows = [
            ("insufficient_funds", Some("insufficient_funds"), Some("barred")),
            ("brand_new", None, Some("barred")),
            ("lost_card", Some("lost_or_stolen"), Some("lost_or_stolen")),
        ];
        for (code, before, since) in rows {
            assert_eq!(family(older, code).as_deref(), before, "{code} before");
            assert_eq!(family(newer, code).as_deref(), since, "{code} since");
        }
        assert_eq!(newer.version, 3);
        assert_eq!(newer.network("bacs").unwrap().tables.get_ref(), &["sepa"]);
        assert!(newer.network("bacs_debit").is_none(), "the row of a network is said as a whole");
        assert_eq!((newer.family.len(), newer.limit.len()), (older.family.len(), older.limit.len()));
        assert_eq!(newer.unknown, older.unknown);
    }

    #[test]
    fn what_adds_wrongly_is_refused_with_its_line() {
        let again = "[[code]]\ntable = \"stripe\"\nfamily = \"barred\"\ncodes = [\"x\", \"X\"]\n";
        let rows = [
            (adding(again), "v3.toml:6: `stripe X` is listed twice"),
            (adding("").replace("adds_to = 2", "adds_to = 3"), "v3.toml:1: it adds to version 3, which is not older"),
            (adding("").replace("adds_to = 2", "adds_to = 1"), "v3.toml:1: it adds to version 1, and there is no such"),
            (adding("").replace("adds_to = 2\n", ""), "`network_advice_from` has nothing in it"),
            (
                adding("[[code]]\ntable = \"a\"\nfamily = \"b\"\ncodes = [\"c\"]\n"),
                "v3.toml:6: no family is called `b`",
            ),
        ];
        for (newer, expected) in rows {
            let refused = with(&newer).err().unwrap_or_else(|| panic!("{newer} is not refused"));
            assert!(refused.contains(expected), "{refused}");
        }
    }
}

//! Keys of what imports said: of an account with the account, of prices, rates and card networks by themselves.

use super::Prefix;
use super::account::{ACCOUNT, account};
use crate::ports::{Key, Table};
use domain::id::AccountId;
use jiff::civil::Date;

/// Which imports of a kind count.
pub fn imports(kind: &str) -> Key {
    Key { table: Table::Config, pk: "IMPORT".to_owned(), sk: format!("IMPORT#{kind}") }
}

/// What imports of a kind said about an account.
pub fn imported_of(id: &AccountId, kind: &str) -> Key {
    account(id, format!("IMPORTED#{kind}"))
}

/// What imports said about a price.
pub fn price(provider: &str, source: &str, price: &str) -> Key {
    Key { table: Table::Config, pk: "PRICE".to_owned(), sk: format!("PRICE#{provider}#{source}#{price}") }
}

/// The prices of a source's catalogue.
pub fn prices(provider: &str, source: &str) -> Prefix {
    Prefix::of(price(provider, source, ""))
}

/// What imports said about the card networks.
pub fn network_rules() -> Key {
    Key { table: Table::Config, pk: "NETWORK_RULES".to_owned(), sk: "NETWORK_RULES".to_owned() }
}

/// What imports said about the rates of the week that a day is in: few keys lead to all that may still count.
pub fn rates(on: Date) -> Key {
    let week = on.iso_week_date();
    Key { table: Table::Config, pk: "RATES".to_owned(), sk: format!("RATES#{:04}-W{:02}", week.year(), week.week()) }
}

/// The key under which imported records lie.
pub fn imported(pk: &str, sk: &str) -> Key {
    let table = if pk.starts_with(ACCOUNT) { Table::Accounts } else { Table::Config };
    Key { table, pk: pk.to_owned(), sk: sk.to_owned() }
}

/// A board of a shelf, where one item does not hold all that imports say about one thing. It lies in the shelf's
/// partition, and not among the shelves there, some of which are listed.
pub fn board(home: &Key, number: usize) -> Key {
    Key { table: home.table, pk: home.pk.clone(), sk: format!("BOARD#{}#{number}", home.sk) }
}

/// Whether a shelf lies under a key, which may have boards.
pub fn is_shelf(key: &Key) -> bool {
    ["IMPORTED#", "PRICE#", "RATES#", "NETWORK_RULES"].iter().any(|own| key.sk.starts_with(own))
}

/// What imported records under a key are about, to tell people: an account's id, or all prices, rates, or card networks.
pub fn imported_about(home: &Key) -> &str {
    home.pk.strip_prefix(ACCOUNT).unwrap_or(&home.pk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_is_no_shelf_and_is_not_listed_among_them() {
        let id = AccountId::of("stripe", "default", "cus_1");
        let day = "2026-11-29".parse().unwrap();
        for home in [imported_of(&id, "usage"), price("stripe", "default", "price_pro"), network_rules(), rates(day)] {
            let board = board(&home, 1);
            assert!(is_shelf(&home) && !is_shelf(&board), "{board:?}");
            assert_eq!((board.table, &board.pk), (home.table, &home.pk), "whoever may write a shelf writes its boards");
        }
        let (listed, other) = (prices("stripe", "default"), board(&price("stripe", "default", "price_pro"), 1));
        assert!(!other.sk.starts_with(&listed.sk), "{other:?}");
        assert!(!is_shelf(&imports("contracts")));
    }

    #[test]
    fn a_week_of_rates_lies_together() {
        for (day, sk) in [
            ("2026-11-22", "RATES#2026-W47"),
            ("2026-11-23", "RATES#2026-W48"),
            ("2026-11-29", "RATES#2026-W48"),
            ("2027-01-03", "RATES#2026-W53"),
            ("2027-01-04", "RATES#2027-W01"),
        ] {
            assert_eq!(rates(day.parse().unwrap()).sk, sk, "{day}");
        }
    }
}

//! Keys of what imports said: of an account with the account, of prices and card networks by themselves.

use super::Prefix;
use super::account::{ACCOUNT, account};
use crate::ports::{Key, Table};
use domain::id::AccountId;

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

/// The key under which imported records lie.
pub fn imported(pk: &str, sk: &str) -> Key {
    let table = if pk.starts_with(ACCOUNT) { Table::Accounts } else { Table::Config };
    Key { table, pk: pk.to_owned(), sk: sk.to_owned() }
}

/// What imported records under a key are about, to tell people: an account's id, or all prices, or the card networks.
pub fn imported_about(home: &Key) -> &str {
    home.pk.strip_prefix(ACCOUNT).unwrap_or(&home.pk)
}

//! How customers are called, where several are shown.

use domain::id::AccountId;
use std::collections::BTreeMap;

/// Read together, by account.
pub type Names = BTreeMap<AccountId, String>;

/// How one is called; by its id, where nothing else is known.
pub(crate) fn name<'a>(names: &'a Names, account: &'a AccountId) -> &'a str {
    names.get(account).map_or(account.as_str(), String::as_str)
}

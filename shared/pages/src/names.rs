//! What customers are called on a page, and an id beside a name: small, to be copied, and never in its place.

use domain::book::Called;
use domain::id::AccountId;
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::fmt::Display;

static UNKNOWN: Called = Called::Unknown;

/// What the customers of a page are called.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<AccountId, Called>);

impl Names {
    pub fn of(&self, account: &AccountId) -> &Called {
        self.0.get(account).unwrap_or(&UNKNOWN)
    }
}

impl FromIterator<(AccountId, Called)> for Names {
    fn from_iter<I: IntoIterator<Item = (AccountId, Called)>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

/// Where a list names a customer: their account is behind it.
pub(crate) fn customer(names: &Names, account: &AccountId) -> Markup {
    html! { a href={ "/accounts/" (account) } { (names.of(account)) } }
}

/// `name` is the id of the element, once on its page.
pub(crate) fn small(name: &str, id: impl Display) -> Markup {
    html! {
        span .soft {
            code id=(name) { (id) } " "
            button type="button" hidden data-copy={ "#" (name) } { "Copy" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_as_text_in_any_script_and_who_was_erased_has_none() {
        let account = |number: u32| AccountId::of("stripe", "default", &format!("cus_{number}"));
        let name = |text: &str| Called::Name(text.to_owned());
        let all = [name("<script>x</script> & Söhne"), name("株式会社ジュニパー"), Called::Erased];
        let names: Names = (1..).zip(all).map(|(number, called)| (account(number), called)).collect();
        for (number, expected) in [
            (1, "&lt;script&gt;x&lt;/script&gt; &amp; Söhne"),
            (2, "株式会社ジュニパー"),
            (3, "a customer whose data was erased"),
            (4, "a customer whose name is not known"),
        ] {
            let shown = customer(&names, &account(number)).into_string();
            assert!(shown.ends_with(&format!("\">{expected}</a>")), "{shown}");
        }
    }
}

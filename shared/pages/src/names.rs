//! What customers and colleagues are called on a page, and an id beside a name: small, to be copied, and never in its
//! place.

use domain::book::Called;
use domain::id::AccountId;
use domain::staff::called;
use maud::{Markup, html};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;

static UNKNOWN: Called = Called::Unknown;

/// What those are called whom a page names.
#[derive(Debug, Clone, Default)]
pub struct Names {
    customers: BTreeMap<AccountId, Called>,
    staff: BTreeMap<String, String>,
}

impl Names {
    pub fn of(&self, account: &AccountId) -> &Called {
        self.customers.get(account).unwrap_or(&UNKNOWN)
    }

    /// Whoever did something or has it: one of the staff, Recoup, or who is said in words.
    pub fn who<'a>(&'a self, id: &'a str) -> Cow<'a, str> {
        called(id, self.colleague(id))
    }

    /// Whoever a file of the company names: it may know them by an id of ours, or by any other word.
    pub fn perhaps<'a>(&'a self, word: &'a str) -> &'a str {
        self.colleague(word).unwrap_or(word)
    }

    fn colleague(&self, id: &str) -> Option<&str> {
        self.staff.get(id).map(String::as_str)
    }

    /// The same with others, each by their id.
    #[must_use]
    pub fn with(mut self, staff: impl IntoIterator<Item = (String, String)>) -> Self {
        self.staff.extend(staff);
        self
    }
}

impl FromIterator<(AccountId, Called)> for Names {
    fn from_iter<I: IntoIterator<Item = (AccountId, Called)>>(all: I) -> Self {
        Self { customers: all.into_iter().collect(), ..Self::default() }
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
    fn whoever_did_something_is_named_as_they_are_called_now() {
        let names = Names::default().with([("lena".to_owned(), "Lena".to_owned())]);
        for (id, expected) in [("lena", "Lena"), ("nia", "nia (no longer here)"), ("recoup", "Recoup")] {
            assert_eq!(names.who(id), expected);
        }
        assert_eq!((names.perhaps("lena"), names.perhaps("sales")), ("Lena", "sales"));
    }

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

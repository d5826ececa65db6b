//! What a list can be asked for: a form that makes its address, and what stands there when nothing fits.

use maud::{Markup, html};

/// Everything that a list can be asked for, as its address has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filters {
    /// The list's own path.
    pub path: &'static str,
    pub fields: Vec<Field>,
}

/// One thing that a list can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    /// What is asked for; nothing, where all are wanted.
    pub value: String,
    pub choice: Choice,
}

/// How it is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// In words of one's own, such as these.
    Typed(&'static str),
    /// As one of these; the first word is what it means to choose none.
    OneOf(&'static str, Vec<(&'static str, String)>),
}

impl Filters {
    /// What is asked for, name by name.
    pub fn asked(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let given = self.fields.iter().filter(|field| !field.value.is_empty());
        given.map(|field| (field.name, field.value.as_str()))
    }

    pub(crate) fn form(&self) -> Markup {
        html! {
            form .row method="get" action=(self.path) role="search" aria-label="This list" {
                @for field in &self.fields { label {
                    (field.label) " "
                    @match &field.choice {
                        Choice::Typed(example) => {
                            input name=(field.name) value=(field.value) placeholder=(example) maxlength="255";
                        }
                        Choice::OneOf(any, options) => { select name=(field.name) {
                            option value="" { (any) }
                            @for (value, words) in options {
                                option value=(value) selected[*value == field.value] { (words) }
                            }
                        } }
                    }
                } }
                button type="submit" { "Show" }
                @if self.asked().next().is_some() { a href=(self.path) { "Show all" } }
            }
        }
    }

    /// What to do where nothing is shown: `otherwise` where nothing was left out.
    pub(crate) fn empty(&self, otherwise: &Markup) -> Markup {
        html! {
            @if self.asked().next().is_some() {
                p .soft { "Nothing here fits what you asked for. " a href=(self.path) { "Show all" } " or ask for less." }
            } @else {
                p .soft { (otherwise) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(state: &str, account: &str) -> Filters {
        let states = vec![("open", "open".to_owned()), ("in_doubt", "in doubt".to_owned())];
        let field = |name, label, value: &str, choice| Field { name, label, value: value.to_owned(), choice };
        Filters {
            path: "/cases",
            fields: vec![
                field("state", "State", state, Choice::OneOf("any", states)),
                field("account", "Account", account, Choice::Typed("stripe:cus_1")),
            ],
        }
    }

    #[test]
    fn the_form_has_what_was_asked_for_and_a_way_back() {
        let form = filters("in_doubt", "\"><b>").form().into_string();
        for part in [
            "method=\"get\" action=\"/cases\"",
            "<option value=\"in_doubt\" selected>in doubt</option>",
            "<option value=\"open\">open</option>",
            "value=\"&quot;&gt;&lt;b&gt;\"",
            "<a href=\"/cases\">Show all</a>",
        ] {
            assert!(form.contains(part), "{part}: {form}");
        }
        assert!(!filters("", "").form().into_string().contains("Show all"));
    }

    #[test]
    fn an_empty_list_says_whether_something_was_left_out() {
        let otherwise = html! { "Open an account." };
        for (state, expected) in [("", "Open an account."), ("open", "fits what you asked for")] {
            let said = filters(state, "").empty(&otherwise).into_string();
            assert!(said.contains(expected), "{said}");
            assert_eq!(said.contains("Open an account."), state.is_empty(), "{said}");
        }
    }
}

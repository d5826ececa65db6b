//! What a list can be asked for: a form that makes its address, and what stands there when nothing fits.

use crate::frame::Viewer;
use maud::{Markup, html};

/// Everything that a list can be asked for, as its address has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// The list's own path.
    pub path: &'static str,
    pub fields: Vec<FilterField>,
    /// The address of what is shown, and the views of this list that its reader keeps, each with its own.
    pub here: String,
    pub views: Vec<(String, String)>,
}

/// One thing that a list can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterField {
    pub name: &'static str,
    pub label: &'static str,
    /// What is asked for; nothing, where all are wanted.
    pub value: String,
    pub choice: FilterChoice,
}

/// How it is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterChoice {
    /// In words of one's own, such as these.
    Typed(&'static str),
    /// As one of these; the first word is what it means to choose none.
    OneOf(&'static str, Vec<(String, String)>),
    /// As a day; a time of it, as programs ask for, is its day.
    Day,
}

impl Filters {
    /// What is asked for, name by name.
    pub fn asked(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let given = self.fields.iter().filter(|field| !field.value.is_empty());
        given.map(|field| (field.name, field.value.as_str()))
    }

    pub(crate) fn form(&self, viewer: &Viewer) -> Markup {
        html! {
            (self.kept(viewer))
            form .row method="get" action=(self.path) role="search" aria-label="This list" {
                @for field in &self.fields { label {
                    (field.label) " "
                    @match &field.choice {
                        FilterChoice::Typed(example) => {
                            input name=(field.name) value=(field.value) placeholder=(example) maxlength="255";
                        }
                        FilterChoice::OneOf(any, options) => { select name=(field.name) {
                            option value="" { (any) }
                            @for (value, words) in options {
                                option value=(value) selected[*value == field.value] { (words) }
                            }
                        } }
                        FilterChoice::Day => { input type="date" name=(field.name) value=(day(&field.value)); }
                    }
                } }
                button type="submit" { "Show" }
                @if self.asked().next().is_some() { a href=(self.path) { "Show all" } }
            }
            @if let (Some(csrf), true) = (&viewer.csrf, self.asked().next().is_some()) {
                form .row method="post" action="/views" {
                    input type="hidden" name="csrf" value=(csrf);
                    input type="hidden" name="here" value=(self.here);
                    label { "Keep this view as " input name="name" required maxlength="60"; }
                    button .plain type="submit" { "Keep" }
                }
            }
        }
    }

    /// The views that its reader keeps of this list.
    fn kept(&self, viewer: &Viewer) -> Markup {
        html! {
            @if !self.views.is_empty() {
                nav .views aria-label="Views that you keep" {
                    @for (name, address) in &self.views { div {
                        a href=(address) aria-current=[(*address == self.here).then_some("page")] { (name) }
                        @if let Some(csrf) = &viewer.csrf {
                            " " form .inline method="post" action="/views" {
                                input type="hidden" name="csrf" value=(csrf);
                                input type="hidden" name="here" value=(self.here);
                                input type="hidden" name="forget" value=(name);
                                button .plain type="submit" aria-label={ "Remove the view " (name) } { "Remove" }
                            }
                        }
                    } }
                }
            }
        }
    }

    /// Lists that are asked for so often that they stand above the form.
    pub(crate) fn short(&self, label: &str, ways: &[(&str, String)]) -> Markup {
        html! {
            nav .row aria-label=(label) {
                @for (words, address) in ways {
                    a href=(address) aria-current=[(*address == self.here).then_some("page")] { (words) } " "
                }
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

/// A field for days shows no time.
fn day(value: &str) -> &str {
    value.get(..10).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::staff::Role;

    fn viewer(csrf: Option<&str>) -> Viewer {
        let csrf = csrf.map(str::to_owned);
        Viewer { id: "lena".into(), name: "Lena".into(), role: Role::L1, csrf, local: false }
    }

    fn filters(state: &str, account: &str) -> Filters {
        let states = [("open", "open"), ("in_doubt", "in doubt")];
        let states = states.map(|(name, words)| (name.to_owned(), words.to_owned())).into();
        let field = |name, label, value: &str, choice| FilterField { name, label, value: value.to_owned(), choice };
        Filters {
            path: "/cases",
            fields: vec![
                field("state", "State", state, FilterChoice::OneOf("any", states)),
                field("account", "Account", account, FilterChoice::Typed("stripe:cus_1")),
            ],
            here: format!("/cases?state={state}"),
            views: vec![("<Mine>".to_owned(), "/cases?state=open&sort=oldest".to_owned())],
        }
    }

    #[test]
    fn the_form_has_what_was_asked_for_and_a_way_back() {
        let form = filters("in_doubt", "\"><b>").form(&viewer(Some("c"))).into_string();
        for part in [
            "method=\"get\" action=\"/cases\"",
            "<option value=\"in_doubt\" selected>in doubt</option>",
            "<option value=\"open\">open</option>",
            "value=\"&quot;&gt;&lt;b&gt;\"",
            "<a href=\"/cases\">Show all</a>",
            "name=\"here\" value=\"/cases?state=in_doubt\"",
            "<a href=\"/cases?state=open&amp;sort=oldest\">&lt;Mine&gt;</a>",
            "name=\"forget\" value=\"&lt;Mine&gt;\"",
        ] {
            assert!(form.contains(part), "{part}: {form}");
        }
        let all = filters("", "").form(&viewer(Some("c"))).into_string();
        assert!(!all.contains("Show all") && !all.contains("Keep this view"), "there is nothing to keep: {all}");
        let reader = filters("open", "").form(&viewer(None)).into_string();
        assert!(reader.contains("&lt;Mine&gt;") && !reader.contains("method=\"post\""), "{reader}");
    }

    #[test]
    fn a_day_is_chosen_as_one_also_where_a_program_asked_for_a_time() {
        for (value, expected) in [("2026-03-09T00:00:00Z", "2026-03-09"), ("2026-03-09", "2026-03-09"), ("", "")] {
            let field =
                FilterField { name: "until", label: "Until", value: value.to_owned(), choice: FilterChoice::Day };
            let filters = Filters { path: "/dunning", fields: vec![field], ..Filters::default() };
            let form = filters.form(&viewer(None)).into_string();
            let expected = format!("<input type=\"date\" name=\"until\" value=\"{expected}\">");
            assert!(form.contains(&expected), "{form}");
        }
    }

    #[test]
    fn a_short_way_says_that_it_is_where_one_is() {
        let ways = [("Mine", "/cases?state=open".to_owned()), ("All", "/cases".to_owned())];
        let short = filters("open", "").short("Which cases", &ways).into_string();
        assert!(short.contains("<a href=\"/cases?state=open\" aria-current=\"page\">Mine</a>"), "{short}");
        assert!(short.contains("<a href=\"/cases\">All</a>"), "{short}");
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

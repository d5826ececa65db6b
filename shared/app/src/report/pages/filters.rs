//! The forms of filters: what each list can be asked for, with what its address has.

use crate::context::Context;
use crate::fault::Fault;
use crate::report::query::{NOBODY, Query};
use crate::setup::view;
use crate::task::Listed;
use crate::web::escaped;
use ::pages::{FilterChoice, FilterField, Filters, Viewer};
use domain::action::{KINDS, State as ActionState};
use domain::case::{Class, State as CaseState};
use domain::cash::State as RequestState;
use domain::incident::State as IncidentState;
use domain::staff::{MACHINE, Staff, called};
use domain::ticket::State as TicketState;
use std::collections::BTreeSet;

const CASE_STATES: [CaseState; 2] = [CaseState::Open, CaseState::Resolved];
const INCIDENT_STATES: [IncidentState; 2] = [IncidentState::Open, IncidentState::Over];

pub(super) fn accounts(query: &Query) -> Filters {
    let names = providers::ALL.iter().map(|provider| provider.name);
    let fields = vec![
        one_of(query, "provider", "Provider", named(names)),
        one_of(query, "owing", "Owes", said([("true", "owes something"), ("false", "owes nothing")])),
        one_of(query, "in_trouble", "Cases", said([("true", "with an open case"), ("false", "without one")])),
    ];
    Filters { path: "/accounts", fields, ..Filters::default() }
}

pub(super) fn cases(query: &Query) -> Filters {
    let fields = vec![
        one_of(query, "state", "State", named(CASE_STATES.map(CaseState::name))),
        one_of(query, "class", "Kind", classes()),
        typed(query, "account", "Account", "stripe:cus_1"),
        sort(query),
    ];
    Filters { path: "/cases", fields, ..Filters::default() }
}

pub(super) fn papers(query: &Query) -> Filters {
    let fields =
        vec![typed(query, "number", "Number", "R-2026-000001"), typed(query, "account", "Account", "stripe:cus_1")];
    Filters { path: "/documents", fields, ..Filters::default() }
}

pub(super) fn disputes(query: &Query) -> Filters {
    let fields = vec![
        one_of(query, "state", "State", named(CASE_STATES.map(CaseState::name))),
        typed(query, "account", "Account", "stripe:cus_1"),
        sort(query),
    ];
    Filters { path: "/disputes", fields, ..Filters::default() }
}

pub(super) fn actions(query: &Query, staff: &[Staff]) -> Filters {
    let fields = vec![
        one_of(query, "state", "State", named(ActionState::ALL.map(ActionState::name))),
        one_of(query, "kind", "Kind", named(KINDS)),
        somebody(query, ("requested_by", "Asked by"), staff, &[(MACHINE, "Recoup")]),
        typed(query, "account", "Account", "stripe:cus_1"),
        sort(query),
    ];
    Filters { path: "/actions", fields, ..Filters::default() }
}

pub(super) fn incidents(query: &Query) -> Filters {
    let fields = vec![one_of(query, "state", "State", named(INCIDENT_STATES.map(IncidentState::name)))];
    Filters { path: "/incidents", fields, ..Filters::default() }
}

pub(super) fn tasks(query: &Query, staff: &[Staff]) -> Filters {
    let mut states = named(Listed::ALL.map(Listed::name));
    states.retain(|(name, _)| name != Listed::Open.name());
    let fields = vec![
        field(query, "state", "State", FilterChoice::OneOf("open today", states)),
        somebody(query, ("assigned_to", "Who has it"), staff, &[]),
        typed(query, "account", "Account", "stripe:cus_1"),
    ];
    Filters { path: "/tasks", fields, ..Filters::default() }
}

pub(super) fn tickets(query: &Query, staff: &[Staff]) -> Filters {
    let fields = vec![
        one_of(query, "state", "State", named(TicketState::ALL.map(TicketState::name))),
        one_of(query, "class", "Class", classes()),
        somebody(query, ("assignee", "Who has it"), staff, &[(NOBODY, "nobody")]),
        typed(query, "account", "Account", "stripe:cus_1"),
        sort(query),
    ];
    Filters { path: "/tickets", fields, ..Filters::default() }
}

pub(super) fn approvals(query: &Query, staff: &[Staff]) -> Filters {
    let fields = vec![
        one_of(query, "kind", "Kind", named(KINDS)),
        somebody(query, ("requested_by", "Asked by"), staff, &[(MACHINE, "Recoup")]),
        typed(query, "account", "Account", "stripe:cus_1"),
        sort(query),
    ];
    Filters { path: "/approvals", fields, ..Filters::default() }
}

/// What comes next stands first: there is no other order.
pub(super) fn recoveries(query: &Query, segments: &BTreeSet<String>) -> Filters {
    let fields = vec![
        field(query, "due_before", "Due before", FilterChoice::Day),
        one_of(query, "segment", "Segment", named(segments.iter().map(String::as_str))),
        one_of(query, "paused", "Paused", said([("true", "paused or promised"), ("false", "going on")])),
    ];
    Filters { path: "/dunning", fields, ..Filters::default() }
}

pub(super) fn payment_requests(query: &Query) -> Filters {
    let fields = vec![
        one_of(query, "state", "State", named(RequestState::ALL.map(RequestState::name))),
        typed(query, "account", "Account", "stripe:cus_1"),
    ];
    Filters { path: "/payment-requests", fields, ..Filters::default() }
}

/// The same with the views that somebody keeps of the list: one read.
pub(super) async fn kept(context: &Context, viewer: &Viewer, filters: Filters) -> Result<Filters, Fault> {
    let own = view::of(context, &viewer.id).await?;
    let views = own.of(filters.path).map(|view| (view.name.clone(), view.address.clone())).collect();
    let here = base(&filters).trim_end_matches(['&', '?']).to_owned();
    Ok(Filters { here, views, ..filters })
}

/// The address of the same list as it was asked for, so that a name can follow.
pub(super) fn base(filters: &Filters) -> String {
    let asked = filters.asked().map(|(name, value)| format!("{name}={}&", escaped(value)));
    format!("{}?{}", filters.path, asked.collect::<String>())
}

fn field(query: &Query, name: &'static str, label: &'static str, choice: FilterChoice) -> FilterField {
    FilterField { name, label, value: query.get(name).cloned().unwrap_or_default(), choice }
}

fn typed(query: &Query, name: &'static str, label: &'static str, example: &'static str) -> FilterField {
    field(query, name, label, FilterChoice::Typed(example))
}

fn one_of(query: &Query, name: &'static str, label: &'static str, options: Vec<(String, String)>) -> FilterField {
    field(query, name, label, FilterChoice::OneOf("any", options))
}

fn sort(query: &Query) -> FilterField {
    field(query, "sort", "Order", FilterChoice::OneOf("newest first", said([("oldest", "oldest first")])))
}

/// One of the staff by their name, or one of `more`. Whoever is asked for and is not here any more stays to be seen.
fn somebody(
    query: &Query,
    (name, label): (&'static str, &'static str),
    staff: &[Staff],
    more: &[(&str, &str)],
) -> FilterField {
    let mut options = said(more.iter().copied());
    options.extend(staff.iter().map(|one| (one.id.clone(), one.name.clone())));
    let asked = query.get(name).filter(|id| !id.is_empty() && options.iter().all(|(known, _)| known != *id));
    options.extend(asked.map(|id| (id.clone(), called(id, None).into_owned())));
    one_of(query, name, label, options)
}

fn classes() -> Vec<(String, String)> {
    said(Class::ALL.map(|class| (class.name(), class.title())))
}

fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<(String, String)> {
    names.into_iter().map(|name| (name.to_owned(), name.replace('_', " "))).collect()
}

fn said<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    options.into_iter().map(|(value, words)| (value.to_owned(), words.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::staff::Role;

    fn staff() -> Vec<Staff> {
        let (id, name, email) = ("lena".to_owned(), "Lena M.".to_owned(), String::new());
        vec![Staff { id, name, role: Role::L1, email, slack: None, languages: Vec::new() }]
    }

    fn query(name: &str, value: &str) -> Query {
        Query::from([(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn somebody_is_chosen_by_their_name_and_whoever_left_can_still_be_seen() {
        let had = |value: &str| {
            let field = tickets(&query("assignee", value), &staff()).fields.remove(2);
            let FilterChoice::OneOf(_, options) = field.choice else { panic!("one of some") };
            (field.value, options.into_iter().map(|(_, words)| words).collect::<Vec<_>>())
        };
        for (value, expected) in [
            ("", &["nobody", "Lena M."] as &[&str]),
            ("lena", &["nobody", "Lena M."]),
            (NOBODY, &["nobody", "Lena M."]),
            ("nia", &["nobody", "Lena M.", "nia (no longer here)"]),
        ] {
            let (chosen, options) = had(value);
            assert_eq!(
                (chosen.as_str(), options.iter().map(String::as_str).collect::<Vec<_>>()),
                (value, expected.to_vec())
            );
        }
    }

    #[test]
    fn a_list_leads_on_with_all_that_it_was_asked_for() {
        for (filters, expected) in [
            (tickets(&query("sort", "oldest"), &[]), "/tickets?sort=oldest&"),
            (tickets(&query("assignee", "a&b"), &[]), "/tickets?assignee=a%26b&"),
            (approvals(&query("requested_by", "lena"), &staff()), "/approvals?requested_by=lena&"),
            (recoveries(&query("paused", "true"), &BTreeSet::new()), "/dunning?paused=true&"),
            (recoveries(&query("due_before", "2026-03-09"), &BTreeSet::new()), "/dunning?due_before=2026-03-09&"),
            (recoveries(&query("cursor", "c"), &BTreeSet::new()), "/dunning?"),
        ] {
            assert_eq!(base(&filters), expected);
        }
    }
}

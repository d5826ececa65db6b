//! The forms of filters: what each list can be asked for, with what its address has.

use crate::context::Context;
use crate::fault::Fault;
use crate::report::query::Query;
use crate::setup::view;
use crate::task::Listed;
use crate::web::escaped;
use ::pages::{FilterChoice, FilterField, Filters, Viewer};
use domain::action::{KINDS, State as ActionState};
use domain::case::{Class, State as CaseState};
use domain::cash::State as RequestState;
use domain::incident::State as IncidentState;

const CASE_STATES: [CaseState; 2] = [CaseState::Open, CaseState::Resolved];
const INCIDENT_STATES: [IncidentState; 2] = [IncidentState::Open, IncidentState::Over];

pub(super) fn accounts(query: &Query) -> Filters {
    let names = providers::ALL.iter().map(|provider| provider.name);
    let fields = vec![
        one_of(query, "provider", "Provider", named(names)),
        one_of(query, "owing", "Owes", vec![("true", "owes something".into()), ("false", "owes nothing".into())]),
        one_of(
            query,
            "in_trouble",
            "Cases",
            vec![("true", "with an open case".into()), ("false", "without one".into())],
        ),
    ];
    Filters { path: "/accounts", fields, ..Filters::default() }
}

pub(super) fn cases(query: &Query) -> Filters {
    let classes = Class::ALL.map(|class| (class.name(), class.title().to_owned()));
    let fields = vec![
        one_of(query, "state", "State", named(CASE_STATES.map(CaseState::name))),
        one_of(query, "class", "Kind", classes.into()),
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

pub(super) fn actions(query: &Query) -> Filters {
    let fields = vec![
        one_of(query, "state", "State", named(ActionState::ALL.map(ActionState::name))),
        one_of(query, "kind", "Kind", named(KINDS)),
        typed(query, "requested_by", "Asked by", "luis"),
        typed(query, "account", "Account", "stripe:cus_1"),
        sort(query),
    ];
    Filters { path: "/actions", fields, ..Filters::default() }
}

pub(super) fn incidents(query: &Query) -> Filters {
    let fields = vec![one_of(query, "state", "State", named(INCIDENT_STATES.map(IncidentState::name)))];
    Filters { path: "/incidents", fields, ..Filters::default() }
}

pub(super) fn tasks(query: &Query) -> Filters {
    let mut states = named(Listed::ALL.map(Listed::name));
    states.retain(|(name, _)| *name != Listed::Open.name());
    let fields = vec![
        field(query, "state", "State", FilterChoice::OneOf("open today", states)),
        typed(query, "assigned_to", "Who has it", "luis"),
        typed(query, "account", "Account", "stripe:cus_1"),
    ];
    Filters { path: "/tasks", fields, ..Filters::default() }
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

fn one_of(query: &Query, name: &'static str, label: &'static str, options: Vec<(&'static str, String)>) -> FilterField {
    field(query, name, label, FilterChoice::OneOf("any", options))
}

fn sort(query: &Query) -> FilterField {
    field(query, "sort", "Order", FilterChoice::OneOf("newest first", vec![("oldest", "oldest first".to_owned())]))
}

fn named(names: impl IntoIterator<Item = &'static str>) -> Vec<(&'static str, String)> {
    names.into_iter().map(|name| (name, name.replace('_', " "))).collect()
}

//! What may stand behind the question mark of an address: the filters that programs and pages share.

use super::ageing::end_of;
use crate::door::routes::class;
use crate::dunning::cash;
use crate::paper;
use crate::ports::Order;
use crate::task::{self, Listed};
use crate::ticket;
use crate::web::{Problem, account_id};
use domain::action::State as ActionState;
use domain::case::{Class, State as CaseState};
use domain::cash::State as RequestState;
use domain::id::AccountId;
use domain::incident::State as IncidentState;
use domain::report::Month;
use domain::ticket::State;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The query of a request, by name.
pub(super) type Query = BTreeMap<String, String>;

/// Which cases are wanted.
pub(super) fn case_state(query: &Query) -> Result<Option<CaseState>, Problem> {
    match query.get("state").map(String::as_str) {
        None | Some("") => Ok(None),
        Some("open") => Ok(Some(CaseState::Open)),
        Some("resolved") => Ok(Some(CaseState::Resolved)),
        Some(_) => Err(Problem::malformed("`state` is open or resolved")),
    }
}

/// The class of the cases that are wanted.
pub(super) fn case_class(query: &Query) -> Result<Option<Class>, Problem> {
    let named = |name: &String| class(name).ok_or_else(|| Problem::malformed("`class` is not a class of cases"));
    query.get("class").filter(|name| !name.is_empty()).map(named).transpose()
}

/// Which incidents are wanted.
pub(super) fn incident_state(query: &Query) -> Result<Option<IncidentState>, Problem> {
    match query.get("state").map(String::as_str) {
        None | Some("") => Ok(None),
        Some("open") => Ok(Some(IncidentState::Open)),
        Some("over") => Ok(Some(IncidentState::Over)),
        Some(_) => Err(Problem::malformed("`state` is open or over")),
    }
}

/// Which actions are wanted.
pub(super) fn action_state(query: &Query) -> Result<Option<ActionState>, Problem> {
    match query.get("state").map(String::as_str) {
        None | Some("") => Ok(None),
        Some(name) => ActionState::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .map(Some)
            .ok_or_else(|| Problem::malformed("`state` is not a state of actions")),
    }
}

/// Which tasks are wanted.
pub(super) fn tasks(query: &Query) -> Result<task::Filter, Problem> {
    let named = |name: &str| Listed::ALL.into_iter().find(|listed| listed.name() == name);
    let state = match query.get("state").map(String::as_str) {
        None | Some("") => None,
        Some(name) => Some(named(name).ok_or_else(|| Problem::malformed("`state` is open, snoozed, done or dropped"))?),
    };
    let account = account(query)?;
    Ok(task::Filter { state, assigned_to: query.get("assigned_to").filter(|to| !to.is_empty()).cloned(), account })
}

/// Which tickets are wanted.
pub(super) fn tickets(query: &Query) -> Result<ticket::Filter, Problem> {
    let named = |name: &str| State::ALL.into_iter().find(|state| state.name() == name);
    let unknown = || Problem::malformed("`state` is open, investigating, awaiting_payment, waiting or resolved");
    let said = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let not_a_class = || Problem::malformed("`class` is not a class of tickets");
    Ok(ticket::Filter {
        state: said("state").map(|state| named(state).ok_or_else(unknown)).transpose()?,
        class: said("class").map(|name| class(name).ok_or_else(not_a_class)).transpose()?,
        assignee: said("assignee").map(|to| if to == NOBODY { String::new() } else { to.to_owned() }),
        account: said("account").map(account_id).transpose()?,
        order: order(query)?,
    })
}

/// From which end a list is read.
pub(super) fn order(query: &Query) -> Result<Order, Problem> {
    match query.get("sort").map(String::as_str) {
        None | Some("" | "newest") => Ok(Order::Descending),
        Some("oldest") => Ok(Order::Ascending),
        Some(_) => Err(Problem::malformed("`sort` is newest or oldest")),
    }
}

/// How somebody asks for what nobody has.
pub(super) const NOBODY: &str = "none";

/// Which payment requests are wanted.
pub(super) fn payment_requests(query: &Query) -> Result<cash::Wanted, Problem> {
    let named = |name: &str| RequestState::ALL.into_iter().find(|state| state.name() == name);
    let state = match query.get("state").map(String::as_str) {
        None | Some("") => None,
        Some(name) => {
            let message = "`state` is open, partly_paid, paid, overpaid or withdrawn";
            Some(named(name).ok_or_else(|| Problem::malformed(message))?)
        }
    };
    Ok(cash::Wanted { state, account: account(query)? })
}

/// Which tax documents of ours are wanted.
pub(super) fn papers(query: &Query) -> Result<paper::Wanted, Problem> {
    let number = query.get("number").map(|number| number.trim().to_owned()).filter(|number| !number.is_empty());
    Ok(paper::Wanted { number, account: account(query)? })
}

/// Whose they are.
pub(super) fn account(query: &Query) -> Result<Option<AccountId>, Problem> {
    query.get("account").filter(|id| !id.is_empty()).map(|id| account_id(id)).transpose()
}

/// At which time, or at the end of which day there.
pub(super) fn at(query: &Query, zone: &TimeZone) -> Result<Option<Timestamp>, Problem> {
    let said = "`at` is a day such as 2026-01-31, or a time such as 2026-01-31T00:00:00Z";
    let moment = |text: &String| end_of(text, zone).ok_or_else(|| Problem::malformed(said));
    query.get("at").filter(|text| !text.is_empty()).map(moment).transpose()
}

/// A month as a path names it.
pub(super) fn month(text: &str) -> Result<Month, Problem> {
    Month::parse(text).ok_or_else(|| Problem::malformed("a month is written like 2026-01"))
}

/// What a page says on top: what came of a button.
pub(super) fn notice(query: &Query) -> Option<&str> {
    query.get("notice").map(String::as_str)
}

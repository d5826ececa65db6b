//! Which lines of a list are wanted: filters that programs and pages share. A list is read until a page of them is
//! full.

use super::query::{self, Query};
use crate::ports::Order;
use crate::web::Problem;
use domain::action::{Action, KINDS, State as ActionState};
use domain::book::Head;
use domain::case::{Case, Class, State as CaseState};
use domain::id::AccountId;

/// Which accounts are wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Accounts {
    provider: Option<String>,
    owing: Option<bool>,
    in_trouble: Option<bool>,
}

impl Accounts {
    pub(super) fn of(query: &Query) -> Result<Self, Problem> {
        let provider = said(query, "provider");
        if provider.is_some_and(|name| !providers::ALL.iter().any(|provider| provider.name == name)) {
            return Err(Problem::malformed("`provider` is not one of those that are read here"));
        }
        let (owing, in_trouble) = (flag(query, "owing")?, flag(query, "in_trouble")?);
        Ok(Self { provider: provider.map(str::to_owned), owing, in_trouble })
    }

    pub(super) fn fits(&self, head: &Head) -> bool {
        let owes =
            || head.book.figures.outstanding.values().any(|amount| amount.is_sign_positive() && !amount.is_zero());
        self.provider.as_ref().is_none_or(|provider| *provider == head.provider)
            && self.owing.is_none_or(|wanted| wanted == owes())
            && self.in_trouble.is_none_or(|wanted| wanted != head.cases.is_empty())
    }
}

/// Which cases are wanted, or disputes.
#[derive(Debug, Clone)]
pub(super) struct Cases {
    pub state: Option<CaseState>,
    pub order: Order,
    class: Option<Class>,
    account: Option<AccountId>,
}

impl Cases {
    pub(super) fn of(query: &Query) -> Result<Self, Problem> {
        Ok(Self {
            state: query::case_state(query)?,
            order: query::order(query)?,
            class: query::case_class(query)?,
            account: query::account(query)?,
        })
    }

    pub(super) fn fits(&self, case: &Case) -> bool {
        self.class.is_none_or(|class| class == case.class)
            && self.account.as_ref().is_none_or(|account| *account == case.account)
    }
}

/// Which actions are wanted.
#[derive(Debug, Clone)]
pub(super) struct Actions {
    pub state: Option<ActionState>,
    pub order: Order,
    kind: Option<String>,
    requested_by: Option<String>,
    account: Option<AccountId>,
}

impl Actions {
    pub(super) fn of(query: &Query) -> Result<Self, Problem> {
        let kind = said(query, "kind");
        if kind.is_some_and(|kind| !KINDS.contains(&kind)) {
            return Err(Problem::malformed("`kind` is not a kind of actions"));
        }
        Ok(Self {
            state: query::action_state(query)?,
            order: query::order(query)?,
            kind: kind.map(str::to_owned),
            requested_by: said(query, "requested_by").map(str::to_owned),
            account: query::account(query)?,
        })
    }

    /// The same of those that wait for a decision: their list has one state, whatever an address says.
    pub(super) fn waiting(query: &Query) -> Result<Self, Problem> {
        let mut own = query.clone();
        own.remove("state");
        Ok(Self { state: Some(ActionState::WaitingApproval), ..Self::of(&own)? })
    }

    pub(super) fn fits(&self, action: &Action) -> bool {
        self.kind.as_ref().is_none_or(|kind| kind == action.kind.name())
            && self.requested_by.as_ref().is_none_or(|by| *by == action.requested_by)
            && self.account.as_ref().is_none_or(|account| *account == action.account)
    }
}

/// What stands behind a name; a form sends all of its fields, also those that nothing was written into.
fn said<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    query.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

fn flag(query: &Query, name: &str) -> Result<Option<bool>, Problem> {
    match said(query, name) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(Problem::malformed(format!("`{name}` is true or false"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> Query {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_form_without_anything_in_it_asks_for_everything() {
        let empty = query(&[("state", ""), ("class", ""), ("account", ""), ("sort", ""), ("kind", ""), ("owing", "")]);
        let cases = Cases::of(&empty).unwrap();
        assert!(cases.state.is_none() && cases.class.is_none() && cases.account.is_none());
        assert_eq!(cases.order, Order::Descending);
        let actions = Actions::of(&empty).unwrap();
        assert!(actions.state.is_none() && actions.kind.is_none() && actions.requested_by.is_none());
        assert!(Accounts::of(&empty).unwrap().fits(&Head::new("stripe", "default", "cus_1")));
    }

    #[test]
    fn what_no_list_can_be_asked_for_is_refused() {
        for (name, value) in [("sort", "amount"), ("class", "x"), ("state", "x"), ("account", "x")] {
            assert!(Cases::of(&query(&[(name, value)])).is_err(), "{name}");
        }
        assert!(Actions::of(&query(&[("kind", "delete")])).is_err());
        for (name, value) in [("owing", "yes"), ("provider", "paypal"), ("in_trouble", "1")] {
            assert!(Accounts::of(&query(&[(name, value)])).is_err(), "{name}");
        }
    }

    #[test]
    fn what_waits_is_asked_for_as_all_actions_are_and_always_waits() {
        for (name, value) in [("state", "denied"), ("state", "x"), ("kind", "refund"), ("sort", "oldest")] {
            let wanted = Actions::waiting(&query(&[(name, value)])).unwrap();
            assert_eq!(wanted.state, Some(ActionState::WaitingApproval), "{name}={value}");
            assert_eq!(wanted.order == Order::Ascending, name == "sort", "{name}={value}");
        }
        assert!(Actions::waiting(&query(&[("kind", "delete")])).is_err());
    }

    #[test]
    fn an_account_fits_by_its_provider_and_by_what_it_owes() {
        let head = Head::new("stripe", "default", "cus_1");
        for (name, value, expected) in [
            ("provider", "stripe", true),
            ("provider", "mollie", false),
            ("owing", "true", false),
            ("owing", "false", true),
            ("in_trouble", "true", false),
            ("in_trouble", "false", true),
        ] {
            assert_eq!(Accounts::of(&query(&[(name, value)])).unwrap().fits(&head), expected, "{name}={value}");
        }
    }
}

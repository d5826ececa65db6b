//! What moves where the case that a ticket opened goes on in another: its tickets, and what was asked for because of
//! it.

use super::{Ticket, TicketName, whose};
use crate::action::Action;
use crate::book::Head;
use crate::case::Case;
use crate::id::{ActionId, CaseId};
use crate::staff::MACHINE;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// How many tickets and actions move with one case: all of them are written in one transaction.
const MOVED_MAX: usize = 16;

/// All that belongs to some cases that may go on elsewhere, as it was read and as it is to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moving {
    /// Those of which all is here: no other may go on elsewhere.
    cases: BTreeSet<CaseId>,
    tickets: BTreeMap<TicketName, Ticket>,
    actions: BTreeMap<ActionId, Action>,
}

impl Moving {
    /// Whether so much of a case can move at once: what is asked before it is read.
    pub fn fits(case: &Case) -> bool {
        case.tickets.len() + case.actions.len() <= MOVED_MAX
    }

    /// Lays out all that belongs to a case; `actions` with the members of bundles.
    pub fn lay(&mut self, case: &CaseId, tickets: Vec<Ticket>, actions: Vec<Action>) {
        if tickets.len() + actions.len() > MOVED_MAX {
            return;
        }
        self.cases.insert(case.clone());
        self.tickets.extend(tickets.into_iter().map(|ticket| (TicketName::of(&ticket), ticket)));
        self.actions.extend(actions.into_iter().map(|action| (action.id.clone(), action)));
    }

    /// The same without a ticket that somebody else writes.
    #[must_use]
    pub fn without(mut self, ticket: &TicketName) -> Self {
        self.tickets.remove(ticket);
        self
    }

    /// Whether nothing was laid out.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// Whether all that belongs to a case is here.
    pub fn has(&self, case: &CaseId) -> bool {
        self.cases.contains(case)
    }

    /// What the tickets of a case name, as it stands in their words.
    pub(crate) fn named_by(&self, case: &Case) -> Vec<String> {
        let own = self.tickets.iter().filter(|(name, _)| case.tickets.contains(&name.to_string()));
        own.flat_map(|(_, ticket)| whose::mentions(&ticket.words()).invoices).collect()
    }

    /// One case goes on in another, with its tickets, and with what was asked for because of it.
    pub(crate) fn join(&mut self, own: &mut Case, into: &mut Case, head: &mut Head, now: Timestamp) {
        own.go_on_in(into, now);
        head.forgets(&own.id, true);
        head.names(&into.id, into.line(), true);
        let is_own = |case: Option<&CaseId>| case == Some(&own.id);
        if let Some(watched) = head.watched.as_mut().filter(|watched| is_own(watched.case.as_ref())) {
            watched.case = Some(into.id.clone());
        }
        let title = into.class.title().to_lowercase();
        for ticket in self.tickets.values_mut().filter(|ticket| is_own(ticket.handling.case.as_ref())) {
            ticket.handling.case = Some(into.id.clone());
            ticket.handling.note(now, MACHINE, format!("its case goes on in one that was found: {title}"));
        }
        for action in self.actions.values_mut().filter(|action| is_own(action.case.as_ref())) {
            action.case = Some(into.id.clone());
        }
    }

    /// The tickets that are another than before.
    pub fn tickets_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a Ticket> {
        self.tickets.iter().filter(|(name, ticket)| before.tickets.get(*name) != Some(*ticket)).map(|(_, it)| it)
    }

    /// The actions that are another than before, each with what it was.
    pub fn actions_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = (&'a Action, &'a Action)> {
        let both = self.actions.iter().filter_map(|(id, action)| Some((before.actions.get(id)?, action)));
        both.filter(|(was, is)| was != is)
    }
}

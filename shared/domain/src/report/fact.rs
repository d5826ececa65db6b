//! What a commit changed in the figures of a month: what was true before, what is true after.
//!
//! Rows are never edited. Summing them, `after` up and `before` down, gives the facts as they stand, in any order.

mod cash;
mod ticket;

pub use cash::{Placed, of_received};
pub use ticket::{of_ticket, ticket_rows};

use crate::action::{Action, Decision, Reason, State};
use crate::book::{Due, Invoice, Payment};
use crate::case::{self, Case, Class};
use crate::cash::{State as RequestState, Way, Why};
use crate::decline::{Declines, ReportReason};
use crate::id::AccountId;
use crate::money::Money;
use crate::policy::Versions;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that a report counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A due item whose first try failed.
    Failure {
        item: String,
        at: Timestamp,
        amount: Option<Money>,
        reason: ReportReason,
        paid_minutes: Option<i64>,
        withdrawn: bool,
    },
    /// Money that came in, and what of it went back.
    Payment { payment: String, at: Timestamp, taken: Money, back: Money },
    /// An action somebody asked for.
    Action {
        action: String,
        at: Timestamp,
        kind: String,
        reason: Reason,
        amount: Option<Money>,
        state: State,
        decided_by: DecidedBy,
        approval_minutes: Option<i64>,
        minutes: Option<i64>,
    },
    /// A code that no table lists.
    UnknownCode { item: String, at: Timestamp, provider: String, code: String },
    /// Something that was tried and must not be.
    Blocked { attempt: String, at: Timestamp, why: String, kind: String, by: String },
    /// What a ticket's customer was asked to pay, and what came of it.
    PaymentRequest {
        request: String,
        at: Timestamp,
        state: RequestState,
        asked: Money,
        recovered: Money,
        resolved_minutes: Option<i64>,
        /// What came in beyond it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        over: Option<Money>,
        /// By what its payments were matched, and how many by each.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        ways: BTreeMap<Way, u32>,
    },
    /// A payment of which a person had to say what it is for, and what came of that.
    Unmatched {
        received: String,
        at: Timestamp,
        amount: Money,
        why: Why,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        placed: Option<Placed>,
    },
    /// A ticket that was opened. How long people were at it is known when it ends.
    Ticket {
        ticket: String,
        at: Timestamp,
        class: Option<Class>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_answer_minutes: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resolved_minutes: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handled_secs: Option<i64>,
        /// Whether a person did more than decide and send what was prepared; known when it ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by_hand: Option<bool>,
        reopened: u32,
        escalated: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        csat: Option<u8>,
    },
    /// A case that was opened; how long people were at it is known when it ends.
    Case {
        case: String,
        at: Timestamp,
        class: Class,
        state: case::State,
        minutes: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handled_secs: Option<i64>,
    },
}

/// Who decided an action, as far as it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    Nobody,
    WithinLimit,
    BillingSpecialist,
    Manager,
    Vp,
}

impl Fact {
    /// The time that decides its month.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Failure { at, .. }
            | Self::Payment { at, .. }
            | Self::Action { at, .. }
            | Self::UnknownCode { at, .. }
            | Self::Blocked { at, .. }
            | Self::PaymentRequest { at, .. }
            | Self::Unmatched { at, .. }
            | Self::Ticket { at, .. }
            | Self::Case { at, .. } => *at,
        }
    }

    /// The month whose partition holds it, in UTC.
    pub fn month(&self) -> String {
        self.at().strftime("%Y-%m").to_string()
    }

    /// Judged by the taxonomy of its day, so that a later version changes no row that was written.
    pub fn of_invoice(invoice: &Invoice, declines: &Versions<Declines>) -> Option<Self> {
        let at = invoice.first_failed_at?;
        let family = declines.at(at).meaning(invoice.decline()).family;
        let due = invoice.due();
        Some(Self::Failure {
            item: invoice.id.clone(),
            at,
            amount: invoice.total.copied(),
            reason: family.report_reason,
            paid_minutes: invoice.paid_at().filter(|_| due == Due::Paid).map(|paid_at| minutes(at, paid_at)),
            withdrawn: due == Due::Withdrawn,
        })
    }

    /// Whether the code of a failed payment is one that we know.
    pub fn of_code(payment: &Payment, declines: &Versions<Declines>) -> Option<Self> {
        let at = payment.at?;
        let decline = payment.decline.value().filter(|decline| !declines.at(at).meaning(Some(decline)).known)?;
        Some(Self::UnknownCode {
            item: payment.id.clone(),
            at,
            provider: decline.provider.clone(),
            code: decline.code.clone(),
        })
    }

    /// None for a payment that did not come in.
    pub fn of_payment(payment: &Payment) -> Option<Self> {
        Some(Self::Payment {
            payment: payment.id.clone(),
            at: payment.at?,
            taken: payment.taken()?,
            back: payment.given_back()?,
        })
    }

    /// Counted when it ended or, until then, when it was asked for; what was only previewed is nothing.
    pub fn of_action(action: &Action) -> Option<Self> {
        let decided_by = action.votes().iter().map(|vote| match (vote.decision, vote.within_limit, vote.role) {
            (Decision::Deny, ..) => DecidedBy::Nobody,
            (_, true, _) => DecidedBy::WithinLimit,
            (_, _, crate::staff::Role::Vp) => DecidedBy::Vp,
            (_, _, crate::staff::Role::BillingSpecialist) => DecidedBy::BillingSpecialist,
            _ => DecidedBy::Manager,
        });
        (action.state() != State::Previewed).then(|| Self::Action {
            action: action.id.to_string(),
            at: action.ended_at().unwrap_or(action.requested_at),
            kind: action.kind.name().to_owned(),
            reason: action.reason_code,
            amount: action.kind.amount(),
            state: action.state(),
            decided_by: decided_by.max().unwrap_or(DecidedBy::Nobody),
            approval_minutes: action
                .decided_at()
                .filter(|_| !action.required.is_empty())
                .map(|at| minutes(action.requested_at, at)),
            minutes: action.ended_at().map(|at| minutes(action.decided_at().unwrap_or(action.requested_at), at)),
        })
    }

    /// Counted when it was opened, however long it takes.
    pub fn of_case(case: &Case) -> Self {
        Self::Case {
            case: case.id.to_string(),
            at: case.opened_at,
            class: case.class,
            state: case.state,
            minutes: case.resolved_at.map(|at| minutes(case.opened_at, at)),
            handled_secs: case.resolved_at.filter(|_| !case.at_work.is_nothing()).map(|_| case.at_work.secs),
        }
    }
}

fn minutes(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs() / 60
}

/// One change of one month's figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub month: String,
    /// The commit that made it, and which of its changes this is.
    pub commit: String,
    pub number: usize,
    pub account: AccountId,
    pub before: Option<Fact>,
    pub after: Option<Fact>,
}

/// The facts of some records, by the record that each belongs to.
pub type Facts = BTreeMap<String, Fact>;

/// Writes down the difference between two states of the same records.
pub fn rows(commit: &str, account: &AccountId, before: &Facts, after: &Facts) -> Vec<Row> {
    let mut keys: Vec<_> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    let mut rows = Vec::new();
    let mut push = |month: String, before: Option<Fact>, after: Option<Fact>| {
        rows.push(Row {
            month,
            commit: commit.to_owned(),
            number: rows.len(),
            account: account.clone(),
            before,
            after,
        });
    };
    for key in keys {
        match (before.get(key), after.get(key)) {
            (before, after) if before == after => {}
            (Some(before), Some(after)) if before.month() != after.month() => {
                push(before.month(), Some(before.clone()), None);
                push(after.month(), None, Some(after.clone()));
            }
            (before, after) => {
                let month = after.or(before).expect("one of them is there").month();
                push(month, before.cloned(), after.cloned());
            }
        }
    }
    rows
}

/// Sums rows to the facts that stand, with how often each stands.
pub fn sum<'a>(rows: impl IntoIterator<Item = &'a Row>) -> BTreeMap<Fact, i64> {
    let mut facts = BTreeMap::new();
    for row in rows {
        if let Some(before) = &row.before {
            *facts.entry(before.clone()).or_insert(0) -= 1;
        }
        if let Some(after) = &row.after {
            *facts.entry(after.clone()).or_insert(0) += 1;
        }
    }
    facts.retain(|_, count| *count != 0);
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn payment(at: &str, back: i64) -> Fact {
        Fact::Payment {
            payment: "ch_1".into(),
            at: at.parse().unwrap(),
            taken: Money::from_minor(4900, Currency::USD),
            back: Money::from_minor(back, Currency::USD),
        }
    }

    #[test]
    fn rows_sum_to_what_stands_in_any_order() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let states = [
            None,
            Some(payment("2026-01-31T23:59:59Z", 0)),
            Some(payment("2026-01-31T23:59:59Z", 900)),
            Some(payment("2026-02-01T00:00:00Z", 900)),
        ];
        let facts =
            |state: &Option<Fact>| state.iter().map(|fact| ("ch_1".to_owned(), fact.clone())).collect::<Facts>();
        let mut all: Vec<Row> = states
            .windows(2)
            .enumerate()
            .flat_map(|(n, pair)| rows(&format!("evt_{n}"), &account, &facts(&pair[0]), &facts(&pair[1])))
            .collect();
        assert_eq!(
            all.iter().map(|row| row.month.as_str()).collect::<Vec<_>>(),
            ["2026-01", "2026-01", "2026-01", "2026-02"]
        );
        all.reverse();
        let standing = sum(&all);
        assert_eq!(standing, BTreeMap::from([(payment("2026-02-01T00:00:00Z", 900), 1)]));
    }

    #[test]
    fn what_did_not_change_makes_no_row() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let facts = Facts::from([("ch_1".to_owned(), payment("2026-01-01T00:00:00Z", 0))]);
        assert_eq!(rows("evt_1", &account, &facts, &facts), []);
    }
}

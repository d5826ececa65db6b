//! What the lists are called. Cases, actions, tasks, tickets, incidents and payment requests have one for each state.

use domain::id::AccountId;
use domain::{action, case, cash, incident, task, ticket};
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub const ACCOUNTS: &str = "ACCOUNTS";
/// What people said that tickets are.
pub const CORRECTIONS: &str = "CORRECTIONS";
/// Our own tax documents, by when they were made.
pub const DOCUMENTS: &str = "DOCUMENTS";
pub const DUNNING: &str = "DUNNING";
/// What climbs the ladder, beside what is recovered.
pub const LADDER: &str = "LADDER";
/// Ledgers that have entries.
pub const LEDGERS: &str = "LEDGERS";
/// Open invoices, by the day from which they are counted.
pub const OWED: &str = "OWED";
/// Invoices that were open for a day or more, by when they were settled.
pub const SETTLED: &str = "SETTLED";
/// Payments of which nobody knows yet what they are for.
pub const UNMATCHED: &str = "UNMATCHED";
/// External ids that somebody waits for.
pub const WAITING: &str = "WAITING";

/// What an endpoint of the product is told, account by account.
pub fn outgoing(endpoint: &str) -> String {
    format!("OUTGOING#{endpoint}")
}

/// The invoices of an account that climb the ladder, by when their next rung comes.
pub fn climbing(account: &AccountId) -> String {
    format!("CLIMBING#{account}")
}

pub fn cases(state: case::State) -> String {
    format!("CASES#{}", state.name())
}

pub fn actions(state: action::State) -> String {
    format!("ACTIONS#{}", state.name())
}

pub fn tasks(state: task::State) -> String {
    format!("TASKS#{}", state.name())
}

pub fn tickets(state: ticket::State) -> String {
    format!("TICKETS#{}", state.name())
}

pub fn incidents(state: incident::State) -> String {
    format!("INCIDENTS#{}", state.name())
}

pub fn payment_requests(state: cash::State) -> String {
    format!("PAYMENT_REQUESTS#{}", state.name())
}

/// The place of what is worked by its queue within a day: the day, which is one of UTC, the queue, then the time.
pub fn turn(at: Timestamp, queue: u32) -> String {
    format!("{}#{queue:03}#{at:.3}", at.to_zoned(TimeZone::UTC).date())
}

/// The place of a ledger: the hour of its last entry, by UTC. Within it a ledger grows and stays where it is.
pub fn grown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H").to_string()
}

/// The place of what climbs: when its next rung comes, then the invoice.
pub fn rung(at: Timestamp, invoice: &str) -> String {
    format!("{at:.3}#{invoice}")
}

/// The invoice of such a place, once that has come.
pub fn has_come(place: &str, now: Timestamp) -> Option<&str> {
    let (at, invoice) = place.split_once('#')?;
    (at <= format!("{now:.3}").as_str()).then_some(invoice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rung_has_come_from_its_time_on() {
        for (at, now, expected) in [
            ("2026-03-18T09:00:00Z", "2026-03-18T08:59:59.999Z", None),
            ("2026-03-18T09:00:00Z", "2026-03-18T09:00:00Z", Some("in#1")),
            ("2026-03-18T23:59:59.999999999Z", "2026-03-18T23:59:59.999999999Z", Some("in#1")),
            ("2026-03-18T09:00:00Z", "2026-12-01T00:00:00Z", Some("in#1")),
        ] {
            let place = rung(at.parse().unwrap(), "in#1");
            assert_eq!(has_come(&place, now.parse().unwrap()), expected, "{at} at {now}");
        }
    }

    #[test]
    fn a_ledger_stands_in_the_hour_of_its_last_entry_and_is_found_from_any_moment_of_it() {
        let place = |at: &str| format!("{}#acc_a", grown(at.parse().unwrap()));
        assert_eq!(place("2026-03-01T09:00:00Z"), place("2026-03-01T09:59:59.999999999Z"));
        let places = ["2026-03-01T08:59:59.999Z", "2026-03-01T09:00:00Z", "2026-03-01T10:00:00Z"].map(place);
        assert!(places.is_sorted_by(|one, other| one < other), "{places:?}");
        let (since, before) = (grown("2026-03-01T09:30:00Z".parse().unwrap()), &places[0]);
        // Ledgers that were written before stand there by the moment itself.
        for there in
            ["2026-03-01T09:00:00.000Z#acc_a", "2026-03-01T09:30:00.000Z#acc_a", places[1].as_str(), places[2].as_str()]
        {
            assert!(since.as_str() < there && before.as_str() < since.as_str(), "{there} since {since}");
        }
    }

    #[test]
    fn within_a_day_the_lower_queue_comes_first_and_then_the_earlier() {
        let places = [
            ("2026-03-02T23:59:59.999Z", 9),
            ("2026-03-03T18:00:00Z", 1),
            ("2026-03-03T19:00:00Z", 1),
            ("2026-03-03T07:00:00Z", 2),
            ("2026-03-03T00:00:00Z", 9),
            ("2026-03-03T00:00:00.5Z", 9),
            ("2026-03-03T00:00:00Z", 10),
            ("2026-03-04T00:00:00Z", 1),
        ]
        .map(|(at, queue)| turn(at.parse().unwrap(), queue));
        assert!(places.is_sorted(), "{places:?}");
    }

    #[test]
    fn lists_are_called_what_the_decision_record_says() {
        let record = include_str!("../../../../../docs/decisions/0002-keys.md");
        let per_state = |list: &str| format!("{}#<state>", list.split('#').next().unwrap());
        let account = AccountId::of("stripe", "default", "cus_1");
        let names = [
            ACCOUNTS.to_owned(),
            DUNNING.to_owned(),
            CORRECTIONS.to_owned(),
            WAITING.to_owned(),
            LADDER.to_owned(),
            LEDGERS.to_owned(),
            OWED.to_owned(),
            SETTLED.to_owned(),
            UNMATCHED.to_owned(),
            outgoing("<endpoint>"),
            climbing(&account).replace(account.as_str(), "<account>"),
            cases(case::State::Open),
            cases(case::State::Resolved),
            incidents(incident::State::Open),
            incidents(incident::State::Over),
            per_state(&actions(action::State::WaitingApproval)),
            per_state(&tasks(task::State::Open)),
            per_state(&tickets(ticket::State::Open)),
            per_state(&payment_requests(cash::State::Open)),
        ];
        let missing: Vec<_> = names.iter().filter(|name| !record.contains(&format!("`{name}`"))).collect();
        assert_eq!(missing, Vec::<&String>::new(), "docs/decisions/0002-keys.md lacks these lists");
        assert_eq!(actions(action::State::WaitingApproval), "ACTIONS#waiting_approval");
        assert_eq!(tasks(task::State::Open), "TASKS#open");
        assert_eq!(tickets(ticket::State::AwaitingPayment), "TICKETS#awaiting_payment");
    }
}

//! Has somebody asked for the same object before? A second request for one payment is seen as one before it is sent.

use super::{Action, Kind, State};
use crate::book::Called;
use std::collections::BTreeSet;

/// How many earlier requests are named, the newest.
const NAMED_MAX: usize = 3;

/// What stands beside a request of this kind: what is on its way for the same payment, invoice or subscription, and
/// what was done to the same payment. `earlier` are the account's actions; `called` says what whoever asked is called.
pub fn asked_already<'a>(
    kind: &Kind,
    earlier: impl IntoIterator<Item = &'a Action>,
    called: impl Fn(&str) -> String,
) -> Vec<String> {
    let wanted = targets(kind);
    let fits = |action: &&Action| {
        let same = targets(&action.kind).intersection(&wanted).next().is_some();
        // The members of a bundle are told of with it.
        same && action.bundle.is_none() && (action.state().is_pending() || gave_back(action))
    };
    let mut found: Vec<&Action> = earlier.into_iter().filter(fits).collect();
    found.sort_by(|one, other| (other.requested_at, &other.id).cmp(&(one.requested_at, &one.id)));
    found.into_iter().take(NAMED_MAX).map(|action| said(action, &called(&action.requested_by))).collect()
}

fn gave_back(action: &Action) -> bool {
    action.state() == State::Executed && action.kind.members().iter().any(|member| member.refunded().is_some())
}

fn targets(kind: &Kind) -> BTreeSet<String> {
    kind.members().iter().filter_map(|member| member.target().id()).collect()
}

/// Without the customer's name: this is kept with the request.
fn said(action: &Action, asker: &str) -> String {
    let what = action.kind.sentence(&Called::Name("the customer".to_owned()));
    let state = match action.state() {
        State::WaitingApproval => "it waits for a decision",
        State::Executed => "it is done",
        State::NeedsPerson => "a person has to do it",
        _ => "it is on its way",
    };
    let day = action.requested_at.strftime("%-d %b %Y");
    format!("Asked for already, by {asker} on {day}: {what}; {state}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Preview, Reason};
    use crate::id::{AccountId, ActionId};
    use crate::money::{Currency, Money};
    use jiff::Timestamp;

    fn refund(payment: &str, minor: i64) -> Kind {
        Kind::Refund { payment: payment.to_owned(), amount: Money::from_minor(minor, Currency::USD) }
    }

    fn named(id: &str) -> String {
        if id == "lena" { "Lena M.".to_owned() } else { id.to_owned() }
    }

    fn earlier(kind: Kind, state: State, day: i8) -> Action {
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "lena", &day.to_string());
        let at: Timestamp = format!("2026-11-{day:02}T09:00:00Z").parse().unwrap();
        Action::new(id, kind, Reason::Other, preview, "lena", at).in_state(state)
    }

    #[test]
    fn a_second_request_for_one_object_names_the_first() {
        let waits =
            "Asked for already, by Lena M. on 27 Nov 2026: Refund 24.00 USD to the customer; it waits for a decision";
        let done = "Asked for already, by Lena M. on 27 Nov 2026: Refund 24.00 USD to the customer; it is done";
        let link = || Kind::PaymentLink { invoice: "in_1".to_owned(), amount: None };
        let bundle = |kind: Kind| Kind::Bundle {
            actions: vec![Kind::Credit { amount: Money::from_minor(1, Currency::USD) }, kind],
        };
        let rows: [(&str, Kind, State, Kind, Option<&str>); 9] = [
            ("waits", refund("ch_1", 2400), State::WaitingApproval, refund("ch_1", 500), Some(waits)),
            ("is done", refund("ch_1", 2400), State::Executed, refund("ch_1", 500), Some(done)),
            ("was denied", refund("ch_1", 2400), State::Denied, refund("ch_1", 500), None),
            ("was only looked at", refund("ch_1", 2400), State::Previewed, refund("ch_1", 500), None),
            ("another payment", refund("ch_2", 2400), State::WaitingApproval, refund("ch_1", 500), None),
            ("in a bundle", refund("ch_1", 2400), State::WaitingApproval, bundle(refund("ch_1", 5)), Some(waits)),
            ("a link was sent", link(), State::Executed, link(), None),
            (
                "another link is on its way",
                link(),
                State::Approved,
                Kind::ResendInvoice { invoice: "in_1".to_owned() },
                Some(""),
            ),
            ("no object", Kind::UpdatePaymentMethod {}, State::WaitingApproval, Kind::UpdatePaymentMethod {}, None),
        ];
        for (name, first, state, second, expected) in rows {
            let said = asked_already(&second, &[earlier(first, state, 27)], named);
            match expected {
                Some("") => assert!(said.len() == 1 && said[0].ends_with("it is on its way"), "{name}: {said:?}"),
                expected => assert_eq!(said.first().map(String::as_str), expected, "{name}"),
            }
        }
    }

    #[test]
    fn of_many_the_newest_are_named() {
        let many: Vec<_> = (1..=5).map(|day| earlier(refund("ch_1", 100), State::WaitingApproval, day)).collect();
        let said = asked_already(&refund("ch_1", 500), &many, named);
        let days: Vec<_> = said
            .iter()
            .map(|text| text.contains("5 Nov") || text.contains("4 Nov") || text.contains("3 Nov"))
            .collect();
        assert_eq!(days, [true, true, true], "{said:?}");
    }
}

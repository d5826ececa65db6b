//! Whether what was shown is still so: when somebody decides, and before it is sent.

use super::papers::own;
use super::{Action, FiguresHold, Kind, Known, Manners, Preview, State, preview};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The preview as the state is now; none if there can be none any more.
pub fn anew(action: &Action, known: Known<'_>) -> Option<Preview> {
    preview(&action.kind, known, action.reason_code, action.preview.clause.clone()).ok()
}

/// Why what waits cannot be done any more as it was shown: whoever looks at it knows before they decide.
pub fn outdated(action: &Action, known: Known<'_>) -> Option<String> {
    match preview(&action.kind, known, action.reason_code, action.preview.clause.clone()) {
        Err(why) => Some(why.to_string()),
        Ok(fresh) if fresh.digest != action.preview.digest => {
            Some("the account has changed since, and its figures are not those below".to_owned())
        }
        Ok(_) => None,
    }
}

/// For how long a page looks again by itself how something ended.
const LOOKS_SECS: i64 = 60;

impl Action {
    /// Whether it has just been decided and may end at any moment.
    pub fn ends_soon(&self, now: Timestamp) -> bool {
        let is_on_its_way = matches!(self.state(), State::Approved | State::Executing | State::InDoubt);
        let may_go = !self.waits_for_key() && self.executes_after().is_none_or(|at| at <= now);
        let since = now.duration_since(self.decided_at().unwrap_or(self.requested_at));
        is_on_its_way && may_go && since < SignedDuration::from_secs(LOOKS_SECS)
    }
}

/// Whether what was approved can still be done exactly as it was shown: its own reservation does not stand against it,
/// and of money it is enough that it still fits.
pub fn still_holds(action: &Action, known: Known<'_>) -> bool {
    let mut records = known.records.clone();
    for payment in records.payments.values_mut() {
        payment.reserved.remove(&action.id);
    }
    let (figures, now) = (known.manners.figures, known.now);
    let known = Known { records: &records, ..known };
    let Some(again) = anew(action, known) else { return false };
    match &action.kind {
        Kind::Refund { .. } | Kind::Credit { .. } => true,
        // What stands on our own document is what was approved; of the provider's nothing is known.
        Kind::TaxInvoice { .. } => own(&again.lines).eq(own(&action.preview.lines)),
        kind if kind.is_link() => true,
        Kind::Downgrade { at, .. } if *at <= now => false,
        Kind::Upgrade { at, .. } | Kind::AdjustSeats { at, .. } | Kind::ChangeAddons { at, .. }
            if !holds_still(figures, *at, now) =>
        {
            false
        }
        _ => again.lines == action.preview.lines,
    }
}

/// Where days are counted, the figures that were shown are those of their day.
fn holds_still(figures: FiguresHold, at: Timestamp, now: Timestamp) -> bool {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    figures == FiguresHold::UntilDone || day(at) == day(now)
}

impl Kind {
    /// The same, charged as of a moment, where the figures of its own are over: each day it would be out of date again.
    #[must_use]
    pub fn brought_to(self, manners: &Manners, now: Timestamp) -> Self {
        let moved = |at: Timestamp| if holds_still(manners.figures, at, now) { at } else { now };
        match self {
            Self::Upgrade { subscription, plan, price, at } => {
                Self::Upgrade { subscription, plan, price, at: moved(at) }
            }
            Self::AdjustSeats { subscription, seats, price, at } => {
                Self::AdjustSeats { subscription, seats, price, at: moved(at) }
            }
            Self::ChangeAddons { subscription, addons, price, at } => {
                Self::ChangeAddons { subscription, addons, price, at: moved(at) }
            }
            Self::Bundle { actions } => {
                Self::Bundle { actions: actions.into_iter().map(|member| member.brought_to(manners, now)).collect() }
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Line, NO_PAPERS, Papers, Reason};
    use crate::book::{Head, Touched};
    use crate::id::{AccountId, ActionId};
    use crate::money::{Currency, Money};
    use serde_json::{Value, json};

    /// A refund of so much, as it is when nothing has gone back yet.
    fn refund(minor: i64) -> (Action, Head, Touched) {
        let seen = |value: Value| json!([["2026-03-02T10:00:00Z", 0, "evt_1"], value]);
        let money = json!({"amount": "24.00", "currency": "USD"});
        let payment = json!({"id": "ch_1", "status": seen(json!("succeeded")), "amount": seen(money.clone()),
            "captured": seen(money)});
        let mut records = Touched::default();
        records.payments.insert("ch_1".to_owned(), serde_json::from_value(payment).unwrap());
        let head = Head::new("stripe", "default", "cus_1");
        let kind = Kind::Refund { payment: "ch_1".to_owned(), amount: Money::from_minor(minor, Currency::USD) };
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let now = Timestamp::UNIX_EPOCH;
        let known =
            Known { head: &head, manners: &Manners::PLAIN, records: &records, prices: &[], papers: &NO_PAPERS, now };
        let shown = preview(&kind, known, Reason::BillingError, clause).unwrap();
        let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "luis", "k");
        (Action::new(id, kind, Reason::BillingError, shown, "luis", now), head, records)
    }

    #[test]
    fn what_another_refund_made_out_of_date_says_so() {
        for (name, minor, gone, expected) in [
            ("nothing went back", 500, None, None),
            ("some went back, and it fits", 500, Some(1000), Some("the account has changed")),
            ("too much went back", 2000, Some(1000), Some("14.00 USD")),
        ] {
            let (action, head, mut records) = refund(minor);
            if let Some(gone) = gone {
                let other = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "lena", "k");
                let amount = Money::from_minor(gone, Currency::USD);
                records.payments.get_mut("ch_1").unwrap().reserved.insert(other, amount);
            }
            let (manners, now) = (&Manners::PLAIN, Timestamp::UNIX_EPOCH);
            let why = outdated(
                &action,
                Known { head: &head, manners, records: &records, prices: &[], papers: &NO_PAPERS, now },
            );
            let fits = match (&why, expected) {
                (Some(why), Some(part)) => why.contains(part),
                (why, part) => why.is_none() && part.is_none(),
            };
            assert!(fits, "{name}: {why:?}");
        }
    }

    #[test]
    fn a_page_looks_again_for_a_minute_and_only_at_what_is_on_its_way() {
        let (action, ..) = refund(500);
        for (state, secs, expected) in [
            (State::WaitingApproval, 0, false),
            (State::Approved, 0, true),
            (State::Executing, 59, true),
            (State::Executing, 60, false),
            (State::InDoubt, 5, true),
            (State::Executed, 5, false),
            (State::NeedsPerson, 5, false),
        ] {
            let now = action.requested_at + SignedDuration::from_secs(secs);
            assert_eq!(action.clone().in_state(state).ends_soon(now), expected, "{} {secs}", state.name());
        }
    }

    #[test]
    fn what_counts_days_is_asked_for_as_of_the_day_on_which_it_is_asked() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let price = Money::parse("99.00", Currency::USD).unwrap();
        let upgrade = |at: &str| Kind::Upgrade {
            subscription: "sub_1".to_owned(),
            plan: "price_max".to_owned(),
            price,
            at: time(at),
        };
        let credit = Kind::Credit { amount: price };
        let both = |at: &str| Kind::Bundle { actions: vec![upgrade(at), credit.clone()] };
        let found = "2026-03-01T09:00:00Z";
        for (what, figures, now, expected) in [
            ("the same day", FiguresHold::OnTheirDay, "2026-03-01T23:59:59Z", found),
            ("the day after", FiguresHold::OnTheirDay, "2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z"),
            ("by seconds", FiguresHold::UntilDone, "2026-03-02T00:00:00Z", found),
        ] {
            let manners = Manners { figures, ..Manners::PLAIN };
            assert_eq!(upgrade(found).brought_to(&manners, time(now)), upgrade(expected), "{what}");
            assert_eq!(both(found).brought_to(&manners, time(now)), both(expected), "{what}, in a bundle");
            assert_eq!(credit.clone().brought_to(&manners, time(now)), credit, "{what}, of what has no moment");
        }
    }
    #[test]
    fn our_own_document_is_sent_as_it_was_approved_or_not_at_all() {
        let seen = |value: Value| json!([["2026-03-02T10:00:00Z", 0, "evt_1"], value]);
        let paid = json!({"id": "in_1", "status": seen(json!("paid")),
            "total": seen(json!({"amount": "119.00", "currency": "EUR"}))});
        let mut records = Touched::default();
        records.invoices.insert("in_1".to_owned(), serde_json::from_value(paid).unwrap());
        let head = Head::new("stripe", "default", "cus_1");
        let papers = |said: Option<Result<&str, &str>>| {
            let mut papers = Papers::default();
            if let Some(said) = said {
                let line = |to: &str| vec![Line::text("Made out to", None, to)];
                papers.note("in_1", said.map(line).map_err(str::to_owned));
            }
            papers
        };
        let (ours, moved) = (Some(Ok("Acme GmbH, Berlin")), Some(Ok("Acme GmbH, Paris")));
        for (name, approved, now, holds) in [
            ("the provider's stays the provider's", None, None, true),
            ("as it was shown", ours, ours, true),
            ("another address", ours, moved, false),
            ("something is missing by now", ours, Some(Err("import their address")), false),
            ("it is the provider's by now", ours, None, false),
            ("it is ours by now", None, ours, false),
        ] {
            let (before, after) = (papers(approved), papers(now));
            let (manners, at) = (&Manners::PLAIN, Timestamp::UNIX_EPOCH);
            let known = |papers| Known { head: &head, manners, records: &records, prices: &[], papers, now: at };
            let kind = Kind::TaxInvoice { invoice: "in_1".to_owned() };
            let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
            let shown = preview(&kind, known(&before), Reason::Other, clause).unwrap();
            let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "luis", "k");
            let action = Action::new(id, kind, Reason::Other, shown, "luis", at);
            assert_eq!(still_holds(&action, known(&after)), holds, "{name}");
        }
    }
}

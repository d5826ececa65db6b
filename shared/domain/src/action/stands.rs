//! Whether what was shown is still so: when somebody decides, and before it is sent.

use super::{Action, FiguresHold, Kind, Known, Manners, Preview, preview};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The preview as the state is now; none if there can be none any more.
pub fn anew(action: &Action, known: Known<'_>) -> Option<Preview> {
    preview(&action.kind, known, action.reason_code, action.preview.clause.clone()).ok()
}

/// Whether what was approved can still be done exactly as it was shown: its own reservation does not stand against it, and
/// of money it is enough that it still fits.
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
    use crate::money::{Currency, Money};

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
}

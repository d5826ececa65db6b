//! Whether what was shown is still so: when somebody decides, and before it is sent.

use super::{Action, FiguresHold, Kind, Known, Preview, preview};
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
        // Where days are counted, the figures that were shown are those of their day.
        Kind::Upgrade { at, .. } | Kind::AdjustSeats { at, .. } | Kind::ChangeAddons { at, .. }
            if figures == FiguresHold::OnTheirDay
                && at.to_zoned(TimeZone::UTC).date() != now.to_zoned(TimeZone::UTC).date() =>
        {
            false
        }
        _ => again.lines == action.preview.lines,
    }
}

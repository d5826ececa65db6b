//! Who has to hear that an action has ended: the tickets of the case that it was asked for.

use crate::store::Hearing;
use domain::action::Action;
use domain::case::Case;
use domain::ticket::End;
use jiff::Timestamp;

/// For the commit in which an action comes to its end: it rings at once. A bundle's members end with it. `case` is that of the
/// action where it was read: one about which nobody has written tells nobody.
pub fn of(before: Option<&Action>, after: &Action, case: Option<&Case>, now: Timestamp) -> Option<Hearing> {
    let is_new = before.is_none_or(|before| before.state() != after.state());
    let concerns = after.case.is_some() && after.bundle.is_none() && End::of(after.state()).is_some();
    let is_written_about = case.is_none_or(|case| !case.tickets.is_empty());
    (is_new && concerns && is_written_about).then(|| Hearing { action: after.id.clone(), again_at: Some(now) })
}

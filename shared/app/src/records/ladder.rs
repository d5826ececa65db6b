//! Writes an invoice's way up the ladder, and once more where the board of all accounts looks for it.

use crate::store::{Batch, Commit, OnBoard};
use domain::ageing::Climb;

/// Who wrote the way in between wrote both: the copy needs no condition of its own.
pub fn write(commit: &mut Commit, batch: &Batch, climb: &Climb) {
    commit.over(batch, climb);
    commit.put(&OnBoard { way: climb.way.clone() });
}

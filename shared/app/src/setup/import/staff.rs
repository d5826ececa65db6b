//! Takes the staff table in, in one moment: who may change what of it is `domain::staff`'s to say.

use super::{Outcome, importers_only};
use crate::context::Context;
use crate::setup::staff::all;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::web::Problem;
use domain::import::StaffRow;
use domain::staff::{Line, Refused, Staff, changes};
use http::StatusCode;

/// How many people one import may change: they are written in one transaction, so that no half of a team may decide.
const IMPORTED_MAX: usize = 80;

/// Takes the staff of an import. Nobody raises themselves, and only a VP makes a VP or a legal approver.
pub async fn import(context: &Context, rows: &[StaffRow], outcome: Outcome, by: &Staff) -> Result<Outcome, Problem> {
    if rows.len() > IMPORTED_MAX {
        let message =
            format!("at most {IMPORTED_MAX} people at once, so that all of them change in one moment: split the file");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_rows", message));
    }
    let taken = store::unless_refused(context, || async {
        // Read.
        let standing = all(context).await?;
        let keys: Vec<_> = rows.iter().map(|row| keys::staff(&row.staff.id)).chain([keys::staff(&by.id)]).collect();
        let batch = Batch::read(context, keys).await?;
        let by = batch.get::<Staff>(&keys::staff(&by.id))?.ok_or_else(Problem::not_signed_in)?;
        let before = rows.iter().map(|row| batch.get::<Staff>(&keys::staff(&row.staff.id)));
        let before = before.collect::<Result<Vec<_>, _>>()?;

        // Decide. The role may have changed since the file was sent.
        if !by.role.may_import() {
            return Err(importers_only().into());
        }
        let lines = rows.iter().zip(&before).map(|(row, before)| Line { before: before.as_ref(), after: &row.staff });
        let changes = changes(&lines.collect::<Vec<_>>(), &by, &standing, context.clock.now())
            .map_err(|refused| problem(&refused))?;
        let mut outcome = outcome.clone();
        outcome.changed = changes.iter().filter(|change| change.before.is_some()).count();
        outcome.added = changes.len() - outcome.changed;
        outcome.unchanged = rows.len() - changes.len();
        if outcome.dry_run || changes.is_empty() {
            outcome.repeated = !outcome.dry_run;
            return Ok(Attempted::Done(outcome));
        }

        // Write.
        let mut commit = Commit::default();
        for change in &changes {
            commit.over(&batch, &change.after);
            commit.create(change);
        }
        if !changes.iter().any(|change| change.after.id == by.id) {
            commit.check(&batch, &keys::staff(&by.id));
        }
        Ok(store::attempted(commit.run(context).await, outcome)?)
    });
    Ok(taken.await?)
}

fn problem(refused: &Refused) -> Problem {
    let (status, code) = match refused {
        Refused::OwnRole => (StatusCode::FORBIDDEN, "own_request"),
        Refused::Approver { .. } => (StatusCode::FORBIDDEN, "not_permitted"),
        Refused::Reached { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "rows_refused"),
    };
    Problem::new(status, code, refused.to_string())
}

//! Takes the staff table in, in one moment: who may change what of it is `domain::staff`'s to say.

use super::{Outcome, importers_only};
use crate::bulletin;
use crate::context::Context;
use crate::setup::proposal;
use crate::setup::staff::all;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::web::Problem;
use domain::import::StaffRow;
use domain::policy::stored_bytes;
use domain::staff::{Change, Line, Proposal, Refused, Staff, Taken, changes};
use http::StatusCode;

/// How many people one import may change: they are written in one transaction, so that no half of a team may decide.
/// Each is two of the hundred writes of a transaction; the proposal, and who made and confirmed it, stand beside them.
const IMPORTED_MAX: usize = 48;

/// Takes the staff of an import: at once, or as a proposal where it changes who may approve and a VP has not sent it.
pub async fn import(context: &Context, rows: &[StaffRow], outcome: Outcome, by: &Staff) -> Result<Outcome, Problem> {
    if rows.len() > IMPORTED_MAX {
        let message =
            format!("at most {IMPORTED_MAX} people at once, so that all of them change in one moment: split the file");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_rows", message));
    }
    let taken = store::unless_refused(context, || async {
        // Read.
        let (standing, proposals) = (all(context).await?, proposal::all(context).await?);
        let keys: Vec<_> = rows.iter().map(|row| keys::staff(&row.staff.id)).chain([keys::staff(&by.id)]).collect();
        let batch = Batch::read(context, keys).await?;
        let by = batch.get::<Staff>(&keys::staff(&by.id))?.ok_or_else(Problem::not_signed_in)?;
        let before = rows.iter().map(|row| batch.get::<Staff>(&keys::staff(&row.staff.id)));
        let before = before.collect::<Result<Vec<_>, _>>()?;

        // Decide. The role may have changed since the file was sent.
        if !by.role.may_import() {
            return Err(importers_only().into());
        }
        let (now, approving) = (context.clock.now(), context.policies.approval.current().approving());
        let lines = rows.iter().zip(&before).map(|(row, before)| Line { before: before.as_ref(), after: &row.staff });
        let taken = changes(&lines.collect::<Vec<_>>(), &by, &standing, &approving, now)
            .map_err(|refused| problem(&refused))?;
        let mut outcome = counted(outcome.clone(), &taken);
        if outcome.dry_run || taken.changes().is_empty() {
            outcome.repeated = !outcome.dry_run;
            return Ok(Attempted::Done((outcome, None)));
        }

        // Write.
        let (mut commit, mut news) = (Commit::default(), None);
        match taken {
            Taken::AtOnce(changes) => put(&mut commit, &batch, &changes, &by),
            Taken::NeedsAnother(changes) => {
                if let Some(waiting) = proposals.iter().find(|proposal| proposal.waits_for(&changes, now)) {
                    let repeated = Outcome { repeated: true, proposal: Some(waiting.number), ..outcome };
                    return Ok(Attempted::Done((repeated, None)));
                }
                let hours = context.policies.setup.current().proposal.hours;
                let number = proposals.first().map_or(1, |newest| newest.number + 1);
                let proposal = Proposal::new(number, &by, changes, hours, now);
                if stored_bytes(&proposal) > context.policies.limits.current().item_bytes_max {
                    let message = "these people have such long names that they do not fit together: split the file";
                    return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_rows", message).into());
                }
                let bulletin = proposal::news(context, &proposal, &by, &standing);
                commit.create(&proposal);
                commit.create(&bulletin);
                commit.check(&batch, &keys::staff(&by.id));
                outcome.proposal = Some(number);
                news = Some(bulletin);
            }
        }
        Ok(store::attempted(commit.run(context).await, (outcome, news))?)
    });
    let (outcome, news) = taken.await?;
    if let Some(bulletin) = &news {
        bulletin::tell(context, bulletin).await;
    }
    Ok(outcome)
}

fn counted(outcome: Outcome, taken: &Taken) -> Outcome {
    let changed = taken.changes().iter().filter(|change| change.before.is_some()).count();
    Outcome {
        added: taken.changes().len() - changed,
        changed,
        unchanged: outcome.rows - taken.changes().len(),
        needs_another: matches!(taken, Taken::NeedsAnother(_)),
        ..outcome
    }
}

fn put(commit: &mut Commit, batch: &Batch, changes: &[Change], by: &Staff) {
    for change in changes {
        commit.over(batch, &change.after);
        commit.create(change);
    }
    // The role that was looked at must still be theirs.
    if !changes.iter().any(|change| change.after.id == by.id) {
        commit.check(batch, &keys::staff(&by.id));
    }
}

fn problem(refused: &Refused) -> Problem {
    let (status, code) = match refused {
        Refused::OwnRole => (StatusCode::FORBIDDEN, "own_request"),
        Refused::Reached { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "rows_refused"),
    };
    Problem::new(status, code, refused.to_string())
}

//! Takes the staff table in: nobody changes their own role, and only a VP who approves.

use super::{Outcome, importers_only};
use crate::context::Context;
use crate::setup::staff::all;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::web::Problem;
use domain::import::StaffRow;
use domain::staff::{Change, Role, Staff};
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

        // Decide. The role may have changed since the file was sent.
        if !by.role.may_import() {
            return Err(importers_only().into());
        }
        let now = context.clock.now();
        let (mut outcome, mut commit, mut writes_own) = (outcome.clone(), Commit::default(), false);
        for row in rows {
            let before: Option<Staff> = batch.get(&keys::staff(&row.staff.id))?;
            let after = &row.staff;
            if after.id == by.id && before.as_ref().map(|before| before.role) != Some(after.role) {
                let message = "this file changes your own role: another manager or VP must import it";
                return Err(Problem::new(StatusCode::FORBIDDEN, "own_request", message).into());
            }
            // Whoever may approve is reached by their address and their Slack account: who changes those decides for them.
            let high = |role: Role| matches!(role, Role::Manager | Role::Vp | Role::Legal);
            let reaches = high(after.role) || before.as_ref().is_some_and(|before| high(before.role));
            if reaches && before.as_ref() != Some(after) && by.role != Role::Vp && after.id != by.id {
                let message = format!(
                    "`{}` is {}: only a VP changes who approves, and how they are reached",
                    after.id,
                    after.role.name()
                );
                return Err(Problem::not_permitted(message).into());
            }
            let same = |other: &&Staff| {
                let slack = after.slack.is_some() && other.slack == after.slack;
                other.id != after.id && (slack || other.email.eq_ignore_ascii_case(&after.email))
            };
            if let Some(other) =
                standing.iter().find(same).filter(|other| !rows.iter().any(|row| row.staff.id == other.id))
            {
                let message = format!(
                    "`{}` has the address or the Slack account of `{}`: one person is reached by one",
                    after.id, other.id
                );
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "rows_refused", message).into());
            }
            match &before {
                Some(before) if before == after => outcome.unchanged += 1,
                other => {
                    if other.is_some() {
                        outcome.changed += 1
                    } else {
                        outcome.added += 1
                    }
                    writes_own |= after.id == by.id;
                    commit.over(&batch, after);
                    commit.create(&Change { at: now, by: by.id.clone(), before: before.clone(), after: after.clone() });
                }
            }
        }
        if outcome.dry_run || outcome.added + outcome.changed == 0 {
            outcome.repeated = !outcome.dry_run;
            return Ok(Attempted::Done(outcome));
        }

        // Write.
        if !writes_own {
            commit.check(&batch, &keys::staff(&by.id));
        }
        Ok(store::attempted(commit.run(context).await, outcome)?)
    });
    Ok(taken.await?)
}

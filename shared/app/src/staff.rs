//! The staff table: who works here and as what.

use crate::context::Context;
use crate::fault::Fault;
use crate::import::{Outcome, not_permitted};
use crate::ports::{Order, Range, Table};
use crate::store::{self, Attempted, Batch, Commit, keys, open, read};
use crate::web::Problem;
use domain::import::StaffRow;
use domain::staff::{Change, Role, Slack, Staff};
use http::StatusCode;

/// Finds a staff member.
pub async fn find(context: &Context, id: &str) -> Result<Option<Staff>, Fault> {
    read(context, &keys::staff(id)).await
}

/// Everybody, by id.
pub async fn all(context: &Context) -> Result<Vec<Staff>, Fault> {
    let range = Range {
        table: Table::Config,
        pk: "STAFF".to_owned(),
        prefix: "STAFF#".to_owned(),
        after: None,
        limit: 1000,
        order: Order::Ascending,
    };
    context.store.range(&range).await?.iter().map(open).collect()
}

/// Who changed the staff table, newest first.
pub async fn changes(context: &Context) -> Result<Vec<Change>, Fault> {
    let range = Range {
        table: Table::Config,
        pk: keys::STAFF_CHANGES.to_owned(),
        prefix: String::new(),
        after: None,
        limit: 200,
        order: Order::Descending,
    };
    context.store.range(&range).await?.iter().map(open).collect()
}

/// Who somebody at Slack is: nobody, unless the staff table says so.
pub async fn at_slack(context: &Context, slack: &Slack) -> Result<Option<Staff>, Fault> {
    let found: Vec<_> = all(context).await?.into_iter().filter(|staff| staff.slack.as_ref() == Some(slack)).collect();
    // Of two nobody knows who it is.
    Ok(if found.len() == 1 { found.into_iter().next() } else { None })
}

/// How many people one import may change: they are written in one transaction, so that no half of a team may decide.
const IMPORTED_MAX: usize = 80;

/// Takes the staff of an import. Nobody raises themselves, and only a VP makes a VP or a legal approver.
pub async fn import(context: &Context, rows: &[StaffRow], outcome: Outcome, by: &Staff) -> Result<Outcome, Problem> {
    if rows.len() > IMPORTED_MAX {
        let message = format!("at most {IMPORTED_MAX} people at once, so that all of them change in one moment: split the file");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_rows", message));
    }
    let taken = store::retrying(context, || async {
        // Read.
        let standing = all(context).await?;
        let keys: Vec<_> = rows.iter().map(|row| keys::staff(&row.staff.id)).chain([keys::staff(&by.id)]).collect();
        let batch = Batch::read(context, keys).await?;
        let Some(by) = batch.get::<Staff>(&keys::staff(&by.id))? else { return Ok(Attempted::Done(Err(Problem::not_signed_in()))) };

        // Decide. The role may have changed since the file was sent.
        if !by.role.may_import() {
            return Ok(Attempted::Done(Err(not_permitted())));
        }
        let now = context.clock.now();
        let (mut outcome, mut commit, mut writes_own) = (outcome.clone(), Commit::default(), false);
        for row in rows {
            let before: Option<Staff> = batch.get(&keys::staff(&row.staff.id))?;
            let after = &row.staff;
            if after.id == by.id && before.as_ref().map(|before| before.role) != Some(after.role) {
                let message = "this file changes your own role: another manager or VP must import it";
                return Ok(Attempted::Done(Err(Problem::new(StatusCode::FORBIDDEN, "own_request", message))));
            }
            // Whoever may approve is reached by their address and their Slack account: who changes those decides for them.
            let high = |role: Role| matches!(role, Role::Manager | Role::Vp | Role::Legal);
            let reaches = high(after.role) || before.as_ref().is_some_and(|before| high(before.role));
            if reaches && before.as_ref() != Some(after) && by.role != Role::Vp && after.id != by.id {
                let message = format!("`{}` is {}: only a VP changes who approves, and how they are reached", after.id, after.role.name());
                return Ok(Attempted::Done(Err(Problem::new(StatusCode::FORBIDDEN, "not_permitted", message))));
            }
            let same = |other: &&Staff| {
                let slack = after.slack.is_some() && other.slack == after.slack;
                other.id != after.id && (slack || other.email.eq_ignore_ascii_case(&after.email))
            };
            if let Some(other) = standing.iter().find(same).filter(|other| !rows.iter().any(|row| row.staff.id == other.id)) {
                let message =
                    format!("`{}` has the address or the Slack account of `{}`: one person is reached by one", after.id, other.id);
                return Ok(Attempted::Done(Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "rows_refused", message))));
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
            return Ok(Attempted::Done(Ok(outcome)));
        }

        // Write.
        if !writes_own {
            commit.check(&batch, &keys::staff(&by.id));
        }
        store::attempted(commit.run(context).await, Ok(outcome))
    });
    taken.await?
}

/// The team of the demo staff at Slack.
const DEMO_TEAM: &str = "T_DEMO";

/// Adds the demo staff that the local service always has.
pub async fn add_demo(context: &Context) -> Result<(), Fault> {
    let rows = [
        ("lena", "Lena", Role::L1),
        ("luis", "Luis", Role::L2),
        ("mara", "Mara", Role::Manager),
        ("marc", "Marc", Role::Manager),
        ("bea", "Bea", Role::BillingSpecialist),
        ("vera", "Vera", Role::Vp),
        ("leo", "Leo", Role::Legal),
        ("ana", "Ana", Role::Analyst),
    ];
    for (id, name, role) in rows {
        if find(context, id).await?.is_none() {
            let mut commit = Commit::default();
            let slack = Some(Slack { team: DEMO_TEAM.to_owned(), user: format!("U_{}", id.to_uppercase()) });
            commit.create(&Staff { id: id.to_owned(), name: name.to_owned(), role, email: format!("{id}@demo.example"), slack });
            // Another start may have added the same person in the meantime, which is as good.
            let _ = commit.run(context).await;
        }
    }
    Ok(())
}

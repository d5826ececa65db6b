//! The staff table: who works here and as what.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::{Commit, first_of, keys, read};
use domain::staff::{Change, Role, Slack, Staff};

/// How many people are listed.
const STAFF_MAX: u32 = 1000;
/// How many changes are listed.
const CHANGES_MAX: u32 = 200;

/// Finds a staff member.
pub async fn find(context: &Context, id: &str) -> Result<Option<Staff>, Fault> {
    read(context, &keys::staff(id)).await
}

/// Everybody, by id.
pub async fn all(context: &Context) -> Result<Vec<Staff>, Fault> {
    first_of(context, &keys::all_staff(), STAFF_MAX, Order::Ascending).await
}

/// Who changed the staff table, newest first.
pub async fn changes(context: &Context) -> Result<Vec<Change>, Fault> {
    first_of(context, &keys::staff_changes(), CHANGES_MAX, Order::Descending).await
}

/// Who somebody at Slack is: nobody, unless the staff table says so.
pub async fn at_slack(context: &Context, slack: &Slack) -> Result<Option<Staff>, Fault> {
    let found: Vec<_> = all(context).await?.into_iter().filter(|staff| staff.slack.as_ref() == Some(slack)).collect();
    // Of two nobody knows who it is.
    Ok(if found.len() == 1 { found.into_iter().next() } else { None })
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
            commit.create(&Staff {
                id: id.to_owned(),
                name: name.to_owned(),
                role,
                email: format!("{id}@demo.example"),
                slack,
                languages: Vec::new(),
            });
            // Another start may have added the same person in the meantime, which is as good.
            let _ = commit.run(context).await;
        }
    }
    Ok(())
}

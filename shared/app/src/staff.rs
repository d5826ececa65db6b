//! The staff table: who works here and as what.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Order, Range, Table};
use crate::store::{Commit, keys, open, read};
use domain::staff::{Role, Staff};

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
            commit.create(&Staff { id: id.to_owned(), name: name.to_owned(), role, email: format!("{id}@demo.example") });
            // Another start may have added the same person in the meantime, which is as good.
            let _ = commit.run(context).await;
        }
    }
    Ok(())
}

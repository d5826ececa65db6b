//! What somebody looks for: the accounts that a question leads to, and a task by its id.

use super::read;
use crate::context::Context;
use crate::store::{self, keys};
use crate::web::Problem;
use crate::{find, task};
use domain::sidebar::Sidebar;
use domain::task::Task;

/// How many accounts a search shows.
const FOUND_MAX: u32 = 50;

/// The sidebars of the accounts that a question leads to, or else of those whose names are like it.
pub(super) async fn accounts(context: &Context, question: &str) -> Result<Vec<Sidebar>, Problem> {
    let mut items = Vec::new();
    for account in find::accounts(context, question, FOUND_MAX).await?.iter().take(FOUND_MAX as usize) {
        items.extend(read::account(context, account).await?);
    }
    if items.is_empty() {
        for account in find::alike(context, question, FOUND_MAX).await? {
            items.extend(read::account(context, &account).await?);
        }
    }
    Ok(items)
}

/// A task by its id.
pub(super) async fn task(context: &Context, id: &str) -> Result<Task, Problem> {
    store::read(context, &keys::task(&task::task_id(id)?)).await?.ok_or_else(|| Problem::not_found("task"))
}

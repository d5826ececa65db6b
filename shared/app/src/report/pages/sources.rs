//! Sources, and the tickets that came from help desks.

use super::more;
use crate::context::Context;
use crate::ports::Order;
use crate::records::contacts;
use crate::report::query::{self, Query};
use crate::setup::sources;
use crate::store::keys::lists;
use crate::store::{self, Page};
use crate::web::{Problem, Window};
use ::pages::Viewer;
use domain::ticket::Ticket;

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query) -> Result<String, Problem> {
    Ok(::pages::sources(viewer, &sources::in_use(context).await?, query::notice(query)))
}

pub(super) async fn tickets(context: &Context, viewer: &Viewer, window: Window) -> Result<String, Problem> {
    let page: Page<Ticket> =
        store::page(context, lists::TICKETS, window.after, window.limit, Order::Descending).await?;
    let accounts = page.items.iter().flat_map(|ticket| ticket.accounts.iter().cloned()).collect();
    let changed = contacts::of_accounts(context, accounts).await?;
    Ok(::pages::tickets(viewer, &page.items, &changed, more("/tickets?", page.next).as_deref()))
}

//! Sources: how each is set up.

use crate::context::Context;
use crate::records::beside;
use crate::report::query::{self, Query};
use crate::setup::sources;
use crate::web::Problem;
use ::pages::Viewer;
use std::collections::BTreeSet;

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query) -> Result<String, Problem> {
    let all = sources::in_use(context).await?;
    let changes = all.iter().flat_map(|it| it.source.asked.iter().chain(it.source.changes.last()));
    let by = changes.flat_map(|change| [Some(&change.by), change.confirmed_by.as_ref()]).flatten().cloned().collect();
    let names = beside::names_with(context, BTreeSet::new(), by).await?;
    Ok(::pages::sources(viewer, &all, &names, query::notice(query)))
}

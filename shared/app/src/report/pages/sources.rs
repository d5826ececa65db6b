//! Sources: how each is set up.

use crate::context::Context;
use crate::report::query::{self, Query};
use crate::setup::sources;
use crate::web::Problem;
use ::pages::Viewer;

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query) -> Result<String, Problem> {
    Ok(::pages::sources(viewer, &sources::in_use(context).await?, query::notice(query)))
}

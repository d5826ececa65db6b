//! Incidents: the list, and one with its members.

use super::{filters, more};
use crate::context::Context;
use crate::incident;
use crate::records::beside;
use crate::report::query::{self, Query};
use crate::report::read;
use crate::web::{Problem, Window};
use ::pages::{MEMBERS, Viewer};

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query, window: &Window) -> Result<String, Problem> {
    let page = read::incidents(context, query::incident_state(query)?, window).await?;
    let filters = filters::kept(context, viewer, filters::incidents(query)).await?;
    Ok(::pages::incidents(viewer, &page.items, &filters, more(&filters::base(&filters), page.next).as_deref()))
}

pub(super) async fn one(context: &Context, viewer: &Viewer, id: &str) -> Result<String, Problem> {
    let incident = incident::find(context, id).await?;
    let members = incident::members(context, &incident).await?;
    let shown = members.iter().take(MEMBERS).map(|member| member.account.clone());
    let names = beside::names(context, shown.collect()).await?;
    Ok(::pages::incident(viewer, &incident, &members, &names))
}

//! The page of the endpoints, for whoever looks at it and for whoever has just changed one.

use super::endpoints::{self, Shown};
use crate::context::Context;
use crate::fault::Fault;
use crate::records::beside;
use ::pages::{EndpointRow, Names, NewSecret, Viewer};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// `secret` is one that is shown this once.
pub async fn page(
    context: &Context,
    viewer: &Viewer,
    notice: Option<&str>,
    secret: Option<&NewSecret<'_>>,
) -> Result<String, Fault> {
    let all = endpoints::all(context).await?;
    let by = all.iter().map(|shown| shown.by.clone()).collect();
    let names = beside::names_with(context, BTreeSet::new(), by).await?;
    let rows: Vec<EndpointRow> = all.into_iter().map(|shown| row(shown, &names)).collect();
    let kept = SignedDuration::from_hours(24 * context.policies.limits.current().outgoing_days);
    let oldest = (context.clock.now() - kept).to_zoned(TimeZone::UTC).date();
    Ok(::pages::endpoints(viewer, &rows, oldest, notice, secret))
}

fn row(shown: Shown, names: &Names) -> EndpointRow {
    EndpointRow {
        id: shown.id,
        url: shown.url,
        events: shown.events,
        by: names.who(&shown.by).into_owned(),
        at: shown.at,
        health: shown.state,
        failing: shown.failing_since.zip(shown.why),
        disabled_at: shown.disabled_at,
        old_secret_until: shown.old_secret_until,
        replaying_since: shown.replaying_since,
    }
}

//! The page of the endpoints, for whoever looks at it and for whoever has just changed one.

use super::endpoints::{self, Shown};
use crate::context::Context;
use crate::fault::Fault;
use ::pages::{EndpointRow, NewSecret, Viewer};
use jiff::SignedDuration;
use jiff::tz::TimeZone;

/// `secret` is one that is shown this once.
pub async fn page(
    context: &Context,
    viewer: &Viewer,
    notice: Option<&str>,
    secret: Option<&NewSecret<'_>>,
) -> Result<String, Fault> {
    let rows: Vec<EndpointRow> = endpoints::all(context).await?.into_iter().map(row).collect();
    let kept = SignedDuration::from_hours(24 * context.policies.limits.current().outgoing_days);
    let oldest = (context.clock.now() - kept).to_zoned(TimeZone::UTC).date();
    Ok(::pages::endpoints(viewer, &rows, oldest, notice, secret))
}

fn row(shown: Shown) -> EndpointRow {
    EndpointRow {
        id: shown.id,
        url: shown.url,
        events: shown.events,
        by: shown.by,
        at: shown.at,
        health: shown.state,
        failing: shown.failing_since.zip(shown.why),
        disabled_at: shown.disabled_at,
        old_secret_until: shown.old_secret_until,
        replaying_since: shown.replaying_since,
    }
}

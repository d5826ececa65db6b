//! The service's clock: what it shows, and moving it forwards.

use crate::happened::{self, Before};
use crate::service::Service;
use app::ports::Clock;
use app::web::{Answer, Problem, json, query};
use bytes::Bytes;
use http::{Request, StatusCode};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Deserialize;
use serde_json::json;

pub(super) fn shown(service: &Service) -> Answer {
    json(StatusCode::OK, &json!({"now": service.clock.now()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Move {
    Advance(Span),
    To(Timestamp),
}

/// With `?told=true` the answer has a line for whatever came about on the way; every account is read for that.
pub(super) async fn move_clock(service: &Service, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let wanted: Move = serde_json::from_slice(request.body())
        .map_err(|_| Problem::malformed(r#"send {"advance":"P3D"} or {"to":"2026-01-31T00:00:00Z"}"#))?;
    let now = service.clock.now();
    let to = match wanted {
        Move::To(to) => to,
        Move::Advance(span) => {
            let moved = now.to_zoned(TimeZone::UTC).checked_add(span);
            moved.map_err(|_| Problem::malformed("this is too far for the clock"))?.timestamp()
        }
    };
    if to < now {
        return Err(Problem::malformed(format!("the clock stands at {now} and only moves forwards")));
    }
    let _working = service.working.lock().await;
    let told = query(request).get("told").is_some_and(|told| told == "true");
    let before = if told { Some(Before::now(service).await?) } else { None };
    service.advance(to).await?;
    service.seal().await?;
    service.add_up().await?;
    let Some(before) = before else { return Ok(shown(service)) };
    let lines = happened::told(before.happened(service).await?);
    Ok(json(StatusCode::OK, &json!({"now": service.clock.now(), "happened": lines})))
}

//! Which raw deliveries are still kept?

use super::broken;
use crate::service::Service;
use app::message;
use app::web::{Answer, Problem, json, query};
use bytes::Bytes;
use http::{Request, StatusCode};
use jiff::Timestamp;
use serde_json::json;

/// How many raw deliveries one page shows.
const DELIVERIES: u32 = 200;

/// The raw deliveries that are still kept, oldest first, as `recoup replay` reads them.
pub(super) async fn kept(service: &Service, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let query = query(request);
    let after = query.get("cursor").and_then(|cursor| cursor.split_once('@')).unwrap_or(("-1", ""));
    let at = after.0.parse::<i64>();
    let at = at.map_err(|_| Problem::malformed("`cursor` is not one that we gave; start again without it"))?;
    let kept = service.outbox.kept((at, after.1), DELIVERIES).map_err(broken)?;
    let mut items = Vec::new();
    for kept in &kept {
        let mut parts = kept.name.split('/').skip(1);
        let (provider, source) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let body = message::opened(&service.context, &kept.packed)?;
        let body = String::from_utf8_lossy(&body);
        let at = Timestamp::from_millisecond(kept.at).ok();
        items.push(json!({"provider": provider, "source": source, "received_at": at, "body": body}));
    }
    let more = kept.len() == DELIVERIES as usize;
    let next = kept.last().filter(|_| more).map(|last| format!("{}@{}", last.at, last.name));
    Ok(json(StatusCode::OK, &json!({"items": items, "next": next})))
}

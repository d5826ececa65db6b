//! One search for everything, for programs.

use super::accounts::Question;
use super::list;
use crate::context::Context;
use crate::report::search;
use crate::web::{self, Answer, Problem, Window};
use ::pages::Hit;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

/// Personal data is asked for in a body, so that it is in no address and no log.
pub(super) async fn everything(
    context: &Context,
    request: &Request<Bytes>,
    window: &Window,
) -> Result<Answer, Problem> {
    let Question { q } = web::sent(request.body(), "send {\"q\": \"what to look for\"}")?;
    let page = search::everything(context, &q, window).await?;
    let items: Vec<_> = page.items.iter().map(hit_json).collect();
    Ok(list(&items, page.next.as_deref()))
}

fn hit_json(hit: &Hit) -> Value {
    json!({"kind": hit.kind, "id": hit.id, "label": hit.label, "account": hit.account, "url": hit.url})
}

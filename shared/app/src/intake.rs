//! Takes a webhook: is it real, and is it safe with us? Everything else happens later.

use crate::context::{Context, Work};
use crate::message::{Message, body_name, pack};
use crate::ports::QueueName;
use crate::setup::sources;
use crate::web::{self, Answer, Problem, too_large};
use bytes::Bytes;
use domain::id::digest;
use http::{Request, StatusCode};
use providers::{Delivery, Keys, NotAuthentic, Provider};
use serde_json::json;

/// Answers `POST /webhooks/{provider}/{source}`.
pub fn handle<'a>(
    context: &'a Context,
    provider: &'a str,
    source: &'a str,
    request: &'a Request<Bytes>,
) -> Work<'a, Answer> {
    Box::pin(take(context, provider, source, request))
}

async fn take(context: &Context, provider: &str, source: &str, request: &Request<Bytes>) -> Answer {
    receive(context, provider, source, request).await.unwrap_or_else(|problem| problem.answer())
}

async fn receive(context: &Context, provider: &str, source: &str, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let limits = context.policies.limits.current();
    let body = request.body();
    if body.len() > limits.body_bytes_max {
        return Err(too_large());
    }
    let provider = providers::named(provider).ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "unknown_provider",
            "Recoup does not know this provider; check the webhook's address",
        )
    })?;
    let kind = web::header(request.headers(), "content-type").map(str::to_ascii_lowercase);
    if kind.is_some_and(|kind| !provider.media.iter().any(|media| kind.contains(media))) {
        let wanted = provider.media.iter().map(|media| format!("application/{media}")).collect::<Vec<_>>().join(" or ");
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            format!("send {wanted}"),
        ));
    }
    let keys = context.vault.keys(provider.name, source).await.map_err(try_again)?;
    let delivery = Delivery { headers: request.headers(), body };
    authentic(context, provider, &delivery, &keys).map_err(|cause| {
        tracing::warn!(provider = provider.name, cause = %cause, "a delivery was not authentic");
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "not_authentic",
            "the delivery is not authentic; check the source and its signing secret",
        )
    })?;
    let envelope = (provider.envelope)(body).map_err(|malformed| Problem::malformed(malformed.to_string()))?;
    if envelope.id.is_empty() || envelope.id.len() > 255 {
        return Err(Problem::malformed("the delivery has no id that could be remembered"));
    }
    let mut setup = sources::find_soon(context, provider.name, source).await.map_err(try_again)?;
    // What is refused is lost, so an old word is not enough for that.
    if envelope.relevant && !setup.takes(envelope.live) {
        setup = sources::find(context, provider.name, source).await.map_err(try_again)?;
    }
    if !envelope.relevant || !setup.takes(envelope.live) {
        tracing::info!(
            provider = provider.name,
            source,
            kind = envelope.kind,
            live = envelope.live,
            "a delivery is of no use here"
        );
        return Ok(counted(0, 1));
    }
    let kept = (provider.mask)(body);
    let now = context.clock.now();
    let trace = format!("evt_{}", digest(&[provider.name, source, &envelope.id], 20));
    let name = body_name(provider.name, source, &envelope.id, &kept);
    let message = Message::Delivery {
        provider: provider.name.to_owned(),
        source: source.to_owned(),
        event: envelope.id,
        received_at: now,
        trace,
        body: pack(context, &name, &kept).await.map_err(try_again)?,
    };
    context.queue.send(QueueName::Events, &message.encode()).await.map_err(try_again)?;
    Ok(counted(1, 0))
}

/// An unknown source has no keys, and nothing matches none.
fn authentic(context: &Context, provider: &Provider, delivery: &Delivery<'_>, keys: &Keys) -> Result<(), NotAuthentic> {
    let window = context.policies.limits.current().signature_window_secs;
    let mut result = Err(NotAuthentic::NoMatch);
    for witness in context.clock.witnesses() {
        result = (provider.verify)(delivery, keys, witness, window);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn counted(accepted: u32, ignored: u32) -> Answer {
    web::json(StatusCode::OK, &json!({"accepted": accepted, "duplicates": 0, "ignored": ignored}))
}

fn try_again(fault: crate::fault::Fault) -> Problem {
    tracing::error!(fault = %fault, "a delivery could not be made durable");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "try_again", "the delivery could not be stored; send it again")
}

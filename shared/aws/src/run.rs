//! The Lambda runtime around a handler: batches with partial failures, the gateway, one log line each.

use crate::deadline::within;
use app::context::{Context, Work};
use app::deadline::{self, Deadline};
use app::door::routes::Function;
use app::fault::{Fault, guarded};
use app::message::Message;
use app::web::Answer;
use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use bytes::Bytes;
use http::{Method, Request};
use jiff::Timestamp;
use lambda_http::request::LambdaRequest;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use std::fmt::Debug;

pub type Error = lambda_runtime::Error;

/// Works a queue.
pub async fn run_queue<D: Debug>(
    context: &Context,
    handle: for<'a> fn(&'a Context, &'a Message) -> Work<'a, Result<D, Fault>>,
) -> Result<(), Error> {
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let ends_at = ends_at(&event.context);
        Ok::<_, Error>(batch(context, event.payload, ends_at, handle).await)
    }))
    .await
}

/// Works a queue, answers the gateway, and sweeps the alarms when the schedule rings: what else comes is the schedule.
pub async fn run_http_clock_and_queue<D: Debug>(
    context: &Context,
    function: Function,
    handle: for<'a> fn(&'a Context, &'a Message) -> Work<'a, Result<D, Fault>>,
) -> Result<(), Error> {
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
        if event.payload.get("Records").is_some() {
            let ends_at = ends_at(&event.context);
            let answer = batch(context, serde_json::from_value(event.payload)?, ends_at, handle).await;
            return Ok::<_, Error>(serde_json::to_value(answer)?);
        }
        if event.payload.get("requestContext").is_some() {
            return answered(context, function, event.payload).await;
        }
        let swept = app::dunning::alarm::sweep(context).await?;
        tracing::info!(rung = swept.rung, parked = swept.parked, "swept");
        Ok(Value::Null)
    }))
    .await
}

/// Answers the gateway.
pub async fn run_http(context: &Context, function: Function) -> Result<(), Error> {
    lambda_http::run(lambda_http::service_fn(|request: lambda_http::Request| async move {
        let answer = http(context, function, plain(request)).await;
        Ok::<_, Error>(answer.map(|body| lambda_http::Body::from(body.to_vec())))
    }))
    .await
}

/// Answers the gateway and works a queue: one function, one word.
pub async fn run_http_and_queue<D: Debug>(
    context: &Context,
    function: Function,
    handle: for<'a> fn(&'a Context, &'a Message) -> Work<'a, Result<D, Fault>>,
) -> Result<(), Error> {
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
        if event.payload.get("Records").is_some() {
            let ends_at = ends_at(&event.context);
            let answer = batch(context, serde_json::from_value(event.payload)?, ends_at, handle).await;
            return Ok::<_, Error>(serde_json::to_value(answer)?);
        }
        answered(context, function, event.payload).await
    }))
    .await
}

/// Answers a request as the gateway hands it on.
async fn answered(context: &Context, function: Function, payload: Value) -> Result<Value, Error> {
    let request: LambdaRequest = serde_json::from_value(payload)?;
    let answer = http(context, function, plain(lambda_http::Request::from(request))).await;
    Ok(gateway(answer))
}

/// The gateway's own shape of an answer.
fn gateway(answer: Answer) -> Value {
    let headers: serde_json::Map<String, Value> = answer
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), Value::from(value.to_str().ok()?))))
        .collect();
    let cookies: Vec<_> =
        answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect();
    serde_json::json!({"statusCode": answer.status().as_u16(), "headers": headers, "cookies": cookies, "body": String::from_utf8_lossy(answer.body()), "isBase64Encoded": false})
}

/// The gateway may send a body in base64; from here on it is the bytes that were sent to it.
fn plain(request: lambda_http::Request) -> Request<Bytes> {
    request.map(|body| Bytes::from(body.to_vec()))
}

async fn http(context: &Context, function: Function, request: Request<Bytes>) -> Answer {
    let begun = context.clock.now();
    let context = &within(context, Deadline::of(begun, deadline::longest()));
    let answer = app::answer::answer(context, Some(function), &request).await;
    let millis = context.clock.now().duration_since(begun).as_millis();
    let method: &Method = request.method();
    tracing::info!(%method, status = answer.status().as_u16(), duration_ms = u64::try_from(millis).unwrap_or(0), "answered");
    answer
}

/// When the function is ended, done or not.
fn ends_at(invocation: &lambda_runtime::Context) -> Timestamp {
    let millis = i64::try_from(invocation.deadline).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

/// Works each message of a batch, the quickest first; only those that failed, or could not end in time, come back.
async fn batch<D: Debug>(
    context: &Context,
    event: SqsEvent,
    ends_at: Timestamp,
    handle: for<'a> fn(&'a Context, &'a Message) -> Work<'a, Result<D, Fault>>,
) -> SqsBatchResponse {
    let read = |body: Option<String>| Message::decode(&body.unwrap_or_default());
    let mut messages: Vec<_> =
        event.records.into_iter().map(|record| (record.message_id.unwrap_or_default(), read(record.body))).collect();
    messages.sort_by_key(|(_, message)| message.as_ref().ok().map(deadline::takes));
    let mut answer = SqsBatchResponse::default();
    for (id, message) in messages {
        let worked = match &message {
            Ok(message) => work(context, message, ends_at, handle).await,
            Err(fault) => {
                tracing::error!(fault = %fault, "not worked");
                Err(fault.clone())
            }
        };
        if worked.is_err() {
            // Retry or park: SQS brings it back, and after the last time it stands among the dead letters.
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            answer.batch_item_failures.push(failure);
        }
    }
    answer
}

/// Works a message, if it can still end in time.
async fn work<D: Debug>(
    context: &Context,
    message: &Message,
    ends_at: Timestamp,
    handle: for<'a> fn(&'a Context, &'a Message) -> Work<'a, Result<D, Fault>>,
) -> Result<(), Fault> {
    let begun = context.clock.now();
    let (kind, trace) = (message.name(), message.trace());
    if !deadline::fits(message, begun, ends_at) {
        tracing::warn!(kind, trace, "not begun: it could not end in time");
        return Err(Fault::Retry("it could not end in time".to_owned()));
    }
    let context = &within(context, Deadline::of(begun, deadline::takes(message)));
    let result = guarded(handle(context, message)).await;
    let duration_ms = u64::try_from(context.clock.now().duration_since(begun).as_millis()).unwrap_or(0);
    match &result {
        Ok(done) => tracing::info!(kind, trace, done = ?done, duration_ms, "worked"),
        Err(fault) => tracing::error!(kind, trace, fault = %fault, duration_ms, "not worked"),
    }
    result.map(drop)
}

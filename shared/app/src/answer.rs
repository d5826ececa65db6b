//! The one way from a request to its answer: behind the gateway, and on one machine.

use crate::context::{Context, Work};
use crate::door::console::problem_page;
use crate::door::routes::{self, Endpoint, Function, Unrouted};
use crate::web::{Answer, Problem, header};
use crate::{approval, dunning, intake, report, request};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode};

/// Answers a request. A function that stands behind the gateway by itself answers its own routes and no others.
pub fn answer<'a>(context: &'a Context, only: Option<Function>, request: &'a Request<Bytes>) -> Work<'a, Answer> {
    Box::pin(routed(context, only, request))
}

async fn routed(context: &Context, only: Option<Function>, request: &Request<Bytes>) -> Answer {
    match routes::find(request.method(), request.uri().path()) {
        Ok((function, _)) if only.is_some_and(|only| only != function) => nothing_here(context, request),
        Ok((_, Endpoint::Webhook { provider, source })) => intake::handle(context, &provider, &source, request).await,
        Ok((Function::Intake, endpoint)) => request::http(context, endpoint, request).await,
        Ok((Function::Dunning, endpoint)) => dunning::http(context, endpoint, request).await,
        Ok((Function::Approval, endpoint)) => approval::http(context, endpoint, request).await,
        Ok((_, endpoint)) => report::http(context, endpoint, request).await,
        Err(Unrouted::NoSuchPath) => nothing_here(context, request),
        Err(Unrouted::OtherMethods(allowed)) => not_that_way(&allowed),
    }
}

fn nothing_here(context: &Context, request: &Request<Bytes>) -> Answer {
    let message = "there is nothing at this path; the console begins at /";
    let problem = Problem::new(StatusCode::NOT_FOUND, "not_found", message);
    let is_page = header(request.headers(), "accept").is_some_and(|accept| accept.contains("text/html"));
    if is_page { problem_page(context, None, &problem) } else { problem.answer() }
}

fn not_that_way(allowed: &str) -> Answer {
    let message = format!("this path answers {allowed}");
    let mut answer = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message).answer();
    let allowed = HeaderValue::from_str(allowed).expect("methods are plain words");
    answer.headers_mut().insert(http::header::ALLOW, allowed);
    answer
}

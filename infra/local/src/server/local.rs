//! Routes that only this machine has: the clock, the outbox, the queues, the sandbox, and signing in as anyone.

mod clock;
mod deliveries;
mod login;
mod outbox;
mod queues;
mod sandbox;

use crate::service::Service;
use app::web::{Answer, Problem};
use bytes::Bytes;
use http::{Request, StatusCode};

pub(super) async fn answer(service: &Service, request: &Request<Bytes>) -> Answer {
    routed(service, request).await.unwrap_or_else(|problem| problem.answer())
}

async fn routed(service: &Service, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let path: Vec<_> = request.uri().path().trim_start_matches('/').split('/').collect();
    match (request.method().as_str(), path.as_slice()) {
        ("GET" | "HEAD", ["outbox"]) => outbox::page(service, request).await,
        ("GET" | "HEAD", ["outbox", number]) => outbox::letter(service, request, number).await,
        ("GET", ["local", "clock"]) => Ok(clock::shown(service)),
        ("POST", ["local", "clock"]) => clock::move_clock(service, request).await,
        ("POST", ["local", "login"]) => login::sign_in(service, request).await,
        ("GET", ["local", "outbox"]) => outbox::letters(service, request),
        ("GET", ["local", "queues"]) => queues::depths(service),
        ("GET", ["local", "queues", name, "dead"]) => queues::dead(service, name).await,
        ("POST", ["local", "queues", name, "redrive"]) => queues::redrive(service, name).await,
        ("GET", ["local", "sandbox", provider, "calls"]) => sandbox::calls(service, provider),
        ("POST", ["local", "sandbox", provider, "next"]) => sandbox::trouble(service, provider, request.body()),
        ("POST", ["local", "sandbox", provider, "objects"]) => sandbox::teach(service, provider, request.body()),
        ("GET", ["local", "deliveries"]) => deliveries::kept(service, request).await,
        _ => Err(Problem::new(StatusCode::NOT_FOUND, "not_found", "no such route is here; see docs/operations.md")),
    }
}

fn broken(error: rusqlite::Error) -> Problem {
    let message = format!("the data folder does not answer: {error}");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "data_folder", message)
}

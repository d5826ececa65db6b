//! One port for everything: the routes of the deployed functions, and those that only this machine has.

mod local;

use crate::service::Service;
use app::door::routes::{self, Endpoint};
use app::web::{Answer, Problem};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Serves until the process ends.
pub async fn serve(service: Arc<Service>, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let service = service.clone();
        tokio::spawn(async move {
            let handler = service_fn(move |request| {
                let service = service.clone();
                async move { Ok::<_, std::convert::Infallible>(answer(&service, request).await.map(Full::new)) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(30))
                .serve_connection(TokioIo::new(stream), handler);
            // A client that goes away is no event.
            let _ = connection.await;
        });
    }
}

async fn answer(service: &Service, request: Request<Incoming>) -> Response<Bytes> {
    let head = request.method() == Method::HEAD;
    let (parts, body) = request.into_parts();
    let max = service.context.policies.limits.current().body_bytes_max;
    let body = match collected(body, max).await {
        Ok(Some(body)) => body,
        Ok(None) => return app::web::too_large().answer(),
        Err(_) => return Problem::malformed("the request's body could not be read to its end").answer(),
    };
    let mut answer = dispatch(service, &Request::from_parts(parts, body)).await;
    if head {
        *answer.body_mut() = Bytes::new();
    }
    answer
}

/// Reads a body up to its limit. What lies beyond is drained, so that the client hears the answer, but not without end.
async fn collected(mut body: Incoming, max: usize) -> Result<Option<Bytes>, hyper::Error> {
    let (mut kept, mut seen) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        seen += data.len();
        if seen <= max {
            kept.extend_from_slice(&data);
        } else if seen > 16 * max {
            break;
        }
    }
    Ok((seen <= max).then(|| Bytes::from(kept)))
}

/// Answers one request, as the gateway would after reading it.
pub async fn dispatch(service: &Service, request: &Request<Bytes>) -> Answer {
    let path = request.uri().path();
    if path.starts_with("/local/") || path == "/outbox" || path.starts_with("/outbox/") {
        return local::answer(service, request).await;
    }
    let answer = app::answer::answer(&service.context, None, request).await;
    if answer.status() == StatusCode::OK {
        learn(service, request);
    }
    answer
}

/// The sandbox learns what exists, from what was taken in. That it forgot is no reason to refuse what is durable.
fn learn(service: &Service, request: &Request<Bytes>) {
    match routes::find(request.method(), request.uri().path()) {
        Ok((_, Endpoint::Webhook { provider, .. })) => drop(service.sandbox.learn(&provider, request.body())),
        Ok((_, Endpoint::Import(kind))) if kind == "catalogue" && request.uri().query() != Some("dry_run=true") => {
            service.sells(request);
        }
        _ => {}
    }
}

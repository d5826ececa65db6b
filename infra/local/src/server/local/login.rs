//! Signing in as anyone: whoever sits at this machine is believed.

use crate::service::Service;
use app::door::{session, token};
use app::ports::Clock;
use app::setup::staff;
use app::web::{Answer, Problem, fields};
use bytes::Bytes;
use http::Request;

pub(super) async fn sign_in(service: &Service, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let fields = fields(request.body());
    let id = fields.get("staff").cloned().unwrap_or_default();
    let found = staff::find(&service.context, &id).await?.ok_or_else(|| Problem::not_found("staff member"))?;
    let secret = service.context.vault.tokens().await?;
    let hours = service.context.policies.limits.current().token_hours;
    let token = token::issue(&secret, &found.id, service.clock.machine(), hours);
    session::begun(&service.context, request, found, &token).await
}

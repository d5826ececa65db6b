//! How full are the queues, what has died in them, and can it be worked again?

use super::broken;
use crate::service::Service;
use app::message::{self, Message};
use app::ports::QueueName;
use app::web::{Answer, Problem, json};
use http::StatusCode;
use serde_json::json;

pub(super) fn depths(service: &Service) -> Result<Answer, Problem> {
    Ok(json(StatusCode::OK, &json!({"items": service.queue.depths().map_err(broken)?})))
}

pub(super) async fn dead(service: &Service, name: &str) -> Result<Answer, Problem> {
    let mut items = Vec::new();
    for (id, body, reason) in service.queue.dead(queue(name)?).map_err(broken)? {
        let delivery = delivered(service, &body).await;
        items.push(json!({"id": id, "body": body, "reason": reason, "delivery": delivery}));
    }
    Ok(json(StatusCode::OK, &json!({"items": items})))
}

pub(super) async fn redrive(service: &Service, name: &str) -> Result<Answer, Problem> {
    let revived = service.queue.redrive(queue(name)?).map_err(broken)?;
    let _working = service.working.lock().await;
    service.work().await?;
    Ok(json(StatusCode::OK, &json!({"redriven": revived})))
}

fn queue(name: &str) -> Result<QueueName, Problem> {
    QueueName::ALL.into_iter().find(|queue| queue.name() == name).ok_or_else(|| Problem::not_found("queue"))
}

/// What was delivered, where a dead message holds it or names it.
async fn delivered(service: &Service, message: &str) -> Option<String> {
    let Ok(Message::Delivery { body, .. }) = Message::decode(message) else { return None };
    let body = message::unpack(&service.context, &body).await.ok()?;
    Some(String::from_utf8_lossy(&body).into_owned())
}

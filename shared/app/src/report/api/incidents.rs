//! Incidents: the list, one with a page of its members, and what went live lately.

use super::list;
use crate::context::Context;
use crate::incident;
use crate::report::query::{self, Query};
use crate::report::read;
use crate::store::keys;
use crate::web::{self, Answer, Problem, Window};
use domain::incident::{Incident, Pulse};
use http::StatusCode;
use serde_json::{Value, json};

pub(super) async fn all(context: &Context, query: &Query, window: &Window) -> Result<Answer, Problem> {
    let page = read::incidents(context, query::incident_state(query)?, window).await?;
    let items: Vec<_> = page.items.iter().map(incident_json).collect();
    Ok(list(&items, page.next.as_deref()))
}

pub(super) async fn one(context: &Context, id: &str, window: &Window) -> Result<Answer, Problem> {
    let incident = incident::find(context, id).await?;
    let mut value = incident_json(&incident);
    let place = |it: &Pulse| keys::pulse(it).sk;
    let mut members = incident::members(context, &incident).await?;
    members.retain(|it| window.after.as_ref().is_none_or(|after| place(it) > *after));
    let more = members.len() > window.limit as usize;
    members.truncate(window.limit as usize);
    value["members_list"] = members.iter().map(member_json).collect();
    value["members_next"] = json!(Window::cursor(members.last().filter(|_| more).map(place).as_deref()));
    Ok(web::json(StatusCode::OK, &value))
}

pub(super) async fn releases(context: &Context) -> Result<Answer, Problem> {
    Ok(list(&incident::releases(context).await?.lately, None))
}

fn incident_json(incident: &Incident) -> Value {
    let mut value = serde_json::to_value(incident).expect("an incident is plain data");
    value["title"] = json!(incident.title());
    value["chance"] = json!(incident.chance());
    value
}

fn member_json(pulse: &Pulse) -> Value {
    json!({
        "account": pulse.account,
        "about": pulse.about,
        "at": pulse.at,
        "amount": pulse.amount,
        "signs": pulse.signs,
    })
}

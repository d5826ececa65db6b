//! What the console's doors share: forms of this session, refusals as pages, an action as the outside sees it.

use super::token::Caller;
use crate::context::Context;
use crate::web::{self, Answer, Problem};
use ::pages::{Kept, Viewer};
use bytes::Bytes;
use domain::action::Action;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A form must be one that we gave to this session.
pub fn own_form(caller: &Caller, fields: &BTreeMap<String, String>) -> Result<(), Problem> {
    if caller.csrf.is_none() || fields.get("csrf") != caller.csrf.as_ref() {
        return Err(Problem::not_permitted("this form is too old; reload the page and try again"));
    }
    Ok(())
}

/// The fields of a form that we gave to this session.
pub fn own_fields(request: &Request<Bytes>, caller: &Caller) -> Result<BTreeMap<String, String>, Problem> {
    let fields = web::fields(request.body());
    own_form(caller, &fields)?;
    Ok(fields)
}

/// A refused request as a page.
pub fn problem_page(context: &Context, caller: Option<&Caller>, problem: &Problem) -> Answer {
    let viewer = caller.map(|caller| viewer(context, caller));
    let title = if problem.status == StatusCode::NOT_FOUND { "Not found" } else { "This did not work" };
    web::html(problem.status, ::pages::problem(viewer.as_ref(), title, &problem.message))
}

/// A form that was refused, with what was written into it, to be put right; `back` is the page that it stood on.
pub fn refused(
    context: &Context,
    caller: &Caller,
    request: &Request<Bytes>,
    fields: BTreeMap<String, String>,
    (back, problem): (&str, &Problem),
) -> Answer {
    let (viewer, fields) = (viewer(context, caller), fields.into_iter().collect::<Vec<_>>());
    let kept = Kept { path: request.uri().path(), fields: &fields };
    web::html(problem.status, ::pages::refused(&viewer, kept, back, &problem.message))
}

/// An action as the outside sees it.
pub fn action_json(action: &Action) -> Value {
    let mut value = serde_json::to_value(action).expect("an action is plain data");
    let object = value.as_object_mut().expect("an action is an object");
    let needed: Vec<_> = action.required.iter().map(|role| json!({"role": role.name()})).collect();
    object.insert("approvals_required".to_owned(), Value::Array(needed));
    let votes = object.remove("votes").unwrap_or_default();
    object.insert("approvals".to_owned(), votes);
    object.remove("required");
    // The kind by its name, what it is about beside it.
    if let Some(Value::Object(kind)) = object.remove("kind") {
        object.extend(kind);
    }
    object.remove("told");
    object.remove("proven_by");
    object.insert("customer_told".to_owned(), json!(action.told.customer));
    object.insert("policy_version".to_owned(), json!(action.preview.clause.policy_version));
    object.insert("receipt".to_owned(), json!(format!("/api/actions/{}/receipt", action.id)));
    value
}

pub fn viewer(context: &Context, caller: &Caller) -> Viewer {
    Viewer {
        id: caller.staff.id.clone(),
        name: caller.staff.name.clone(),
        role: caller.staff.role,
        csrf: caller.csrf.clone(),
        local: context.settings.local,
    }
}

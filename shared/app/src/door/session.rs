//! A browser's session: begun with a token, ended without one. What a form said that came without one goes on in the
//! next.

use super::console::viewer;
use super::routes::{self, Endpoint, Function};
use super::token::{self, Caller};
use crate::context::Context;
use crate::setup::staff;
use crate::web::{self, Answer, Problem};
use bytes::Bytes;
use domain::staff::{Role, Staff};
use http::{HeaderValue, Method, Request, StatusCode, header};
use pages::{KEPT, Kept};
use std::collections::BTreeMap;

/// How much of a form is carried over a sign-in.
const KEPT_BYTES_MAX: usize = 256 * 1024;

/// Turns a token into a browser session.
pub async fn sign_in(context: &Context, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let fields = web::fields(request.body());
    let token = fields.get("token").map(|token| token.trim()).unwrap_or_default();
    // Programs name no site; a browser does, and nobody is signed in from somebody else's page.
    if web::header(request.headers(), "sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        let message = "this did not come from our own sign-in page; open it and try again";
        return Err(Problem::not_permitted(message));
    }
    let safe = !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let whose = if safe { token::whose(context, token).await? } else { None };
    match (whose, carried(request, &fields)) {
        (Some(staff), _) => begun(context, request, staff, token).await,
        (None, Some((path, kept))) => Ok(asked_again(context, Kept { path: &path, fields: &kept }).await),
        (None, None) => Ok(web::see_other("/login?notice=This+token+is+not+valid.+Make+a+new+one.")),
    }
}

/// A session of somebody whose token was believed: it begins where they were.
pub async fn begun(context: &Context, request: &Request<Bytes>, staff: Staff, token: &str) -> Result<Answer, Problem> {
    let answer = match carried(request, &web::fields(request.body())) {
        None => web::see_other("/"),
        Some((path, kept)) => {
            let csrf = token::csrf(&context.vault.tokens().await?, token);
            let viewer = viewer(context, &Caller { staff, csrf: Some(csrf) });
            web::html(StatusCode::OK, pages::resumed(&viewer, Kept { path: &path, fields: &kept }))
        }
    };
    Ok(with_cookie(answer, token, context.settings.base_url.starts_with("https")))
}

/// Ends the browser's session.
pub fn sign_out() -> Answer {
    with_cookie(web::see_other("/login"), "", false)
}

/// What a form of ours is answered that came without a session: a sign-in that carries it along. Nothing is done, and
/// nothing is kept here: whoever signs in sees what it says, and sends it.
pub async fn keep(context: &Context, request: &Request<Bytes>) -> Option<Answer> {
    let path = request.uri().path();
    let kind = web::header(request.headers(), header::CONTENT_TYPE.as_str());
    let is_form = kind.is_none_or(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let fits = request.body().len() <= KEPT_BYTES_MAX;
    if !is_form || !fits || !goes_on(path) || !token::same_origin(request) {
        return None;
    }
    let own = web::fields(request.body()).into_iter().filter(|(name, _)| name != "csrf");
    Some(asked_again(context, Kept { path, fields: &own.collect::<Vec<_>>() }).await)
}

/// Those that the local service lets anyone be.
pub async fn demo(context: &Context) -> Vec<(String, String, Role)> {
    let all = if context.settings.local { staff::all(context).await.unwrap_or_default() } else { Vec::new() };
    all.into_iter().map(|staff| (staff.id, staff.name, staff.role)).collect()
}

async fn asked_again(context: &Context, kept: Kept<'_>) -> Answer {
    web::html(StatusCode::UNAUTHORIZED, pages::signed_out(kept, &demo(context).await))
}

/// The form that a sign-in carries along, if it is one: from our own page, and for a page of ours.
fn carried(request: &Request<Bytes>, fields: &BTreeMap<String, String>) -> Option<(String, Vec<(String, String)>)> {
    let path = fields.get("kept").filter(|path| goes_on(path))?;
    if !token::same_origin(request) {
        return None;
    }
    let own = fields.iter().filter_map(|(name, value)| Some((name.strip_prefix(KEPT)?.to_owned(), value.clone())));
    Some((path.clone(), own.filter(|(name, _)| name != "csrf").collect()))
}

/// Whether a path takes forms of somebody who is signed in.
fn goes_on(path: &str) -> bool {
    let found = routes::find(&Method::POST, path);
    !path.starts_with("/api/")
        && matches!(&found, Ok((Function::Approval | Function::Report, endpoint)) if !matches!(
            endpoint,
            Endpoint::SignIn | Endpoint::SignOut | Endpoint::LinkOpened | Endpoint::Messages(_) | Endpoint::SlackPressed
        ))
}

/// Sets the session; an empty token ends it.
fn with_cookie(mut answer: Answer, token: &str, secure: bool) -> Answer {
    let age = if token.is_empty() { "; Max-Age=0" } else { "" };
    let secure = if secure { "; Secure" } else { "" };
    let value = format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{age}{secure}", token::COOKIE);
    let value = HeaderValue::from_str(&value).expect("a verified token is plain ASCII");
    answer.headers_mut().insert(header::SET_COOKIE, value);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_forms_of_the_console_go_on_after_a_sign_in() {
        for (path, goes) in [
            ("/tickets", true),
            ("/tickets/desk:1", true),
            ("/accounts/stripe%3Acus_1/ask", true),
            ("/search", true),
            ("/actions/act_1/decision", true),
            ("/stop", true),
            ("/login", false),
            ("/logout", false),
            ("/approvals", false),
            ("/messages/abc", false),
            ("/slack/interactions", false),
            ("/pay/abc", false),
            ("/request/stripe", false),
            ("/webhooks/stripe/default", false),
            ("/api/actions", false),
            ("/policies", false),
            ("//evil.example/stop", false),
            ("https://evil.example/stop", false),
            ("", false),
        ] {
            assert_eq!(goes_on(path), goes, "{path}");
        }
    }
}

//! A browser's session: begun with a token, ended without one.

use super::token;
use crate::context::Context;
use crate::web::{self, Answer, Problem};
use bytes::Bytes;
use http::{HeaderValue, Request, header};

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
    if !safe || token::whose(context, token).await?.is_none() {
        return Ok(web::see_other("/login?notice=This+token+is+not+valid.+Make+a+new+one."));
    }
    Ok(with_cookie(web::see_other("/"), token, context.settings.base_url.starts_with("https")))
}

/// Ends the browser's session.
pub fn sign_out() -> Answer {
    with_cookie(web::see_other("/login"), "", false)
}

/// Sets the session; an empty token ends it.
pub fn with_cookie(mut answer: Answer, token: &str, secure: bool) -> Answer {
    let age = if token.is_empty() { "; Max-Age=0" } else { "" };
    let secure = if secure { "; Secure" } else { "" };
    let value = format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{age}{secure}", token::COOKIE);
    let value = HeaderValue::from_str(&value).expect("a verified token is plain ASCII");
    answer.headers_mut().insert(header::SET_COOKIE, value);
    answer
}

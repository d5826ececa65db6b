//! Who is asking? Tokens say who; the staff table says the role.
//!
//! The local service signs its own (HS256); once an identity provider is set, its tokens count as well, and deployed no others.

use crate::context::Context;
use crate::fault::Fault;
use crate::identity::{self, Named};
use crate::setup::staff;
use crate::web::{Problem, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use domain::staff::Staff;
use http::{Method, Request};
use jiff::{SignedDuration, Timestamp};
use providers::Secret;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

pub const COOKIE: &str = "recoup_session";
const ISSUER: &str = "recoup";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    iat: i64,
    exp: i64,
}

/// Signs a token for a staff id.
pub fn issue(secret: &Secret, staff: &str, machine_now: Timestamp, hours: i64) -> String {
    let expires = machine_now + SignedDuration::from_hours(hours);
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: staff.to_owned(),
        iat: machine_now.as_second(),
        exp: expires.as_second(),
    };
    let claims = serde_json::to_vec(&claims).expect("claims are plain data");
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(secret.signs(&signed));
    format!("{signed}.{signature}")
}

/// Reads the staff id from a token that is ours and still good.
pub fn verify(secret: &Secret, token: &str, machine_now: Timestamp) -> Option<String> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (head, claims) = signed.split_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let good = bool::from(secret.signs(signed).as_slice().ct_eq(&signature));
    let known = URL_SAFE_NO_PAD.decode(head).ok()? == HEADER.as_bytes();
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    (good && known && claims.iss == ISSUER && machine_now.as_second() < claims.exp).then_some(claims.sub)
}

/// A value that a form of this session must send back.
pub fn csrf(secret: &Secret, session: &str) -> String {
    URL_SAFE_NO_PAD.encode(secret.signs(&format!("csrf.{session}")))
}

/// An unguessable name for something: whoever does not know the secret cannot make it, and it is the same each time.
pub fn derived(secret: &Secret, parts: &[&str]) -> String {
    hex::encode(secret.signs(&parts.join("\n")))
}

/// Somebody who is signed in.
pub struct Caller {
    pub staff: Staff,
    /// What a form must send back; only a browser session has forms.
    pub csrf: Option<String>,
}

/// Finds out who asks, by bearer token or session.
///
/// A session alone does not change anything: its request must come from our own pages.
pub async fn caller(context: &Context, request: &Request<Bytes>) -> Result<Caller, Problem> {
    let bearer = header(request.headers(), "authorization").map(|value| value.strip_prefix("Bearer ").unwrap_or(""));
    let session = header(request.headers(), "cookie").and_then(cookie);
    let token = bearer.or(session).ok_or_else(Problem::not_signed_in)?;
    let staff = whose(context, token).await?.ok_or_else(Problem::not_signed_in)?;
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if bearer.is_none() && !reads && !same_origin(request) {
        let message = "this did not come from one of our own pages; reload the page and try again";
        return Err(Problem::new(http::StatusCode::FORBIDDEN, "not_permitted", message));
    }
    let secret = context.vault.tokens().await?;
    Ok(Caller { staff, csrf: bearer.is_none().then(|| csrf(&secret, token)) })
}

/// Who a token names: the company's identity provider signs it, or, on one machine, we do.
pub async fn whose(context: &Context, token: &str) -> Result<Option<Staff>, Fault> {
    let now = context.clock.machine();
    let identity = context.vault.identity().await?;
    if let Some(named) = identity.as_ref().and_then(|identity| identity::verify(identity, token, now)) {
        return match named {
            Named::Id(id) => staff::find(context, &id).await,
            Named::Email(email) => {
                Ok(staff::all(context).await?.into_iter().find(|staff| staff.email.eq_ignore_ascii_case(&email)))
            }
        };
    }
    // Where somebody else says who people are, nothing that we could sign does.
    if identity.is_some() && !context.settings.local {
        return Ok(None);
    }
    match verify(&context.vault.tokens().await?, token, now) {
        Some(id) => staff::find(context, &id).await,
        None => Ok(None),
    }
}

fn cookie(header: &str) -> Option<&str> {
    header.split(';').find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// Browsers say where a request comes from; with our `no-referrer`, an `Origin` alone would be `null`.
pub fn same_origin(request: &Request<Bytes>) -> bool {
    if let Some(site) = header(request.headers(), "sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = header(request.headers(), "origin").and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == header(request.headers(), "host")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_it_expires_or_is_touched() {
        let secret = Secret::new("s");
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let token = issue(&secret, "mara", now, 1);
        assert_eq!(verify(&secret, &token, now).as_deref(), Some("mara"));
        assert_eq!(verify(&secret, &token, "2026-01-01T00:59:59Z".parse().unwrap()).as_deref(), Some("mara"));
        assert_eq!(verify(&secret, &token, "2026-01-01T01:00:00Z".parse().unwrap()), None);
        assert_eq!(verify(&Secret::new("other"), &token, now), None);
        for place in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[place] ^= 1;
            // The last character of base64 carries bits that mean nothing; they must not be accepted either way.
            assert_eq!(
                String::from_utf8(bytes).ok().and_then(|changed| verify(&secret, &changed, now)),
                None,
                "byte {place}"
            );
        }
        assert_eq!(verify(&secret, "", now), None);
    }

    #[test]
    fn the_session_is_found_among_cookies() {
        assert_eq!(cookie("a=b; recoup_session=x.y.z; c=d"), Some("x.y.z"));
        assert_eq!(cookie("recoup_sessions=x"), None);
    }
}

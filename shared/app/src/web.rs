//! Answers over HTTP: JSON with one error shape, and pages.

pub mod misread;

use crate::fault::Fault;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use domain::action::Impossible;
use domain::id::{AccountId, ActionId};
use domain::policy::stored_bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use serde::Serialize;
use serde::de::{DeserializeOwned, value};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub type Answer = Response<Bytes>;

/// What a page may load: our style sheet. The console's pages also run its script, and one the text that `html_with`
/// names.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// How much somebody may write about a request or a decision.
pub const NOTE_CHARS_MAX: usize = 2000;
/// What a letter takes where it is stored, in whatever script people write.
const LETTER_BYTES: usize = 4;

/// The longest id that any provider is believed to use.
pub const ID_BYTES_MAX: usize = 255;

/// Refuses a note that is longer than one is kept: by its letters, and where they are signs that nobody writes, by what
/// those take.
pub fn note_fits(note: &str) -> Result<(), Problem> {
    if note.chars().count() > NOTE_CHARS_MAX || stored_bytes(note) > NOTE_CHARS_MAX * LETTER_BYTES + "\"\"".len() {
        return Err(Problem::malformed(format!("a note has at most {NOTE_CHARS_MAX} characters")));
    }
    Ok(())
}

/// Refuses what is longer than a provider's id of anything.
pub fn reference_fits(reference: &str) -> Result<(), Problem> {
    if reference.len() > ID_BYTES_MAX {
        return Err(Problem::malformed(format!("a reference has at most {ID_BYTES_MAX} characters")));
    }
    Ok(())
}

/// A request that is refused, as the outside sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("there is no {what} with this id; look it up in its list"),
        )
    }

    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    pub fn strange_cursor() -> Self {
        Self::malformed("`cursor` is not one that we gave; start again without it")
    }

    pub fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", "send a bearer token or sign in at /login")
    }

    /// The asker's role does not reach so far.
    pub fn not_permitted(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_permitted", message)
    }

    /// It came too late, or something else was there first.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// The request is understood, and cannot be done as things are.
    pub fn not_possible(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not_possible", message)
    }

    pub fn answer(&self) -> Answer {
        json(self.status, &json!({"error": {"code": self.code, "message": self.message}}))
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        tracing::error!(fault = %fault, "a request could not be answered");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "try_again",
            "this could not be done right now; try again in a moment",
        )
    }
}

/// Why something that was asked for did not come about: it was refused, or it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    Refused(Problem),
    Fault(Fault),
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Impossible> for Failed {
    fn from(impossible: Impossible) -> Self {
        Self::Fault(impossible.into())
    }
}

impl From<Failed> for Problem {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Refused(problem) => problem,
            Failed::Fault(fault) => fault.into(),
        }
    }
}

/// A value as it stands in an address.
pub fn escaped(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// Leads to a page that says something on top.
pub fn see_with(path: &str, notice: &str) -> Answer {
    see_other(&format!("{path}?notice={}", escaped(notice)))
}

/// Leads from a form back to its page, which says why it was refused, or what came of it if that does not show.
pub fn back_to(page: &str, said: Result<Option<&str>, Problem>) -> Answer {
    match said {
        Ok(None) => see_other(page),
        Ok(Some(notice)) => see_with(page, notice),
        Err(problem) => see_with(page, &problem.message),
    }
}

pub fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(value).expect("an answer is plain data");
    respond(status, "application/json", body)
}

/// A page of the console.
pub fn html(status: StatusCode, page: String) -> Answer {
    under(&format!("{POLICY}; script-src 'self'"), respond(status, "text/html; charset=utf-8", page.into_bytes()))
}

/// A page that stands in a frame of `ancestors` and nobody else's: it runs nothing and sends nothing.
pub fn framed(status: StatusCode, page: String, ancestors: &str) -> Answer {
    let policy = POLICY
        .replace("form-action 'self'", "form-action 'none'")
        .replace("frame-ancestors 'none'", &format!("frame-ancestors {ancestors}"));
    unlisted(under(&policy, respond(status, "text/html; charset=utf-8", page.into_bytes())))
}

/// How often a page looks that waits for an end.
const AGAIN_SECS: &str = "2";

/// A page that is asked for again by itself, with and without scripts. Whoever sends it says when that is over.
pub fn looking_again(mut page: Answer) -> Answer {
    page.headers_mut().insert(header::REFRESH, HeaderValue::from_static(AGAIN_SECS));
    page
}

/// An answer under a policy of its own.
fn under(policy: &str, mut answer: Answer) -> Answer {
    let policy = HeaderValue::from_str(policy).expect("the policy is plain ASCII");
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    answer
}

/// A page for customers, which no search engine may list.
pub fn outside(status: StatusCode, page: String) -> Answer {
    // A browser asks this of every address that the answer to a form leads on to, and a provider leads on to others of
    // its own.
    let policy = POLICY.replace("form-action 'self'", "form-action 'self' https:");
    unlisted(under(&policy, html(status, page)))
}

/// Leads on to a page elsewhere, whose address was looked at.
pub fn away(to: &str) -> Answer {
    unlisted(see_other(to))
}

fn unlisted(mut answer: Answer) -> Answer {
    answer.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow"));
    answer
}

/// A file to keep, under a name of which nothing but plain letters is left.
pub fn file(kind: &'static str, name: &str, body: Vec<u8>) -> Answer {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let name: String = name.chars().filter(|letter| plain(*letter)).collect();
    let mut answer = respond(StatusCode::OK, kind, body);
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).expect("the name is plain ASCII");
    answer.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    unlisted(answer)
}

pub fn text(status: StatusCode, text: String) -> Answer {
    respond(status, "text/plain; charset=utf-8", text.into_bytes())
}

/// A page of a table; a header leads to the next one.
pub fn csv(table: String, next: Option<&str>) -> Answer {
    let mut answer = respond(StatusCode::OK, "text/csv; charset=utf-8", table.into_bytes());
    if let Some(next) = next {
        let link = format!("<{next}>; rel=\"next\"");
        let link = HeaderValue::from_str(&link).expect("what leads on is an address of ours, escaped");
        answer.headers_mut().insert(header::LINK, link);
    }
    answer
}

/// The style sheet.
pub fn style(text: &'static str) -> Answer {
    kept(respond(StatusCode::OK, "text/css; charset=utf-8", text.as_bytes().to_vec()))
}

/// The console's script.
pub fn script(text: &'static str) -> Answer {
    kept(respond(StatusCode::OK, "text/javascript; charset=utf-8", text.as_bytes().to_vec()))
}

/// What may be kept for a while.
fn kept(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=300"));
    answer
}

/// A page of the console with an inline script beside its own. The browser runs that only if it is, to the byte, the
/// one whose hash stands in the header.
pub fn html_with(script: &str, page: String) -> Answer {
    let policy = format!("{POLICY}; script-src 'sha256-{}' 'self'", STANDARD.encode(Sha256::digest(script)));
    under(&policy, html(StatusCode::OK, page))
}

/// Sends the browser on after a form.
pub fn see_other(to: &str) -> Answer {
    let mut answer = respond(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", Vec::new());
    answer
        .headers_mut()
        .insert(header::LOCATION, HeaderValue::from_str(to).expect("it is a path of ours, or was read as an address"));
    answer
}

fn respond(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// The query of a request, the last of doubled names winning.
pub fn query(request: &Request<Bytes>) -> BTreeMap<String, String> {
    fields(request.uri().query().unwrap_or_default().as_bytes())
}

/// Whether a request only wants to know what it would do.
pub fn dry_run(query: &BTreeMap<String, String>) -> Result<bool, Problem> {
    match query.get("dry_run").map(String::as_str) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::malformed("`dry_run` is true or false")),
    }
}

/// The fields of a form.
pub fn fields(body: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Reads a field of a form in the words of its own type, as the same type reads it from JSON.
pub fn typed<T: DeserializeOwned>(field: &str) -> Result<T, value::Error> {
    T::deserialize(value::StrDeserializer::<value::Error>::new(field))
}

/// Reads a body that is JSON; a refusal says what is wanted.
pub fn sent<T: DeserializeOwned>(body: &[u8], wanted: &str) -> Result<T, Problem> {
    misread::json(body).map_err(|why| Problem::malformed(format!("{wanted}: {why}")))
}

/// A header that is there once, as text.
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Which part of a list is asked for.
pub struct Window {
    pub after: Option<String>,
    pub limit: u32,
}

impl Window {
    pub fn of(query: &BTreeMap<String, String>, default: u32) -> Result<Self, Problem> {
        let limit = match query.get("limit").map(|limit| limit.parse::<u32>()) {
            None => default,
            Some(Ok(limit)) if (1..=1000).contains(&limit) => limit,
            Some(_) => return Err(Problem::malformed("`limit` is a number from 1 to 1000")),
        };
        let after = query
            .get("cursor")
            .map(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok()))
            .map(|after| after.ok_or_else(Problem::strange_cursor))
            .transpose()?;
        Ok(Self { after, limit })
    }

    /// What leads to the next page.
    pub fn cursor(next: Option<&str>) -> Option<String> {
        next.map(|next| URL_SAFE_NO_PAD.encode(next))
    }
}

/// What everybody hears who is neither a manager nor a VP.
pub fn importers_only() -> Problem {
    let message = "this changes what is owed and who may decide: ask a manager or a VP to do it";
    Problem::not_permitted(message)
}

pub fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is larger than 1 MiB; send less at once")
}

pub fn account_id(id: &str) -> Result<AccountId, Problem> {
    AccountId::named(id).ok_or_else(|| Problem::not_found("account"))
}

pub fn action_id(id: &str) -> Result<ActionId, Problem> {
    ActionId::parse(id).ok_or_else(|| Problem::not_found("action"))
}

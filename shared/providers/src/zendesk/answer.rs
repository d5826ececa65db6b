//! An answer as a public comment. It is safe: where the ticket changed since it was read nothing is done, so that what
//! comes late cannot come twice; and the audit of it bears our mark, by which it is found.
//!
//! <https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-ticket>
//! <https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/>

use super::requester::observe;
use crate::{Call, Comment, Desk, Headers, Looked, Reply, Step, Told};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::policy::shorten;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) static DESK: Desk =
    Desk { title: "Zendesk", base: "https://{source}.zendesk.com", headers, answer, look, observe };

/// The name of our mark in an audit's metadata.
const MARK: &str = "recoup";
/// How many audits a page holds, and how many pages are read.
const PER_PAGE: usize = 100;
const PAGES_MAX: usize = 20;
/// How much is kept of a reason.
const REASON_BYTES_MAX: usize = 160;

/// An API token is written `address/token:…`, as it is used; without a colon the key is an OAuth token.
fn headers(key: &str) -> Headers {
    let authorization =
        if key.contains(':') { format!("Basic {}", STANDARD.encode(key)) } else { format!("Bearer {key}") };
    vec![("authorization", authorization), ("content-type", "application/json".to_owned())]
}

#[derive(Deserialize)]
struct Shown {
    ticket: Ticket,
}

#[derive(Deserialize)]
struct Ticket {
    status: String,
    updated_at: String,
}

#[derive(Deserialize)]
struct Audits {
    audits: Vec<Audit>,
    next_page: Option<String>,
}

#[derive(Deserialize)]
struct Audit {
    #[serde(default)]
    metadata: Value,
    created_at: Option<String>,
    #[serde(default)]
    events: Vec<Value>,
}

fn path(comment: &Comment<'_>) -> String {
    let ticket: String = form_urlencoded::byte_serialize(comment.ticket.as_bytes()).collect();
    format!("/api/v2/tickets/{ticket}")
}

fn answer(comment: &Comment<'_>, replies: &[Reply]) -> Step<Told> {
    match replies {
        [] => Step::Send(Call::list(format!("{}.json", path(comment)))),
        [shown] if shown.status == 200 => match serde_json::from_str::<Shown>(&shown.body) {
            Ok(Shown { ticket }) if ticket.status == "closed" => {
                Step::Ended(Told::Refused("the ticket is closed in Zendesk and takes no answer".to_owned()))
            }
            Ok(Shown { ticket }) => Step::Send(put(comment, &ticket)),
            // Nothing was sent yet.
            Err(_) => Step::Ended(Told::NotNow { certain: true }),
        },
        [shown] => Step::Ended(refused(shown).map_or(Told::NotNow { certain: true }, Told::Refused)),
        [_, put, ..] => Step::Ended(match put.status {
            200..=299 => Told::Taken,
            // The ticket changed since it was read, or they take no more for now.
            409 | 429 => Told::NotNow { certain: true },
            503 => Told::NotNow { certain: false },
            _ => refused(put).map_or(Told::Unknown, Told::Refused),
        }),
    }
}

fn put(comment: &Comment<'_>, ticket: &Ticket) -> Call {
    let mut update = json!({
        "comment": {"body": comment.text, "public": true},
        "metadata": {MARK: comment.mark},
        "safe_update": true,
        "updated_stamp": ticket.updated_at,
    });
    match (comment.ends, comment.waits) {
        (true, _) => update["status"] = json!("solved"),
        (false, true) => update["status"] = json!("pending"),
        (false, false) => {}
    }
    let body = json!({"ticket": update}).to_string();
    Call { method: Method::PUT, body, patient: true, ..Call::get(format!("{}.json", path(comment))) }
}

/// Asks for the ticket first: what is sent after the look is refused, should the ticket change in between.
fn look(comment: &Comment<'_>, replies: &[Reply]) -> Step<Looked> {
    let Some((shown, pages)) = replies.split_first() else {
        return Step::Send(Call::list(format!("{}.json", path(comment))));
    };
    if shown.status != 200 {
        return Step::Ended(refused(shown).map_or(Looked::Unknown, Looked::Refused));
    }
    let mut more = true;
    for page in pages {
        let Some(read) = Some(page).filter(|page| page.status == 200) else { return Step::Ended(Looked::Unknown) };
        let Ok(Audits { audits, next_page }) = serde_json::from_str(&read.body) else {
            return Step::Ended(Looked::Unknown);
        };
        if audits.iter().any(|audit| is_ours(audit, comment)) {
            return Step::Ended(Looked::There);
        }
        more = next_page.is_some();
    }
    match (more, pages.len()) {
        (false, _) => Step::Ended(Looked::NotThere),
        (true, read) if read >= PAGES_MAX => Step::Ended(Looked::Unknown),
        (true, read) => {
            let path = path(comment);
            Step::Send(Call::list(format!("{path}/audits.json?per_page={PER_PAGE}&page={}", read + 1)))
        }
    }
}

/// By our mark; or, should none be kept, by the same public words since it was stored. Another mark of ours is another
/// answer, which may say the same.
fn is_ours(audit: &Audit, comment: &Comment<'_>) -> bool {
    let marks = [&audit.metadata["custom"][MARK], &audit.metadata[MARK]];
    if let Some(mark) = marks.into_iter().find_map(Value::as_str) {
        return mark == comment.mark;
    }
    let made_at = audit.created_at.as_deref().and_then(|at| at.parse::<jiff::Timestamp>().ok());
    let is_later = made_at.zip(comment.since).is_some_and(|(made_at, since)| made_at.as_second() >= since.as_second());
    let says_it = |event: &Value| {
        event["type"] == "Comment"
            && event["public"] == true
            && event["body"].as_str().is_some_and(|body| body.trim() == comment.text.trim())
    };
    is_later && audit.events.iter().any(says_it)
}

/// What only a person can mend, in Zendesk's words; none where it may be otherwise later.
fn refused(reply: &Reply) -> Option<String> {
    if !(400..500).contains(&reply.status) || matches!(reply.status, 408 | 409 | 425 | 429) {
        return None;
    }
    let told = match reply.status {
        401 | 403 => "it does not take the API key of this source".to_owned(),
        404 => "it has no such ticket".to_owned(),
        status => told(&reply.body).unwrap_or_else(|| format!("it answers {status}")),
    };
    let mut reason: String = told.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    shorten(&mut reason, REASON_BYTES_MAX);
    Some(format!("Zendesk refuses the answer: {reason}"))
}

/// The first detail of an error, else what it says as a whole.
fn told(body: &str) -> Option<String> {
    let error: Value = serde_json::from_str(body).ok()?;
    let details = error["details"].as_object().into_iter().flat_map(|details| details.values());
    let mut described = details.filter_map(|all| all[0]["description"].as_str());
    let whole = || error["description"].as_str().or(error["error"].as_str());
    described.next().or_else(whole).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: &str = r#"{"ticket":{"id":42,"status":"open","updated_at":"2026-03-01T10:00:00Z"}}"#;

    fn comment() -> Comment<'static> {
        let since = Some("2026-03-01T10:00:05.7Z".parse().unwrap());
        Comment { ticket: "42", text: "It is done.", mark: "ans_1", ends: true, waits: false, since }
    }

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, body: body.to_owned() }
    }

    #[test]
    fn a_key_is_an_api_token_with_its_address_or_an_oauth_token() {
        for (key, expected) in
            [("lena@ours.example/token:abc", "Basic bGVuYUBvdXJzLmV4YW1wbGUvdG9rZW46YWJj"), ("abc", "Bearer abc")]
        {
            assert_eq!(headers(key)[0], ("authorization", expected.to_owned()), "{key}");
        }
    }

    #[test]
    fn an_answer_is_a_public_comment_on_the_ticket_as_it_was_read() {
        let Step::Send(first) = answer(&comment(), &[]) else { panic!("it reads the ticket first") };
        assert_eq!((first.method.as_str(), first.path.as_str()), ("GET", "/api/v2/tickets/42.json"));
        let shown = [reply(200, TICKET)];
        for (ends, waits, status) in
            [(true, false, json!("solved")), (false, true, json!("pending")), (false, false, Value::Null)]
        {
            let Step::Send(put) = answer(&Comment { ends, waits, ..comment() }, &shown) else { panic!("it is sent") };
            let body: Value = serde_json::from_str(&put.body).unwrap();
            assert_eq!((put.method.as_str(), put.path.as_str()), ("PUT", "/api/v2/tickets/42.json"));
            assert_eq!(body["ticket"]["comment"], json!({"body": "It is done.", "public": true}));
            assert_eq!(body["ticket"]["metadata"], json!({"recoup": "ans_1"}));
            assert_eq!(body["ticket"]["safe_update"], true);
            assert_eq!(body["ticket"]["updated_stamp"], "2026-03-01T10:00:00Z");
            assert_eq!(body["ticket"]["status"], status);
        }
        let odd = Comment { ticket: "4 2/../x?y", ..comment() };
        let Step::Send(call) = answer(&odd, &[]) else { panic!("it reads the ticket first") };
        assert_eq!(call.path, "/api/v2/tickets/4+2%2F..%2Fx%3Fy.json");
    }

    #[test]
    fn what_zendesk_answers_means() {
        let closed = r#"{"error":"RecordInvalid","description":"Record validation errors","details":{"status":[{"description":"Status: closed prevents ticket update"}]}}"#;
        let refused = |words: &str| Told::Refused(format!("Zendesk refuses the answer: {words}"));
        let not_now = |certain| Told::NotNow { certain };
        for (what, first, put, expected) in [
            ("taken", reply(200, TICKET), Some(reply(200, "{}")), Told::Taken),
            ("closed", reply(200, TICKET), Some(reply(422, closed)), refused("Status: closed prevents ticket update")),
            (
                "no key",
                reply(200, TICKET),
                Some(reply(401, "{}")),
                refused("it does not take the API key of this source"),
            ),
            ("changed meanwhile", reply(200, TICKET), Some(reply(409, "{}")), not_now(true)),
            ("too many", reply(200, TICKET), Some(reply(429, "")), not_now(true)),
            ("down", reply(200, TICKET), Some(reply(503, "")), not_now(false)),
            ("a failure", reply(200, TICKET), Some(reply(500, "")), Told::Unknown),
            ("a gateway", reply(200, TICKET), Some(reply(504, "<html>")), Told::Unknown),
            ("no such ticket", reply(404, "{}"), None, refused("it has no such ticket")),
            ("too many questions", reply(429, ""), None, not_now(true)),
            ("a failure before it was sent", reply(500, ""), None, not_now(true)),
            ("rubbish before it was sent", reply(200, "<html>"), None, not_now(true)),
            (
                "closed, as it is read",
                reply(200, &TICKET.replace("open", "closed")),
                None,
                Told::Refused("the ticket is closed in Zendesk and takes no answer".to_owned()),
            ),
        ] {
            let replies: Vec<Reply> = [first].into_iter().chain(put).collect();
            assert_eq!(answer(&comment(), &replies), Step::Ended(expected), "{what}");
        }
    }

    #[test]
    fn an_answer_is_found_by_our_mark_or_by_its_words() {
        let page =
            |audits: Value, next: Option<&str>| reply(200, &json!({"audits": audits, "next_page": next}).to_string());
        let said = |body: &str, public: bool, at: &str| json!([{"created_at": at, "metadata": {"custom": {}}, "events": [{"type": "Comment", "public": public, "body": body}]}]);
        let marked = json!([{"metadata": {"custom": {"recoup": "ans_1"}}}]);
        let other = json!([{"metadata": {"custom": {"recoup": "ans_2"}}}]);
        let mut same_words = said("It is done.", true, "2026-03-01T10:00:06Z");
        same_words[0]["metadata"] = other[0]["metadata"].clone();
        for (what, pages, expected) in [
            ("another answer of ours in the same words", vec![page(same_words, None)], Looked::NotThere),
            ("our mark", vec![page(marked.clone(), None)], Looked::There),
            ("on the second page", vec![page(json!([]), Some("x")), page(marked, None)], Looked::There),
            ("another answer", vec![page(other, None)], Looked::NotThere),
            ("its words", vec![page(said("It is done.\n", true, "2026-03-01T10:00:05Z"), None)], Looked::There),
            (
                "its words, before",
                vec![page(said("It is done.", true, "2026-03-01T10:00:04Z"), None)],
                Looked::NotThere,
            ),
            (
                "a note of its words",
                vec![page(said("It is done.", false, "2026-03-01T10:00:05Z"), None)],
                Looked::NotThere,
            ),
            ("no answer to the look", vec![reply(500, "")], Looked::Unknown),
            ("without end", vec![page(json!([]), Some("x")); PAGES_MAX], Looked::Unknown),
        ] {
            let replies: Vec<Reply> = [reply(200, TICKET)].into_iter().chain(pages).collect();
            assert_eq!(look(&comment(), &replies), Step::Ended(expected), "{what}");
        }
        let Step::Send(next) = look(&comment(), &[reply(200, TICKET)]) else { panic!("it reads the audits") };
        assert_eq!(next.path, "/api/v2/tickets/42/audits.json?per_page=100&page=1");
        let gone = look(&comment(), &[reply(404, "")]);
        assert_eq!(gone, Step::Ended(Looked::Refused("Zendesk refuses the answer: it has no such ticket".to_owned())));
    }
}

//! What Slack answers to a message. It says in the body whether it was posted, mostly under a status of 200.
//!
//! <https://docs.slack.dev/reference/methods/chat.postMessage#errors>

use serde::Deserialize;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    /// It stands there, and can be changed where that is told.
    Done { place: Option<String> },
    /// It was not posted, and may be sent again: not before so many seconds, where Slack says so.
    Refused { reason: String, after_secs: Option<i64> },
    /// It may have been posted. Slack knows no idempotency key: whoever sends it again may post it twice.
    Unclear { reason: String },
}

/// A day: nobody means more.
const AFTER_SECS_MAX: i64 = 86_400;

/// The published errors after which nothing was posted. Of `internal_error` and `fatal_error` Slack itself says that a
/// part may have been done; what it has not published may mean anything.
const REFUSALS: &[&str] = &[
    "access_denied",
    "accesslimited",
    "account_inactive",
    "app_access_restricted",
    "as_user_not_supported",
    "attachment_payload_limit_exceeded",
    "cannot_reply_to_message",
    "cant_broadcast_message",
    "cant_update_message",
    "channel_not_found",
    "deprecated_endpoint",
    "edit_window_closed",
    "ekm_access_denied",
    "enterprise_is_restricted",
    "external_channel_migrating",
    "invalid_arg_name",
    "invalid_arguments",
    "invalid_array_arg",
    "invalid_auth",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_charset",
    "invalid_form_data",
    "invalid_post_type",
    "is_archived",
    "is_inactive",
    "message_limit_exceeded",
    "message_not_found",
    "messages_tab_disabled",
    "method_deprecated",
    "missing_post_type",
    "missing_scope",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_permission",
    "no_text",
    "not_allowed_token_type",
    "not_authed",
    "not_in_channel",
    "org_login_required",
    "rate_limited",
    "ratelimited",
    "request_timeout",
    "restricted_action",
    "restricted_action_non_threadable_channel",
    "restricted_action_read_only_channel",
    "restricted_action_thread_locked",
    "restricted_action_thread_only_channel",
    "service_unavailable",
    "team_access_not_granted",
    "team_added_to_org",
    "team_not_found",
    "token_expired",
    "token_revoked",
    "too_many_attachments",
    "two_factor_setup_required",
];

#[derive(Deserialize)]
struct Wire {
    ok: bool,
    error: Option<String>,
    channel: Option<String>,
    ts: Option<String>,
}

/// Reads an answer; `retry_after` is the header of that name.
pub fn posted(status: u16, retry_after: Option<&str>, body: &str) -> Posted {
    let asked = retry_after.and_then(|secs| secs.trim().parse::<u32>().ok());
    let after_secs = asked.map(|secs| i64::from(secs).min(AFTER_SECS_MAX));
    if status == 429 {
        return Posted::Refused { reason: "Slack takes no more for now".to_owned(), after_secs };
    }
    match serde_json::from_str::<Wire>(body).ok().filter(|_| status < 500) {
        // A message is found again by its channel and its time.
        Some(Wire { ok: true, channel, ts, .. }) => {
            Posted::Done { place: channel.zip(ts).map(|(channel, ts)| format!("{channel}/{ts}")) }
        }
        Some(Wire { error: Some(error), .. }) if REFUSALS.contains(&error.as_str()) => {
            Posted::Refused { reason: format!("Slack refuses: {error}"), after_secs }
        }
        Some(Wire { error, .. }) => {
            let error = error.unwrap_or_else(|| "no reason".to_owned());
            Posted::Unclear { reason: format!("Slack may have posted it: {error}") }
        }
        None => Posted::Unclear { reason: format!("Slack's answer cannot be read: {status}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_slack_has_certainly_refused_may_be_sent_again() {
        let done = r#"{"ok":true,"channel":"C1","ts":"1503435956.000247"}"#;
        type Row = (&'static str, u16, Option<&'static str>, &'static str, &'static str);
        let rows: [Row; 17] = [
            ("posted", 200, None, done, "done C1/1503435956.000247"),
            ("posted, and not said where", 200, None, r#"{"ok":true}"#, "done"),
            ("refused", 200, None, r#"{"ok":false,"error":"channel_not_found"}"#, "refused"),
            ("refused by status as well", 403, None, r#"{"ok":false,"error":"invalid_auth"}"#, "refused"),
            ("too many", 429, Some("30"), "", "refused 30"),
            ("too many, and no word of when", 429, None, "", "refused"),
            ("too many, and no number", 429, Some("soon"), "", "refused"),
            ("too many, for a year", 429, Some("31536000"), "", "refused 86400"),
            ("too many, said in the body", 200, Some("7"), r#"{"ok":false,"error":"ratelimited"}"#, "refused 7"),
            ("a part may be done", 200, None, r#"{"ok":false,"error":"internal_error"}"#, "unclear"),
            ("a part may be done", 200, None, r#"{"ok":false,"error":"fatal_error"}"#, "unclear"),
            ("not published", 200, None, r#"{"ok":false,"error":"cosmic_ray"}"#, "unclear"),
            ("no reason", 200, None, r#"{"ok":false}"#, "unclear"),
            ("a failure of theirs", 500, None, r#"{"ok":false,"error":"channel_not_found"}"#, "unclear"),
            ("a gateway", 502, None, "<html>bad gateway</html>", "unclear"),
            ("rubbish", 200, None, "<html>hello</html>", "unclear"),
            ("nothing", 200, None, "", "unclear"),
        ];
        for (name, status, retry_after, body, expected) in rows {
            let came = match posted(status, retry_after, body) {
                Posted::Done { place } => format!("done {}", place.unwrap_or_default()),
                Posted::Refused { after_secs, .. } => {
                    format!("refused {}", after_secs.map(|secs| secs.to_string()).unwrap_or_default())
                }
                Posted::Unclear { .. } => "unclear".to_owned(),
            };
            assert_eq!(came.trim_end(), expected, "{name}");
        }
    }
}

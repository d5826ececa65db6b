//! A stand-in for Slack: it posts what it is sent, unless it was told to refuse, to answer rubbish, or not to answer.

use super::{Disked, Sandbox};
use app::ports::NoReply;
use http::Method;
use providers::Call;
use providers::slack::{Posted, posted};
use serde_json::json;

/// The name under which it keeps its calls and is told what to get wrong.
const SLACK: &str = "slack";
/// For how many seconds it wants to be left alone where nobody says otherwise.
const REST_SECS: &str = "30";

impl Sandbox {
    /// Answers a call about a message to somebody; `done` posts it, and says as which message.
    ///
    /// A trouble is a status, an error's name, `rubbish`, a timeout, or `429` with the seconds behind it.
    pub fn slack(
        &self,
        method: &str,
        (to, subject): (&str, &str),
        done: impl FnOnce() -> Disked<i64>,
    ) -> Disked<Result<Posted, NoReply>> {
        let body = json!({"channel": to, "text": subject}).to_string();
        let path = format!("/api/{method}");
        let call = Call { method: Method::POST, path, body, idempotency_key: None, patient: true };
        let refusal = |error: &str| json!({"ok": false, "error": error}).to_string();
        let trouble = self.next_trouble(SLACK)?;
        let words = trouble.as_deref().map(|trouble| trouble.split_once(' ').unwrap_or((trouble, REST_SECS)));
        let (status, retry_after, body) = match words {
            None => (200, None, json!({"ok": true, "channel": to, "ts": done()?.to_string()}).to_string()),
            Some(("timeout_not_done", _)) => {
                self.note(SLACK, &call, "timeout_not_done", "", false)?;
                return Ok(Err(NoReply::Unknown));
            }
            Some(("timeout_done", _)) => {
                done()?;
                self.note(SLACK, &call, "timeout_done", "", true)?;
                return Ok(Err(NoReply::Unknown));
            }
            Some(("rubbish", _)) => {
                done()?;
                (200, None, "<html>the sandbox was told to answer this</html>".to_owned())
            }
            Some(("429", secs)) => (429, Some(secs), refusal("ratelimited")),
            Some((word, _)) => match word.parse::<u16>() {
                Ok(status) => (status, None, refusal("internal_error")),
                Err(_) => (200, None, refusal(word)),
            },
        };
        self.note(SLACK, &call, &status.to_string(), &body, trouble.is_none())?;
        Ok(Ok(posted(status, retry_after, &body)))
    }

    /// Forgets what a provider was still to get wrong.
    pub fn untroubled(&self, provider: &str) -> Disked<()> {
        self.disk.write("DELETE FROM trouble WHERE provider = ?1", [provider]).map(drop)
    }
}

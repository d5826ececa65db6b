//! What Slack sends when somebody presses a button, and what it answers to a message.
//!
//! Signs `v0:timestamp:body`, in hexadecimal.
//!
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack>

mod answer;

pub use answer::{Posted, posted};

use crate::signature::{fresh, header, hex_fits, seconds, sign_hex};
use crate::{Delivery, Headers, Malformed, NotAuthentic, Secret, malformed};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const SIGNATURE: &str = "x-slack-signature";
const TIME: &str = "x-slack-request-timestamp";
const SCHEME: &str = "v0=";
/// Slack's addresses for an answer; what is sent elsewhere would not reach Slack.
const ANSWERS: &str = "https://hooks.slack.com/";
const EXPECTED: &str = "a Slack interaction";
/// The `action_id` of the field in which a reason is written.
pub const NOTE: &str = "note";

/// Is this delivery really from Slack, and fresh?
pub fn verify(
    delivery: &Delivery<'_>,
    secrets: &[Secret],
    now: Timestamp,
    window_secs: i64,
) -> Result<(), NotAuthentic> {
    let signature = header(delivery.headers, SIGNATURE)?;
    let time = header(delivery.headers, TIME)?;
    let signature = signature.strip_prefix(SCHEME).ok_or(NotAuthentic::Unreadable)?;
    fresh(seconds(time)?, now, window_secs)?;
    hex_fits(secrets, &signed(time, delivery.body), &[signature])
}

/// The headers with which Slack would send a body at that time.
pub fn sign(secret: &Secret, body: &[u8], at: Timestamp) -> Headers {
    let time = at.as_second().to_string();
    let signature = format!("{SCHEME}{}", sign_hex(secret, &signed(&time, body)));
    vec![(SIGNATURE, signature), (TIME, time)]
}

fn signed<'a>(time: &'a str, body: &'a [u8]) -> [&'a [u8]; 4] {
    [b"v0:", time.as_bytes(), b":", body]
}

/// A button that somebody pressed. Who that is says the team together with the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    pub team: String,
    pub user: String,
    /// The button's `action_id`.
    pub pressed: String,
    /// What we wrote into the button; a button that only opens a page has none.
    pub value: String,
    /// What they had written beside the buttons.
    pub note: String,
    /// Where an answer may be sent for half an hour. Whoever knows it can write there: it belongs in no log.
    pub response_url: Option<String>,
}

#[derive(Deserialize)]
struct Outside {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Wire {
    team: Option<Team>,
    user: User,
    actions: Vec<Pressed>,
    response_url: Option<String>,
    #[serde(default)]
    state: Option<Written>,
}

/// The fields of the message, by their block and their own id.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, Field>>,
}

/// Fields of other kinds have other values, which are none of ours.
#[derive(Deserialize)]
struct Field {
    #[serde(default)]
    value: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Team {
    id: String,
}

#[derive(Deserialize)]
struct User {
    id: String,
    team_id: Option<String>,
}

#[derive(Deserialize)]
struct Pressed {
    action_id: String,
    value: Option<String>,
}

/// Which button was pressed, if this is about one.
pub fn interaction(body: &[u8]) -> Result<Option<Interaction>, Malformed> {
    let wrong = |cause: &str| Malformed { expected: EXPECTED, cause: cause.to_owned() };
    let mut payloads = Vec::new();
    for (name, value) in form_urlencoded::parse(body) {
        match &*name {
            // Slack asks now and then whether our certificate is good.
            "ssl_check" => return Ok(None),
            "payload" => payloads.push(value),
            _ => {}
        }
    }
    let [payload] = payloads.as_slice() else { return Err(wrong("it needs exactly one `payload`")) };
    let Outside { kind } = serde_json::from_str(payload).map_err(malformed(EXPECTED))?;
    if kind != "block_actions" {
        return Ok(None);
    }
    let Wire { team, user, actions, response_url, state } =
        serde_json::from_str(payload).map_err(malformed(EXPECTED))?;
    let Ok([pressed]) = <[Pressed; 1]>::try_from(actions) else {
        return Err(wrong("it needs exactly one pressed button"));
    };
    // Where a whole organisation has installed the app, only the user's own team is named.
    let team = team.map(|team| team.id).or(user.team_id).ok_or_else(|| wrong("it names no team"))?;
    Ok(Some(Interaction {
        team,
        user: user.id,
        pressed: pressed.action_id,
        value: pressed.value.unwrap_or_default(),
        note: state.and_then(note).unwrap_or_default(),
        response_url: response_url.filter(|url| url.starts_with(ANSWERS)),
    }))
}

fn note(written: Written) -> Option<String> {
    let field = written.values.into_values().find_map(|mut fields| fields.remove(NOTE))?;
    field.value?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, HeaderValue};
    use jiff::SignedDuration;
    use serde_json::{Value, json};

    const WINDOW: i64 = 300;
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const DIGEST: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    fn at() -> Timestamp {
        Timestamp::from_second(1_531_420_618).unwrap()
    }

    fn headers(given: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn check(given: &[(&'static str, &str)], secrets: &[&str], body: &str, now: Timestamp) -> Result<(), NotAuthentic> {
        let secrets: Vec<_> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        verify(&Delivery { headers: &headers(given), body: body.as_bytes() }, &secrets, now, WINDOW)
    }

    #[test]
    fn slacks_own_example_is_signed_as_slack_signs_it() {
        let given = sign(&Secret::new(SECRET), BODY.as_bytes(), at());
        assert_eq!(given, vec![(SIGNATURE, DIGEST.to_owned()), (TIME, "1531420618".to_owned())]);
    }

    #[test]
    fn only_what_slack_signed_just_now_is_believed() {
        let time = (TIME, "1531420618");
        let good = [(SIGNATURE, DIGEST), time];
        let bare = DIGEST.trim_start_matches(SCHEME);
        let later = |secs| at() + SignedDuration::from_secs(secs);
        let touched = BODY.replace("roadrunner", "coyote");
        type Row<'a> =
            (&'a str, &'a [(&'static str, &'a str)], &'a [&'a str], &'a str, Timestamp, Result<(), NotAuthentic>);
        let rows: [Row<'_>; 16] = [
            ("the example", &good, &[SECRET], BODY, at(), Ok(())),
            ("a secret in rotation", &good, &["new", SECRET], BODY, at(), Ok(())),
            ("the last second", &good, &[SECRET], BODY, later(WINDOW), Ok(())),
            ("a clock behind", &good, &[SECRET], BODY, later(-WINDOW), Ok(())),
            ("too late", &good, &[SECRET], BODY, later(WINDOW + 1), Err(NotAuthentic::OutsideWindow)),
            ("too early", &good, &[SECRET], BODY, later(-WINDOW - 1), Err(NotAuthentic::OutsideWindow)),
            ("no secret", &good, &[], BODY, at(), Err(NotAuthentic::NoMatch)),
            ("another secret", &good, &["new"], BODY, at(), Err(NotAuthentic::NoMatch)),
            ("another body", &good, &[SECRET], &touched, at(), Err(NotAuthentic::NoMatch)),
            (
                "another time",
                &[(SIGNATURE, DIGEST), (TIME, "1531420619")],
                &[SECRET],
                BODY,
                at(),
                Err(NotAuthentic::NoMatch),
            ),
            ("no signature", &[time], &[SECRET], BODY, at(), Err(NotAuthentic::Missing)),
            ("no time", &[(SIGNATURE, DIGEST)], &[SECRET], BODY, at(), Err(NotAuthentic::Missing)),
            (
                "two signatures",
                &[(SIGNATURE, DIGEST), (SIGNATURE, DIGEST), time],
                &[SECRET],
                BODY,
                at(),
                Err(NotAuthentic::Doubled),
            ),
            ("two times", &[(SIGNATURE, DIGEST), time, time], &[SECRET], BODY, at(), Err(NotAuthentic::Doubled)),
            ("no scheme", &[(SIGNATURE, bare), time], &[SECRET], BODY, at(), Err(NotAuthentic::Unreadable)),
            (
                "no digits",
                &[(SIGNATURE, DIGEST), (TIME, "-1531420618")],
                &[SECRET],
                BODY,
                at(),
                Err(NotAuthentic::Unreadable),
            ),
        ];
        for (name, given, secrets, body, now, expected) in rows {
            assert_eq!(check(given, secrets, body, now), expected, "{name}");
        }
    }

    fn form(payload: &Value) -> String {
        form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish()
    }

    fn pressed() -> Value {
        json!({
            "type": "block_actions",
            "team": {"id": "T1", "domain": "example"},
            "user": {"id": "U1", "username": "mara", "team_id": "T1"},
            "api_app_id": "A1",
            "token": "unused",
            "container": {"type": "message", "message_ts": "1.2", "channel_id": "C1"},
            "trigger_id": "1.2.3",
            "response_url": "https://hooks.slack.com/actions/T1/1/x",
            "actions": [{
                "action_id": "approve",
                "block_id": "b",
                "type": "button",
                "value": "act_1|d1",
                "text": {"type": "plain_text", "text": "Approve + more & so on"},
                "action_ts": "1.2"
            }]
        })
    }

    #[test]
    fn a_pressed_button_says_who_and_what() {
        let expected = Interaction {
            team: "T1".into(),
            user: "U1".into(),
            pressed: "approve".into(),
            value: "act_1|d1".into(),
            note: String::new(),
            response_url: Some("https://hooks.slack.com/actions/T1/1/x".into()),
        };
        assert_eq!(interaction(form(&pressed()).as_bytes()).unwrap(), Some(expected.clone()));

        for (state, note) in [
            (json!({"values": {"why": {"note": {"type": "plain_text_input", "value": "<not> ours"}}}}), "<not> ours"),
            (json!({"values": {"why": {"note": {"type": "plain_text_input", "value": null}}}}), ""),
            (json!({"values": {"other": {"pick": {"type": "static_select", "selected_option": {"value": "x"}}}}}), ""),
            (json!({"values": {"why": {"note": {"value": {"deep": 1}}}}}), ""),
            (Value::Null, ""),
        ] {
            let mut written = pressed();
            written["state"] = state;
            let expected = Interaction { note: note.to_owned(), ..expected.clone() };
            assert_eq!(interaction(form(&written).as_bytes()).unwrap(), Some(expected), "{written}");
        }

        let mut organisation = pressed();
        organisation["team"] = Value::Null;
        organisation["enterprise"] = json!({"id": "E1"});
        assert_eq!(interaction(form(&organisation).as_bytes()).unwrap(), Some(expected.clone()));

        let mut link = pressed();
        link["actions"] = json!([{"action_id": "open", "type": "button"}]);
        let opened = Interaction { pressed: "open".into(), value: String::new(), ..expected };
        assert_eq!(interaction(form(&link).as_bytes()).unwrap(), Some(opened));
    }

    #[test]
    fn an_answer_goes_to_slack_or_nowhere() {
        for url in [
            "https://evil.example/",
            "http://hooks.slack.com/x",
            "https://hooks.slack.com.evil.example/",
            "https://hooks.slack.com@evil",
        ] {
            let mut payload = pressed();
            payload["response_url"] = json!(url);
            assert_eq!(interaction(form(&payload).as_bytes()).unwrap().unwrap().response_url, None, "{url}");
        }
        let mut payload = pressed();
        payload.as_object_mut().unwrap().remove("response_url");
        assert_eq!(interaction(form(&payload).as_bytes()).unwrap().unwrap().response_url, None);
    }

    #[test]
    fn other_interactions_press_no_button() {
        let kinds = ["view_submission", "view_closed", "shortcut", "message_action"];
        let others = kinds.map(|kind| form(&json!({"type": kind, "user": {"id": "U1"}})));
        for body in others.iter().map(String::as_str).chain(["ssl_check=1&token=x"]) {
            assert_eq!(interaction(body.as_bytes()).unwrap(), None, "{body}");
        }
    }

    #[test]
    fn what_is_no_interaction_is_refused() {
        let broken = |change: &dyn Fn(&mut Value)| {
            let mut payload = pressed();
            change(&mut payload);
            form(&payload)
        };
        let twice = format!("{0}&{0}", form(&pressed()));
        let rows = [
            ("nothing", String::new()),
            ("a command", BODY.to_owned()),
            ("no JSON", "payload=x".to_owned()),
            ("two payloads", twice),
            ("no type", form(&json!({}))),
            ("no button", broken(&|it| it["actions"] = json!([]))),
            ("two buttons", broken(&|it| it["actions"] = json!([it["actions"][0], it["actions"][0]]))),
            ("nobody", broken(&|it| it["user"] = Value::Null)),
            (
                "no team",
                broken(&|it| {
                    it["team"] = Value::Null;
                    it["user"] = json!({"id": "U1"});
                }),
            ),
        ];
        for (name, body) in rows {
            assert!(interaction(body.as_bytes()).is_err(), "{name}");
        }
    }
}

//! An action's preview as Slack's blocks, with buttons to decide.

use super::{TEXT_MAX, context, cut, field, header, line, plain, section};
use crate::decision::{Beside, age, needs};
use crate::frame::words;
use domain::action::{Action, Decision, State, Vote};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Slack refuses longer questions before a button counts.
const QUESTION_MAX: usize = 300;
/// How much is read of a reason that is written here.
const REASON_MAX: usize = 500;

/// An action's preview, with buttons while it waits for a decision and with what was decided afterwards.
///
/// The buttons carry the digest of what is shown, and bring along what is written in the field above them. What is too
/// long to be shown whole is decided on the page.
pub fn approval_blocks(action: &Action, beside: &Beside, page: &str) -> Value {
    let preview = &action.preview;
    let clause = &preview.clause;
    let kind = words(action.kind.name());
    let waits = action.state() == State::WaitingApproval;
    let all = || action.required.iter().map(|role| words(role.name())).collect::<Vec<_>>().join(" and ");
    let needs = if waits { needs(action) } else { all() };
    let sentence = beside.sentence(action);
    let title = if waits {
        format!("Approval needed: {kind}")
    } else {
        format!("No longer waiting: {kind} ({})", words(action.state().name()))
    };
    let summary = format!("*{}*", plain(&sentence));
    let lines = preview.lines.iter().map(line).collect::<Vec<_>>().join("\n");
    let whole = [&summary, &lines].iter().all(|text| text.chars().count() <= TEXT_MAX);

    let mut blocks = vec![
        header(&title),
        section(&summary),
        json!({"type": "section", "fields": [
            field("Customer", &beside.called.to_string()),
            field("Reason", &words(action.reason_code.name())),
            field("Asked by", &asked(action, beside)),
            field("Rule", &format!("{}, approval v{}: {}", clause.rule, clause.policy_version, clause.why)),
            field("Needs", &needs),
            field("Open until", &time(action.expires_at)),
        ]}),
    ];
    if !lines.is_empty() {
        blocks.push(section(&lines));
    }
    let evidence: Vec<_> =
        beside.in_short().map(|(label, value)| format!("• {}: {}", plain(&label), plain(&value))).collect();
    if !evidence.is_empty() {
        blocks.push(section(&format!("*What it rests on*\n{}", evidence.join("\n"))));
    }
    if !preview.notices.is_empty() {
        blocks.push(section(&format!("*Look twice*\n{}", quote(&preview.notices.join("\n")))));
    }
    if !action.note.is_empty() {
        blocks.push(section(&format!("*Note*\n{}", quote(&action.note))));
    }
    if !action.votes().is_empty() {
        let votes = action.votes().iter().map(|it| vote(it, beside)).collect::<Vec<_>>().join("\n");
        blocks.push(context(&votes));
    }
    if !waits {
        let since =
            action.ended_at().or(action.decided_at()).map(|at| format!(" since {}", time(at))).unwrap_or_default();
        blocks.push(context(&format!("{}{since} · <{page}|Open>", capital(&words(action.state().name())))));
        return json!({"blocks": blocks});
    }
    if !whole {
        blocks.push(context("This is too long for Slack: open it to see all of it and to decide."));
    }
    blocks.push(section(&format!(
        "*After yes*: {}\n*After no*: {}",
        plain(&action.after_yes()),
        plain(&action.after_no(&beside.asker(action)))
    )));
    let value = format!("{}|{}", action.id, preview.digest);
    let buttons = if whole { vec![approve(&value, &sentence), deny(&value)] } else { Vec::new() };
    if whole {
        blocks.push(reason());
    }
    let opens =
        json!({"type": "button", "action_id": "open", "text": {"type": "plain_text", "text": "Open"}, "url": page});
    blocks.push(json!({"type": "actions", "elements": buttons.into_iter().chain([opens]).collect::<Vec<_>>()}));
    json!({"blocks": blocks})
}

/// A denial brings it along; whoever approves may leave it empty.
fn reason() -> Value {
    json!({
        "type": "input",
        "block_id": "why",
        "optional": true,
        "label": {"type": "plain_text", "text": "Your reason (to deny it, one is needed)"},
        "element": {"type": "plain_text_input", "action_id": "note", "multiline": true, "max_length": REASON_MAX}
    })
}

/// Who asked, when, and how long ago while that still counts.
fn asked(action: &Action, beside: &Beside) -> String {
    let ago = if action.state() == State::WaitingApproval {
        format!(", {} ago", age(action.requested_at, beside.now))
    } else {
        String::new()
    };
    format!("{}, {}{ago}", beside.asker(action), time(action.requested_at))
}

fn approve(value: &str, summary: &str) -> Value {
    json!({
        "type": "button",
        "action_id": "approve",
        "style": "primary",
        "text": {"type": "plain_text", "text": "Approve"},
        "value": value,
        "confirm": {
            "title": {"type": "plain_text", "text": "Approve this?"},
            "text": {"type": "plain_text", "text": cut(summary, QUESTION_MAX)},
            "confirm": {"type": "plain_text", "text": "Approve"},
            "deny": {"type": "plain_text", "text": "Not yet"}
        }
    })
}

fn deny(value: &str) -> Value {
    json!({
        "type": "button",
        "action_id": "deny",
        "style": "danger",
        "text": {"type": "plain_text", "text": "Deny"},
        "value": value
    })
}

fn vote(vote: &Vote, beside: &Beside) -> String {
    let decision = match vote.decision {
        Decision::Approve => "Approved",
        Decision::Deny => "Denied",
    };
    let note = if vote.note.is_empty() { String::new() } else { format!(": {}", plain(&vote.note)) };
    format!(
        "{decision} by {} ({}), {}{note}",
        plain(&beside.names.who(&vote.by)),
        words(vote.role.name()),
        time(vote.at)
    )
}

/// Each line is marked as a quotation, so that no note can look like a line of ours.
fn quote(text: &str) -> String {
    let lines: Vec<_> = plain(text).lines().map(|line| format!(">{line}")).collect();
    lines.join("\n")
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::voted;
    use crate::example::{DIGEST, beside, decided, waiting};
    use domain::book::Called;
    use domain::case::Evidence;

    const PAGE: &str = "https://recoup.example/actions/act_1";

    fn buttons(blocks: &Value) -> Vec<&Value> {
        let all = blocks["blocks"].as_array().unwrap().iter();
        all.filter(|block| block["type"] == "actions").flat_map(|block| block["elements"].as_array().unwrap()).collect()
    }

    fn texts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                if let (Some(Value::String(text)), Some("mrkdwn")) = (fields.get("text"), value["type"].as_str()) {
                    found.push(text.clone());
                }
                fields.values().for_each(|inner| texts(inner, found));
            }
            Value::Array(values) => values.iter().for_each(|inner| texts(inner, found)),
            _ => {}
        }
    }

    fn told(blocks: &Value) -> String {
        let mut found = Vec::new();
        texts(blocks, &mut found);
        found.join("\n")
    }

    #[test]
    fn what_waits_has_buttons_for_exactly_this_preview() {
        let action = waiting();
        let blocks = approval_blocks(&action, &beside(), PAGE);
        let buttons = buttons(&blocks);
        let ids: Vec<_> = buttons.iter().map(|button| button["action_id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["approve", "deny", "open"]);
        let value = format!("{}|{DIGEST}", action.id);
        assert_eq!(
            (buttons[0]["value"].as_str(), buttons[1]["value"].as_str()),
            (Some(value.as_str()), Some(value.as_str()))
        );
        assert_eq!((buttons[0]["style"].as_str(), buttons[1]["style"].as_str()), (Some("primary"), Some("danger")));
        let sentence = "Refund 24.00 USD to Juniper <Logistics> & Söhne: billed wrongly, payment of 27 Feb, Amex 0049";
        assert_eq!(buttons[0]["confirm"]["text"]["text"], sentence);
        let input = blocks["blocks"].as_array().unwrap().iter().find(|block| block["type"] == "input").unwrap();
        assert_eq!((&input["element"]["action_id"], &input["optional"]), (&json!("note"), &json!(true)));
        assert_eq!((buttons[2]["url"].as_str(), buttons[2].get("value")), (Some(PAGE), None));
        let told = told(&blocks);
        for part in [
            "*Refund 24.00 USD to Juniper &lt;Logistics&gt; &amp; Söhne: billed wrongly, payment of 27 Feb, Amex 0049*",
            "*Customer*\nJuniper &lt;Logistics&gt; &amp; Söhne",
            "*What it rests on*\n• First payment: 24.00 USD on 27 Feb\n• Second payment: 24.00 USD on 27 Feb",
            "*After yes*: Exactly this is done",
            "*After no*: Nothing is done. Luis is mailed your reason.",
            "*Reason*\nbilling error",
            "Luis, 2026-03-01 09:00 UTC, 3 hours ago",
            "refund-manager, approval v3: Refunds over the limit need a manager",
            "*Needs*\nmanager",
            "*Open until*\n2026-03-04 09:00 UTC",
            "• Given back: 0.00 USD → 24.00 USD\n• Plan: not known → team &amp; co",
            "*Note*\n>Charged for &lt;seats&gt; that were gone",
        ] {
            assert!(told.contains(part), "{part} is not in {told}");
        }
    }

    #[test]
    fn what_is_decided_says_by_whom_and_has_no_buttons() {
        for (decision, expected, state) in [
            (Decision::Approve, "Approved by Mara (manager), 2026-03-01 10:30 UTC", "Approved"),
            (Decision::Deny, "Denied by Mara", "Denied"),
        ] {
            let blocks = approval_blocks(&decided(decision), &beside(), PAGE);
            assert!(buttons(&blocks).is_empty());
            let told = told(&blocks);
            assert!(told.contains(expected) && told.contains(": Seen &lt;!channel&gt;"), "{told}");
            assert!(told.contains(&format!("{state} since 2026-03-01 10:30 UTC · <{PAGE}|Open>")), "{told}");
            assert!(told.contains("*Needs*\nmanager"), "{told}");
        }
        let mut expired = serde_json::to_value(waiting()).unwrap();
        expired["state"] = json!("expired");
        expired["ended_at"] = expired["expires_at"].clone();
        let expired = approval_blocks(&serde_json::from_value(expired).unwrap(), &beside(), PAGE);
        assert!(buttons(&expired).is_empty() && told(&expired).contains("Expired since 2026-03-04 09:00 UTC"));
    }

    #[test]
    fn a_second_approver_sees_the_first() {
        use domain::staff::Role;
        let mut both = waiting();
        both.required = vec![Role::Manager, Role::Vp];
        let action = voted(both, Decision::Approve);
        let blocks = approval_blocks(&action, &beside(), PAGE);
        let told = told(&blocks);
        assert!(told.contains("Approved by Mara") && told.contains("*Needs*\nvp"), "{told}");
        assert_eq!(buttons(&blocks).len(), 3);
    }

    #[test]
    fn nothing_is_longer_than_slack_takes() {
        let mut action = waiting();
        action.note = "&\n<".repeat(2000);
        action.preview.clause.why = "<".repeat(5000);
        action.requested_by = "ä".repeat(5000);
        let mut beside = beside();
        beside.called = Called::Name("s".repeat(2000));
        beside.evidence = vec![Evidence::new(&"l".repeat(5000), "<".repeat(5000), "x"); 40];
        let blocks = approval_blocks(&action, &beside, PAGE);
        for block in blocks["blocks"].as_array().unwrap() {
            let length = |text: &Value| text["text"].as_str().map_or(0, |text| text.chars().count());
            let fields = block["fields"].as_array().into_iter().flatten();
            assert!(fields.clone().all(|field| length(field) <= 2000) && fields.count() <= 10, "{block}");
            assert!(length(&block["text"]) <= if block["type"] == "header" { 150 } else { 3000 }, "{block}");
        }
        assert!(blocks["blocks"].as_array().unwrap().len() <= 50, "{blocks}");
        let approve = buttons(&blocks)[0];
        assert_eq!(approve["confirm"]["text"]["text"].as_str().unwrap().chars().count(), QUESTION_MAX);
    }

    #[test]
    fn what_cannot_be_shown_whole_is_decided_on_the_page() {
        let mut action = waiting();
        action.preview.lines = vec![action.preview.lines[0].clone(); 200];
        let blocks = approval_blocks(&action, &beside(), PAGE);
        let ids: Vec<_> = buttons(&blocks).iter().map(|button| button["action_id"].clone()).collect();
        assert_eq!(ids, ["open"]);
        assert!(told(&blocks).contains("too long for Slack"));
    }

    #[test]
    fn a_contact_that_changed_lately_is_shown_to_whoever_decides() {
        let mut action = waiting();
        assert!(!told(&approval_blocks(&action, &beside(), PAGE)).contains("Look twice"));
        action.preview.notices = vec!["E-mail changed 2 days ago, on 2026-02-27 (from a…@…)".to_owned()];
        let blocks = approval_blocks(&action, &beside(), PAGE);
        assert!(told(&blocks).contains("E-mail changed 2 days ago"), "{blocks}");
        assert_eq!(buttons(&blocks).len(), buttons(&approval_blocks(&waiting(), &beside(), PAGE)).len());
    }

    #[test]
    fn a_note_looks_like_no_line_of_ours() {
        assert_eq!(quote("one\n*Needs* nobody"), ">one\n>*Needs* nobody");
        let blocks = approval_blocks(&waiting(), &beside(), PAGE);
        assert!(!blocks.to_string().contains("<seats>"));
    }
}

//! Previews as Slack's blocks: <https://docs.slack.dev/reference/block-kit/blocks>.

mod approval;

pub use approval::approval_blocks;

use crate::frame::words;
use domain::action::Line;
use domain::book::Called;
use domain::playbook::advice::Preview;
use serde_json::{Value, json};

/// Slack refuses longer texts in a section; this leaves room for what stands around them.
const TEXT_MAX: usize = 2900;
/// Slack refuses longer fields.
const FIELD_MAX: usize = 1800;
/// Slack refuses more fields in a section.
const FIELDS_MAX: usize = 10;
/// Slack refuses longer headers.
const HEADER_MAX: usize = 150;

/// The blocks of a case, with a link to the page where it is decided.
pub fn case_blocks(called: &Called, preview: &Preview, page: &str) -> Value {
    let mut blocks = vec![header(&format!("{called}: {}", preview.issue))];
    let fields: Vec<_> = preview.evidence.iter().take(FIELDS_MAX).map(|it| field(&it.label, &it.told())).collect();
    if !fields.is_empty() {
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    if !preview.missing.is_empty() {
        blocks.push(section(&format!("*Not known*\n{}", plain(&preview.missing.join("\n")))));
    }
    if let Some(part) = &preview.incident {
        blocks.push(section(&format!(
            "*Part of an incident ({})*\n{}, {} customers",
            part.state,
            plain(&part.title),
            part.customers
        )));
    }
    blocks.push(section(&format!(
        "*Advice*\n{}\n_{}: {}_",
        plain(&preview.advice),
        plain(&preview.policy.rule),
        plain(&preview.policy.why)
    )));
    for action in &preview.recommended {
        let roles = action.approvals_required.iter().map(|role| words(role.name())).collect::<Vec<_>>().join(" and ");
        let head = format!("*{}*, needs {roles}", plain(&action.summary));
        let told = [head].into_iter().chain(action.lines.iter().map(line)).collect::<Vec<_>>().join("\n");
        blocks.push(section(&told));
    }
    blocks.push(context(&format!("<{page}|Open the case> · preview {}", &preview.digest[..12])));
    json!({"blocks": blocks})
}

fn header(text: &str) -> Value {
    json!({"type": "header", "text": {"type": "plain_text", "text": cut(text, HEADER_MAX)}})
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": written(&cut(text, TEXT_MAX))})
}

fn context(text: &str) -> Value {
    json!({"type": "context", "elements": [written(&cut(text, TEXT_MAX))]})
}

fn field(label: &str, value: &str) -> Value {
    written(&format!("*{}*\n{}", cut(&plain(label), HEADER_MAX), cut(&plain(value), FIELD_MAX)))
}

/// A text as literally as Slack shows it: without `verbatim` it looks for mentions and links in it.
fn written(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}

/// One figure before and after.
fn line(line: &Line) -> String {
    let side = |shown: Option<String>| shown.map_or_else(|| "not known".to_owned(), |shown| plain(&shown));
    let (before, after) = (line.before.as_ref().map(ToString::to_string), line.after.as_ref().map(ToString::to_string));
    format!("• {}: {} → {}", plain(&line.label), side(before), side(after))
}

/// What others wrote must not become a link or a mention.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Shortens an escaped text to so many characters, the dots included, and never inside of `&amp;`.
fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    let whole = match kept.rsplit_once('&') {
        Some((before, begun)) if begun.len() < "&amp;".len() - 1 && !begun.contains(';') => before,
        _ => kept.as_str(),
    };
    format!("{whole}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_mentions_nobody() {
        assert_eq!(plain("<!channel> & <@U1>"), "&lt;!channel&gt; &amp; &lt;@U1&gt;");
        assert_eq!(written("@here")["verbatim"], true);
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        for (text, max, expected) in [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("ab&amp;cd", 8, "ab&amp;…"),
            ("ab&amp;cd", 6, "ab…"),
            ("ab&amp;cd", 4, "ab…"),
            ("äöüß", 3, "äö…"),
        ] {
            assert_eq!(cut(text, max), expected, "{text} {max}");
        }
    }
}

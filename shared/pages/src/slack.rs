//! A case's preview as Slack's blocks: <https://docs.slack.dev/reference/block-kit/blocks>.

use domain::case::Preview;
use serde_json::{Value, json};

/// Slack refuses longer texts in a section.
const TEXT_MAX: usize = 2900;
/// Slack refuses more fields in a section.
const FIELDS_MAX: usize = 10;

/// The blocks, with a link to the page where the case is decided.
pub fn case_blocks(preview: &Preview, page: &str) -> Value {
    let section = |text: String| json!({"type": "section", "text": {"type": "mrkdwn", "text": short(&text)}});
    let mut blocks =
        vec![json!({"type": "header", "text": {"type": "plain_text", "text": preview.issue.chars().take(150).collect::<String>()}})];
    let fields: Vec<_> = preview
        .evidence
        .iter()
        .take(FIELDS_MAX)
        .map(|it| json!({"type": "mrkdwn", "text": short(&format!("*{}*\n{}", plain(&it.label), plain(&it.value)))}))
        .collect();
    if !fields.is_empty() {
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    if !preview.missing.is_empty() {
        blocks.push(section(format!("*Not known*\n{}", plain(&preview.missing.join("\n")))));
    }
    if let Some(part) = &preview.incident {
        blocks.push(section(format!("*Part of an incident ({})*\n{}, {} customers", part.state, plain(&part.title), part.customers)));
    }
    blocks.push(section(format!(
        "*Advice*\n{}\n_{}: {}_",
        plain(&preview.advice),
        plain(&preview.policy.rule),
        plain(&preview.policy.why)
    )));
    for action in &preview.recommended {
        let roles = action.approvals_required.iter().map(|role| role.name()).collect::<Vec<_>>().join(" and ");
        let lines = action.lines.iter().map(|line| {
            let side = |money: Option<domain::money::Money>| money.map_or_else(|| "not known".to_owned(), |money| money.to_string());
            format!("• {}: {} → {}", line.label, side(line.before), side(line.after))
        });
        let told = [format!("*{}*, needs {roles}", plain(&action.summary))].into_iter().chain(lines).collect::<Vec<_>>().join("\n");
        blocks.push(section(told));
    }
    blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": format!("<{page}|Open the case> · preview {}", &preview.digest[..12])}]}));
    json!({"blocks": blocks})
}

/// What others wrote must not become a link or a mention.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn short(text: &str) -> String {
    if text.chars().count() <= TEXT_MAX { text.to_owned() } else { text.chars().take(TEXT_MAX).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_mentions_nobody() {
        assert_eq!(plain("<!channel> & <@U1>"), "&lt;!channel&gt; &amp; &lt;@U1&gt;");
        assert_eq!(short(&"ä".repeat(3000)).chars().count(), TEXT_MAX + 1);
    }
}

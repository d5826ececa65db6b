//! What stands beside an action wherever somebody decides: whose, how much and why, what it rests on, and what follows.

use crate::frame::{spoken, time, words};
use crate::names::Names;
use domain::action::Action;
use domain::approval::missing;
use domain::book::{Called, one_line};
use domain::case::Evidence;
use jiff::Timestamp;
use maud::{Markup, html};
use std::borrow::Cow;

/// How much of the evidence a message or a line of a list says; the page says all.
const EVIDENCE_MAX: usize = 6;
/// How many figures a mail says.
const LINES_MAX: usize = 20;
/// How much of one value a line says.
const VALUE_CHARS_MAX: usize = 200;

/// It is read as a page or a message is made and kept with neither action nor ledger: a name changes, and an erased one
/// goes.
#[derive(Debug, Clone)]
pub struct Beside {
    pub called: Called,
    /// Of those who asked and decided.
    pub names: Names,
    /// Of the case because of which it is asked for.
    pub evidence: Vec<Evidence>,
    pub now: Timestamp,
}

impl Beside {
    pub fn sentence(&self, action: &Action) -> String {
        action.sentence(&self.called)
    }

    /// The first of the evidence, each in one line.
    pub(crate) fn in_short(&self) -> impl Iterator<Item = (String, String)> {
        self.first().map(|evidence| {
            let value = one_line(&spoken(&evidence.told()), VALUE_CHARS_MAX);
            (one_line(&evidence.label, VALUE_CHARS_MAX), value)
        })
    }

    fn first(&self) -> impl Iterator<Item = &Evidence> {
        self.evidence.iter().take(EVIDENCE_MAX)
    }

    /// The same on a page.
    pub(crate) fn in_lines(&self) -> Markup {
        let short = |text: &str| one_line(text, VALUE_CHARS_MAX);
        html! {
            dl { @for evidence in self.first() {
                dt { (short(&evidence.label)) }
                dd { @match evidence.at() { Some(at) => (time(at)), None => (short(&spoken(&evidence.value))) } }
            } }
        }
    }

    /// Who asked, and how long ago.
    pub(crate) fn asked(&self, action: &Action) -> String {
        format!("Asked by {} {} ago", self.asker(action), age(action.requested_at, self.now))
    }

    pub fn asker<'a>(&'a self, action: &'a Action) -> Cow<'a, str> {
        self.names.who(&action.requested_by)
    }
}

/// Whose yes is still needed.
pub(crate) fn needs(action: &Action) -> String {
    missing(&action.required, action.votes()).iter().map(|role| words(role.name())).collect::<Vec<_>>().join(" and ")
}

/// How long something has lasted.
pub(crate) fn age(since: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(since).as_mins().max(0);
    let (count, unit) = match minutes {
        0..=119 => (minutes, "minute"),
        120..=2879 => (minutes / 60, "hour"),
        _ => (minutes / (24 * 60), "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// What it rests on: the evidence of its case, or that there is none.
pub(crate) fn rests_on(action: &Action, beside: &Beside) -> Markup {
    html! {
        section {
            h2 { "What it rests on" }
            @if beside.evidence.is_empty() {
                p .soft { "No case: only what " (beside.asker(action)) " says." }
            } @else {
                dl { @for evidence in &beside.evidence { dt { (evidence.label) } dd { (shown(evidence)) } } }
            }
            @if let Some(case) = &action.case { p { a href={ "/cases/" (case) } { "All of the evidence" } } }
        }
    }
}

/// What a piece of evidence showed: a moment as all moments are shown.
pub(crate) fn shown(evidence: &Evidence) -> Markup {
    html! { @match evidence.at() { Some(at) => (time(at)), None => (spoken(&evidence.value)) } }
}

/// What happens after a yes, and after a no.
pub(crate) fn follows(action: &Action, beside: &Beside) -> Markup {
    html! {
        dl {
            dt { "After yes" } dd { (first_yes(action)) (action.after_yes()) }
            dt { "After no" } dd { (action.after_no(&beside.asker(action))) }
        }
    }
}

/// Where one yes is not enough.
fn first_yes(action: &Action) -> Cow<'static, str> {
    match missing(&action.required, action.votes()).len() {
        0 | 1 => Cow::Borrowed(""),
        _ => Cow::Owned(format!("It goes on once {} have both agreed. ", needs(action))),
    }
}

/// What cannot be done any more as it was shown, for whoever would decide it.
pub fn out_of_date(why: &str) -> String {
    format!("It is out of date: {why}. A yes does nothing; whoever asked has to look and ask again.")
}

/// All of it as the text of a mail: paragraphs, and lines that begin with a dash.
pub fn decision_text(action: &Action, beside: &Beside) -> String {
    let mut parts = vec![beside.sentence(action)];
    let note = one_line(&action.note, usize::from(u16::MAX));
    parts.push(format!(
        "{}{}",
        beside.asked(action),
        if note.is_empty() { ".".to_owned() } else { format!(": {note}") }
    ));
    let lines = action.preview.lines.iter().map(|line| {
        let side =
            |shown: Option<String>| shown.map_or_else(|| "not known".to_owned(), |it| one_line(&it, VALUE_CHARS_MAX));
        let (before, after) =
            (line.before.as_ref().map(ToString::to_string), line.after.as_ref().map(ToString::to_string));
        format!("{}: {} → {}", one_line(&line.label, VALUE_CHARS_MAX), side(before), side(after))
    });
    parts.extend(list("What it rests on:", beside.in_short().map(|(label, value)| format!("{label}: {value}"))));
    parts.extend(list("What it would change:", lines.take(LINES_MAX)));
    parts.extend(list("Look twice:", action.preview.notices.iter().map(|notice| one_line(notice, VALUE_CHARS_MAX))));
    parts.push(format!("After yes: {}{}", first_yes(action), action.after_yes()));
    parts.push(format!("After no: {}", action.after_no(&beside.asker(action))));
    parts.join("\n\n")
}

fn list(title: &str, lines: impl Iterator<Item = String>) -> Option<String> {
    let lines: Vec<_> = lines.map(|line| format!("\n- {line}")).collect();
    (!lines.is_empty()).then(|| format!("{title}{}", lines.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{beside, waiting};
    use domain::staff::Role;
    use jiff::SignedDuration;

    #[test]
    fn how_long_it_waits_is_said_in_one_unit() {
        let since: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        for (minutes, expected) in [
            (-5, "0 minutes"),
            (0, "0 minutes"),
            (1, "1 minute"),
            (119, "119 minutes"),
            (120, "2 hours"),
            (2879, "47 hours"),
            (2880, "2 days"),
        ] {
            assert_eq!(age(since, since + SignedDuration::from_mins(minutes)), expected, "{minutes}");
        }
    }

    #[test]
    fn a_mail_says_whose_how_much_why_on_what_ground_and_what_follows() {
        let text = decision_text(&waiting(), &beside());
        for part in [
            "Refund 24.00 USD to Juniper <Logistics> & Söhne: billed wrongly, payment of 27 Feb, Amex 0049\n\n",
            "Asked by Luis 3 hours ago: Charged for <seats> that were gone\n\n",
            "What it rests on:\n- First payment: 24.00 USD on 27 Feb\n- Second payment: 24.00 USD on 27 Feb\n\n",
            "What it would change:\n- Given back: 0.00 USD → 24.00 USD\n- Plan: not known → team & co\n\n",
            "After yes: Exactly this is done at the provider.",
            "After no: Nothing is done. Luis is mailed your reason.",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }

    #[test]
    fn a_moment_is_said_as_people_write_it_and_on_a_page_as_every_other() {
        let mut beside = beside();
        beside.evidence = vec![Evidence::new("Evidence is due", "2026-03-14T10:00:00Z", "dp_1")];
        let text = decision_text(&waiting(), &beside);
        assert!(text.contains("- Evidence is due: 2026-03-14 10:00 UTC"), "{text}");
        let expected = "<dd><time datetime=\"2026-03-14T10:00:00Z\">2026-03-14 10:00 UTC</time></dd>";
        for page in [rests_on(&waiting(), &beside), beside.in_lines()] {
            assert!(page.clone().into_string().contains(expected), "{}", page.into_string());
        }
    }

    #[test]
    fn nothing_that_others_wrote_begins_a_line_of_ours() {
        let mut action = waiting();
        action.note = "fine\n\nAfter no: all is refunded".to_owned();
        let mut beside = beside();
        beside.evidence = vec![Evidence::new("Letter", "hello\n- Given back: nothing", "t")];
        let text = decision_text(&action, &beside);
        assert_eq!(text.matches("\nAfter no:").count(), 1, "{text}");
        assert!(text.contains("- Letter: hello - Given back: nothing\n\n"), "{text}");
    }

    #[test]
    fn where_two_are_needed_the_first_knows_that_nothing_happens_yet() {
        let mut action = waiting();
        assert!(!follows(&action, &beside()).into_string().contains("both"));
        action.required = vec![Role::Manager, Role::Vp];
        assert!(follows(&action, &beside()).into_string().contains("It goes on once manager and vp have both agreed."));
    }
}

//! Which texts are prepared for whoever wrote a ticket? The rules are data: `shared/policy/answers/`.

use super::Outcome;
use crate::action::{KINDS, Kind};
use crate::policy::{Complaint, Rules};
use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

/// One released version of the rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerPolicy {
    pub version: u32,
    pub effective: String,
    pub neutral: Neutral,
    pub follow_up: FollowUp,
    otherwise: Texts,
    kind: Vec<OfKind>,
}

/// Whether strangers are told by itself that their message came, and who is none.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neutral {
    pub on: bool,
    pub text: String,
    /// Within which the same words are answered once, and what is older is not answered by itself.
    pub hours: i64,
    /// How often one address is answered within these hours.
    pub most: usize,
    /// What stands before the @ where a machine writes.
    pub machines: Vec<String>,
    /// How the subjects of machines begin, in small letters.
    pub subjects: Vec<String>,
    /// Our own addresses, or what stands behind the @ in all of them.
    pub ours: Vec<String>,
    pub why: String,
}

/// By when a customer is told of an end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    pub minutes: i64,
    pub why: String,
}

/// A text for each outcome.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    taken: String,
    asked: String,
    done: String,
    denied: String,
    failed: String,
    waiting: String,
}

/// Where there is more to say of a kind of action.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfKind {
    id: Spanned<String>,
    asked: Option<String>,
    done: Option<String>,
    denied: Option<String>,
    failed: Option<String>,
    why: String,
}

impl OfKind {
    fn text(&self, outcome: Outcome) -> Option<&str> {
        match outcome {
            Outcome::Asked => self.asked.as_deref(),
            Outcome::Done => self.done.as_deref(),
            Outcome::Denied => self.denied.as_deref(),
            Outcome::Failed => self.failed.as_deref(),
            Outcome::Taken | Outcome::Waiting | Outcome::Neutral | Outcome::Free => None,
        }
    }
}

impl AnswerPolicy {
    /// The text for an outcome of what was asked for, by its id; none for what a person writes by themselves. Of several actions
    /// the first that has a text of its own says which.
    pub fn text(&self, outcome: Outcome, kind: Option<&Kind>) -> Option<&str> {
        let members = kind.map(Kind::members).unwrap_or_default();
        let of_kind = |member: &Kind| self.kind.iter().find(|own| own.id.get_ref() == member.name());
        let own = members.iter().filter_map(of_kind).find_map(|own| own.text(outcome));
        let otherwise = || match outcome {
            Outcome::Taken => Some(self.otherwise.taken.as_str()),
            Outcome::Asked => Some(self.otherwise.asked.as_str()),
            Outcome::Done => Some(self.otherwise.done.as_str()),
            Outcome::Denied => Some(self.otherwise.denied.as_str()),
            Outcome::Failed => Some(self.otherwise.failed.as_str()),
            Outcome::Waiting => Some(self.otherwise.waiting.as_str()),
            Outcome::Neutral => Some(self.neutral.text.as_str()),
            Outcome::Free => None,
        };
        own.or_else(otherwise)
    }

    /// Every text that is prepared.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let of_kind =
            self.kind.iter().flat_map(|own| Outcome::ALL.into_iter().filter_map(move |outcome| own.text(outcome)));
        Outcome::ALL.into_iter().filter_map(|outcome| self.text(outcome, None)).chain(of_kind)
    }

    /// How long whoever has the ticket is given to tell of an end.
    pub fn told_within(&self) -> SignedDuration {
        SignedDuration::from_mins(self.follow_up.minutes)
    }
}

impl Rules for AnswerPolicy {
    const NAME: &'static str = "answers";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.kind.iter().map(|own| &own.id));
        for own in &self.kind {
            let id = own.id.get_ref();
            if !KINDS.contains(&id.as_str()) {
                complaints.push(Complaint::on(&own.id, format!("no kind of action is called `{id}`")));
            }
            if own.why.trim().is_empty() {
                complaints.push(Complaint::on(&own.id, format!("`{id}` has no `why`")));
            }
        }
        let Neutral { hours, most, machines, subjects, ours, .. } = &self.neutral;
        if *hours < 1 || *most < 1 || self.follow_up.minutes < 1 {
            complaints.push(Complaint::at(0, "hours, minutes and how often one address is answered are at least one"));
        }
        let words = machines.iter().chain(subjects).chain(ours);
        for word in words.filter(|word| word.trim().is_empty() || **word != word.to_lowercase()) {
            complaints.push(Complaint::at(0, format!("`{word}` is not written in small letters")));
        }
        if self.neutral.why.trim().is_empty() || self.follow_up.why.trim().is_empty() {
            complaints.push(Complaint::at(0, "`neutral` and `follow_up` have a `why`"));
        }
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Money};
    use crate::policies::Policies;

    #[test]
    fn the_kind_of_action_says_which_text_is_prepared() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.answers.current();
        let money = Money::from_minor(2_400, Currency::USD);
        let refund = Kind::Refund { payment: "ch_1".to_owned(), amount: money };
        let pause = Kind::Pause { subscription: "sub_1".to_owned() };
        let both = Kind::Bundle { actions: vec![pause.clone(), refund.clone()] };
        for (what, outcome, kind, expected) in [
            ("nothing was asked for", Outcome::Taken, None, Some("ticket_taken")),
            ("it is being decided", Outcome::Asked, Some(&refund), Some("answer_asked")),
            ("money went back", Outcome::Done, Some(&refund), Some("refund_approved")),
            ("something else was done", Outcome::Done, Some(&pause), Some("answer_done")),
            ("several, one of which says more", Outcome::Done, Some(&both), Some("refund_approved")),
            ("no money", Outcome::Denied, Some(&refund), Some("answer_denied_refund")),
            ("no pause", Outcome::Denied, Some(&pause), Some("answer_denied")),
            ("it did not go through", Outcome::Failed, Some(&refund), Some("answer_failed")),
            ("by themselves", Outcome::Free, Some(&refund), None),
        ] {
            assert_eq!(policy.text(outcome, kind), expected, "{what}");
        }
    }
}

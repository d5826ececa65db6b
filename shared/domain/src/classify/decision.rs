//! A decision with everything that it went by, so that it can be made again, by the same rules or by others.

use crate::book::{Head, Latest, Touched, Tries};
use crate::case::{Case, Class, Recommendation};
use crate::classify::desk::{Beside, Desk};
use crate::classify::{self, ClassifyPolicy, Scene};
use crate::decline::Declines;
use crate::event::Event;
use crate::id::{CaseId, DecisionId};
use crate::policy::stored_bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What one event made of one case, kept with the rules' version so that others can be asked the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub id: DecisionId,
    pub case: CaseId,
    pub at: Timestamp,
    pub policy_version: u32,
    pub outcome: Outcome,
    /// What it went by: the event, and the book as it was. Nothing of the person is in it.
    pub event: Event,
    pub head: Head,
    pub touched: Touched,
    pub beside: Beside,
    /// What of all this did not fit into an item.
    #[serde(default, skip_serializing_if = "LeftOut::is_nothing")]
    pub left_out: LeftOut,
}

/// How much of what a decision went by is not kept with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    #[default]
    Nothing,
    /// What its rules did not ask for: by the same rules it comes out the same.
    Unused,
    /// All of it: it cannot be made again.
    Everything,
}

impl LeftOut {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub class: Class,
    pub rule: String,
    pub confidence: String,
    pub cause: Option<String>,
    pub advice: String,
    pub why: String,
    pub recommended: Option<Recommendation>,
    /// The text that was prepared for the customer.
    pub reply: Option<String>,
}

/// One side of a decision that two policy versions see differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub field: String,
    pub then: Value,
    pub now: Value,
}

impl Outcome {
    fn of(case: &Case) -> Self {
        Self {
            class: case.class,
            rule: case.rule.clone(),
            confidence: case.confidence.clone(),
            cause: case.cause.clone(),
            advice: case.advice.clone(),
            why: case.why.clone(),
            recommended: case.recommended.clone(),
            reply: case.draft_reply.as_ref().map(|draft| draft.text.clone()),
        }
    }
}

/// Writes down what was decided of the cases that were opened, or are judged by another rule now. Of what they went by
/// as much is kept as fits into an item.
pub fn record(scene: Scene<'_>, before: &Desk, after: &mut Desk, bytes_max: usize) -> Vec<Decision> {
    let judged = |case: &Case| {
        let same = |earlier: &Case| (&earlier.rule, earlier.policy_version) == (&case.rule, case.policy_version);
        !before.cases.get(&case.id).is_some_and(same)
    };
    let mut made = Vec::new();
    let Desk { head, touched, beside, cases, .. } = after;
    for case in cases.values_mut().filter(|case| judged(case)) {
        let id = DecisionId::of(&case.account, case.id.as_str(), &scene.event.id);
        case.decisions.push(id.clone());
        let decision = Decision {
            id,
            case: case.id.clone(),
            at: scene.now,
            policy_version: case.policy_version,
            outcome: Outcome::of(case),
            event: scene.event.without_person(),
            head: Head {
                cases: BTreeMap::new(),
                more_cases: 0,
                said_of_all: Vec::new(),
                consent: None,
                ..head.clone()
            },
            touched: Touched { person: None, ..touched.clone() },
            beside: beside.clone(),
            left_out: LeftOut::Nothing,
        };
        made.push(within(decision, scene, bytes_max));
    }
    made
}

/// Leaves out what the outcome does not depend on, until the rest fits; where nothing helps, all of it.
fn within(mut decision: Decision, scene: Scene<'_>, bytes_max: usize) -> Decision {
    if stored_bytes(&decision) <= bytes_max {
        return decision;
    }
    let outcome = replay(&decision, scene.policy, scene.declines);
    let without = |decision: &mut Decision, leave_out: &dyn Fn(&mut Decision)| {
        let mut shorter = decision.clone();
        leave_out(&mut shorter);
        if replay(&shorter, scene.policy, scene.declines) == outcome {
            *decision = Decision { left_out: LeftOut::Unused, ..shorter };
        }
    };
    for part in PARTS {
        without(&mut decision, &part);
    }
    // Of many of a kind, each by itself.
    for id in decision.touched.invoices.keys().cloned().collect::<Vec<_>>() {
        without(&mut decision, &|it: &mut Decision| drop(it.touched.invoices.remove(&id)));
    }
    for id in decision.touched.payments.keys().cloned().collect::<Vec<_>>() {
        without(&mut decision, &|it: &mut Decision| drop(it.touched.payments.remove(&id)));
    }
    for place in (0..decision.beside.terms.usage.len()).rev() {
        without(&mut decision, &|it: &mut Decision| drop(it.beside.terms.usage.remove(place)));
    }
    for place in (0..decision.beside.terms.contracts.len()).rev() {
        without(&mut decision, &|it: &mut Decision| drop(it.beside.terms.contracts.remove(place)));
    }
    if stored_bytes(&decision) <= bytes_max { decision } else { without_grounds(decision) }
}

/// The parts of what a decision went by that few rules ask for.
const PARTS: [fn(&mut Decision); 19] = [
    |it| it.event.seen.clear(),
    |it| it.beside.elsewhere.clear(),
    |it| it.beside.terms.usage.clear(),
    |it| it.beside.terms.contracts.clear(),
    |it| it.beside.terms.prices.clear(),
    |it| it.beside.terms.subscriptions.clear(),
    |it| it.touched.invoices.values_mut().for_each(|invoice| invoice.tries = Tries::default()),
    |it| it.touched.cards.clear(),
    |it| it.touched.subscriptions.clear(),
    |it| it.touched.payments.clear(),
    |it| it.touched.invoices.values_mut().for_each(|invoice| invoice.lines = Latest::default()),
    |it| it.head.dunning.clear(),
    |it| it.head.left.clear(),
    |it| it.head.book.tries.clear(),
    |it| it.head.book.links.clear(),
    |it| it.head.book.cards.clear(),
    |it| it.head.book.payments.clear(),
    |it| it.head.book.invoices.clear(),
    |it| it.head.book.subscriptions.clear(),
];

fn without_grounds(mut decision: Decision) -> Decision {
    decision.event.seen.clear();
    decision.head = Head::new(&decision.head.provider, &decision.head.source, &decision.head.customer);
    decision.touched = Touched::default();
    decision.beside = Beside::default();
    decision.left_out = LeftOut::Everything;
    decision
}

/// Makes a decision again; nothing where no case would be opened.
pub fn replay(decision: &Decision, policy: &ClassifyPolicy, declines: &Declines) -> Option<Outcome> {
    let scene = Scene { event: &decision.event, policy, declines, now: decision.at };
    let mut desk =
        Desk { beside: decision.beside.clone(), ..Desk::of(decision.head.clone(), decision.touched.clone()) };
    let concerns = classify::concerns(&desk, policy);
    classify::decide(scene, &concerns, &mut desk);
    desk.cases.get(&decision.case).map(Outcome::of)
}

/// Names the fields in which two outcomes differ.
pub fn differences(then: &Outcome, now: Option<&Outcome>) -> Vec<Difference> {
    let fields = |outcome: Option<&Outcome>| match serde_json::to_value(outcome) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (then, now) = (fields(Some(then)), fields(now));
    let differs = |(field, then): (&String, &Value)| {
        let now = now.get(field).cloned().unwrap_or(Value::Null);
        (*then != now).then(|| Difference { field: field.clone(), then: then.clone(), now })
    };
    then.iter().filter_map(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Kind, Origin, PaymentSeen, PaymentStatus, Seen};
    use crate::money::{Currency, Money};
    use crate::policies::{Policies, SHIPPED};
    use jiff::SignedDuration;

    fn charge(id: &str, at: &str) -> Event {
        let seen = PaymentSeen {
            id: id.into(),
            status: Some(PaymentStatus::Succeeded),
            amount: Some(Money::from_minor(2400, Currency::USD)),
            at: Some(at.parse().unwrap()),
            ..PaymentSeen::default()
        };
        Event {
            id: format!("evt_{id}"),
            provider: "stripe".into(),
            source: "default".into(),
            origin: Origin::Webhook,
            kind: Kind::PaymentSucceeded,
            at: at.parse().unwrap(),
            customer: Some("cus_1".into()),
            seen: vec![Seen::Payment(seen)],
        }
    }

    /// The shipped rules with a change.
    fn rules(from: &str, to: &str) -> ClassifyPolicy {
        let (_, text) = SHIPPED.iter().find(|(file, _)| file.contains("/classify/")).unwrap();
        assert!(text.contains(from), "the policy holds `{from}`");
        toml::from_str(&text.replace(from, to)).unwrap()
    }

    #[test]
    fn a_decision_keeps_what_it_went_by_as_far_as_that_fits() {
        let policies = Policies::shipped().unwrap();
        let declines = policies.declines.current();
        let second = charge("ch_2", "2026-03-01T12:00:00Z");
        let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
        for event in [&charge("ch_1", "2026-03-01T09:00:00Z"), &second] {
            desk.touched.fold(&mut desk.head, event, SignedDuration::from_mins(10));
        }
        for number in 0..200 {
            let other = charge(&format!("ch_old_{number}"), "2025-03-01T09:00:00Z");
            desk.touched.fold(&mut Head::new("stripe", "default", "cus_1"), &other, SignedDuration::ZERO);
        }
        let scene = Scene { event: &second, policy: policies.classify.current(), declines, now: second.at };
        let before = desk.clone();
        classify::decide(scene, &classify::concerns(&desk, scene.policy), &mut desk);
        for (bytes_max, left_out, again) in
            [(1_000_000, LeftOut::Nothing, true), (20_000, LeftOut::Unused, true), (1_000, LeftOut::Everything, false)]
        {
            let made = record(scene, &before, &mut desk.clone(), bytes_max);
            let [decision] = made.as_slice() else { panic!("one case, one decision: {made:?}") };
            assert_eq!(decision.left_out, left_out, "{bytes_max}");
            let outcome = replay(decision, scene.policy, declines);
            assert_eq!(outcome.as_ref() == Some(&decision.outcome), again, "{bytes_max}");
            let least = stored_bytes(&without_grounds(decision.clone()));
            assert!(stored_bytes(decision) <= bytes_max.max(least), "{bytes_max}");
        }
    }

    #[test]
    fn a_decision_can_be_made_again_and_shows_what_other_rules_would_change() {
        let policies = Policies::shipped().unwrap();
        let declines = policies.declines.current();
        let second = charge("ch_2", "2026-03-01T12:00:00Z");
        let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
        for event in [&charge("ch_1", "2026-03-01T09:00:00Z"), &second] {
            desk.touched.fold(&mut desk.head, event, SignedDuration::from_mins(10));
        }
        let scene = Scene { event: &second, policy: policies.classify.current(), declines, now: second.at };
        let before = desk.clone();
        classify::decide(scene, &classify::concerns(&desk, scene.policy), &mut desk);
        let made = record(scene, &before, &mut desk, 100_000);
        let [decision] = made.as_slice() else { panic!("one case, one decision: {made:?}") };
        let changed = |policy: &ClassifyPolicy| {
            let fields = differences(&decision.outcome, replay(decision, policy, declines).as_ref());
            fields.into_iter().map(|it| it.field).collect::<Vec<_>>().join(" ")
        };
        let rows = [
            ("the same rules", rules("version = 1", "version = 1"), ""),
            ("a surer rule", rules("confidence = \"0.85\"", "confidence = \"0.70\""), "confidence"),
            (
                "a shorter window",
                rules("window_hours = 24", "window_hours = 1"),
                "advice class confidence recommended reply rule why",
            ),
        ];
        for (name, policy, expected) in rows {
            assert_eq!(changed(&policy), expected, "{name}");
        }
        assert_eq!(
            record(scene, &desk.clone(), &mut desk, 100_000),
            [],
            "what is judged by the same rule is no new decision"
        );
    }
}

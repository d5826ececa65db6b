//! A decision with everything that it went by, so that it can be made again, by the same rules or by others.

use crate::book::{Head, Touched};
use crate::case::{Case, Class, Recommendation};
use crate::classify::desk::{Beside, Desk};
use crate::classify::{self, ClassifyPolicy, Scene};
use crate::decline::Declines;
use crate::event::Event;
use crate::id::{CaseId, DecisionId};
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

/// Writes down what was decided of the cases that were opened, or are judged by another rule now.
pub fn record(scene: Scene<'_>, before: &Desk, after: &mut Desk) -> Vec<Decision> {
    let judged = |case: &Case| {
        let same = |earlier: &Case| (&earlier.rule, earlier.policy_version) == (&case.rule, case.policy_version);
        !before.cases.get(&case.id).is_some_and(same)
    };
    let mut made = Vec::new();
    let Desk { head, touched, beside, cases, .. } = after;
    for case in cases.values_mut().filter(|case| judged(case)) {
        let id = DecisionId::of(&case.account, case.id.as_str(), &scene.event.id);
        case.decisions.push(id.clone());
        made.push(Decision {
            id,
            case: case.id.clone(),
            at: scene.now,
            policy_version: case.policy_version,
            outcome: Outcome::of(case),
            event: scene.event.without_person(),
            head: Head { cases: BTreeMap::new(), ..head.clone() },
            touched: Touched { person: None, ..touched.clone() },
            beside: beside.clone(),
        });
    }
    made
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
        let made = record(scene, &before, &mut desk);
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
        assert_eq!(record(scene, &desk.clone(), &mut desk), [], "what is judged by the same rule is no new decision");
    }
}

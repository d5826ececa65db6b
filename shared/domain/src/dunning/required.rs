//! Which letters go to whoever wants no mail as well? Those that the law or the contract asks for, and the last one
//! before something is taken: nobody loses anything unwarned.

use super::{DunningPolicy, Plan, StepKind, Then};
use crate::policy::Complaint;
use serde::Deserialize;
use toml::Spanned;

/// What is sent whatever its customer wants.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredRule {
    letters: Spanned<Vec<String>>,
    why: String,
}

impl RequiredRule {
    fn has(&self, letter: &str) -> bool {
        self.letters.get_ref().iter().any(|own| own == letter)
    }

    /// Whoever loses what they pay for is told, and what is required is sent by some plan.
    pub(super) fn lint(&self, policy: &DunningPolicy) -> Vec<Complaint> {
        let complaint = |said: String| Complaint::on(&self.letters, said);
        let unknown = self.letters.get_ref().iter().find(|own| policy.templates().all(|text| text != own.as_str()));
        let mut complaints = Vec::from_iter(unknown.map(|own| complaint(format!("no step mails `{own}`"))));
        let steps = policy.segment.iter().flat_map(|segment| &segment.steps);
        let ends = steps.filter(|step| matches!(step.then, Then::End(_))).filter_map(|step| step.prompt.as_deref());
        let untold = ends.filter(|prompt| !self.has(prompt)).map(|it| complaint(format!("`{it}` tells of an end")));
        complaints.extend(untold.take(1));
        if self.why.trim().is_empty() {
            complaints.push(complaint("`required` has no `why`".to_owned()));
        }
        complaints
    }
}

impl Plan {
    /// Whether a letter is sent to whoever wants no mail as well.
    pub fn is_required(&self, letter: u32, rule: Option<&RequiredRule>) -> bool {
        let step = self.steps.iter().find(|step| step.number == letter);
        let Some(StepKind::Mail { template }) = step.map(|step| &step.kind) else { return false };
        let mut after = self.steps.iter().filter(|step| step.number > letter);
        let next = after.find(|step| step.kind.is_mail() || step.kind.takes());
        next.is_some_and(|step| step.kind.takes()) || rule.is_some_and(|rule| rule.has(template))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccountId;
    use crate::policies::Policies;
    use serde_json::{Value, json};

    #[test]
    fn only_what_warns_or_must_be_sent_goes_to_whoever_wants_no_mail() {
        let policies = Policies::shipped().unwrap();
        let rule = policies.dunning.current().required.as_ref();
        let mail = |text: &str| json!({"kind": "mail", "template": text});
        let access = |state: &str| json!({"kind": "access", "access": state});
        let (person, sms) = (json!({"kind": "person"}), json!({"kind": "sms", "template": "reminder_2"}));
        for (name, kinds, expected) in [
            ("one follows", vec![mail("reminder_1"), mail("reminder_2")], false),
            ("nothing follows", vec![mail("reminder_1"), person.clone()], false),
            ("a warning follows", vec![mail("reminder_1"), access("warned")], true),
            ("behind a person and a text message", vec![mail("reminder_2"), person, sms, access("restricted")], true),
            ("it tells of an end", vec![mail("final_notice")], true),
            ("it is no letter", vec![access("warned"), access("restricted")], false),
        ] {
            let step = |(number, kind): (usize, &Value)| {
                let mut step = json!({"number": number + 1, "due_at": "2026-03-01T09:00:00Z", "state": "waiting",
                    "done_at": null, "doubt_at": null});
                step.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
                step
            };
            let steps: Vec<Value> = kinds.iter().enumerate().map(step).collect();
            let plan: Plan = serde_json::from_value(json!({"account": AccountId::of("p", "default", "cus_1"),
                "invoice": "in_1", "segment": "standard", "policy_version": 3, "started_at": "2026-03-01T08:00:00Z",
                "state": "running", "reason": null, "steps": steps, "trace": "t"}))
            .unwrap();
            assert_eq!(plan.is_required(1, rule), expected, "{name}");
        }
    }
}

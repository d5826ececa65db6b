//! A case as it opens, from what a detector found.

use super::{Scene, Verdict};
use crate::book::Head;
use crate::case::{Case, Class, Draft, State};
use crate::id::CaseId;
use crate::staff::AtWork;

impl Case {
    /// A case as it opens, with what the policy says of it.
    pub fn found(scene: Scene<'_>, head: &Head, class: Class, about: &str, verdict: Verdict<'_>) -> Self {
        Self {
            id: CaseId::of(&head.account, class.name(), about),
            account: head.account.clone(),
            class,
            about: about.to_owned(),
            confidence: verdict.confidence.to_owned(),
            state: State::Open,
            rule: verdict.rule.to_owned(),
            policy_version: verdict.policy_version,
            cause: None,
            evidence: Vec::new(),
            missing: Vec::new(),
            advice: verdict.advice.to_owned(),
            why: verdict.why.to_owned(),
            recommended: None,
            draft_reply: verdict.reply.map(|text| Draft { text: text.to_owned(), ..Draft::default() }),
            actions: Vec::new(),
            decisions: Vec::new(),
            events: vec![scene.event.id.clone()],
            handled: Vec::new(),
            tickets: Vec::new(),
            at_work: AtWork::default(),
            opened_at: scene.now,
            resolved_at: None,
            resolution: None,
            went_on_in: None,
            took_over: Vec::new(),
        }
    }
}

//! What a person sees before they decide about a case: everything that counts, and what would come of it.

use crate::action::{Clause, Kind, Known, Line, Reason, Shown};
use crate::approval::{ApprovalPolicy, Scales, Weighed, by_rule, weigh};
use crate::case::{Case, Evidence, around};
use crate::id::{AccountId, CaseId, IncidentId, sha256};
use crate::import::ExchangeRate;
use crate::incident::{self, Incident, IncidentPolicy};
use crate::money::Money;
use crate::sidebar::{Granted, Said};
use crate::staff::Role;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;

/// A case with the exact effect of what is recommended, as of the moment it was put together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    pub case: CaseId,
    pub issue: String,
    pub account: AccountId,
    pub evidence: Vec<Evidence>,
    /// What imports say now beside it: who looks after the account, its tax settings, its usage, exceptions.
    pub around: Vec<Evidence>,
    /// What would have helped and was not known.
    pub missing: Vec<String>,
    pub policy: Clause,
    pub advice: String,
    pub recommended: Vec<Proposed>,
    /// What was granted to this customer before beside the rules.
    pub exceptions: Vec<Granted>,
    /// What many others have as well, at the same time.
    pub incident: Option<PartOf>,
    /// The text for the customer, as a person would send it.
    pub reply: Option<Reply>,
    /// What changed lately of how the customer is reached.
    pub notices: Vec<String>,
    /// Over the meaning, not over the words.
    pub digest: String,
}

/// An action with its exact effect, and who must agree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposed {
    pub kind: &'static str,
    pub target: String,
    pub amount: Option<Money>,
    pub reason: Reason,
    pub approvals_required: Vec<Role>,
    pub clause: Clause,
    pub summary: String,
    /// The figures before and after.
    pub lines: Vec<Line>,
    /// Why it cannot be done as things stand.
    pub impossible: Option<String>,
}

/// The incident that a case is a part of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartOf {
    pub id: IncidentId,
    pub title: String,
    pub state: &'static str,
    pub customers: usize,
    pub cause: String,
    pub owner: String,
}

/// A text with all its gaps filled, personal ones too: it is shown and not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reply {
    pub subject: String,
    pub body: String,
}

/// Puts together what is known of a case.
pub fn preview(
    case: &Case,
    known: Known<'_>,
    (policy, rates): (&ApprovalPolicy, &[ExchangeRate]),
    exceptions: Vec<Granted>,
    reply: Option<Reply>,
) -> Preview {
    let recommended = case.recommended.iter();
    let recommended: Vec<_> = recommended.map(|it| proposed(&it.kind, it.reason, known, (policy, rates))).collect();
    let meaning = (
        case.class,
        &case.about,
        (&case.rule, case.policy_version),
        case.evidence.iter().map(|evidence| (&evidence.source, &evidence.value)).collect::<Vec<_>>(),
        recommended
            .iter()
            .map(|it| (it.kind, &it.target, it.amount, it.reason, &it.approvals_required, &it.lines))
            .collect::<Vec<_>>(),
    );
    let digest = sha256(serde_json::to_string(&meaning).expect("a preview is plain data").as_bytes());
    Preview {
        case: case.id.clone(),
        issue: format!("{}: {}", case.class.title(), case.about),
        account: case.account.clone(),
        evidence: case.evidence.clone(),
        around: Vec::new(),
        missing: case.missing.clone(),
        policy: Clause { rule: case.rule.clone(), policy_version: case.policy_version, why: case.why.clone() },
        advice: case.advice.clone(),
        recommended,
        exceptions,
        incident: None,
        reply,
        notices: Vec::new(),
        digest,
    }
}

fn proposed(
    kind: &Kind,
    reason: Reason,
    known: Known<'_>,
    (policy, rates): (&ApprovalPolicy, &[ExchangeRate]),
) -> Proposed {
    // Whoever asks for it: the machine asks for everything and decides nothing.
    let scales = Scales {
        policy,
        known,
        reason,
        by: None,
        cases: &[],
        earlier: &[],
        credited: &[],
        today: Decimal::ZERO,
        rates,
        outage_credits: &BTreeMap::new(),
        exception: false,
    };
    let weighed = weigh(kind, scales);
    let impossible = weighed.as_ref().err().map(ToString::to_string);
    let weighed = weighed.or_else(|_| weigh(kind, Scales { exception: true, ..scales }));
    let (summary, lines, approvals_required, clause) = match weighed {
        Ok(Weighed { preview, required, .. }) => (preview.summary, preview.lines, required, preview.clause),
        Err(_) => {
            let amount = kind.amount().map(|amount| format!(" of {amount}")).unwrap_or_default();
            let target = kind.target().id().map(|id| format!(" on {id}")).unwrap_or_default();
            let today = known.now.to_zoned(TimeZone::UTC).date();
            let requirement = by_rule(kind, reason, policy, rates, today);
            (
                format!("{}{amount}{target}", kind.name().replace('_', " ")),
                Vec::new(),
                requirement.approvals,
                requirement.clause,
            )
        }
    };
    Proposed {
        kind: kind.name(),
        target: kind.target().id().unwrap_or_default(),
        amount: amount(kind),
        reason,
        approvals_required,
        clause,
        summary,
        lines,
        impossible,
    }
}

/// The money of it; of a bundle, that of its members together, where it is all of one currency.
pub(super) fn amount(kind: &Kind) -> Option<Money> {
    let mut amounts = kind.members().iter().filter_map(Kind::amount);
    let first = amounts.next()?;
    amounts.try_fold(first, |sum, amount| (amount.currency() == sum.currency()).then(|| sum.plus(amount)))
}

impl Preview {
    /// Says what many have in common; while it lasts, the advice is to leave the customer alone.
    pub fn is_part_of(&mut self, incident: &Incident, policy: &IncidentPolicy) {
        if incident.state == incident::State::Open {
            let since = incident.began_at.strftime("%Y-%m-%d %H:%M UTC").to_string();
            self.advice = policy.advice.replace("{since}", &since).replace("{owner}", &incident.owner);
        }
        self.digest = sha256(format!("{}:{}:{}", self.digest, incident.id, incident.state.name()).as_bytes());
        self.incident = Some(PartOf {
            id: incident.id.clone(),
            title: incident.title(),
            state: incident.state.name(),
            customers: incident.accounts,
            cause: incident.cause.clone(),
            owner: incident.owner.clone(),
        });
    }

    /// Adds what imports say around it, and what none of them does. It is no part of the meaning: the digest stays.
    pub fn looks_around(&mut self, case: &Case, said: &Said, customer: &str) {
        let (around, missing) = around(case, said, customer);
        self.around = around;
        self.missing.extend(missing);
    }

    /// The same as plain text.
    pub fn text(&self) -> String {
        let account = format!("Account: {}", self.account);
        let mut lines = vec![self.issue.clone(), account, String::new(), "Evidence".to_owned()];
        lines.extend(
            self.evidence.iter().chain(&self.around).map(|it| format!("- {}: {} ({})", it.label, it.told(), it.source)),
        );
        lines.extend(self.missing.iter().map(|it| format!("- not known: {it}")));
        lines.extend(
            self.incident
                .iter()
                .map(|it| format!("- part of an incident ({}): {}, {} customers", it.state, it.title, it.customers)),
        );
        lines.extend(self.notices.iter().map(|notice| format!("- {notice}")));
        lines.extend(self.exceptions.iter().map(|it| {
            let amount = it.amount.map(|amount| format!(" of {amount}")).unwrap_or_default();
            format!("- granted before: {}{amount} on {} by {}, {}", it.kind, it.granted_on, it.granted_by, it.reason)
        }));
        lines.extend([
            String::new(),
            format!("Policy: {} (classify v{}): {}", self.policy.rule, self.policy.policy_version, self.policy.why),
            format!("Advice: {}", self.advice),
        ]);
        for action in &self.recommended {
            let roles = action.approvals_required.iter().map(|role| role.name()).collect::<Vec<_>>().join(" and ");
            lines.push(format!("Proposed: {}; needs {roles}", action.summary));
            let side = |side: &Option<Shown>| side.as_ref().map_or_else(|| "not known".to_owned(), ToString::to_string);
            lines.extend(
                action
                    .lines
                    .iter()
                    .map(|line| format!("- {}: {} → {}", line.label, side(&line.before), side(&line.after))),
            );
            lines.extend(action.impossible.iter().map(|why| format!("- not possible now: {why}")));
        }
        if let Some(reply) = &self.reply {
            lines.extend([String::new(), format!("Draft reply: {}", reply.subject), reply.body.trim_end().to_owned()]);
        }
        lines.extend([String::new(), format!("Preview {}", self.digest)]);
        lines.join("\n")
    }
}

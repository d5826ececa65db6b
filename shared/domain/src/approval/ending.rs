//! The end of a recovery that nothing has helped: whose approval it takes to end what the invoice is for, and what became of
//! the request.

use super::{Scales, Weighed, next_ask, weigh};
use crate::action::{Action, Kind, NoPreview, Reason, State};
use crate::dunning::{EndOf, Plan};
use crate::ledger::{Note, Step};
use crate::staff::MACHINE;
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// The request to end a subscription of which a plan has come to its end; it waits for people, and wakes at once so that they
/// are asked. Or what stands against it.
pub fn end(plan: &Plan, subscription: &str, scales: Scales<'_>) -> Result<Action, NoPreview> {
    let kind = Kind::ForceCancel { subscription: subscription.to_owned() };
    let (policy, now) = (scales.policy, scales.known.now);
    let Weighed { preview, required, .. } = weigh(&kind, scales)?;
    let mut action = Action::new(plan.next_end(), kind, Reason::Other, preview, MACHINE, now);
    action.note = format!(
        "dunning v{}/{}: invoice {} is open since {}, and its customer was told that this may follow",
        plan.policy_version,
        plan.segment,
        plan.invoice,
        plan.started_at.strftime("%Y-%m-%d"),
    );
    action.recovery = Some(plan.invoice.clone());
    action.trace.clone_from(&plan.trace);
    action.required = required;
    action.expires_at = now + SignedDuration::from_hours(policy.expiry_hours);
    action.told.next_at = next_ask(&action, &policy.asking).map(|(at, _)| at);
    action.rings_at(now);
    Ok(action)
}

/// What became of it; nothing while nobody knows.
pub fn end_of(action: &Action) -> Option<EndOf> {
    match action.state() {
        State::Executed => Some(EndOf::Done),
        State::Stale => Some(EndOf::Overtaken),
        State::Denied => Some(EndOf::NotDone("it was denied")),
        State::Expired => Some(EndOf::NotDone("nobody decided in time")),
        State::Withdrawn => Some(EndOf::NotDone("it was withdrawn")),
        State::Failed => Some(EndOf::NotDone("the provider refused it")),
        State::Previewed
        | State::WaitingApproval
        | State::Approved
        | State::Executing
        | State::InDoubt
        | State::NeedsPerson => None,
    }
}

/// Whether a request for the end of a recovery is over, because that recovery asks for it no more; `plan` is as it stands.
pub fn has_lapsed(action: &Action, plan: Option<&Plan>) -> bool {
    action.recovery.is_some() && plan.is_none_or(|plan| !plan.lets_end(&action.id))
}

/// How a request is written down.
pub fn requested(action: &Action) -> Option<Note> {
    if action.state() == State::Previewed {
        return None;
    }
    let mut body = BTreeMap::from([
        ("kind".to_owned(), action.kind.name().to_owned()),
        ("target".to_owned(), action.kind.target().id().unwrap_or_default()),
        ("amount".to_owned(), action.kind.amount().map(|amount| amount.to_string()).unwrap_or_default()),
        ("reason".to_owned(), action.reason_code.name().to_owned()),
        ("preview".to_owned(), action.preview.digest.clone()),
        ("rule".to_owned(), action.preview.clause.rule.clone()),
        ("policy_version".to_owned(), action.preview.clause.policy_version.to_string()),
        ("approvals".to_owned(), action.required.iter().map(|role| role.name()).collect::<Vec<_>>().join(",")),
    ]);
    body.extend(action.bundle.as_ref().map(|bundle| ("bundle".to_owned(), bundle.to_string())));
    Some(Note {
        at: action.requested_at,
        step: Step::Requested,
        action: Some(action.id.clone()),
        by: action.requested_by.clone(),
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Known, Manners};
    use crate::book::{Head, Touched};
    use crate::event::Event;
    use crate::policies::Policies;
    use crate::staff::Role;
    use jiff::Timestamp;
    use serde_json::{from_value, json};

    const AT: &str = "2026-04-03T10:00:00Z";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A recovery whose hold is over.
    fn plan() -> Plan {
        let account = crate::id::AccountId::of("stripe", "default", "cus_1");
        let step = |number: u32, state: &str, kind: &str, field: &str, what: &str| {
            json!({"number": number, "kind": kind, field: what, "due_at": AT, "state": state, "done_at": AT,
                "doubt_at": null, "hold_hours": 72})
        };
        from_value(json!({
            "account": account, "invoice": "in_1", "segment": "standard", "policy_version": 3,
            "started_at": "2026-03-01T10:00:00Z", "state": "running", "reason": null, "trace": "t",
            "steps": [
                step(1, "sent", "mail", "template", "final_notice"),
                step(2, "waiting", "end", "ends", "subscription"),
            ],
        }))
        .unwrap()
    }

    /// What people are asked for where the subscription stands so.
    fn asked(plan: &Plan, status: &str) -> Result<Action, NoPreview> {
        let policies = Policies::shipped().unwrap();
        let (mut head, mut records) = (Head::new("stripe", "default", "cus_1"), Touched::default());
        let event: Event = from_value(json!({"id": "evt_1", "provider": "stripe", "source": "default",
            "origin": "webhook", "kind": "subscription_changed", "at": "2026-03-01T09:00:00Z", "customer": "cus_1",
            "seen": [{"resource": "subscription", "id": "sub_1", "status": status}]}))
        .unwrap();
        records.fold(&mut head, &event, SignedDuration::ZERO);
        let known = Known {
            head: &head,
            manners: &Manners::PLAIN,
            records: &records,
            prices: &[],
            papers: &crate::action::NO_PAPERS,
            now: time(AT),
        };
        let scales = Scales {
            policy: policies.approval.current(),
            known,
            reason: Reason::Other,
            by: None,
            cases: &[],
            earlier: &[],
            credited: &[],
            today: rust_decimal::Decimal::ZERO,
            rates: &[],
            outage_credits: &BTreeMap::new(),
            exception: false,
        };
        end(plan, "sub_1", scales)
    }

    #[test]
    fn an_end_waits_for_people_and_says_what_for() {
        let plan = plan();
        let action = asked(&plan, "past_due").unwrap();
        assert_eq!((action.state(), &action.required[..]), (State::WaitingApproval, &[Role::Legal][..]));
        assert_eq!((action.id.clone(), action.recovery.as_deref()), (plan.next_end(), Some("in_1")));
        assert_eq!(
            (action.requested_by.as_str(), action.wakes_at()),
            (MACHINE, Some(time(AT))),
            "people are asked now"
        );
        assert_eq!(action.expires_at, time("2026-04-06T10:00:00Z"));
        assert!(
            action.note.starts_with("dunning v3/standard: invoice in_1 is open since 2026-03-01"),
            "{}",
            action.note
        );
        assert_eq!(requested(&action).map(|note| note.step), Some(Step::Requested));
        let why = asked(&plan, "ended").unwrap_err();
        assert!(matches!(why, NoPreview::Ended(_)), "{why}");
    }

    #[test]
    fn a_request_is_over_with_the_recovery_that_it_is_for() {
        let mut plan = plan();
        let action = asked(&plan, "past_due").unwrap();
        assert!(has_lapsed(&action, Some(&plan)), "nobody was asked yet");
        plan.asks_end(time(AT), time(AT));
        assert!(!has_lapsed(&action, Some(&plan)) && has_lapsed(&action, None));
        let mut by_hand = action.clone();
        by_hand.recovery = None;
        assert!(!has_lapsed(&by_hand, None), "what a person asks for is for no recovery");
        plan.stop("paid", time(AT));
        assert!(has_lapsed(&action, Some(&plan)));
    }

    #[test]
    fn what_became_of_it_is_known_once_it_is_over() {
        let plan = plan();
        for state in State::ALL {
            let action = asked(&plan, "past_due").unwrap().in_state(state);
            let known = state.is_final() && state != State::NeedsPerson;
            assert_eq!(end_of(&action).is_some(), known, "{}", state.name());
        }
    }
}

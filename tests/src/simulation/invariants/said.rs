//! What people have said of recoveries and of what climbs the ladder: how much of it there is, and that nothing has
//! left while it waited, or once it was stopped.

use super::recovery::waits;
use super::{Books, must};
use crate::simulation::Words;
use crate::world::records;
use app::ports::{Channel, Letter};
use app::store::keys;
use domain::ageing::Climb;
use domain::dunning::{Plan, Step, StepKind, StepState, Word};
use domain::id::digest;
use domain::telling::About;
use jiff::Timestamp;
use local::service::Service;

/// Checks it of each recovery and each way up the ladder of an account, and counts what was said of them.
pub(super) async fn nothing_leaves_that_waits(service: &Service, books: &Books) -> Result<Words, String> {
    let climbs: Vec<Climb> = records(service, &keys::climbs(&books.desk.head.account)).await;
    let letters = service.outbox.letters().map_err(|error| error.to_string())?;
    let mut words = Words::default();
    for plan in books.desk.plans.values() {
        keeps_still(plan, &sent(plan, &letters, step_id))?;
        words.count_in(counted(plan));
    }
    for climb in &climbs {
        let mut left = sent(&climb.way, &letters, rung_id);
        left.extend(handed_over(&climb.way));
        keeps_still(&climb.way, &left)?;
        words.count_in(counted(&climb.way));
    }
    Ok(words)
}

fn step_id(plan: &Plan, step: &Step) -> String {
    About::Step { account: plan.account.clone(), invoice: plan.invoice.clone(), step: step.number }.id()
}

fn rung_id(way: &Plan, step: &Step) -> String {
    format!("dun_{}", digest(&[way.account.as_str(), &way.invoice, "rung", &step.number.to_string()], 20))
}

/// When its customer was sent anything, by mail or to a phone.
fn sent(way: &Plan, letters: &[(Timestamp, Letter)], id: fn(&Plan, &Step) -> String) -> Vec<Timestamp> {
    let ids: Vec<String> = way.steps.iter().map(|step| id(way, step)).collect();
    let is_theirs = |letter: &Letter| match letter.channel {
        Channel::Mail => letter.to.ends_with("@shop.example"),
        Channel::Sms => true,
        Channel::Slack => false,
    };
    letters.iter().filter(|(_, it)| ids.contains(&it.id) && is_theirs(it)).map(|(at, _)| *at).collect()
}

/// When a rung without a letter was taken.
fn handed_over(way: &Plan) -> impl Iterator<Item = Timestamp> {
    let taken = way.steps.iter().filter(|step| step.kind == StepKind::Person && step.state == StepState::Sent);
    taken.filter_map(|step| step.done_at)
}

fn keeps_still(way: &Plan, left: &[Timestamp]) -> Result<(), String> {
    let stopped = way.control.said.iter().find(|said| said.word == Word::Stop);
    let stopped = stopped.map(|said| (said.at, Timestamp::MAX));
    for (from, until) in waits(way).into_iter().chain(stopped) {
        let at = left.iter().find(|at| **at > from && **at < until);
        must(at.is_none(), || {
            format!("{} ({}) waited from {from} until {until}, and something left at {at:?}", way.invoice, way.segment)
        })?;
    }
    Ok(())
}

fn counted(way: &Plan) -> Words {
    let count = |is_it: fn(&Word) -> bool| way.control.said.iter().filter(|said| is_it(&said.word)).count();
    Words {
        pauses: count(|word| matches!(word, Word::Pause { .. })),
        stops: count(|word| matches!(word, Word::Stop)),
        promises: count(|word| matches!(word, Word::Promise { .. })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::dunning::PlanState;
    use domain::id::AccountId;
    use serde_json::{from_value, json};

    /// A way that was paused from ten to twelve, and stopped at four.
    fn way() -> Plan {
        let said = json!([
            {"at": "2026-03-01T10:00:00Z", "by": "lena", "word": "pause", "until": "2026-03-01T12:00:00Z"},
            {"at": "2026-03-01T16:00:00Z", "by": "lena", "word": "stop", "note": "they have a credit with us"}
        ]);
        let account = AccountId::of("stripe", "default", "cus_1");
        let plan: Plan = from_value(json!({"account": account, "invoice": "in_1", "segment": "ageing",
            "policy_version": 1, "started_at": "2026-03-01T08:00:00Z", "state": "stopped", "reason": null, "steps": [],
            "control": {"said": said}, "trace": "t"}))
        .unwrap();
        assert_eq!(plan.state, PlanState::Stopped);
        plan
    }

    #[test]
    fn what_leaves_while_it_waits_or_once_it_is_stopped_is_found() {
        for (at, holds) in [
            ("2026-03-01T10:00:00Z", true),
            ("2026-03-01T10:00:01Z", false),
            ("2026-03-01T11:59:59Z", false),
            ("2026-03-01T12:00:00Z", true),
            ("2026-03-01T16:00:00Z", true),
            ("2026-03-01T16:00:01Z", false),
        ] {
            assert_eq!(keeps_still(&way(), &[at.parse().unwrap()]).is_ok(), holds, "{at}");
        }
        assert_eq!(counted(&way()), Words { pauses: 1, stops: 1, promises: 0 });
    }
}

//! Which tasks does an event end? That of an action that is left to a person no more, that of a refund by hand which is
//! seen, and those of a bill that is open no more.

use crate::action::{Action, State};
use crate::classify::desk::Desk;
use crate::id::TaskId;
use crate::leaving::settled;
use crate::task::{About, Task};
use jiff::Timestamp;

/// The tasks that an event may end once it is folded, before it is known what it proves.
pub fn may_end(before: &Desk, folded: &Desk) -> Vec<TaskId> {
    let left = before.actions.values().filter(|action| is_left(action)).map(task_of);
    let unseen = before.actions.values().filter(|action| action.is_unseen()).map(unseen_of);
    left.chain(unseen).chain(settled(&before.touched, &folded.touched, &folded.head)).collect()
}

/// The tasks that an event ends, of those that may, as they are from here on; `by` is the provider that told it.
pub fn end(tasks: &[Task], before: &Desk, after: &Desk, by: &str, now: Timestamp) -> Vec<Task> {
    let was_left = |action: &&Action| before.actions.get(&action.id).is_some_and(is_left) && !is_left(action);
    let actions = after.actions.values().filter(was_left);
    let actions = actions.map(|action| (task_of(action), action.state() == State::Executed));
    let was_unseen =
        |action: &&Action| before.actions.get(&action.id).is_some_and(Action::is_unseen) && !action.is_unseen();
    let unseen = after.actions.values().filter(was_unseen);
    let unseen = unseen.map(|action| (unseen_of(action), action.state() == State::Executed));
    let bills = settled(&before.touched, &after.touched, &after.head).into_iter().map(|task| (task, true));
    let task = |id: &TaskId| tasks.iter().find(|task| task.id == *id).cloned();
    actions.chain(unseen).chain(bills).filter_map(|(id, done)| task(&id)?.ended(done, by, "", now)).collect()
}

fn is_left(action: &Action) -> bool {
    action.state() == State::NeedsPerson
}

fn task_of(action: &Action) -> TaskId {
    About::Action { action: action.id.clone() }.task(&action.account)
}

fn unseen_of(action: &Action) -> TaskId {
    About::Unseen { action: action.id.clone() }.task(&action.account)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Kind, Preview, Reason};
    use crate::book::{Head, Touched};
    use crate::id::{AccountId, ActionId};
    use crate::money::{Currency, Money};
    use crate::task::State as TaskState;
    use jiff::SignedDuration;

    fn desk(state: State, now: Timestamp) -> Desk {
        let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "mara", "k");
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview { summary: String::new(), lines: vec![], clause, digest: "d".into() };
        let kind = Kind::Credit { amount: Money::from_minor(1000, Currency::USD) };
        let action = Action::new(id.clone(), kind, Reason::Other, preview, "mara", now).in_state(state);
        let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
        desk.actions.insert(id, action);
        desk
    }

    #[test]
    fn a_task_ends_with_its_action() {
        let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        for (what, before, after, read, ended) in [
            ("still a person's", State::NeedsPerson, State::NeedsPerson, 1, None),
            ("it was done after all", State::NeedsPerson, State::Executed, 1, Some(TaskState::Done)),
            ("it was not", State::NeedsPerson, State::Failed, 1, Some(TaskState::Dropped)),
            ("never a person's", State::InDoubt, State::Executed, 0, None),
        ] {
            let (before, after) = (desk(before, now), desk(after, now));
            assert_eq!(may_end(&before, &before).len(), read, "{what}");
            let about = About::Action { action: after.actions.keys().next().unwrap().clone() };
            let open =
                Task::new(&after.head.account, about, "Credit".into(), "There.".into(), now, SignedDuration::ZERO);
            let tasks = end(std::slice::from_ref(&open), &before, &after, "stripe", now);
            assert_eq!(tasks.first().map(|task| task.state), ended, "{what}");
            let over = open.ended(true, "bea", "", now).unwrap();
            assert_eq!(end(&[over], &before, &after, "stripe", now), [], "{what}: nobody ends it twice");
        }
    }
}

//! A case that turned out to be the same trouble as another: it ends, and goes on there with all that was done about
//! it.

use super::{Case, TICKET};
use jiff::Timestamp;

/// How a case ended that goes on in another.
const SAME: &str = "the same trouble as another case";

/// How many of the cases that go on in one are named: the newest.
const TOOK_OVER_MAX: usize = 20;

impl Case {
    /// Ends, and lays into the other what people did and asked for, and which tickets are about it. Its line on the
    /// head, and the records that name it, are the caller's.
    ///
    /// What was only looked at stays: whoever found the other has looked for themselves. So does when it was opened:
    /// what the other recommends is as of its own.
    pub fn go_on_in(&mut self, into: &mut Self, at: Timestamp) {
        into.actions.splice(0..0, std::mem::take(&mut self.actions));
        into.at_work.join(&std::mem::take(&mut self.at_work));
        into.handled.extend(self.handled.iter().cloned());
        into.handled.sort_by_key(|handled| handled.at);
        let events: Vec<String> = self.events.iter().filter(|event| !into.events.contains(event)).cloned().collect();
        into.events.splice(0..0, events);
        let tickets: Vec<String> = self.tickets.iter().filter(|name| !into.tickets.contains(name)).cloned().collect();
        let is_new = |name: &str| tickets.iter().any(|ticket| ticket == name);
        let told = self.evidence.iter().filter(|it| it.label == TICKET && is_new(&it.source)).cloned();
        into.evidence.extend(told);
        into.tickets.extend(tickets);
        into.took_over.extend(self.took_over.iter().cloned().chain([self.id.clone()]));
        into.took_over.drain(..into.took_over.len().saturating_sub(TOOK_OVER_MAX));
        into.shorten();
        self.went_on_in = Some(into.id.clone());
        self.resolve(at, SAME);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Evidence, State};
    use crate::id::{AccountId, ActionId, CaseId};
    use serde_json::{Value, from_value, json};

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(60 * minute).unwrap()
    }

    fn case(about: &str, opened: i64, more: &Value) -> Case {
        let account = AccountId::of("stripe", "default", "cus_1");
        let mut case = json!({"id": CaseId::of(&account, "duplicate_charge", about), "account": account,
            "class": "duplicate_charge", "about": about, "confidence": "1", "state": "open", "rule": "r",
            "policy_version": 1, "evidence": [], "missing": [], "advice": "", "why": "", "recommended": null,
            "draft_reply": null, "actions": [], "events": [], "opened_at": at(opened), "resolved_at": null,
            "resolution": null});
        for (field, value) in more.as_object().unwrap() {
            case[field] = value.clone();
        }
        from_value(case).unwrap()
    }

    fn action(key: &str) -> ActionId {
        ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "lena", key)
    }

    fn handled(by: &str, minute: i64) -> Value {
        json!({"by": by, "at": at(minute), "what": "told the customer", "note": "on the phone"})
    }

    #[test]
    fn what_people_did_goes_on_and_what_was_looked_at_stays() {
        let looked = Evidence::new("Usage", "3 seats", "cus_1");
        let ticket = |name: &str| Evidence::new(TICKET, "from a contact of theirs", name);
        let mut own = case(
            "ticket:desk/default/t1",
            1,
            &json!({"evidence": [ticket("desk/default/t1"), ticket("desk/default/t2"), looked],
                "actions": [action("a")], "events": ["e1", "e2"], "handled": [handled("lena", 3), handled("mara", 9)],
                "tickets": ["desk/default/t1", "desk/default/t2"]}),
        );
        [("lena", 3), ("lena", 5), ("mara", 9)].iter().for_each(|(by, minute)| own.at_work.act(by, at(*minute)));
        let mut into = case(
            "ch_2",
            5,
            &json!({"evidence": [ticket("desk/default/t2")], "actions": [action("b")], "events": ["e2", "e3"],
                "handled": [handled("bea", 6)], "tickets": ["desk/default/t2"]}),
        );
        // One answer of a ticket that is of both, and what somebody else did.
        [("lena", 5), ("lena", 8), ("bea", 6)].iter().for_each(|(by, minute)| into.at_work.act(by, at(*minute)));
        own.go_on_in(&mut into, at(10));

        assert_eq!(
            (own.state, own.resolved_at, own.went_on_in.as_ref()),
            (State::Resolved, Some(at(10)), Some(&into.id))
        );
        assert!(!own.was_ended_by_hand());
        assert_eq!((own.actions.len(), own.at_work.secs), (0, 0), "an action is one case's, and time counts once");
        assert_eq!((own.handled.len(), own.tickets.len(), own.evidence.len()), (2, 2, 3), "it can still be read");

        assert_eq!((into.state, into.opened_at, &into.took_over), (State::Open, at(5), &vec![own.id.clone()]));
        assert_eq!(into.actions, [action("a"), action("b")]);
        let by: Vec<&str> = into.handled.iter().map(|handled| handled.by.as_str()).collect();
        assert_eq!(by, ["lena", "bea", "mara"], "in their order");
        assert_eq!((into.at_work.secs, into.at_work.last_at), (300, Some(at(9))));
        assert_eq!(
            (into.events.join(" "), into.tickets.join(" ")),
            ("e1 e2 e3".into(), "desk/default/t2 desk/default/t1".into())
        );
        let told: Vec<&str> = into.evidence.iter().map(|it| it.source.as_str()).collect();
        assert_eq!(told, ["desk/default/t2", "desk/default/t1"], "each ticket once, and nothing else");

        let mut last = case("ch_3", 20, &json!({}));
        into.go_on_in(&mut last, at(30));
        assert_eq!(last.took_over, [own.id, into.id], "one after the other");
    }
}

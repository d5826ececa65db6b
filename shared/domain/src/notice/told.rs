//! What is told of one card, or of one that was not saved: each message once, and only while it is still so.

use super::{Expiring, NoticePolicy, Warning, has_expired};
use crate::book::{Head, LetterLine, Writer};
use crate::dunning::{Again, Control, Plan, PlanState, Step, StepKind, StepState, Together};
use crate::event::{CardState, Event, Kind, Origin};
use crate::id::AccountId;
use crate::task::LAST_QUEUE;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// What a stop by hand calls what customers are told of their cards.
pub const SEGMENT: &str = "cards";

/// What a customer is told of, with how far that has come: a plan whose steps are the messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub about: Matter,
    pub way: Plan,
}

/// Of what a customer is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "matter", rename_all = "snake_case")]
pub enum Matter {
    /// Their card ends before the next invoice.
    Expires(Expiring),
    /// They gave a card, and the provider did not save it.
    NotSaved { at: Timestamp },
}

/// What a message is judged by when its time has come.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    pub head: &'a Head,
    /// Whether Recoup writes to the customers of the source.
    pub writes: bool,
    /// From when on the customer may be written to.
    pub quiet_until: Timestamp,
    /// The rule of one letter a day.
    pub together: Option<&'a Together>,
}

/// Of what an event gives reason to tell: that a card has come to end before the next invoice, or that one was not saved
/// while a payment waits for it. The same again is found by its name.
pub fn begins(event: &Event, before: &Head, after: &Head) -> Vec<Matter> {
    let expiring = Expiring::of(after).filter(|it| Expiring::of(before).as_ref() != Some(it));
    let is_told = event.kind == Kind::CardNotSaved && event.origin == Origin::Webhook;
    let not_saved = (is_told && is_missed(after, event.at)).then_some(Matter::NotSaved { at: event.at });
    expiring.map(Matter::Expires).into_iter().chain(not_saved).collect()
}

/// Whether a payment waits for a card: one is being recovered, or none is valid any more.
fn is_missed(head: &Head, now: Timestamp) -> bool {
    !head.dunning.is_empty() || has_expired(&head.book, now)
}

impl Matter {
    /// What tells one from another of the same account: one for each card, and of cards that were not saved one a day.
    pub fn name(&self) -> String {
        match self {
            Self::Expires(expiring) => format!("expires-{}", expiring.id()),
            Self::NotSaved { at } => format!("not-saved-{}", at.to_zoned(TimeZone::UTC).date()),
        }
    }
}

impl Notice {
    /// What is to be told of it, and when. With `late`, warnings whose day is over are still told, the last of them; without,
    /// none that began before. None where nothing is left to tell.
    pub fn of(
        account: &AccountId,
        about: Matter,
        (policy, zone): (&NoticePolicy, &TimeZone),
        late: bool,
        now: Timestamp,
        trace: &str,
    ) -> Option<Self> {
        let told: Vec<(&str, Timestamp)> = match &about {
            Matter::Expires(expiring) if expiring.ends_at <= now => Vec::new(),
            Matter::Expires(expiring) => {
                let on = expiring.ends_at.to_zoned(TimeZone::UTC).date();
                let due = |it: &'_ Warning| due_at(it, on, policy, zone);
                policy.expiring.iter().filter_map(|it| Some((it.text.as_str(), due(it)?))).collect()
            }
            Matter::NotSaved { .. } => {
                let wait = SignedDuration::from_mins(*policy.not_saved.after_minutes.get_ref());
                vec![(policy.not_saved.text.as_str(), now + wait)]
            }
        };
        let step = |(number, (text, due_at)): (u32, (&str, Timestamp))| {
            let is_over = !late && due_at <= now;
            Step {
                number,
                kind: StepKind::Mail { template: text.to_owned() },
                due_at,
                state: if is_over { StepState::Skipped } else { StepState::Waiting },
                done_at: is_over.then_some(now),
                doubt_at: None,
                refusals: 0,
                again_at: None,
                why: None,
            }
        };
        let way = Plan {
            account: account.clone(),
            invoice: about.name(),
            segment: SEGMENT.to_owned(),
            queue: LAST_QUEUE,
            policy_version: policy.version,
            started_at: now,
            state: PlanState::Running,
            reason: None,
            steps: (1..).zip(told).map(step).collect(),
            incident: None,
            held_until: None,
            held_since: None,
            control: Control::default(),
            tries: Again::default(),
            escalated_at: None,
            ends_asked: 0,
            spared_until: None,
            trace: trace.to_owned(),
        };
        way.next().is_some().then_some(Self { about, way })
    }

    /// Takes up the message that is due; one that is not so any more is left out.
    pub fn take(&mut self, ground: &Ground<'_>, now: Timestamp, doubt_at: Timestamp) -> Option<Step> {
        (self.way.held_until, self.way.held_since) = (None, None);
        self.way.doubt(Some(now));
        if self.is_so(ground, now) {
            self.way.keep_quiet(now, ground.quiet_until);
            let writer = self.writer();
            if let Some(rule) = ground.together {
                self.way.keep_to_a_day(ground.head, rule, writer, (now, doubt_at));
            }
        } else {
            self.way.pass_over(now);
        }
        self.way.begin(now, doubt_at)
    }

    /// Who has just tried to give a card waits for what became of it.
    fn writer(&self) -> Writer {
        match self.about {
            Matter::Expires(_) => Writer::Card,
            Matter::NotSaved { .. } => Writer::Answer,
        }
    }

    /// What others see of a message of it that is taken up.
    pub fn letter_line(&self, step: &Step, now: Timestamp) -> LetterLine {
        self.way.letter_line(self.writer(), step, Vec::new(), now)
    }

    /// Shows them what became of it.
    pub fn show_letter_on(&self, head: &mut Head) {
        self.way.show_letter_on(self.writer(), head);
    }

    fn is_so(&self, Ground { head, writes, .. }: &Ground<'_>, now: Timestamp) -> bool {
        let still = match &self.about {
            // The letters of a recovery say more, and so does the end of the card itself.
            Matter::Expires(expiring) => {
                let is_same = |now: Expiring| now.id() == expiring.id();
                let wants = head.unsubscribed_at.is_none() && head.dunning.is_empty();
                wants && now < expiring.ends_at && Expiring::of(head).is_some_and(is_same)
            }
            Matter::NotSaved { at } => {
                let mut cards = head.book.cards.iter();
                let is_given = cards.any(|line| line.state == CardState::Kept && line.seen_at > *at);
                !is_given && is_missed(head, now)
            }
        };
        *writes && still && !head.book.is_claimed()
    }
}

/// When a card is announced that is not valid any more from a day on.
fn due_at(warning: &Warning, ends_on: Date, policy: &NoticePolicy, zone: &TimeZone) -> Option<Timestamp> {
    let day = ends_on.checked_sub(warning.days_before.get_ref().days()).ok()?;
    Some(day.at(*policy.acts_at_hour.get_ref(), 0, 0, 0).to_zoned(zone.clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::super::expiry::tests::{expiring, with_another};
    use super::*;
    use crate::policies::Policies;
    use serde_json::{from_value, json};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn notice(about: Matter, late: bool, now: &str) -> Option<Notice> {
        let policies = Policies::shipped().unwrap();
        let account = AccountId::of("stripe", "default", "cus_1");
        Notice::of(&account, about, (policies.notices.current(), &TimeZone::UTC), late, at(now), "t")
    }

    fn april() -> Matter {
        Matter::Expires(Expiring::of(&expiring()).unwrap())
    }

    fn take(notice: &mut Notice, ground: &Ground<'_>, now: &str) -> Option<String> {
        let step = notice.take(ground, at(now), at(now) + SignedDuration::from_hours(1))?;
        notice.way.sent(step.number);
        Some(step.kind.name().to_owned())
    }

    fn ground(head: &Head) -> Ground<'_> {
        Ground { head, writes: true, quiet_until: Timestamp::MIN, together: None }
    }

    fn recovering(head: &Head) -> Head {
        let line = json!({"segment": "standard", "step": 1, "next": null, "next_at": null, "policy_version": 1});
        let mut head = head.clone();
        head.dunning.insert("in_1".to_owned(), from_value(line).unwrap());
        head
    }

    #[test]
    fn a_card_is_announced_twice_and_each_time_once() {
        let head = expiring();
        let mut notice = notice(april(), true, "2026-03-01T00:00:00Z").unwrap();
        for (now, expected) in [
            ("2026-04-01T08:59:59Z", None),
            ("2026-04-01T09:00:00Z", Some("card_expires_1")),
            ("2026-04-01T09:00:00Z", None),
            ("2026-04-24T08:59:59Z", None),
            ("2026-04-24T09:00:00Z", Some("card_expires_2")),
            ("2026-04-30T09:00:00Z", None),
        ] {
            assert_eq!(take(&mut notice, &ground(&head), now).as_deref(), expected, "{now}");
        }
        assert_eq!((notice.way.state, notice.way.next_wake()), (PlanState::Finished, None));
    }

    #[test]
    fn what_is_seen_late_is_told_once_and_what_a_list_shows_late_is_not() {
        for (name, late, seen, expected) in [
            ("between the two", true, "2026-04-15T00:00:00Z", Some("card_expires_1")),
            ("after both", true, "2026-04-28T00:00:00Z", Some("card_expires_2")),
            ("between the two, in a list", false, "2026-04-15T00:00:00Z", None),
        ] {
            let mut notice = notice(april(), late, seen).unwrap();
            assert_eq!(take(&mut notice, &ground(&expiring()), seen).as_deref(), expected, "{name}");
        }
        let listed = notice(april(), false, "2026-04-15T00:00:00Z").unwrap();
        assert_eq!(listed.way.next_wake(), Some(at("2026-04-24T09:00:00Z")), "what is to come is told");
        assert_eq!(notice(april(), false, "2026-04-28T00:00:00Z"), None, "after both, in a list");
        assert_eq!(notice(april(), true, "2026-05-01T00:00:00Z"), None, "it has ended");
    }

    #[test]
    fn nothing_is_told_that_is_not_so_any_more() {
        let head = expiring();
        let (running, other) = (recovering(&head), with_another(Some("2030-01")));
        let unsubscribed = Head { unsubscribed_at: Some(at("2026-03-01T00:00:00Z")), ..head.clone() };
        let mut claimed = head.clone();
        let dispute =
            json!({"payment": "ch_1", "amount": null, "status": "open", "formal": true, "evidence_due_at": null});
        claimed.book.disputes.insert("dp_1".to_owned(), from_value(dispute).unwrap());
        for (name, ground, expected) in [
            ("it is so", ground(&head), Some("card_expires_1")),
            ("nobody writes there", Ground { writes: false, ..ground(&head) }, None),
            ("they want none of it", ground(&unsubscribed), None),
            ("another card was given", ground(&other), None),
            ("a recovery writes", ground(&running), None),
            ("a bank claims money back", ground(&claimed), None),
        ] {
            let mut notice = notice(april(), true, "2026-03-01T00:00:00Z").unwrap();
            let told = take(&mut notice, &ground, "2026-04-01T09:00:00Z");
            assert_eq!(told.as_deref(), expected, "{name}");
            assert_eq!(notice.way.next_wake(), Some(at("2026-04-24T09:00:00Z")), "{name}: the next looks again");
        }
    }

    #[test]
    fn what_is_due_at_night_waits_for_the_morning() {
        let head = expiring();
        let mut notice = notice(april(), true, "2026-03-01T00:00:00Z").unwrap();
        let morning = "2026-04-02T07:00:00Z";
        let night = Ground { quiet_until: at(morning), ..ground(&head) };
        assert_eq!(take(&mut notice, &night, "2026-04-01T09:00:00Z"), None);
        assert_eq!(notice.way.next_wake(), Some(at(morning)));
        assert_eq!(take(&mut notice, &night, morning).as_deref(), Some("card_expires_1"));
    }

    #[test]
    fn a_card_that_ends_waits_for_another_letter_of_the_day_and_one_that_was_just_given_does_not() {
        let policies = Policies::shipped().unwrap();
        let together = policies.dunning.current().together.as_ref();
        let written = |head: &Head, at: &str| {
            let line = json!({"at": at, "invoice": "in_9", "step": 1, "text": "overdue_1", "writer": "ladder"});
            Head { written: Some(from_value(line).unwrap()), ..head.clone() }
        };
        let head = written(&expiring(), "2026-04-01T08:00:00Z");
        let beside = Ground { together, ..ground(&head) };
        let mut ends = notice(april(), true, "2026-03-01T00:00:00Z").unwrap();
        assert_eq!(take(&mut ends, &beside, "2026-04-01T09:00:00Z"), None);
        assert_eq!(ends.way.next_wake(), Some(at("2026-04-02T08:00:00Z")));
        assert_eq!(take(&mut ends, &beside, "2026-04-02T08:00:00Z").as_deref(), Some("card_expires_1"));

        let (failed, due) = ("2026-03-10T12:00:00Z", "2026-03-10T12:30:00Z");
        let head = written(&recovering(&expiring()), failed);
        let beside = Ground { together, ..ground(&head) };
        let mut not_saved = notice(Matter::NotSaved { at: at(failed) }, true, failed).unwrap();
        let step = not_saved.take(&beside, at(due), at(due)).unwrap();
        let mut told = head.clone();
        told.shows_letter(not_saved.letter_line(&step, at(due)));
        assert_eq!(told.written, head.written, "what was asked for before stays known");
        assert!(told.answered.is_some_and(|line| line.text == "card_not_saved" && line.at == at(due)));
    }

    #[test]
    fn a_card_that_was_not_saved_is_told_while_a_payment_waits_for_one() {
        let (failed, due) = ("2026-03-10T12:00:00Z", "2026-03-10T12:30:00Z");
        let running = recovering(&expiring());
        let mut given = recovering(&with_another(Some("2030-01")));
        given.book.cards.iter_mut().for_each(|line| line.seen_at = at("2026-03-10T12:10:00Z"));
        let mut expired = expiring();
        expired.book.cards.iter_mut().for_each(|line| line.state = CardState::Expired);
        for (name, head, expected) in [
            ("a payment is recovered", &running, Some("card_not_saved")),
            ("the card has expired", &expired, Some("card_not_saved")),
            ("another was given since", &given, None),
            ("nothing is open any more", &expiring(), None),
        ] {
            let mut notice = notice(Matter::NotSaved { at: at(failed) }, true, failed).unwrap();
            assert_eq!(notice.way.next_wake(), Some(at(due)), "{name}: they may try another");
            assert_eq!(take(&mut notice, &ground(head), due).as_deref(), expected, "{name}");
            assert_eq!(notice.way.next_wake(), None, "{name}");
        }
    }

    #[test]
    fn an_event_gives_reason_once() {
        let event = |kind: &str, origin: &str| -> Event {
            from_value(json!({"id": "evt_1", "provider": "stripe", "source": "default", "origin": origin, "kind": kind,
                "at": "2026-03-10T12:00:00Z", "customer": "cus_1", "seen": []}))
            .unwrap()
        };
        let (none, own, running) = (Head::new("stripe", "default", "cus_1"), expiring(), recovering(&none_of()));
        let not_saved = "not-saved-2026-03-10".to_owned();
        for (name, event, before, after, expected) in [
            ("a card that ends", event("card_added", "webhook"), &none, &own, vec![april().name()]),
            ("in a list", event("card_added", "listed"), &none, &own, vec![april().name()]),
            ("as before", event("card_updated", "webhook"), &own, &own, vec![]),
            ("not saved, and missed", event("card_not_saved", "webhook"), &running, &running, vec![not_saved]),
            ("not saved, and not missed", event("card_not_saved", "webhook"), &none, &none, vec![]),
            ("not saved, in a list", event("card_not_saved", "listed"), &running, &running, vec![]),
        ] {
            let names: Vec<_> = begins(&event, before, after).iter().map(Matter::name).collect();
            assert_eq!(names, expected, "{name}");
        }
    }

    fn none_of() -> Head {
        Head::new("stripe", "default", "cus_1")
    }
}

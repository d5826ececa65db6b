//! What one endpoint is told of one account, in the order in which it happened: the next leaves when the one before it was
//! taken, or was given up.

use super::event::Event;
use crate::id::AccountId;
use crate::policy::{Patience, stored_bytes};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How much a line holds: what was told long ago is forgotten first.
const LINE_BYTES_MAX: usize = 60_000;

/// It is its own alarm while something waits in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub endpoint: String,
    pub account: AccountId,
    /// Oldest first, what was told included: it may be asked for again.
    pub records: Vec<Record>,
    /// How often the first that waits was refused, and since when.
    pub refusals: u32,
    pub failing_since: Option<Timestamp>,
    /// When the first that waits is sent. Nothing waits without it, but while its endpoint is disabled.
    pub again_at: Option<Timestamp>,
}

/// One event of a line, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    #[serde(flatten)]
    pub event: Event,
    pub state: State,
}

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    Waiting,
    Told {
        /// When the endpoint took it.
        told_at: Timestamp,
    },
    /// It was refused for days, while others were taken.
    GivenUp {
        /// When that ended.
        given_up_at: Timestamp,
    },
}

/// How long what was told is kept at least, if it has room.
#[derive(Debug, Clone, Copy)]
pub struct Kept(pub SignedDuration);

/// What came of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// It is sent again.
    Again,
    /// It is not, and the next one has its turn.
    GivenUp,
}

impl Line {
    /// One in which nothing stands yet.
    pub fn new(endpoint: &str, account: &AccountId) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            account: account.clone(),
            records: Vec::new(),
            refusals: 0,
            failing_since: None,
            again_at: None,
        }
    }

    /// Puts an event behind the others; one that stands there already stays as it is. Says how many that nobody was told
    /// of had to be forgotten for it.
    pub fn push(&mut self, event: Event, kept: Kept, now: Timestamp) -> usize {
        if self.records.iter().any(|record| record.event.id == event.id) {
            return 0;
        }
        // What rests while its endpoint is disabled has no alarm, and gets none from what comes behind it.
        if self.waiting().is_none() {
            self.again_at = Some(now);
        }
        self.records.push(Record { event, state: State::Waiting });
        self.records.retain(|record| record.is_waiting() || record.event.at + kept.0 > now);
        let mut lost = 0;
        while self.records.len() > 1 && stored_bytes(&self.records) > LINE_BYTES_MAX {
            let told = self.records.iter().position(|record| !record.is_waiting());
            lost += usize::from(told.is_none());
            self.records.remove(told.unwrap_or_default());
        }
        lost
    }

    /// The first that waits.
    fn waiting(&self) -> Option<&Record> {
        self.records.iter().find(|record| record.is_waiting())
    }

    /// What is to be sent now, if anything is.
    pub fn due(&self, now: Timestamp) -> Option<&Event> {
        let is_due = self.again_at.is_some_and(|at| at <= now);
        self.waiting().filter(|_| is_due).map(|record| &record.event)
    }

    /// Whether an event is the first that waits: it may have been told meanwhile.
    pub fn is_next(&self, id: &str) -> bool {
        self.waiting().is_some_and(|record| record.event.id == id)
    }

    /// When the last of them happened: the list of an endpoint's lines is sorted by that.
    pub fn latest(&self) -> Option<Timestamp> {
        self.records.last().map(|record| record.event.at)
    }

    /// An event was taken; the next one has its turn.
    pub fn told(&mut self, id: &str, now: Timestamp) {
        self.end(id, State::Told { told_at: now }, now);
    }

    /// An event was not taken; `asked_secs` is how long whoever refused asks for. Nothing, if it waits no more.
    pub fn refused(&mut self, id: &str, asked_secs: Option<i64>, patience: &Patience, now: Timestamp) -> Option<Came> {
        if !self.is_next(id) {
            return None;
        }
        self.refusals += 1;
        self.failing_since = self.failing_since.or(Some(now));
        let asked_secs = asked_secs.map(|secs| secs.min(patience.secs_max));
        match patience.again_at(self.refusals, asked_secs, now) {
            Some(again_at) => {
                self.again_at = Some(again_at);
                Some(Came::Again)
            }
            None => {
                self.end(id, State::GivenUp { given_up_at: now }, now);
                Some(Came::GivenUp)
            }
        }
    }

    fn end(&mut self, id: &str, state: State, now: Timestamp) {
        if let Some(record) = self.records.iter_mut().find(|record| record.is_waiting() && record.event.id == id) {
            record.state = state;
            self.begin(now);
        }
    }

    /// The first that waits is sent at once, as if it had never been refused.
    fn begin(&mut self, now: Timestamp) {
        self.refusals = 0;
        self.failing_since = None;
        self.again_at = self.waiting().map(|_| now);
    }

    /// Waits until somebody enables its endpoint.
    pub fn rest(&mut self) {
        self.again_at = None;
    }

    /// Goes on: with what waits, and with what happened since then and was told before somebody asked for it again. Says
    /// whether anything changed.
    pub fn go_on(&mut self, since: Option<Timestamp>, asked_at: Timestamp, now: Timestamp) -> bool {
        let before = self.clone();
        let is_asked = |record: &Record| {
            let ended_at = match record.state {
                State::Waiting => return false,
                State::Told { told_at } => told_at,
                State::GivenUp { given_up_at } => given_up_at,
            };
            since.is_some_and(|since| record.event.at >= since) && ended_at <= asked_at
        };
        for record in &mut self.records {
            if is_asked(record) {
                record.state = State::Waiting;
            }
        }
        let is_new = self.records != before.records;
        // What is being tried again and again is not hurried by somebody who asks for something else.
        if is_new || self.again_at.is_none() {
            self.begin(now);
        }
        *self != before
    }

    /// Its endpoint is gone: nothing is kept of it.
    pub fn empty(&mut self) {
        self.records.clear();
        self.refusals = 0;
        self.failing_since = None;
        self.again_at = None;
    }
}

impl Record {
    fn is_waiting(&self) -> bool {
        self.state == State::Waiting
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Kind;
    use super::*;
    use crate::book::Head;
    use serde_json::json;

    const KEPT: Kept = Kept(SignedDuration::from_hours(24 * 30));

    fn at(secs: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs)
    }

    fn event(name: &str, at: Timestamp) -> Event {
        Event::of(&Head::new("shop", "default", "cus_1"), Kind::CaseOpened, &[name], at, &[("case", json!(name))])
    }

    fn queued(names: &[&str]) -> Line {
        let mut line = Line::new("ep_1", &Head::new("shop", "default", "cus_1").account);
        for (name, second) in names.iter().zip(0..) {
            assert_eq!(line.push(event(name, at(second)), KEPT, at(second)), 0);
        }
        line
    }

    fn next(line: &Line, now: Timestamp) -> Option<String> {
        line.due(now).map(|event| event.data["case"].as_str().unwrap().to_owned())
    }

    fn id(name: &str) -> String {
        event(name, at(0)).id
    }

    fn patience() -> Patience {
        Patience { first_secs: 10, factor: 3, secs_max: 60, tries_max: 4 }
    }

    #[test]
    fn a_later_event_waits_for_the_earlier_one() {
        let mut line = queued(&["a", "b", "a"]);
        assert_eq!((line.records.len(), line.again_at), (2, Some(at(0))), "what is told twice stands once");
        assert_eq!(next(&line, at(1)).as_deref(), Some("a"));
        line.told(&id("b"), at(1));
        assert_eq!(next(&line, at(1)).as_deref(), Some("a"), "whoever took the later one first");
        line.told(&id("a"), at(2));
        assert_eq!((next(&line, at(2)), line.again_at), (None, None));
        line.push(event("c", at(5)), KEPT, at(5));
        assert_eq!((next(&line, at(4)), next(&line, at(5)).as_deref()), (None, Some("c")));
    }

    #[test]
    fn each_refusal_waits_longer_until_it_is_given_up_and_the_next_has_its_turn() {
        let mut line = queued(&["a", "b"]);
        let rows = [
            ("the first", 0, None, Some(Came::Again), Some(10)),
            ("longer, as it asks", 10, Some(50), Some(Came::Again), Some(60)),
            ("the third", 60, None, Some(Came::Again), Some(120)),
            ("the last", 120, None, Some(Came::GivenUp), Some(120)),
        ];
        for (name, second, asked, came, again) in rows {
            assert_eq!(next(&line, at(second)).as_deref(), Some("a"), "{name}");
            assert!(second == 0 || next(&line, at(second - 1)).is_none(), "{name}: not before its time");
            assert_eq!(line.refused(&id("a"), asked, &patience(), at(second)), came, "{name}");
            assert_eq!(line.again_at, again.map(at), "{name}");
        }
        assert_eq!(next(&line, at(120)).as_deref(), Some("b"));
        assert_eq!((line.refusals, line.failing_since), (0, None), "the next is not blamed for it");
        assert_eq!(line.refused(&id("a"), None, &patience(), at(121)), None, "it waits no more");
        let asked = Some(i64::MAX);
        assert_eq!(line.refused(&id("b"), asked, &patience(), at(121)), Some(Came::Again));
        assert_eq!(line.again_at, Some(at(181)), "nobody asks for ever");
        line.told(&id("b"), at(181));
        assert_eq!((line.refusals, line.failing_since, line.again_at), (0, None, None));
    }

    #[test]
    fn what_rests_gets_no_alarm_from_what_comes_behind_it() {
        let mut line = queued(&["a"]);
        line.rest();
        line.push(event("b", at(5)), KEPT, at(5));
        assert_eq!((next(&line, at(99)), line.again_at), (None, None));
        assert!(line.go_on(None, at(9), at(9)));
        assert_eq!(next(&line, at(9)).as_deref(), Some("a"));
        assert!(!line.go_on(None, at(9), at(10)), "it goes on already");
    }

    #[test]
    fn what_was_told_since_a_time_is_told_again_in_order_and_once() {
        let told = |names: &[&str]| {
            let mut line = queued(&["a", "b", "c"]);
            names.iter().for_each(|name| line.told(&id(name), at(10)));
            line
        };
        // Since when, and when that was asked for: what is sent next, and how much waits.
        let rows = [
            ("all", told(&["a", "b", "c"]), Some(0), 10, Some("a"), 3),
            ("from the second on", told(&["a", "b", "c"]), Some(1), 10, Some("b"), 2),
            ("nothing since", told(&["a", "b", "c"]), Some(3), 10, None, 0),
            ("what was told since it was asked for stays told", told(&["a", "b", "c"]), Some(0), 9, None, 0),
            ("before what waits", told(&["a", "b"]), Some(1), 10, Some("b"), 2),
            ("only what waits", told(&["a", "b"]), None, 10, Some("c"), 1),
        ];
        for (name, mut line, since, asked_at, expected, count) in rows {
            line.go_on(since.map(at), at(asked_at), at(20));
            assert_eq!(next(&line, at(20)).as_deref(), expected, "{name}");
            let waiting = line.records.iter().filter(|record| record.is_waiting()).count();
            assert_eq!(waiting, count, "{name}");
        }
    }

    #[test]
    fn what_is_refused_is_not_hurried_by_who_asks_for_nothing_of_it() {
        let mut line = queued(&["a"]);
        line.refused(&id("a"), None, &patience(), at(1));
        assert!(!line.go_on(Some(at(0)), at(2), at(2)));
        assert_eq!((line.again_at, line.refusals), (Some(at(11)), 1));
    }

    #[test]
    fn what_was_told_is_forgotten_in_time_and_first() {
        let mut line = queued(&["a", "b"]);
        line.told(&id("a"), at(1));
        let month = 30 * 24 * 3600;
        line.push(event("c", at(month)), KEPT, at(month));
        let names = |line: &Line| line.records.iter().map(|it| it.event.data["case"].clone()).collect::<Vec<_>>();
        assert_eq!(names(&line), ["b", "c"], "a month has passed, and b waits still");

        let long = |number: i64| {
            let mut event = event(&number.to_string(), at(number));
            event.data["about"] = json!("x".repeat(1_000));
            event
        };
        let mut line = queued(&[]);
        let (mut lost, mut number) = (0, 0);
        while lost == 0 {
            lost = line.push(long(number), KEPT, at(number));
            number += 1;
        }
        assert!(line.records.len() > 40 && stored_bytes(&line.records) <= LINE_BYTES_MAX);
        assert_eq!((lost, &line.records[0].event.data["case"]), (1, &json!("1")), "of what waits the oldest goes");
        let second = line.records[1].event.id.clone();
        line.told(&second, at(number));
        assert_eq!(line.push(long(number), KEPT, at(number)), 0);
        assert_eq!(names(&line)[..2], ["1", "3"], "what was told goes before what waits");
    }

    #[test]
    fn of_an_endpoint_that_is_gone_nothing_is_kept() {
        let mut line = queued(&["a"]);
        line.refused(&id("a"), None, &patience(), at(1));
        line.empty();
        assert_eq!(line, Line::new("ep_1", &line.account));
    }
}

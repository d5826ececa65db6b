//! Where the product listens in a storm: endpoints that are added, given other secrets, enabled and asked to hear again what
//! happened; one that is down for a while, and one that takes nothing for weeks.

use super::product::Heard;
use super::{START, Storm};
use crate::faults::Fate;
use crate::world;
use app::ports::Clock;
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// What it can be told.
const KINDS: [&str; 4] = ["entitlement.changed", "case.opened", "action.executed", "payment.recovered"];
/// How many endpoints there are at most.
const ENDPOINTS_MAX: usize = 4;
/// How long an old secret signs beside the new one.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// An endpoint, as whoever added it knows it.
#[derive(Debug)]
pub struct Listening {
    pub id: String,
    pub url: String,
    /// Whether it was there before anything happened, and is never down.
    pub is_steady: bool,
    /// Whether it takes nothing until it is mended.
    pub is_dead: bool,
    /// The secrets that were shown, and until when each of them signs.
    secrets: Vec<(String, Option<Timestamp>)>,
    /// Since when it may have one that nobody was shown.
    unsure_since: Option<Timestamp>,
    /// When somebody last asked that it goes on.
    stirred_at: Timestamp,
}

impl Listening {
    /// Whether a message is signed as it should be: by a secret that was shown and is good at that time, and by none whose
    /// time is over.
    pub fn is_signed(&self, heard: &Heard) -> bool {
        let a_minute = SignedDuration::from_mins(1);
        let is_over = |until: Option<Timestamp>| until.is_some_and(|until| heard.at > until + a_minute);
        let mut signs = self.secrets.iter().filter(|(secret, _)| heard.is_signed_by(secret)).peekable();
        let is_known = signs.peek().is_some() || self.unsure_since.is_some_and(|since| since <= heard.at);
        is_known && !signs.any(|(_, until)| is_over(*until))
    }

    /// Another secret was shown: the one before signs for a day.
    fn shown(&mut self, secret: &str, now: Timestamp) {
        for (_, until) in self.secrets.iter_mut().filter(|(_, until)| until.is_none()) {
            *until = Some(now + OVERLAP);
        }
        self.secrets.push((secret.to_owned(), None));
    }
}

impl Storm {
    /// What the product sets up before anything happens: nothing, or an endpoint for everything, and sometimes one that is down
    /// for a while, or takes nothing.
    pub(super) async fn sets_endpoints_up(&mut self) {
        if self.dice.roll(4) == 0 {
            return;
        }
        self.adds_an_endpoint(&KINDS, None).await;
        let now = self.service.clock.now();
        if self.dice.roll(3) == 0 {
            let from = now + SignedDuration::from_hours(self.minutes(24 * 6));
            let until = from + SignedDuration::from_hours(6 + self.minutes(30));
            self.adds_an_endpoint(&KINDS[1..], Some((from, Some(until)))).await;
        }
        if self.dice.roll(5) == 0 {
            self.adds_an_endpoint(&KINDS[1..], Some((now, None))).await;
        }
    }

    /// Adds an endpoint; `down` says from when on it is, and until when.
    async fn adds_an_endpoint(&mut self, kinds: &[&str], down: Option<(Timestamp, Option<Timestamp>)>) {
        let url = format!("https://hooks-{}.product.example/recoup", self.listening.len());
        let wish = json!({"url": url, "events": kinds});
        let (status, answer) =
            world::ask(&self.service, "mara", Method::POST, "/api/endpoints", Some(&wish), None).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        self.listens(&answer, &url, down.is_none(), down.is_some_and(|(_, until)| until.is_none()));
        if let Some((from, until)) = down {
            self.product.goes_down(&url, from, until);
        }
    }

    fn listens(&mut self, answer: &Value, url: &str, is_steady: bool, is_dead: bool) {
        let text = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
        self.listening.push(Listening {
            id: text("id"),
            url: url.to_owned(),
            is_steady,
            is_dead,
            secrets: vec![(text("secret"), None)],
            unsure_since: None,
            stirred_at: self.service.clock.now(),
        });
    }

    /// Somebody adds an endpoint, gives one another secret, enables it, or has sent again what happened. Whoever hears no answer
    /// does not know whether it was done.
    pub(super) async fn somebody_changes_endpoints(&mut self, fate: &Fate) {
        if self.listening.is_empty() {
            return;
        }
        let place = usize::try_from(self.dice.roll(self.listening.len() as u64)).unwrap();
        let (id, now) = (self.listening[place].id.clone(), self.service.clock.now());
        let since = now - SignedDuration::from_hours(self.minutes(24 * 5));
        let (what, body) = match self.dice.roll(6) {
            0 | 1 => ("rotate", None),
            2 | 3 => ("enable", None),
            4 => ("replay", Some(json!({"since": since}))),
            _ => return self.somebody_adds_an_endpoint(fate).await,
        };
        let path = format!("/api/endpoints/{id}/{what}");
        let answer = self
            .alive(fate, async |service| world::ask(service, "mara", Method::POST, &path, body.as_ref(), None).await)
            .await;
        let endpoint = &mut self.listening[place];
        if what != "replay" {
            endpoint.stirred_at = self.service.clock.now();
        }
        let secret = answer.as_ref().and_then(|(_, answer)| answer["secret"].as_str());
        match (what, secret) {
            ("rotate", Some(secret)) => endpoint.shown(secret, now),
            ("rotate", None) => {
                let is_refused = answer.as_ref().is_some_and(|(status, _)| *status == StatusCode::CONFLICT);
                endpoint.unsure_since = endpoint.unsure_since.or((!is_refused).then_some(now));
            }
            _ => {}
        }
    }

    /// Of one whose answer is lost nobody knows, and what it hears nobody looks at.
    async fn somebody_adds_an_endpoint(&mut self, fate: &Fate) {
        if self.listening.len() >= ENDPOINTS_MAX {
            return;
        }
        self.asked += 1;
        let url = format!("https://later-{}.product.example/recoup", self.asked);
        let wish = json!({"url": url, "events": ["case.opened", "action.executed"]});
        let answer = self
            .alive(fate, async |service| {
                world::ask(service, "mara", Method::POST, "/api/endpoints", Some(&wish), None).await
            })
            .await;
        if let Some((StatusCode::CREATED, answer)) = answer {
            self.listens(&answer, &url, false, false);
        }
    }

    /// Whatever is disabled is enabled, but for what takes nothing: of that people have a task.
    pub(super) async fn enables_endpoints(&mut self) -> Result<(), String> {
        for id in self.listening.iter().filter(|it| !it.is_dead).map(|it| it.id.clone()).collect::<Vec<_>>() {
            self.changes(&id, "enable", None).await?;
        }
        Ok(())
    }

    async fn changes(&self, id: &str, what: &str, body: Option<&Value>) -> Result<(), String> {
        let path = format!("/api/endpoints/{id}/{what}");
        let (status, answer) = world::ask(&self.service, "mara", Method::POST, &path, body, None).await;
        if status.is_success() { Ok(()) } else { Err(format!("{path} was answered {status}: {answer}")) }
    }

    /// What took nothing for weeks was disabled, and is a task. Then it is mended, and hears everything.
    pub(super) async fn mends_what_was_dead(&mut self) -> Result<(), String> {
        let dead: Vec<(String, String, Timestamp)> = self
            .listening
            .iter()
            .filter(|it| it.is_dead)
            .map(|it| (it.id.clone(), it.url.clone(), it.stirred_at))
            .collect();
        self.product.mend();
        for (id, url, stirred_at) in dead {
            self.must_be_disabled(&id, &url, stirred_at).await?;
            self.changes(&id, "enable", None).await?;
            // Some of it was given up while somebody had just enabled it.
            self.changes(&id, "replay", Some(&json!({"since": START}))).await?;
        }
        let an_hour = self.service.clock.now() + SignedDuration::from_hours(1);
        self.service.advance(an_hour).await.map_err(|error| error.to_string())
    }

    async fn must_be_disabled(&self, id: &str, url: &str, stirred_at: Timestamp) -> Result<(), String> {
        let now = self.service.clock.now();
        let since = |hours| now - SignedDuration::from_hours(hours);
        let heard = self.product.heard(url);
        let tried = heard.iter().find(|heard| heard.at >= stirred_at).filter(|heard| heard.at < since(24 * 6));
        if tried.is_none() {
            return Ok(());
        }
        let late = heard.iter().find(|heard| heard.at > since(24));
        let shown = world::get(&self.service, "/api/endpoints").await;
        let own =
            shown["items"].as_array().into_iter().flatten().find(|it| it["id"] == id).cloned().unwrap_or_default();
        let tasks = world::get(&self.service, "/api/tasks?state=open&limit=1000").await;
        let what = [format!("{url} takes no events any more"), format!("{url} does not take an event of this account")];
        let is_own = |task: &&Value| what.iter().any(|what| task["what"] == *what);
        let task = tasks["items"].as_array().into_iter().flatten().find(is_own);
        // Where all that waited was given up nothing is left to be refused.
        let is_left = own["state"] == "disabled" || (own["state"] == "failing" && late.is_none());
        if is_left && task.is_some() && late.is_none() {
            return Ok(());
        }
        Err(format!("{url} took nothing for days: {own}, its task {task:?}, and last {late:?}"))
    }
}

//! What came of a line: each thing is said when it is new, and again whenever it is different.

use super::Telling;
use super::words::{each, text};
use crate::world;
use app::ports::{Channel, Clock, Order};
use app::store::{self, Page, keys};
use domain::action::Action;
use domain::ageing::Climb;
use domain::book::Head;
use domain::case::{Case, State};
use domain::dunning::{Plan, PlanState, StepState, Word};
use domain::id::AccountId;
use serde_json::Value;

impl Telling {
    pub(super) fn say(&mut self, what: &str) {
        self.lines.push(format!("{}  {what}", self.service.clock.now().strftime("%Y-%m-%d %H:%M")));
    }

    pub(super) fn once(&mut self, what: &str, text: String) {
        if self.seen.get(what) != Some(&text) {
            self.say(&text);
            self.seen.insert(what.to_owned(), text);
        }
    }

    /// Says what is different since the last look.
    pub(super) async fn look(&mut self) {
        for account in self.accounts().await {
            for case in world::records::<Case>(&self.service, &keys::cases(&account)).await {
                self.once(case.id.as_str(), case_line(&case));
            }
            for plan in world::records::<Plan>(&self.service, &keys::plans(&account)).await {
                self.look_at_plan(&plan);
            }
            for climb in world::records::<Climb>(&self.service, &keys::climbs(&account)).await {
                self.look_at_climb(&climb.way);
            }
            for action in world::records::<Action>(&self.service, &keys::actions(&account)).await {
                self.once(action.id.as_str(), action_line(&action));
            }
            self.look_at_requests(&account).await;
        }
        self.look_at_unmatched().await;
        self.look_at_desk().await;
        let incidents = world::get(&self.service, "/api/incidents").await;
        for incident in each(&incidents["items"]) {
            self.once(text(&incident["id"]), incident_line(incident));
        }
        self.look_at_letters();
    }

    /// The story's own customers in the order in which they came, then everybody else.
    pub(super) async fn accounts(&self) -> Vec<AccountId> {
        let own = self.customers.iter().map(|customer| AccountId::of("stripe", "default", customer));
        let mut accounts: Vec<_> = own.collect();
        let context = &self.service.context;
        let all: Page<Head> = store::page(context, keys::lists::ACCOUNTS, None, 1000, Order::Ascending).await.unwrap();
        let mut others = all.items;
        others.sort_by(|one, other| (&one.provider, &one.customer).cmp(&(&other.provider, &other.customer)));
        let others = others.into_iter().map(|head| head.account).filter(|account| !accounts.contains(account));
        let others: Vec<_> = others.collect();
        accounts.extend(others);
        accounts
    }

    fn look_at_plan(&mut self, plan: &Plan) {
        let invoice = &plan.invoice;
        let steps = plan.steps.iter().map(|step| format!("{} {}", step.due_at.strftime("%m-%d"), step.kind.name()));
        let steps = steps.collect::<Vec<_>>().join(", ");
        self.once(&format!("plan {invoice}"), format!("plan {invoice}: segment {}, {steps}", plan.segment));
        if let Some(until) = plan.held_until {
            let until = until.strftime("%m-%d %H:%M");
            self.once(&format!("held {invoice}"), format!("plan {invoice} waits for the incident until {until}"));
        }
        if let Some(next) = &plan.tries.next {
            let at = next.at.strftime("%m-%d %H:%M");
            self.once(&format!("try {invoice}"), format!("plan {invoice}: try {} comes {at}", next.number));
        } else if let Some(why) = &plan.tries.why_none {
            self.once(&format!("try {invoice}"), format!("plan {invoice} is not tried again: {why}"));
        }
        for (place, said) in plan.control.said.iter().enumerate() {
            self.once(
                &format!("said {invoice} {place}"),
                format!("plan {invoice}: {}, by {}", word(&said.word), said.by),
            );
        }
        if plan.state == PlanState::Stopped {
            let reason = plan.reason.as_deref().unwrap_or_default();
            self.once(&format!("stop {invoice}"), format!("plan {invoice} stops: {reason}"));
        }
    }

    /// The rungs that an invoice has before it when it comes onto the ladder.
    fn look_at_climb(&mut self, way: &Plan) {
        let invoice = &way.invoice;
        let key = format!("ladder {invoice}");
        if !self.seen.contains_key(&key) {
            let ahead = way.steps.iter().filter(|step| step.state == StepState::Waiting);
            let rungs = ahead.map(|step| format!("{} {}", step.due_at.strftime("%m-%d"), step.kind.name()));
            let rungs = rungs.collect::<Vec<_>>().join(", ");
            self.once(&key, format!("ladder {invoice}: {rungs}"));
        }
        if way.state == PlanState::Stopped {
            let reason = way.reason.as_deref().unwrap_or_default();
            self.once(&format!("ladder stop {invoice}"), format!("ladder {invoice} stops: {reason}"));
        }
    }

    fn look_at_letters(&mut self) {
        let letters = self.service.outbox.letters().unwrap();
        for (_, letter) in letters.iter().rev().skip(self.letters) {
            let (to, said) = match letter.channel {
                Channel::Mail => (letter.to.clone(), &letter.subject),
                Channel::Slack => (format!("Slack {}", letter.to), &letter.subject),
                Channel::Sms => (format!("SMS {}", letter.to), &letter.text),
            };
            // Each service makes its links with a secret of its own.
            let said = letter.links.iter().fold(said.clone(), |said, link| said.replace(link, "<link>"));
            self.say(&format!("sent to {to}: {said}"));
        }
        self.letters = letters.len();
    }
}

fn case_line(case: &Case) -> String {
    let how = match case.state {
        State::Open => format!("open, rule {}", case.rule),
        State::Resolved => case.resolution.clone().unwrap_or_default(),
    };
    format!("case {} {}: {how}", case.class.name(), case.about)
}

fn word(word: &Word) -> String {
    match word {
        Word::Pause { until } => format!("pause until {}", until.strftime("%m-%d %H:%M")),
        Word::Resume | Word::Stop => word.name().to_owned(),
        Word::Promise { amount, until, .. } => format!("{amount} promised until {}", until.strftime("%m-%d %H:%M")),
        Word::Kept { amount, .. } => format!("promise of {amount} kept"),
        Word::Broken { amount, .. } => format!("promise of {amount} broken"),
    }
}

fn action_line(action: &Action) -> String {
    let roles: Vec<_> = action.required.iter().map(|role| role.name()).collect();
    let needs = match &roles[..] {
        [] if action.by_rule().is_some() => "by a rule of dunning".to_owned(),
        [] => "within the limit of its asker".to_owned(),
        roles => format!("needs {}", roles.join("+")),
    };
    let (kind, state) = (action.kind.name(), action.state().name());
    let target = action.kind.target().id().unwrap_or_else(|| "the account".to_owned());
    let confirmed = if action.confirmed_at().is_some() { ", confirmed by the provider" } else { "" };
    format!("action {kind} of {target} ({needs}): {state}{confirmed}")
}

fn incident_line(incident: &Value) -> String {
    let [title, state, cause, rule] = ["title", "state", "cause", "rule"].map(|field| text(&incident[field]));
    format!("incident {title}: {state}, {} customers, {cause} by rule {rule}", incident["accounts"])
}

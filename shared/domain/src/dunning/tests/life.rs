//! One recovery from its beginning to its end, taken up as the handler does, with whatever may happen meanwhile.

mod leaving;

use super::{Dice, POLICIES, PROVIDER};
use crate::book::entitlement::Entitlement;
use crate::book::{By, Due, Head, Invoice, Stamp, Tried};
use crate::dunning::escalation::counted;
use crate::dunning::{self, Adviser, DunningPolicy, Plan, PlanState, Step, StepState, Whose, Wish};
use crate::event::{Decline, Event, Seen};
use crate::id::{AccountId, IncidentId};
use crate::import::{NetworkRule, Says};
use crate::money::{Currency, Money};
use crate::staff::{Role, Staff};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{from_value, json};
use std::collections::BTreeSet;

const START: &str = "2026-03-02T09:00:00Z";
/// By what it is collected, as its provider calls it, and which cards may be charged: a debit names none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pays {
    pub network: &'static str,
    cards: [Option<&'static str>; 2],
}
pub(super) const VISA: Pays = Pays { network: "visa", cards: [Some("visa 4242"), Some("visa 1881")] };
pub(super) const OTHERS: [Pays; 5] = [
    Pays { network: "mastercard", cards: [Some("mastercard 4444"), Some("mastercard 5454")] },
    Pays { network: "us_bank_account", cards: [None; 2] },
    Pays { network: "sepa_debit", cards: [None; 2] },
    Pays { network: "bacs_debit", cards: [None; 2] },
    Pays { network: "acss_debit", cards: [None; 2] },
];
/// Why it fails: what is tried again, what waits for the customer or for people, and what never is.
const CODES: [&str; 6] =
    ["insufficient_funds", "insufficient_funds", "insufficient_funds", "expired_card", "fraudulent", "stolen_card"];
const ZONES: [Option<&str>; 3] = [None, Some("Europe/Berlin"), Some("Pacific/Kiritimati")];
/// More alarms than any recovery has.
const RINGS_MAX: u32 = 2_000;

/// What became of a recovery.
pub(super) struct Lived {
    pub letters: usize,
    pub tries: usize,
    /// How often somebody made it wait.
    pub rests: u32,
    /// How many text messages left.
    pub texts: u32,
    /// How often people were asked to end what it bills.
    pub asked: u32,
    pub is_escalated: bool,
    pub fell: bool,
    pub is_finished: bool,
}

pub(super) struct Life<'a> {
    name: String,
    dice: Dice,
    policy: &'a DunningPolicy,
    adviser: Adviser,
    /// What the company's acquirer allows: so many tries in so many days.
    limit: NetworkRule,
    allowed: (u32, i64),
    pays: Pays,
    plan: Plan,
    invoice: Invoice,
    code: &'static str,
    tried: Vec<Tried>,
    zone: Option<&'static str>,
    now: Timestamp,
    /// Until when an incident lasts.
    lasts_until: Option<Timestamp>,
    /// Until when it waits by what people said.
    pause: Option<Timestamp>,
    promise: Option<Timestamp>,
    rests: u32,
    has_phone: bool,
    texts: u32,
    /// The steps that were sent, or may have been.
    left: BTreeSet<u32>,
    numbers: BTreeSet<u32>,
    by_rule: u32,
    access: Entitlement,
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

pub(super) fn invoice(status: &str, minor: i64) -> Invoice {
    let remaining = Money::from_minor(minor, Currency::USD);
    let event: Event = from_value(json!({"id": "e", "provider": PROVIDER, "source": "default", "origin": "webhook",
        "kind": "invoice_changed", "at": "2026-03-01T00:00:00Z", "customer": null,
        "seen": [{"resource": "invoice", "id": "in_1", "status": status, "remaining": remaining}]}))
    .unwrap();
    let Seen::Invoice(seen) = &event.seen[0] else { unreachable!() };
    let (mut invoice, stamp) = (Invoice::new("in_1"), Stamp::of(&event, None, 0));
    invoice.status.see(&stamp, seen.status);
    invoice.remaining.see(&stamp, seen.remaining);
    invoice
}

impl Pays {
    fn failed(self, at: Timestamp, by: By, card: Option<&str>) -> Tried {
        Tried { network: Some(self.network.to_owned()), card: card.map(str::to_owned), ..Tried::failed(at, by) }
    }
}

impl<'a> Life<'a> {
    /// Lives one: for twenty-five days whatever may happens, and then it comes to its end by itself.
    pub(super) fn lived(seed: u64, policy: &'a DunningPolicy, pays: Pays) -> Lived {
        let mut life = Self::begun(seed, policy, pays);
        let until = life.now + hours(24 * 25);
        while life.now < until {
            // Now and then nobody hears an alarm for days.
            let minutes = if life.dice.roll(20) == 0 { 60 * 24 * 3 } else { 900 };
            let (soon, later) =
                (SignedDuration::from_mins(1), SignedDuration::from_mins(1 + life.dice.number(minutes)));
            let is_heard = life.dice.roll(3) > 0;
            let wake = life.plan.next_wake().filter(|_| is_heard);
            life.now = (life.now + later).min(wake.map_or(Timestamp::MAX, |wake| wake.max(life.now + soon)));
            life.something_happens();
            life.rings();
        }
        life.comes_to_its_end();
        Lived {
            letters: life.left.len(),
            tries: life.numbers.len(),
            rests: life.rests,
            texts: life.texts,
            asked: life.plan.ends_asked,
            is_escalated: life.plan.escalated_at.is_some(),
            fell: life.access > Entitlement::Warned,
            is_finished: life.plan.state == PlanState::Finished,
        }
    }

    fn begun(seed: u64, policy: &'a DunningPolicy, pays: Pays) -> Self {
        let mut dice = Dice(seed);
        let (count, days) = (1 + u32::try_from(dice.roll(5)).unwrap(), 5 + u32::try_from(dice.roll(25)).unwrap());
        let (code, amount) = (*dice.pick(&CODES), *dice.pick(&[4_900, 49_000]));
        let (invoice, now): (_, Timestamp) = (invoice("open", amount), START.parse().unwrap());
        let declines = POLICIES.declines.current();
        let family = declines.meaning(Some(&Decline::new(PROVIDER, code))).family;
        let account = AccountId::of(PROVIDER, "default", "cus_1");
        let whose = (None, family.id.get_ref().as_str(), Whose::default());
        let plan = dunning::plan(&account, &invoice, whose, policy, now, "t").unwrap();
        let limit = NetworkRule {
            says: Says::Limit { network: declines.network_named(pays.network).to_owned(), tries_max: count, days },
            category: None,
            from: "2026-01-01".parse().unwrap(),
            until: None,
            why: "Our acquirer says so.".to_owned(),
        };
        Self {
            name: format!("seed {seed}, `{}` for {code} by {}", plan.segment, pays.network),
            adviser: dunning::adviser(policy.adviser.as_ref().unwrap(), POLICIES.advice.current()),
            zone: *dice.pick(&ZONES),
            has_phone: dice.roll(3) > 0,
            dice,
            policy,
            limit,
            allowed: (count, i64::from(days)),
            pays,
            plan,
            invoice,
            code,
            tried: vec![pays.failed(now, By::Provider, pays.cards[0])],
            now,
            lasts_until: None,
            pause: None,
            promise: None,
            rests: 0,
            texts: 0,
            left: BTreeSet::new(),
            numbers: BTreeSet::new(),
            by_rule: 0,
            access: Entitlement::Grace,
        }
    }

    fn something_happens(&mut self) {
        let now = self.now;
        match self.dice.roll(30) {
            0 => self.fails(By::Provider),
            1 => self.fails(By::Customer),
            2 => {
                self.code = *self.dice.pick(&CODES);
                self.fails(By::Provider);
            }
            3 => {
                if let Some(card) = *self.dice.pick(&self.pays.cards) {
                    self.plan.card_given(card, now);
                }
            }
            4 => self.lasts_until = Some(now + hours(1 + self.dice.number(60))),
            5 | 6 => {
                let until = now + hours(1 + self.dice.number(24 * 8));
                self.says(Wish::Pause { until });
            }
            7 | 8 => {
                let until = now + hours(1 + self.dice.number(24 * 8));
                let (date, minor) = (until.to_zoned(TimeZone::UTC).date(), 1 + self.dice.number(5_000));
                self.says(Wish::Promise { date, until, amount: Money::from_minor(minor, Currency::USD) });
            }
            9 => self.says(Wish::Resume),
            10 if self.dice.roll(9) == 0 => self.says(Wish::Stop),
            11 if self.dice.roll(9) == 0 => self.ends("paid"),
            12 if self.dice.roll(9) == 0 => self.ends("void"),
            13 if matches!(self.invoice.due(), Due::Open(_)) => self.invoice = invoice("open", 100),
            14 => self.plan.postpone(2),
            _ => {}
        }
    }

    fn fails(&mut self, by: By) {
        self.tried.push(self.pays.failed(self.now, by, self.pays.cards[0]));
        self.plan.look_again(self.now);
    }

    /// What somebody says counts as soon as it is taken.
    fn says(&mut self, wish: Wish) {
        let lena = Staff {
            id: "lena".into(),
            name: "Lena".into(),
            role: Role::L1,
            email: String::new(),
            slack: None,
            languages: Vec::new(),
        };
        let limits = POLICIES.limits.current();
        if self.plan.take(wish, "they wrote", &lena, &self.invoice, limits, self.now) != Ok(true) {
            return;
        }
        self.rests += 1;
        match wish {
            Wish::Pause { until } => self.pause = Some(until),
            Wish::Promise { until, .. } => self.promise = Some(until),
            Wish::Resume | Wish::Stop => (self.pause, self.promise) = (None, None),
        }
    }

    fn ends(&mut self, reason: &str) {
        if self.plan.state != PlanState::Running {
            return;
        }
        let (status, left) = if reason == "paid" { ("paid", 0) } else { ("void", 4_900) };
        self.invoice = invoice(status, left);
        self.plan.stop(reason, self.now);
        (self.pause, self.promise) = (None, None);
        let mut head = Head::new(PROVIDER, "default", "cus_1");
        self.plan.show_on(&mut head);
        assert!(head.dunning.is_empty(), "{}: {reason}, and something is still taken", self.name);
    }

    /// Until when it waits by what people said.
    fn waits_until(&self) -> Option<Timestamp> {
        self.pause.max(self.promise)
    }

    fn lasts(&self) -> bool {
        self.lasts_until.is_some_and(|until| until > self.now)
    }

    /// As the handler does, whenever that is.
    fn rings(&mut self) {
        let now = self.now;
        if self.plan.state != PlanState::Running {
            let (begun, due) = (self.plan.clone().begin(now, now), self.plan.due_try(now));
            let rests = begun.is_none() && due.is_none() && self.plan.next_wake().is_none();
            assert!(rests, "{}: it is over, and goes on: {:?}", self.name, self.plan);
            return;
        }
        self.goes_on();
        let incident = IncidentId::of(PROVIDER, "default", "failure", "source", "now");
        let lasts = self.lasts();
        self.plan.wait_for(lasts.then_some((&incident, true)), now, now + hours(1));
        self.plan.doubt(Some(now));
        self.escalates();
        let morning = POLICIES.hours.current().first_from(now, self.zone, None);
        self.plan.keep_quiet(now, morning);
        self.plan.keep_phones_quiet(now, morning);
        self.learns_of_its_end();
        self.plan.take_access(now);
        self.falls_as_it_may();
        if !self.has_phone {
            self.plan.leave_out_texts("there is no phone", now);
        }
        if !self.tries() {
            self.takes_a_step(morning);
        }
        self.comes_to_ask_for_its_end();
        self.falls_as_it_may();
    }

    /// Once, and not while it waits.
    fn escalates(&mut self) {
        let policy = self.policy;
        let Some(rule) = &policy.escalation else { return };
        let (was, rests) = (self.plan.escalated_at, self.plan.rests());
        let failed = self.tried.iter().filter(|tried| !tried.succeeded).map(|tried| (tried.at, tried.by));
        let since = rule.since(&counted(failed, rule.sitting()));
        if self.plan.escalate(since, false, self.now) {
            assert!(was.is_none() && !rests, "{}: escalated though it waits ({rests}), or again", self.name);
        }
    }

    /// A pause that is over ends, and of a promise it is said once what became of it.
    fn goes_on(&mut self) {
        let (now, is_held) = (self.now, self.lasts());
        let is_over = self.waits_until().is_some_and(|until| until <= now) && !is_held;
        let said = |plan: &Plan| plan.control.kept + plan.control.broken;
        let before = said(&self.plan);
        self.plan.awake(&self.invoice, is_held, now);
        if is_over {
            let expected = u32::from(self.promise.is_some());
            assert_eq!(said(&self.plan) - before, expected, "{}: kept or broken, once", self.name);
            assert_eq!(self.plan.paused_until(), None, "{}: what is over is open", self.name);
            (self.pause, self.promise) = (None, None);
        }
    }

    /// Nothing leaves while it waits, or once nothing is owed.
    fn may_leave(&self, what: &str) {
        let waits = self.waits_until().is_some_and(|until| until > self.now) || self.lasts();
        let is_open = matches!(self.invoice.due(), Due::Open(_));
        assert!(!waits && is_open, "{}: {what} though it waits ({waits}) or is over", self.name);
        assert_eq!(self.plan.state, PlanState::Running, "{}: {what}", self.name);
    }

    /// Nothing more happens: its own alarms bring it to its end, however late each is heard.
    fn comes_to_its_end(&mut self) {
        let mut rings = 0;
        while self.plan.state == PlanState::Running {
            let wake = self.plan.next_wake();
            let wake = wake.unwrap_or_else(|| panic!("{}: nobody looks at it again: {:?}", self.name, self.plan));
            self.now = self.now.max(wake) + SignedDuration::from_mins(self.dice.number(90));
            self.rings();
            rings += 1;
            assert!(rings < RINGS_MAX, "{}: it has no end: {:?}", self.name, self.plan);
        }
        let is_open = |step: &&Step| matches!(step.state, StepState::Waiting | StepState::Sending);
        let open = self.plan.steps.iter().find(is_open).filter(|_| self.plan.state == PlanState::Finished);
        assert_eq!(open, None, "{}: a step is left", self.name);
        assert_eq!(self.plan.control.promise, None, "{}: a promise is open", self.name);
        self.rings();
    }
}

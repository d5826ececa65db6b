//! Recovers as the service does: by the plan of a segment, with the tries that an adviser chooses and learns from.

use super::history::{Asked, Chooses};
use super::play::FOLLOWED_DAYS;
use super::strategy::{Next, Shown, Strategy};
use crate::decline::{Declines, Retry, Way};
use crate::dunning::{
    Advice, Adviser, Budget, Calendar, DunningPolicy, Facts, HoursPolicy, Paid, Segment, SoFar, Then, Traits,
    TriesRule, Whose, adviser,
};
use crate::event::Decline;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How often it is asked anew, each time believing a little else, to tell how likely a choice is.
const DRAWN: u32 = 100;

/// Follows a policy.
#[derive(Debug)]
pub struct Planned<'a> {
    policy: &'a DunningPolicy,
    hours: &'a HoursPolicy,
    declines: &'a Declines,
    adviser: Option<Adviser>,
    calendars: BTreeMap<String, Calendar>,
    /// What each kind of failure means, looked up once.
    known: BTreeMap<String, Rc<Known<'a>>>,
    asked: u64,
}

#[derive(Debug)]
struct Known<'a> {
    family: &'a str,
    is_tried: bool,
    budget: Budget,
    way: Option<Way>,
    network: String,
}

impl Known<'_> {
    fn paid(&self) -> Paid<'_> {
        Paid { way: self.way, network: Some(&self.network) }
    }
}

impl<'a> Planned<'a> {
    /// Begins with what was learned elsewhere, and learns from what it sees.
    pub fn new(policy: &'a DunningPolicy, advice: &Advice, hours: &'a HoursPolicy, declines: &'a Declines) -> Self {
        let adviser = policy.adviser.as_ref().map(|rules| adviser(rules, advice));
        Self { policy, hours, declines, adviser, calendars: BTreeMap::new(), known: BTreeMap::new(), asked: 0 }
    }

    fn calendar(&mut self, country: &str) -> &Calendar {
        if !self.calendars.contains_key(country) {
            self.calendars.insert(country.to_owned(), Calendar::new(self.hours.zone_in(country)));
        }
        &self.calendars[country]
    }

    fn segment(&self, shown: &Shown<'_>, known: &Known<'_>) -> &'a Segment {
        let facts = Facts {
            remaining: shown.amount,
            tenure_days: None,
            family: known.family,
            whose: Whose { way: known.way, country: Some(shown.country), ..Whose::default() },
        };
        self.policy.segment(&facts)
    }

    fn known(&mut self, shown: &Shown<'_>) -> Rc<Known<'a>> {
        let Decline { provider, code, .. } = shown.decline;
        let kind = format!("{provider}/{code}/{}/{}", shown.network, shown.country);
        let declines = self.declines;
        let look_up = || {
            let meaning = declines.meaning(Some(shown.decline));
            let budget = Budget::of(declines, &[], Some(shown.network), &meaning);
            let (family, is_tried) = (meaning.family.id.get_ref(), meaning.family.retry <= Retry::Later);
            let Paid { way, network } = Paid::through(declines, Some(shown.network));
            let network = network.unwrap_or_default().to_owned();
            Rc::new(Known { family, is_tried, budget, way, network })
        };
        Rc::clone(self.known.entry(kind).or_insert_with(look_up))
    }

    /// When the next try is, as it is chosen at a time.
    fn next_try(
        &mut self,
        shown: &Shown<'_>,
        known: &Known<'a>,
        rule: &TriesRule,
        chosen_at: Timestamp,
    ) -> Option<Timestamp> {
        let adviser = self.adviser.as_ref()?;
        self.asked += 1;
        let view = adviser.view(&traits(shown, known.family).groups(), Some(self.asked));
        let tried = shown.tried();
        let not_before = known.budget.earliest(&tried, chosen_at)?;
        let so_far = SoFar { failed_at: shown.failed_at, tries: shown.tries, not_before };
        let allows = |at| known.budget.forbids(&tried, at).is_none();
        rule.limits().next(&view, self.calendar(shown.country), &so_far, &allows)
    }
}

fn traits<'s>(shown: &Shown<'s>, family: &'s str) -> Traits<'s> {
    Traits {
        family,
        code: &shown.decline.code,
        network: shown.network,
        funding: shown.funding,
        issuer: shown.issuer,
        country: shown.country,
    }
}

impl Strategy for Planned<'_> {
    fn name(&self) -> String {
        format!("dunning v{}", self.policy.version)
    }

    fn next(&mut self, shown: &Shown<'_>) -> Option<Next> {
        let known = self.known(shown);
        let segment = self.segment(shown, &known);
        let mails = segment.steps.iter().filter(|step| matches!(step.then, Then::Mail(_)));
        let mails = mails.map(|step| *step.after_days.get_ref()).filter(|day| *day <= FOLLOWED_DAYS);
        let last = shown.tries.iter().chain(shown.messages).max().copied().unwrap_or(shown.failed_at);
        let mail = mails.skip(shown.messages.len()).map(|day| shown.failed_at + SignedDuration::from_hours(24 * day));
        let mail = mail.map(|at| at.max(last)).next();
        let rule = self.policy.tries(segment.id.get_ref(), known.family, known.paid()).filter(|_| known.is_tried);
        let last_message = shown.messages.last().copied().unwrap_or(shown.failed_at);
        let tried = rule.and_then(|rule| self.next_try(shown, &known, &rule, last_message));
        match (tried, mail) {
            (Some(at), Some(mail)) if mail < at => Some(Next::Message(mail)),
            (Some(at), _) => Some(Next::Try(at)),
            (None, mail) => mail.map(Next::Message),
        }
    }

    fn tried(&mut self, shown: &Shown<'_>, at: Timestamp, succeeded: bool) {
        let family = self.known(shown).family;
        let places = self.calendar(shown.country).places(shown.failed_at, at, shown.tries.len());
        if let Some(adviser) = &mut self.adviser {
            adviser.learn(&traits(shown, family).groups(), &places, succeeded);
        }
    }
}

impl Chooses for Planned<'_> {
    /// In a segment that its rules do not have, everybody's counts.
    fn likely(&mut self, asked: &Asked<'_>) -> f64 {
        let known = self.known(&asked.shown);
        let segments = &self.policy.segment;
        let own = segments.iter().find(|segment| segment.id.get_ref() == asked.segment).or(segments.last());
        let own = own.map_or("", |segment| segment.id.get_ref().as_str());
        let rule = self.policy.tries(own, known.family, known.paid()).filter(|_| known.is_tried);
        let Some(rule) = rule else { return f64::from(u8::from(asked.moment.is_none())) };
        let same = |_: &u32| self.next_try(&asked.shown, &known, &rule, asked.chosen_at) == asked.moment;
        (0..DRAWN).filter(same).count() as f64 / f64::from(DRAWN)
    }
}

//! A second way is judged by the history of a first one, and played in the same world: both say the same.

use super::*;
use crate::book::By;
use crate::event::Decline;
use crate::policies::Policies;
use crate::world::luck::Luck;
use crate::world::tests::ONE;
use crate::world::{Fixed, Next, Planned, World, play};
use jiff::SignedDuration;

const FAILED: &str = "2026-03-02T09:00:00Z";

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// Before noon six of ten tries succeed, after it one or two of ten; one customer of a hundred pays each day.
fn world() -> World {
    let hour = |hour: u32| format!("\"{hour}\" = \"{}\"", if hour < 12 { "2" } else { "0.5" });
    let hours: Vec<String> = (0..24).map(hour).collect();
    let base = format!("base = \"0.3\"\nhour = {{ {} }}", hours.join(", "));
    let text = ONE.replace("days = 10", "days = 300").replace("America/New_York", "UTC").replace("base = \"1\"", &base);
    World::parse("history.toml", &(text + "[cluster.customer]\nper_day = \"0.01\"\n")).unwrap()
}

/// Tries twice, each time at one of four moments: as likely as each other, or mostly in the morning. It writes down
/// what it chose.
struct Picks {
    in_the_morning: bool,
    kept: BTreeMap<u32, Vec<Outcome>>,
}

impl Picks {
    fn new(in_the_morning: bool) -> Self {
        Self { in_the_morning, kept: BTreeMap::new() }
    }

    fn moments(shown: &Shown<'_>) -> [Timestamp; 4] {
        let from = 48 * shown.tries.len() as i64;
        [6, 12, 18, 24].map(|later| shown.failed_at + hours(from + later))
    }

    fn odds(&self, shown: &Shown<'_>) -> [f64; 4] {
        let is_early = |at: &Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).hour() < 12;
        match Self::moments(shown).iter().position(is_early).filter(|_| self.in_the_morning) {
            None => [0.25; 4],
            Some(first) => std::array::from_fn(|place| if place == first { 0.85 } else { 0.05 }),
        }
    }

    /// What everybody would know of it by now: of one of three no more than two days.
    fn history(self, world: &World) -> Vec<Outcome> {
        let all = self.kept.into_iter().flat_map(|(number, lines)| ended(world, number, lines));
        all.collect()
    }
}

fn ended(world: &World, number: u32, mut lines: Vec<Outcome>) -> Vec<Outcome> {
    let failed_at = lines[0].failed_at;
    let luck = Luck::of(world.seed, number);
    let pays = (1..=30).find(|day| luck.draw(format_args!("self:{day}")) < 0.01).map(|day| failed_at + hours(24 * day));
    let won = lines.iter().find(|line| line.succeeded == Some(true)).and_then(|line| line.tried_at);
    let seen = failed_at + hours(if number.is_multiple_of(3) { 48 } else { 720 });
    let (is, at) = match won.or(pays) {
        Some(at) if at <= seen => (Ended::Paid, at),
        _ => (Ended::Open, seen),
    };
    for line in &mut lines {
        (line.ended, line.ended_at) = (Some(is), Some(at));
        if line.tried_at.is_some_and(|tried| tried > at) {
            (line.tried_at, line.succeeded) = (None, None);
        }
    }
    lines
}

fn line(shown: &Shown<'_>, moment: Timestamp, likely: u32) -> Outcome {
    Outcome {
        failed_at: shown.failed_at,
        tried_at: None,
        tries_before: shown.tries.len() as u32,
        provider: shown.decline.provider.clone(),
        code: shown.decline.code.clone(),
        network: shown.network.to_owned(),
        funding: shown.funding.to_owned(),
        issuer: shown.issuer.to_owned(),
        country: shown.country.to_owned(),
        succeeded: None,
        recovery: format!("r{}", shown.number),
        segment: "standard".to_owned(),
        by: By::Recoup,
        chosen_at: Some(shown.tries.last().copied().unwrap_or(shown.failed_at)),
        moment: Some(moment),
        likely: Some(likely),
        ended: None,
        ended_at: None,
        advice_version: None,
    }
}

impl Strategy for Picks {
    fn name(&self) -> String {
        if self.in_the_morning { "the morning" } else { "any time" }.to_owned()
    }

    fn next(&mut self, shown: &Shown<'_>) -> Option<Next> {
        if shown.tries.len() == 2 {
            return None;
        }
        let (odds, moments) = (self.odds(shown), Self::moments(shown));
        let drawn = Luck::of(99, shown.number).draw(format_args!("choice:{}", shown.tries.len()));
        let mut sum = 0.0_f64;
        let place = odds.iter().position(|odds| {
            sum += odds;
            drawn < sum
        });
        let place = place.unwrap_or(3);
        let likely = (odds[place] * 1000.0).round() as u32;
        self.kept.entry(shown.number).or_default().push(line(shown, moments[place], likely));
        Some(Next::Try(moments[place]))
    }

    fn tried(&mut self, shown: &Shown<'_>, at: Timestamp, succeeded: bool) {
        let last = self.kept.get_mut(&shown.number).and_then(|lines| lines.last_mut()).unwrap();
        (last.tried_at, last.succeeded) = (Some(at), Some(succeeded));
    }
}

impl Chooses for Picks {
    fn likely(&mut self, asked: &Asked<'_>) -> f64 {
        let place = Self::moments(&asked.shown).iter().position(|at| Some(*at) == asked.moment);
        place.map_or(0.0, |place| self.odds(&asked.shown)[place])
    }
}

#[test]
fn what_is_judged_by_a_history_is_what_comes_of_it() {
    let (world, policies) = (world(), Policies::shipped().unwrap());
    let declines = policies.declines.current();
    let mut first = Picks::new(false);
    let first_report = play(&world, &mut first, declines, 1_500);
    let history = first.history(&world);
    let share = |report: &crate::world::Report| (report.recovered.count * 1000 / report.invoices) as u32;
    for in_the_morning in [false, true] {
        let truth = play(&world, &mut Picks::new(in_the_morning), declines, 3_000);
        let judged = judge(&history, &mut Picks::new(in_the_morning), 30);
        let found = judged.would_be;
        let truth = share(&truth);
        assert!(found.low <= truth && truth <= found.high, "{truth} {judged:?}");
        assert!(found.share.is_some_and(|it| it.abs_diff(truth) < 50), "{truth} {judged:?}");
        assert!(found.high - found.low < 200 && found.days == 30, "{judged:?}");
        assert_eq!((judged.recoveries, judged.left_out, judged.unlike), (1_500, 0, 0), "{judged:?}");
        assert!(judged.open > 300 && judged.choices > 2_000, "{judged:?}");
        assert!(judged.was.low <= share(&first_report) && share(&first_report) <= judged.was.high, "{judged:?}");
    }
    let best = judge(&history, &mut Picks::new(true), 30);
    assert!(best.would_be.low > best.was.high, "the morning is better, and that can be known: {best:?}");
    assert_eq!(judge(&history, &mut Picks::new(true), 30), best, "nothing is left to luck");
}

#[test]
fn of_what_history_never_chose_it_says_that_it_cannot_know() {
    let world = world();
    let mut first = Picks::new(false);
    play(&world, &mut first, Policies::shipped().unwrap().declines.current(), 200);
    let history = first.history(&world);
    let judged = judge(&history, &mut Fixed::parse("30").unwrap(), 30);
    let found = judged.would_be;
    assert_eq!((found.share, judged.unlike), (None, judged.choices), "{judged:?}");
    assert_eq!((found.low, found.high, found.unseen, found.effective), (0, 1000, 1000, 0), "{judged:?}");
    assert!(judged.was.share.is_some(), "what came of the history itself is known: {judged:?}");
    let few = judge(&history[..20], &mut Picks::new(true), 30).would_be;
    assert!(few.share.is_none() && few.high - few.low > 300, "{few:?}");
}

#[test]
fn what_nobody_chose_or_nobody_has_seen_the_end_of_is_left_out() {
    let decline = Decline::new("stripe", "insufficient_funds");
    let shown = shown(&decline, &[]);
    let own =
        || Outcome { ended: Some(Ended::Lost), ended_at: Some(shown.failed_at), ..line(&shown, shown.failed_at, 500) };
    for (name, line, recoveries) in [
        ("a choice", own(), 1),
        ("that it is not tried again", Outcome { moment: None, likely: None, ..own() }, 1),
        ("of no recovery", Outcome { recovery: String::new(), ..own() }, 0),
        ("nobody knows how it stands", Outcome { ended: None, ..own() }, 0),
        (
            "a try of the provider's",
            Outcome { tried_at: Some(shown.failed_at), succeeded: Some(false), moment: None, ..own() },
            0,
        ),
        ("nobody knows how likely it was", Outcome { likely: None, ..own() }, 0),
    ] {
        let judged = judge(&[line], &mut Picks::new(true), 30);
        assert_eq!((judged.recoveries, judged.left_out), (recoveries, 1 - recoveries), "{name}: {judged:?}");
    }
}

fn shown<'a>(decline: &'a Decline, tries: &'a [Timestamp]) -> Shown<'a> {
    Shown {
        decline,
        network: "visa",
        funding: "debit",
        issuer: "bank",
        country: "US",
        strategic: false,
        tenure_days: None,
        amount: Money::from_minor(4_900, Currency::USD),
        failed_at: FAILED.parse().unwrap(),
        tries,
        messages: &[],
        cluster: 0,
        number: 0,
    }
}

fn first_try(planned: &mut Planned<'_>, shown: Shown<'_>) -> Timestamp {
    let mut messages = Vec::new();
    loop {
        match planned.next(&Shown { messages: &messages, ..shown }).unwrap() {
            Next::Try(at) => return at,
            Next::Message(at) => messages.push(at),
        }
    }
}

#[test]
fn a_policy_is_as_likely_to_choose_as_it_chooses() {
    let policies = Policies::shipped().unwrap();
    let (policy, advice, hours) = (policies.dunning.current(), policies.advice.current(), policies.hours.current());
    let mut planned = Planned::new(policy, advice, hours, policies.declines.current());
    let (funds, lost) = (Decline::new("stripe", "insufficient_funds"), Decline::new("stripe", "lost_card"));
    let shown_funds = shown(&funds, &[]);
    let mut drawn: BTreeMap<Timestamp, u32> = BTreeMap::new();
    let asked = |shown, segment, moment| Asked { shown, segment, chosen_at: FAILED.parse().unwrap(), moment };
    for number in 0..200 {
        *drawn.entry(first_try(&mut planned, Shown { number, ..shown_funds })).or_default() += 1;
    }
    let (moment, often) = drawn.iter().max_by_key(|(_, often)| **often).unwrap();
    let expected = f64::from(*often) / 200.0;
    let likely = planned.likely(&asked(shown_funds, "standard", Some(*moment)));
    assert!((likely - expected).abs() < 0.2 && likely > 0.0, "{likely}, not {expected}");
    let elsewhere = planned.likely(&asked(shown_funds, "a segment of earlier rules", Some(*moment)));
    assert!((elsewhere - likely).abs() < 0.2, "{elsewhere}, not {likely}");
    let none = [
        (shown_funds, Some(*moment + SignedDuration::from_mins(30)), 0.0),
        (shown_funds, None, 0.0),
        (shown(&lost, &[]), None, 1.0),
        (shown(&lost, &[]), Some(*moment), 0.0),
    ];
    for (shown, moment, expected) in none {
        let likely = planned.likely(&asked(shown, "standard", moment));
        assert!((likely - expected).abs() < 1e-9, "{moment:?}: {likely}");
    }
}

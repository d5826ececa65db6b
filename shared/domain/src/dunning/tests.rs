//! Whole recoveries, under any rules that load and with whatever may happen to an invoice: what must hold of each.

mod life;
mod rules;

use super::{Again, Budget, Calendar, DunningPolicy, Ground, MadeTry, Paid, Traits, Whose, Window, next_try};
use crate::book::{By, Tried};
use crate::event::Decline;
use crate::id::{AccountId, ActionId};
use crate::policies::Policies;
use crate::policy::Versions;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use life::{Life, Lived, OTHERS, Pays, VISA, invoice};
use serde_json::{Value, from_value, json};
use std::sync::LazyLock;
use toml::Spanned;

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::shipped().unwrap());

/// By whose codes it fails.
const PROVIDER: &str = "stripe";

/// The same numbers each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn number(&mut self, below: i64) -> i64 {
        i64::try_from(self.roll(below.unsigned_abs())).unwrap()
    }

    fn place(&mut self, count: usize) -> usize {
        usize::try_from(self.roll(u64::try_from(count).unwrap())).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.place(from.len())]
    }
}

/// What became of several lives: where nothing happens, nothing is proved.
fn must_be_lively(lives: &[Lived]) {
    let count = |is_so: fn(&Lived) -> bool| lives.iter().filter(|life| is_so(life)).count();
    let (tried, fell) = (count(|life| life.tries > 1), count(|life| life.fell));
    let (ran, waited) = (count(|life| life.letters > 1 && life.is_finished), count(|life| life.rests > 0));
    assert!(tried > 0 && fell > 0 && ran > 0 && waited > 0, "{tried} {fell} {ran} {waited} of {}", lives.len());
}

/// The same of what not every recovery has: text messages, ends, and what is a matter of a person.
fn must_come_to_all(lives: &[Lived]) {
    let count = |of: fn(&Lived) -> u32| lives.iter().map(of).sum::<u32>();
    let (texts, asked, escalated) =
        (count(|it| it.texts), count(|it| it.asked), count(|it| u32::from(it.is_escalated)));
    assert!(texts > 0 && asked > 0 && escalated > 0, "{texts} {asked} {escalated} of {}", lives.len());
}

/// The same of what is not paid by Visa: each seed plays every other way beside.
fn must_be_tried_otherwise(beside: &[(Pays, Lived)]) {
    let tries = |is_it: fn(&str) -> bool| -> usize {
        beside.iter().filter(|(pays, _)| is_it(pays.network)).map(|(_, life)| life.tries).sum()
    };
    let (mastercard, debits) = (tries(|network| network == "mastercard"), tries(|network| network != "mastercard"));
    assert!(mastercard > 0 && debits > 0, "{mastercard} {debits} of {}", beside.len());
}

fn another_way(seed: u64) -> Pays {
    OTHERS[usize::try_from(seed).unwrap() % OTHERS.len()]
}

#[test]
fn whatever_rules_load_and_whatever_happens_a_recovery_keeps_its_word() {
    const ALL: u64 = 80;
    let (mut lives, mut beside, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for seed in 0..ALL {
        let text = rules::any(&mut Dice(seed));
        match Versions::<DunningPolicy>::load(&[(rules::FILE, text.as_str())]) {
            Ok(versions) => {
                lives.push(Life::lived(seed, versions.current(), VISA));
                beside.extend(OTHERS.map(|pays| (pays, Life::lived(seed, versions.current(), pays))));
            }
            Err(why) => refused.push(why.to_string()),
        }
    }
    assert!(lives.len() > refused.len(), "hardly any rules load: {refused:?}");
    must_be_lively(&lives);
    must_come_to_all(&lives);
    must_be_tried_otherwise(&beside);
}

#[test]
fn rules_that_somebody_has_edited_are_refused_with_their_line_or_keep_their_word() {
    const ALL: u64 = 150;
    let (mut lives, mut refused) = (Vec::new(), 0);
    for seed in 0..ALL {
        let text = rules::edited(&mut Dice(seed));
        match Policies::shipped_with_dunning(&text) {
            Ok(policies) => {
                lives.push(Life::lived(seed, policies.dunning.current(), VISA));
                Life::lived(seed, policies.dunning.current(), another_way(seed));
            }
            Err(why) => {
                refused += 1;
                assert!(
                    why.file.contains("dunning") && (1..=text.lines().count()).contains(&why.line),
                    "{why}\n{text}"
                );
            }
        }
    }
    assert!(refused > 5 && lives.len() > 5, "{refused} were refused, and {} played", lives.len());
    must_be_lively(&lives);
}

#[test]
fn a_try_that_was_only_answered_so_far_counts_like_one_that_was_told() {
    let hour = |hour: i64| "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour);
    let told = |hours: &[i64]| -> Vec<Tried> {
        let failed = |at: &i64| Tried { card: Some("visa 4242".to_owned()), ..Tried::failed(hour(*at), By::Provider) };
        hours.iter().map(failed).collect()
    };
    let made = |ended: &Value| -> MadeTry {
        let action = ActionId::of(&AccountId::of(PROVIDER, "default", "cus_1"), "recoup", "try 1");
        let chosen = json!({"number": 1, "at": hour(20), "rule": "funds", "policy_version": 2, "chance": null,
            "likely": 1000, "candidates": []});
        from_value(json!({"action": action, "begun_at": hour(20), "chosen": chosen, "ended": ended})).unwrap()
    };
    let declined = json!({"outcome": "declined", "code": "insufficient_funds"});
    let by = |by: By, minutes: i64| {
        let late = Tried { by, at: hour(20) + SignedDuration::from_mins(minutes), ..told(&[0]).remove(0) };
        [told(&[0]), vec![late]].concat()
    };
    let not_made = json!({"outcome": "not_made", "why": "stale"});
    for (name, ended, tried, left, expected) in [
        ("it was answered", &declined, told(&[0]), vec![20], 2),
        ("and told", &declined, told(&[0, 20]), vec![20], 2),
        ("and told as ours, since it left late", &declined, by(By::Recoup, 50), vec![20], 2),
        ("what somebody told a day later is another", &declined, told(&[0, 44]), vec![20], 3),
        ("its customer failed beside it", &declined, by(By::Customer, 5), vec![20], 3),
        ("people asked for one more, which nobody told", &declined, told(&[0, 20]), vec![20, 40], 3),
        ("nobody knows", &Value::Null, told(&[0]), vec![20], 1),
        ("nothing was tried", &not_made, told(&[0]), vec![], 1),
    ] {
        let again = Again { made: vec![made(ended)], ..Again::default() };
        let left: Vec<Timestamp> = left.into_iter().map(hour).collect();
        let all = again.with_answered(tried, None, &left, |code| code == "insufficient_funds");
        assert_eq!(all.len(), expected, "{name}: {all:?}");
        assert!(all.iter().all(|it| it.card.as_deref() == Some("visa 4242")), "{name}: {all:?}");
        assert!(all.is_sorted_by_key(|it| it.at), "{name}: {all:?}");
    }
}

#[test]
fn what_was_answered_of_a_card_that_was_named_is_a_try_of_that_card() {
    let at: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
    let failed = Tried { card: Some("visa 4242".to_owned()), ..Tried::failed(at, By::Provider) };
    let action = ActionId::of(&AccountId::of(PROVIDER, "default", "cus_1"), "recoup", "try 1");
    let chosen = json!({"number": 1, "at": at, "rule": "card_given", "policy_version": 3, "chance": null,
        "likely": 1000, "candidates": []});
    for (code, known) in [("stolen_card", true), ("http_400", false)] {
        let made = json!({"action": action, "begun_at": at + SignedDuration::from_hours(9), "chosen": chosen,
            "ended": {"outcome": "declined", "code": code}, "card": "mastercard 5555", "card_id": "pm_2"});
        let again = Again { made: vec![from_value(made).unwrap()], ..Again::default() };
        let all = again.with_answered(vec![failed.clone()], Some("visa 4242"), &[], |_| known);
        let told = all.last().map(|it| (it.network.as_deref(), it.card.as_deref(), it.code.as_deref()));
        assert_eq!(told, Some((Some("mastercard"), Some("mastercard 5555"), known.then_some(code))));
    }
}

#[test]
fn a_window_is_as_long_whatever_the_clock_does_where_the_customer_lives() {
    let (declines, decline) = (POLICIES.declines.current(), Decline::new(PROVIDER, "insufficient_funds"));
    let meaning = declines.meaning(Some(&decline));
    let family = meaning.family.id.get_ref();
    let mut policy = POLICIES.dunning.current().clone();
    for rule in &mut policy.tries {
        rule.windows = Spanned::new(0..0, vec![Window { from_day: 1, to_day: 3 }]);
    }
    let adviser = super::adviser(policy.adviser.as_ref().unwrap(), POLICIES.advice.current());
    for (name, zone, failed_at) in [
        ("a day of 23 hours", "Europe/Berlin", "2026-03-27T09:00:00Z"),
        ("a day of 25 hours", "Europe/Berlin", "2026-10-23T09:00:00Z"),
        ("a midnight that is left out", "Africa/Cairo", "2026-04-22T20:00:00Z"),
        ("where a day is half an hour longer", "Australia/Lord_Howe", "2026-04-03T14:00:00Z"),
        ("the end of a month", "America/New_York", "2026-04-29T15:00:00Z"),
        ("a leap day", "America/New_York", "2028-02-27T23:30:00Z"),
        ("the end of a year", "Pacific/Kiritimati", "2026-12-29T11:00:00Z"),
    ] {
        let failed_at: Timestamp = failed_at.parse().unwrap();
        let account = AccountId::of(PROVIDER, "default", "cus_1");
        let whose = (None, family.as_str(), Whose::default());
        let plan = super::plan(&account, &invoice("open", 4_900), whose, &policy, failed_at, "t").unwrap();
        let tried = [Tried::failed(failed_at, By::Provider)];
        let traits = Traits { family, code: family, network: "visa", funding: "", issuer: "", country: "" };
        let ground = Ground {
            policy: &policy,
            adviser: Some(&adviser),
            advice_version: None,
            calendar: &Calendar::new(TimeZone::get(zone).unwrap()),
            meaning: &meaning,
            paid: Paid::default(),
            budget: &Budget::of(declines, &[], Some("visa"), &meaning),
            budget_of_card: None,
            traits,
            tried: &tried,
            failed_at: Some(failed_at),
            now: failed_at,
        };
        let chosen = next_try(&plan, &ground).unwrap_or_else(|why| panic!("{name}: {why}"));
        let moments = chosen.candidates.iter().map(|it| it.at).chain([chosen.at]);
        let hours = moments.map(|at| at.duration_since(failed_at).as_hours()).collect::<Vec<_>>();
        assert!(hours.iter().all(|hours| (24..=72).contains(hours)), "{name}: {hours:?}");
        assert!(chosen.at > failed_at + SignedDuration::from_hours(24), "{name}: {chosen:?}");
    }
}

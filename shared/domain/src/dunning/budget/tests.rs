//! Each limit at its border, and whatever may be tried at all.

use super::*;
use crate::book::{Head, Invoice};
use crate::dunning::Judged;
use crate::event::Decline;
use crate::policies::Policies;
use std::sync::LazyLock;

const DAY: i64 = 86_400;

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::shipped().unwrap());

fn second(second: i64) -> Timestamp {
    "2026-03-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What may be tried after this code in this network.
fn budget(network: &str, code: &str, imported: &[NetworkRule]) -> Budget {
    let declines = POLICIES.declines.current();
    let meaning = declines.meaning(Some(&Decline::new("stripe", code)));
    Budget::of(declines, imported, Some(network), &meaning)
}

fn tries(by: By, seconds: impl IntoIterator<Item = i64>) -> Vec<Tried> {
    seconds.into_iter().map(|number| Tried::failed(second(number), by)).collect()
}

fn rule(network: &str, tries_max: u32, days: u32, from: &str, until: Option<&str>) -> NetworkRule {
    NetworkRule {
        says: Says::Limit { network: network.to_owned(), tries_max, days },
        category: None,
        from: from.parse().unwrap(),
        until: until.map(|day| day.parse().unwrap()),
        why: "Our acquirer says so.".to_owned(),
    }
}

/// One a day from the first second on.
fn daily(count: i64) -> impl Iterator<Item = i64> {
    (0..count).map(|number| number * DAY)
}

#[test]
fn every_limit_holds_to_the_second() {
    let funds = "insufficient_funds";
    let hourly = |count: i64| (0..count).map(|number| number * 3_600);
    // The first try of a debt is no further one: sixteen are fifteen further ones.
    let rows = [
        ("visa, the 15th further", "visa", tries(By::Provider, daily(15)), 15 * DAY, None),
        ("visa, the 16th", "visa", tries(By::Provider, daily(16)), 16 * DAY, Some(Some(31 * DAY))),
        ("visa, a second too early", "visa", tries(By::Provider, daily(16)), 31 * DAY - 1, Some(Some(31 * DAY))),
        ("visa, thirty days after the oldest further one", "visa", tries(By::Provider, daily(16)), 31 * DAY, None),
        ("visa by another name", "visa_debit", tries(By::Provider, daily(16)), 16 * DAY, Some(Some(31 * DAY))),
        ("visa, the customer's do not count", "visa", tries(By::Customer, daily(40)), 39 * DAY, None),
        ("mastercard, the 10th in a day", "mastercard", tries(By::Provider, hourly(9)), 9 * 3_600, None),
        ("mastercard, the 11th", "mastercard", tries(By::Provider, hourly(10)), 10 * 3_600, Some(Some(DAY))),
        ("mastercard, a second too early", "mastercard", tries(By::Provider, hourly(10)), DAY - 1, Some(Some(DAY))),
        ("mastercard, a day later", "Mastercard", tries(By::Provider, hourly(10)), DAY, None),
        (
            "mastercard, the 36th in a month",
            "mastercard",
            tries(By::Customer, (0..35).map(|number| number * 60_000)),
            35 * 60_000,
            Some(Some(30 * DAY)),
        ),
        ("amex has no limit", "amex", tries(By::Provider, daily(40)), 40 * DAY, None),
        ("ach, once again", "ach", tries(By::Provider, daily(1)), DAY, None),
        ("ach, a day has to pass", "us_bank_account", tries(By::Provider, daily(1)), DAY - 1, Some(Some(DAY))),
        ("ach, twice again", "ach", tries(By::Provider, daily(2)), 2 * DAY, None),
        ("ach, thrice", "ach", tries(By::Provider, daily(3)), 100 * DAY, Some(None)),
        ("ach, on the last day", "ach", tries(By::Provider, daily(1)), 180 * DAY, None),
        ("ach, a second later", "ach", tries(By::Provider, daily(1)), 180 * DAY + 1, Some(None)),
        (
            "sepa, before the bank has returned it",
            "sepa_debit",
            tries(By::Provider, daily(1)),
            5 * DAY - 1,
            Some(Some(5 * DAY)),
        ),
        ("sepa, after", "sepa_debit", tries(By::Provider, daily(1)), 5 * DAY, None),
        ("bacs, after a cycle", "bacs", tries(By::Provider, daily(1)), 3 * DAY, None),
        ("bacs, within it", "bacs", tries(By::Provider, daily(1)), 3 * DAY - 1, Some(Some(3 * DAY))),
        ("bacs, too late", "bacs_debit", tries(By::Provider, daily(1)), 30 * DAY + 1, Some(None)),
        ("a scheme that is not told", "directdebit", tries(By::Provider, [0, 6 * DAY, 12 * DAY]), 20 * DAY, Some(None)),
    ];
    for (name, network, tries, now, expected) in rows {
        let why = budget(network, funds, &[]).forbids(&tries, second(now));
        assert_eq!(why.clone().map(|why| why.until), expected.map(|until| until.map(second)), "{name}: {why:?}");
    }
}

#[test]
fn what_is_never_tried_again_is_not_tried_once() {
    for (network, code, is_never) in [
        ("visa", "lost_card", true),
        ("sepa", "debit_not_authorized", true),
        ("ach", "account_closed", true),
        ("ach", "insufficient_funds", false),
        // It waits for the customer, and breaks no rule.
        ("visa", "expired_card", false),
    ] {
        let why = budget(network, code, &[]).forbids(&[], second(0));
        assert_eq!(why.is_some(), is_never, "{network} {code}: {why:?}");
        if let Some(why) = why {
            assert_eq!(why.until, None, "{network} {code}");
            assert!(why.to_string().contains("is never tried again. "), "{why}");
        }
    }
    let declines = POLICIES.declines.current();
    let unknown =
        Decline { network_code: Some("14".into()), network: Some("visa".into()), ..Decline::new("stripe", "x") };
    let budget = Budget::of(declines, &[], Some("visa"), &declines.meaning(Some(&unknown)));
    assert_eq!(budget.left(&[], second(0))[0].of, 0, "category 1");
    assert_eq!(budget.earliest(&[], second(0)), None);
}

#[test]
fn an_advice_to_wait_counts_from_the_last_try() {
    let budget = budget("amex", "card_decline_rate_limit_exceeded", &[]);
    let tries = tries(By::Customer, [0, 3_600]);
    let until = second(3_600 + DAY);
    assert_eq!(budget.forbids(&tries, second(DAY)).unwrap().until, Some(until));
    assert_eq!(budget.earliest(&tries, second(7_200)), Some(until));
    assert_eq!(budget.forbids(&[], second(0)), None, "nothing was tried");
}

#[test]
fn the_stricter_of_what_is_shipped_and_imported_counts_on_its_days() {
    let sixteen = tries(By::Provider, daily(16));
    let now = second(15 * DAY + 1);
    let freed = |day: i64| Some(Some(second(day * DAY)));
    for (name, rules, expected) in [
        ("a laxer one", vec![rule("visa", 20, 30, "2026-01-01", None)], freed(31)),
        ("a stricter one", vec![rule("visa", 5, 30, "2026-01-01", None)], freed(41)),
        ("one of another network", vec![rule("mastercard", 1, 30, "2026-01-01", None)], freed(31)),
        ("one that begins tomorrow", vec![rule("visa", 5, 30, "2026-03-17", None)], freed(31)),
        ("one that begins today", vec![rule("visa", 5, 30, "2026-03-16", None)], freed(41)),
        ("one that ended yesterday", vec![rule("visa", 5, 30, "2025-01-01", Some("2026-03-15"))], freed(31)),
        ("one that ends first", vec![rule("visa", 5, 30, "2025-01-01", Some("2026-03-20"))], freed(31)),
    ] {
        let why = budget("visa", "insufficient_funds", &rules).forbids(&sixteen, now);
        assert_eq!(why.map(|why| why.until), expected, "{name}");
    }
    let last_day = budget("amex", "insufficient_funds", &[rule("amex", 1, 30, "2026-01-01", Some("2026-03-05"))]);
    let once = tries(By::Provider, [0]);
    assert_eq!(last_day.earliest(&once, second(60)), Some(at("2026-03-06T00:00:00Z")), "it holds no more");
    let next_day = budget("amex", "insufficient_funds", &[rule("amex", 0, 30, "2026-03-02", None)]);
    assert_eq!(next_day.forbids(&once, at("2026-03-01T23:59:59Z")), None);
    assert_eq!(next_day.earliest(&once, at("2026-03-02T00:00:00Z")), None, "it allows none");
    let debit = budget("ach", "insufficient_funds", &[rule("ach", 1, 180, "2026-01-01", None)]);
    assert_eq!(debit.earliest(&tries(By::Provider, [0]), second(DAY)), Some(second(DAY)), "the first is none again");
    assert_eq!(debit.earliest(&tries(By::Provider, [0, DAY]), second(9 * DAY)), None);
}

#[test]
fn visa_counts_the_customer_apart_since_its_day() {
    let paid_by_hand = |from: &str| -> Vec<Tried> {
        let from = at(from);
        (0..16).map(|hour| Tried::failed(from + SignedDuration::from_hours(hour), By::Customer)).collect()
    };
    let budget = budget("visa", "insufficient_funds", &[]);
    let before = paid_by_hand("2025-05-17T00:00:00Z");
    assert!(budget.forbids(&before, at("2025-05-18T23:59:59Z")).is_some(), "whoever made them");
    assert_eq!(budget.earliest(&before, at("2025-05-18T12:00:00Z")), Some(at("2025-05-19T00:00:00Z")));
}

#[test]
fn a_card_has_one_budget_for_all_that_it_pays() {
    let with = |card: &str, seconds: Vec<i64>| -> Vec<Tried> {
        let tries = tries(By::Provider, seconds);
        tries.into_iter().map(|tried| Tried { card: Some(card.to_owned()), ..tried }).collect()
    };
    let (own, other) = (with("visa 4242", daily(9).collect()), with("visa 4242", daily(9).collect()));
    let budget = |beside: &[Vec<Tried>]| budget("visa", "insufficient_funds", &[]).for_card("visa 4242", beside);
    let now = second(9 * DAY);
    assert_eq!(budget(&[]).forbids(&own, now), None, "eight further ones");
    let of_old_card = with("visa 1111", daily(16).collect());
    assert_eq!(budget(&[]).forbids(&of_old_card, second(16 * DAY)), None, "another card");
    let untold = tries(By::Provider, daily(16));
    assert!(budget(&[]).forbids(&untold, second(16 * DAY)).is_some(), "it may have been this one");

    let named = |network: &str| -> Vec<Tried> {
        untold[..9].iter().map(|tried| Tried { network: Some(network.to_owned()), ..tried.clone() }).collect()
    };
    for (name, other, used) in [
        ("another debt with the card", other.clone(), 16),
        ("one of them is a further one less", other[..8].to_vec(), 15),
        ("another debt with another card", of_old_card[..9].to_vec(), 8),
        ("another debt of which no card is told", untold[..9].to_vec(), 16),
        ("another debt in the network", named("visa"), 16),
        ("another debt that is debited", named("sepa"), 8),
    ] {
        let budget = budget(&[other]);
        assert_eq!(budget.left(&own, now)[0].used, used, "{name}");
        assert_eq!(budget.forbids(&own, now).is_some(), used >= 15, "{name}");
    }
}

#[test]
fn what_is_counted_for_a_debit_is_counted_for_it_alone() {
    let other = vec![tries(By::Provider, daily(3))];
    let debit = budget("ach", "insufficient_funds", &[]).for_card("ach 6789", &other);
    assert_eq!(debit.forbids(&tries(By::Provider, daily(1)), second(2 * DAY)), None);
}

#[test]
fn a_company_may_look_further_back_than_the_networks() {
    let declines = POLICIES.declines.current();
    let looks_back = |rules: &[NetworkRule]| Budget::looks_back(declines, rules).as_hours() / 24;
    assert_eq!(looks_back(&[]), 30);
    assert_eq!(looks_back(&[rule("visa", 9, 45, "2026-01-01", None)]), 45);
}

#[test]
fn an_invoice_has_the_budget_of_how_it_was_tried_last() {
    let with = |network: &str, card: Option<&str>, seconds: Vec<i64>| -> Vec<Tried> {
        let way = |tried| Tried { network: Some(network.to_owned()), card: card.map(str::to_owned), ..tried };
        tries(By::Provider, seconds).into_iter().map(way).collect()
    };
    let visa = with("visa", Some("visa 4242"), daily(16).collect());
    let newer = with("mastercard", Some("mastercard 5555"), vec![16 * DAY]);
    let debit = with("sepa_debit", None, vec![16 * DAY]);
    let untold = tries(By::Provider, [16 * DAY]);
    for (name, tries, expected) in [
        ("a card", visa.clone(), Some(31 * DAY)),
        ("a newer card", [visa.clone(), newer].concat(), None),
        ("a try of which little was told", [visa, untold].concat(), Some(32 * DAY)),
        ("a debit", debit, Some(21 * DAY)),
        ("nothing", Vec::new(), None),
    ] {
        let (declines, head) = (POLICIES.declines.current(), Head::new("stripe", "default", "cus_1"));
        let judged = Judged::of(declines, &head, &Invoice::new("in_1"), &tries, &[]);
        let budget = judged.budget(declines, &[], &tries, &[]);
        let why = budget.forbids(&tries, second(16 * DAY + 60));
        assert_eq!(why.map(|why| why.until), expected.map(|until| Some(second(until))), "{name}");
    }
}

#[test]
fn what_succeeded_uses_nothing_up() {
    let won = tries(By::Provider, daily(30)).into_iter().map(|tried| Tried { succeeded: true, ..tried });
    assert_eq!(budget("visa", "insufficient_funds", &[]).forbids(&won.collect::<Vec<_>>(), second(30 * DAY)), None);
}

#[test]
fn what_is_left_is_told_with_its_end() {
    let left = |network: &str, seconds: Vec<i64>, now: i64| {
        let left = budget(network, "insufficient_funds", &[]).left(&tries(By::Provider, seconds), second(now));
        left.into_iter().map(|it| (it.rule, it.of, it.used, it.until)).collect::<Vec<_>>()
    };
    let rule = |rule: &str| rule.to_owned();
    assert_eq!(
        left("visa", vec![0, DAY, 2 * DAY], 3 * DAY),
        [(rule("visa: 15 further tries of a card without the customer in 30 days"), 15, 2, Some(second(31 * DAY)))]
    );
    assert_eq!(
        left("mastercard", vec![0, DAY, 2 * DAY], 3 * DAY),
        [
            (rule("mastercard: 10 tries of a card in 1 days"), 10, 0, None),
            (rule("mastercard: 35 tries of a card in 30 days"), 35, 3, Some(second(30 * DAY))),
        ]
    );
    assert_eq!(
        left("ach", vec![0, DAY], 3 * DAY),
        [(rule("ach: 2 times again of a debit in 180 days"), 2, 1, Some(second(180 * DAY)))]
    );
}

/// Numbers that look like chance, and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % sides
    }
}

#[test]
fn whoever_asks_first_never_breaks_a_rule_and_never_waits_too_long() {
    let mut dice = Dice(28);
    for round in 0..300 {
        let network = ["visa", "mastercard", "ach", "sepa", "bacs", "amex"][usize::try_from(dice.roll(6)).unwrap()];
        let imported = [rule(network, 3, 1 + u32::try_from(dice.roll(3)).unwrap(), "2026-03-25", Some("2026-04-05"))];
        let imported = if round % 2 == 0 { &imported[..] } else { &[] };
        let code = ["insufficient_funds", "card_decline_rate_limit_exceeded"][usize::try_from(dice.roll(2)).unwrap()];
        let budget = budget(network, code, imported);
        let by = [By::Provider, By::Recoup, By::Customer];
        let mut made: Vec<Tried> = Vec::new();
        for _ in 0..dice.roll(20) {
            let by = by[usize::try_from(dice.roll(3)).unwrap()];
            made.push(Tried::failed(second(dice.roll(20 * DAY)), by));
        }
        let mut now = second(20 * DAY + dice.roll(20 * DAY));
        for _ in 0..20 {
            let Some(first) = budget.earliest(&made, now) else {
                for _ in 0..50 {
                    let later = now + SignedDuration::from_secs(dice.roll(400 * DAY));
                    assert!(budget.forbids(&made, later).is_some(), "{round} {network}: {later} is allowed after all");
                }
                break;
            };
            assert_eq!(budget.forbids(&made, first), None, "{round} {network}");
            let waited = first.duration_since(now).as_secs();
            for _ in 0..if waited > 0 { 50 } else { 0 } {
                let earlier = now + SignedDuration::from_secs(dice.roll(waited));
                assert!(budget.forbids(&made, earlier).is_some(), "{round} {network}: {earlier} is allowed as well");
            }
            assert!(
                waited == 0 || budget.forbids(&made, first - SignedDuration::from_secs(1)).is_some(),
                "{round} {network}: a second earlier is allowed as well"
            );
            made.push(Tried::failed(first, By::Recoup));
            let left = budget.left(&made, first);
            assert!(left.iter().all(|left| left.used <= left.of), "{round} {network}: {left:?}");
            now = first + SignedDuration::from_secs(dice.roll(3 * DAY));
        }
    }
}

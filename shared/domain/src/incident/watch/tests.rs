//! Storms that are incidents, and busy hours that are none.

use super::*;
use crate::id::AccountId;
use crate::incident::Release;
use crate::money::{Currency, Money};
use crate::policy::Policies;

const NOON: &str = "2026-03-10T12:00:00Z";

fn noon() -> Timestamp {
    NOON.parse().unwrap()
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// A due item `ago` minutes before noon; `signs` are issuer, plan and, if it failed, the family.
fn pulse(n: usize, ago: i64, (issuer, plan, family): (&str, &str, Option<&str>)) -> Pulse {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Pulse {
        provider: "stripe".to_owned(),
        source: "default".to_owned(),
        account: AccountId::of("stripe", "default", &format!("cus_{n}")),
        about: format!("in_{n}_{ago}"),
        trouble: Trouble::Failure,
        at: noon() - minutes(ago),
        outcome: if family.is_some() { Outcome::Trouble } else { Outcome::Well },
        signs: Signs { issuer: text(issuer), plan: text(plan), family: family.map(str::to_owned) },
        amount: Some(Money::from_minor(1000, Currency::USD)),
    }
}

fn many(range: std::ops::Range<usize>, signs: (&str, &str, Option<&str>)) -> Vec<Pulse> {
    range.map(|n| pulse(n, 1 + i64::try_from(n % 50).unwrap(), signs)).collect()
}

fn looked(watch: Watch, pulses: &[Pulse], standing: &[Incident], releases: &Releases, at: Timestamp) -> Looked {
    let policies = Policies::shipped().unwrap();
    let standing = standing.iter().map(|incident| (incident.id.clone(), incident.clone())).collect();
    look(watch, pulses, &standing, releases, at, policies.incidents.current())
}

fn first(pulses: &[Pulse]) -> Looked {
    looked(Watch::new("stripe", "default"), pulses, &[], &Releases::default(), noon())
}

#[test]
fn what_many_share_and_chance_does_not_explain_is_one_incident() {
    let ok = |range| many(range, ("US", "pro", None));
    type Row<'a> = (&'a str, Vec<Vec<Pulse>>, &'a [&'a str]);
    let rows: Vec<Row<'_>> = vec![
        ("the provider is down", vec![many(0..6, ("US", "pro", Some("gateway_error")))], &["family:gateway_error by provider-trouble"]),
        ("one fewer than it takes", vec![many(0..4, ("US", "pro", Some("gateway_error")))], &[]),
        ("a few among many that are paid", vec![many(0..5, ("US", "pro", Some("gateway_error"))), ok(10..210)], &[]),
        ("a billing run with empty accounts", vec![many(0..30, ("US", "pro", Some("insufficient_funds"))), ok(30..130)], &[]),
        ("one bank in Brazil", vec![many(0..12, ("BR", "pro", Some("insufficient_funds"))), ok(20..120)], &["issuer:BR by one-issuer"]),
        (
            "one plan cannot be paid",
            vec![many(0..12, ("US", "team", Some("declined"))), ok(20..120), many(120..140, ("DE", "pro", None))],
            &["plan:team by one-plan"],
        ),
        ("our own rules", vec![many(0..9, ("US", "pro", Some("risk_block"))), ok(20..40)], &["family:risk_block by our-own-set-up"]),
        (
            "two at once",
            vec![
                many(0..12, ("BR", "pro", Some("declined"))),
                many(20..42, ("US", "pro", Some("gateway_error"))),
                many(50..150, ("US", "pro", None)),
            ],
            &["family:gateway_error by provider-trouble", "issuer:BR by one-issuer"],
        ),
    ];
    for (name, parts, expected) in rows {
        let mut found: Vec<_> =
            first(&parts.concat()).incidents.iter().map(|incident| format!("{} by {}", incident.sign.name(), incident.rule)).collect();
        found.sort();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn an_incident_knows_its_members_and_how_unlikely_it_is() {
    let mut pulses = many(0..6, ("US", "pro", Some("gateway_error")));
    // The same customer again, on another invoice.
    pulses.push(pulse(5, 40, ("US", "pro", Some("gateway_error"))));
    let found = first(&pulses);
    let incident = &found.incidents[0];
    assert_eq!((incident.members, incident.accounts, incident.amounts[&Currency::USD].to_string()), (7, 6, "70.00".to_owned()));
    assert_eq!((incident.seen.tries, incident.seen.troubles, incident.seen.expected.to_string()), (Some(7), 7, "0.14".to_owned()));
    assert!(incident.seen.odds > Decimal::from(8), "{}", incident.seen.odds);
    assert_eq!(incident.began_at, noon() - minutes(40));
    let policies = Policies::shipped().unwrap();
    let concerned = |at, family: &str| {
        let signs = Signs { family: Some(family.to_owned()), ..Signs::default() };
        found.watch.incident_of(Trouble::Failure, at, &signs, policies.incidents.current()).is_some()
    };
    assert!(concerned(noon() + minutes(9), "gateway_error"));
    assert!(!concerned(noon(), "expired") && !concerned(noon() - minutes(41), "gateway_error"));
}

#[test]
fn it_grows_while_it_lasts_and_is_over_when_it_has_been_quiet() {
    let mut pulses = many(0..6, ("US", "pro", Some("gateway_error")));
    let found = first(&pulses);
    pulses.extend((10..20).map(|n| pulse(n, -10, ("US", "pro", Some("gateway_error")))));
    let grown = looked(found.watch, &pulses, &found.incidents, &Releases::default(), noon() + minutes(15));
    assert_eq!((grown.incidents.len(), grown.incidents[0].members, grown.incidents[0].state), (1, 16, State::Open));
    assert_eq!(grown.watch.wake_at, Some(noon() + minutes(20)));
    let quiet = looked(grown.watch, &pulses, &grown.incidents, &Releases::default(), noon() + minutes(71));
    assert_eq!((quiet.incidents[0].state, quiet.incidents[0].ended_at), (State::Over, Some(noon() + minutes(71))));
    assert_eq!(quiet.watch.wake_at, None, "nothing stirs");
    let again = looked(quiet.watch, &pulses, &quiet.incidents, &Releases::default(), noon() + minutes(72));
    assert_eq!(again.incidents, [], "what is over is not found again");
}

#[test]
fn what_was_usual_is_no_news_and_an_incident_does_not_become_usual() {
    // For a week, one in four tries meets the gateway's trouble: bad, and usual.
    let usual: Vec<_> =
        (0..800).map(|n| pulse(n, 61 + i64::try_from(n).unwrap() * 12, ("US", "pro", (n % 4 == 0).then_some("gateway_error")))).collect();
    let before = looked(Watch::new("stripe", "default"), &usual, &[], &Releases::default(), noon());
    assert_eq!(before.watch.days.len(), 8);
    let today: Vec<_> =
        many(1000..1024, ("US", "pro", None)).into_iter().chain(many(1024..1036, ("US", "pro", Some("gateway_error")))).collect();
    let known = looked(before.watch.clone(), &today, &[], &Releases::default(), noon() + minutes(1));
    assert_eq!(known.incidents, []);
    let unknown = looked(Watch::new("stripe", "default"), &today, &[], &Releases::default(), noon() + minutes(1));
    assert_eq!(unknown.incidents.len(), 1, "without a history it is news");

    let storm = many(2000..2040, ("US", "pro", Some("gateway_error")));
    let found = looked(before.watch.clone(), &storm, &[], &Releases::default(), noon());
    assert_eq!(found.incidents.len(), 1);
    let later = looked(found.watch, &storm, &found.incidents, &Releases::default(), noon() + minutes(180));
    assert_eq!(
        later.watch.count(Trouble::Failure, &Sign::Family("gateway_error".to_owned())),
        before.watch.count(Trouble::Failure, &Sign::Family("gateway_error".to_owned()))
    );
}

#[test]
fn what_went_live_shortly_before_is_the_likely_cause() {
    let pulses = many(0..9, ("US", "pro", Some("authentication")));
    for (ago, rule) in [(80, "after-a-release"), (200, "our-own-set-up"), (5, "our-own-set-up")] {
        let mut releases = Releases::default();
        releases.tell(Release { at: noon() - minutes(ago), name: "checkout 4.2".to_owned(), told_by: "mara".to_owned() });
        let found = looked(Watch::new("stripe", "default"), &pulses, &[], &releases, noon());
        assert_eq!((found.incidents[0].rule.as_str(), found.incidents[0].release.is_some()), (rule, rule == "after-a-release"), "{ago}");
    }
}

#[test]
fn disputes_that_come_together_are_one_incident() {
    let dispute = |n: usize, ago, reason| Pulse { trouble: Trouble::Dispute, ..pulse(n, ago, ("US", "pro", Some(reason))) };
    let few: Vec<_> = (0..3).map(|n| dispute(n, 60 * i64::try_from(n).unwrap(), "fraudulent")).collect();
    assert_eq!(first(&few).incidents, []);
    let many: Vec<_> = (0..7).map(|n| dispute(n, 60 * i64::try_from(n).unwrap(), "fraudulent")).collect();
    let found = first(&many);
    assert_eq!((found.incidents.len(), found.incidents[0].rule.as_str(), found.incidents[0].seen.tries), (1, "many-disputes", None));
    assert_eq!(found.watch.wake_at, Some(noon() + SLOWLY));
}

//! Storms that are incidents, and busy hours that are none.

use super::watch::Count;
use super::*;
use crate::id::AccountId;
use crate::money::{Currency, Money};
use crate::policies::Policies;
use jiff::SignedDuration;

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
    let policy = policies.incidents.current();
    let standing = standing.iter().map(|incident| (incident.id.clone(), incident.clone())).collect();
    let inside = |trouble: Trouble, stretch: Stretch| {
        let inside = |pulse: &&Pulse| pulse.trouble == trouble && pulse.at > stretch.since && pulse.at <= stretch.until;
        pulses.iter().filter(inside).cloned().collect::<Vec<_>>()
    };
    let reads: Vec<_> = Trouble::ALL
        .into_iter()
        .map(|trouble| Read {
            trouble,
            lately: inside(trouble, watch.lately(trouble, at, policy)),
            past: watch.uncounted(trouble, at, policy).map(|stretch| (stretch, inside(trouble, stretch))).collect(),
        })
        .collect();
    look(watch, &reads, &standing, releases, at, policy)
}

fn first(pulses: &[Pulse]) -> Looked {
    looked(Watch::new("stripe", "default"), pulses, &[], &Releases::default(), noon())
}

#[test]
fn people_hear_of_an_incident_when_it_begins_and_when_it_is_over() {
    let found = first(&many(0..6, ("US", "pro", Some("gateway_error")))).incidents.remove(0);
    let more = Incident { members: found.members + 1, ..found.clone() };
    let over = Incident { state: State::Over, ..more.clone() };
    for (name, now, before, expected) in [
        ("it is new", &found, None, true),
        ("more are in it", &more, Some(&found), false),
        ("it is over", &over, Some(&more), true),
        ("it is over already", &over, Some(&over), false),
    ] {
        assert_eq!(now.is_news(before), expected, "{name}");
    }
}

#[test]
fn what_many_share_and_chance_does_not_explain_is_one_incident() {
    let ok = |range| many(range, ("US", "pro", None));
    type Row<'a> = (&'a str, Vec<Vec<Pulse>>, &'a [&'a str]);
    let rows: Vec<Row<'_>> = vec![
        (
            "the provider is down",
            vec![many(0..6, ("US", "pro", Some("gateway_error")))],
            &["family:gateway_error by provider-trouble"],
        ),
        ("one fewer than it takes", vec![many(0..4, ("US", "pro", Some("gateway_error")))], &[]),
        ("a few among many that are paid", vec![many(0..5, ("US", "pro", Some("gateway_error"))), ok(10..210)], &[]),
        (
            "a billing run with empty accounts",
            vec![many(0..30, ("US", "pro", Some("insufficient_funds"))), ok(30..130)],
            &[],
        ),
        (
            "one bank in Brazil",
            vec![many(0..12, ("BR", "pro", Some("insufficient_funds"))), ok(20..120)],
            &["issuer:BR by one-issuer"],
        ),
        (
            "one plan cannot be paid",
            vec![many(0..12, ("US", "team", Some("declined"))), ok(20..120), many(120..140, ("DE", "pro", None))],
            &["plan:team by one-plan"],
        ),
        (
            "our own rules",
            vec![many(0..9, ("US", "pro", Some("risk_block"))), ok(20..40)],
            &["family:risk_block by our-own-set-up"],
        ),
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
        let mut found: Vec<_> = first(&parts.concat())
            .incidents
            .iter()
            .map(|incident| format!("{} by {}", incident.sign.name(), incident.rule))
            .collect();
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
    assert_eq!(
        (incident.members, incident.accounts, incident.amounts[&Currency::USD].to_string()),
        (7, 6, "70.00".to_owned())
    );
    assert_eq!(
        (incident.seen.tries, incident.seen.troubles, incident.seen.expected.to_string()),
        (Some(7), 7, "0.14".to_owned())
    );
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
    assert_eq!(quiet.watch.wake_at, None);
    let again = looked(quiet.watch, &pulses, &quiet.incidents, &Releases::default(), noon() + minutes(72));
    assert_eq!(again.incidents, [], "what is over is not found again");
}

/// A watch that has counted the week before.
fn caught_up(pulses: &[Pulse]) -> Watch {
    first(pulses).watch
}

#[test]
fn what_was_usual_is_no_news_and_an_incident_does_not_become_usual_by_itself() {
    // For a week, one in four tries meets the gateway's trouble: bad, and usual.
    let usual: Vec<_> = (0..800)
        .map(|n| pulse(n, 61 + i64::try_from(n).unwrap() * 12, ("US", "pro", (n % 4 == 0).then_some("gateway_error"))))
        .collect();
    let before = caught_up(&usual);
    assert_eq!((before.days.len(), before.counted(Trouble::Failure, &Sign::Source).tries), (8, 800));
    let today: Vec<_> = many(1000..1024, ("US", "pro", None))
        .into_iter()
        .chain(many(1024..1036, ("US", "pro", Some("gateway_error"))))
        .collect();
    let known = looked(before.clone(), &today, &[], &Releases::default(), noon() + minutes(1));
    assert_eq!(known.incidents, []);
    let unknown = looked(Watch::new("stripe", "default"), &today, &[], &Releases::default(), noon() + minutes(1));
    assert_eq!(unknown.incidents.len(), 1, "without a history it is news");

    let storm = many(2000..2040, ("US", "pro", Some("gateway_error")));
    let found = looked(before.clone(), &storm, &[], &Releases::default(), noon());
    assert_eq!(found.incidents.len(), 1);
    let later = looked(found.watch, &storm, &found.incidents, &Releases::default(), noon() + minutes(180));
    let family = Sign::Family("gateway_error".to_owned());
    assert_eq!(later.watch.counted(Trouble::Failure, &family), before.counted(Trouble::Failure, &family));
}

#[test]
fn of_two_incidents_each_goes_on_by_itself() {
    let mut pulses = [
        many(0..12, ("BR", "pro", Some("declined"))),
        many(20..42, ("US", "pro", Some("gateway_error"))),
        many(50..150, ("US", "pro", None)),
    ]
    .concat();
    let found = first(&pulses);
    assert_eq!(found.incidents.len(), 2);
    let again = looked(found.watch.clone(), &pulses, &found.incidents, &Releases::default(), noon() + minutes(5));
    assert!(
        again.incidents.iter().all(|incident| incident.state == State::Open),
        "nothing has changed: {:?}",
        again.incidents
    );
    // At night nobody else pays: too few to compare with, and still the same bank.
    pulses.retain(|pulse| pulse.signs.issuer.as_deref() == Some("BR"));
    let alone = looked(found.watch, &pulses, &found.incidents, &Releases::default(), noon() + minutes(5));
    let bank = alone.incidents.iter().find(|incident| incident.sign == Sign::Issuer("BR".to_owned()));
    assert!(bank.is_none_or(|incident| incident.state == State::Open), "{bank:?}");
}

#[test]
fn what_lasts_for_days_is_over_and_not_raised_again_while_the_days_learn_it() {
    let mut watch = Watch::new("stripe", "default");
    let mut standing: Vec<Incident> = Vec::new();
    let mut ended = Vec::new();
    for hour in 0..24 * 6 {
        let now = noon() + minutes(60 * hour);
        let pulses: Vec<_> = (0..hour * 30 + 30)
            .map(|n| pulse(usize::try_from(n).unwrap(), -60 * (n / 30), ("US", "pro", Some("authentication"))))
            .collect();
        let looked = looked(watch, &pulses, &standing, &Releases::default(), now + minutes(30));
        for incident in looked.incidents {
            standing.retain(|known| known.id != incident.id);
            ended.extend(incident.ended_at.filter(|_| incident.became_usual));
            standing.push(incident);
        }
        watch = looked.watch;
    }
    assert_eq!((standing.len(), ended.len(), standing[0].state), (1, 1, State::Over), "{standing:?}");
    assert!(
        watch.counted(Trouble::Failure, &Sign::Family("authentication".to_owned())) != Count::default(),
        "it is learned"
    );
}

#[test]
fn what_is_told_hours_late_is_still_found() {
    let policies = Policies::shipped().unwrap();
    let policy = policies.incidents.current();
    let pulses: Vec<_> = many(0..9, ("US", "pro", Some("gateway_error")));
    let now = noon() + minutes(60 * 5);
    assert_eq!(looked(Watch::new("stripe", "default"), &pulses, &[], &Releases::default(), now).incidents, []);
    let mut watch = Watch::new("stripe", "default");
    for pulse in &pulses {
        watch.arm(Trouble::Failure, pulse.at, now, policy);
    }
    let found = looked(watch, &pulses, &[], &Releases::default(), now);
    assert_eq!((found.incidents.len(), found.watch.late.len()), (1, 1));
}

#[test]
fn what_both_signs_tell_keeps_both_incidents_open_and_an_open_one_counts_first() {
    // A plan fails, and a minute later everything does: its customers belong to both.
    let plan = [many(0..12, ("US", "team", Some("declined"))), many(20..120, ("US", "pro", None))].concat();
    let found = first(&plan);
    let all = [plan, many(200..260, ("US", "team", Some("declined"))), many(300..340, ("US", "pro", Some("declined")))]
        .concat();
    let grown = looked(found.watch, &all, &found.incidents, &Releases::default(), noon() + minutes(5));
    let mut standing = found.incidents.clone();
    for incident in grown.incidents {
        standing.retain(|known| known.id != incident.id);
        standing.push(incident);
    }
    assert!(standing.iter().all(|incident| incident.state == State::Open), "{standing:?}");
}

#[test]
fn somebody_looks_while_enough_are_in_trouble_or_days_are_not_counted() {
    let own = |count: usize| many(0..count, ("US", "pro", Some("expired")));
    let soon = |minute: i64| Some(noon() + minutes(minute + 5));
    let disputes: Vec<_> = own(4).into_iter().map(|pulse| Pulse { trouble: Trouble::Dispute, ..pulse }).collect();
    let hourly = Some(noon() + minutes(60));
    type Row = (&'static str, Vec<Pulse>, i64, usize, Option<Timestamp>);
    let rows: [Row; 6] = [
        ("nobody", own(0), 0, 0, None),
        ("four are no five", own(4), 0, 0, None),
        ("five may become an incident", own(5), 0, 0, soon(0)),
        ("one is past the window", own(5), 59, 0, None),
        ("disputes are looked over by the hour", disputes.clone(), 0, 1, hourly),
        ("three disputes", disputes[..3].to_vec(), 0, 0, None),
    ];
    for (name, pulses, minute, found, wake_at) in rows {
        let looked = looked(caught_up(&[]), &pulses, &[], &Releases::default(), noon() + minutes(minute));
        assert_eq!((looked.incidents.len(), looked.watch.wake_at), (found, wake_at), "{name}");
    }
    // Who has read nothing of the days before looks again until they are counted.
    let policies = Policies::shipped().unwrap();
    let policy = policies.incidents.current();
    let reads = |watch: &Watch| {
        Trouble::ALL.map(|trouble| Read {
            trouble,
            lately: Vec::new(),
            past: watch.uncounted(trouble, noon(), policy).take(4).map(|stretch| (stretch, Vec::new())).collect(),
        })
    };
    let mut watch = Watch::new("stripe", "default");
    let mut wakes = Vec::new();
    for _ in 0..3 {
        let reads = reads(&watch);
        watch = look(watch, &reads, &BTreeMap::new(), &Releases::default(), noon(), policy).watch;
        wakes.push(watch.wake_at);
    }
    assert_eq!(wakes, [soon(0), None, None], "seven days, by four");
}

#[test]
fn a_storm_writes_the_watch_once_and_once_more_while_it_rings() {
    let policies = Policies::shipped().unwrap();
    let policy = policies.incidents.current();
    let mut watch = caught_up(&[]);
    let told = |watch: &mut Watch, minute| {
        watch.arm(Trouble::Failure, noon() + minutes(minute), noon() + minutes(minute), policy)
    };
    assert!(told(&mut watch, 0));
    assert!(!told(&mut watch, 1), "once is enough");
    assert!(told(&mut watch, 6), "whoever looks now may not see this one");
    assert!(!told(&mut watch, 7) && watch.wake_at == Some(noon() + minutes(5)), "and is not put off");
    let seen = looked(watch, &[], &[], &Releases::default(), noon() + minutes(7));
    assert_eq!((seen.watch.wake_at, seen.watch.again), (Some(noon() + minutes(12)), false));
    let last = looked(seen.watch, &[], &[], &Releases::default(), noon() + minutes(12));
    assert_eq!(last.watch.wake_at, None);
}

#[test]
fn who_may_store_a_trouble_only_after_the_alarm_has_it_looked_for_once_more() {
    let policies = Policies::shipped().unwrap();
    let policy = policies.incidents.current();
    for (name, secs, again) in [
        ("long before it rings", 60, false),
        ("just long enough before", 11, false),
        ("too shortly before", 10, true),
        ("a moment before", 1, true),
        ("as it rings", 0, true),
        ("while it rings", -60, true),
    ] {
        let mut watch = caught_up(&[]);
        let rings_at = noon() + minutes(5);
        assert!(watch.arm(Trouble::Failure, noon(), noon(), policy), "{name}");
        assert_eq!((watch.wake_at, watch.again), (Some(rings_at), false), "{name}");
        let told_at = rings_at - SignedDuration::from_secs(secs);
        assert_eq!(
            watch.arm(Trouble::Failure, told_at, told_at, policy),
            again,
            "{name}: it is written where it must be"
        );
        assert_eq!((watch.wake_at, watch.again), (Some(rings_at), again), "{name}");
        assert!(!watch.arm(Trouble::Failure, told_at, told_at, policy), "{name}: and no more than once");
    }
}

#[test]
fn what_was_late_once_is_not_late_for_ever() {
    let policies = Policies::shipped().unwrap();
    let policy = policies.incidents.current();
    let mut watch = caught_up(&[]);
    watch.arm(Trouble::Failure, noon() - minutes(60 * 48), noon(), policy);
    watch.arm(Trouble::Failure, noon() - minutes(120), noon() + minutes(1), policy);
    let from = |watch: &Watch| noon().duration_since(watch.late[&Trouble::Failure].from).as_mins();
    assert_eq!(from(&watch), 60 * 48, "what comes together is weighed together");
    watch.arm(Trouble::Failure, noon() - minutes(120), noon() + minutes(120), policy);
    assert_eq!(from(&watch), 120);
}

#[test]
fn a_source_with_a_price_for_every_customer_keeps_what_is_frequent() {
    let pulses: Vec<_> = (0..2000)
        .map(|n| pulse(n, 61 + i64::try_from(n % 1000).unwrap(), ("US", &format!("price_{n}"), None)))
        .collect();
    let watch = caught_up(&pulses);
    assert!(watch.days.values().all(|day| day.values().all(|counts| counts.len() <= 150)));
    assert_eq!(watch.counted(Trouble::Failure, &Sign::Source).tries, 2000);
}

#[test]
fn what_went_live_shortly_before_is_the_likely_cause() {
    let pulses = many(0..9, ("US", "pro", Some("authentication")));
    for (ago, rule) in [(80, "after-a-release"), (200, "our-own-set-up"), (5, "our-own-set-up")] {
        let mut releases = Releases::default();
        releases.add(Release {
            at: noon() - minutes(ago),
            name: "checkout 4.2".to_owned(),
            told_by: "mara".to_owned(),
        });
        let found = looked(Watch::new("stripe", "default"), &pulses, &[], &releases, noon());
        assert_eq!(
            (found.incidents[0].rule.as_str(), found.incidents[0].release.is_some()),
            (rule, rule == "after-a-release"),
            "{ago}"
        );
    }
}

#[test]
fn disputes_that_come_together_are_one_incident() {
    let dispute =
        |n: usize, ago, reason| Pulse { trouble: Trouble::Dispute, ..pulse(n, ago, ("US", "pro", Some(reason))) };
    let few: Vec<_> = (0..3).map(|n| dispute(n, 60 * i64::try_from(n).unwrap(), "fraudulent")).collect();
    assert_eq!(first(&few).incidents, []);
    let many: Vec<_> = (0..7).map(|n| dispute(n, 60 * i64::try_from(n).unwrap(), "fraudulent")).collect();
    let found = first(&many);
    assert_eq!(
        (found.incidents.len(), found.incidents[0].rule.as_str(), found.incidents[0].seen.tries),
        (1, "many-disputes", None)
    );
    assert_eq!(found.watch.wake_at, Some(noon() + minutes(60)));
    // An hour later nothing is new: it goes on; after days of silence it is over.
    let later = looked(found.watch.clone(), &many, &found.incidents, &Releases::default(), noon() + minutes(61));
    assert_eq!(later.incidents, []);
    let over = looked(found.watch, &many, &found.incidents, &Releases::default(), noon() + minutes(60 * 60));
    assert_eq!(over.incidents[0].state, State::Over);
}

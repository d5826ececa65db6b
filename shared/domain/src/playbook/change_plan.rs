//! Playbook 3: an upgrade is made at once, and it is said what that costs; a downgrade waits for the next period.
//!
//! What a change comes to is decided in `action/change.rs`; here it is put into words.

use super::{Name, Play, Setting, Step, When, by_hand};
use crate::action::{
    Action, Effective, Kind, Known, MidPeriod, NoPreview, Params, Reason, RestOfPeriod, Shown, State, Wish, plan_change,
};
use crate::event::Stated;
use crate::import::Price;
use crate::money::Money;
use crate::policy::phrase;
use crate::staff::Role;
use jiff::Timestamp;

/// What somebody wants to change.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    pub subscription: &'a str,
    /// The price that is wanted.
    pub plan: &'a str,
    /// Who must agree to each, where the asker may not decide alone.
    pub upgrade: &'a [Role],
    pub downgrade: &'a [Role],
}

/// How a change is told.
struct Told<'a> {
    kind: &'static str,
    verdict: &'static str,
    effective_on: Timestamp,
    /// What is charged for the rest of the period, where that is known.
    due: Option<Money>,
    /// The same for the customer.
    charged: String,
    approvals: &'a [Role],
    text: &'a str,
}

/// Says what a change of plan would be, and what is done and written with it.
pub fn change_plan(scene: Setting<'_>, known: &Known<'_>, change: Change<'_>) -> Result<Play, NoPreview> {
    let asked = plan_change(known, change.subscription, change.plan)?;
    let effective = asked.effective(known)?;
    let told = told(scene, change, &effective);
    let names = [
        named(asked.listed, asked.from.name.as_ref().unwrap_or(&asked.from.price)),
        named(Some(asked.to), change.plan),
    ];
    let prices = asked.units.map(|unit| format!("{unit} × {}", asked.from.quantity));
    let verdict = format!("{} from {} to {}, {}.", first_upper(told.kind), names[0], names[1], told.verdict);
    let mut play = scene.play(Name::ChangePlan, verdict);
    play.look("plan as it is", format!("{} at {}", names[0], prices[0]));
    play.look("plan that is wanted", format!("{} at {}{}", names[1], prices[1], taxed(asked.to)));
    let params = Params {
        subscription: Some(change.subscription.to_owned()),
        plan: Some(change.plan.to_owned()),
        ..Params::default()
    };
    let wish = Wish { kind: told.kind.to_owned(), params };
    play.push(Step::Ask {
        kind: told.kind,
        target: change.subscription.to_owned(),
        amount: told.due,
        approvals: told.approvals.to_vec(),
        lines: asked.lines(asked.price, &effective),
        why: format!("to {}", change.plan),
        action: scene.wanted(wish, Reason::Other, ""),
    });
    let reader = scene.reader;
    let [before, after] = asked.units.map(|unit| format!("{} × {}", reader.amount(unit), asked.from.quantity));
    let values = [
        ("plan_before", names[0].clone()),
        ("plan", names[1].clone()),
        ("price_before", before),
        ("price", after),
        ("effective_on", reader.date(told.effective_on)),
        ("features", included(scene, &asked.to.features)),
        ("amount", told.charged),
    ];
    play.push(scene.say(When::AfterItIsDone, told.text, &values));
    if let Effective::AtOnce(_) = effective {
        play.push(welcome(scene, &names[1], None));
    }
    let discounted = asked.subscription.discount.value().and_then(Stated::value).is_some();
    let missing = [
        (discounted, "how the running discount applies to the new plan: the figures are before it"),
        (asked.to.features.is_empty(), "the features of the new plan: the catalogue names none"),
        (
            effective == Effective::AtOnce(RestOfPeriod::NotKnown),
            "what the rest of this period costs: a price is not known here",
        ),
    ];
    play.missing.extend(missing.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, what)| what.to_owned()));
    Ok(play)
}

/// Whether the price of a plan is all that is paid, as the catalogue says.
fn taxed(price: &Price) -> &'static str {
    match price.tax_inclusive {
        Some(true) => ", with its tax",
        Some(false) => ", and tax on top",
        None => "",
    }
}

/// Somebody speaks to whoever has upgraded: the task is made once that is done.
fn welcome(scene: Setting<'_>, plan: &str, done: Option<&Action>) -> Step {
    Step::Task {
        who: by_hand::SUCCESS,
        what: format!("onboarding call for {plan}"),
        due_on: scene.day(scene.policy.onboarding_days),
        about: done.map(by_hand::welcoming),
    }
}

/// The same play once the change was asked for: its figures are those that were shown then.
pub fn plan_changed(scene: Setting<'_>, known: &Known<'_>, action: &Action) -> Option<Play> {
    let (plan, effective_on) = match &action.kind {
        Kind::Upgrade { plan, .. } => (plan, action.ended_at().unwrap_or(action.requested_at)),
        Kind::Downgrade { plan, at, .. } => (plan, *at),
        _ => return None,
    };
    let (kind, reader, texts) = (action.kind.name(), scene.reader, &scene.policy.texts);
    let line = |label: &str| action.preview.lines.iter().find(|line| line.label == label);
    let side = |shown: Option<&Shown>| match shown {
        Some(Shown::Money(money)) => reader.amount(money),
        Some(Shown::Text(text)) => text.clone(),
        None => String::new(),
    };
    let listed = |price: &str| known.prices.iter().find(|listed| listed.price == price);
    let before = line("Plan").map(|line| side(line.before.as_ref())).unwrap_or_default();
    let names = [named(listed(&before), &before), named(listed(plan), plan)];
    let each = line("Each period");
    let features = listed(plan).map(|price| price.features.as_slice()).unwrap_or_default();
    let charged = match line("Charged for the rest of this period").and_then(|line| line.after.as_ref()) {
        Some(Shown::Money(due)) => reader.amount(due),
        _ if known.manners.mid_period == MidPeriod::NotCharged => reader.words(phrase::NOTHING).to_owned(),
        _ => reader.words(phrase::ITS_SHARE).to_owned(),
    };
    let mut play = scene.play(Name::ChangePlan, format!("{} from {} to {}.", first_upper(kind), names[0], names[1]));
    play.push(scene.asked(action, &format!("to {plan}")));
    let values = [
        ("plan_before", names[0].clone()),
        ("plan", names[1].clone()),
        ("price_before", each.map(|line| side(line.before.as_ref())).unwrap_or_default()),
        ("price", each.map(|line| side(line.after.as_ref())).unwrap_or_default()),
        ("effective_on", reader.date(effective_on)),
        ("features", included(scene, features)),
        ("amount", charged),
    ];
    let is_upgrade = matches!(action.kind, Kind::Upgrade { .. });
    let text = if is_upgrade { &texts.upgraded } else { &texts.downgraded };
    play.push(scene.say(When::AfterItIsDone, text, &values));
    if is_upgrade {
        let done = (action.state() == State::Executed).then_some(action);
        play.push(welcome(scene, &names[1], done));
    }
    Some(play)
}

/// What the plan includes, in a sentence; nothing, where nobody has said it.
fn included(scene: Setting<'_>, features: &[String]) -> String {
    if features.is_empty() {
        return String::new();
    }
    format!("{} {}.", scene.reader.words(phrase::INCLUDES), scene.reader.list(features))
}

fn told<'a>(scene: Setting<'a>, change: Change<'a>, effective: &Effective) -> Told<'a> {
    let rest = match effective {
        Effective::AtRenewal(at) => {
            return Told {
                kind: "downgrade",
                verdict: "at the next renewal; until then nothing changes and nothing is charged",
                effective_on: *at,
                due: None,
                charged: String::new(),
                approvals: change.downgrade,
                text: &scene.policy.texts.downgraded,
            };
        }
        Effective::AtOnce(rest) => rest,
    };
    let (verdict, due, charged) = match rest {
        RestOfPeriod::Charged(proration) => {
            let charged = scene.reader.amount(proration.total);
            ("at once, charged for the rest of the period", Some(proration.total), charged)
        }
        RestOfPeriod::NotCharged => (
            "at once; nothing is charged for the rest of the period, and the next payment is the new amount",
            None,
            scene.reader.words(phrase::NOTHING).to_owned(),
        ),
        RestOfPeriod::NotKnown => (
            "at once, charged for the rest of the period as the provider counts",
            None,
            scene.reader.words(phrase::ITS_SHARE).to_owned(),
        ),
    };
    Told {
        kind: "upgrade",
        verdict,
        effective_on: scene.now,
        due,
        charged,
        approvals: change.upgrade,
        text: &scene.policy.texts.upgraded,
    }
}

fn named(price: Option<&Price>, otherwise: &str) -> String {
    price
        .and_then(|price| price.name.as_ref().or(price.plan.as_ref()))
        .map_or_else(|| otherwise.to_owned(), Clone::clone)
}

fn first_upper(word: &str) -> String {
    format!("{}{}", word[..1].to_uppercase(), &word[1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Manners, preview};
    use crate::book::{Head, Touched};
    use crate::event::{
        Event, Interval, IntervalUnit, Item, Kind, Origin, Role as Part, Seen, SubscriptionSeen, SubscriptionStatus,
    };
    use crate::id::AccountId;
    use crate::money::prorate::Method;
    use crate::money::{Currency, Rate};
    use crate::policies::Policies;
    use jiff::SignedDuration;
    use rust_decimal::Decimal;

    const MONTHLY: Interval = Interval { unit: IntervalUnit::Month, count: 1 };

    #[test]
    fn a_play_says_of_a_change_what_its_preview_shows() {
        use SubscriptionStatus::{Active, Trial};
        let policies = Policies::shipped().unwrap();
        let now = time("2026-03-16T21:00:00Z");
        let scene = Setting {
            policy: policies.playbooks.current(),
            reader: policies.texts.current().reader(None, None),
            name: "Ada",
            account: &AccountId::of("p", "default", "cus_1"),
            case: None,
            now,
        };
        let prices = [price("basic", 19, 1), price("pro", 49, 2), price("business", 99, 3)];
        let by_day = MidPeriod::Prorated(Method::ByDay);
        for (what, status, mid_period, plan, kind, due, written) in [
            (
                "by second",
                Active,
                Manners::PLAIN.mid_period,
                "business",
                "upgrade",
                Some("75.00 USD"),
                "charge 75.00 USD.",
            ),
            ("by day", Active, by_day, "business", "upgrade", Some("77.42 USD"), "charge 77.42 USD."),
            ("not charged", Active, MidPeriod::NotCharged, "business", "upgrade", None, "we charge nothing."),
            ("on trial", Trial, by_day, "business", "upgrade", Some("0.00 USD"), "charge 0.00 USD."),
            ("downgrade", Active, by_day, "basic", "downgrade", None, "on 2026-04-01."),
        ] {
            let (head, records) = told(status, Some(49));
            let manners = Manners { mid_period, ..Manners::PLAIN };
            let known = Known {
                head: &head,
                manners: &manners,
                records: &records,
                prices: &prices,
                papers: &crate::action::NO_PAPERS,
                now,
            };
            let change = Change { subscription: "sub_1", plan, upgrade: &[], downgrade: &[] };
            let play = change_plan(scene, &known, change).unwrap();
            let params = Params { plan: Some(plan.to_owned()), ..Params::default() };
            let settled = Wish { kind: kind.to_owned(), params }.settle(&known).unwrap();
            let clause = Clause { rule: String::new(), policy_version: 1, why: String::new() };
            let shown = preview(&settled, known, Reason::Other, clause).unwrap();
            let asked = play.steps.iter().find_map(|placed| match &placed.step {
                Step::Ask { kind, amount, lines, .. } => {
                    Some((*kind, amount.map(|due| due.to_string()), lines.clone()))
                }
                _ => None,
            });
            assert_eq!(asked, Some((kind, due.map(str::to_owned), shown.lines)), "{what}");
            let mail = play.steps.iter().find_map(|placed| match &placed.step {
                Step::Say { reply, .. } => Some(reply.body.clone()),
                _ => None,
            });
            assert!(mail.as_ref().is_some_and(|mail| mail.contains(written)), "{what}: {mail:?}");
        }
    }

    #[test]
    fn what_a_plan_includes_is_a_sentence_of_the_letter() {
        let policies = Policies::shipped().unwrap();
        let (now, account) = (time("2026-03-16T21:00:00Z"), AccountId::of("p", "default", "cus_1"));
        let features: Vec<String> = ["reports", "audit log", "SSO"].map(str::to_owned).to_vec();
        let prices = [price("pro", 49, 2), Price { features, ..price("business", 99, 3) }];
        let (head, records) = told(SubscriptionStatus::Active, Some(49));
        let known = Known {
            head: &head,
            manners: &Manners::PLAIN,
            records: &records,
            prices: &prices,
            papers: &crate::action::NO_PAPERS,
            now,
        };
        for (locale, expected) in [
            ("en", "\nThe new plan includes: reports, audit log and SSO.\n"),
            ("de", "\nDer neue Tarif enthält: reports, audit log und SSO.\n"),
            ("fr", "\nLa nouvelle formule comprend : reports, audit log et SSO.\n"),
            ("es", "\nEl nuevo plan incluye: reports, audit log y SSO.\n"),
        ] {
            let (policy, reader) = (policies.playbooks.current(), policies.texts.current().reader(Some(locale), None));
            let scene = Setting { policy, reader, name: "Ada", account: &account, case: None, now };
            let change = Change { subscription: "sub_1", plan: "business", upgrade: &[], downgrade: &[] };
            let play = change_plan(scene, &known, change).unwrap();
            let body = play.steps.iter().find_map(|placed| match &placed.step {
                Step::Say { reply, .. } => Some(reply.body.clone()),
                _ => None,
            });
            assert!(body.as_ref().is_some_and(|body| body.contains(expected)), "{locale}: {body:?}");
        }
    }

    #[test]
    fn a_price_that_is_not_told_is_left_to_the_provider_to_count() {
        let policies = Policies::shipped().unwrap();
        let now = time("2026-03-16T21:00:00Z");
        let (policy, reader) = (policies.playbooks.current(), policies.texts.current().reader(None, None));
        let account = AccountId::of("p", "default", "cus_1");
        let scene = Setting { policy, reader, name: "Ada", account: &account, case: None, now };
        let prices = [price("pro", 49, 2), price("business", 99, 3)];
        let (head, records) = told(SubscriptionStatus::Active, None);
        let known = Known {
            head: &head,
            manners: &Manners::PLAIN,
            records: &records,
            prices: &prices,
            papers: &crate::action::NO_PAPERS,
            now,
        };
        let change = Change { subscription: "sub_1", plan: "business", upgrade: &[], downgrade: &[] };
        let play = change_plan(scene, &known, change).unwrap();
        assert!(play.verdict.ends_with("at once, charged for the rest of the period as the provider counts."));
        assert!(play.missing.iter().any(|missing| missing.starts_with("what the rest of this period costs")));

        for (tax_inclusive, ends) in
            [(None, "× 3"), (Some(true), "× 3, with its tax"), (Some(false), "× 3, and tax on top")]
        {
            let prices = [price("pro", 49, 2), Price { tax_inclusive, ..price("business", 99, 3) }];
            let play = change_plan(scene, &Known { prices: &prices, ..known }, change).unwrap();
            let wanted = play.steps.iter().find_map(|placed| match &placed.step {
                Step::Look { what: "plan that is wanted", found } => Some(found.clone()),
                _ => None,
            });
            assert!(wanted.as_ref().is_some_and(|found| found.ends_with(ends)), "{tax_inclusive:?}: {wanted:?}");
        }
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn usd(amount: i64) -> Rate {
        Rate::new(Decimal::from(amount), Currency::USD)
    }

    fn price(price: &str, unit: i64, rank: u32) -> Price {
        Price {
            provider: "p".into(),
            source: "default".into(),
            price: price.into(),
            plan: None,
            name: None,
            role: Part::Plan,
            unit: Some(usd(unit)),
            tiers: vec![],
            interval: Some(MONTHLY),
            features: vec![],
            tax_inclusive: None,
            from: None,
            until: None,
            rank: Some(rank),
        }
    }

    /// Three seats of a plan for March.
    fn told(status: SubscriptionStatus, unit: Option<i64>) -> (Head, Touched) {
        let item = Item {
            id: None,
            price: "pro".into(),
            name: None,
            role: Part::Plan,
            unit: unit.map(usd),
            quantity: 3,
            interval: Some(MONTHLY),
        };
        let seen = SubscriptionSeen {
            id: "sub_1".into(),
            status: Some(status),
            items: Some(vec![item]),
            period_start: Some(time("2026-03-01T09:00:00Z")),
            renews_at: Some(time("2026-04-01T09:00:00Z")),
            ..SubscriptionSeen::default()
        };
        let event = Event {
            id: "evt_1".into(),
            provider: "p".into(),
            source: "default".into(),
            origin: Origin::Webhook,
            kind: Kind::SubscriptionChanged,
            at: time("2026-03-01T09:00:00Z"),
            customer: Some("cus_1".into()),
            seen: vec![Seen::Subscription(seen)],
        };
        let (mut head, mut touched) = (Head::new("p", "default", "cus_1"), Touched::default());
        touched.fold(&mut head, &event, SignedDuration::ZERO);
        (head, touched)
    }
}

//! Playbook 3: an upgrade is made at once and charged for the rest of the period; a downgrade waits for the next one.

use super::{Name, Play, Scene, Step, When};
use crate::action::{Line, NoChange};
use crate::book::Subscription;
use crate::event::{Item, Stated, SubscriptionStatus};
use crate::import::Price;
use crate::money::prorate::{Bought, Method, NoProration, Period, Proration, change};
use crate::money::{Money, Rate};
use crate::staff::Role;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// What somebody wants to change.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    pub subscription: &'a Subscription,
    /// What the catalogue says of the plan as it is, where it says anything.
    pub from: Option<&'a Price>,
    pub to: &'a Price,
    pub method: Method,
    /// Who must agree to each, where the asker may not decide alone.
    pub upgrade: &'a [Role],
    pub downgrade: &'a [Role],
}

/// Says what the change costs and when it happens, and refuses what is none or cannot be computed.
pub fn change_plan(scene: Scene<'_>, change: Change<'_>) -> Result<Play, NoChange> {
    let Change { subscription, from, to, .. } = change;
    let id = &subscription.id;
    if subscription.status.copied() == Some(SubscriptionStatus::Ended) {
        return Err(NoChange::Ended(id.clone()));
    }
    let plan = subscription.plan().ok_or_else(|| NoChange::UnknownPlan(id.clone()))?;
    if plan.price == to.price {
        return Err(NoChange::SamePlan(id.clone()));
    }
    let (unit, old_unit) = (
        to.unit.ok_or_else(|| NoChange::NoPrice(to.price.clone()))?,
        plan.unit.ok_or_else(|| NoChange::UnknownPlan(id.clone()))?,
    );
    if to.interval != plan.interval {
        return Err(NoChange::OtherInterval { from: plan.price.clone(), to: to.price.clone() });
    }
    if unit.currency() != old_unit.currency() {
        return Err(NoChange::OtherCurrency { from: plan.price.clone(), to: to.price.clone() });
    }
    let names = [named(from, plan.name.as_ref().unwrap_or(&plan.price)), named(Some(to), &to.price)];
    let up = match from.and_then(|from| from.rank).zip(to.rank) {
        Some((from, to)) => to.cmp(&from),
        None => unit.amount().cmp(&old_unit.amount()),
    };
    let upgrade = up == Ordering::Greater;
    let prices = [old_unit, unit].map(|unit| format!("{unit} × {}", plan.quantity));
    let whole = |unit: Rate| {
        let sum = unit.amount().checked_mul(Decimal::from(plan.quantity)).ok_or(NoProration::TooLarge)?;
        Ok::<_, NoChange>(Money::rounded(sum, unit.currency()))
    };
    let cost = Line::money("Each period", Some(whole(old_unit)?), Some(whole(unit)?));
    let features = to.features.join(", ");
    let (kind, verdict, effective_on, lines, due) = if upgrade {
        let proration = prorated(scene, change, plan)?;
        let lines = proration.lines.iter().map(|line| Line::money(&line.text, None, Some(line.amount)));
        let total = Line::money("Charged for the rest of this period", None, Some(proration.total));
        (
            "upgrade",
            "at once, charged for the rest of the period",
            scene.now,
            lines.chain([total]).collect(),
            Some(proration.total),
        )
    } else {
        let renews_at = subscription.renews_at.copied().ok_or(NoChange::UnknownPeriod)?;
        (
            "downgrade",
            "at the next renewal; until then nothing changes and nothing is charged",
            renews_at,
            Vec::new(),
            None,
        )
    };
    let mut play =
        scene.play(Name::ChangePlan, format!("{} from {} to {}, {verdict}.", first_upper(kind), names[0], names[1]));
    play.look("plan as it is", format!("{} at {}", names[0], prices[0]));
    play.look("plan that is wanted", format!("{} at {}", names[1], prices[1]));
    play.steps.push(Step::Ask {
        kind,
        target: id.clone(),
        amount: due,
        approvals: if upgrade { change.upgrade } else { change.downgrade }.to_vec(),
        lines: [cost].into_iter().chain(lines).collect(),
        why: format!("to {}", to.price),
    });
    let values = [
        ("plan_before", names[0].clone()),
        ("plan", names[1].clone()),
        ("price_before", prices[0].clone()),
        ("price", prices[1].clone()),
        ("effective_on", date(effective_on)),
        ("features", if features.is_empty() { String::new() } else { format!("It includes: {features}.") }),
        ("amount", due.map(|due| due.to_string()).unwrap_or_default()),
    ];
    let texts = &scene.policy.texts;
    play.steps.push(scene.say(When::AfterItIsDone, if upgrade { &texts.upgraded } else { &texts.downgraded }, &values));
    if upgrade {
        let what = format!("onboarding call for {}", names[1]);
        play.steps.push(Step::Task { who: "customer success", what, due_on: scene.day(scene.policy.onboarding_days) });
    }
    let discounted = subscription.discount.value().and_then(Stated::value).is_some();
    play.missing.extend(
        discounted.then(|| "how the running discount applies to the new plan: the figures are before it".to_owned()),
    );
    play.missing
        .extend(features.is_empty().then(|| "the features of the new plan: the catalogue names none".to_owned()));
    Ok(play)
}

fn prorated(scene: Scene<'_>, asked: Change<'_>, plan: &Item) -> Result<Proration, NoChange> {
    let Change { subscription, to, method, .. } = asked;
    let unit = to.unit.ok_or_else(|| NoChange::NoPrice(to.price.clone()))?;
    if subscription.status.copied() == Some(SubscriptionStatus::Trial) {
        return Ok(Proration::in_trial(unit.currency()));
    }
    let (from, until) =
        subscription.period_start.copied().zip(subscription.renews_at.copied()).ok_or(NoChange::UnknownPeriod)?;
    let old = plan.unit.map(|unit| Bought {
        price: plan.price.clone(),
        text: format!("Unused time of {}", plan.name.as_ref().unwrap_or(&plan.price)),
        unit,
        quantity: plan.quantity,
    });
    let new = Bought {
        price: to.price.clone(),
        text: format!("Remaining time of {}", named(Some(to), &to.price)),
        unit,
        quantity: plan.quantity,
    };
    Ok(change(
        &old.into_iter().collect::<Vec<_>>(),
        &[new],
        Period { from, to: until },
        scene.now,
        method,
        &TimeZone::UTC,
    )?)
}

fn named(price: Option<&Price>, otherwise: &str) -> String {
    price
        .and_then(|price| price.name.as_ref().or(price.plan.as_ref()))
        .map_or_else(|| otherwise.to_owned(), Clone::clone)
}

fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn first_upper(word: &str) -> String {
    format!("{}{}", word[..1].to_uppercase(), &word[1..])
}

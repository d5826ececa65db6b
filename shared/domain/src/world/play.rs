//! Plays a strategy: every invoice fails, is tried or written about, and is followed for 30 days at most.

use super::World;
use super::breach::Breaches;
use super::cluster::Cluster;
use super::luck::Luck;
use super::report::{By, Report, Tally};
use super::strategy::{Next, Shown, Strategy};
use crate::decline::Declines;
use crate::money::Money;
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// How long each invoice is followed.
pub(super) const FOLLOWED_DAYS: i64 = 30;
pub(super) const FOLLOWED: SignedDuration = SignedDuration::from_hours(24 * FOLLOWED_DAYS);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// An invoice that failed and is not paid.
struct Open<'a> {
    cluster: &'a Cluster,
    place: usize,
    number: u32,
    luck: Luck,
    amount: Money,
    is_gone: bool,
    failed_at: Timestamp,
    tries: Vec<Timestamp>,
    messages: Vec<Timestamp>,
    /// When the customer pays if nothing does before.
    pays_at: Option<Timestamp>,
    next: Option<Next>,
}

/// Plays a strategy against a world. All invoices go on side by side, so that what is learned from one helps those
/// after it. Where the customer pays in the very moment of a try, there is none. What waits for the customer or for the staff
/// breaks no rule if it is tried again: it is only in vain.
pub fn play(world: &World, strategy: &mut dyn Strategy, declines: &Declines, invoices: u32) -> Report {
    let breaches: Vec<_> = world.clusters.iter().map(|cluster| Breaches::of(cluster, declines)).collect();
    let mut tally = Tally::of(world);
    let mut due: BinaryHeap<_> =
        (0..invoices).map(|number| Reverse((fails_at(world, &Luck::of(world.seed, number)), number))).collect();
    let mut all: BTreeMap<u32, Open<'_>> = BTreeMap::new();
    while let Some(Reverse((now, number))) = due.pop() {
        let mut open = match all.remove(&number) {
            Some(open) => open,
            None => {
                let open = Open::fails(world, number, now);
                tally.failed(open.place, open.amount);
                open
            }
        };
        let waited = now.duration_since(open.failed_at);
        if open.pays_at == Some(now) {
            tally.recovered(open.place, open.amount, By::Customer, waited);
            strategy.over(number);
            continue;
        }
        match open.next {
            Some(Next::Try(_)) => {
                tally.tried(open.place, breaches[open.place].is_one(open.failed_at, &open.tries, now));
                let succeeds = open.succeeds(world, now);
                strategy.tried(&open.shown(), now, succeeds);
                if succeeds {
                    tally.recovered(open.place, open.amount, By::Try, waited);
                    strategy.over(number);
                    continue;
                }
                open.tries.push(now);
            }
            Some(Next::Message(_)) => {
                tally.wrote();
                open.is_written_to(now);
            }
            None => {}
        }
        open.next = strategy.next(&open.shown());
        assert!(open.next.is_none_or(|next| next.at() >= now), "{} wants what is over", strategy.name());
        match open.wakes_at() {
            Some(at) => {
                due.push(Reverse((at, number)));
                all.insert(number, open);
            }
            None => strategy.over(number),
        }
    }
    tally.report(world, strategy.name())
}

fn fails_at(world: &World, luck: &Luck) -> Timestamp {
    let hours = luck.draw("at") * f64::from(world.days) * 24.0;
    world.start + SignedDuration::from_hours(hours as i64)
}

impl<'a> Open<'a> {
    fn fails(world: &'a World, number: u32, failed_at: Timestamp) -> Self {
        let luck = Luck::of(world.seed, number);
        let place = pick(&world.clusters, luck.draw("cluster"));
        let cluster = &world.clusters[place];
        let amounts = &cluster.amounts;
        // A draw that is as good as 1 would be one behind the last.
        let which = (luck.draw("amount") * amounts.len() as f64) as usize;
        let pays_on = |day: &i64| luck.draw(format_args!("self:{day}")) < cluster.per_day;
        // Who never pays by themselves needs no thirty draws.
        let day = (1..=FOLLOWED_DAYS).filter(|_| cluster.per_day > 0.0).find(pays_on);
        Self {
            cluster,
            place,
            number,
            amount: amounts[which.min(amounts.len() - 1)],
            is_gone: luck.draw("gone") < cluster.gone,
            failed_at,
            tries: Vec::new(),
            messages: Vec::new(),
            pays_at: day.map(|day| failed_at + SignedDuration::from_hours(24 * day)),
            next: None,
            luck,
        }
    }

    fn shown(&self) -> Shown<'_> {
        Shown {
            decline: &self.cluster.decline,
            network: &self.cluster.network,
            funding: &self.cluster.funding,
            issuer: &self.cluster.issuer,
            country: &self.cluster.country,
            strategic: self.cluster.strategic,
            tenure_days: self.cluster.tenure_days,
            amount: self.amount,
            failed_at: self.failed_at,
            tries: &self.tries,
            messages: &self.messages,
            cluster: self.place,
            number: self.number,
        }
    }

    fn succeeds(&self, world: &World, now: Timestamp) -> bool {
        let hours = now.duration_since(world.start).as_hours();
        let chance = self.cluster.chance(self.failed_at, now, self.tries.len());
        !self.is_gone && self.luck.draw(format_args!("try:{hours}")) < chance
    }

    /// A message that works is answered when a day is over.
    fn is_written_to(&mut self, now: Timestamp) {
        self.messages.push(now);
        let number = self.messages.len();
        if self.luck.draw(format_args!("message:{number}")) < self.cluster.after_message {
            let pays_at = now + DAY;
            self.pays_at = Some(self.pays_at.map_or(pays_at, |before| before.min(pays_at)));
        }
    }

    /// What comes first while it is followed.
    fn wakes_at(&self) -> Option<Timestamp> {
        let first = [self.pays_at, self.next.map(Next::at)].into_iter().flatten().min()?;
        (first.duration_since(self.failed_at) <= FOLLOWED).then_some(first)
    }
}

/// The first cluster whose running sum of shares is not below the draw.
fn pick(clusters: &[Cluster], drawn: f64) -> usize {
    let reached = drawn * clusters.iter().map(|cluster| cluster.share).sum::<f64>();
    let mut sum = 0.0;
    let found = clusters.iter().position(|cluster| {
        sum += cluster.share;
        sum >= reached
    });
    found.unwrap_or(clusters.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::example;

    /// The shares are 0.4, 0.35 and 0.25.
    #[test]
    fn the_first_cluster_whose_sum_reaches_the_draw_is_picked() {
        let clusters = example().clusters;
        for (drawn, expected) in
            [(0.0, 0), (0.4, 0), (0.400_001, 1), (0.749_999, 1), (0.750_001, 2), (0.999_999, 2), (1.0, 2)]
        {
            assert_eq!(pick(&clusters, drawn), expected, "{drawn}");
        }
    }
}

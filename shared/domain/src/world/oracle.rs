//! The best that timing can do: it knows what the world's numbers are, and not whose luck is bad.

use super::World;
use super::strategy::{Next, Shown, Strategy, Window};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Tries once in each window, in the hour with the highest chance. An invoice's own luck it does not know, nor which
/// are gone: what no policy could learn is not what timing can win.
#[derive(Debug)]
pub struct Oracle<'a> {
    world: &'a World,
    windows: Vec<Window>,
    /// What failed in the same hour for the same reason has the same best hours.
    best: BTreeMap<(usize, Timestamp), Vec<Timestamp>>,
}

impl<'a> Oracle<'a> {
    /// Knows this world, and may try once in each window.
    pub fn new(world: &'a World, windows: Vec<Window>) -> Self {
        Self { world, windows, best: BTreeMap::new() }
    }
}

impl Strategy for Oracle<'_> {
    fn name(&self) -> String {
        "oracle".to_owned()
    }

    fn next(&mut self, shown: &Shown<'_>) -> Option<Next> {
        let (world, windows) = (self.world, &self.windows);
        let hours = self.best.entry((shown.cluster, shown.failed_at)).or_insert_with(|| {
            let tries = windows.iter().filter(|window| window.from_day < window.to_day).enumerate();
            tries.filter_map(|(before, window)| best_hour(world, shown, *window, before)).collect()
        });
        hours.get(shown.tries.len()).copied().map(Next::Try)
    }
}

/// The hour of a window in which a try succeeds most likely, the earliest of equals; none in a window without hours.
fn best_hour(world: &World, shown: &Shown<'_>, window: Window, tries_before: usize) -> Option<Timestamp> {
    let hours = 24 * window.from_day + 1..=24 * window.to_day;
    let chances = hours.map(|hours| {
        let at = shown.failed_at + SignedDuration::from_hours(hours);
        (at, world.clusters[shown.cluster].chance(shown.failed_at, at, tries_before))
    });
    let best = chances.reduce(|best, other| if other.1 > best.1 { other } else { best });
    best.map(|(at, _)| at)
}

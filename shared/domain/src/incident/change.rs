//! What does an event change about the pulses of its account, and which of it is a new trouble?

use super::Pulse;
use crate::book::{Head, Touched};
use crate::decline::Declines;
use crate::event::Origin;
use crate::policy::Versions;

/// What changed about due items and disputes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// As they stand from here on, those that moved away before those that are new.
    pub pulses: Vec<Pulse>,
    /// The troubles among them that were none before: somebody looks soon.
    pub news: Vec<Pulse>,
}

/// Compares the pulses of an account as it stood with those after an event.
pub fn changed(
    before: (&Touched, &Head),
    after: (&Touched, &Head),
    origin: Origin,
    declines: &Versions<Declines>,
) -> Changed {
    let (old, new) = (Pulse::all(before.0, before.1, declines), Pulse::all(after.0, after.1, declines));
    // What has another time by now, or is open again, no longer beats where it did.
    let left =
        old.iter().filter(|(about, before)| new.get(about).is_none_or(|pulse| pulse.beats_at() != before.beats_at()));
    let moved = left.map(|(_, before)| before.clone().moved()).collect();
    let mut changed = Changed { pulses: moved, news: Vec::new() };
    for (about, pulse) in new {
        let standing = old.get(&about);
        if standing == Some(&pulse) {
            continue;
        }
        // What was only looked up tells what is usual, and is no news.
        let told = origin != Origin::Listed;
        if told && pulse.is_trouble() && standing.is_none_or(|standing| !standing.is_trouble()) {
            changed.news.push(pulse.clone());
        }
        changed.pulses.push(pulse);
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Invoice;
    use crate::incident::Outcome;
    use crate::policies::Policies;

    #[test]
    fn a_trouble_is_news_once_and_beats_in_one_place() {
        let declines = Policies::shipped().unwrap().declines;
        let head = Head::new("stripe", "default", "cus_1");
        let failed = |at: Option<&str>| {
            let first_failed_at = at.map(|at| at.parse().unwrap());
            let mut touched = Touched::default();
            touched.invoices.insert("in_1".to_owned(), Invoice { first_failed_at, ..Invoice::new("in_1") });
            touched
        };
        let (well, noon, earlier) =
            (failed(None), failed(Some("2026-03-10T12:00:00Z")), failed(Some("2026-03-10T11:59:59Z")));
        let sooner = failed(Some("2026-03-10T12:00:00.0001Z"));
        let (trouble, moved) = (Outcome::Trouble, Outcome::Moved);
        for (what, before, after, origin, pulses, news) in [
            ("it fails", &well, &noon, Origin::Webhook, vec![trouble], 1),
            ("it is found in a list", &well, &noon, Origin::Listed, vec![trouble], 0),
            ("it is told again", &noon, &noon, Origin::Webhook, vec![], 0),
            ("its time is known better", &noon, &earlier, Origin::Webhook, vec![moved, trouble], 0),
            ("within the millisecond it is the same place", &noon, &sooner, Origin::Webhook, vec![trouble], 0),
            ("it did not fail after all", &noon, &well, Origin::Webhook, vec![moved], 0),
        ] {
            let changed = changed((before, &head), (after, &head), origin, &declines);
            let outcomes: Vec<_> = changed.pulses.iter().map(|pulse| pulse.outcome).collect();
            assert_eq!((outcomes, changed.news.len()), (pulses, news), "{what}");
        }
    }
}

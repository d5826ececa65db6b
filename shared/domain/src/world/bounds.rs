//! Which tries does a network forbid?

use super::cluster::Cluster;
use super::strategy::Shown;
use crate::decline::{Declines, Retry};
use crate::event::Decline;
use jiff::{SignedDuration, Timestamp};

/// What the rules say of one kind of failure. What waits for the customer or for the staff breaks no network's rule if it
/// is tried again: it is only in vain.
#[derive(Debug)]
pub(super) struct Bounds {
    is_never: bool,
    limits: Vec<(usize, SignedDuration)>,
}

impl Bounds {
    pub(super) fn of(cluster: &Cluster, declines: &Declines) -> Self {
        Self::by(&cluster.decline, &cluster.network, declines)
    }

    pub(super) fn shown(shown: &Shown<'_>, declines: &Declines) -> Self {
        Self::by(shown.decline, shown.network, declines)
    }

    fn by(decline: &Decline, network: &str, declines: &Declines) -> Self {
        let meaning = declines.meaning(Some(decline));
        let of_network = declines
            .limit
            .iter()
            .filter(|limit| limit.network == network && limit.category.is_none_or(|own| meaning.category == Some(own)));
        let limits =
            of_network.map(|limit| (limit.tries_max as usize, SignedDuration::from_hours(24 * i64::from(limit.days))));
        Self { is_never: meaning.family.retry == Retry::Never, limits: limits.collect() }
    }

    /// Whether a rule forbids a try now, after those before it.
    pub(super) fn forbids(&self, before: &[Timestamp], now: Timestamp) -> bool {
        let recent = |within: SignedDuration| before.iter().filter(|at| now.duration_since(**at) < within).count();
        self.is_never || self.limits.iter().any(|(tries_max, within)| recent(*within) >= *tries_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_counts_what_is_not_older_than_it() {
        let hour = |hour: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        let bounds = Bounds { is_never: false, limits: vec![(2, SignedDuration::from_hours(24))] };
        for (name, before, now, expected) in [
            ("the first", vec![], 0, false),
            ("the second", vec![0], 1, false),
            ("the third within a day", vec![0, 1], 23, true),
            ("the third, once the first is a day old", vec![0, 1], 24, false),
            ("the fourth, where two are recent", vec![0, 1, 2], 24, true),
        ] {
            let before: Vec<_> = before.into_iter().map(hour).collect();
            assert_eq!(bounds.forbids(&before, hour(now)), expected, "{name}");
        }
        assert!(Bounds { is_never: true, limits: Vec::new() }.forbids(&[], hour(0)));
    }
}

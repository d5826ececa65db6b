//! Is a try a breach? The networks' rules are read once more here, and counted in plain loops: what keeps tries from being
//! breaches (`dunning::Budget`) has no part in counting them.

use super::cluster::Cluster;
use crate::decline::{Declines, Limit, Of, Retry};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What forbids to try failures of one kind again. In a world nobody tries but the merchant.
#[derive(Debug)]
pub(super) struct Breaches<'a> {
    is_never: bool,
    wait: SignedDuration,
    limits: Vec<&'a Limit>,
}

impl<'a> Breaches<'a> {
    pub(super) fn of(cluster: &Cluster, declines: &'a Declines) -> Self {
        let meaning = declines.meaning(Some(&cluster.decline));
        let network = declines.network_named(&cluster.network).to_owned();
        let mut limits = Vec::new();
        for limit in &declines.limit {
            let is_of_kind = limit.category.is_none() || limit.category == meaning.category;
            if limit.network == network && is_of_kind {
                limits.push(limit);
            }
        }
        Self { is_never: meaning.family.retry == Retry::Never, wait: meaning.wait.unwrap_or_default(), limits }
    }

    /// Whether one more try now is, after the failure and the tries since.
    pub(super) fn is_one(&self, failed_at: Timestamp, tries: &[Timestamp], now: Timestamp) -> bool {
        let last = tries.last().copied().unwrap_or(failed_at);
        let mut is_one = self.is_never || last + self.wait > now;
        for limit in &self.limits {
            is_one |= breaks(limit, failed_at, tries, now);
        }
        is_one
    }
}

fn breaks(limit: &Limit, failed_at: Timestamp, tries: &[Timestamp], now: Timestamp) -> bool {
    let on = now.to_zoned(TimeZone::UTC).date();
    if limit.from.is_some_and(|from| on < from) || limit.until.is_some_and(|until| until < on) {
        return false;
    }
    let is_debit = limit.of == Of::Debit;
    let days = SignedDuration::from_hours(24 * i64::from(limit.days));
    let gap = SignedDuration::from_hours(i64::from(limit.gap_hours.unwrap_or(0)));
    let mut used = 0;
    // What failed first is no further try, and of a debit it is what is presented again.
    if !limit.again && !is_debit && now.duration_since(failed_at) < days {
        used += 1;
    }
    for at in tries {
        if is_debit || now.duration_since(*at) < days {
            used += 1;
        }
    }
    let is_late = is_debit && now.duration_since(failed_at) > days;
    let is_early = tries.last().copied().unwrap_or(failed_at) + gap > now;
    used >= limit.tries_max || is_late || is_early
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{By, Tried};
    use crate::dunning::Budget;
    use crate::policies::Policies;
    use crate::world::luck::Luck;
    use crate::world::tests::one;

    /// Two that were written apart: whoever changes one hears of it here.
    #[test]
    fn what_is_a_breach_is_what_is_avoided() {
        let policies = Policies::shipped().unwrap();
        let declines = policies.declines.current();
        let networks = ["visa", "mastercard", "amex", "ach", "sepa", "bacs", "direct_debit", "pad", "becs", "autogiro"];
        let (mut breaches, mut others) = (0, 0);
        for network in networks {
            for code in ["insufficient_funds", "lost_card", "card_decline_rate_limit_exceeded"] {
                let world = one(&[("visa", network), ("insufficient_funds", code)], "");
                let cluster = &world.clusters[0];
                let meaning = declines.meaning(Some(&cluster.decline));
                let budget = Budget::of(declines, &[], Some(network), &meaning);
                let own = Breaches::of(cluster, declines);
                // Hour by hour over the day on which a rule was changed, and day by day for longer than any counts but one.
                for (begins, days, apart) in [("2025-05-14T09:00:00Z", 7, 2.0), ("2026-03-02T09:00:00Z", 60, 60.0)] {
                    let (failed_at, luck): (Timestamp, _) = (begins.parse().unwrap(), Luck::of(1, days));
                    let (mut tries, mut at) = (Vec::new(), failed_at);
                    while at.duration_since(failed_at).as_hours() < i64::from(24 * days) {
                        let hours = luck.draw(format_args!("{network}:{code}:{at}")) * apart;
                        at += SignedDuration::from_hours(1 + hours as i64);
                        let all = std::iter::once(&failed_at).chain(&tries);
                        let tried: Vec<Tried> = all.map(|at| Tried::failed(*at, By::Recoup)).collect();
                        let is_one = own.is_one(failed_at, &tries, at);
                        let why = budget.forbids(&tried, at);
                        assert_eq!(is_one, why.is_some(), "{network} {code} after {} tries: {why:?}", tries.len());
                        breaches += u32::from(is_one);
                        others += u32::from(!is_one);
                        // A moment that is only looked at is no try.
                        if luck.draw(format_args!("{at}")) < 0.7 {
                            tries.push(at);
                        }
                    }
                }
            }
        }
        assert!(breaches > 200 && others > 200, "{breaches} are breaches, and {others} are none");
    }
}

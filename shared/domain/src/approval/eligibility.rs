//! May this be refunded at all, for this reason, after this time, to somebody who has asked so often?

use super::{ApprovalPolicy, Requirement, proof};
use crate::action::{Clause, Kind, NotEligible, Reason};
use crate::import::ExchangeRate;
use crate::money::Money;
use crate::policy::Complaint;
use crate::staff::Role;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::Deserialize;

/// A refund may not be refused for longer than the law lets a consumer withdraw.
const LAW_DAYS: i64 = 14;

/// For how many days after a payment a reason gets it back. Each reason has one window.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub reason: Reason,
    pub days: i64,
    pub why: String,
    /// What to offer to whom comes too late.
    pub alternative: String,
}

/// From how many requests within how many days on somebody must look besides.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    pub requests: usize,
    pub days: i64,
    pub reasons: Vec<Reason>,
    pub approval: Role,
    pub why: String,
}

/// Who must agree, all of them, to a refund that no window gives.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    pub approvals: Vec<Role>,
    pub why: String,
}

/// What a refund is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    pub payment: &'a str,
    pub amount: Money,
    /// By which it is judged.
    pub reason: Reason,
    /// The one that was said, where nothing proves it.
    pub unproven: Option<Reason>,
    pub taken: Option<Money>,
    /// When the payment was taken, where that is known.
    pub taken_at: Option<Timestamp>,
    /// How much of what was paid the contract lets an outage be credited with.
    pub outage_credit_percent: Option<Decimal>,
    /// Earlier requests of this customer, whatever came of them.
    pub earlier: &'a [Earlier],
    pub now: Timestamp,
}

/// An action that was asked for before; each member of a bundle by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    pub at: Timestamp,
    /// By which it was judged.
    pub reason: Reason,
    pub kind: Kind,
    /// Whether it was given, or may still be.
    pub stands: bool,
    /// Who decided it alone.
    pub alone_by: Option<String>,
}

impl Earlier {
    fn refund(&self) -> Option<(&str, Money)> {
        match &self.kind {
            Kind::Refund { payment, amount } => Some((payment, *amount)),
            _ => None,
        }
    }
}

/// What somebody has decided alone for one account and kind; nothing where some of it can no longer be counted, because its
/// currency has lost its rate. A trial is extended by so many days in all, whoever did it.
pub fn decided_here(
    earlier: &[Earlier],
    staff: &str,
    kind: &Kind,
    (policy, rates): (&ApprovalPolicy, &[ExchangeRate]),
    now: Timestamp,
) -> Option<Decimal> {
    let since = now - SignedDuration::from_hours(24 * policy.alone.days);
    let same_trial =
        |it: &&Earlier| matches!(kind, Kind::ExtendTrial { .. }) && it.stands && it.kind.target() == kind.target();
    let own = |it: &&Earlier| it.alone_by.as_deref() == Some(staff) && it.at >= since;
    let counted = earlier.iter().filter(|it| it.kind.name() == kind.name()).filter(|it| own(it) || same_trial(it));
    let on = now.to_zoned(TimeZone::UTC).date();
    counted.map(|it| policy.size(policy.converted(it.kind.measure(), rates, on))).sum()
}

/// Whether a refund fits the policy, and whose eye it needs besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eligibility {
    pub refused: Option<(NotEligible, String)>,
    /// Approvals that come on top, each with the reason.
    pub besides: Vec<(Role, String)>,
    pub why: String,
    /// Why it is judged by another reason than the one that was said.
    pub unproven: Option<String>,
}

impl ApprovalPolicy {
    /// The window of each reason, to be shown beside the matrix.
    pub fn windows(&self) -> &[Window] {
        &self.eligibility
    }

    /// Judges a refund by its reason, its time, its amount and the customer's history.
    pub fn eligibility(&self, asking: Asking<'_>) -> Eligibility {
        let window = self
            .eligibility
            .iter()
            .find(|window| window.reason == asking.reason)
            .expect("the lint saw a window for every reason");
        let unproven = asking.unproven.map(|said| sentence(&proof::unproven(said)));
        let why = [Some(window.why.as_str()), unproven.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let days = asking.taken_at.map(|at| asking.now.duration_since(at).as_hours() / 24);
        let too_late = days.filter(|days| *days > window.days).map(|days| NotEligible::TooLate {
            days,
            most: window.days,
            reason: asking.reason,
            why: why.clone(),
        });
        let limit = asking.taken.zip(asking.outage_credit_percent).filter(|_| asking.reason == Reason::ServiceOutage);
        let limit = limit
            .map(|(taken, percent)| Money::rounded(taken.amount() * percent / Decimal::ONE_HUNDRED, taken.currency()));
        let given = asking.earlier.iter().filter(|it| it.stands && it.reason == Reason::ServiceOutage);
        let given = given
            .filter_map(Earlier::refund)
            .filter(|(payment, _)| *payment == asking.payment)
            .map(|(_, amount)| amount);
        let given = given.filter(|it| it.currency() == asking.amount.currency());
        let given = given.fold(Decimal::ZERO, |sum, amount| sum.saturating_add(amount.amount()));
        let asked = asking.amount.amount().saturating_add(given);
        let over = limit.filter(|limit| asked > limit.amount());
        let over = over.map(|limit| NotEligible::OverContract { limit, asked: asking.amount });
        let mut besides = Vec::new();
        let since = asking.now - SignedDuration::from_hours(24 * self.pattern.days);
        let counted = |reason: Reason| self.pattern.reasons.contains(&reason);
        let requests =
            asking.earlier.iter().filter(|it| it.at >= since && counted(it.reason) && it.refund().is_some()).count()
                + 1;
        if counted(asking.reason) && requests >= self.pattern.requests {
            besides.push((
                self.pattern.approval,
                format!("request {requests} within {} days: {}", self.pattern.days, self.pattern.why),
            ));
        }
        if asking.taken_at.is_none() {
            besides.push((self.pattern.approval, "it is not known when this payment was taken".to_owned()));
        }
        Eligibility { refused: too_late.or(over).map(|why| (why, window.alternative.clone())), besides, why, unproven }
    }

    /// What an eligible refund, or an exception that is asked for as one, needs besides what the matrix says.
    pub fn with_eligibility(
        &self,
        requirement: Requirement,
        eligibility: &Eligibility,
        role: Option<Role>,
    ) -> Requirement {
        if let Some((why, _)) = &eligibility.refused {
            let clause = Clause {
                rule: "refund-exception".to_owned(),
                why: format!("{why}. {}", self.exception.why),
                ..requirement.clause
            };
            return Requirement { approvals: self.exception.approvals.clone(), clause };
        }
        let mut requirement = requirement;
        if let Some(unproven) = &eligibility.unproven {
            requirement.clause.why = format!("{} {unproven}", requirement.clause.why);
        }
        for (needed, why) in &eligibility.besides {
            requirement.clause.why = format!("{} {}", requirement.clause.why, sentence(why));
            // Who may decide this alone, and is of that rank, has had the look that is asked for.
            if requirement.approvals.is_empty() && role.is_some_and(|role| role.stands_for(*needed)) {
                continue;
            }
            if !requirement.approvals.iter().any(|role| role.stands_for(*needed)) {
                // Whoever stands below is spared: the one above looks instead.
                requirement.approvals.retain(|role| !needed.stands_for(*role));
                requirement.approvals.push(*needed);
                requirement.approvals.sort();
            }
        }
        requirement
    }

    pub(super) fn lint_eligibility(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        for reason in Reason::ALL {
            let windows: Vec<_> = self.eligibility.iter().filter(|window| window.reason == reason).collect();
            match windows[..] {
                [window] if window.days < LAW_DAYS => {
                    let what =
                        format!("`{}` is refunded for {} days; the law gives {LAW_DAYS}", reason.name(), window.days);
                    complaints.push(Complaint::at(0, what));
                }
                [window] if window.why.trim().is_empty() || window.alternative.trim().is_empty() => {
                    complaints.push(Complaint::at(
                        0,
                        format!("the window of `{}` lacks its `why` or its `alternative`", reason.name()),
                    ));
                }
                [_] => {}
                _ => complaints
                    .push(Complaint::at(0, format!("`{}` needs exactly one window of eligibility", reason.name()))),
            }
        }
        if self.exception.approvals.is_empty() || self.pattern.requests < 2 || self.pattern.days < 1 {
            complaints.push(Complaint::at(
                0,
                "an exception needs approvals, and a pattern at least two requests within a day",
            ));
        }
        complaints
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Measure;
    use crate::money::Currency;
    use crate::policies::Policies;

    fn now() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn refund(payment: &str, amount: &str) -> Kind {
        Kind::Refund { payment: payment.to_owned(), amount: usd(amount) }
    }

    fn ago(days: i64) -> Timestamp {
        now() - SignedDuration::from_hours(24 * days)
    }

    fn usd(amount: &str) -> Money {
        Money::parse(amount, Currency::USD).unwrap()
    }

    fn asking(reason: Reason, days: i64) -> Asking<'static> {
        Asking {
            payment: "ch_1",
            amount: usd("20.00"),
            reason,
            unproven: None,
            taken: Some(usd("100.00")),
            taken_at: Some(ago(days)),
            outage_credit_percent: None,
            earlier: &[],
            now: now(),
        }
    }

    fn earlier(days: i64, reason: Reason) -> Earlier {
        Earlier { at: ago(days), reason, kind: refund("ch_0", "1.00"), stands: true, alone_by: Some("bea".to_owned()) }
    }

    #[test]
    fn what_comes_on_top_never_takes_anything_away() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.approval.current();
        let pattern = [earlier(3, Reason::Other), earlier(4, Reason::Other)];
        for (amount, expected) in [
            ("20.00", vec![Role::Manager]),
            ("600.00", vec![Role::Manager]),
            ("1000.01", vec![Role::Manager]),
            ("5000.01", vec![Role::Manager, Role::Vp]),
        ] {
            let eligibility = policy.eligibility(Asking {
                amount: usd(amount),
                taken_at: None,
                earlier: &pattern,
                ..asking(Reason::Other, 1)
            });
            assert_eq!(eligibility.besides.len(), 2);
            let matrix = policy.requirement("refund", Measure::Money(usd(amount)), Reason::Other, Some(Role::L2));
            assert_eq!(policy.with_eligibility(matrix, &eligibility, Some(Role::L2)).approvals, expected, "{amount}");
        }
    }

    #[test]
    fn what_one_person_decided_alone_counts_together_for_a_month() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.approval.current();
        let of = |days, amount: &str, by: &str| Earlier {
            kind: refund("ch_0", amount),
            alone_by: Some(by.to_owned()),
            ..earlier(days, Reason::Other)
        };
        let earlier =
            [of(1, "300.00", "bea"), of(30, "200.00", "bea"), of(31, "999.00", "bea"), of(2, "50.00", "mara")];
        let sum = decided_here(&earlier, "bea", &refund("ch_9", "1.00"), (policy, &[]), now());
        assert_eq!(sum, Some("500.00".parse().unwrap()));
    }

    #[test]
    fn each_reason_has_its_window_and_its_last_day() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.approval.current();
        for (reason, last) in [
            (Reason::CustomerDissatisfaction, 30),
            (Reason::Other, 30),
            (Reason::ServiceOutage, 90),
            (Reason::Inquiry, 180),
            (Reason::BillingError, 365),
            (Reason::DuplicateCharge, 365),
        ] {
            assert_eq!(policy.eligibility(asking(reason, last)).refused, None, "{} on day {last}", reason.name());
            let late = policy
                .eligibility(asking(reason, last + 1))
                .refused
                .unwrap_or_else(|| panic!("{} is late", reason.name()));
            assert!(late.0.to_string().contains(&format!("{} days ago", last + 1)) && !late.1.is_empty(), "{late:?}");
        }
    }

    #[test]
    fn an_outage_is_made_good_within_the_contract() {
        let policies = Policies::shipped().unwrap();
        let before = |amount: &str, payment: &str, stands| Earlier {
            kind: refund(payment, amount),
            stands,
            ..earlier(1, Reason::ServiceOutage)
        };
        let rows = [
            ("20.00", Some("20"), vec![], true),
            ("20.01", Some("20"), vec![], false),
            ("90.00", None, vec![], true),
            ("10.00", Some("20"), vec![before("10.00", "ch_1", true)], true),
            ("10.01", Some("20"), vec![before("10.00", "ch_1", true)], false),
            ("20.00", Some("20"), vec![before("10.00", "ch_1", false), before("10.00", "ch_2", true)], true),
        ];
        for (amount, percent, earlier, eligible) in rows {
            let percent = percent.map(|percent| percent.parse().unwrap());
            let asking = Asking {
                amount: usd(amount),
                outage_credit_percent: percent,
                earlier: &earlier,
                ..asking(Reason::ServiceOutage, 1)
            };
            assert_eq!(
                policies.approval.current().eligibility(asking).refused.is_none(),
                eligible,
                "{amount} {percent:?} {earlier:?}"
            );
        }
    }

    #[test]
    fn who_asks_again_and_again_goes_to_a_manager() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.approval.current();
        let other = Reason::Other;
        type Row<'a> = (&'a str, &'a [Earlier], Reason, Role, &'a [Role]);
        let (both, old) = ([earlier(3, other), earlier(90, other)], [earlier(3, other), earlier(91, other)]);
        let errors = [earlier(1, Reason::BillingError), earlier(2, Reason::BillingError)];
        let rows: [Row<'_>; 6] = [
            ("the third request", &both, other, Role::BillingSpecialist, &[Role::Manager]),
            ("by a manager, who has looked", &both, other, Role::Manager, &[]),
            ("by somebody who may not decide", &both, other, Role::L1, &[Role::Manager]),
            ("one of them too long ago", &old, other, Role::BillingSpecialist, &[]),
            ("our own errors are no pattern", &errors, other, Role::BillingSpecialist, &[]),
            ("and are not held up by one", &both, Reason::BillingError, Role::BillingSpecialist, &[]),
        ];
        for (name, earlier, reason, role, approvals) in rows {
            let eligibility = policy.eligibility(Asking { earlier, ..asking(reason, 1) });
            let matrix = policy.requirement("refund", Measure::Money(usd("20.00")), reason, Some(role));
            assert_eq!(policy.with_eligibility(matrix, &eligibility, Some(role)).approvals, approvals, "{name}");
        }
    }

    #[test]
    fn why_a_reason_counts_for_nothing_is_said_with_the_clause() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.approval.current();
        let unproven = |days| Asking { unproven: Some(Reason::BillingError), ..asking(Reason::Other, days) };
        let words =
            "No open case of this account recommends as much for this payment: `billing_error` is judged as `other`.";
        for (days, exception) in [(1, false), (31, true)] {
            let eligibility = policy.eligibility(unproven(days));
            assert_eq!(eligibility.refused.is_some(), exception, "{days}");
            let matrix = policy.requirement("refund", Measure::Money(usd("20.00")), Reason::Other, Some(Role::L2));
            let requirement = policy.with_eligibility(matrix, &eligibility, Some(Role::L2));
            assert!(requirement.clause.why.contains(words), "{days}: {}", requirement.clause.why);
        }
    }

    #[test]
    fn an_exception_needs_both_whoever_asks() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.approval.current();
        let eligibility = policy.eligibility(asking(Reason::Other, 31));
        for role in [Role::L1, Role::Manager, Role::Vp] {
            let matrix = policy.requirement("refund", Measure::Money(usd("20.00")), Reason::Other, Some(role));
            let requirement = policy.with_eligibility(matrix, &eligibility, Some(role));
            assert_eq!(
                (requirement.approvals, requirement.clause.rule.as_str()),
                (vec![Role::Manager, Role::Vp], "refund-exception")
            );
        }
    }

    #[test]
    fn a_payment_whose_day_nobody_knows_is_looked_at_by_a_manager() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.approval.current();
        let eligibility = policy.eligibility(Asking { taken_at: None, ..asking(Reason::DuplicateCharge, 0) });
        let matrix = policy.requirement("refund", Measure::Money(usd("20.00")), Reason::DuplicateCharge, None);
        assert_eq!(policy.with_eligibility(matrix, &eligibility, None).approvals, [Role::Manager]);
    }
}

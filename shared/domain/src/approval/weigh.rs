//! Weighs what is asked for: what it would do, what the policy says of it, and whose approval it needs.

use super::{
    ApprovalPolicy, Asking, Credited, Decided, Earlier, Proofs, Requirement, Worth, decided_here, judged, proofs,
};
use crate::action::{Clause, Kind, Known, Measure, NoPreview, Preview, Reason, preview};
use crate::case::Case;
use crate::import::ExchangeRate;
use crate::staff::{Role, Staff};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What an action is weighed against.
#[derive(Clone, Copy)]
pub struct Scales<'a> {
    pub policy: &'a ApprovalPolicy,
    pub known: Known<'a>,
    pub reason: Reason,
    /// Nobody is the machine: it asks for everything and decides nothing.
    pub by: Option<&'a Staff>,
    /// The open cases of the account, which prove a reason: what somebody says does not.
    pub cases: &'a [Case],
    pub earlier: &'a [Earlier],
    /// What was credited for a mistake: cases count it as given back.
    pub credited: &'a [Credited],
    /// What the asker has decided alone today, in the policy's currency.
    pub today: Decimal,
    /// What currencies are worth for which the policy has no numbers.
    pub rates: &'a [ExchangeRate],
    /// How much of each payment its contract lets an outage be credited with.
    pub outage_credits: &'a BTreeMap<String, Decimal>,
    /// Asked openly for what the refund policy does not give.
    pub exception: bool,
}

/// What came of weighing.
#[derive(Debug)]
pub struct Weighed {
    pub preview: Preview,
    /// Whose approvals it needs: none where the asker decides alone.
    pub required: Vec<Role>,
    /// What counts as proven, and by which case.
    pub proven_by: Proofs,
}

/// Shows an action, and says who must agree to it.
pub fn weigh(kind: &Kind, scales: Scales<'_>) -> Result<Weighed, NoPreview> {
    // What cannot be done at all is said before what the policy does not give.
    let nothing = Clause { rule: String::new(), policy_version: scales.policy.version, why: String::new() };
    preview(kind, scales.known, scales.reason, nothing)?;
    let proven_by = proofs(kind, scales.reason, scales.cases, scales.known.records, scales.credited);
    let mut weighed: Vec<Requirement> = Vec::new();
    let mut alone = Alone { today: scales.today, here: BTreeMap::new() };
    let mut earlier = scales.earlier.to_vec();
    for (place, member) in kind.members().iter().enumerate() {
        let reason = scales.judged(member, &proven_by);
        let requirement =
            one(member, reason, Scales { earlier: &earlier, ..scales }, &mut alone).map_err(|why| match kind {
                Kind::Bundle { .. } => NoPreview::Member(place + 1, Box::new(why)),
                _ => why,
            })?;
        weighed.push(requirement);
        // What stands before it in the bundle was asked for before it; who decides it is counted beside.
        let at = scales.known.now;
        earlier.push(Earlier { at, reason, kind: member.clone(), stands: true, alone_by: None });
    }
    let Requirement { approvals, clause } = strictest(weighed);
    Ok(Weighed { preview: preview(kind, scales.known, scales.reason, clause)?, required: approvals, proven_by })
}

/// Whose approvals an action needs that cannot be weighed as things stand: those that its rules name.
pub fn by_rule(kind: &Kind, reason: Reason, policy: &ApprovalPolicy, rates: &[ExchangeRate], on: Date) -> Requirement {
    let by_rule =
        |member: &Kind| policy.requirement(member.name(), policy.converted(member.measure(), rates, on), reason, None);
    strictest(kind.members().iter().map(by_rule).collect())
}

impl Scales<'_> {
    /// The reason by which a member is judged. Recoup itself asks for nothing but what it has found.
    fn judged(&self, member: &Kind, proven_by: &Proofs) -> Reason {
        self.by.map_or(self.reason, |_| judged(self.reason, member, proven_by))
    }
}

/// What the members before this one add to what was decided alone.
struct Alone {
    today: Decimal,
    here: BTreeMap<&'static str, Decimal>,
}

/// One member, by the reason by which it is judged.
fn one(kind: &Kind, reason: Reason, scales: Scales<'_>, alone: &mut Alone) -> Result<Requirement, NoPreview> {
    let Scales { policy, known, rates, .. } = scales;
    let on = known.now.to_zoned(TimeZone::UTC).date();
    let measure = policy.converted(kind.measure(), rates, on);
    let worth = match kind.measure() {
        Measure::Money(amount) => Some((amount, policy.worth(amount, rates, on))),
        _ => None,
    };
    // Whoever may say what a currency is worth decides nothing alone by it.
    let is_rated = matches!(worth, Some((_, Worth::Rated(..))));
    let by_own_word = is_rated && scales.by.is_some_and(|staff| staff.role.may_import());
    let role = scales.by.map(|staff| staff.role).filter(|_| !by_own_word);
    let before = match scales.by {
        Some(staff) => decided_here(scales.earlier, &staff.id, kind, (policy, rates), known.now),
        None => Some(Decimal::ZERO),
    };
    let here = alone.here.entry(kind.name()).or_default();
    let mut requirement = match before {
        Some(before) => {
            let decided = Decided { here: before.saturating_add(*here), today: alone.today };
            policy.requirement_after(kind.name(), measure, reason, role, decided)
        }
        None => {
            let strictest = policy.requirement(kind.name(), Measure::TooLarge, reason, role);
            let why = "Some of that is in a currency of which nobody says any more what it is worth.";
            strictest.because(&format!("{} {why}", policy.alone.why))
        }
    };
    if let Some(how) = worth.and_then(|(amount, worth)| policy.how(amount, worth)) {
        requirement = requirement.because(&how);
    }
    if by_own_word {
        requirement = requirement.because("Whoever may import rates decides nothing alone by one.");
    }
    let size = policy.size(measure).unwrap_or_default();
    *here = here.saturating_add(size);
    if kind.gives().is_some() {
        alone.today = alone.today.saturating_add(size);
    }
    let Kind::Refund { payment, amount } = kind else { return Ok(requirement) };
    let taken = known.records.payments.get(payment);
    let eligibility = policy.eligibility(Asking {
        payment,
        amount: *amount,
        reason,
        unproven: (reason != scales.reason).then_some(scales.reason),
        taken: taken.and_then(|payment| payment.taken()),
        taken_at: taken.and_then(|payment| payment.at),
        outage_credit_percent: scales.outage_credits.get(payment).copied(),
        earlier: scales.earlier,
        now: known.now,
    });
    match &eligibility.refused {
        Some((why, instead)) if !scales.exception => Err(NoPreview::NotEligible(why.clone(), instead.clone())),
        _ => Ok(policy.with_eligibility(requirement, &eligibility, role)),
    }
}

/// Everybody whom any member needs; one approval counts for all of them. And every clause that applied.
fn strictest(mut weighed: Vec<Requirement>) -> Requirement {
    weighed
        .sort_by_key(|requirement| Reverse((requirement.approvals.iter().max().copied(), requirement.approvals.len())));
    let mut approvals: Vec<Role> = Vec::new();
    for requirement in &weighed {
        let mut open = approvals.clone();
        for needed in requirement.approvals.iter().rev() {
            match open.iter().position(|role| role.stands_for(*needed)) {
                Some(place) => drop(open.remove(place)),
                None => approvals.push(*needed),
            }
        }
    }
    approvals.sort();
    let joined = |text: fn(&Clause) -> &str, by: &str| {
        let mut texts: Vec<_> = weighed.iter().map(|requirement| text(&requirement.clause)).collect();
        texts.dedup();
        texts.join(by)
    };
    let policy_version = weighed.first().map_or(0, |requirement| requirement.clause.policy_version);
    let clause =
        Clause { rule: joined(|clause| &clause.rule, " + "), policy_version, why: joined(|clause| &clause.why, " ") };
    Requirement { approvals, clause }
}

//! Does a bank claim a payment back, or ask about it?

use super::{Finding, Scene, Standing, moment};
use crate::action::{Kind, Reason};
use crate::book::{Dispute, Payment};
use crate::case::{Case, Class, Evidence, PAYMENT, Recommendation};
use crate::classify::desk::Desk;
use crate::event::DisputeStatus;
use crate::money::Money;

pub(super) fn standing(scene: Scene<'_>, payment: &str, id: &str, desk: &Desk) -> Standing {
    match desk.touched.payments[payment].disputes[id].status.copied() {
        Some(DisputeStatus::Won) => Standing::Over("won"),
        Some(DisputeStatus::Lost) => Standing::Over("lost"),
        Some(DisputeStatus::Closed) => Standing::Over("closed"),
        None => Standing::AsItIs,
        Some(DisputeStatus::Open | DisputeStatus::UnderReview) => {
            Standing::Open(Box::new(case(scene, payment, id, desk)))
        }
    }
}

/// A formal dispute is the bank's to decide; an inquiry can still be settled, and its fee saved, by a refund.
pub(super) fn case(scene: Scene<'_>, payment: &str, id: &str, desk: &Desk) -> Case {
    let payment = &desk.touched.payments[payment];
    let dispute = &payment.disputes[id];
    let formal = dispute.formal.copied().unwrap_or(true);
    let verdict = scene.policy.found(if formal { Finding::DisputeOpened } else { Finding::InquiryOpened });
    let mut case = Case::found(scene, &desk.head, Class::Chargeback, id, verdict);
    let mut tell = |label: &str, value: Option<String>| match value {
        Some(value) => case.evidence.push(Evidence::new(label, value, id)),
        None => case.missing.push(format!("{}: the provider did not send it", label.to_lowercase())),
    };
    tell("Amount", dispute.amount.copied().map(|amount| amount.to_string()));
    tell("Reason", dispute.reason.value().cloned());
    tell("Opened", dispute.opened_at.copied().map(|at| at.to_string()));
    if formal {
        tell("Evidence is due", dispute.evidence_due_at.copied().map(|at| at.to_string()));
    }
    case.evidence.push(Evidence::new(
        PAYMENT,
        payment.taken().map(|taken| taken.to_string()).unwrap_or_default(),
        &payment.id,
    ));
    let open = dispute.status.copied().is_some_and(DisputeStatus::is_open);
    let left = beside_its_own(payment, desk.cases.get(&case.id)).refundable().filter(|_| open && !formal);
    if let Some(amount) = left.map(|left| claimed(left, payment, dispute)).filter(|amount| amount.is_positive()) {
        if let Some(fee) = scene.policy.dispute_fee(amount.currency()) {
            case.evidence.push(Evidence::new("A formal dispute would cost besides", fee, id));
        }
        let kind = Kind::Refund { payment: payment.id.clone(), amount };
        let of = payment.taken().map(|taken| format!(" of {taken}")).unwrap_or_default();
        let at = payment.at.map(|at| format!(" at {}", moment(at))).unwrap_or_default();
        let note = format!("the bank asks about the payment{of}{at}; a refund now avoids a formal dispute and its fee");
        case.recommended = Some(Recommendation::new(kind, Reason::Inquiry, note));
    }
    case.fill(dispute.amount.copied(), "", &payment.id);
    case
}

/// The payment without what is on its way for the case itself: that is no reason to recommend less.
fn beside_its_own(payment: &Payment, case: Option<&Case>) -> Payment {
    let mut beside = payment.clone();
    beside.reserved.retain(|action, _| !case.is_some_and(|case| case.actions.contains(action)));
    beside
}

/// What the bank asks about, less what went back since it asked, as far as it is left.
fn claimed(left: Money, payment: &Payment, dispute: &Dispute) -> Money {
    let is_alike = |amount: &Money| amount.currency() == left.currency();
    let Some(asked) = dispute.amount.copied().filter(is_alike) else { return left };
    let gone = dispute.opened_at.copied().into_iter().flat_map(|opened| payment.given_back_since(opened));
    gone.filter(is_alike).fold(asked, Money::minus).min(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{Head, Touched};
    use crate::classify::{concerns, decide};
    use crate::event::{
        DisputeSeen, Event, Kind as Told, Origin, PaymentSeen, PaymentStatus, RefundSeen, RefundStatus, Seen,
    };
    use crate::id::{ActionId, CaseId};
    use crate::money::Currency;
    use crate::policies::Policies;
    use jiff::SignedDuration;

    fn usd(amount: &str) -> Money {
        Money::parse(amount, Currency::USD).unwrap()
    }

    /// A payment of 80.00 of which so much went back, and what a bank says of it.
    fn told(desk: &mut Desk, at: &str, refunded: &str, status: DisputeStatus, formal: bool, amount: &str) -> bool {
        let payment = PaymentSeen {
            id: "ch_1".to_owned(),
            status: Some(PaymentStatus::Succeeded),
            amount: Some(usd("80.00")),
            captured: Some(usd("80.00")),
            refunded: Some(usd(refunded)),
            at: Some("2026-01-01T09:00:00Z".parse().unwrap()),
            ..PaymentSeen::default()
        };
        let dispute = asking(status, formal, amount);
        tell(desk, at, vec![Seen::Payment(payment), Seen::Dispute(dispute)])
    }

    fn asking(status: DisputeStatus, formal: bool, amount: &str) -> DisputeSeen {
        DisputeSeen {
            id: "dp_1".to_owned(),
            as_of: None,
            payment: "ch_1".to_owned(),
            amount: Some(usd(amount)),
            status,
            formal: Some(formal),
            reason: None,
            opened_at: None,
            evidence_due_at: None,
        }
    }

    /// Whether people are asked for anything once this was seen.
    fn tell(desk: &mut Desk, at: &str, seen: Vec<Seen>) -> bool {
        let policies = Policies::shipped().unwrap();
        let event = Event {
            id: format!("evt_{at}"),
            provider: "stripe".to_owned(),
            source: "default".to_owned(),
            origin: Origin::Webhook,
            kind: Told::PaymentDisputed,
            at: at.parse().unwrap(),
            customer: Some("cus_1".to_owned()),
            seen,
        };
        desk.touched.fold(&mut desk.head, &event, SignedDuration::from_mins(10));
        let (policy, declines) = (policies.classify.current(), policies.declines.current());
        let scene = Scene { event: &event, policy, declines, now: event.at };
        let concerns = concerns(desk, policy);
        !decide(scene, &concerns, desk).ask.is_empty()
    }

    fn recommended(desk: &Desk) -> Option<(Kind, Reason)> {
        let case = &desk.cases[&CaseId::of(&desk.head.account, Class::Chargeback.name(), "dp_1")];
        case.recommended.as_ref().map(|it| (it.kind.clone(), it.reason))
    }

    #[test]
    fn what_a_bank_asks_about_goes_back_as_far_as_it_is_left() {
        use DisputeStatus::{Open, UnderReview, Won};
        for (what, refunded, status, formal, amount, expected) in [
            ("all of it", "0.00", Open, false, "80.00", Some("80.00")),
            ("a part", "0.00", UnderReview, false, "30.00", Some("30.00")),
            ("more than is left", "60.00", Open, false, "80.00", Some("20.00")),
            ("nothing is left", "80.00", Open, false, "80.00", None),
            ("claimed formally", "0.00", Open, true, "80.00", None),
            ("decided", "0.00", Won, false, "80.00", None),
        ] {
            let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
            let is_asked = told(&mut desk, "2026-03-01T09:00:00Z", refunded, status, formal, amount);
            let refund = |amount| Kind::Refund { payment: "ch_1".to_owned(), amount: usd(amount) };
            let expected = expected.map(|amount| (refund(amount), Reason::Inquiry));
            assert_eq!((is_asked, recommended(&desk)), (expected.is_some(), expected), "{what}");
        }
    }

    #[test]
    fn why_it_goes_back_is_said_by_amount_and_day_and_by_no_id() {
        let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
        told(&mut desk, "2026-03-01T09:00:00Z", "0.00", DisputeStatus::Open, false, "30.00");
        let case = &desk.cases[&CaseId::of(&desk.head.account, Class::Chargeback.name(), "dp_1")];
        assert_eq!(
            case.recommended.as_ref().unwrap().note,
            "the bank asks about the payment of 80.00 USD at 2026-01-01 09:00 UTC; a refund now avoids a formal dispute \
             and its fee"
        );
    }

    #[test]
    fn what_went_back_since_the_bank_asked_counts_for_what_it_asks_about() {
        for (what, opened, refunds, expected) in [
            ("nothing went back", "2026-03-01", vec![], Some("30.00")),
            ("a part", "2026-03-01", vec!["10.00"], Some("20.00")),
            ("all of it", "2026-03-01", vec!["10.00", "20.00"], None),
            ("more", "2026-03-01", vec!["40.00"], None),
            ("before it asked", "2026-03-03", vec!["10.00"], Some("30.00")),
        ] {
            let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
            told(&mut desk, "2026-03-01T09:00:00Z", "0.00", DisputeStatus::Open, false, "30.00");
            let at = "2026-03-02T09:00:00Z";
            let refund = |(place, amount): (usize, &&str)| RefundSeen {
                id: format!("re_{place}"),
                payment: "ch_1".to_owned(),
                amount: Some(usd(amount)),
                status: Some(RefundStatus::Succeeded),
                created_at: Some(at.parse().unwrap()),
                action: None,
            };
            let opened = format!("{opened}T00:00:00Z").parse().unwrap();
            let dispute = DisputeSeen { opened_at: Some(opened), ..asking(DisputeStatus::Open, false, "30.00") };
            let seen = refunds.iter().enumerate().map(refund).map(Seen::Refund).chain([Seen::Dispute(dispute)]);
            tell(&mut desk, at, seen.collect());
            let kind = |amount| Kind::Refund { payment: "ch_1".to_owned(), amount: usd(amount) };
            assert_eq!(recommended(&desk).map(|(kind, _)| kind), expected.map(kind), "{what}");
        }
    }

    #[test]
    fn what_is_on_its_way_for_the_case_itself_is_no_reason_to_recommend_less() {
        for (what, is_own, expected) in [("its own", true, Some("80.00")), ("another one", false, None)] {
            let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
            told(&mut desk, "2026-03-01T09:00:00Z", "0.00", DisputeStatus::Open, false, "80.00");
            let action = ActionId::of(&desk.head.account, "recoup", "k");
            let reserved = &mut desk.touched.payments.get_mut("ch_1").unwrap().reserved;
            reserved.insert(action.clone(), usd("80.00"));
            let case = CaseId::of(&desk.head.account, Class::Chargeback.name(), "dp_1");
            desk.cases.get_mut(&case).unwrap().actions.extend(is_own.then_some(action));
            told(&mut desk, "2026-03-02T09:00:00Z", "0.00", DisputeStatus::Open, false, "80.00");
            let kind = |amount| Kind::Refund { payment: "ch_1".to_owned(), amount: usd(amount) };
            assert_eq!(recommended(&desk).map(|(kind, _)| kind), expected.map(kind), "{what}");
        }
    }

    #[test]
    fn nothing_is_recommended_any_more_once_the_bank_claims_it() {
        let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
        assert!(told(&mut desk, "2026-03-01T09:00:00Z", "0.00", DisputeStatus::Open, false, "80.00"));
        assert!(recommended(&desk).is_some());
        assert!(!told(&mut desk, "2026-03-02T09:00:00Z", "0.00", DisputeStatus::Open, true, "80.00"));
        assert_eq!(recommended(&desk), None);
    }
}

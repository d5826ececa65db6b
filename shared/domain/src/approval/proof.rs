//! Is it proven that money is owed back? That somebody says so is no proof; an open case that recommends it is one.

use super::credited::{Credited, credited_of, gives};
use crate::action::{Action, Kind, Reason};
use crate::book::{Payment, Touched};
use crate::case::{Case, State};
use crate::id::CaseId;
use crate::money::Money;
use crate::staff::MACHINE;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Payments of which an open case shows that as much is owed back as is asked for, each with that case.
pub type Proofs = BTreeMap<String, CaseId>;

/// Which payments of a request are proven, by the cases of its account. What was approved and is not shown yet by the
/// provider, and what has gone back since the case found it, it may not know of, and of credits it never does: all of it
/// counts together with what is asked for.
pub fn proofs(kind: &Kind, reason: Reason, cases: &[Case], records: &Touched, credited: &[Credited]) -> Proofs {
    if !reason.needs_proof() {
        return Proofs::new();
    }
    let payments: BTreeSet<&str> = refunds(kind).map(|(payment, _)| payment).collect();
    let by = |payment: &str| {
        let proves = |case: &&Case| {
            covers(case, reason, payment, kind, records) && leaves_room(case, payment, kind, records, credited)
        };
        cases.iter().find(proves).map(|case| (payment.to_owned(), case.id.clone()))
    };
    payments.into_iter().filter_map(by).collect()
}

/// Whether what was proven when it was asked for still is, by the same cases as they are at this moment. What Recoup asks
/// for because of a case is proven at any time, or not asked for.
pub fn still_proven(action: &Action, cases: &[Case], records: &Touched, credited: &[Credited]) -> bool {
    let by_now = proofs(&action.kind, action.reason_code, cases, records, credited);
    let stands = action.proven_by.keys().all(|payment| by_now.contains_key(payment));
    let is_own = action.requested_by == MACHINE && action.case.is_some();
    stands && !(is_own && is_unproven(&action.kind, action.reason_code, &by_now))
}

/// Whether a case has to prove what is asked for, and there is a payment of which none does.
pub fn is_unproven(kind: &Kind, reason: Reason, proven_by: &Proofs) -> bool {
    reason.needs_proof() && refunds(kind).any(|(payment, _)| !proven_by.contains_key(payment))
}

/// The reason by which a person's request is judged: without a proof, as if none had been named.
pub fn judged(said: Reason, kind: &Kind, proven_by: &Proofs) -> Reason {
    match kind {
        Kind::Refund { payment, .. } if said.needs_proof() && !proven_by.contains_key(payment) => Reason::Other,
        _ => said,
    }
}

/// The same of a member of what was asked for before. Recoup itself asks for nothing but what it has found.
pub fn judged_before(action: &Action, member: &Kind) -> Reason {
    if action.requested_by == MACHINE {
        return action.reason_code;
    }
    judged(action.reason_code, member, &action.proven_by)
}

/// Why a reason that was said counts for nothing.
pub(super) fn unproven(said: Reason) -> String {
    let (said, other) = (said.name(), Reason::Other.name());
    format!("no open case of this account recommends as much for this payment: `{said}` is judged as `{other}`")
}

fn refunds(kind: &Kind) -> impl Iterator<Item = (&str, Money)> {
    kind.members().iter().filter_map(Kind::refunded)
}

/// Whether an open case recommends so much of a payment for what was said. A case that advises a refund for another reason
/// shows no mistake, and one of a mistake no inquiry.
fn covers(case: &Case, said: Reason, payment: &str, kind: &Kind, records: &Touched) -> bool {
    let stands = case.recommended.as_ref().filter(|it| case.state == State::Open && it.reason.proves(said));
    let Some((_, owed)) = stands.and_then(|it| refunds(&it.kind).find(|(of, _)| *of == payment)) else {
        return false;
    };
    let amounts = amounts_of(case, payment, kind, records);
    amounts.iter().all(|amount| amount.currency() == owed.currency()) && sum(&amounts) <= owed.amount()
}

/// Whether all that goes back by a case, over its payments and with what was credited for it, is no more than it recommends.
/// A credit is no answer to a bank.
fn leaves_room(case: &Case, payment: &str, kind: &Kind, records: &Touched, credited: &[Credited]) -> bool {
    let Some(it) = case.recommended.as_ref().filter(|it| it.reason.is_mistake()) else { return true };
    let Some((_, owed)) = refunds(&it.kind).find(|(of, _)| *of == payment) else { return false };
    let currency = owed.currency();
    let credited = credited_of(case, credited, currency);
    let payments: BTreeSet<&str> = refunds(&it.kind).map(|(of, _)| of).collect();
    let amounts = payments.into_iter().flat_map(|of| amounts_of(case, of, kind, records));
    let amounts: Vec<Money> = amounts.filter(|amount| amount.currency() == currency).collect();
    credited.is_zero() || sum(&amounts).saturating_add(credited) <= gives(&it.kind, currency)
}

/// What is asked for of a payment, what is on its way, and what has gone back since the case found what it recommends.
fn amounts_of(case: &Case, payment: &str, kind: &Kind, records: &Touched) -> Vec<Money> {
    let asked = refunds(kind).filter(|(of, _)| *of == payment).map(|(_, amount)| amount);
    let Some(record) = records.payments.get(payment) else { return asked.collect() };
    asked.chain(record.reserved.values().copied()).chain(gone(case, record)).collect()
}

/// What has gone back of a payment since the case found what it recommends.
fn gone(case: &Case, payment: &Payment) -> Vec<Money> {
    let known = case.recommended.as_ref().and_then(|it| it.gone.get(&payment.id).copied());
    match known.zip(payment.given_back()) {
        Some((known, by_now)) if known.currency() == by_now.currency() => {
            Some(by_now.minus(known)).filter(|since| since.is_positive()).into_iter().collect()
        }
        _ => payment.given_back_since(case.opened_at).collect(),
    }
}

fn sum(amounts: &[Money]) -> Decimal {
    amounts.iter().fold(Decimal::ZERO, |sum, amount| sum.saturating_add(amount.amount()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Known, Manners, NoPreview};
    use crate::approval::{Earlier, Scales, Weighed, weigh};
    use crate::book::Head;
    use crate::event::Event;
    use crate::id::{AccountId, ActionId};
    use crate::money::Currency;
    use crate::policies::Policies;
    use crate::staff::{Role, Staff};
    use jiff::{SignedDuration, Timestamp};
    use serde_json::{from_value, json};

    fn now() -> Timestamp {
        "2026-12-01T12:00:00Z".parse().unwrap()
    }

    fn usd(amount: &str) -> Money {
        Money::parse(amount, Currency::USD).unwrap()
    }

    fn refund(payment: &str, amount: &str) -> Kind {
        Kind::Refund { payment: payment.to_owned(), amount: usd(amount) }
    }

    /// An open case that recommends something, as it was found.
    fn case(class: &str, payment: &str, recommended: &Kind, reason: Reason) -> Case {
        let account = AccountId::of("stripe", "default", "cus_1");
        from_value(json!({
            "id": CaseId::of(&account, class, payment), "account": account, "class": class, "about": payment,
            "confidence": "0.9", "state": "open", "rule": "r", "policy_version": 1, "advice": "", "why": "",
            "recommended": {"kind": recommended, "reason": reason, "note": ""}, "evidence": [], "missing": [],
            "actions": [], "events": [], "opened_at": "2026-06-01T00:00:00Z",
        }))
        .unwrap()
    }

    fn duplicate(payment: &str, amount: &str) -> Case {
        case("duplicate_charge", payment, &refund(payment, amount), Reason::DuplicateCharge)
    }

    fn ended(case: Case) -> Case {
        Case { state: State::Resolved, ..case }
    }

    /// An account with two payments of 900.00 that many days ago.
    fn book(days: i64) -> (Head, Touched) {
        let at = now() - SignedDuration::from_hours(24 * days);
        let payment = |id: &str| {
            json!({"resource": "payment", "id": id, "status": "succeeded", "amount": usd("900.00"),
                "captured": usd("900.00"), "refunded": usd("0.00"), "at": at})
        };
        let event: Event =
            from_value(json!({"id": "evt_1", "provider": "stripe", "source": "default", "origin": "webhook",
            "kind": "payment_succeeded", "at": at, "customer": "cus_1", "seen": [payment("ch_1"), payment("ch_2")]}))
            .unwrap();
        let (mut head, mut touched) = (Head::new("stripe", "default", "cus_1"), Touched::default());
        touched.fold(&mut head, &event, SignedDuration::ZERO);
        (head, touched)
    }

    fn weighed(
        kind: &Kind,
        (reason, days): (Reason, i64),
        cases: &[Case],
        by: Option<&Staff>,
        earlier: &[Earlier],
    ) -> Result<Weighed, NoPreview> {
        let policies = Policies::shipped().unwrap();
        let (head, records) = book(days);
        let known = Known {
            head: &head,
            manners: &Manners::PLAIN,
            records: &records,
            prices: &[],
            papers: &crate::action::NO_PAPERS,
            now: now(),
        };
        let scales = Scales {
            policy: policies.approval.current(),
            known,
            reason,
            by,
            cases,
            earlier,
            credited: &[],
            today: Decimal::ZERO,
            rates: &[],
            outage_credits: &BTreeMap::new(),
            exception: false,
        };
        weigh(kind, scales)
    }

    fn bea() -> Staff {
        let (id, name) = ("bea".to_owned(), "Bea".to_owned());
        Staff { id, name, role: Role::BillingSpecialist, email: String::new(), slack: None, languages: Vec::new() }
    }

    #[test]
    fn a_word_alone_lifts_no_window() {
        use Reason::{BillingError, DuplicateCharge, Inquiry};
        let inquiry = |amount| case("chargeback", "dp_2", &refund("ch_2", amount), Inquiry);
        let both = Kind::Bundle { actions: vec![refund("ch_2", "24.00"), refund("ch_1", "1.00")] };
        let bundle = case("duplicate_subscription", "sub_2", &both, DuplicateCharge);
        let amount = Money::parse("24.00", Currency::parse("EUR").unwrap()).unwrap();
        let euros = Kind::Refund { payment: "ch_2".to_owned(), amount };
        let euros = case("duplicate_charge", "ch_2", &euros, DuplicateCharge);
        for (what, days, reason, cases, given) in [
            ("nothing proves it", 200, BillingError, vec![], false),
            ("nothing has to", 30, BillingError, vec![], true),
            ("an open case of exactly that", 200, BillingError, vec![duplicate("ch_2", "24.00")], true),
            ("the other word for it", 200, DuplicateCharge, vec![duplicate("ch_2", "24.00")], true),
            ("for a year and no longer", 366, DuplicateCharge, vec![duplicate("ch_2", "24.00")], false),
            ("the case recommends more", 200, BillingError, vec![duplicate("ch_2", "24.01")], true),
            ("the case recommends less", 200, BillingError, vec![duplicate("ch_2", "23.99")], false),
            ("in another currency", 200, BillingError, vec![euros], false),
            ("the case has ended", 200, BillingError, vec![ended(duplicate("ch_2", "24.00"))], false),
            ("of another payment", 200, BillingError, vec![duplicate("ch_1", "24.00")], false),
            ("one of several", 200, BillingError, vec![duplicate("ch_1", "24.00"), duplicate("ch_2", "24.00")], true),
            ("within a bundle", 200, BillingError, vec![bundle], true),
            ("a case of no mistake", 200, BillingError, vec![inquiry("24.00")], false),
            ("no bank asks", 170, Inquiry, vec![], false),
            ("a bank asks", 170, Inquiry, vec![inquiry("24.00")], true),
            ("a bank asks about less", 170, Inquiry, vec![inquiry("23.99")], false),
            ("no bank asks any more", 170, Inquiry, vec![ended(inquiry("24.00"))], false),
            ("a mistake about which no bank asks", 170, Inquiry, vec![duplicate("ch_2", "24.00")], false),
            ("a bank asks too late", 181, Inquiry, vec![inquiry("24.00")], false),
        ] {
            let weighed = weighed(&refund("ch_2", "24.00"), (reason, days), &cases, Some(&bea()), &[]);
            assert_eq!(weighed.is_ok(), given, "{what}: {weighed:?}");
            if let Err(refused) = weighed {
                assert_eq!(refused.code(), "not_eligible", "{what}");
                let says = refused.to_string().contains("is judged as `other`");
                assert_eq!(says, days == 170 || days == 200, "{what}: {refused}");
            }
        }
    }

    #[test]
    fn one_case_proves_its_amount_once() {
        let (mut head, mut touched) = book(200);
        let overcharged = [case("overcharge", "ch_2", &refund("ch_2", "24.00"), Reason::BillingError)];
        // The case is of June; what went back before it was opened is none of it.
        let rows = [
            ("2026-05-31T00:00:00Z", "succeeded", true),
            ("2026-06-02T00:00:00Z", "failed", true),
            ("2026-06-03T00:00:00Z", "succeeded", false),
        ];
        for (number, (made_at, status, proven)) in rows.into_iter().enumerate() {
            let event: Event = from_value(json!({
                "id": format!("evt_{number}"), "provider": "stripe", "source": "default", "origin": "webhook",
                "kind": "refund_changed", "at": made_at, "customer": "cus_1",
                "seen": [{"resource": "refund", "id": format!("re_{number}"), "payment": "ch_2", "amount": usd("23.00"),
                    "status": status, "created_at": made_at}],
            }))
            .unwrap();
            touched.fold(&mut head, &event, SignedDuration::ZERO);
            let found = proofs(&refund("ch_2", "23.00"), Reason::BillingError, &overcharged, &touched, &[]);
            assert_eq!(found.contains_key("ch_2"), proven, "{made_at} {status}");
        }
    }

    #[test]
    fn a_word_alone_lifts_no_amount() {
        let manager = [Role::Manager];
        type Row<'a> = (&'a str, &'a str, Vec<Case>, &'a [Role]);
        let rows: [Row<'_>; 4] = [
            ("as any other", "500.00", vec![], &[]),
            ("more than any other", "500.01", vec![], &manager),
            ("proven", "500.01", vec![duplicate("ch_2", "900.00")], &[]),
            ("proven in part", "500.01", vec![duplicate("ch_2", "500.00")], &manager),
        ];
        for (what, amount, cases, expected) in rows {
            let of = (Reason::BillingError, 1);
            let weighed = weighed(&refund("ch_2", amount), of, &cases, Some(&bea()), &[]).unwrap();
            assert_eq!(weighed.required, expected, "{what}");
            let proven = cases.iter().any(|case| weighed.proven_by.get("ch_2") == Some(&case.id));
            let says = weighed.preview.clause.why.contains("`billing_error` is judged as `other`");
            assert_eq!((proven, says), (what == "proven", what != "proven"), "{what}: {}", weighed.preview.clause.why);
        }
    }

    #[test]
    fn a_word_alone_is_a_pattern_like_any_other() {
        let earlier = |reason| Earlier {
            at: now() - SignedDuration::from_hours(24),
            reason,
            kind: refund("ch_1", "1.00"),
            stands: true,
            alone_by: None,
        };
        let (other, error) = (Reason::Other, Reason::BillingError);
        for (what, before, cases, expected) in [
            ("the third without a proof", other, vec![], vec![Role::Manager]),
            ("the first without one", error, vec![], vec![]),
            ("a proven one", other, vec![duplicate("ch_2", "24.00")], vec![]),
        ] {
            let before = [earlier(before), earlier(before)];
            let weighed = weighed(&refund("ch_2", "24.00"), (error, 1), &cases, Some(&bea()), &before).unwrap();
            assert_eq!(weighed.required, expected, "{what}");
        }
    }

    #[test]
    fn one_case_proves_no_sum_of_more_than_it_recommends() {
        let cases = [duplicate("ch_2", "24.00")];
        let (_, mut records) = book(1);
        let proven =
            |kind: &Kind, records: &Touched| !proofs(kind, Reason::BillingError, &cases, records, &[]).is_empty();
        let two = |first, second| Kind::Bundle { actions: vec![refund("ch_2", first), refund("ch_2", second)] };
        assert!(proven(&two("20.00", "4.00"), &records), "two that fit together");
        assert!(!proven(&two("20.00", "4.01"), &records), "two that do not");
        let other = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "bea", "k");
        records.payments.get_mut("ch_2").unwrap().reserved.insert(other, usd("20.00"));
        assert!(proven(&refund("ch_2", "4.00"), &records), "what is left beside what is on its way");
        assert!(!proven(&refund("ch_2", "4.01"), &records), "more than that");
    }

    #[test]
    fn what_recoup_asks_for_itself_is_proven_by_what_it_found() {
        let weighed = weighed(&refund("ch_2", "800.00"), (Reason::DuplicateCharge, 200), &[], None, &[]).unwrap();
        assert_eq!(weighed.required, [Role::BillingSpecialist]);
        assert!(!weighed.preview.clause.why.contains("judged"), "{}", weighed.preview.clause.why);
    }

    #[test]
    fn what_was_proven_is_asked_again_of_the_case_as_it_is() {
        let (head, records) = book(200);
        let standing = duplicate("ch_2", "24.00");
        let kind = refund("ch_2", "24.00");
        let of = (Reason::BillingError, 200);
        let asked = weighed(&kind, of, std::slice::from_ref(&standing), Some(&bea()), &[]).unwrap();
        let id = ActionId::of(&head.account, "bea", "k");
        let mut action = Action::new(id, kind, Reason::BillingError, asked.preview, "bea", now());
        assert!(still_proven(&action, &[], &records, &[]), "what was not proven needs no case");
        assert_eq!(judged_before(&action, &action.kind), Reason::Other);
        action.proven_by = asked.proven_by;
        assert_eq!(judged_before(&action, &action.kind), Reason::BillingError);
        for (what, cases, proven) in [
            ("as it was", vec![standing.clone()], true),
            ("gone", vec![], false),
            ("ended", vec![ended(standing)], false),
            ("less by now", vec![duplicate("ch_2", "23.99")], false),
        ] {
            assert_eq!(still_proven(&action, &cases, &records, &[]), proven, "{what}");
        }
    }

    #[test]
    fn what_was_credited_for_a_case_is_proven_no_more() {
        let (_, records) = book(200);
        let overcharged = case("overcharge", "ch_2", &refund("ch_2", "24.00"), Reason::BillingError);
        let both = Kind::Bundle { actions: vec![refund("ch_2", "12.00"), Kind::Credit { amount: usd("12.00") }] };
        let in_part = case("overcharge", "ch_2", &both, Reason::BillingError);
        let credit = |amount: &str| {
            let at = Some("2026-06-02T00:00:00Z".parse().unwrap());
            vec![Credited { amount: usd(amount), at, case: None }]
        };
        for (what, case, asked, credited, proven) in [
            ("nothing was", &overcharged, "24.00", vec![], true),
            ("all of it", &overcharged, "24.00", credit("24.00"), false),
            ("a part, and the rest is asked for", &overcharged, "20.00", credit("4.00"), true),
            ("a part, and more than the rest", &overcharged, "20.01", credit("4.00"), false),
            ("the part that is to be credited", &in_part, "12.00", credit("12.00"), true),
            ("more than that", &in_part, "12.00", credit("12.01"), false),
        ] {
            let kind = refund("ch_2", asked);
            let found = proofs(&kind, Reason::BillingError, std::slice::from_ref(case), &records, &credited);
            assert_eq!(found.contains_key("ch_2"), proven, "{what}");
        }
    }

    #[test]
    fn what_had_gone_back_when_it_was_found_is_taken_off_once() {
        let (mut head, mut records) = book(200);
        let mut inquiry = case("chargeback", "dp_2", &refund("ch_2", "20.00"), Reason::Inquiry);
        let mut refunded = |id: &str, amount: &str, at: &str| {
            let event: Event = from_value(json!({
                "id": format!("evt_{id}"), "provider": "stripe", "source": "default", "origin": "webhook",
                "kind": "refund_changed", "at": at, "customer": "cus_1",
                "seen": [{"resource": "refund", "id": id, "payment": "ch_2", "amount": usd(amount),
                    "status": "succeeded", "created_at": at}],
            }))
            .unwrap();
            records.fold(&mut head, &event, SignedDuration::ZERO);
            records.clone()
        };
        let proven = |inquiry: &Case, records: &Touched| {
            let found = proofs(&refund("ch_2", "20.00"), Reason::Inquiry, std::slice::from_ref(inquiry), records, &[]);
            found.contains_key("ch_2")
        };
        // The bank asks about 30.00, and 10.00 went back before the rest was recommended.
        let first = refunded("re_1", "10.00", "2026-12-01T13:00:00Z");
        assert!(!proven(&inquiry, &first), "nobody says that it is taken off");
        inquiry.recommended.as_mut().unwrap().gone.insert("ch_2".to_owned(), usd("10.00"));
        assert!(proven(&inquiry, &first));
        let second = refunded("re_2", "0.01", "2026-12-01T14:00:00Z");
        assert!(!proven(&inquiry, &second), "what went back since is not");
    }

    #[test]
    fn recoup_asks_for_nothing_that_its_case_does_not_prove() {
        let (head, records) = book(1);
        let (kind, standing) = (refund("ch_2", "24.00"), duplicate("ch_2", "24.00"));
        let asked = weighed(&kind, (Reason::DuplicateCharge, 1), std::slice::from_ref(&standing), None, &[]).unwrap();
        let id = ActionId::of(&head.account, MACHINE, "k");
        let mut action = Action::new(id, kind, Reason::DuplicateCharge, asked.preview, MACHINE, now());
        assert!(still_proven(&action, &[], &records, &[]), "for a leaver there is no case");
        action.case = Some(standing.id.clone());
        let cases = [standing];
        assert!(!still_proven(&action, &[], &records, &[]), "nothing proves it");
        assert!(still_proven(&action, &cases, &records, &[]), "its case proves it, noted or not");
        action.proven_by = asked.proven_by;
        assert!(still_proven(&action, &cases, &records, &[]));
        action.reason_code = Reason::CustomerDissatisfaction;
        action.proven_by.clear();
        assert!(still_proven(&action, &[], &records, &[]), "what needs no proof");
    }
}

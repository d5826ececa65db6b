use super::*;
use crate::action::{Clause, KINDS, Kind, Measure, Preview, Reason};
use crate::id::{AccountId, ActionId};
use crate::money::{Currency, Money};
use crate::policies::Policies;
use serde_json::{Value, json};

fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::USD).unwrap()
}

fn staff(id: &str, role: Role) -> Staff {
    Staff { id: id.into(), name: id.into(), role, email: String::new(), slack: None, languages: Vec::new() }
}

fn waiting(required: &[Role]) -> Action {
    let account = AccountId::of("stripe", "default", "cus_1");
    let preview = Preview {
        summary: String::new(),
        about: String::new(),
        lines: vec![],
        clause: Clause { rule: "r".into(), policy_version: 1, why: "w".into() },
        notices: vec![],
        digest: "d".into(),
    };
    let kind = Kind::Refund { payment: "ch_1".into(), amount: usd("24.00") };
    let id = ActionId::of(&account, "luis", "k");
    let mut asked = Action::new(id, kind, Reason::BillingError, preview, "luis", Timestamp::UNIX_EPOCH);
    asked.required = required.to_vec();
    asked.expires_at = "1970-01-04T00:00:00Z".parse().unwrap();
    asked
}

/// A record as somebody wrote it who did not go through [`decide`].
fn written(action: &Action, fields: Value) -> Action {
    let mut record = serde_json::to_value(action).unwrap();
    record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(record).unwrap()
}

fn vote(staff: &Staff, digest: &str) -> Vote {
    Vote {
        by: staff.id.clone(),
        role: staff.role,
        decision: Decision::Approve,
        digest: digest.into(),
        note: String::new(),
        at: Timestamp::UNIX_EPOCH,
        within_limit: false,
        in_place_of: None,
    }
}

#[test]
fn whoever_stands_in_any_rule_may_approve_and_analysts_may_not() {
    let approving = Policies::shipped().unwrap().approval.current().approving();
    let expected = Role::ALL.into_iter().filter(|role| *role != Role::Analyst);
    assert!(approving.iter().copied().eq(expected), "{approving:?}");
}

#[test]
fn refunds_go_to_whom_the_matrix_names() {
    let policies = Policies::shipped().unwrap();
    let policy = policies.approval.current();
    let (billing, manager, vp) = (Role::BillingSpecialist, Role::Manager, Role::Vp);
    let rows: [(&str, Reason, Option<Role>, &[Role]); 19] = [
        ("24.00", Reason::BillingError, None, &[billing]),
        ("24.00", Reason::BillingError, Some(Role::L1), &[billing]),
        ("24.00", Reason::BillingError, Some(Role::L2), &[billing]),
        ("24.00", Reason::BillingError, Some(Role::Legal), &[billing]),
        ("1000.00", Reason::BillingError, Some(billing), &[]),
        ("1000.01", Reason::BillingError, Some(billing), &[manager]),
        ("1000.00", Reason::DuplicateCharge, Some(manager), &[]),
        ("1000.01", Reason::DuplicateCharge, Some(manager), &[manager]),
        ("1000.00", Reason::DuplicateCharge, Some(vp), &[]),
        ("5000.00", Reason::DuplicateCharge, Some(vp), &[manager]),
        ("5000.01", Reason::DuplicateCharge, Some(vp), &[manager, vp]),
        ("500.00", Reason::Other, Some(billing), &[]),
        ("500.01", Reason::Other, Some(billing), &[manager]),
        ("500.01", Reason::Other, Some(manager), &[]),
        ("500.01", Reason::CustomerDissatisfaction, Some(billing), &[manager]),
        ("500.01", Reason::ServiceOutage, Some(billing), &[]),
        ("1000.01", Reason::Other, Some(manager), &[manager]),
        ("1000.00", Reason::Inquiry, Some(billing), &[]),
        ("1000.01", Reason::Inquiry, None, &[manager]),
    ];
    for (amount, reason, role, expected) in rows {
        let requirement = policy.requirement("refund", Measure::Money(usd(amount)), reason, role);
        assert_eq!(requirement.approvals, expected, "{amount} {reason:?} {role:?}");
    }
    let kronor = Money::parse("1.00", Currency::parse("SEK").unwrap()).unwrap();
    let requirement = policy.requirement("refund", Measure::Money(kronor), Reason::Other, Some(manager));
    assert_eq!(requirement.approvals, [manager, vp], "without a rate the highest tier decides");
}

/// R17, row by row: kind and size, then who decides alone among l1, l2, manager, billing specialist, vp (`+`) or needs
/// somebody (who).
#[test]
fn the_whole_matrix_with_its_boundaries_from_both_sides() {
    let policies = Policies::shipped().unwrap();
    let policy = policies.approval.current();
    let (money, percent) = (|amount| Measure::Money(usd(amount)), |text: &str| Measure::Percent(text.parse().unwrap()));
    let none = Measure::Nothing;
    let rows: [(&str, Measure, &str); 44] = [
        ("payment_link", none, "+ + + + +"),
        ("resend_invoice", none, "+ + + + +"),
        ("tax_invoice", none, "+ + + + +"),
        ("credit", money("0.01"), "l2 + + + +"),
        ("credit", money("99.99"), "l2 + + + +"),
        ("credit", money("100.00"), "billing_specialist billing_specialist + + +"),
        ("credit", money("500.00"), "billing_specialist billing_specialist + + +"),
        ("credit", money("500.01"), "vp vp vp vp vp"),
        ("refund", money("0.01"), "billing_specialist billing_specialist + + +"),
        ("refund", money("1000.00"), "billing_specialist billing_specialist + + +"),
        ("refund", money("1000.01"), "manager manager manager manager manager"),
        ("refund", money("5000.00"), "manager manager manager manager manager"),
        ("refund", money("5000.01"), "manager+vp manager+vp manager+vp manager+vp manager+vp"),
        ("extend_trial", Measure::Days(1), "+ + + + +"),
        ("extend_trial", Measure::Days(14), "+ + + + +"),
        ("extend_trial", Measure::Days(15), "vp vp vp vp vp"),
        ("pause", none, "billing_specialist billing_specialist + + +"),
        ("resume", none, "billing_specialist billing_specialist + + +"),
        ("defer", none, "billing_specialist billing_specialist + + +"),
        ("upgrade", none, "l2 + + + +"),
        ("downgrade", none, "l2 + + + +"),
        ("update_payment_method", none, "l2 + + + +"),
        ("adjust_seats", none, "l2 + + + +"),
        ("change_addons", none, "l2 + + + +"),
        ("retry_payment", none, "l2 + + + +"),
        ("cancel", none, "billing_specialist billing_specialist + + +"),
        ("force_cancel", none, "legal legal legal legal legal"),
        ("erase_person", none, "manager manager manager manager manager"),
        ("discount", percent("0.01"), "billing_specialist billing_specialist + + +"),
        ("discount", percent("14.99"), "billing_specialist billing_specialist + + +"),
        ("discount", percent("15"), "vp vp vp vp vp"),
        ("discount", percent("15.00"), "vp vp vp vp vp"),
        ("discount", percent("100"), "vp vp vp vp vp"),
        ("extend_grace", Measure::Days(7), "+ + + + +"),
        ("extend_grace", Measure::Days(8), "billing_specialist billing_specialist + + +"),
        (
            "mark_paid",
            money("1.00"),
            "billing_specialist billing_specialist billing_specialist billing_specialist billing_specialist",
        ),
        ("write_off", money("500.00"), "billing_specialist billing_specialist + + +"),
        ("write_off", money("500.01"), "vp vp vp vp vp"),
        ("void_invoice", money("500.00"), "billing_specialist billing_specialist + + +"),
        ("void_invoice", money("500.01"), "vp vp vp vp vp"),
        ("credit", Measure::Money(Money::parse("1.00", Currency::EUR).unwrap()), "l2 + + + +"),
        ("write_off", Measure::Money(Money::parse("1", Currency::parse("JPY").unwrap()).unwrap()), "vp vp vp vp vp"),
        (
            "mark_paid",
            money("100000.00"),
            "billing_specialist billing_specialist billing_specialist billing_specialist billing_specialist",
        ),
        ("extend_trial", Measure::Days(365), "vp vp vp vp vp"),
    ];
    let roles = [Role::L1, Role::L2, Role::Manager, Role::BillingSpecialist, Role::Vp];
    for (kind, measure, expected) in rows {
        let needed = roles.map(|role| {
            let needed = policy.requirement(kind, measure, Reason::BillingError, Some(role)).approvals;
            if needed.is_empty() {
                "+".to_owned()
            } else {
                needed.iter().map(|role| role.name()).collect::<Vec<_>>().join("+")
            }
        });
        assert_eq!(needed.join(" "), expected, "{kind} {measure:?}");
    }
    let tested: std::collections::BTreeSet<_> = rows.iter().map(|row| row.0).collect();
    assert_eq!(KINDS.iter().filter(|kind| !tested.contains(**kind)).collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn no_limit_is_met_by_halves_and_a_day_has_an_end() {
    let policies = Policies::shipped().unwrap();
    let policy = policies.approval.current();
    let (billing, manager) = (Role::BillingSpecialist, Role::Manager);
    type Row<'a> = (&'a str, &'a str, &'a str, &'a str, Role, &'a [Role], &'a str);
    let rows: [Row<'_>; 8] = [
        ("refund", "400.00", "0.00", "0.00", billing, &[], "refund-small"),
        ("refund", "400.00", "600.00", "600.00", billing, &[], "refund-small"),
        ("refund", "400.01", "600.00", "600.00", billing, &[manager], "refund-large"),
        ("refund", "0.01", "5000.00", "5000.00", manager, &[manager, Role::Vp], "refund-very-large"),
        ("credit", "50.00", "49.99", "49.99", Role::L2, &[], "credit-small"),
        ("credit", "50.00", "50.00", "50.00", Role::L2, &[billing], "credit-middle"),
        ("refund", "100.00", "0.00", "4900.00", billing, &[], "refund-small"),
        ("refund", "100.01", "0.00", "4900.00", billing, &[billing], "refund-small"),
    ];
    for (kind, amount, here, today, role, expected, rule) in rows {
        let decided = Decided { here: here.parse().unwrap(), today: today.parse().unwrap() };
        let requirement =
            policy.requirement_after(kind, Measure::Money(usd(amount)), Reason::BillingError, Some(role), decided);
        assert_eq!(
            (requirement.approvals.as_slice(), requirement.clause.rule.as_str()),
            (expected, rule),
            "{kind} {amount} after {here}, {today}"
        );
    }
}

#[test]
fn refusals_come_in_their_order() {
    let now = Timestamp::UNIX_EPOCH;
    let late = "1970-01-04T00:00:00Z".parse().unwrap();
    let (marc, luis, lena) = (staff("marc", Role::Manager), staff("luis", Role::Manager), staff("lena", Role::L1));
    let done = written(&waiting(&[Role::Manager]), json!({"state": "executed"}));
    let decided = written(&done, json!({"votes": [vote(&marc, "d")]}));
    assert!(matches!(decide(decided, vote(&marc, "x"), &marc, "x", late), Err(Refusal::AlreadyDecided { .. })));
    assert!(
        matches!(decide(done, vote(&marc, "x"), &marc, "x", late), Err(Refusal::NotWaiting(_))),
        "nobody decided it"
    );
    assert_eq!(decide(waiting(&[Role::Manager]), vote(&marc, "x"), &marc, "x", late), Err(Refusal::Expired));
    assert_eq!(decide(waiting(&[Role::Manager]), vote(&marc, "x"), &marc, "d", now), Err(Refusal::StalePreview));
    assert_eq!(decide(waiting(&[Role::Manager]), vote(&marc, "d"), &marc, "changed", now), Err(Refusal::StalePreview));
    assert_eq!(
        decide(waiting(&[Role::Manager]), vote(&luis, "x"), &luis, "x", now),
        Err(Refusal::OwnRequest(vec![Role::Manager]))
    );
    assert_eq!(
        decide(waiting(&[Role::Manager]), vote(&lena, "x"), &lena, "x", now),
        Err(Refusal::NotPermitted(vec![Role::Manager]))
    );
    assert_eq!(decide(waiting(&[Role::Manager]), vote(&marc, "d"), &marc, "d", now).unwrap().state(), State::Approved);
}

#[test]
fn two_approvals_are_two_people() {
    let now = Timestamp::UNIX_EPOCH;
    let (vera, marc) = (staff("vera", Role::Vp), staff("marc", Role::Manager));
    let once = decide(waiting(&[Role::Manager, Role::Vp]), vote(&vera, "d"), &vera, "d", now).unwrap();
    assert_eq!(once.state(), State::WaitingApproval);
    assert!(decide(once.clone(), vote(&vera, "d"), &vera, "d", now).is_err());
    assert_eq!(decide(once, vote(&marc, "d"), &marc, "d", now).unwrap().state(), State::Approved);
}

#[test]
fn what_people_did_not_approve_is_not_approved() {
    let marc = staff("marc", Role::Manager);
    let good = decide(waiting(&[Role::Manager]), vote(&marc, "d"), &marc, "d", Timestamp::UNIX_EPOCH).unwrap();
    assert!(approved(good.clone()).is_ok());
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut record = serde_json::to_value(&good).unwrap();
        change(&mut record);
        approved(serde_json::from_value(record).unwrap()).unwrap_err()
    };
    assert_eq!(broken(&|a| a["state"] = json!("waiting_approval")), NotApproved::State("waiting_approval"));
    assert_eq!(broken(&|a| a["votes"][0]["by"] = json!(MACHINE)), NotApproved::ByMachine);
    assert_eq!(broken(&|a| a["votes"][0]["decision"] = json!("deny")), NotApproved::Denied);
    assert_eq!(broken(&|a| a["preview"]["digest"] = json!("other")), NotApproved::OtherPreview);
    assert_eq!(broken(&|a| a["votes"][0]["by"] = json!("luis")), NotApproved::OwnVote);
    assert_eq!(broken(&|a| a["votes"][0]["role"] = json!("l2")), NotApproved::Missing(vec![Role::Manager]));
    assert_eq!(
        broken(&|a| {
            a["votes"] = json!([]);
            a["required"] = json!([]);
        }),
        NotApproved::Missing(vec![])
    );
}

//! One credit note takes an invoice back, once nothing of it stands.

use super::{at_home, german, policy};
use crate::book::{Invoice, PaymentLine};
use crate::document::{Filed, LegalEntity, NotTakenBack, Series, TakenBack};
use crate::id::AccountId;
use crate::staff::{Role, Staff};
use jiff::Timestamp;
use serde_json::{Value, from_value, json};

const AT: &str = "2026-11-30T10:00:00Z";

fn by(role: Role) -> Staff {
    let (id, name, email) = ("mara".to_owned(), "Mara".to_owned(), String::new());
    Staff { id, name, role, email, slack: None, languages: Vec::new() }
}

fn series() -> Series {
    let entity = json!({"id": "de", "issuer": "recoup", "prefix": "R-2026-", "party": german(), "currency": "EUR"});
    from_value::<LegalEntity>(entity).unwrap().series(false).unwrap()
}

fn filed(series: &mut Series) -> Filed {
    let policy = policy();
    let document = series.number(at_home(), &policy).unwrap().document().clone();
    let (account, invoice) = (AccountId::of("shop", "default", "cus_1"), "in_1".to_owned());
    let (entity, by, at) = ("de".to_owned(), "recoup".to_owned(), AT.parse().unwrap());
    Filed { account, invoice, entity, by, at, document }
}

fn euros(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

fn invoice(status: &str, credited: Option<&str>) -> Invoice {
    let seen = |value: Value| json!([[AT, 0, "evt_1"], value]);
    let mut invoice = json!({"id": "in_1", "status": seen(json!(status)), "total": seen(euros("119.00"))});
    if let Some(credited) = credited {
        invoice["credited"] = seen(euros(credited));
    }
    from_value(invoice).unwrap()
}

fn payment(id: &str, invoice: &str, given_back: Option<&str>) -> PaymentLine {
    let given_back = given_back.map(euros);
    from_value(json!({"at": AT, "payment": id, "invoice": invoice, "given_back": given_back})).unwrap()
}

#[test]
fn an_invoice_of_which_nothing_stands_is_taken_back() {
    let rows = [
        ("paid", invoice("paid", None), vec![payment("ch_1", "in_1", None)], false),
        ("a part went back", invoice("paid", None), vec![payment("ch_1", "in_1", Some("20.00"))], false),
        ("another one's went back", invoice("paid", None), vec![payment("ch_1", "in_2", Some("119.00"))], false),
        ("a part was credited", invoice("paid", Some("19.00")), vec![], false),
        ("written off", invoice("uncollectible", None), vec![], false),
        ("void", invoice("void", None), vec![], true),
        ("credited", invoice("paid", Some("119.00")), vec![], true),
        ("all went back", invoice("paid", None), vec![payment("ch_1", "in_1", Some("119.00"))], true),
        (
            "all went back in two parts",
            invoice("paid", None),
            vec![payment("ch_1", "in_1", Some("100.00")), payment("ch_2", "in_1", Some("19.00"))],
            true,
        ),
    ];
    for (name, invoice, payments, expected) in rows {
        let (mut series, policy) = (series(), policy());
        let filed = filed(&mut series);
        let (mut of, before) = (filed.of_invoice(), series.clone());
        let now: Timestamp = AT.parse().unwrap();
        let taken =
            TakenBack { invoice: &invoice, payments: &payments, reason: " charged twice ", policy: &policy, now };
        match filed.taken_back(&mut of, &mut series, &by(Role::Manager), taken) {
            Ok((credit, note)) => {
                assert!(expected, "{name}");
                assert_eq!(
                    (credit.document.number.as_str(), of.credit.as_deref()),
                    ("R-2026-000002", Some("R-2026-000002"))
                );
                let original = credit.document.corrects.clone().unwrap();
                assert_eq!((original.number.as_str(), original.reason.as_str()), ("R-2026-000001", "charged twice"));
                assert_eq!((note.body["document"].as_str(), note.by.as_str()), ("R-2026-000001", "mara"));
                let again = credit.taken_back(&mut of, &mut series, &by(Role::Vp), taken).unwrap_err();
                assert_eq!(again, NotTakenBack::IsCreditNote("R-2026-000002".to_owned()));
            }
            Err(why) => {
                assert_eq!((why, expected), (NotTakenBack::Stands, false), "{name}");
                assert_eq!((of.credit.clone(), &series), (None, &before), "{name}: no number is taken");
            }
        }
    }
}

#[test]
fn who_may_not_and_who_says_no_reason_is_refused_first() {
    let (mut series, policy) = (series(), policy());
    let filed = filed(&mut series);
    let (mut of, invoice) = (filed.of_invoice(), invoice("void", None));
    let now: Timestamp = AT.parse().unwrap();
    for (role, reason, expected) in [
        (Role::BillingSpecialist, "charged twice", NotTakenBack::Role),
        (Role::Legal, "charged twice", NotTakenBack::Role),
        (Role::Manager, " ", NotTakenBack::NoReason),
    ] {
        let taken = TakenBack { invoice: &invoice, payments: &[], reason, policy: &policy, now };
        assert_eq!(filed.taken_back(&mut of, &mut series, &by(role), taken).unwrap_err(), expected);
    }
}

//! Where an invoice stands on the lists of what is owed. The place itself says all that a sum needs, so that no invoice is
//! read to add them up.

use super::lists::{OWED, SETTLED};
use domain::ageing::Owed;
use domain::book::Invoice;
use domain::id::AccountId;
use domain::money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::Date;

/// The list and the place of an invoice, as far as it is on one.
pub fn owed(account: &AccountId, invoice: &Invoice) -> Option<(String, String)> {
    let owed = Owed::of(account, invoice)?;
    let (amount, currency) = owed.amount.map_or_else(
        || ("-".to_owned(), "-".to_owned()),
        |amount| (amount.amount().to_string(), amount.currency().code().to_owned()),
    );
    let opened = owed.opened_at.as_second();
    let line = format!("{}#{opened}#{amount}#{currency}#{}#{}", owed.due_on, owed.account, owed.invoice);
    Some(match owed.settled_at {
        None => (OWED.to_owned(), line),
        Some(at) => (SETTLED.to_owned(), format!("{at:.3}#{line}")),
    })
}

/// What a place on one of the lists says.
pub fn owed_at(list: &str, place: &str) -> Option<Owed> {
    let (settled, line) = match list {
        SETTLED => place.split_once('#').map(|(at, line)| (Some(at), line))?,
        _ => (None, place),
    };
    let parts: Vec<&str> = line.splitn(6, '#').collect();
    let &[due_on, opened, amount, currency, account, invoice] = parts.as_slice() else { return None };
    let amount = match currency {
        "-" => None,
        code => Some(Money::parse(amount, Currency::parse(code).ok()?).ok()?),
    };
    Some(Owed {
        account: AccountId::parse(account)?,
        invoice: invoice.to_owned(),
        due_on: due_on.parse().ok()?,
        opened_at: Timestamp::from_second(opened.parse().ok()?).ok()?,
        settled_at: settled.map(str::parse).transpose().ok()?,
        amount,
    })
}

/// What lies behind this on the list of what is open was due on this day or later.
pub fn due_from(on: Date) -> String {
    on.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::book::{Head, Touched};
    use domain::event::Event;
    use jiff::SignedDuration;
    use serde_json::{Value, from_value, json};

    fn told(id: &str, seen: &Value) -> Invoice {
        let event: Event = from_value(json!({"id": "evt_1", "provider": "stripe", "source": "default",
            "origin": "webhook", "kind": "invoice_changed", "at": "2026-03-20T09:00:00Z", "customer": "cus_1",
            "seen": [seen]}))
        .unwrap();
        let (mut head, mut touched) = (Head::new("stripe", "default", "cus_1"), Touched::default());
        touched.fold(&mut head, &event, SignedDuration::ZERO);
        touched.invoices.remove(id).unwrap()
    }

    #[test]
    fn a_place_says_what_is_owed() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let usd = |amount: &str| json!({"amount": amount, "currency": "USD"});
        let seen = |id: &str, status: &str, remaining: Value| {
            json!({"resource": "invoice", "id": id, "status": status, "total": usd("49.00"), "remaining": remaining,
                "created_at": "2026-03-01T09:00:00Z", "due_on": "2026-03-15", "by_period": remaining.is_null()})
        };
        for (id, status, remaining, list, place) in [
            ("in_1", "open", usd("9.50"), "OWED", "2026-03-15#1772355600#9.50#USD#acc_pzankqp544j4egvsc6be#in_1"),
            ("in#1", "open", Value::Null, "OWED", "2026-03-15#1772355600#-#-#acc_pzankqp544j4egvsc6be#in#1"),
            (
                "in_1",
                "void",
                usd("49.00"),
                "SETTLED",
                "2026-03-20T09:00:00.000Z#2026-03-15#1772355600#49.00#USD#acc_pzankqp544j4egvsc6be#in_1",
            ),
        ] {
            let invoice = told(id, &seen(id, status, remaining));
            let (found, at) = owed(&account, &invoice).unwrap();
            assert_eq!((found.as_str(), at.as_str()), (list, place), "{id} {status}");
            assert_eq!(owed_at(&found, &at), Owed::of(&account, &invoice), "{id} {status}");
        }
        for strange in ["", "2026-03-15", "x#1#1.00#USD#acc_pzankqp544j4egvsc6be#in_1"] {
            assert_eq!(owed_at("OWED", strange), None, "{strange}");
        }
    }

    #[test]
    fn what_was_due_on_a_day_stands_behind_its_beginning_and_before_that_of_the_next() {
        let place = "2026-03-15#1772355600#9.50#USD#acc_pzankqp544j4egvsc6be#in_1";
        let day = |text: &str| due_from(text.parse().unwrap());
        assert!(day("2026-03-15").as_str() < place && place < day("2026-03-16").as_str());
    }
}

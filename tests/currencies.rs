//! R17 in other currencies: bands of their own, imported rates, and the strictest rule where there is neither.

use crate::http::run;
use app::ports::Clock;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, deliver, import, open_at};

/// As the ECB publishes it: with blanks, and a comma at the end.
const DAILY: &str = "Date, USD, JPY, \n27 November 2026, 1.1588, 181.05, \n";

/// Customers and their charges, each in the smallest unit of its currency.
async fn shop(charges: &[(&str, &str, i64, &str)]) -> Service {
    let service = open_at("2026-11-28T09:00:00Z").await;
    let now = service.clock.now();
    for (customer, charge, minor, currency) in charges {
        let told = [
            ("customer.created", stripe::customer(customer, now)),
            ("charge.succeeded", stripe::charge(customer, charge, None, *minor, currency, None, now)),
        ];
        for (number, (kind, object)) in told.into_iter().enumerate() {
            let event = stripe::event(&format!("evt_{charge}_{number}"), kind, now, &object);
            let (status, answer) = deliver(&service, &event).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            service.work().await.unwrap();
        }
    }
    service
}

/// Asks for a refund such as `1000 JPY`, of a customer's charge: whose approval it needs, and why.
async fn refund(service: &Service, who: &str, of: (&str, &str), amount: &str, look: bool) -> (String, String) {
    let ((customer, charge), (figure, currency)) = (of, amount.split_once(' ').unwrap());
    let params = json!({"payment": charge, "amount": {"amount": figure, "currency": currency}});
    let body = json!({"account": format!("stripe:{customer}"), "kind": "refund", "params": params,
        "reason_code": "service_outage", "note": "", "preview_only": look});
    let key = format!("{who} {charge} {amount} {look} {}", service.clock.now());
    let (status, answer) = ask(service, who, Method::POST, "/api/actions", Some(&body), Some(&key)).await;
    assert_eq!(status, StatusCode::CREATED, "{amount}: {answer}");
    let required = answer["approvals_required"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let roles: Vec<_> = required.iter().filter_map(|needed| needed["role"].as_str()).collect();
    (roles.join("+"), answer["preview"]["clause"]["why"].as_str().unwrap_or_default().to_owned())
}

async fn pass(service: &Service, days: i64) {
    service.advance(service.clock.now() + SignedDuration::from_hours(24 * days)).await.unwrap();
}

#[test]
fn two_currencies_are_one_limit() {
    run(async {
        let service = shop(&[("cus_1", "ch_eur", 200_000, "EUR"), ("cus_1", "ch_gbp", 90_000, "GBP")]).await;
        let rows = [
            ("ch_eur", "5.00 EUR", "", "5.00 EUR counts as 5.00 USD by this policy."),
            ("ch_eur", "595.00 EUR", "", "595.00 EUR counts as 595.00 USD by this policy."),
            ("ch_gbp", "320.00 GBP", "", "320.00 GBP counts as 400.00 USD by this policy."),
            ("ch_eur", "0.01 EUR", "manager", "It comes to 1000.01 USD."),
        ];
        for (charge, amount, needed, told) in rows {
            let (roles, why) = refund(&service, "bea", ("cus_1", charge), amount, false).await;
            assert_eq!(roles, needed, "{amount}: {why}");
            assert!(why.contains(told), "{amount}: {why}");
        }
    });
}

#[test]
fn a_day_has_one_total_over_all_currencies() {
    run(async {
        let charges = [
            ("cus_1", "ch_1", 100_000, "EUR"),
            ("cus_2", "ch_2", 80_000, "GBP"),
            ("cus_3", "ch_3", 80_000, "CHF"),
            ("cus_4", "ch_4", 100_000, "USD"),
            ("cus_5", "ch_5", 100_000, "EUR"),
            ("cus_6", "ch_6", 100_000, "EUR"),
        ];
        let service = shop(&charges).await;
        let rows = [
            ("cus_1", "ch_1", "1000.00 EUR", ""),
            ("cus_2", "ch_2", "800.00 GBP", ""),
            ("cus_3", "ch_3", "800.00 CHF", ""),
            ("cus_4", "ch_4", "1000.00 USD", ""),
            ("cus_5", "ch_5", "1000.00 EUR", ""),
            ("cus_6", "ch_6", "0.01 EUR", "billing_specialist"),
        ];
        for (customer, charge, amount, needed) in rows {
            let (roles, why) = refund(&service, "bea", (customer, charge), amount, false).await;
            assert_eq!(roles, needed, "{customer} {amount}: {why}");
        }
    });
}

#[test]
fn the_rest_counts_by_imported_rates() {
    run(async {
        let service = shop(&[("cus_1", "ch_jpy", 1_000_000, "JPY")]).await;
        let unknown = "What JPY is worth was not imported for any of the last 10 days";
        let strict = refund(&service, "bea", ("cus_1", "ch_jpy"), "1000 JPY", true).await;
        assert!(strict.0 == "manager+vp" && strict.1.contains(unknown), "{strict:?}");

        // A file with a mistake, and one that is only looked at, change nothing.
        let (status, answer) = import(&service, "mara", "rates", &DAILY.replace("181.05", "n/a"), false).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert_eq!((&answer["rows"][0]["row"], &answer["rows"][0]["field"]), (&json!(2), &json!("JPY")), "{answer}");
        let counts = |answer: &Value| ["added", "changed", "unchanged"].map(|name| answer[name].as_u64().unwrap());
        let (_, answer) = import(&service, "mara", "rates", DAILY, true).await;
        assert_eq!((counts(&answer), &answer["dry_run"]), ([2, 0, 0], &json!(true)), "{answer}");
        assert_eq!(refund(&service, "marc", ("cus_1", "ch_jpy"), "1000 JPY", true).await.0, "manager+vp");

        let (status, answer) = import(&service, "mara", "rates", DAILY, false).await;
        assert_eq!((status, counts(&answer)), (StatusCode::OK, [2, 0, 0]), "{answer}");
        let again = "date,currency,rate\n2026-11-27,JPY,181.050\n2026-11-27,USD,1.1588\n";
        let (_, answer) = import(&service, "mara", "rates", again, false).await;
        assert_eq!((counts(&answer), &answer["repeated"]), ([0, 0, 2], &json!(true)), "{answer}");

        // 1,000 dollars are 156,239.2 yen: the edge is where the rounded amount passes it.
        for (amount, needed) in [("156239 JPY", ""), ("156240 JPY", "manager")] {
            assert_eq!(refund(&service, "bea", ("cus_1", "ch_jpy"), amount, true).await.0, needed, "{amount}");
        }
        // Whoever may say what a yen is worth decides nothing alone by that.
        let (roles, why) = refund(&service, "marc", ("cus_1", "ch_jpy"), "1001 JPY", true).await;
        assert!(!roles.is_empty() && why.contains("Whoever may import rates decides nothing alone by one."), "{why}");
        let (roles, why) = refund(&service, "bea", ("cus_1", "ch_jpy"), "1000 JPY", false).await;
        assert!(roles.is_empty() && why.contains("1000 JPY counts as 6.40 USD by the rates of 2026-11-27."), "{why}");
        pass(&service, 9).await;
        assert_eq!(refund(&service, "bea", ("cus_1", "ch_jpy"), "1000 JPY", true).await.0, "", "ten days old");
        pass(&service, 1).await;
        let stale = refund(&service, "bea", ("cus_1", "ch_jpy"), "1000 JPY", true).await;
        assert!(stale.0 == "manager+vp" && stale.1.contains(unknown), "{stale:?}");
    });
}

#[test]
fn what_can_no_longer_be_counted_does_not_count_for_nothing() {
    run(async {
        let service = shop(&[("cus_1", "ch_jpy", 1_000_000, "JPY"), ("cus_1", "ch_eur", 100_000, "EUR")]).await;
        assert_eq!(import(&service, "mara", "rates", DAILY, false).await.0, StatusCode::OK);
        assert_eq!(refund(&service, "bea", ("cus_1", "ch_jpy"), "150000 JPY", false).await.0, "");
        pass(&service, 10).await;
        let (roles, why) = refund(&service, "bea", ("cus_1", "ch_eur"), "5.00 EUR", true).await;
        assert!(roles == "manager+vp" && why.contains("nobody says any more what it is worth"), "{roles}: {why}");
        assert_eq!(
            refund(&service, "mara", ("cus_1", "ch_eur"), "5.00 EUR", true).await.0,
            "",
            "who decided nothing alone"
        );
        let newer = DAILY.replace("27 November", "8 December");
        assert_eq!(import(&service, "mara", "rates", &newer, false).await.0, StatusCode::OK);
        let (roles, why) = refund(&service, "bea", ("cus_1", "ch_eur"), "6.00 EUR", true).await;
        assert_eq!(roles, "", "it is known again: {why}");
        let (roles, why) = refund(&service, "bea", ("cus_1", "ch_eur"), "50.00 EUR", true).await;
        assert!(roles == "manager" && why.contains("It comes to 1010.07 USD."), "{roles}: {why}");
    });
}

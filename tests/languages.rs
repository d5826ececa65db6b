//! In which language a customer is reminded, at which hour, and what the mail looks like.

use crate::http::run;
use app::ports::{Channel, Clock, Letter};
use http::{Request, StatusCode};
use jiff::SignedDuration;
use local::server::dispatch;
use local::service::Service;
use serde_json::json;
use std::collections::BTreeMap;
use tests::stripe;
use tests::world::{at, deliver, get, import, open_at};

/// The reminders that a customer got, oldest first, each with when it left.
fn reminders(service: &Service) -> Vec<(String, Letter)> {
    let letters = service.outbox.letters().unwrap().into_iter().rev();
    let own = letters.filter(|(_, letter)| letter.id.starts_with("dun_") && letter.to == "cus_1@shop.example");
    own.map(|(at, letter)| (at.to_string(), letter)).collect()
}

/// Somebody whose payment of 1,234.50 euros fails, and what Stripe knows of where they live and what they read.
async fn fails(service: &Service, locale: Option<&str>, country: Option<&str>) {
    let now = service.clock.now();
    let mut customer = stripe::customer("cus_1", now);
    customer["preferred_locales"] = json!(locale.into_iter().collect::<Vec<_>>());
    customer["address"] = json!({"country": country});
    let charge = stripe::charge("cus_1", "ch_1", Some("in_1"), 123_450, "eur", Some("stolen_card"), now);
    for (kind, object) in [
        ("customer.created", customer),
        ("charge.failed", charge),
        ("invoice.payment_failed", stripe::invoice("cus_1", "in_1", "open", 123_450, 123_450, "eur", 1, now)),
    ] {
        deliver(service, &stripe::event(&format!("evt_{kind}"), kind, now, &object)).await;
    }
    service.work().await.unwrap();
}

#[test]
fn a_customer_is_reminded_in_their_language_and_learns_nothing_that_is_secret() {
    for (name, locale, country, file, subject, reason) in [
        ("nothing is known", None, None, None, "Your payment of 1234.50 EUR did not go through", "Your bank declined"),
        (
            "by what Stripe says",
            Some("fr-CA"),
            Some("CA"),
            None,
            "Votre paiement de 1\u{202f}234,50\u{a0}€ n’a pas abouti",
            "Votre banque a refusé",
        ),
        (
            "by the country",
            None,
            Some("AT"),
            None,
            "Ihre Zahlung über 1.234,50\u{a0}€ war nicht erfolgreich",
            "Ihre Bank hat die Zahlung abgelehnt",
        ),
        (
            "a country of many languages",
            None,
            Some("CH"),
            None,
            "Your payment of 1234.50 EUR did not go through",
            "Your bank declined",
        ),
        (
            "the company's own file knows better",
            Some("fr"),
            Some("FR"),
            Some("es"),
            "Su pago de 1.234,50\u{a0}€ no se ha podido realizar",
            "Su banco ha rechazado",
        ),
    ] {
        run(async {
            let service = open_at("2026-03-03T12:00:00Z").await;
            fails(&service, locale, country).await;
            if let Some(locale) = file {
                let csv = format!("account,locale\nstripe:cus_1,{locale}\n");
                assert_eq!(import(&service, "mara", "customers", &csv, false).await.0, StatusCode::OK, "{name}");
            }
            service.advance(service.clock.now() + SignedDuration::from_hours(40)).await.unwrap();
            let [(_, letter)] = &reminders(&service)[..] else { panic!("{name}: one reminder") };
            assert_eq!(letter.subject, subject, "{name}");
            assert!(letter.text.contains(reason), "{name}: {}", letter.text);
            let told = format!("{} {}", letter.text, letter.html).to_lowercase();
            for secret in ["stolen", "gestohlen", "volée", "robada", "fraud", "betrug"] {
                assert!(!told.contains(secret), "{name}: {secret}");
            }
        });
    }
}

#[test]
fn a_reminder_that_falls_due_at_night_leaves_in_the_morning_of_the_customer() {
    for (name, country, zone, failed_at, reminded_at) in [
        ("by day", Some("DE"), None, "2026-03-03T12:00:00Z", "2026-03-04T12"),
        ("in the evening", Some("DE"), None, "2026-03-03T19:30:00Z", "2026-03-05T07"),
        ("before a weekend", Some("DE"), None, "2026-03-05T20:00:00Z", "2026-03-09T07"),
        ("where the sun rises early", Some("JP"), None, "2026-03-03T12:00:00Z", "2026-03-04T23"),
        ("who lives elsewhere", Some("DE"), Some("America/New_York"), "2026-03-03T09:00:00Z", "2026-03-04T13"),
    ] {
        run(async {
            let service = open_at(failed_at).await;
            fails(&service, None, country).await;
            if let Some(zone) = zone {
                let csv = format!("account,time_zone\nstripe:cus_1,{zone}\n");
                assert_eq!(import(&service, "mara", "customers", &csv, false).await.0, StatusCode::OK, "{name}");
            }
            service.advance(at(failed_at) + SignedDuration::from_hours(25)).await.unwrap();
            let plan = get(&service, "/api/dunning").await["items"][0].clone();
            assert_eq!(plan["steps"][0]["state"], if name == "by day" { "sent" } else { "waiting" }, "{name}: {plan}");
            service.advance(at(failed_at) + SignedDuration::from_hours(24 * 4)).await.unwrap();
            let sent = reminders(&service);
            let (left_at, _) = sent.first().unwrap_or_else(|| panic!("{name}: one reminder"));
            assert!(left_at.starts_with(reminded_at), "{name}: {left_at}");
        });
    }
}

#[test]
fn a_reminder_is_a_letter_with_a_button_beside_its_plain_form() {
    run(async {
        let service = open_at("2026-03-03T12:00:00Z").await;
        fails(&service, Some("de"), Some("DE")).await;
        service.advance(service.clock.now() + SignedDuration::from_hours(25)).await.unwrap();
        let [(_, letter)] = &reminders(&service)[..] else { panic!("one reminder") };
        let [link] = &letter.links[..] else { panic!("one link: {:?}", letter.links) };
        assert!(letter.text.contains(link.as_str()) && letter.html.contains(&format!("href=\"{link}\"")), "{letter:?}");
        assert!(
            letter.html.contains("<html lang=\"de\">") && letter.html.contains("<td>1.234,50\u{a0}€</td>"),
            "{letter:?}"
        );
        for shown in [&letter.text, &letter.html] {
            assert!(shown.contains("Verbleibende Tage zum Bezahlen: 13"), "{shown}");
        }
    });
}

#[test]
fn what_is_overdue_and_the_page_to_pay_it_at_are_in_the_customers_language() {
    for (locale, subject, heading, due, button) in [
        (
            "en",
            "Invoice IN_1 over 1234.50 EUR was due",
            "recoup.test asks you to pay",
            "<dt>Due on</dt><dd>2026-03-15</dd>",
            "Pay 1234.50 EUR",
        ),
        (
            "de",
            "Rechnung IN_1 über 1.234,50\u{a0}€ war fällig",
            "recoup.test bittet Sie um Zahlung",
            "<dt>Fällig am</dt><dd>15.03.2026</dd>",
            "Jetzt 1.234,50\u{a0}€ bezahlen",
        ),
        (
            "fr",
            "La facture IN_1 de 1\u{202f}234,50\u{a0}€ est arrivée à échéance",
            "recoup.test vous invite à payer",
            "<dt>Échéance</dt><dd>15/03/2026</dd>",
            "Payer 1\u{202f}234,50\u{a0}€",
        ),
        (
            "es",
            "La factura IN_1 de 1.234,50\u{a0}€ ha vencido",
            "recoup.test le pide que pague",
            "<dt>Vencimiento</dt><dd>15/03/2026</dd>",
            "Pagar 1.234,50\u{a0}€",
        ),
    ] {
        run(async {
            let service = open_at("2026-03-01T09:00:00Z").await;
            let now = service.clock.now();
            let mut customer = stripe::customer("cus_1", now);
            customer["preferred_locales"] = json!([locale]);
            let mut invoice = stripe::invoice("cus_1", "in_1", "open", 123_450, 123_450, "eur", 0, now);
            invoice["due_date"] = json!(at("2026-03-15T00:00:00Z").as_second());
            for (kind, object) in [("customer.created", customer), ("invoice.finalized", invoice)] {
                deliver(&service, &stripe::event(&format!("evt_{kind}"), kind, now, &object)).await;
            }
            service.work().await.unwrap();
            service.advance(at("2026-03-18T09:30:00Z")).await.unwrap();
            let [(_, letter)] = &reminders(&service)[..] else { panic!("{locale}: one letter") };
            assert_eq!(letter.subject, subject, "{locale}");
            let [link] = &letter.links[..] else { panic!("{locale}: one link: {:?}", letter.links) };
            assert!(
                letter.text.contains(link.as_str()) && letter.html.contains(&format!("href=\"{link}\"")),
                "{locale}"
            );
            let language = format!("<html lang=\"{locale}\">");
            assert!(letter.html.contains(&language), "{locale}: {}", letter.html);
            let path = link.strip_prefix("http://recoup.test").unwrap_or_else(|| panic!("{locale}: ours: {link}"));
            let request = Request::builder().uri(path).body(String::new().into()).unwrap();
            let answer = dispatch(&service, &request).await;
            let page = String::from_utf8_lossy(answer.body());
            for part in [language.as_str(), heading, due, &format!(">{button}</button>")] {
                assert!(page.contains(part), "{locale}: {part}: {page}");
            }
        });
    }
}

#[test]
fn a_text_message_stands_in_the_outbox_in_its_language() {
    run(async {
        let service = open_at("2026-03-03T12:00:00Z").await;
        let values =
            BTreeMap::from([("link", "https://recoup.example/pay/1".to_owned()), ("company", "Enebro".to_owned())]);
        let text = service.context.policies.texts.current().reader(Some("es-MX"), None).text("reminder_2").unwrap();
        let letter = Letter {
            id: "sms_1".to_owned(),
            channel: Channel::Sms,
            to: "+52 55 1234".to_owned(),
            subject: String::new(),
            text: text.sms(&values).unwrap(),
            html: String::new(),
            links: vec![],
            blocks: None,
            unsubscribe: None,
            thread: None,
        };
        service.context.post.send(&letter).await.unwrap();
        for (channel, count) in [("sms", 1), ("mail", 0), ("slack", 0)] {
            let found = get(&service, &format!("/local/outbox?channel={channel}")).await;
            assert_eq!(found["items"].as_array().map(Vec::len), Some(count), "{channel}: {found}");
        }
        let sent = get(&service, "/local/outbox?channel=sms").await["items"][0].clone();
        let said = "Enebro: queda una factura por pagar. Puede pagarla en https://recoup.example/pay/1";
        assert_eq!((&sent["channel"], &sent["text"]), (&json!("sms"), &json!(said)));
    });
}

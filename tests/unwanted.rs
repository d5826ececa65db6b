//! Whoever wants no mail (`no_mail` in the customers file) is sent what must be sent, and a person has the rest.

use crate::ageing::{CUSTOMER, begun, invoice, letters, tasks, tell};
use crate::http::run;
use ::http::StatusCode;
use app::ports::Clock;
use local::service::Service;
use serde_json::Value;
use tests::stripe;
use tests::world::{at, get, import};

const MADE: &str = "2026-03-01T09:00:00Z";

async fn unwanted(service: &Service) {
    let file = "provider,customer,no_mail\nstripe,cus_1,yes\n";
    assert_eq!(import(service, "mara", "customers", file, false).await.0, StatusCode::OK);
    let account = get(service, "/api/accounts/stripe:cus_1").await;
    assert_eq!(account["account"]["no_mail"], true, "{account}");
}

async fn handed_over(service: &Service) -> usize {
    let open = get(service, "/api/tasks?state=open").await;
    open["items"].as_array().unwrap().iter().filter(|task| task["about"]["kind"] == "recovery").count()
}

/// How far each letter and each change of access of the recovery has come.
async fn steps(service: &Service) -> Vec<(String, String)> {
    let all = get(service, "/api/accounts/stripe:cus_1/dunning").await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let steps = all["items"][0]["steps"].as_array().unwrap().iter();
    let named =
        steps.map(|step| (format!("{}{}", text(&step["template"]), text(&step["access"])), text(&step["state"])));
    named.filter(|(name, _)| !name.is_empty()).collect()
}

#[test]
fn on_the_ladder_only_required_letters_leave_and_each_rung_has_its_task() {
    run(async {
        let service = begun(MADE).await;
        unwanted(&service).await;
        tell(&service, "invoice.finalized", &invoice("in_1", MADE, "2026-03-15", "usd", 49_000)).await;
        for (now, bucket, mailed) in [
            ("2026-03-18T09:30:00Z", "0-30", 0),
            ("2026-04-15T09:30:00Z", "31-60", 1),
            ("2026-05-15T09:30:00Z", "61-90", 2),
            ("2026-06-14T09:30:00Z", "90+", 2),
        ] {
            service.advance(at(now)).await.unwrap();
            let buckets: Vec<_> = tasks(&service, "open").await.into_iter().map(|(bucket, _)| bucket).collect();
            assert_eq!((buckets, letters(&service)), (vec![bucket.to_owned()], mailed), "{now}");
        }
    });
}

#[test]
fn of_a_recovery_only_what_warns_leaves_and_a_person_has_the_rest() {
    run(async {
        let service = begun(MADE).await;
        unwanted(&service).await;
        let now = service.clock.now();
        let failed = stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "usd", 1, now);
        tell(&service, "invoice.finalized", &failed).await;
        let charge = stripe::charge("cus_1", "ch_1", Some("in_1"), 4900, "usd", Some("insufficient_funds"), now);
        tell(&service, "charge.failed", &charge).await;
        tell(&service, "invoice.payment_failed", &failed).await;
        service.advance(at("2026-03-05T12:00:00Z")).await.unwrap();
        assert_eq!((letters(&service), handed_over(&service).await), (0, 1), "a task instead of letters");
        service.advance(at("2026-03-09T12:00:00Z")).await.unwrap();
        let sent = service.outbox.letters().unwrap();
        let sent: Vec<_> = sent.iter().filter(|(_, letter)| letter.to == CUSTOMER).collect();
        assert_eq!(sent.len(), 1, "who loses something is warned: {sent:?}");
        let found = steps(&service).await;
        let stands = |name: &str| found.iter().find(|(own, _)| own == name).map(|(_, state)| state.clone());
        assert_eq!(stands("reminder_1").as_deref(), Some("skipped"), "{found:?}");
        assert_eq!(stands("warned").as_deref(), Some("sent"), "{found:?}");
        let written = found.iter().filter(|(name, state)| name.starts_with("reminder") && state == "sent");
        assert_eq!(written.count(), 1, "{found:?}");
    });
}

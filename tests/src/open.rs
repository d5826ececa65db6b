//! As many open recoveries as are wanted, put straight into the store: what a sweep costs must not depend on them.

use app::dunning::alarm;
use app::store::Commit;
use domain::dunning::Plan;
use domain::id::AccountId;
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use serde_json::{Value, from_value, json};
use std::ops::Range;

/// As many items as the store takes in one transaction.
const AT_ONCE: usize = 100;
/// Over how many hours open recoveries go on.
const HOURS: u32 = 720;

/// Recoveries of those numbers that all go on later than now.
pub async fn waiting(service: &Service, numbers: Range<u32>, now: Timestamp) {
    put(service, numbers, |number| now + SignedDuration::from_hours(i64::from(1 + number % HOURS))).await;
}

/// Recoveries of those numbers that are due at a time.
pub async fn due(service: &Service, numbers: Range<u32>, at: Timestamp) {
    put(service, numbers, |_| at).await;
}

/// Sweeps until nothing is due any more; says how many alarms were rung, and in how many sweeps.
pub async fn sweep(service: &Service) -> (u32, u32) {
    let (mut rung, mut sweeps) = (0, 0);
    loop {
        let swept = alarm::sweep(&service.context).await.unwrap();
        (rung, sweeps) = (rung + swept.rung, sweeps + 1);
        if swept.rung == 0 {
            return (rung, sweeps);
        }
    }
}

async fn put(service: &Service, numbers: Range<u32>, due_at: impl Fn(u32) -> Timestamp) {
    let numbers: Vec<u32> = numbers.collect();
    for some in numbers.chunks(AT_ONCE) {
        let mut commit = Commit::default();
        some.iter().for_each(|number| commit.create(&recovery(*number, due_at(*number))));
        commit.run(&service.context).await.unwrap();
    }
}

/// A recovery of its own account, whose next step is due then.
fn recovery(number: u32, due_at: Timestamp) -> Plan {
    let step = |place: i64| -> Value {
        let due_at = due_at + SignedDuration::from_hours(96 * (place - 1));
        json!({"number": place, "kind": "mail", "template": format!("reminder_{place}"), "due_at": due_at,
            "state": "waiting", "done_at": null, "doubt_at": null})
    };
    from_value(json!({
        "account": AccountId::of("stripe", "default", &format!("cus_{number:07}")), "invoice": format!("in_{number:07}"),
        "segment": "standard", "policy_version": 2, "started_at": due_at - SignedDuration::from_hours(24),
        "state": "running", "reason": null, "steps": [step(1), step(2), step(3)], "trace": "open",
    }))
    .unwrap()
}

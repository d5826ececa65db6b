//! Any text as a ticket: masked in time, and still the same kind of document.
#![no_main]

use libfuzzer_sys::fuzz_target;
use providers::named;

fuzz_target!(|text: &str| {
    let ticket = named("ticket").expect("tickets are a provider");
    let body = serde_json::json!({"ticket": {"body": text}}).to_string();
    let masked = (ticket.mask)(body.as_bytes()).into_owned();
    let read: serde_json::Value = serde_json::from_slice(&masked).expect("what was JSON is JSON");
    assert!(read["ticket"]["body"].is_string());
    // What stood between the masked numbers is all there, in its order.
    let mut rest = text;
    for part in read["ticket"]["body"].as_str().unwrap_or_default().split("[masked]") {
        let found = rest.find(part).expect("masking leaves the other words as they were");
        rest = &rest[found + part.len()..];
    }
});

//! Any bytes as a delivery of any provider, or as the answer to a question: refused or read, and never a panic.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use providers::{ALL, Call, Reading, Reply};

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let provider = ALL[usize::from(*choice) % ALL.len()];
    let envelope = (provider.envelope)(body);
    let reading = (provider.read)(body, "default");
    // What is relevant outside is not ignored for its type inside, and what is read has the outside's id.
    if let (Ok(envelope), Ok(Reading::Events(events))) = (&envelope, &reading) {
        assert!(envelope.relevant);
        assert!(events.iter().all(|event| event.id == envelope.id));
    }
    for event in told(reading) {
        // What is read can be stored and read back, byte by byte the same.
        let stored = serde_json::to_string(&event).expect("an event is plain data");
        assert_eq!(serde_json::from_str::<domain::event::Event>(&stored).expect("what was stored can be read"), event);
    }
    if let (Some(api), Ok(text)) = (provider.api, std::str::from_utf8(body)) {
        let reply = Reply { status: 200, body: text.to_owned() };
        for path in ["/v2/payments/tr_1", "/v2/events/event_1", "/v1/invoice_payments?invoice=in_1"] {
            let _ = (api.observe)(&Call::get(path), &reply, "default", Timestamp::UNIX_EPOCH);
        }
        for listing in api.listings {
            let _ = (listing.page)(&(listing.first)(None), &reply, "default", Timestamp::UNIX_EPOCH);
        }
    }
});

fn told(reading: Result<Reading, providers::Malformed>) -> Vec<domain::event::Event> {
    match reading {
        Ok(Reading::Events(events) | Reading::Ask { events, .. }) => events,
        _ => Vec::new(),
    }
}

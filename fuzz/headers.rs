//! Any bytes as the headers of a delivery: believed only if they are what the provider would have sent.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use providers::{ALL, Delivery, Keys, Secret};

fuzz_target!(|data: &[u8]| {
    let Some((choice, text)) = data.split_first() else { return };
    let provider = ALL[usize::from(*choice) % ALL.len()];
    let keys = Keys { signing: vec![Secret::new("a secret:nobody knows")], stronger: vec![] };
    let now = Timestamp::from_second(1_772_362_800).expect("a time of ours");
    let real: Vec<(&str, String)> = (provider.sign)(&keys, b"{}", now);
    let mut headers = HeaderMap::new();
    for (part, (name, _)) in text.split(|byte| *byte == b'\n').zip(&real) {
        let Ok(value) = HeaderValue::from_bytes(part) else { return };
        headers.append(HeaderName::from_static(name), value);
    }
    let believed = (provider.verify)(&Delivery { headers: &headers, body: b"{}" }, &keys, now, 300).is_ok();
    // Nobody finds a signature by chance.
    assert!(!believed, "{} believed {headers:?}", provider.name);
});

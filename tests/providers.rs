//! The contract: each question is asked of every provider, over its recorded deliveries.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use shared::domain::event::Seen;
use shared::providers::{ALL, Delivery, NotAuthentic, Provider, Reading, Secret, stripe};
use std::path::{Path, PathBuf};

const WINDOW: i64 = 300;

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn secret() -> Secret {
    Secret::new("whsec_a secret, with its prefix")
}

/// How a provider signs; the contract's other questions are the same for all.
fn signed(provider: &Provider, secret: &Secret, body: &[u8], at: Timestamp) -> HeaderMap {
    assert_eq!(provider.name, "stripe", "say here how {} signs", provider.name);
    let (name, value) = stripe::signature_header(secret, body, at);
    HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_str(&value).unwrap())])
}

fn verify(provider: &Provider, headers: &HeaderMap, body: &[u8], at: Timestamp) -> Result<(), NotAuthentic> {
    (provider.verify)(&Delivery { headers, body }, &[Secret::new("an older one"), secret()], at, WINDOW)
}

fn recorded(provider: &Provider) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(provider.name);
    files(&folder)
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect()
}

#[test]
fn what_the_provider_signed_is_believed_and_a_changed_byte_is_not() {
    for provider in ALL {
        for (path, body) in recorded(provider) {
            let headers = signed(provider, &secret(), &body, now());
            assert_eq!(verify(provider, &headers, &body, now()), Ok(()), "{}", path.display());
            for place in (0..body.len()).step_by(1 + body.len() / 400) {
                let mut changed = body.clone();
                changed[place] ^= 1;
                assert_eq!(verify(provider, &headers, &changed, now()), Err(NotAuthentic::NoMatch), "{} byte {place}", path.display());
            }
            let longer = [body.as_slice(), b" "].concat();
            assert_eq!(verify(provider, &headers, &longer, now()), Err(NotAuthentic::NoMatch));
        }
    }
}

#[test]
fn times_outside_the_window_are_refused_both_ways() {
    for provider in ALL {
        let body = b"{}";
        let headers = signed(provider, &secret(), body, now());
        for (seconds, expected) in
            [(-301, Err(NotAuthentic::OutsideWindow)), (-300, Ok(())), (300, Ok(())), (301, Err(NotAuthentic::OutsideWindow))]
        {
            let at = now() + SignedDuration::from_secs(seconds);
            assert_eq!(verify(provider, &headers, body, at), expected, "{} {seconds}", provider.name);
        }
    }
}

#[test]
fn headers_that_are_missing_doubled_or_garbage_are_refused() {
    for provider in ALL {
        let body = b"{}";
        let good = signed(provider, &secret(), body, now());
        let name = good.keys().next().unwrap().clone();
        let value = good[&name].to_str().unwrap().to_owned();
        assert_eq!(verify(provider, &HeaderMap::new(), body, now()), Err(NotAuthentic::Missing));
        let mut doubled = good.clone();
        doubled.append(name.clone(), HeaderValue::from_str(&value).unwrap());
        assert_eq!(verify(provider, &doubled, body, now()), Err(NotAuthentic::Doubled));
        for garbage in [
            "",
            ",",
            "=",
            "t=",
            "t=1",
            "garbage",
            &value.to_uppercase(),
            &value.replace("v1=", "v0="),
            &format!("{value},t=1"),
            &value[..value.len() - 1],
            &value.replacen("t=", "t=-", 1),
            &value.replacen("t=", "t=99999999999999999999", 1),
        ] {
            let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_str(garbage).unwrap())]);
            assert!(verify(provider, &headers, body, now()).is_err(), "{} `{garbage}`", provider.name);
        }
        let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_bytes(b"t=\xff").unwrap())]);
        assert_eq!(verify(provider, &headers, body, now()), Err(NotAuthentic::Unreadable));
        // During a rotation, two signatures stand side by side, in any order.
        let other = "0".repeat(64);
        for rotated in [format!("{value},v1={other}"), value.replacen("v1=", &format!("v1={other},v1="), 1)] {
            let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_str(&rotated).unwrap())]);
            assert_eq!(verify(provider, &headers, body, now()), Ok(()), "{rotated}");
        }
        assert_eq!(
            (provider.verify)(&Delivery { headers: &good, body }, &[], now(), WINDOW),
            Err(NotAuthentic::NoMatch),
            "an unknown source has no secret"
        );
    }
}

#[test]
fn recorded_deliveries_are_read_twice_the_same_or_ignored_with_a_reason() {
    for provider in ALL {
        let (mut read, mut ignored) = (0, 0);
        for (path, body) in recorded(provider) {
            let envelope = (provider.envelope)(&body).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let reading = (provider.read)(&body, "default").unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!((provider.read)(&body, "default").unwrap(), reading, "{}", path.display());
            match reading {
                Reading::Events(events) => {
                    read += 1;
                    assert!(envelope.relevant, "{}", path.display());
                    assert!(events.iter().all(|event| !event.id.is_empty() && !event.seen.is_empty()), "{}", path.display());
                    assert_eq!(events[0].id, envelope.id, "{}", path.display());
                }
                Reading::Ignored(reason) => {
                    ignored += 1;
                    assert!(!reason.is_empty());
                }
            }
        }
        assert!(read >= 5 && ignored >= 1, "{} has too few recorded deliveries", provider.name);
    }
}

#[test]
fn what_is_not_a_delivery_is_refused_and_does_not_panic() {
    for provider in ALL {
        let (_, body) = recorded(provider).into_iter().next().unwrap();
        for cut in (0..body.len()).step_by(7) {
            assert!((provider.envelope)(&body[..cut]).is_err(), "{} cut at {cut}", provider.name);
            assert!((provider.read)(&body[..cut], "default").is_err(), "{} cut at {cut}", provider.name);
        }
        for garbage in [b"".as_slice(), b"null", b"[]", b"\"text\"", b"{\"id\":1}", b"\xff\xfe", &b"[".repeat(100_000)] {
            assert!((provider.envelope)(garbage).is_err());
            assert!((provider.read)(garbage, "default").is_err());
        }
    }
}

/// Deliveries of other people's making, read only where the folder is there.
#[test]
fn deliveries_of_others_are_read_or_ignored_and_never_an_error() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures");
    if !shared.is_dir() {
        println!("skipped: {} is not there", shared.display());
        return;
    }
    for provider in ALL {
        for folder in [shared.join(provider.name), shared.join(provider.name).join("composed")] {
            for (path, body) in files(&folder) {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                if name.starts_with("INDEX") || (provider.envelope)(&body).is_err() && !String::from_utf8_lossy(&body).contains("\"data\"")
                {
                    continue;
                }
                (provider.read)(&body, "default").unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }
}

#[test]
fn basil_and_older_shapes_say_the_same() {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stripe").join(name);
        let Reading::Events(events) = (ALL[0].read)(&std::fs::read(path).unwrap(), "default").unwrap() else { panic!("{name} is ignored") };
        let Seen::Invoice(invoice) = events.into_iter().next().unwrap().seen.remove(0) else { panic!("{name} shows no invoice") };
        invoice
    };
    let (old, new, oldest) =
        (read("invoice.payment_failed.2024.json"), read("invoice.payment_failed.basil.json"), read("invoice.payment_failed.2015.json"));
    assert_eq!(old, new);
    assert_eq!(
        (oldest.remaining, oldest.status, oldest.subscription, oldest.attempts),
        (new.remaining, new.status, new.subscription, new.attempts)
    );
}

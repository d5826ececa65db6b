//! What a webhook costs: proof and reading for each provider at three sizes, and the whole of intake.
//!
//! `cargo bench -p tests`. The bare HMAC of the same run is the yardstick: it does nothing but sign the body.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use app::fault::Fault;
use app::intake;
use app::ports::{Clock, Expect, Item, Key, Queue, QueueName, Table, Write};
use async_trait::async_trait;
use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, Request};
use local::service::{Options, Service};
use providers::{ALL, Delivery, Provider};
use serde_json::{Value, json};
use sha2::Sha256;
use std::hint::black_box;
use std::sync::Arc;

const SIZES: [(usize, &str); 3] = [(1_500, "1.5 KB"), (6_500, "6.5 KB"), (64_000, "64 KB")];

/// A recorded delivery of each provider, from which the larger ones are made.
fn sample(provider: &Provider) -> Value {
    let name = match provider.name {
        "chargebee" => "payment_failed.json",
        "lemonsqueezy" => "subscription_payment_failed.json",
        "mollie" => "payment.failed.json",
        "revenuecat" => "RENEWAL.json",
        "stripe" => "invoice.payment_failed.basil.json",
        _ => "created.json",
    };
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(provider.name).join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Grows a delivery as real ones are larger: by fields inside its object that nobody here reads.
fn grown(provider: &Provider, size: usize) -> Vec<u8> {
    let mut delivery = sample(provider);
    let inside = match provider.name {
        "chargebee" => "/content/invoice",
        "lemonsqueezy" => "/data/relationships",
        "mollie" => "/_embedded/entity",
        "revenuecat" => "/event",
        "stripe" => "/data/object",
        "zendesk" => "/detail",
        _ => "/ticket",
    };
    let mut more = Vec::new();
    while delivery.to_string().len() + json!(more).to_string().len() < size {
        more.push(json!({"id": format!("obj_{:06}", more.len()), "object": "unused", "enabled": false, "amount": 1234 + more.len(),
            "created": 1_772_300_000, "description": "a field that nobody reads \u{d7} 1", "links": {"href": "https://example.com/v1/objects"}, "note": null}));
    }
    delivery.pointer_mut(inside).unwrap()["unused_details"] = json!(more);
    delivery.to_string().into_bytes()
}

fn headers(provider: &Provider, service: &Service, body: &[u8]) -> HeaderMap {
    let keys = block(service.context.vault.keys(provider.name, "default")).unwrap();
    let signed = (provider.sign)(&keys, body, service.clock.now()).into_iter();
    signed.map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn service(data: Option<std::path::PathBuf>) -> Service {
    let clock = Some("2026-03-01T12:00:00Z".parse().unwrap());
    block(Service::open(&Options { data, clock, base_url: "http://recoup.test".to_owned(), ..Options::default() }))
        .unwrap()
}

fn reading(bench: &mut Criterion) {
    let service = service(None);
    for provider in ALL {
        let keys = block(service.context.vault.keys(provider.name, "default")).unwrap();
        let mut group = bench.benchmark_group(provider.name);
        for (size, label) in SIZES {
            let body = grown(provider, size);
            let headers = headers(provider, &service, &body);
            let now = service.clock.now();
            group.throughput(Throughput::Bytes(body.len() as u64));
            group.bench_with_input(BenchmarkId::new("bare HMAC", label), &body, |bench, body| {
                bench.iter(|| {
                    let mut mac = Hmac::<Sha256>::new_from_slice(b"test_stripe_secret").unwrap();
                    mac.update(black_box(body));
                    mac.finalize().into_bytes()
                });
            });
            let delivery = Delivery { headers: &headers, body: &body };
            let verified = || (provider.verify)(black_box(&delivery), &keys, now, 300);
            verified().unwrap();
            group.bench_with_input(BenchmarkId::new("verify", label), &body, |bench, _| bench.iter(verified));
            group.bench_with_input(BenchmarkId::new("verify + read", label), &body, |bench, body| {
                bench.iter(|| {
                    verified().unwrap();
                    (provider.read)(black_box(body), "default").unwrap()
                });
            });
        }
    }
}

/// A queue that takes everything at once.
struct Stub;

#[async_trait]
impl Queue for Stub {
    async fn send(&self, _: QueueName, body: &str) -> Result<(), Fault> {
        black_box(body);
        Ok(())
    }

    async fn set_aside(&self, _: QueueName, body: &str, _: &str) -> Result<(), Fault> {
        black_box(body);
        Ok(())
    }
}

fn whole_intake(bench: &mut Criterion) {
    let service = service(None);
    let mut context = service.context.clone();
    context.queue = Arc::new(Stub);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut group = bench.benchmark_group("intake with a stub queue");
    for provider in ALL {
        for (size, label) in SIZES {
            let body = grown(provider, size);
            let mut request =
                Request::post(format!("/webhooks/{}/default", provider.name)).body(Bytes::from(body.clone())).unwrap();
            *request.headers_mut() = headers(provider, &service, &body);
            group.throughput(Throughput::Bytes(body.len() as u64));
            group.bench_function(BenchmarkId::new(provider.name, label), |bench| {
                bench.iter(|| {
                    let answer =
                        runtime.block_on(intake::handle(&context, provider.name, "default", black_box(&request)));
                    assert_eq!(answer.status(), 200);
                });
            });
        }
    }
}

/// How quickly the embedded engine itself stores one item after the other, on a file: what `recoup replay` is measured against.
fn engine(bench: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let service = service(Some(folder.path().to_owned()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut number = 0_u64;
    bench.bench_function("engine: one put of 6.5 KB on a file", |bench| {
        bench.iter(|| {
            number += 1;
            let key = Key { table: Table::Accounts, pk: format!("BENCH#{number}"), sk: "BENCH".to_owned() };
            let body = format!("{{\"text\":\"{}\"}}", "x".repeat(6_500));
            let item = Item { key, rev: 1, version: 1, body, wake: None, list: None };
            runtime
                .block_on(service.context.store.commit(vec![Write::Put { item, expect: Expect::Anything }]))
                .unwrap();
        });
    });
}

criterion_group!(benches, reading, whole_intake, engine);
criterion_main!(benches);

//! Does the sandbox take all that leaves, and nothing besides?

use http::Method;
use serde_json::{Value, json};
use tests::world::open_at;
use tests::written::{Request, requests};

/// A field that no provider knows. It stands behind all others, in JSON as well, where they are in the order of their names.
const ODD: &str = "zz_no_such";

/// Path and body of a request, with a field more.
fn with_a_field_more(Request { path, body, .. }: &Request) -> (String, String) {
    match serde_json::from_str(body) {
        Ok(Value::Object(mut fields)) => {
            fields.insert(ODD.to_owned(), json!(1));
            (path.clone(), Value::Object(fields).to_string())
        }
        _ if body.is_empty() => {
            let sign = if path.contains('?') { '&' } else { '?' };
            (format!("{path}{sign}{ODD}=1"), String::new())
        }
        _ => (path.clone(), format!("{body}&{ODD}=1")),
    }
}

/// The field that a provider does not take, as its answer names it.
fn named<'a>(provider: &str, answer: &'a Value) -> Option<&'a str> {
    let places: &[&str] = match provider {
        "lemonsqueezy" => &["/errors/0/source/parameter", "/errors/0/source/pointer"],
        "mollie" => &["/field"],
        "stripe" => &["/error/param"],
        _ => &["/param"],
    };
    let name = places.iter().find_map(|place| answer.pointer(place)?.as_str())?;
    Some(name.trim_start_matches('/'))
}

#[tokio::test]
async fn whatever_leaves_is_taken_and_a_field_more_is_refused() {
    let service = open_at("2026-03-01T10:00:00Z").await;
    for provider in ["chargebee", "lemonsqueezy", "mollie", "revenuecat", "stripe"] {
        let own: Vec<_> = requests().into_iter().filter(|request| request.provider == provider).collect();
        assert!(own.len() > 5, "{provider}");
        for request in own {
            let (path, body) = with_a_field_more(&request);
            let what = format!("{provider} {} {path} {body}", request.method);
            let method: Method = request.method.parse().unwrap();
            let reply = service.sandbox.arrives(provider, "default", (method, path), &[], body).unwrap();
            let answer: Value = serde_json::from_str(&reply.body).unwrap_or_default();
            // The first that is not taken is named: whatever stands before it was.
            assert_eq!(named(provider, &answer), Some(ODD), "{what}: {answer}");
            assert!(matches!(reply.status, 400 | 422), "{what}: {}", reply.status);
        }
    }
}

//! Does `tests/wire` have a request of this shape, so that the provider's own types are asked about it?

use local::sandbox::{Seen, names_sent};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

/// A request as a file of `tests/wire` has it, without its headers.
pub struct Request {
    pub provider: String,
    pub method: String,
    /// As the sandbox sees it, with its query.
    pub path: String,
    pub body: String,
}

/// What a request looks like, whatever its values.
pub struct Shape {
    provider: String,
    method: String,
    path: Vec<String>,
    /// The names that it sends. Those in a list are without their places.
    names: BTreeSet<String>,
}

static KNOWN: LazyLock<Mutex<Vec<Shape>>> =
    LazyLock::new(|| Mutex::new(requests().iter().map(Shape::written).collect()));

/// RevenueCat's paths begin with a version and the project, which the sandbox does not see.
const PROJECT: &str = "/v2/projects/default";

/// Fails at a request of a shape that no file of `tests/wire` has. With `RECOUP_WIRE=write` it is added to
/// `<provider>-<whose>.txt`.
pub fn must_be_there(whose: &str, provider: &str, calls: &[Seen]) {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    for call in calls {
        let shape = Shape::of(provider, (&call.method, &call.path), &call.body);
        if known.iter().any(|other| other.covers(&shape)) {
            continue;
        }
        let text = text(provider, call);
        let is_to_be_written = std::env::var("RECOUP_WIRE").is_ok_and(|word| word == "write");
        assert!(
            is_to_be_written,
            "no request in tests/wire looks like this one of {provider}: RECOUP_WIRE=write adds it\n{text}"
        );
        let file = folder().join(format!("{provider}-{whose}.txt"));
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        write!(file, "## {whose}\n{text}\n").unwrap();
        known.push(shape);
    }
}

impl Shape {
    pub fn of(provider: &str, (method, path): (&str, &str), body: &str) -> Self {
        let names = names_sent(path, body).iter().map(|(_, name)| plain(name)).collect();
        let path = path.split('?').next().unwrap_or_default().split('/').map(str::to_owned).collect();
        Self { provider: provider.to_owned(), method: method.to_owned(), path, names }
    }

    fn written(request: &Request) -> Self {
        Self::of(&request.provider, (&request.method, &request.path), &request.body)
    }

    /// Where this one, which is written down, has an id, the other may have any.
    pub fn covers(&self, other: &Self) -> bool {
        let is_id = |part: &str| part.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        let fits = |(own, part): (&String, &String)| own == part || is_id(own);
        self.provider == other.provider
            && self.method == other.method
            && self.names == other.names
            && self.path.len() == other.path.len()
            && self.path.iter().zip(&other.path).all(fits)
    }
}

/// `items[0][id]` is `items[][id]`.
fn plain(name: &str) -> String {
    let mut parts = name.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_place = part.strip_suffix(']').is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        plain.push('[');
        plain.push_str(if is_place { "]" } else { part });
    }
    plain
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/wire"))
}

/// A request as the files have it, without its headers.
fn text(provider: &str, call: &Seen) -> String {
    let project = if provider == "revenuecat" { PROJECT } else { "" };
    let mut text = format!("{} {project}{}\n", call.method, call.path);
    if call.body.starts_with('{') {
        writeln!(text, "  | {}", call.body).unwrap();
    } else {
        for (name, value) in form_urlencoded::parse(call.body.as_bytes()) {
            writeln!(text, "  | {name} = {value}").unwrap();
        }
    }
    text
}

/// Every request that stands in `tests/wire`.
pub fn requests() -> Vec<Request> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    files
        .flat_map(|file| {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            let provider = name.split('-').next().unwrap_or_default();
            read(provider, &std::fs::read_to_string(&file).unwrap())
        })
        .collect()
}

fn read(provider: &str, text: &str) -> Vec<Request> {
    let mut all: Vec<Request> = Vec::new();
    for line in text.lines() {
        if let Some((method, path)) = line.split_once(' ').filter(|(_, path)| path.starts_with('/')) {
            let path = path.strip_prefix(PROJECT).filter(|_| provider == "revenuecat").unwrap_or(path);
            let [provider, method, path] = [provider, method, path].map(str::to_owned);
            all.push(Request { provider, method, path, body: String::new() });
        } else if let (Some(part), Some(Request { body, .. })) = (line.strip_prefix("  | "), all.last_mut()) {
            match part.split_once(" = ").filter(|_| !part.starts_with('{')) {
                Some((name, value)) => {
                    let pair = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
                    write!(body, "{pair}&").unwrap();
                }
                None => body.push_str(part),
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_by_its_path_and_names_and_not_by_its_values() {
        let text = "## pause {}\nPOST /v1/subscriptions/sub_1\n  key: x\n  | items[0][id] = si_1\n  | a = \n";
        let written = read("stripe", text);
        let [request] = &written[..] else { panic!("{} requests", written.len()) };
        let known = Shape::written(request);
        for (name, provider, method, path, body, expected) in [
            ("the same", "stripe", "POST", "/v1/subscriptions/sub_1", "items[0][id]=si_1&a=", true),
            ("other values", "stripe", "POST", "/v1/subscriptions/other", "a=1&items[3][id]=si_9", true),
            ("a field more", "stripe", "POST", "/v1/subscriptions/sub_1", "items[0][id]=si_1&a=&b=", false),
            ("a field less", "stripe", "POST", "/v1/subscriptions/sub_1", "items[0][id]=si_1", false),
            ("another field inside", "stripe", "POST", "/v1/subscriptions/sub_1", "items[0][price]=si_1&a=", false),
            ("another path", "stripe", "POST", "/v1/invoices/sub_1", "items[0][id]=si_1&a=", false),
            ("a longer path", "stripe", "POST", "/v1/subscriptions/sub_1/resume", "items[0][id]=si_1&a=", false),
            ("another method", "stripe", "DELETE", "/v1/subscriptions/sub_1", "items[0][id]=si_1&a=", false),
            ("another provider", "mollie", "POST", "/v1/subscriptions/sub_1", "items[0][id]=si_1&a=", false),
        ] {
            assert_eq!(known.covers(&Shape::of(provider, (method, path), body)), expected, "{name}");
        }
        let json = |body: &str| Shape::of("mollie", ("PATCH", "/v2/x"), body).names;
        assert_eq!(json(r#"{"a":{"b":1},"c":[{"d":null}]}"#), BTreeSet::from(["a[b]", "c[][d]"].map(str::to_owned)));
    }
}

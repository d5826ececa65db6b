//! What prints, as a process: asked by hand, and by the service that it stands beside.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use app::ports::{Press, Unprinted};
use domain::document::TaxDocument;
use domain::policies::Policies;
use local::press::Beside;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const PRESS: &str = env!("CARGO_BIN_EXE_recoup-press");
const SHOWN: &str = include_str!("../../../tests/documents/shown.json");

fn shown() -> TaxDocument {
    serde_json::from_str(SHOWN).unwrap()
}

fn asked(request: &[u8]) -> Output {
    let mut command = Command::new(PRESS);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // Who refuses a request need not have read it.
    let _ = child.stdin.take().unwrap().write_all(request);
    child.wait_with_output().unwrap()
}

fn in_folder(folder: &Path) -> Beside {
    Beside::within(folder, Policies::shipped().unwrap().limits.current().press)
}

#[test]
fn a_document_is_printed_as_it_would_be_in_the_same_process() {
    let output = asked(format!(r#"{{"document": {SHOWN}}}"#).as_bytes());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    assert!(output.stdout.starts_with(b"%PDF-1.7"));
    let policies = Policies::shipped().unwrap();
    assert!(output.stdout == printing::document(shown(), &policies.documents).unwrap());
}

#[test]
fn what_cannot_be_printed_is_refused_in_one_line() {
    let most = Policies::shipped().unwrap().limits.current().press.request_bytes_max;
    let (full, over) = (vec![b' '; most], vec![b' '; most + 1]);
    let lawless = format!(r#"{{"document": {}}}"#, SHOWN.replacen(r#""country": "DE""#, r#""country": "XX""#, 1));
    let newer = format!(r#"{{"document": {}}}"#, SHOWN.replacen('{', r#"{"stars": 5,"#, 1));
    for (name, request, expected) in [
        ("a law that nobody knows", lawless.as_bytes(), "no documents are made by the law of `XX`"),
        ("a field that nobody knows", newer.as_bytes(), "unknown field `stars`"),
        ("what nobody prints", br#"{"poem": {}}"#.as_slice(), "unknown variant `poem`, expected `document`"),
        ("no JSON", b"%PDF".as_slice(), "`cargo build --release -p press`"),
        ("nothing", b"".as_slice(), "does not understand the request"),
        ("as much as is read", full.as_slice(), "does not understand the request"),
        ("a byte more", over.as_slice(), "the request has more than"),
    ] {
        let output = asked(request);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{name}: {said}");
        assert!(said.trim_end().lines().count() == 1 && said.contains(expected), "{name}: {said}");
    }
}

#[tokio::test]
async fn a_service_prints_by_what_stands_beside_it_and_says_so_where_nothing_does() {
    let press = in_folder(Path::new(PRESS).parent().unwrap());
    let page = press.pdf(&shown()).await.unwrap();
    assert!(page == asked(format!(r#"{{"document": {SHOWN}}}"#).as_bytes()).stdout);
    let mut lawless = shown();
    lawless.issuer.country = "XX".to_owned();
    let refused = press.pdf(&lawless).await.unwrap_err().to_string();
    let expected = "The page was not printed: no documents are made by the law of `XX`; the provider's own is sent";
    assert_eq!(refused, expected);

    let empty = tempfile::tempdir().unwrap();
    assert_eq!(in_folder(empty.path()).pdf(&shown()).await, Err(Unprinted::Missing));
}

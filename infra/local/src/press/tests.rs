//! What comes of a program that prints, whatever it does: each is a script in the place of `recoup-press`.

#![cfg(unix)]

use super::*;
use domain::policies::Policies;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command as Tool;
use tempfile::TempDir;

/// Waits for what nobody writes: only its end ends it.
const FOR_EVER: &str = "read never < \"$0.in\"";

fn document() -> TaxDocument {
    serde_json::from_str(include_str!("../../../../tests/documents/shown.json")).unwrap()
}

/// A folder with a script, and two pipes beside it.
fn folder(script: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("recoup-press");
    for pipe in ["recoup-press.in", "recoup-press.out"] {
        assert!(Tool::new("mkfifo").arg(folder.path().join(pipe)).status().unwrap().success());
    }
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    folder
}

fn limits() -> PressLimits {
    PressLimits { page_bytes_max: 10, reason_bytes_max: 20, ..Policies::shipped().unwrap().limits.current().press }
}

fn beside(folder: &TempDir) -> Beside {
    Beside::within(folder.path(), limits())
}

fn failed_by(reason: &str) -> Result<Vec<u8>, Unprinted> {
    Err(Unprinted::Failed(reason.to_owned()))
}

// One test: a script that is being written while another test starts a process may count as busy after that.
#[tokio::test]
async fn whatever_prints_does_it_ends_with_a_page_or_with_a_reason() {
    for (name, script, expected) in [
        ("a page", "while read -r line; do :; done; printf %s 0123456789", Ok(b"0123456789".to_vec())),
        ("a page for whoever reads nothing", "printf page", Ok(b"page".to_vec())),
        ("a reason", "echo >&2; echo 'no law of XX' >&2; echo more >&2; exit 1", failed_by("no law of XX")),
        ("half a page and a reason", "printf %s half; echo 'no ink' >&2; exit 1", failed_by("no ink")),
        ("a long reason", "echo 'this sentence has no end' >&2; exit 1", failed_by("this sentence has no")),
        ("no word", "exit 3", failed_by("what prints ended by itself, with exit status: 3")),
        ("a signal", "kill -9 $$", failed_by("what prints ended by itself, with signal: 9 (SIGKILL)")),
        ("a large page", "printf %s 01234567890", failed_by("its file has more than 10 bytes")),
    ] {
        let folder = folder(script);
        assert_eq!(beside(&folder).pdf(&document()).await, expected, "{name}");
    }

    // It is asked in these words, and has none of our variables.
    let asking = folder("{ env | grep -c CARGO; cat; } > \"$0.told\"");
    assert_eq!(beside(&asking).pdf(&document()).await, Ok(Vec::new()));
    let told = fs::read_to_string(asking.path().join("recoup-press.told")).unwrap();
    let (variables, request) = told.split_once('\n').unwrap();
    let request: serde_json::Value = serde_json::from_str(request).unwrap();
    assert_eq!(variables, "0");
    assert_eq!(request, serde_json::json!({"document": document()}));

    // Too long, while it prints and while it waits for its turn.
    let late = failed_by(&format!("it took more than {} seconds", limits().secs));
    let hurried = |folder: &TempDir| Beside { patience: Duration::from_millis(20), ..beside(folder) };
    assert_eq!(hurried(&folder(FOR_EVER)).pdf(&document()).await, late);
    let waiting = folder(": > \"$0.ran\"");
    let press = hurried(&waiting);
    let _turns = press.turns.acquire_many(u32::try_from(limits().at_once_max).unwrap()).await.unwrap();
    assert_eq!(press.pdf(&document()).await, late);
    assert!(!waiting.path().join("recoup-press.ran").exists(), "it had no turn");

    // Whoever stops asking ends it: its pipe ends, which only it holds open.
    let held = folder(&format!("exec > \"$0.out\"; {FOR_EVER}"));
    let pipe = held.path().join("recoup-press.out");
    let (began, begun) = tokio::sync::oneshot::channel();
    let reader = std::thread::spawn(move || {
        let mut pipe = fs::File::open(pipe).unwrap();
        began.send(()).unwrap();
        io::Read::read_to_end(&mut pipe, &mut Vec::new()).unwrap()
    });
    let (press, shown) = (beside(&held), document());
    tokio::select! {
        printed = press.pdf(&shown) => panic!("it waits for ever, and came to {printed:?}"),
        began = begun => began.unwrap(),
    }
    assert_eq!(reader.join().unwrap(), 0);

    let empty = tempfile::tempdir().unwrap();
    for press in [beside(&empty), Beside::found(None, limits())] {
        let missing = press.pdf(&document()).await.unwrap_err();
        assert_eq!(missing, Unprinted::Missing);
        assert!(missing.to_string().contains("`cargo build --release -p press`"), "{missing}");
    }
}

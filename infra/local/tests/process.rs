//! The program as a process: killed under load, started on bad ground.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use jiff::Timestamp;
use providers::{self, Keys, Secret};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const RECOUP: &str = env!("CARGO_BIN_EXE_recoup");

struct Running {
    child: Child,
    address: String,
    /// Kept open: a service whose output nobody takes would stop when it speaks.
    output: BufReader<ChildStdout>,
}

/// Starts the service on a free port and waits until it says that it is ready.
fn start(data: &Path) -> Running {
    let mut child = Command::new(RECOUP)
        .args(["serve", "--empty", "--addr", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let console = output
        .by_ref()
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("Console"))
        .expect("the service says where its console is");
    let address = console.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    Running { child, address, output }
}

fn run(arguments: &[&str], data: &Path, secret: Option<(&str, &str)>) -> Output {
    Command::new(RECOUP).args(arguments).arg("--data").arg(data).envs(secret).output().unwrap()
}

/// One request on a connection of its own; nothing if the connection breaks.
fn http(address: &str, method: &str, path: &str, headers: &[(&str, String)], body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
}

#[allow(clippy::disallowed_methods, reason = "signatures towards a running process go by the machine's clock")]
fn deliver(address: &str, number: usize) -> Option<u16> {
    let now = Timestamp::now();
    let charge = json!({"id": format!("ch_{number}"), "object": "charge", "customer": format!("cus_{}", number % 7), "amount": 100 + number, "currency": "usd", "captured": true, "paid": true, "status": "succeeded", "created": now.as_second()});
    let body = json!({"id": format!("evt_{number}"), "object": "event", "created": now.as_second(), "livemode": false, "type": "charge.succeeded", "data": {"object": charge}}).to_string();
    let stripe = providers::named("stripe").unwrap();
    let (name, value) =
        (stripe.sign)(&Keys::signing([Secret::new("test_stripe_secret")]), body.as_bytes(), now).remove(0);
    let headers = [(name, value), ("content-type", "application/json".to_owned())];
    http(address, "POST", "/webhooks/stripe/default", &headers, &body).map(|(status, _)| status)
}

#[test]
fn killed_under_load_it_still_has_every_webhook_that_it_acknowledged_exactly_once() {
    let data = tempfile::tempdir().unwrap();
    let acknowledged: Arc<Mutex<Vec<usize>>> = Arc::default();
    let mut next = 0;
    for _ in 0..3 {
        let mut running = start(data.path());
        let (number, stop) = (Arc::new(AtomicUsize::new(next)), Arc::new(AtomicBool::new(false)));
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let (address, acknowledged, number, stop) =
                    (running.address.clone(), acknowledged.clone(), number.clone(), stop.clone());
                std::thread::spawn(move || {
                    while !stop.load(Ordering::SeqCst) {
                        let own = number.fetch_add(1, Ordering::SeqCst);
                        match deliver(&address, own) {
                            Some(200) => acknowledged.lock().unwrap().push(own),
                            Some(status) => panic!("delivery {own} was answered {status}"),
                            None => return,
                        }
                    }
                })
            })
            .collect();
        let wanted = acknowledged.lock().unwrap().len() + 150;
        while acknowledged.lock().unwrap().len() < wanted {
            assert!(workers.iter().any(|worker| !worker.is_finished()), "the service went away by itself");
            std::thread::yield_now();
        }
        // SIGKILL: nothing is flushed, nobody is told.
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        stop.store(true, Ordering::SeqCst);
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        next = number.load(Ordering::SeqCst);
    }
    let mut running = start(data.path());
    refused(&run(&["serve", "--empty", "--addr", "127.0.0.1:0"], data.path(), None), "used by another service");
    // Moving the clock returns when nothing that is due is left.
    let (status, body) = http(&running.address, "POST", "/local/clock", &[], r#"{"advance":"PT1H"}"#).unwrap();
    assert_eq!(status, 200, "{body}");
    let token = String::from_utf8(run(&["token", "ana"], data.path(), None).stdout).unwrap();
    let bearer = [("authorization", format!("Bearer {}", token.trim()))];
    let mut seen = Vec::new();
    for customer in 0..7 {
        let (status, body) = http(
            &running.address,
            "GET",
            &format!("/api/accounts/stripe:cus_{customer}/timeline?limit=1000"),
            &bearer,
            "",
        )
        .unwrap();
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).unwrap();
        assert!(page["next"].is_null());
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["id"].as_str().unwrap()["evt_".len()..].parse::<usize>().unwrap()),
        );
    }
    let (_, queues) = http(&running.address, "GET", "/local/queues", &[], "").unwrap();
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    seen.sort_unstable();
    let mut once = seen.clone();
    once.dedup();
    assert_eq!(seen, once, "an event was folded twice");
    let lost: Vec<_> =
        acknowledged.lock().unwrap().iter().filter(|number| once.binary_search(number).is_err()).copied().collect();
    assert_eq!(lost, Vec::<usize>::new(), "acknowledged and lost");
    assert!(!queues.contains(r#""dead":1"#), "{queues}");
}

/// One line on standard error, a failing exit code, and no panic.
fn refused(output: &Output, expected: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    assert_eq!(text.trim().lines().count(), 1, "{text}");
    assert!(text.contains(expected), "`{text}` does not say `{expected}`");
    assert!(!text.contains("panicked"), "{text}");
}

#[test]
fn bad_ground_is_refused_in_one_line_that_says_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(&run(&["serve", "--empty", "--addr", &address], data.path(), None), "--addr");
    refused(
        &run(&["serve", "--empty", "--addr", "127.0.0.1:0"], data.path(), Some(("RECOUP_SECRET_STRIPE_DEFAULT", ""))),
        "RECOUP_SECRET_STRIPE_DEFAULT",
    );
    refused(&run(&["token", "mara"], &data.path().join("nowhere"), None), "start the service first");
    refused(&run(&["clock", "advance", "tomorrow", "--addr", "127.0.0.1:1"], data.path(), None), "is not a span");
    refused(&run(&["clock", "advance", "3d", "--addr", "127.0.0.1:1"], data.path(), None), "no service answers");
    for file in ["local.sqlite", "tables.sqlite"] {
        let damaged = tempfile::tempdir().unwrap();
        std::fs::write(
            damaged.path().join(file),
            "this is no database, and long enough to be seen as one that was damaged".repeat(50),
        )
        .unwrap();
        refused(&run(&["serve", "--empty", "--addr", "127.0.0.1:0"], damaged.path(), None), "damaged");
    }
    let older = tempfile::tempdir().unwrap();
    let laid_out = rusqlite::Connection::open(older.path().join("local.sqlite")).unwrap();
    laid_out
        .execute_batch("CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL); PRAGMA user_version = 1;")
        .unwrap();
    drop(laid_out);
    refused(
        &run(&["serve", "--empty", "--addr", "127.0.0.1:0"], older.path(), None),
        &format!(
            "the data folder {} was written by another version of Recoup; move it away, or give another one with --data",
            older.path().display()
        ),
    );
    let file = data.path().join("a file");
    std::fs::write(&file, "").unwrap();
    refused(&run(&["serve", "--empty", "--addr", "127.0.0.1:0"], &file, None), "--data");
}

#[test]
fn what_is_mistyped_is_answered_with_the_nearest_that_is_known() {
    let data = tempfile::tempdir().unwrap();
    for (mistyped, nearest) in [
        (&["clcok", "advance", "3d"][..], "'clock'"),
        (&["clock", "advnace", "3d"], "'advance'"),
        (&["dead", "lsit"], "'list'"),
        (&["serve", "--emtpy"], "'--empty'"),
        (&["token", "mara", "--adrr", "127.0.0.1:1"], "'--addr'"),
    ] {
        let output = run(mistyped, data.path(), None);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{mistyped:?}: {text}");
        assert!(text.contains(nearest) && text.contains("similar"), "{mistyped:?}: {text}");
    }
}

#[test]
fn messages_name_the_address_and_the_folder_in_use() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = other.path().display().to_string();
    let nowhere = run(&["clock", "advance", "3d", "--addr", "127.0.0.1:1"], other.path(), None);
    refused(&nowhere, &format!("there is no data in {folder}"));
    drop(local::disk::Disk::open(Some(&other.path().join("local.sqlite"))).unwrap());
    let nowhere = run(&["clock", "advance", "3d", "--addr", "127.0.0.1:1"], other.path(), None);
    refused(&nowhere, &format!("start it with `recoup --addr 127.0.0.1:1 --data {folder}`"));

    let mut running = start(data.path());
    let printed: Vec<String> = running.output.by_ref().lines().map_while(Result::ok).take(6).collect();
    let printed = printed.join("\n");
    let (address, own) = (&running.address, data.path().display());
    assert!(printed.contains(&format!("clock advance 3d --addr {address} --data {own}`")), "{printed}");
    assert!(printed.contains(&format!("token mara --data {own})\" http://{address}/api/cases")), "{printed}");
    let ask =
        |arguments: &[&str], folder: &Path| run(&[arguments, &["--addr", address.as_str()]].concat(), folder, None);
    refused(&ask(&["report", "2026-01"], other.path()), &format!("{address} does not work in the folder {folder}"));
    let moved = ask(&["clock", "advance", "1h"], data.path());
    let said = String::from_utf8_lossy(&moved.stdout);
    assert!(said.starts_with("Nothing happened on the way.\nThe clock stands at "), "{moved:?}");
    running.child.kill().unwrap();
    running.child.wait().unwrap();
}

#[test]
fn a_file_of_codes_is_classed_without_a_service() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("codes.csv");
    std::fs::write(&file, "provider,code,network_code\nstripe,generic_decline,43\nbraintree,2001,\n").unwrap();
    let file = file.to_str().unwrap();
    let output = run(&["declines", "--file", file], data.path(), None);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(output.status.success() && lines.len() == 3, "{text}");
    assert!(lines[1].starts_with("stripe,generic_decline,lost_or_stolen,never,"), "{text}");
    assert!(lines[2].starts_with("braintree,2001,insufficient_funds,later,"), "{text}");
    let output = run(&["declines", "--file", file, "--format", "json"], data.path(), None);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["items"][0]["retry"], "never", "{answer}");
    std::fs::write(file, "provider,family\nstripe,declined\n").unwrap();
    refused(&run(&["declines", "--file", file], data.path(), None), "missing field");
    refused(&run(&["declines", "--file", "no_such.csv"], data.path(), None), "cannot be read");
}

#[test]
fn letters_of_a_file_are_classed_without_a_service_and_judged_where_it_says_what_they_are() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("tickets.csv");
    let classify = |text: &str, more: &[&str]| {
        std::fs::write(&file, text).unwrap();
        run(&[&["classify", "--file", file.to_str().unwrap()][..], more].concat(), data.path(), None)
    };
    let said = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();

    let plain = classify("subject,body\n,\"I was charged twice\n> old\"\n,xqzt wv prlk\n", &[]);
    let lines: Vec<String> = said(&plain).lines().map(str::to_owned).collect();
    assert!(plain.status.success() && lines.len() == 3, "{lines:?}");
    assert_eq!((lines[0].as_str(), lines[2].as_str()), ("class,confidence,abstained", "not_billing,0,true"));
    let parts: Vec<&str> = lines[1].split(',').collect();
    let sure = parts[1].parse::<f64>().unwrap();
    assert!(parts[0] == "duplicate_charge" && parts[2] == "false" && (0.85..=1.0).contains(&sure), "{lines:?}");

    let known = "body,class\nI was charged twice,duplicate_charge\nhow do I reset my password,not_billing\n";
    let figures = said(&classify(known, &[]));
    for part in ["2 judged, macro-F1 1.000\n", "| 0.95 |", "| 0.9–1.0 |", "| duplicate_charge |"] {
        assert!(figures.contains(part), "{part}: {figures}");
    }
    let told: Value = serde_json::from_str(&said(&classify(known, &["--format", "json"]))).unwrap();
    assert_eq!((&told["items"][0]["truth"], &told["figures"]["macro_f1"]), (&json!("duplicate_charge"), &json!(1.0)));
    assert_eq!(told["figures"]["confusion"]["not_billing"], json!({"not_billing": 1}), "{told}");
    let lines = said(&classify(known, &["--format", "corrections"]));
    assert!(lines.starts_with("duplicate_charge\tund\tcorrection-row-2\tI was charged twice\n"), "{lines}");

    refused(&classify("body,class\nx,magic\ny,chargeback\nz,\n", &[]), "tickets.csv: row 2: `magic` is no class");
    refused(&classify("subject\nx\n", &[]), "tickets.csv: the first row names no column `body`");
    refused(&run(&["classify", "--file", "no_such.csv"], data.path(), None), "no_such.csv cannot be read");
    let help = said(&run(&["classify", "--help"], data.path(), None));
    assert!(help.contains("Example: recoup classify --file tickets.csv"), "{help}");
}

/// Whether `recoup audit verify` is content, and what it says.
fn audit(address: &str, data: &Path, more: &[&str]) -> (bool, String) {
    let output = run(&[&["audit", "verify", "--addr", address][..], more].concat(), data, None);
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn an_audit_fails_once_a_seal_is_missing_or_the_key_is_another() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut running = start(data.path());
    let token = String::from_utf8(run(&["token", "mara"], data.path(), None).stdout).unwrap();
    let json = ("content-type", "application/json".to_owned());
    let bearer = [("authorization", format!("Bearer {}", token.trim())), json];
    let path = "/api/sources/stripe/default";
    for acting in ["assist", "observe"] {
        let (status, body) =
            http(&running.address, "POST", path, &bearer, &format!(r#"{{"acting":"{acting}"}}"#)).unwrap();
        assert_eq!(status, 200, "{body}");
    }
    for _ in 0..3 {
        let (status, body) = http(&running.address, "POST", "/local/clock", &[], r#"{"advance":"PT5H"}"#).unwrap();
        assert_eq!(status, 200, "{body}");
    }
    let exported = data.path().join("ledgers.jsonl");
    let exported = exported.to_str().unwrap();
    assert!(
        run(&["audit", "export", "--addr", &running.address, "--out", exported], data.path(), None).status.success()
    );
    let (is_good, said) = audit(&running.address, data.path(), &[]);
    assert!(is_good && said.contains("0 broken"), "{said}");
    let (_, clock) = http(&running.address, "GET", "/local/clock", &[], "").unwrap();
    let now = serde_json::from_str::<Value>(&clock).unwrap()["now"].as_str().unwrap().to_owned();
    running.child.kill().unwrap();
    running.child.wait().unwrap();

    // Without the service from here on, by the public key alone.
    let files = ["--file", exported, "--as-of", &now];
    std::fs::remove_file(data.path().join("sealing.key")).unwrap();
    let (is_good, said) = audit(&running.address, data.path(), &files);
    assert!(is_good && said.contains("0 broken"), "{said}");
    // Who lowered the source is taken out, then its whole ledger.
    let lines = std::fs::read_to_string(exported).unwrap();
    let (of_source, others): (Vec<&str>, Vec<&str>) = lines.lines().partition(|line| line.contains("stripe/default"));
    let mut planted: Value = serde_json::from_str(of_source[0]).unwrap();
    planted["entries"].as_array_mut().unwrap().remove(0);
    let planted_in = data.path().join("planted.jsonl");
    for (line, expected) in [(planted.to_string(), "entry 1 is missing"), (String::new(), "its ledger is missing")] {
        std::fs::write(&planted_in, [&others[..], &[line.as_str()][..]].concat().join("\n").trim()).unwrap();
        let given = ["--file", planted_in.to_str().unwrap(), "--as-of", &now];
        let (is_good, said) = audit(&running.address, data.path(), &given);
        assert!(!is_good && said.contains(expected), "{said}");
    }
    let mut second = start(other.path());
    second.child.kill().unwrap();
    second.child.wait().unwrap();
    let key = other.path().join("sealing.pub");
    let (is_good, said) =
        audit(&running.address, data.path(), &[&files[..], &["--public-key", key.to_str().unwrap()]].concat());
    assert!(!is_good && said.contains("seal 1 is not signed by this key"), "{said}");

    let mut seals: Vec<_> =
        std::fs::read_dir(data.path().join("seals")).unwrap().map(|entry| entry.unwrap().path()).collect();
    seals.sort();
    let last = seals.pop().unwrap();
    let aside = data.path().join("aside");
    std::fs::rename(&last, &aside).unwrap();
    let (is_good, said) = audit(&running.address, data.path(), &files);
    assert!(!is_good && said.contains("is missing: it was due by"), "{said}");
    std::fs::rename(&aside, &last).unwrap();
    std::fs::remove_file(&seals[1]).unwrap();
    let (is_good, said) = audit(&running.address, data.path(), &files);
    assert!(!is_good && said.contains("seal 2 is missing"), "{said}");
}

#[test]
fn a_world_is_played_without_a_service() {
    let data = tempfile::tempdir().unwrap();
    let world = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/worlds/gone.toml");
    let simulate = |more: &[&str]| run(&[&["dunning", "simulate", "--world"][..], more].concat(), data.path(), None);
    let said = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();

    let played = simulate(&[world, "--fixed", "1,3", "--invoices", "500", "--format", "json"]);
    assert!(played.status.success(), "{played:?}");
    let report: Value = serde_json::from_str(&said(&played)).unwrap();
    assert_eq!((&report["policy"], &report["invoices"]), (&json!("fixed 1,3"), &json!(500)), "{report}");
    assert!(report["breaches"].as_u64().is_some_and(|breaches| breaches > 300), "{report}");
    let again = simulate(&[world, "--fixed", "1,3", "--invoices", "500", "--format", "json"]);
    assert_eq!(said(&played), said(&again));
    let best = said(&simulate(&[world, "--oracle", "--invoices", "500"]));
    assert!(best.contains("gone, played by oracle\n") && best.contains("invoices a second\n"), "{best}");

    let bad = data.path().join("bad.toml");
    let text = std::fs::read_to_string(world).unwrap();
    std::fs::write(&bad, text.replacen("days = 60", "days = 0", 1)).unwrap();
    let bad = bad.to_str().unwrap();
    refused(&simulate(&[bad, "--oracle"]), "bad.toml:4: a world lasts for 1 to 3660 days");
    refused(&simulate(&["nowhere.toml", "--oracle"]), "nowhere.toml cannot be read");
    refused(&simulate(&[world, "--fixed", "3,1"]), "`3,1` is no list of days");

    // The shipped policy, and another one: what is wrong with it is told with its line.
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/policy/dunning/v3.toml");
    let own = said(&simulate(&[world, "--invoices", "500", "--format", "json"]));
    let report: Value = serde_json::from_str(&own).unwrap();
    assert_eq!((&report["policy"], &report["breaches"]), (&json!("dunning v3"), &json!(0)), "{report}");
    assert_eq!(said(&simulate(&[world, "--policy", shipped, "--invoices", "500", "--format", "json"])), own);
    let text = std::fs::read_to_string(shipped).unwrap();
    let mine = data.path().join("mine.toml");
    std::fs::write(&mine, text.replacen("most = 6", "most = 20", 1)).unwrap();
    let mine = mine.to_str().unwrap();
    refused(&simulate(&[world, "--policy", mine]), "mine.toml:15: visa allows 15 tries in 30 days");
    let released = said(&simulate(&[world, "--as-released", "--invoices", "500", "--format", "json"]));
    let report: Value = serde_json::from_str(&released).unwrap();
    assert_eq!(report["policy"], "dunning v3, as released");
    assert_eq!(report["breaches"], 0, "{report}");
    for other in [["--policy", shipped], ["--as-released", "--format=text"]] {
        let both = simulate(&[&[world, "--oracle"][..], &other[..]].concat());
        assert!(!both.status.success(), "one way at a time: {both:?}");
    }
}

#[test]
fn what_earlier_tries_came_to_becomes_a_table() {
    let data = tempfile::tempdir().unwrap();
    let outcomes = data.path().join("tries.csv");
    let row = "2026-03-02T00:00:00Z,2026-03-02T06:00:00Z,0,stripe,insufficient_funds,visa,debit,bank,JP,true\n";
    let head = "failed_at,tried_at,tries_before,provider,code,network,funding,issuer,country,succeeded\n";
    let learn = |rows: &str| {
        std::fs::write(&outcomes, format!("{head}{rows}")).unwrap();
        let file = outcomes.to_str().unwrap();
        run(&["dunning", "learn", "--outcomes", file, "--effective", "2027-01-01"], data.path(), None)
    };
    let table = String::from_utf8(learn(row).stdout).unwrap();
    assert!(
        table.starts_with("version = 2\neffective = \"2027-01-01\"\n") && table.contains("at = \"hour 15\""),
        "{table}"
    );
    refused(&learn(""), "tries.csv: there is nothing to learn from");
}

#[test]
fn another_way_is_judged_by_a_file_of_history() {
    let data = tempfile::tempdir().unwrap();
    let history = data.path().join("tries.csv");
    let head = "failed_at,tried_at,tries_before,provider,code,network,funding,issuer,country,succeeded,recovery,segment,\
                chosen_at,moment,likely,ended,ended_at\n";
    let (failed, next_day) = ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z");
    let row = |number: u32| {
        let (succeeded, ended) = (number.is_multiple_of(2), if number.is_multiple_of(2) { "paid" } else { "lost" });
        format!(
            "{failed},{next_day},0,stripe,insufficient_funds,visa,,US,US,{succeeded},r{number},standard,{failed},{next_day},500,{ended},{next_day}\n"
        )
    };
    std::fs::write(&history, head.to_owned() + &(0..40).map(row).collect::<String>()).unwrap();
    let judge = |more: &[&str]| {
        let file = history.to_str().unwrap();
        let arguments = [&["dunning", "simulate", "--history", file][..], more].concat();
        run(&arguments, data.path(), None)
    };
    let text = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    let same = text(&judge(&["--fixed", "1"]));
    assert!(same.contains("would be    50.0 % are paid within 30 days"), "{same}");
    let never = text(&judge(&["--fixed", "2"]));
    assert!(
        never.contains("it cannot be known what part is paid within 30 days: between 0.0 % and 100.0 %"),
        "{never}"
    );
    let json: Value = serde_json::from_str(&text(&judge(&["--fixed", "1", "--format", "json"]))).unwrap();
    assert_eq!(
        (&json["recoveries"], &json["would_be"]["share"], &json["unlike"]),
        (&json!(40), &json!(500), &json!(0))
    );
    let own: Value = serde_json::from_str(&text(&judge(&["--format", "json"]))).unwrap();
    assert!(own["policy"].as_str().is_some_and(|name| name.starts_with("dunning v")), "{own}");
    let later = text(&judge(&["--fixed", "1", "--since", "2026-03-03"]));
    assert!(later.contains("0 choices of Recoup in 0 recoveries"), "{later}");
    std::fs::write(&history, "failed_at\nsoon\n").unwrap();
    refused(&judge(&[]), "tries.csv: line 2");
    assert!(!run(&["dunning", "simulate"], data.path(), None).status.success(), "against what?");
}

#[test]
fn what_the_running_service_knows_of_tries_is_asked_for() {
    let data = tempfile::tempdir().unwrap();
    let mut running = start(data.path());
    let ask = |arguments: &[&str]| {
        let arguments = [arguments, &["--addr", running.address.as_str()]].concat();
        run(&arguments, data.path(), None)
    };
    let told = ask(&["dunning", "outcomes", "--since", "2026-01-01"]);
    assert!(told.status.success() && told.stdout.is_empty(), "nothing has failed yet: {told:?}");
    let judged = ask(&["dunning", "simulate", "--history"]);
    assert!(String::from_utf8_lossy(&judged.stdout).contains("0 choices of Recoup in 0 recoveries"), "{judged:?}");
    refused(&ask(&["dunning", "learn", "--effective", "2027-01-01"]), "there is nothing to learn from");
    running.child.kill().unwrap();
    running.child.wait().unwrap();
}

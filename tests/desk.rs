//! What people do with what was found: decisions looked at again, customers told apart, files taken in, cases ended.

use crate::http::{run, with_a_payment};
use ::http::{Method, StatusCode};
use app::ports::Clock;
use app::store::imported::in_force;
use app::store::{Batch, keys};
use domain::id::AccountId;
use domain::import::{Kind, Usage};
use local::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::stripe;
use tests::world::{ask, ask_text, deliver, get, import};

/// Somebody who paid 100.00 twice, and the case about it.
pub async fn charged_twice(service: &Service) -> String {
    let now = service.clock.now();
    let again = stripe::charge("cus_1", "ch_2", None, 10_000, "usd", None, now);
    deliver(service, &stripe::event("evt_3", "charge.succeeded", now, &again)).await;
    service.work().await.unwrap();
    get(service, "/api/cases").await["items"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_past_decision_is_shown_and_made_again() {
    run(async {
        let service = with_a_payment().await;
        let case = charged_twice(&service).await;
        let id = get(&service, &format!("/api/cases/{case}")).await["decisions"][0].as_str().unwrap().to_owned();
        let decision = get(&service, &format!("/api/decisions/{id}")).await;
        assert_eq!(
            (&decision["case"], decision["outcome"]["rule"].as_str()),
            (&json!(case), Some("same-amount-same-day"))
        );
        let path = format!("/api/decisions/{id}/replay");
        let (status, same) = ask(&service, "ana", Method::POST, &path, Some(&json!({"policy_version": 1})), None).await;
        assert_eq!((status, &same["same"], &same["differences"]), (StatusCode::OK, &json!(true), &json!([])), "{same}");
        for (path, body, expected) in [
            (path.as_str(), json!({"policy_version": 9}), (404, "not_found")),
            (path.as_str(), json!({"policy_version": "one"}), (400, "malformed")),
            ("/api/decisions/dec_nope/replay", json!({"policy_version": 1}), (404, "not_found")),
        ] {
            let (status, answer) = ask(&service, "ana", Method::POST, path, Some(&body), None).await;
            assert_eq!(
                (status.as_u16(), answer["error"]["code"].as_str()),
                (expected.0, Some(expected.1)),
                "{path} {body}"
            );
        }
    });
}

#[test]
fn accounts_of_one_customer_are_proposed_and_only_people_say_so() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        let mut twin = stripe::customer("cus_2", now);
        twin["email"] = json!("CUS_1@shop.example");
        deliver(&service, &stripe::event("evt_4", "customer.created", now, &twin)).await;
        service.work().await.unwrap();
        let shown = |service| async move {
            let shown = get(service, "/api/accounts/stripe:cus_1/group").await;
            ["confirmed", "proposed", "apart"].map(|list| shown[list].as_array().unwrap().len())
        };
        assert_eq!(shown(&service).await, [0, 1, 0], "one address in two spellings");
        let tell = |staff, other: &str, same| {
            let body = json!({"account": other, "same": same, "note": "asked them"});
            let service = &service;
            async move {
                ask(service, staff, Method::POST, "/api/accounts/stripe:cus_1/group", Some(&body), None)
                    .await
                    .0
                    .as_u16()
            }
        };
        let rows = [
            ("ana", "stripe:cus_2", true, 403, [0, 1, 0]),
            ("lena", "stripe:cus_1", true, 422, [0, 1, 0]),
            ("lena", "stripe:cus_9", true, 404, [0, 1, 0]),
            ("lena", "stripe:cus_2", true, 200, [1, 0, 0]),
            ("lena", "stripe:cus_2", false, 200, [0, 0, 1]),
        ];
        for (staff, other, same, status, lists) in rows {
            assert_eq!(
                (tell(staff, other, same).await, shown(&service).await),
                (status, lists),
                "{staff} {other} {same}"
            );
        }
    });
}

#[test]
fn accounts_that_an_import_puts_into_one_group_are_proposed_as_one_customer() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        deliver(&service, &stripe::event("evt_4", "customer.created", now, &stripe::customer("cus_2", now))).await;
        service.work().await.unwrap();
        let proposed =
            |service| async move { get(service, "/api/accounts/stripe:cus_1/group").await["proposed"].clone() };
        let file = |other: &str| format!("account,group\nstripe:cus_1,ACME\nstripe:cus_2,{other}\n");
        assert_eq!(import(&service, "mara", "customers", &file("acme"), false).await.0, StatusCode::OK);
        let found = proposed(&service).await;
        assert_eq!(
            (&found[0]["customer"], &found[0]["because"]),
            (&json!("cus_2"), &json!("the same group in an import")),
            "{found}"
        );
        assert_eq!(import(&service, "mara", "customers", &file("other"), false).await.0, StatusCode::OK);
        assert_eq!(proposed(&service).await, json!([]), "it is in another group by now");
    });
}

#[test]
fn more_than_one_account_can_hold_is_refused_before_anything_changes() {
    run(async {
        let service = with_a_payment().await;
        let row = |n: usize| {
            format!(
                "stripe:cus_1,api_calls,{n},2026-{:02}-{:02}T{:02}:00:00Z,2026-{:02}-{:02}T{:02}:30:00Z",
                1 + n / 672,
                1 + n / 24 % 28,
                n % 24,
                1 + n / 672,
                1 + n / 24 % 28,
                n % 24
            )
        };
        let file = |rows: usize| {
            format!("account,metric,quantity,from,to\n{}\n", (0..rows).map(row).collect::<Vec<_>>().join("\n"))
        };
        let mut no_room = Vec::new();
        for dry_run in [true, false] {
            let (status, answer) = import(&service, "mara", "usage", &file(2000), dry_run).await;
            assert_eq!((status.as_u16(), &answer["error"]["code"]), (422, &json!("too_many_records")), "{answer}");
            let message = answer["error"]["message"].as_str().unwrap();
            let row = message.strip_prefix("row ").and_then(|rest| rest.split(':').next());
            no_room.push(row.and_then(|row| row.parse::<usize>().ok()).unwrap_or_else(|| panic!("{message}")));
        }
        let standing = get(&service, "/api/import/usage").await;
        assert_eq!((&standing["live"], &standing["running"]), (&json!(0), &json!(null)));
        // The first row is the header's: what stands before the one that is named has room, and no more.
        let most = no_room[0] - 2;
        assert_eq!((no_room[0], most > 500), (no_room[1], true));
        assert_eq!(import(&service, "mara", "usage", &file(most + 1), true).await.0.as_u16(), 422);
        let (status, done) = import(&service, "mara", "usage", &file(most), false).await;
        assert_eq!((status, &done["added"]), (StatusCode::OK, &json!(most)), "{done}");
    });
}

/// What lies on the shelf of an account's usage, and the bytes of each item that it takes.
async fn usage(service: &Service, account: &AccountId) -> (Vec<Usage>, Vec<usize>) {
    let home = keys::imported_of(account, Kind::Usage.name());
    let wanted = vec![home.clone(), keys::imports(Kind::Usage.name())];
    let batch = Batch::read(&service.context, wanted).await.unwrap();
    let records = in_force::<Usage>(&batch, [home.clone()]).unwrap();
    let all = [home.clone()].into_iter().chain((1..=6).map(|number| keys::board(&home, number)));
    let items = service.context.store.read(&all.collect::<Vec<_>>()).await.unwrap();
    (records, items.into_iter().flatten().map(|item| item.body.len()).collect())
}

#[test]
fn a_long_shelf_is_one_to_whoever_reads_it_and_no_item_of_it_is_large() {
    run(async {
        let service = with_a_payment().await;
        let account = AccountId::of("stripe", "default", "cus_1");
        let row = |n: usize, quantity: usize| {
            let hour = format!("2026-{:02}-{:02}T{:02}", 1 + n / 672, 1 + n / 24 % 28, n % 24);
            format!("stripe:cus_1,api_calls,{quantity},{hour}:00:00Z,{hour}:30:00Z")
        };
        let file = |rows: &[(usize, usize)]| {
            let rows: Vec<_> = rows.iter().map(|(n, quantity)| row(*n, *quantity)).collect();
            format!("account,metric,quantity,from,to\n{}\n", rows.join("\n"))
        };
        let first: Vec<_> = (0..600).map(|n| (n, n)).collect();
        let limits = service.context.policies.limits.current();
        // Twice all of it, once a part, and once more what was said last.
        let steps = [
            (first.clone(), [600, 0, 0]),
            (first.iter().map(|(n, _)| (*n, 1_000 + n)).collect(), [0, 600, 0]),
            (vec![(3, 7), (600, 600)], [1, 1, 0]),
            (vec![(600, 600), (4, 1_004)], [0, 0, 2]),
            (vec![(4, 1_004), (600, 600)], [0, 0, 2]),
        ];
        let mut expected = BTreeMap::new();
        for (step, (said, counts)) in steps.into_iter().enumerate() {
            let before = usage(&service, &account).await.0;
            let tried = import(&service, "mara", "usage", &file(&said), true).await;
            assert_eq!(tried.0, StatusCode::OK, "{step}: {}", tried.1);
            assert_eq!(usage(&service, &account).await.0, before, "{step}: a trial changes nothing");
            let (status, done) = import(&service, "mara", "usage", &file(&said), false).await;
            let counted = ["added", "changed", "unchanged"].map(|name| done[name].as_u64().unwrap());
            assert_eq!((status, counted), (StatusCode::OK, counts), "{step}: {done}");
            assert_eq!(done["repeated"], step == 4, "{step}: {done}");
            expected.extend(said);
            let (records, bytes) = usage(&service, &account).await;
            let counts: Vec<_> = records.iter().map(|it| it.metered.as_ref().unwrap().quantity.to_string()).collect();
            assert_eq!(counts, expected.values().map(ToString::to_string).collect::<Vec<_>>(), "{step}");
            assert!(bytes.iter().all(|bytes| *bytes <= limits.item_bytes_max), "{step}: {bytes:?}");
            assert!(bytes.iter().sum::<usize>() > limits.item_bytes_max, "{step}: one item would have held it");
        }
    });
}

const CONTRACTS: &str =
    "account,reference,price,unit,currency,starts_on\nstripe:cus_1,C-1,price_pro,45.00,USD,2026-01-01\n";

#[test]
fn an_import_is_whole_or_nothing_and_a_repeat_changes_nothing() {
    run(async {
        let service = with_a_payment().await;
        let counts =
            |answer: &Value| ["rows", "added", "changed", "unchanged"].map(|name| answer[name].as_u64().unwrap());
        let file = |staff, csv: String, dry_run| {
            let service = &service;
            async move { import(service, staff, "contracts", &csv, dry_run).await }
        };
        let (status, tried) = file("mara", CONTRACTS.into(), true).await;
        assert_eq!((status, counts(&tried)), (StatusCode::OK, [1, 1, 0, 0]), "{tried}");
        assert_eq!(get(&service, "/api/import/contracts").await["live"], 0, "a dry run changes nothing");
        let (_, done) = file("mara", CONTRACTS.into(), false).await;
        assert_eq!((counts(&done), &done["repeated"]), ([1, 1, 0, 0], &json!(false)), "{done}");
        let spelled = CONTRACTS.replace("45.00", "45").replace(',', ";");
        let (_, again) = file("marc", spelled, false).await;
        assert_eq!(
            (counts(&again), &again["repeated"], &again["id"]),
            ([1, 0, 0, 1], &json!(true), &done["id"]),
            "{again}"
        );
        let (_, other) = file("mara", CONTRACTS.replace("45.00", "44.00"), false).await;
        assert_eq!(counts(&other), [1, 0, 1, 0], "{other}");
        let bad =
            format!("{CONTRACTS}stripe:cus_2,C-2,price_pro,4x,USD,2026-01-01\n,C-3,price_pro,5.00,USD,2026-13-01\n");
        let (status, refused) = file("mara", bad, false).await;
        let rows: Vec<_> = refused["rows"].as_array().unwrap().iter().map(|row| row["row"].as_u64().unwrap()).collect();
        assert_eq!(
            (status.as_u16(), &refused["error"]["code"], rows),
            (422, &json!("rows_refused"), vec![3, 4, 4]),
            "{refused}"
        );
        assert_eq!(get(&service, "/api/import/contracts").await["live"], 2, "a refused file changes nothing");
    });
}

#[test]
fn who_may_import_and_what_staff_may_not_do_to_themselves() {
    run(async {
        let service = with_a_payment().await;
        let staff = |id: &str, role: &str| format!("id,name,email,role\n{id},{id},{id}@demo.example,{role}\n");
        let rows = [
            ("lena", "contracts", CONTRACTS.to_owned(), 403, "not_permitted"),
            ("ana", "contracts", CONTRACTS.to_owned(), 403, "not_permitted"),
            ("mara", "nonsense", CONTRACTS.to_owned(), 404, "not_found"),
            ("mara", "contracts", String::new(), 422, "rows_refused"),
            ("mara", "staff", staff("mara", "vp"), 403, "own_request"),
            ("mara", "staff", staff("lena", "king"), 422, "rows_refused"),
        ];
        for (who, kind, csv, status, code) in rows {
            let (found, answer) = import(&service, who, kind, &csv, false).await;
            assert_eq!(
                (found.as_u16(), answer["error"]["code"].as_str()),
                (status, Some(code)),
                "{who} {kind}: {answer}"
            );
        }
        assert_eq!(import(&service, "vera", "staff", &staff("lena", "manager"), false).await.0, StatusCode::OK);
        assert_eq!(
            import(&service, "lena", "contracts", CONTRACTS, true).await.0,
            StatusCode::OK,
            "a manager from now on"
        );
    });
}

#[test]
fn imports_show_beside_the_account_and_in_the_preview_of_a_case() {
    run(async {
        let service = with_a_payment().await;
        let files = [
            ("customers", "account,locale,strategic,owner\nstripe:cus_1,de-DE,yes,mara\n"),
            (
                "contracts",
                "account,reference,price,seats,min_seats,starts_on,ends_on\n\
                 stripe:cus_1,C-1,price_pro,20,10,2026-01-01,2026-04-01\n",
            ),
            ("usage", "account,seats_used,as_of\nstripe:cus_1,7,2026-02-28T00:00:00Z\n"),
            (
                "exceptions",
                "account,kind,amount,percent,granted_on,granted_by,reason,reference\n\
                 stripe:cus_1,refund,15.00 USD,,2026-01-15,Mara,goodwill,\n\
                 stripe:cus_1,discount,,20,2026-01-14,Mara,renewal,Z-77\n",
            ),
        ];
        for (kind, csv) in files {
            let (status, answer) = import(&service, "mara", kind, csv, false).await;
            assert_eq!(status, StatusCode::OK, "{kind}: {answer}");
        }
        let account = get(&service, "/api/accounts/stripe:cus_1").await;
        assert_eq!((&account["account"]["strategic"], &account["account"]["owner"]), (&json!(true), &json!("mara")));
        let seats = &account["subscription"];
        assert_eq!(
            (&seats["seats_used"], &seats["seats_total"], &seats["utilisation"]),
            (&json!(7), &json!(20), &json!("0.3500"))
        );
        assert_eq!(seats["seats_min"], 10, "{seats}");
        let discount = &account["exceptions"][1];
        assert_eq!((&discount["percent"], &discount["reference"]), (&json!("20"), &json!("Z-77")), "{account}");
        assert_eq!(
            (&seats["contract_end"], &account["lifetime"]["churn_risk"]),
            (&json!("2026-04-02T00:00:00Z"), &json!("medium"))
        );

        let id = charged_twice(&service).await;
        let case = get(&service, &format!("/api/cases/{id}")).await;
        let preview = &case["preview"];
        let proposed = &preview["recommended"][0];
        assert_eq!(
            (&proposed["kind"], &proposed["amount"]["amount"]),
            (&json!("refund"), &json!("100.00")),
            "{preview}"
        );
        assert_eq!(proposed["approvals_required"], json!(["billing_specialist"]));
        assert_eq!(
            proposed["lines"].as_array().map(Vec::len),
            get(&service, "/api/actions").await["items"][0]["preview"]["lines"].as_array().map(Vec::len)
        );
        assert_eq!(preview["exceptions"][0]["reason"], "goodwill");
        let around = |preview: &Value, label: &str| {
            let found = preview["around"].as_array().unwrap().iter().find(|it| it["label"] == label);
            found.map(|it| it["value"].as_str().unwrap().to_owned()).unwrap_or_default()
        };
        assert_eq!(around(preview, "Owner of the account"), "mara", "{preview}");
        assert_eq!(around(preview, "Usage"), "7 seats, as of 2026-02-28", "{preview}");
        let granted = around(preview, "Granted before beside the rules");
        assert!(granted.contains("refund of 15.00 USD on 2026-01-15"), "{granted}");
        assert!(preview["missing"].to_string().contains("the tax settings of the customer"), "{preview}");
        assert!(preview["reply"]["subject"].as_str().unwrap().starts_with("Zu Ihren zwei Zahlungen"), "{preview}");
        assert_eq!(preview["digest"].as_str().map(str::len), Some(64));
        assert_eq!(
            get(&service, &format!("/api/cases/{id}")).await["preview"]["digest"],
            preview["digest"],
            "the same, whenever asked"
        );
        let text = ask_text(&service, "ana", &format!("/api/cases/{id}")).await;
        assert!(
            text.contains("Proposed: Refund 100.00 USD") && text.contains("granted before: refund of 15.00 USD"),
            "{text}"
        );
        assert!(text.contains("- Owner of the account: mara (cus_1)"), "{text}");
        let moved = "account,locale,strategic,owner\nstripe:cus_1,de-DE,yes,luis\n";
        assert_eq!(import(&service, "mara", "customers", moved, false).await.0, StatusCode::OK);
        let later = get(&service, &format!("/api/cases/{id}")).await["preview"].clone();
        assert_eq!((around(&later, "Owner of the account").as_str(), &later["digest"]), ("luis", &preview["digest"]));
        let slack = get(&service, &format!("/api/cases/{id}?format=slack")).await;
        assert_eq!(slack["blocks"][0]["type"], "header", "{slack}");
    });
}

#[test]
fn the_examples_of_the_manual_are_taken() {
    run(async {
        let service = with_a_payment().await;
        let manual = include_str!("../docs/imports.md");
        let mut taken = 0;
        for part in manual.split("`recoup import ").skip(2) {
            let kind = part.split_whitespace().next().unwrap();
            let csv = part.split("```csv\n").nth(1).unwrap().split("```").next().unwrap();
            // What a manager changes of approvers waits for somebody else.
            let by = if kind == "staff" { "vera" } else { "mara" };
            let (status, answer) = import(&service, by, kind, csv, false).await;
            assert_eq!(status, StatusCode::OK, "{kind}: {answer}");
            taken += 1;
        }
        assert_eq!(taken, 9, "one of each kind, and the rates as the ECB publishes them");
    });
}

#[test]
fn people_end_cases_and_correct_their_class() {
    run(async {
        let service = with_a_payment().await;
        let id = charged_twice(&service).await;
        let rows = [
            ("ana", "resolve", json!({"note": "seen"}), 403, "not_permitted"),
            ("lena", "class", json!({"note": "no class"}), 400, "malformed"),
            ("lena", "class", json!({"class": "nonsense"}), 400, "malformed"),
            ("lena", "class", json!({"class": "overcharge", "note": "they were billed too much"}), 200, ""),
            ("lena", "resolve", json!({"note": "the customer wanted both"}), 200, ""),
            ("luis", "resolve", json!({}), 409, "already_resolved"),
        ];
        for (staff, what, body, status, code) in rows {
            let (found, answer) =
                ask(&service, staff, Method::POST, &format!("/api/cases/{id}/{what}"), Some(&body), None).await;
            let told = answer["error"]["code"].as_str().unwrap_or_default();
            assert_eq!((found.as_u16(), told), (status, code), "{staff} {what}: {answer}");
        }
        let case = get(&service, &format!("/api/cases/{id}")).await;
        assert_eq!(
            (&case["state"], &case["class"], &case["resolution"]),
            (&json!("resolved"), &json!("overcharge"), &json!("by a person"))
        );
        assert_eq!(case["handled"].as_array().map(Vec::len), Some(2), "{case}");
        let waiting = get(&service, "/api/actions?state=waiting_approval").await["items"][0].clone();
        let body = json!({"decision": "approve", "preview_digest": waiting["preview"]["digest"], "note": ""});
        let path = format!("/api/actions/{}/decision", waiting["id"].as_str().unwrap());
        let (status, answer) = ask(&service, "mara", Method::POST, &path, Some(&body), None).await;
        assert_eq!(
            (status.as_u16(), answer["error"]["code"].as_str()),
            (409, Some("stale_preview")),
            "nothing is left to approve"
        );
        let report = get(&service, "/api/reports/2026-03").await;
        assert!(report["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true), "{}", report["checks"]);
    });
}

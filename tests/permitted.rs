//! What a function does with the tables, beside a store that does no more for it than `infra/template.yaml` allows.

use crate::http::{run, with_a_payment};
use app::door::routes::{Function, ROUTES};
use app::door::token;
use app::dunning::pay::link;
use app::fault::Fault;
use app::ports::{Claim, Clock, CommitError, Due, Item, Key, Listed, Range, Store, Table, Write};
use async_trait::async_trait;
use bytes::Bytes;
use domain::id::AccountId;
use http::{Method, Request, StatusCode};
use jiff::Timestamp;
use local::server::dispatch;
use local::service::Service;
use saphyr::{LoadableYamlNode, YamlOwned};
use serde_json::json;
use std::sync::Arc;
use tests::stripe;
use tests::world::{ask, deliver, get};

mod work;

/// What a statement of a function's policy allows, where it is about tables.
struct Right {
    actions: Vec<String>,
    /// Tables and their indexes.
    on: Vec<String>,
    /// Where it is bounded: the partitions, of which one with a star stands for all that begin so.
    partitions: Option<Vec<String>>,
}

impl Right {
    fn allows(&self, action: &str, on: &str, partition: &str) -> bool {
        let is_own = |own: &String| match own.strip_suffix('*') {
            Some(begins) => partition.starts_with(begins),
            None => partition == own,
        };
        self.actions.iter().any(|own| own == action)
            && self.on.iter().any(|own| own == on)
            && self.partitions.as_ref().is_none_or(|own| own.iter().any(is_own))
    }
}

/// A store as one function has it.
struct Permitted {
    store: Arc<dyn Store>,
    function: &'static str,
    rights: Vec<Right>,
}

/// Lets a service have what one function may do; the whole store comes back, for what others do.
fn only(service: &mut Service, function: &'static str) -> Arc<dyn Store> {
    let whole = service.context.store.clone();
    service.context.store = Arc::new(Permitted { store: whole.clone(), function, rights: rights(function) });
    whole
}

fn rights(function: &str) -> Vec<Right> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml");
    let template = YamlOwned::load_from_str(&std::fs::read_to_string(path).unwrap()).unwrap().remove(0);
    let policies = template["Resources"][function]["Properties"]["Policies"].as_vec().unwrap().clone();
    let statements = policies.iter().flat_map(|policy| policy["Statement"].as_vec().unwrap());
    // What is allowed under a condition of the stack is about no table.
    let plain = statements.filter(|statement| statement.as_mapping_get("Action").is_some());
    let right = |statement: &YamlOwned| Right {
        actions: scalars(&statement["Action"]),
        on: statement.as_mapping_get("Resource").map(scalars).unwrap_or_default(),
        partitions: statement.as_mapping_get("Condition").map(scalars),
    };
    plain.map(right).collect()
}

/// Every scalar below a node, tags looked through.
fn scalars(node: &YamlOwned) -> Vec<String> {
    if let Some(inner) = node.get_tagged_node() {
        return scalars(inner);
    }
    if let Some(list) = node.as_vec() {
        return list.iter().flat_map(scalars).collect();
    }
    if let Some(mapping) = node.as_mapping() {
        return mapping.iter().flat_map(|(_, value)| scalars(value)).collect();
    }
    node.as_str().map(str::to_owned).into_iter().collect()
}

fn arn(table: Table) -> String {
    format!("{}Table.Arn", table.name())
}

fn index(name: &str) -> String {
    format!("${{AccountsTable.Arn}}/index/{name}")
}

impl Permitted {
    fn must(&self, action: &str, on: &str, partition: &str) {
        let action = format!("dynamodb:{action}");
        let may = self.rights.iter().any(|right| right.allows(&action, on, partition));
        assert!(may, "{} may not {action} on {on}, as with {partition}", self.function);
    }
}

#[async_trait]
impl Store for Permitted {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        keys.iter().for_each(|key| self.must("BatchGetItem", &arn(key.table), &key.pk));
        self.store.read(keys).await
    }

    async fn range(&self, range: &Range) -> Result<Vec<Item>, Fault> {
        self.must("Query", &arn(range.table), &range.pk);
        self.store.range(range).await
    }

    async fn listed(&self, listed: &Listed) -> Result<Vec<Item>, Fault> {
        self.must("Query", &index("lists"), &listed.list);
        let items = self.store.listed(listed).await?;
        items.iter().for_each(|item| self.must("BatchGetItem", &arn(item.key.table), &item.key.pk));
        Ok(items)
    }

    async fn due(&self, shard: &str, until: Timestamp, limit: u32) -> Result<Vec<Due>, Fault> {
        self.must("Query", &index("wakes"), shard);
        self.store.due(shard, until, limit).await
    }

    async fn claim(&self, due: &Due, silent_until: Timestamp) -> Result<Claim, Fault> {
        self.must("UpdateItem", &arn(due.key.table), &due.key.pk);
        self.store.claim(due, silent_until).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        for write in &writes {
            let (action, key) = match write {
                Write::Put { item, .. } => ("PutItem", &item.key),
                Write::Delete { key } => ("DeleteItem", key),
                Write::Check { key, .. } => ("ConditionCheckItem", key),
            };
            self.must(action, &arn(key.table), &key.pk);
        }
        self.store.commit(writes).await
    }
}

async fn asked(service: &Service, method: Method, path: &str, body: &str) -> StatusCode {
    let request = Request::builder().method(method).uri(path).header("x-forwarded-for", "203.0.113.7");
    dispatch(service, &request.body(body.to_owned().into()).unwrap()).await.status()
}

/// Somebody with an open invoice, and where the link leads that they were sent.
async fn owing() -> (Service, String) {
    let service = with_a_payment().await;
    let now = service.clock.now();
    let invoice = stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "usd", 1, now);
    deliver(&service, &stripe::event("evt_9", "invoice.payment_failed", now, &invoice)).await;
    service.work().await.unwrap();
    let account = AccountId::named("stripe:cus_1").unwrap();
    let address = link::stored(&service.context, &account, "in_1").await.unwrap();
    let path = address.strip_prefix("http://recoup.test").unwrap().to_owned();
    (service, path)
}

#[test]
fn what_answers_links_to_pay_may_remember_a_press_and_writes_nothing_else() {
    run(async {
        let (mut service, path) = owing().await;
        only(&mut service, "DunningDoorFunction");
        assert_eq!(asked(&service, Method::GET, &path, "").await, StatusCode::OK);
        for _ in 0..2 {
            assert_eq!(asked(&service, Method::POST, &path, "invoice=in_1").await, StatusCode::SEE_OTHER);
        }
        let own = rights("DunningDoorFunction");
        let may =
            |table, partition: &str| own.iter().any(|right| right.allows("dynamodb:PutItem", &arn(table), partition));
        assert!(may(Table::Accounts, "PRESSED#acc_1") && !may(Table::Accounts, "ACCOUNT#acc_1"));
        assert!(!may(Table::Config, "PRESSED#acc_1") && !may(Table::Facts, "PRESSED#acc_1"));
    });
}

#[test]
fn what_takes_the_request_form_may_do_all_that_it_does() {
    run(async {
        let mut service = with_a_payment().await;
        let whole = only(&mut service, "RequestFunction");
        let form = "email=cus_1%40shop.example&invoice=IN_1&reason=duplicate_charge&text=twice";
        assert_eq!(asked(&service, Method::GET, "/request/stripe", "").await, StatusCode::OK);
        assert_eq!(asked(&service, Method::POST, "/request/stripe", form).await, StatusCode::OK);
        service.context.store = whole;
        service.work().await.unwrap();
        let letters = service.outbox.letters().unwrap().into_iter().map(|(_, letter)| letter);
        let link = letters.filter(|letter| letter.to == "cus_1@shop.example").find_map(|it| it.links.first().cloned());
        let link = link.expect("a message with a link came");
        let path = link.strip_prefix("http://recoup.test").unwrap();
        only(&mut service, "RequestFunction");
        assert_eq!(asked(&service, Method::GET, path, "").await, StatusCode::OK);
        assert_eq!(asked(&service, Method::POST, path, "").await, StatusCode::OK);
    });
}

/// Lists and single things, whatever is in them: an answer, or a refusal, and no write.
#[test]
fn what_reads_may_read_whatever_it_is_asked_for() {
    run(async {
        let (mut service, _) = owing().await;
        only(&mut service, "ReportFunction");
        let own = |route: &&app::door::routes::Route| {
            route.function == Function::Report && route.method == Method::GET && route.pattern.starts_with("/api/")
        };
        let mut count = 0;
        for route in ROUTES.iter().filter(own) {
            let filled = |part: &str| match part {
                "{id}" | "{account}" => "stripe:cus_1".to_owned(),
                "{month}" => "2026-03".to_owned(),
                gap if gap.starts_with('{') => "1".to_owned(),
                word => word.to_owned(),
            };
            let path = route.pattern.split('/').map(filled).collect::<Vec<_>>().join("/");
            let secret = service.context.vault.tokens().await.unwrap();
            let bearer = token::issue(&secret, "mara", service.clock.machine(), 1);
            let request = Request::get(&path).header("authorization", format!("Bearer {bearer}"));
            let status = dispatch(&service, &request.body(Bytes::new()).unwrap()).await.status();
            assert!(status.as_u16() < 500 && status != StatusCode::UNAUTHORIZED, "{path}: {status}");
            count += 1;
        }
        assert!(count > 20, "{count} routes");
        let wish = json!({"account": "stripe:cus_1"});
        let (status, made) = ask(&service, "mara", Method::POST, "/api/embeds", Some(&wish), None).await;
        assert_eq!(status, StatusCode::OK, "{made}");
        let path = made["url"].as_str().unwrap().strip_prefix("http://recoup.test").unwrap();
        assert_eq!(asked(&service, Method::GET, path, "").await, StatusCode::FORBIDDEN, "nobody may frame it yet");
    });
}

#[test]
fn what_people_ask_and_decide_may_be_written_by_the_door() {
    run(async {
        let (mut service, _) = owing().await;
        let whole = only(&mut service, "ApprovalDoorFunction");
        let usd = json!({"amount": "15.00", "currency": "USD"});
        let wish = json!({"account": "stripe:cus_1", "kind": "credit", "params": {"amount": usd},
            "reason_code": "customer_dissatisfaction", "note": ""});
        let (status, asked) = ask(&service, "lena", Method::POST, "/api/actions", Some(&wish), Some("1")).await;
        assert_eq!(status, StatusCode::CREATED, "{asked}");
        let id = asked["id"].as_str().unwrap();
        let ballot = json!({"decision": "approve", "preview_digest": asked["preview"]["digest"], "note": ""});
        let path = format!("/api/actions/{id}/decision");
        assert_eq!(ask(&service, "luis", Method::POST, &path, Some(&ballot), None).await.0, StatusCode::OK);
        let origins = json!({"origins": ["https://shop.zendesk.com"]});
        let path = "/api/embeds/origins";
        assert_eq!(ask(&service, "mara", Method::POST, path, Some(&origins), None).await.0, StatusCode::OK);
        let party = json!({"name": "Juniper GmbH", "street": ["Hauptstr. 1"], "city": "Berlin", "post_code": "10115",
            "country": "DE", "tax_id": "DE123456789"});
        let entity = json!({"id": "de", "prefix": "R-", "party": party, "currency": "EUR"});
        let entity = json!({"entity": entity});
        assert_eq!(ask(&service, "vera", Method::POST, "/api/entities", Some(&entity), None).await.0, StatusCode::OK);
        let word = json!({"stop": {"note": "they called"}});
        let path = "/api/accounts/stripe:cus_1/dunning";
        assert_eq!(ask(&service, "mara", Method::POST, path, Some(&word), None).await.0, StatusCode::OK);
        service.context.store = whole;
        service.work().await.unwrap();
        assert_eq!(get(&service, &format!("/api/actions/{id}")).await["state"], "executed");
    });
}

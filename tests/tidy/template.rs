//! What is deployed: queues, functions and rights of `infra/template.yaml`, against the code and against one machine.

use crate::{product, read};
use app::deadline::{DELIVERY, GLANCE, PATIENCE, RESERVE, takes};
use app::door::routes::{Function, ROUTES};
use app::message::Message;
use app::ports::QueueName;
use domain::id::{AccountId, ActionId, CaseId};
use domain::policies::Policies;
use jiff::SignedDuration;
use saphyr::{LoadableYamlNode, YamlOwned};
use std::collections::BTreeSet;

fn template() -> YamlOwned {
    YamlOwned::load_from_str(&read("infra/template.yaml")).expect("the template is YAML").remove(0)
}

fn resources(template: &YamlOwned, kind: &str) -> Vec<(String, YamlOwned)> {
    let all = template["Resources"].as_mapping().unwrap();
    all.iter()
        .filter(|(_, resource)| resource["Type"].as_str() == Some(kind))
        .map(|(name, resource)| (name.as_str().unwrap().to_owned(), resource.clone()))
        .collect()
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

#[test]
fn every_queue_has_dead_letters_an_alarm_and_partial_batches() {
    let template = template();
    let queues = resources(&template, "AWS::SQS::Queue");
    let (dead, live): (Vec<_>, Vec<_>) = queues.into_iter().partition(|(name, _)| name.ends_with("DeadLetters"));
    assert_eq!(live.len(), QueueName::ALL.len());
    let alarms = scalars(&template["Resources"]);
    let functions = resources(&template, "AWS::Serverless::Function");
    for queue in QueueName::ALL {
        let word = format!("{}{}", queue.name()[..1].to_uppercase(), &queue.name()[1..]);
        let (_, found) = live
            .iter()
            .find(|(name, _)| *name == format!("{word}Queue"))
            .unwrap_or_else(|| panic!("there is no {word}Queue"));
        let target = scalars(&found["Properties"]["RedrivePolicy"]);
        assert!(target.contains(&format!("{word}DeadLetters.Arn")), "{word}Queue has no dead letters: {target:?}");
        assert!(dead.iter().any(|(name, _)| *name == format!("{word}DeadLetters")));
        assert!(alarms.contains(&format!("{word}DeadLetters.QueueName")), "nobody is told of {word}DeadLetters");
    }
    let mut readers = 0;
    for (name, function) in &functions {
        let Some(events) = function["Properties"].as_mapping_get("Events").and_then(|events| events.as_mapping())
        else {
            continue;
        };
        for (_, event) in events.iter().filter(|(_, event)| event["Type"].as_str() == Some("SQS")) {
            readers += 1;
            let types = scalars(&event["Properties"]["FunctionResponseTypes"]);
            assert_eq!(types, ["ReportBatchItemFailures"], "{name} answers for whole batches");
        }
    }
    assert_eq!(readers, QueueName::ALL.len());
}

/// Approval is deployed twice: what answers the internet, and what has the keys that may act. Dunning is, too: what
/// sends, and what answers links to pay. And so is intake: what takes webhooks, and what takes the request form.
#[test]
fn the_template_has_the_five_words() {
    let made = |(name, function): (String, YamlOwned)| {
        let binary = function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap().to_owned();
        (name, binary)
    };
    let found: BTreeSet<_> = resources(&template(), "AWS::Serverless::Function").into_iter().map(made).collect();
    let expected = [
        ("IntakeFunction", "intake"),
        ("RequestFunction", "intake"),
        ("ClassifyFunction", "classify"),
        ("DunningFunction", "dunning"),
        ("DunningDoorFunction", "dunning"),
        ("ApprovalDoorFunction", "approval"),
        ("ApprovalWorkFunction", "approval"),
        ("ReportFunction", "report"),
    ];
    assert_eq!(found, BTreeSet::from(expected.map(|(name, binary)| (name.to_owned(), binary.to_owned()))));
}

/// What is built small takes the place of every function, or some would be deployed as they were.
#[test]
fn what_is_built_small_takes_the_place_of_every_function() {
    let recipes = read("justfile");
    for (name, function) in resources(&template(), "AWS::Serverless::Function") {
        let binary = function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap();
        let line = format!("cp target/lambda/{binary}/bootstrap .aws-sam/build/{name}/bootstrap");
        assert!(recipes.contains(&line), "`just small` lacks `{line}`");
    }
}

/// A phone has no name of AWS's: that nothing but phones is meant says what is left out.
const EVERY_TOPIC: &str = "arn:${AWS::Partition}:sns:*:*:*";

#[test]
fn only_who_writes_by_plan_writes_to_phones_and_to_nothing_else_of_sns() {
    let template = template();
    let publishes = |properties: &YamlOwned| scalars(properties).iter().any(|scalar| scalar.starts_with("sns:"));
    let may: Vec<_> = resources(&template, "AWS::Serverless::Function")
        .into_iter()
        .filter(|(_, function)| publishes(&function["Properties"]))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(may, ["DunningFunction"]);
    let text = read("infra/template.yaml");
    let rights: Vec<_> = text.lines().filter(|line| line.contains("sns:")).map(str::trim).collect();
    assert_eq!(rights.len(), 1, "{rights:?}");
    for part in ["!If [SendsSms,", "Action: ['sns:Publish']", &format!("NotResource: !Sub '{EVERY_TOPIC}'")] {
        assert!(rights[0].contains(part), "{part}: {}", rights[0]);
    }
    assert_eq!(template["Parameters"]["SendSms"]["Default"].as_str(), Some("no"), "it is switched on by hand");
}

#[test]
fn no_policy_allows_everything() {
    let mut statements = 0;
    let template = template();
    for (name, function) in
        resources(&template, "AWS::Serverless::Function").into_iter().chain(resources(&template, "AWS::IAM::Role"))
    {
        let policies = scalars(&function["Properties"]["Policies"]);
        assert!(!policies.is_empty(), "{name} may do nothing, not even its work");
        for scalar in policies {
            statements += 1;
            // A folder of the archive ends in a star, the accounts, the words that they are found by, forms, and who
            // was led on to pay; nothing else may. What is listed is a folder as well.
            let in_bucket = ["${ArchiveBucket.Arn}/", "${SealsBucket.Arn}/"].iter().any(|own| scalar.starts_with(*own));
            let own = ["ACCOUNT#*", "FIND#*", "FORM#*", "FORMS#*", "PRESSED#*", "reports/*"].contains(&scalar.as_str());
            let folder = own || in_bucket && scalar.matches('*').count() == 1;
            assert!(!scalar.contains('*') || folder || scalar == EVERY_TOPIC, "{name} allows `{scalar}`");
        }
    }
    assert!(statements > 20);
    // Who reads cannot write, and who does not act has no key to it.
    let of = |name: &str| scalars(&template["Resources"][name]["Properties"]);
    assert!(
        !of("ReportFunction")
            .iter()
            .any(|scalar| scalar.contains("PutItem") || scalar.contains("UpdateItem") || scalar == "EffectKeys")
    );
}

/// A link to pay needs no sign-in: whoever takes over what answers it can put tries off, change nothing else here, and
/// speak as nobody.
#[test]
fn what_answers_links_to_pay_writes_when_it_did_and_has_no_secret_of_the_staff() {
    let template = template();
    let own = scalars(&template["Resources"]["DunningDoorFunction"]["Properties"]);
    let actions: BTreeSet<_> = own.iter().filter(|scalar| scalar.contains(':')).map(String::as_str).collect();
    assert_eq!(actions, BTreeSet::from(["dynamodb:BatchGetItem", "dynamodb:PutItem", "secretsmanager:GetSecretValue"]));
    let policies = &template["Resources"]["DunningDoorFunction"]["Properties"]["Policies"];
    let statements = policies.as_vec().unwrap()[0]["Statement"].as_vec().unwrap();
    for statement in statements.iter().filter(|statement| scalars(&statement["Action"]) == ["dynamodb:PutItem"]) {
        assert_eq!(scalars(&statement["Resource"]), ["AccountsTable.Arn"]);
        assert_eq!(scalars(&statement["Condition"]), ["PRESSED#*"], "it writes nowhere else");
    }
    let secrets = resources(&template, "AWS::SecretsManager::Secret").into_iter().map(|(name, _)| name);
    let read: Vec<_> = secrets.filter(|name| own.contains(name)).collect();
    assert_eq!(read, ["LinkSecret", "PageKeys"]);
    let of = |name: &str| scalars(&template["Resources"][name]["Properties"]);
    for name in ["DunningFunction", "ApprovalDoorFunction", "ReportFunction", "IntakeFunction"] {
        assert!(!of(name).contains(&"PageKeys".to_owned()), "{name} makes no pages");
    }
}

/// Anybody may fill in the form: whoever takes over what answers it learns of no customer, writes to nobody, and
/// changes nothing but forms.
#[test]
fn what_takes_the_request_form_reads_no_account_and_has_one_secret() {
    let template = template();
    let own = scalars(&template["Resources"]["RequestFunction"]["Properties"]);
    let actions: BTreeSet<_> = own.iter().filter(|scalar| scalar.contains(':')).map(String::as_str).collect();
    let expected = ["dynamodb:BatchGetItem", "dynamodb:PutItem", "secretsmanager:GetSecretValue", "sqs:SendMessage"];
    assert_eq!(actions, BTreeSet::from(expected));
    let secrets = resources(&template, "AWS::SecretsManager::Secret").into_iter().map(|(name, _)| name);
    assert_eq!(secrets.filter(|name| own.contains(name)).collect::<Vec<_>>(), ["LinkSecret"]);
    let policies = template["Resources"]["RequestFunction"]["Properties"]["Policies"].as_vec().unwrap().clone();
    for statement in policies.iter().flat_map(|policy| policy["Statement"].as_vec().unwrap()) {
        let tables = scalars(statement).iter().any(|scalar| scalar.ends_with("Table.Arn"));
        let keys = statement.as_mapping_get("Condition").map(scalars).unwrap_or_default();
        let is_bounded =
            !keys.is_empty() && keys.iter().all(|key| ["FORM#*", "FORMS#*", "SOURCE"].contains(&key.as_str()));
        assert!(!tables || is_bounded, "{keys:?}");
    }
}

/// The functions that somebody outside reaches: by a route through its integration, by a right to be called, or by an
/// address or an event of their own that is neither a queue nor a clock.
fn reached(template: &YamlOwned) -> BTreeSet<String> {
    let all = &template["Resources"];
    let inner = |node: &YamlOwned| scalars(node).join(" ");
    let mut reached: BTreeSet<String> = resources(template, "AWS::ApiGatewayV2::Route")
        .iter()
        .map(|(_, route)| {
            let target = inner(&route["Properties"]["Target"]);
            let integration = target.trim_start_matches("integrations/${").trim_end_matches('}');
            inner(&all[integration]["Properties"]["IntegrationUri"]).trim_end_matches(".Arn").to_owned()
        })
        .collect();
    let permitted = resources(template, "AWS::Lambda::Permission");
    reached.extend(permitted.iter().map(|(_, right)| inner(&right["Properties"]["FunctionName"])));
    for (name, function) in resources(template, "AWS::Serverless::Function") {
        let properties = &function["Properties"];
        let events = properties.as_mapping_get("Events").and_then(|events| events.as_mapping());
        let mut kinds = events.into_iter().flatten().filter_map(|(_, event)| event["Type"].as_str());
        let has_door = kinds.any(|kind| !matches!(kind, "SQS" | "ScheduleV2"));
        if has_door || properties.as_mapping_get("FunctionUrlConfig").is_some() {
            reached.insert(name);
        }
    }
    reached
}

#[test]
fn nothing_that_the_internet_reaches_can_read_the_keys_that_may_act() {
    let template = template();
    let reached = reached(&template);
    let expected =
        ["IntakeFunction", "RequestFunction", "DunningDoorFunction", "ApprovalDoorFunction", "ReportFunction"];
    assert_eq!(reached, BTreeSet::from(expected.map(str::to_owned)));
    let holders: Vec<_> = template["Resources"]
        .as_mapping()
        .unwrap()
        .iter()
        .filter(|(_, resource)| scalars(resource).iter().any(|scalar| scalar.contains("EffectKeys")))
        .filter_map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(holders, ["ApprovalWorkFunction"], "who can read the keys that may act");
    // Only its queue brings it work.
    let events = &template["Resources"]["ApprovalWorkFunction"]["Properties"]["Events"];
    assert_eq!(events.as_mapping().map(|events| events.len()), Some(1));
}

/// Seals are an anchor only while none of those who write ledgers can make one, and nobody can take one away.
#[test]
fn only_who_writes_no_ledger_seals_and_nobody_takes_a_seal_away() {
    let template = template();
    let all = &template["Resources"];
    let statements = all["SealingKey"]["Properties"]["KeyPolicy"]["Statement"].as_vec().unwrap().clone();
    for statement in &statements {
        let (who, what) = (scalars(&statement["Principal"]), scalars(&statement["Action"]));
        let signs =
            what.iter().any(|action| action.contains('*') || action.contains("Sign") || action.contains("Grant"));
        assert_eq!(signs, who == ["ReportFunctionRole.Arn"], "{who:?} {what:?}");
        assert!(!signs || what == ["kms:Sign"], "{what:?}");
    }
    for (name, function) in resources(&template, "AWS::Serverless::Function") {
        let own = scalars(&function["Properties"]);
        let writes_ledgers = own.iter().any(|scalar| scalar == "dynamodb:PutItem" || scalar == "dynamodb:UpdateItem");
        let seals = own.iter().any(|scalar| scalar.contains("SealsBucket") || scalar.contains("SealingKey"));
        assert_eq!(seals, name == "ReportFunction", "{name}");
        assert!(!(seals && writes_ledgers), "{name} writes ledgers and seals them");
        assert!(!own.iter().any(|scalar| scalar.starts_with("kms:") || scalar.contains("s3:Delete")), "{name}");
    }
    let bucket = &all["SealsBucket"]["Properties"];
    assert_eq!(bucket["ObjectLockEnabled"].as_bool(), Some(true));
    let retention = &bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"];
    assert_eq!(retention["Mode"].as_str(), Some("COMPLIANCE"));
    assert_eq!(scalars(&all["SealsBucketPolicy"]["Properties"]["Bucket"]), ["SealsBucket"]);
    let denied = scalars(&all["SealsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]);
    for words in ["Deny", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"] {
        assert!(denied.contains(&words.to_owned()), "{denied:?}");
    }
}

/// The schedules send what the report function reads, and sealing comes before a seal is missed.
#[test]
fn schedules_send_messages_that_are_read() {
    let template = template();
    let mut sent = Vec::new();
    for (name, schedule) in resources(&template, "AWS::Scheduler::Schedule") {
        let target = &schedule["Properties"]["Target"];
        assert_eq!(scalars(&target["Arn"]), ["ReportQueue.Arn"], "{name}");
        let message = Message::decode(target["Input"].as_str().unwrap()).unwrap();
        sent.push((message.name(), schedule["Properties"]["ScheduleExpression"].as_str().unwrap().to_owned()));
    }
    sent.sort();
    assert_eq!(
        sent,
        [
            ("month", "cron(0 6 3 * ? *)".to_owned()),
            ("seal", "rate(1 hour)".to_owned()),
            ("sums", "rate(10 minutes)".to_owned())
        ]
    );
}

/// Whoever could compute the secrets of endpoints could tell the product anything.
#[test]
fn only_who_shows_the_secrets_of_endpoints_and_who_signs_has_what_they_come_of() {
    let template = template();
    let holders: Vec<_> = resources(&template, "AWS::Serverless::Function")
        .into_iter()
        .filter(|(_, function)| scalars(function).iter().any(|scalar| scalar == "OutgoingSecret"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(holders, ["DunningFunction", "ApprovalDoorFunction"]);
    // What calls the addresses that people name has no key to any provider.
    let dunning = scalars(&template["Resources"]["DunningFunction"]);
    for key in ["EffectKeys", "ReadingKeys", "PageKeys", "SigningSecrets", "TokenSecret", "SlackToken"] {
        assert!(!dunning.contains(&key.to_owned()), "{key}");
    }
}

/// Whose voice counts and which source acts is changed at the door, never by what acts.
#[test]
fn the_work_writes_no_staff_and_no_source() {
    let template = template();
    let of = |name: &str| scalars(&template["Resources"][name]["Properties"]["Policies"]);
    let (door, work) = (of("ApprovalDoorFunction"), of("ApprovalWorkFunction"));
    let own = ["SOURCE", "STAFF", "STAFF_CHANGES", "STAFF_PROPOSALS", "STOPS", "DELEGATIONS", "VIEWS", "IMPORT"];
    for partition in own.into_iter().chain(["ENDPOINTS", "ENTITIES"]) {
        assert!(door.contains(&partition.to_owned()), "the door cannot write {partition}");
        assert!(!work.contains(&partition.to_owned()), "the work can write {partition}");
    }
    assert!(door.contains(&"LINK".to_owned()) && work.contains(&"LINK".to_owned()));
    let acting: Vec<_> =
        product("shared/app").into_iter().filter(|(path, _)| path.contains("approval/carry_out")).collect();
    assert!(acting.len() > 5, "{acting:?}");
    for (path, text) in acting {
        assert!(!text.contains("keys::source("), "{path}: how a source is set up is asked of `setup::sources`");
    }
}

#[test]
fn the_outputs_say_where_each_secret_is_put() {
    let template = template();
    let outputs = scalars(&template["Outputs"]);
    for (name, secret) in resources(&template, "AWS::SecretsManager::Secret") {
        let is_made = secret["Properties"].as_mapping_get("GenerateSecretString").is_some();
        assert!(is_made || outputs.contains(&name), "no output says where the value of {name} is put");
    }
}

/// `sam build` goes through cargo-lambda, which aborts where the release profile does not say what a panic does.
#[test]
fn a_panic_in_a_deployed_function_unwinds() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    assert_eq!(manifest["profile"]["release"]["panic"].as_str(), Some("unwind"));
}

/// The gateway sends by method and first word; the table says the same, route by route.
#[test]
fn the_gateway_and_the_route_table_agree() {
    let keys: Vec<_> = resources(&template(), "AWS::ApiGatewayV2::Route")
        .into_iter()
        .flat_map(|(_, route)| scalars(&route["Properties"]["RouteKey"]))
        .collect();
    for key in [
        "POST /webhooks/{provider}/{source}",
        "POST /api/accounts/search",
        "POST /api/search",
        "POST /search",
        "POST /api/decisions/{id}/replay",
        "POST /api/playbooks/{name}",
        "POST /api/classify",
        "POST /api/embeds",
        "GET /pay/{token}",
        "HEAD /pay/{token}",
        "POST /pay/{token}",
        "GET /card/{token}",
        "HEAD /card/{token}",
        "POST /card/{token}",
        "GET /document/{token}",
        "HEAD /document/{token}",
        "POST /document/{token}",
        "GET /request/{source}",
        "HEAD /request/{source}",
        "POST /request/{source}",
        "GET /request/confirm/{token}",
        "HEAD /request/confirm/{token}",
        "POST /request/confirm/{token}",
        "ANY /webhooks/{proxy+}",
        "POST /{proxy+}",
        "DELETE /{proxy+}",
        "$default",
    ] {
        assert!(keys.contains(&key.to_owned()), "the template has no route `{key}`");
    }
    for route in ROUTES {
        let by_gateway = match (route.method.as_str(), route.pattern) {
            (_, pattern) if pattern.starts_with("/webhooks/") || pattern.starts_with("/request/") => Function::Intake,
            (_, "/pay/{token}" | "/card/{token}" | "/document/{token}") => Function::Dunning,
            ("POST", pattern) if keys.contains(&format!("POST {pattern}")) => Function::Report,
            ("POST" | "DELETE", _) => Function::Approval,
            _ => Function::Report,
        };
        assert_eq!(route.function, by_gateway, "{} {}", route.method, route.pattern);
    }
}

#[test]
fn the_local_tables_are_those_of_the_template() {
    let tables = local::engine::tables();
    assert_eq!(tables.len(), 3);
    for table in &tables {
        assert_eq!(table["KeySchema"][0]["AttributeName"], "pk", "{table}");
        assert_eq!(table["KeySchema"][1]["AttributeName"], "sk", "{table}");
    }
    let indexes: Vec<_> = tables[0]["GlobalSecondaryIndexes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|index| (index["IndexName"].as_str().unwrap(), index["Projection"]["ProjectionType"].as_str().unwrap()))
        .collect();
    assert_eq!(indexes, [("wakes", "KEYS_ONLY"), ("lists", "KEYS_ONLY")]);
}

/// How often one message is asked to wait, and for whom: each queue's slowest, how many of it a batch may hold, and how
/// long a call it outlasts.
fn slowest() -> Vec<(&'static str, &'static str, Message, Option<i64>, SignedDuration)> {
    let (own, trace) = (|text: &str| text.to_owned(), String::new());
    let account = AccountId::of("stripe", "default", "cus_1");
    let (provider, source) = (own("mollie"), own("default"));
    let probe =
        Message::Probe { provider: provider.clone(), source: source.clone(), path: own("/"), trace: trace.clone() };
    let list = Message::List { provider, source, trace: trace.clone() };
    let plan = Message::PlanDue { account: account.clone(), invoice: own("in_1"), trace: trace.clone() };
    let told = Message::Deliver { endpoint: own("ep_1"), account: account.clone(), trace: trace.clone() };
    let act = Message::Act { action: ActionId::of(&account, "mara", "key"), trace: trace.clone() };
    let ask = Message::Ask { case: CaseId::of(&account, "payment_failed", "in_1"), trace: trace.clone() };
    vec![
        ("Events", "Classify", probe, None, GLANCE),
        // A source reads one list at a time, and what does not fit any more comes back.
        ("Events", "Classify", list, Some(1), SignedDuration::from_secs(12)),
        ("Dunning", "Dunning", plan, None, PATIENCE),
        ("Dunning", "Dunning", told, None, DELIVERY),
        ("Approval", "ApprovalWork", act, None, PATIENCE),
        ("Approval", "ApprovalWork", ask, None, PATIENCE),
        ("Report", "Report", Message::Month { month: own("2026-01"), trace }, None, PATIENCE),
    ]
}

#[test]
fn a_batch_ends_in_time_even_if_nobody_answers() {
    let (template, policies) = (template(), Policies::shipped().unwrap());
    let (limits, resources) = (policies.limits.current(), &template["Resources"]);
    let timeout = template["Globals"]["Function"]["Timeout"].as_integer().unwrap();
    let secs = SignedDuration::from_secs;
    for (queue, function, message, of_it, call) in slowest() {
        let own = &resources[format!("{function}Function").as_str()]["Properties"];
        assert!(own.as_mapping_get("Timeout").is_none(), "{function} has a time-out of its own");
        let batch = own["Events"]["Queue"]["Properties"]["BatchSize"].as_integer().unwrap();
        let (name, count) = (message.name(), of_it.unwrap_or(batch));
        let longest = takes(&message).as_secs() * count;
        assert!(longest + RESERVE.as_secs() <= timeout, "{count} of {name} take {longest} of {timeout} seconds");

        let properties = &resources[format!("{queue}Queue").as_str()]["Properties"];
        let hidden = properties["VisibilityTimeout"].as_integer().unwrap();
        assert!(hidden >= 6 * timeout, "{queue}: {hidden} seconds are less than six time-outs");
        let receives = properties["RedrivePolicy"]["maxReceiveCount"].as_integer().unwrap();
        assert_eq!(receives, i64::from(limits.deliveries_max), "{queue}: as on one machine");
        // One call as long as it may be, and the work around it.
        assert!(takes(&message) >= call + RESERVE, "{name} cannot wait for one answer");
        assert!(takes(&message) <= secs(limits.visibility_secs), "{name} is worked twice on one machine");
    }
    // Nothing rings, and nothing is in doubt, while somebody may still be at it.
    assert!(timeout <= limits.alarm_lease_secs && timeout <= limits.sending_minutes_max * 60);
}

//! The repository's own rules: if `cargo test` passes, CI passes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use saphyr::{LoadableYamlNode, YamlOwned};
use shared::app::door::routes::{Function, ROUTES};
use shared::app::ports::QueueName;
use shared::domain::id::sha256;
use shared::domain::policies::SHIPPED;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The crates that a manifest depends on, for its product code.
fn dependencies(folder: &str) -> BTreeSet<String> {
    let manifest: toml::Table = read(&format!("{folder}/Cargo.toml")).parse().unwrap();
    manifest
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.ends_with("target") && !path.ends_with(".git") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

const OURS: &[&str] = &["app", "aws", "domain", "local", "pages", "providers", "shared"];

#[test]
fn dependencies_point_left() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("shared/domain", [].as_slice()),
        ("shared/providers", &["domain"]),
        ("shared/pages", &["domain"]),
        ("shared/app", &["domain", "providers", "pages"]),
        ("shared/aws", &["app", "domain", "providers"]),
        ("shared", &["app", "aws", "domain", "pages", "providers"]),
        ("functions/intake", &["shared"]),
        ("functions/classify", &["shared"]),
        ("functions/dunning", &["shared"]),
        ("functions/approval", &["shared"]),
        ("functions/report", &["shared"]),
        ("infra/local", &["shared"]),
    ]);
    for (folder, allowed) in allowed {
        for ours in dependencies(folder).iter().filter(|name| OURS.contains(&name.as_str())) {
            assert!(
                allowed.contains(&ours.as_str()),
                "{folder} must not depend on `{ours}`: the arrow points the other way"
            );
        }
    }
}

#[test]
fn what_is_pure_stays_pure() {
    let may: &[&str] = &[
        "base64",
        "csv",
        "domain",
        "form_urlencoded",
        "hex",
        "hmac",
        "http",
        "jiff",
        "maud",
        "rust_decimal",
        "serde",
        "serde_json",
        "sha2",
        "subtle",
        "thiserror",
        "toml",
    ];
    for folder in ["shared/domain", "shared/providers", "shared/pages"] {
        for name in dependencies(folder) {
            assert!(
                may.contains(&name.as_str()),
                "`{name}` is not for {folder}: a decision needs no engine, no socket and no clock"
            );
        }
    }
}

#[test]
fn only_one_crate_names_aws_and_only_one_the_engine() {
    for folder in [
        "shared/domain",
        "shared/providers",
        "shared/pages",
        "shared/app",
        "shared",
        "infra/local",
        "functions/intake",
        "functions/classify",
        "functions/dunning",
        "functions/approval",
        "functions/report",
    ] {
        for name in dependencies(folder) {
            assert!(
                !name.starts_with("aws-") && !name.starts_with("aws_") && !name.starts_with("lambda_"),
                "{folder} depends on `{name}`; only shared/aws may"
            );
            assert!(
                folder == "infra/local" || !(name.contains("dynoxide") || name.contains("rusqlite")),
                "{folder} depends on `{name}`; only infra/local may"
            );
        }
    }
}

#[test]
fn files_open_with_what_they_are_and_stay_readable() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    assert!(files.len() > 60);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        assert!(text.starts_with("//!") || name.ends_with("approval/tests.rs"), "{name} does not open with a sentence");
        assert!(!name.ends_with("mod.rs"), "{name}: a module's file has its name");
        for word in ["utils", "helper", "common"] {
            assert!(!name.ends_with(&format!("{word}.rs")), "{name}: a thing has a name or has no file");
        }
        for unfinished in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("#[ig", "nore")] {
            assert!(!text.contains(unfinished), "{name} says `{unfinished}`");
        }
    }
}

#[test]
fn every_cell_of_the_grid_exists() {
    for word in ["intake", "classify", "dunning", "approval", "report"] {
        for file in [format!("functions/{word}/src/main.rs"), format!("shared/app/src/{word}.rs")] {
            assert!(root().join(&file).is_file(), "{file} is missing");
        }
    }
    for file in ["event", "classify", "dunning", "approval", "report"] {
        assert!(
            root().join(format!("shared/domain/src/{file}.rs")).is_file(),
            "shared/domain/src/{file}.rs is missing"
        );
    }
}

#[test]
fn released_policies_are_never_edited() {
    let lock: BTreeMap<String, String> = read("shared/policy/policy.lock")
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, file)| (file.to_owned(), hash.to_owned()))
        .collect();
    for (file, text) in SHIPPED {
        let hash = sha256(text.as_bytes());
        assert_eq!(
            lock.get(*file),
            Some(&hash),
            "{file} is not what policy.lock says. A released version is never edited: write the next one, then add the line\n{hash}  {file}"
        );
    }
    assert_eq!(lock.len(), SHIPPED.len(), "policy.lock names files that are not shipped");
}

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

#[test]
fn the_template_has_the_five_words() {
    let names: BTreeSet<_> =
        resources(&template(), "AWS::Serverless::Function").into_iter().map(|(name, _)| name).collect();
    let expected: BTreeSet<_> =
        ["Intake", "Classify", "Dunning", "Approval", "Report"].iter().map(|word| format!("{word}Function")).collect();
    assert_eq!(names, expected);
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
            // A folder of the archive ends in a star, and the words that accounts are found by; nothing else may.
            let folder =
                scalar == "FIND#*" || scalar.starts_with("${ArchiveBucket.Arn}/") && scalar.matches('*').count() == 1;
            assert!(!scalar.contains('*') || folder, "{name} allows `{scalar}`");
        }
    }
    assert!(statements > 20);
    // Who reads cannot write, and who cannot refund has no key to it.
    let of = |name: &str| scalars(&template["Resources"][name]["Properties"]);
    assert!(
        !of("ReportFunction")
            .iter()
            .any(|scalar| scalar.contains("PutItem") || scalar.contains("UpdateItem") || scalar == "EffectKeys")
    );
    for name in ["IntakeFunction", "ClassifyFunction", "DunningFunction", "ReportFunction"] {
        assert!(!of(name).contains(&"EffectKeys".to_owned()), "{name} can read refund-capable keys");
    }
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
        "POST /accounts/search",
        "POST /api/decisions/{id}/replay",
        "POST /api/playbooks/{name}",
        "ANY /webhooks/{proxy+}",
        "POST /{proxy+}",
        "$default",
    ] {
        assert!(keys.contains(&key.to_owned()), "the template has no route `{key}`");
    }
    for route in ROUTES {
        let by_gateway = match (route.method.as_str(), route.pattern) {
            (_, pattern) if pattern.starts_with("/webhooks/") => Function::Intake,
            ("POST", pattern) if keys.contains(&format!("POST {pattern}")) => Function::Report,
            ("POST", _) => Function::Approval,
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
    assert_eq!(indexes, [("wakes", "KEYS_ONLY"), ("lists", "ALL")]);
}

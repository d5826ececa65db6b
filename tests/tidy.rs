//! The repository's own rules, asked by `cargo test --workspace` like everything else.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "tidy/documents.rs"]
mod documents;
#[path = "tidy/planted.rs"]
mod planted;
#[path = "tidy/purity.rs"]
mod purity;
#[path = "tidy/rooms.rs"]
mod rooms;
#[path = "tidy/rust.rs"]
mod rust;
#[path = "tidy/template.rs"]
mod template;
#[path = "tidy/weights.rs"]
mod weights;

use domain::id::sha256;
use domain::policies::SHIPPED;
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

/// Everything of ours in a folder, the folders too: what was built or fetched is not ours.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut own: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    own.retain(|path| ![".git", ".recoup", "node_modules", "target"].iter().any(|name| path.ends_with(name)));
    own.sort();
    let below: Vec<_> = own.iter().filter(|path| path.is_dir()).flat_map(|folder| entries(folder)).collect();
    own.into_iter().chain(below).collect()
}

/// The files of Rust in a folder, each by its path from there.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let files = entries(folder).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.map(|path| (name(&path, folder), std::fs::read_to_string(&path).unwrap())).collect()
}

fn name(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap().display().to_string()
}

/// The files of a crate that are not tests: path below `src`, and text.
fn product(folder: &str) -> Vec<(String, String)> {
    let files = sources(&root().join(folder).join("src"));
    let is_test = |file: &str| file == "tests.rs" || file.ends_with("/tests.rs") || file.contains("/tests/");
    files.into_iter().filter(|(file, _)| !is_test(file)).collect()
}

const OURS: &[&str] = &[
    "app",
    "aws",
    "documents",
    "domain",
    "local",
    "network",
    "pages",
    "phone",
    "press",
    "printing",
    "providers",
    "shared",
    "tables",
];

#[test]
fn dependencies_point_left() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("shared/domain", [].as_slice()),
        ("shared/documents", &["domain"]),
        ("shared/documents/printing", &["documents", "domain"]),
        ("shared/providers", &["domain"]),
        ("shared/pages", &["domain"]),
        ("shared/app", &["documents", "domain", "providers", "pages"]),
        ("shared/aws/network", &["app", "providers"]),
        ("shared/aws/phone", &["app"]),
        ("shared/aws/tables", &["app"]),
        ("shared/aws", &["app", "domain", "network", "phone", "providers", "tables"]),
        ("shared", &["app", "aws"]),
        ("functions/intake", &["shared"]),
        ("functions/classify", &["shared"]),
        ("functions/dunning", &["shared"]),
        ("functions/approval", &["shared"]),
        ("functions/report", &["domain", "printing", "shared"]),
        ("infra/local", &["app", "domain", "network", "pages", "providers", "tables"]),
        ("infra/press", &["domain", "printing"]),
        ("tests", &["app", "domain", "local", "network", "pages", "printing", "providers", "tables"]),
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

/// What sets pages is half of all that is built: `cargo run` waits for none of it, and one function carries it.
#[test]
fn what_sets_pages_is_carried_by_what_prints_and_by_nobody_else() {
    let manifest = |path: &str| read(path).parse::<toml::Table>().unwrap();
    let workspace = manifest("Cargo.toml");
    let members = workspace["workspace"]["members"].as_array().unwrap().iter().map(|member| member.as_str().unwrap());
    let own = |folder: &str| manifest(&format!("{folder}/Cargo.toml"))["package"]["name"].as_str().unwrap().to_owned();
    let uses: BTreeMap<_, _> = members.map(|folder| (own(folder), dependencies(folder))).collect();
    let mut carry = BTreeSet::from(["typst".to_owned()]);
    loop {
        let known = carry.len();
        let more = uses.iter().filter(|(_, used)| !used.is_disjoint(&carry)).map(|(name, _)| name.clone());
        let more: Vec<_> = more.collect();
        carry.extend(more);
        if carry.len() == known {
            break;
        }
    }
    assert_eq!(carry.into_iter().collect::<Vec<_>>(), ["press", "printing", "report", "tests", "typst"]);
    let started = workspace["workspace"]["default-members"].as_array().unwrap();
    assert_eq!(started.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>(), ["infra/local"]);
}

#[test]
fn what_is_pure_stays_pure() {
    let may: &[&str] = &[
        "base64",
        "csv",
        "documents",
        "domain",
        "en16931",
        "en16931-formats",
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
        "timing",
        "toml",
        "typst",
        "typst-layout",
        "typst-pdf",
        "wording",
    ];
    for folder in [
        "shared/documents",
        "shared/documents/printing",
        "shared/domain",
        "shared/domain/timing",
        "shared/domain/wording",
        "shared/providers",
        "shared/pages",
    ] {
        for name in dependencies(folder) {
            assert!(
                may.contains(&name.as_str()),
                "`{name}` is not for {folder}: a decision needs no engine, no socket and no clock"
            );
        }
    }
}

#[test]
fn only_the_crates_of_shared_aws_name_aws_and_only_one_the_engine() {
    for folder in [
        "shared/domain",
        "shared/providers",
        "shared/pages",
        "shared/app",
        "shared",
        "infra/local",
        "tests",
        "functions/intake",
        "functions/classify",
        "functions/dunning",
        "functions/approval",
        "functions/report",
    ] {
        for name in dependencies(folder) {
            assert!(
                !name.starts_with("aws-") && !name.starts_with("aws_") && !name.starts_with("lambda_"),
                "{folder} depends on `{name}`; only the crates of shared/aws may"
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
    let files = sources(&root());
    for folder in ["functions/", "fuzz/", "infra/", "shared/", "tests/"] {
        assert!(files.iter().any(|(name, _)| name.starts_with(folder)), "no file of {folder} was read");
    }
    for (name, text) in files {
        assert!(text.starts_with("//!") || name.ends_with("approval/tests.rs"), "{name} does not open with a sentence");
        assert!(!name.ends_with("mod.rs"), "{name}: a module's file has its name");
        for unfinished in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("#[ig", "nore")] {
            assert!(!text.contains(unfinished), "{name} says `{unfinished}`");
        }
    }
}

#[test]
fn nothing_is_a_drawer() {
    for path in entries(&root()) {
        let stem = path.file_name().unwrap().to_string_lossy().to_lowercase();
        let last = stem.split('.').next().unwrap().rsplit(['_', '-']).next().unwrap().to_owned();
        assert!(
            !["common", "helper", "helpers", "misc", "util", "utils"].contains(&last.as_str()),
            "{}: a thing has a name or has no file; put each where it is used",
            name(&path, &root())
        );
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

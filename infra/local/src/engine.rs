//! The embedded DynamoDB engine, with the tables of the deployed template.

use dynoxide::{Database, DynoxideError};
use saphyr::{LoadableYamlNode, YamlOwned};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use tables::{Dynamo, TableNames, embedded};

/// The deployed template: what a table is, is said there and nowhere else.
pub const TEMPLATE: &str = include_str!("../../template.yaml");

/// Why the engine cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("the data file {0} cannot be opened: {1}")]
    Open(String, DynoxideError),
    #[error("the table {0} cannot be made: {1}")]
    Table(String, DynoxideError),
}

/// Opens the engine on a file, or in memory, makes what tables are missing, and returns the store on it.
pub fn open(file: Option<&Path>) -> Result<Dynamo, EngineError> {
    let database = match file {
        Some(file) => Database::new(&file.to_string_lossy())
            .map_err(|error| EngineError::Open(file.display().to_string(), error))?,
        None => Database::memory().map_err(|error| EngineError::Open("in memory".to_owned(), error))?,
    };
    for table in tables() {
        let name = table["TableName"].as_str().unwrap_or_default().to_owned();
        let exists =
            database.get_table_metadata(&name).map_err(|error| EngineError::Table(name.clone(), error))?.is_some();
        if !exists {
            call(&table.to_string().into_bytes(), |request| database.create_table(request))
                .map_err(|error| EngineError::Table(name, error))?;
        }
    }
    let engine = move |operation: &str, body: &[u8]| answer(&database, operation, body);
    let names = TableNames(["Accounts", "Facts", "Config"].map(str::to_owned));
    Ok(Dynamo::new(embedded(Arc::new(engine)), names))
}

/// The `CreateTable` requests for the tables of the template.
pub fn tables() -> Vec<Value> {
    let template = YamlOwned::load_from_str(TEMPLATE).expect("the template is tested to be YAML");
    ["Accounts", "Facts", "Config"]
        .iter()
        .map(|name| {
            let properties = &template[0]["Resources"][format!("{name}Table").as_str()]["Properties"];
            let mut request = json!({"TableName": name, "BillingMode": "PAY_PER_REQUEST"});
            for part in ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes"] {
                if let Some(node) = properties.as_mapping_get(part) {
                    request[part] = plain(node);
                }
            }
            request
        })
        .collect()
}

fn plain(node: &YamlOwned) -> Value {
    if let Some(list) = node.as_vec() {
        return list.iter().map(plain).collect();
    }
    if let Some(mapping) = node.as_mapping() {
        return mapping
            .iter()
            .map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), plain(value)))
            .collect();
    }
    Value::String(node.as_str().unwrap_or_default().to_owned())
}

fn answer(database: &Database, operation: &str, body: &[u8]) -> (u16, String) {
    let result = match operation {
        "BatchGetItem" => call(body, |request| database.batch_get_item(request)),
        "Query" => call(body, |request| database.query(request)),
        "UpdateItem" => call(body, |request| database.update_item(request)),
        "TransactWriteItems" => call(body, |request| database.transact_write_items(request)),
        other => Err(DynoxideError::ValidationException(format!("the store does not use {other}"))),
    };
    match result {
        Ok(json) => (200, json),
        Err(error) => (error.status_code(), error.to_json()),
    }
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    run: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<String> {
    let request =
        serde_json::from_slice(body).map_err(|error| DynoxideError::ValidationException(error.to_string()))?;
    let answer = run(request)?;
    serde_json::to_string(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

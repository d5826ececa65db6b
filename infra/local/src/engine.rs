//! The embedded DynamoDB engine, with the tables of the deployed template.

use dynoxide::{Database, DynoxideError};
use saphyr::{LoadableYamlNode, YamlOwned};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
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
    #[error("the data file {0} cannot be written to the disk: {1}")]
    Disk(String, std::io::Error),
}

/// Opens the engine on a file, or in memory, makes what tables are missing, and returns the store on it.
pub fn open(file: Option<&Path>) -> Result<Dynamo, EngineError> {
    Ok(Tables::open(file)?.store())
}

/// The engine on its data file, for whoever writes very much at once.
#[derive(Clone)]
pub struct Tables {
    database: Arc<RwLock<Database>>,
    /// In memory if there is none.
    file: Option<PathBuf>,
}

impl Tables {
    /// Opens the engine, and makes what tables are missing.
    pub fn open(file: Option<&Path>) -> Result<Self, EngineError> {
        let database = match file {
            Some(file) => on(file)?,
            None => memory()?,
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
        Ok(Self { database: Arc::new(RwLock::new(database)), file: file.map(Path::to_owned) })
    }

    /// The store on it.
    pub fn store(&self) -> Dynamo {
        let database = self.database.clone();
        let engine = move |operation: &str, body: &[u8]| {
            let database = database.read().unwrap_or_else(PoisonError::into_inner);
            answer(&database, operation, body)
        };
        let names = TableNames(["Accounts", "Facts", "Config"].map(str::to_owned));
        Dynamo::new(embedded(Arc::new(engine)), names)
    }

    /// Waits for nothing, while what is written could be made again.
    pub fn hurried(&self) -> Result<(), EngineError> {
        let Some(file) = &self.file else { return Ok(()) };
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        database.enable_bulk_loading().map_err(|error| EngineError::Open(file.display().to_string(), error))
    }

    /// Waits for the disk again, for what was written meanwhile to begin with. The file is opened anew: what the engine
    /// has for the end of its hurry waits less than it did before.
    pub fn careful(&self) -> Result<(), EngineError> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        // The last to close the file writes into it what stands beside it.
        *database = memory()?;
        let sync = File::options().write(true).open(file).and_then(|file| file.sync_all());
        sync.map_err(|error| EngineError::Disk(file.display().to_string(), error))?;
        *database = on(file)?;
        Ok(())
    }
}

fn on(file: &Path) -> Result<Database, EngineError> {
    Database::new(&file.to_string_lossy()).map_err(|error| EngineError::Open(file.display().to_string(), error))
}

fn memory() -> Result<Database, EngineError> {
    Database::memory().map_err(|error| EngineError::Open("in memory".to_owned(), error))
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

#[cfg(test)]
mod tests {
    use super::*;
    use app::ports::{Expect, Item, Key, Store, Table, Write};

    fn item(sk: &str) -> Item {
        let key = Key { table: Table::Accounts, pk: "ACCOUNT#a".to_owned(), sk: sk.to_owned() };
        Item { key, rev: 1, version: 1, body: "{}".to_owned(), wake: None, list: None }
    }

    #[test]
    fn what_is_written_in_a_hurry_is_there_and_what_follows_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tables.sqlite");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for file in [Some(file.as_path()), None] {
            let tables = Tables::open(file).unwrap();
            let store = tables.store();
            let put = |sk: &str| {
                let write = Write::Put { item: item(sk), expect: Expect::Absent };
                runtime.block_on(store.commit(vec![write])).unwrap();
            };
            put("A");
            tables.hurried().unwrap();
            put("B");
            tables.careful().unwrap();
            put("C");
            let all = ["A", "B", "C"].map(item);
            let keys = all.each_ref().map(|item| item.key.clone());
            let there = |store: &Dynamo| runtime.block_on(store.read(&keys)).unwrap();
            assert_eq!(there(&store), all.clone().map(Some), "{file:?}");
            if let Some(file) = file {
                assert_eq!(there(&open(Some(file)).unwrap()), all.map(Some), "and for whoever comes later");
            }
        }
    }
}

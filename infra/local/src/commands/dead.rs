//! Dead letters: what could not be worked, why, and working it again.

use super::ask::{ask, get};
use super::{Failed, Shared};
use http::Method;
use serde_json::{Value, json};

pub(super) async fn list(shared: &Shared) -> Result<(), Failed> {
    let queues = get(shared, "/local/queues").await?;
    let mut count = 0;
    for queue in queues["items"].as_array().into_iter().flatten() {
        let name = queue["name"].as_str().unwrap_or_default();
        let dead = get(shared, &format!("/local/queues/{name}/dead")).await?;
        for letter in dead["items"].as_array().into_iter().flatten() {
            count += 1;
            println!("{name} {}: {}", letter["id"], letter["reason"].as_str().unwrap_or_default());
        }
    }
    println!("{count} dead letters");
    Ok(())
}

pub(super) async fn show(shared: &Shared, queue: &str, id: i64) -> Result<(), Failed> {
    let dead = get(shared, &format!("/local/queues/{queue}/dead")).await?;
    let letter = dead["items"].as_array().into_iter().flatten().find(|letter| letter["id"] == id);
    let letter = letter.ok_or_else(|| format!("the queue {queue} has no dead letter {id}; see `recoup dead list`"))?;
    println!("{}", serde_json::to_string_pretty(letter).map_err(|error| error.to_string())?);
    Ok(())
}

pub(super) async fn redrive(shared: &Shared, queue: &str) -> Result<(), Failed> {
    let body = ask(shared, Method::POST, &format!("/local/queues/{queue}/redrive"), &json!({})).await?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    println!("{} messages are worked again", answer["redriven"]);
    Ok(())
}

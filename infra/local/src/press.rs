//! Prints pages by a program of its own, `recoup-press`, that stands beside this one: so nobody builds what sets pages
//! who prints none, and what a page does there stops nothing here.

use app::ports::{Press, Unprinted};
use async_trait::async_trait;
use domain::document::TaxDocument;
use domain::policy::PressLimits;
use serde::Serialize;
use std::env::{self, consts};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, Command};
use tokio::sync::Semaphore;

/// What is asked of the program, as JSON on its standard input.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Request<'a> {
    Document(&'a TaxDocument),
}

pub struct Beside {
    /// None where the system does not say where this one stands.
    program: Option<PathBuf>,
    limits: PressLimits,
    patience: Duration,
    turns: Semaphore,
}

impl Beside {
    /// Beside the program that runs. Whether it is there is looked at each time: it may be built meanwhile.
    pub fn own(limits: PressLimits) -> Self {
        let own = env::current_exe().ok();
        Self::found(own.as_deref().and_then(Path::parent), limits)
    }

    /// In a folder.
    pub fn within(folder: &Path, limits: PressLimits) -> Self {
        Self::found(Some(folder), limits)
    }

    fn found(folder: Option<&Path>, limits: PressLimits) -> Self {
        let program = format!("recoup-press{}", consts::EXE_SUFFIX);
        Self {
            program: folder.map(|folder| folder.join(program)),
            limits,
            patience: Duration::from_secs(limits.secs.unsigned_abs()),
            turns: Semaphore::new(limits.at_once_max),
        }
    }

    async fn print(&self, request: &[u8]) -> Result<Vec<u8>, Unprinted> {
        let program = self.program.as_deref().ok_or(Unprinted::Missing)?;
        let _turn = self.turns.acquire().await.map_err(failed)?;
        // It is given no secrets. Whoever gives it up lets go of it, and that ends it.
        let mut child = Command::new(program)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => Unprinted::Missing,
                _ => Unprinted::Failed(format!("`{}` cannot be started: {error}", program.display())),
            })?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let ((), page, words, ended) = tokio::join!(
            tell(stdin, request),
            // One more than may be: so it is seen that there is too much.
            read(stdout, self.limits.page_bytes_max.saturating_add(1)),
            read(stderr, self.limits.reason_bytes_max),
            child.wait(),
        );
        let page = page.map_err(failed)?;
        if page.len() > self.limits.page_bytes_max {
            return Err(Unprinted::too_large(&self.limits));
        }
        let ended = ended.map_err(failed)?;
        if ended.success() { Ok(page) } else { Err(Unprinted::Failed(reason(&words.map_err(failed)?, ended))) }
    }
}

#[async_trait]
impl Press for Beside {
    async fn pdf(&self, document: &TaxDocument) -> Result<Vec<u8>, Unprinted> {
        let request = serde_json::to_vec(&Request::Document(document)).map_err(failed)?;
        let printed = tokio::time::timeout(self.patience, self.print(&request)).await;
        printed.unwrap_or_else(|_| Err(Unprinted::late(&self.limits)))
    }
}

fn failed(error: impl ToString) -> Unprinted {
    Unprinted::Failed(error.to_string())
}

async fn tell(stdin: Option<ChildStdin>, request: &[u8]) {
    if let Some(mut stdin) = stdin {
        // Who refuses a request need not have read it: how the program ends says what became of it.
        let _ = stdin.write_all(request).await;
    }
}

async fn read(from: Option<impl AsyncRead + Unpin>, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    if let Some(from) = from {
        from.take(u64::try_from(bytes_max).unwrap_or(u64::MAX)).read_to_end(&mut all).await?;
    }
    Ok(all)
}

/// The first line of what it said, if it said anything.
fn reason(words: &[u8], ended: ExitStatus) -> String {
    let words = String::from_utf8_lossy(words);
    let first = words.lines().map(str::trim).find(|line| !line.is_empty());
    first.map_or_else(|| format!("what prints ended by itself, with {ended}"), str::to_owned)
}

#[cfg(test)]
mod tests;

//! The service's clock: the machine's with an offset, or one that moves only when told.

use crate::disk::Disk;
use app::ports::Clock;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use std::sync::Mutex;
use std::time::Duration;

#[derive(Debug, Clone, Copy)]
enum State {
    Offset(SignedDuration),
    Frozen(Timestamp),
}

pub struct LocalClock {
    state: Mutex<State>,
    disk: Disk,
}

const SETTING: &str = "clock";

impl LocalClock {
    /// Goes on where the data folder's clock stood, or begins at `start`.
    pub fn open(disk: Disk, start: Option<Timestamp>) -> rusqlite::Result<Self> {
        let stored = disk.setting(SETTING)?;
        let state = match (start, stored.as_deref().and_then(parse)) {
            (Some(start), Some(State::Frozen(stood))) => State::Frozen(start.max(stood)),
            (Some(start), _) => State::Frozen(start),
            (None, Some(State::Offset(offset))) => State::Offset(offset),
            (None, Some(State::Frozen(stood))) => State::Frozen(stood),
            (None, None) => State::Offset(SignedDuration::ZERO),
        };
        Ok(Self { state: Mutex::new(state), disk })
    }

    /// Moves to a time that is not behind us, and remembers it.
    pub fn advance(&self, to: Timestamp) -> rusqlite::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *state = match *state {
            State::Frozen(now) => State::Frozen(now.max(to)),
            State::Offset(offset) => State::Offset(offset.max(to.duration_since(machine()))),
        };
        self.disk.set(SETTING, &text(*state))
    }

    /// Stands still at a time, for loading history.
    pub fn freeze(&self, at: Timestamp) {
        *self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = State::Frozen(at);
    }

    /// Runs with the machine from here on.
    pub fn run(&self) {
        *self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = State::Offset(SignedDuration::ZERO);
    }
}

fn text(state: State) -> String {
    match state {
        State::Offset(offset) => format!("offset {}", offset.as_secs()),
        State::Frozen(at) => format!("frozen {at}"),
    }
}

fn parse(text: &str) -> Option<State> {
    match text.split_once(' ')? {
        ("offset", seconds) => Some(State::Offset(SignedDuration::from_secs(seconds.parse().ok()?))),
        ("frozen", at) => Some(State::Frozen(at.parse().ok()?)),
        _ => None,
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
pub fn machine() -> Timestamp {
    Timestamp::now()
}

#[async_trait]
impl Clock for LocalClock {
    fn now(&self) -> Timestamp {
        match *self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner) {
            State::Frozen(at) => at,
            State::Offset(offset) => machine() + offset,
        }
    }

    fn machine(&self) -> Timestamp {
        machine()
    }

    fn witnesses(&self) -> Vec<Timestamp> {
        let frozen = matches!(*self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner), State::Frozen(_));
        if frozen { vec![self.now()] } else { vec![self.now(), machine()] }
    }

    async fn pause(&self, attempt: u32) {
        tokio::time::sleep(Duration::from_millis(u64::from(attempt) * 3)).await;
    }
}

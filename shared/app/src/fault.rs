//! Two faults, named for what the queue does next.

/// Why a message is not done. A refusal is no fault: it is an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The same message may succeed later.
    #[error("{0}")]
    Retry(String),
    /// It never will: a person has to look at it.
    #[error("{0}")]
    Park(String),
}

impl Fault {
    pub fn retry(what: impl std::fmt::Display) -> Self {
        Self::Retry(what.to_string())
    }

    pub fn park(what: impl std::fmt::Display) -> Self {
        Self::Park(what.to_string())
    }
}

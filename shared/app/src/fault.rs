//! Two faults, named for what the queue does next.

use domain::action::Impossible;
use std::panic::AssertUnwindSafe;

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

impl From<Impossible> for Fault {
    fn from(impossible: Impossible) -> Self {
        Self::park(impossible)
    }
}

/// Runs a handler so that its panic, which is a bug of ours, costs one message and not its neighbours.
pub async fn guarded<D>(work: impl Future<Output = Result<D, Fault>>) -> Result<D, Fault> {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        std::panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))).unwrap_or_else(|_| {
            std::task::Poll::Ready(Err(Fault::Park("a handler panicked; this is a bug of Recoup".to_owned())))
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_parked_message() {
        let mut guarded = std::pin::pin!(guarded(async { if true { panic!("boom") } else { Ok(()) } }));
        let polled = guarded.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        assert!(matches!(polled, std::task::Poll::Ready(Err(Fault::Park(_)))));
    }
}

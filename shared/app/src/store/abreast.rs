//! Reads that do not need each other's answers are asked for side by side.

use crate::fault::Fault;
use futures_util::stream::{self, StreamExt, TryStreamExt};

/// How many are asked at once: each that has no connection yet opens one, and who asks for hundreds is told to wait.
const AT_ONCE: usize = 8;

/// Waits for several answers, a few at once, and gives them in the order in which they were asked for. The first that
/// cannot be had ends it.
pub async fn side_by_side<T, F>(asked: Vec<F>) -> Result<Vec<T>, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    stream::iter(asked).buffered(AT_ONCE).try_collect().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::task::{Context, Poll, Waker};

    /// Answers the second time that it is looked at.
    async fn late(number: usize, asked: &Cell<usize>) -> Result<usize, Fault> {
        let mut is_asked = false;
        poll_fn(|context| {
            if std::mem::replace(&mut is_asked, true) {
                return Poll::Ready(());
            }
            asked.set(asked.get() + 1);
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        Ok(number)
    }

    #[test]
    fn answers_come_in_the_order_in_which_they_were_asked_for_and_few_are_asked_at_once() {
        let asked = Cell::new(0);
        let all = (0..20).map(|number| late(number, &asked)).collect();
        let mut answers = Box::pin(side_by_side(all));
        let mut context = Context::from_waker(Waker::noop());
        assert!(answers.as_mut().poll(&mut context).is_pending());
        assert!((1..=AT_ONCE).contains(&asked.get()), "{}", asked.get());
        let answers = loop {
            if let Poll::Ready(answers) = answers.as_mut().poll(&mut context) {
                break answers;
            }
        };
        assert_eq!(answers.unwrap(), (0..20).collect::<Vec<_>>());
        assert_eq!(asked.get(), 20);
    }

    #[test]
    fn what_cannot_be_had_ends_it() {
        let mut context = Context::from_waker(Waker::noop());
        let all = vec![std::future::ready(Ok(1)), std::future::ready(Err(Fault::Retry("later".to_owned())))];
        let answers = Box::pin(side_by_side(all)).as_mut().poll(&mut context);
        assert_eq!(answers, Poll::Ready(Err(Fault::Retry("later".to_owned()))));
    }
}

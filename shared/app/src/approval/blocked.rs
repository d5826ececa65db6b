//! Writes down what was tried and must not be: it is counted, and nothing else happens.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, Attempted, Batch, Commit, Counted, Stored};
use crate::web::Problem;
use domain::id::{AccountId, digest};
use domain::report::fact::{Fact, Facts, rows};

/// Refusals of actions that would have moved money past the rules.
const UNSAFE: [&str; 6] = ["not_permitted", "own_request", "not_eligible", "disputed", "too_much", "not_approved"];

/// Somebody's attempt at something.
#[derive(Debug, Clone, Copy)]
pub struct Tried<'a> {
    pub account: &'a AccountId,
    pub kind: &'a str,
    /// The action, or the request that would have made one: the same attempt is counted once.
    pub at: &'a str,
    pub by: &'a str,
}

impl Tried<'_> {
    /// Counts a refused attempt, if it is one of those; the refusal is answered when it has been counted.
    pub async fn refused(self, context: &Context, problem: Problem) -> Result<Problem, Fault> {
        if UNSAFE.contains(&problem.code) {
            self.note(context, problem.code).await?;
        }
        Ok(problem)
    }

    pub async fn note(self, context: &Context, why: &str) -> Result<(), Fault> {
        let attempt = digest(&[self.account.as_str(), self.at, self.by, why], 20);
        let (at, text) = (context.clock.now(), |text: &str| text.to_owned());
        let counted = Counted { attempt: attempt.clone() };
        let fact =
            Fact::Blocked { attempt: attempt.clone(), at, why: text(why), kind: text(self.kind), by: text(self.by) };
        let rows = rows(&format!("blocked:{attempt}"), self.account, &Facts::new(), &Facts::from([(attempt, fact)]));
        tracing::warn!(why, kind = self.kind, by = self.by, account = %self.account, "an unsafe action was refused");
        store::retrying(context, || async {
            let batch = Batch::read(context, vec![counted.key()]).await?;
            if batch.get::<Counted>(&counted.key())?.is_some() {
                return Ok(Attempted::Done(()));
            }
            let mut commit = Commit::default();
            commit.create(&counted);
            rows.iter().cloned().for_each(|row| commit.note(row));
            store::attempted(commit.run(context).await, ())
        })
        .await
    }
}

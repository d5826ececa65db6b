//! An action, as what people are told of: to decide it, or how it ended.

use super::super::writing;
use super::round::Subject;
use crate::context::Context;
use crate::fault::Fault;
use crate::records;
use crate::store::{Batch, Commit};
use async_trait::async_trait;
use domain::action::{Action, Owed};
use domain::book::Head;
use domain::telling::Tellings;
use jiff::Timestamp;

/// An action as it was when there was this to tell, and what is owed of it.
pub struct Owing<'a> {
    pub action: &'a Action,
    pub owed: Owed,
}

#[async_trait]
impl Subject for Owing<'_> {
    type Standing = Action;
    type Read = (Batch, Head);

    fn id(&self) -> String {
        self.action.id.to_string()
    }

    async fn read(&self, context: &Context) -> Result<Option<(Action, (Batch, Head))>, Fault> {
        let read = records::read(context, &self.action.id).await?;
        Ok(read.action.zip(read.head).map(|(action, head)| (action, (read.batch, head))))
    }

    fn write(&self, context: &Context, (batch, head): &(Batch, Head), before: &Action, after: &Action) -> Commit {
        let mut commit = Commit::default();
        writing::put(&mut commit, context, batch, head, Some(before), after);
        commit
    }

    fn tellings<'a>(&self, standing: &'a Action) -> &'a Tellings {
        standing.told.tellings()
    }

    fn tellings_mut<'a>(&self, standing: &'a mut Action) -> &'a mut Tellings {
        standing.told.tellings_mut()
    }

    fn is_current(&self, standing: &Action) -> bool {
        standing.told.round() == self.action.told.round()
    }

    fn is_owed(&self, standing: &Action) -> bool {
        standing.owes() == Some(self.owed)
    }

    fn stands(&self, standing: &mut Action, place: &str) {
        // Only what asks has buttons.
        if self.owed == Owed::Asking {
            standing.told.stands(place);
        }
    }

    fn rings_at(&self, standing: &mut Action, at: Timestamp) {
        standing.rings_at(at);
    }

    fn rests(&self, standing: &mut Action, until: Option<Timestamp>) {
        if self.owed == Owed::Word {
            standing.told.follow();
        }
        standing.rests(self.owed, until);
    }
}

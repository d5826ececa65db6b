//! An action, as what people are told of: to decide it, or how it ended.

use super::super::writing;
use super::round::Topic;
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
impl Topic for Owing<'_> {
    type Item = Action;
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

    fn tellings<'a>(&self, item: &'a Action) -> &'a Tellings {
        item.told.tellings()
    }

    fn tellings_mut<'a>(&self, item: &'a mut Action) -> &'a mut Tellings {
        item.told.tellings_mut()
    }

    fn is_current(&self, item: &Action) -> bool {
        item.told.round() == self.action.told.round()
    }

    fn alarm(&self, item: &Action) -> Option<Timestamp> {
        item.alarm()
    }

    fn is_owed(&self, item: &Action) -> bool {
        item.owes() == Some(self.owed)
    }

    fn stands(&self, item: &mut Action, place: &str) {
        // Only what asks has buttons.
        if self.owed == Owed::Asking {
            item.told.stands(place);
        }
    }

    fn rings_at(&self, item: &mut Action, at: Timestamp) {
        item.rings_at(at);
    }

    fn rests(&self, item: &mut Action, until: Option<Timestamp>) {
        if self.owed == Owed::Word {
            item.told.follow();
        }
        item.rests(self.owed, until);
    }
}

//! The talk with a help desk about one answer: whether it is there, where that is not known, and then to put it there.

use super::send::{Begun, leaves};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::NoReply;
use domain::ticket::{Came, Outcome};
use http::Method;
use jiff::SignedDuration;
use providers::{Call, Comment, Desk, Looked, Reply, Step, Told};

/// For how many seconds somebody waits who found that another one is at it.
const ELSEWHERE_SECS: i64 = 60;

pub(super) async fn tell(context: &Context, desk: &Desk, begun: &Begun) -> Result<Came, Fault> {
    let comment = Comment {
        ticket: &begun.name.id,
        text: &begun.answer.text,
        mark: &begun.dispatch.mark(),
        ends: begun.dispatch.solves,
        waits: begun.answer.outcome == Outcome::Waiting,
        since: Some(begun.answer.at),
    };
    let mut replies = Vec::new();
    if begun.looks {
        match look(context, desk, begun, &comment, &mut replies).await {
            Looked::There => return Ok(Came::Taken),
            Looked::Refused(reason) => return Ok(Came::Unknown { reason, can_ask: false }),
            Looked::Unknown => return Ok(silent(desk)),
            Looked::NotThere => {}
        }
        let (now, limits) = (context.clock.now(), context.policies.limits.current());
        let settling = SignedDuration::from_secs(limits.settling_secs);
        if let Some(look_at) = begun.dispatch.may_come_until(settling, now) {
            return Ok(Came::NotYet { look_at });
        }
        if let Some(why) = begun.withheld {
            return Ok(Came::Refused { reason: why.to_owned() });
        }
        if !leaves(context, begun).await? {
            return Ok(Came::NotYet { look_at: now + SignedDuration::from_secs(ELSEWHERE_SECS) });
        }
        // What it showed first is what the answer goes by: it is refused, should the ticket have changed since.
        replies.truncate(1);
    }
    Ok(put(context, desk, begun, (&comment, replies)).await)
}

async fn look(
    context: &Context,
    desk: &Desk,
    begun: &Begun,
    comment: &Comment<'_>,
    replies: &mut Vec<Reply>,
) -> Looked {
    loop {
        let call = match (desk.look)(comment, replies) {
            Step::Ended(looked) => return looked,
            Step::Send(call) => call,
        };
        match ask(context, begun, &call).await {
            Ok((reply, _)) => replies.push(reply),
            Err(_) => return Looked::Unknown,
        }
    }
}

async fn put(
    context: &Context,
    desk: &Desk,
    begun: &Begun,
    (comment, mut replies): (&Comment<'_>, Vec<Reply>),
) -> Came {
    let busy = || format!("{} takes no answers right now", desk.title);
    let mut after_secs = None;
    loop {
        let call = match (desk.answer)(comment, &replies) {
            Step::Send(call) => call,
            Step::Ended(Told::Taken) => return Came::Taken,
            Step::Ended(Told::Refused(reason)) => return Came::Refused { reason },
            Step::Ended(Told::NotNow { certain }) => return Came::NotNow { reason: busy(), after_secs, certain },
            Step::Ended(Told::Unknown) => return silent(desk),
        };
        match ask(context, begun, &call).await {
            Ok((reply, asked)) => {
                after_secs = asked;
                replies.push(reply);
            }
            Err(NoReply::NoKey) => return Came::Refused { reason: NoReply::NoKey.to_string() },
            // A question changes nothing, however it ended.
            Err(NoReply::Unknown) if call.method != Method::GET => return silent(desk),
            Err(NoReply::NotSent | NoReply::Unknown) => {
                return Came::NotNow { reason: busy(), after_secs: None, certain: true };
            }
        }
    }
}

fn silent(desk: &Desk) -> Came {
    Came::Unknown { reason: format!("{} does not say whether it took the answer", desk.title), can_ask: true }
}

async fn ask(context: &Context, begun: &Begun, call: &Call) -> Result<(Reply, Option<i64>), NoReply> {
    context.http.call_and_rest(&begun.name.provider, &begun.name.source, call).await
}

//! The talk with a provider about one action: request after request, until it is known how it ended.

use super::{Work, lock};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::NoReply;
use domain::action::{Attempt, Ended, Outcome};
use domain::book::Head;
use domain::event::Seen;
use providers::{Act, Acting, Answer, Effect, Effects, Found, Look, Order, Reply};

/// How many requests one attempt may take.
const REQUESTS_MAX: usize = 8;

fn acting(head: &Head) -> Result<&'static Acting, Fault> {
    let api = providers::named(&head.provider).and_then(|provider| provider.api);
    api.map(|api| &api.acting)
        .ok_or_else(|| Fault::Park(format!("there is no billing provider called {}", head.provider)))
}

pub(super) fn effects(head: &Head) -> Result<Option<&'static Effects>, Fault> {
    Ok(match acting(head)? {
        Acting::Through(effects) => Some(effects),
        Acting::ByHand(_) => None,
    })
}

/// How an attempt ended, and what the provider showed with it.
type Heard = (Ended, Vec<Seen>);

fn by_hand(instead: &str) -> Heard {
    (Ended::NeedsPerson { instead: instead.to_owned(), absent: true }, Vec::new())
}

fn of(effect: Effect) -> (Outcome, Vec<Seen>) {
    let Effect { reference, status, made_at, link, seen } = effect;
    (Outcome::Done { reference, status, made_at, link }, seen)
}

fn webhook(context: &Context, head: &Head) -> Option<String> {
    context.settings.webhook(&head.provider, &head.source)
}

fn order<'a>(context: &Context, work: &'a Work, webhook: Option<&'a str>) -> Order<'a> {
    let action = work.action.inner();
    let now = context.clock.now();
    Order {
        action: &work.action,
        customer: &work.head.customer,
        records: &work.records,
        key: action.attempt().as_ref().map_or("", |attempt| &attempt.key),
        before: action.attempt().filter(|it| !it.did_nothing()).and_then(|attempt| attempt.before.as_deref()),
        webhook,
        since: action.attempt().as_ref().map_or(now, |attempt| attempt.key_since),
        now,
    }
}

/// Asks the provider what it has of an action.
pub(super) async fn look_up(context: &Context, work: &Work) -> Result<Heard, Fault> {
    let effects = match acting(&work.head)? {
        Acting::Through(effects) => effects,
        Acting::ByHand(instead) => return Ok(by_hand(instead)),
    };
    let webhook = webhook(context, &work.head);
    let order = order(context, work, webhook.as_deref());
    let attempts = work.action.inner().attempt().as_ref().map_or(0, |attempt| attempt.number);
    let calls_max = context.policies.limits.current().provider_calls_max;
    let mut replies: Vec<Reply> = Vec::new();
    let found = loop {
        match (effects.look)(&order, &replies) {
            Look::Found(found) => break found,
            Look::Ask(_) if replies.len() >= REQUESTS_MAX => break Found::Unknown,
            Look::Ask(call) => {
                let answer = context.http.call(&work.head.provider, &work.head.source, &call).await;
                // What may have been done before is in doubt as it was.
                let nothing_done = work.action.inner().attempt().is_none_or(Attempt::did_nothing);
                match (answer, nothing_done) {
                    (answer, true) if lock::says(&answer) => return Ok((lock::of(&work.head, &answer), Vec::new())),
                    (Ok(reply), _) => replies.push(reply),
                    (Err(_), _) => break Found::Unknown,
                }
            }
        }
    };
    let ended = match found {
        Found::Done(effect) => {
            let (outcome, seen) = of(effect);
            return Ok((Ended::Found(outcome), seen));
        }
        Found::Failed { code, message } => Ended::Refused { code, message },
        Found::NotThere { .. } if attempts >= calls_max && !work.action.inner().is_locked() => Ended::NeedsPerson {
            instead:
                "The provider does not have it, and sending it has failed too often: do it in the provider's dashboard."
                    .to_owned(),
            absent: true,
        },
        Found::NotThere { note } => Ended::NotThere { note },
        Found::Unclear { instead } => Ended::NeedsPerson { instead, absent: false },
        Found::Unknown => Ended::InDoubt { burned: false },
    };
    Ok((ended, Vec::new()))
}

/// Sends an action, request by request.
pub(super) async fn send(context: &Context, work: &Work) -> Result<Heard, Fault> {
    let effects = match acting(&work.head)? {
        Acting::Through(effects) => effects,
        Acting::ByHand(instead) => return Ok(by_hand(instead)),
    };
    let webhook = webhook(context, &work.head);
    let order = order(context, work, webhook.as_deref());
    let (mut replies, mut changed): (Vec<Reply>, bool) = (Vec::new(), false);
    let unheard = |ended| Ok((ended, Vec::new()));
    loop {
        let call = match (effects.act)(&order, &replies) {
            Act::Ended(answer) => return Ok(answered(answer, changed)),
            Act::Send(_) if replies.len() >= REQUESTS_MAX => return unheard(Ended::InDoubt { burned: true }),
            Act::Send(call) => call,
        };
        let changes = call.method != http::Method::GET;
        match context.http.call(&work.head.provider, &work.head.source, &call).await {
            answer if !changed && lock::says(&answer) => return unheard(lock::of(&work.head, &answer)),
            Ok(reply) => {
                changed |= changes && reply.status < 400;
                replies.push(reply);
            }
            // What only asks, or never left, has done nothing.
            Err(NoReply::NotSent) if !changed => return unheard(Ended::NotNow),
            Err(NoReply::Unknown) if !changed && !changes => return unheard(Ended::NotNow),
            Err(_) => return unheard(Ended::InDoubt { burned: false }),
        }
    }
}

/// What an answer means, once something was changed there or nothing was.
fn answered(answer: Answer, changed: bool) -> Heard {
    let ended = match answer {
        Answer::Done(effect) => {
            let (outcome, seen) = of(effect);
            return (Ended::Done(outcome), seen);
        }
        Answer::Refused { code, message } if changed => {
            let instead = format!(
                "It was begun at the provider and then refused ({code}: {message}): finish it there, or undo it."
            );
            Ended::NeedsPerson { instead, absent: false }
        }
        Answer::Refused { code, message } => Ended::Refused { code, message },
        Answer::NotNow if changed => Ended::InDoubt { burned: false },
        Answer::NotNow => Ended::NotNow,
        Answer::Unknown => Ended::InDoubt { burned: true },
        Answer::Unsupported { instead } => Ended::NeedsPerson { instead, absent: !changed },
    };
    (ended, Vec::new())
}

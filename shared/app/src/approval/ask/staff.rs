//! What people ask for, by a program or by a form of the console: understood here, once and alike.

use super::{Ask, What, make, may_ask, problem};
use crate::approval::blocked::Tried;
use crate::context::Context;
use crate::setup::sources;
use crate::store::{self, Idempotency, keys};
use crate::web::{Failed, ID_BYTES_MAX, Problem, header, misread, note_fits};
use bytes::Bytes;
use domain::action::{Action, KINDS, OWN, Reason, State, Wish};
use domain::book::Head;
use domain::id::{AccountId, ActionId, CaseId, sha256};
use domain::staff::Staff;
use http::Request;
use jiff::SignedDuration;
use serde::Deserialize;

const ADDONS_MAX: usize = 20;

/// A request as it was said; ids are as people write them.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// The same key is the same request; nothing, where none was sent that can be one.
    #[serde(skip)]
    pub key: Option<String>,
    /// Of all that was said: another digest under the same key is a mistake.
    #[serde(skip)]
    pub digest: String,
    pub account: String,
    #[serde(flatten)]
    pub wish: Wish,
    pub reason_code: Reason,
    #[serde(default)]
    pub note: String,
    pub case: Option<String>,
    #[serde(default)]
    pub preview_only: bool,
    /// Asks openly for what the refund policy does not give.
    #[serde(default)]
    pub exception: bool,
    /// Their own preview: asked for as of its moment, and refused if it would say something else by now.
    pub previewed: Option<String>,
}

impl Asked {
    /// Reads `POST /api/actions`.
    pub fn read(request: &Request<Bytes>) -> Result<Self, Problem> {
        let key = header(request.headers(), "idempotency-key").and_then(key);
        match misread::json::<Self>(request.body()) {
            Ok(asked) => Ok(Self { key, digest: sha256(request.body()), ..asked }),
            Err(_) if key.is_none() => Err(no_key()),
            Err(error) => Err(unreadable(error)),
        }
    }
}

/// Reads a key under which a repeat is recognised.
pub fn key(text: &str) -> Option<String> {
    ((1..=ID_BYTES_MAX).contains(&text.len()) && text.is_ascii()).then(|| text.to_owned())
}

/// What is answered where something is not of its type.
pub fn unreadable(error: impl std::fmt::Display) -> Problem {
    Problem::malformed(format!("the request cannot be read: {error}"))
}

fn no_key() -> Problem {
    Problem::malformed("send an `Idempotency-Key` header of 1 to 255 characters, so that a repeat is recognised")
}

/// Asks for an action. Whoever may not ask hears that before anything else, and before why `asked` could not be read.
pub async fn by_staff(context: &Context, asked: Result<Asked, Problem>, staff: &Staff) -> Result<Action, Problem> {
    if let Err(problem) = may_ask(staff) {
        return Err(match asked {
            Ok(asked) => counted(context, &asked, staff, problem).await?,
            Err(_) => problem,
        });
    }
    let asked = asked?;
    let kind = kind_of(&asked.wish);
    let ask = understood(context, asked, staff).await?;
    match store::unless_refused(context, || make(context, &ask)).await {
        Ok(action) => Ok(action),
        Err(Failed::Refused(problem)) if !ask.preview_only => {
            let account = ask.id.account();
            Err(Tried { account: &account, kind, at: ask.id.as_str(), by: &staff.id }.refused(context, problem).await?)
        }
        Err(failed) => Err(failed.into()),
    }
}

/// Counts what somebody asked for who may not ask, if it is about an account of ours.
async fn counted(context: &Context, asked: &Asked, staff: &Staff, problem: Problem) -> Result<Problem, Problem> {
    let Some(account) = AccountId::named(&asked.account) else { return Ok(problem) };
    if asked.preview_only || store::read::<Head>(context, &keys::head(&account)).await?.is_none() {
        return Ok(problem);
    }
    let tried = Tried { account: &account, kind: kind_of(&asked.wish), at: &asked.digest, by: &staff.id };
    Ok(tried.refused(context, problem).await?)
}

/// Holds what was said against what is there.
async fn understood<'a>(context: &Context, asked: Asked, staff: &'a Staff) -> Result<Ask<'a>, Problem> {
    let key = asked.key.ok_or_else(no_key)?;
    let members = asked.wish.members().map_err(|refusal| problem(&refusal))?;
    let too_long = |id: &String| id.len() > ID_BYTES_MAX;
    note_fits(&asked.note)?;
    if members.iter().flat_map(|member| member.params.ids()).any(too_long) {
        return Err(Problem::malformed(format!("an id has at most {ID_BYTES_MAX} characters")));
    }
    if members.iter().map(|member| member.params.addons.len()).sum::<usize>() > ADDONS_MAX {
        return Err(Problem::malformed(format!(
            "at most {ADDONS_MAX} add-ons change at once: ask for the others apart"
        )));
    }
    let account = AccountId::named(&asked.account).ok_or_else(|| Problem::not_found("account"))?;
    let head: Option<Head> = store::read(context, &keys::head(&account)).await?;
    let head = head.ok_or_else(|| Problem::not_found("account"))?;
    let leaves = !members.iter().all(|member| OWN.contains(&member.kind.as_str()));
    if leaves && sources::observes(context, &head).await? {
        let message = format!(
            "the source {}/{} only observes: nothing may leave; ask a manager to raise it",
            head.provider, head.source
        );
        return Err(Problem::conflict("source_observes", message));
    }
    let case = asked
        .case
        .as_deref()
        .map(|id| CaseId::parse(id).filter(|id| id.account() == account).ok_or_else(|| Problem::not_found("case")))
        .transpose()?;
    let id = ActionId::of(&account, &staff.id, &key);
    let (what, seen) = match &asked.previewed {
        Some(id) => {
            let previewed = previewed(context, id, &account, kind_of(&asked.wish), staff).await?;
            let seen = previewed.preview.seen(&previewed.required);
            (What::Kind(previewed.kind), Some(seen))
        }
        None => (What::Wish(asked.wish), None),
    };
    let idempotency = Idempotency { staff: staff.id.clone(), key, request: asked.digest, action: id.clone() };
    Ok(Ask {
        id,
        what,
        reason: asked.reason_code,
        note: asked.note,
        case,
        by: Some(staff),
        preview_only: asked.preview_only,
        exception: asked.exception,
        seen,
        idempotency: Some(idempotency),
        trace: None,
    })
}

/// What somebody looked at a moment ago, as it was settled then: changes in a period are counted to the second.
async fn previewed(
    context: &Context,
    id: &str,
    account: &AccountId,
    kind: &str,
    staff: &Staff,
) -> Result<Action, Problem> {
    let id = ActionId::parse(id).ok_or_else(|| Problem::not_found("action"))?;
    let found: Action = store::read(context, &keys::action(&id)).await?.ok_or_else(|| Problem::not_found("action"))?;
    let fresh = context.clock.now().duration_since(found.requested_at)
        <= SignedDuration::from_mins(context.policies.limits.current().preview_minutes);
    let own = found.account == *account && found.requested_by == staff.id && found.kind.name() == kind;
    if own && fresh && found.state() == State::Previewed {
        return Ok(found);
    }
    Err(Problem::conflict("stale_preview", "this preview is not yours, or too old; look at it again"))
}

fn kind_of(wish: &Wish) -> &'static str {
    KINDS.into_iter().chain(["bundle"]).find(|kind| *kind == wish.kind).unwrap_or("unknown")
}

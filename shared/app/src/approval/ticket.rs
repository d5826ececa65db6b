//! What people do with tickets: open one, give it to somebody, say what it is and whose, end it and open it
//! again, say that it is a repeat.

use crate::bulletin::{self, Words};
use crate::classify;
use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, Attempted, Batch, Correction, keys};
use crate::ticket::{Laid, follow_request};
use crate::web::{Failed, Problem, note_fits};
use domain::book::Head;
use domain::case::{Case, Class, State as CaseState};
use domain::id::{AccountId, digest};
use domain::staff::Staff;
use domain::telling::{About, Bulletin};
use domain::ticket::{Followed, NotUnmerged, NotVouched, State, Ticket, TicketName, about};
use jiff::Timestamp;
use providers::Reading;
use serde::Deserialize;
use serde_json::json;

/// The desk and the source that tickets come from that people open here.
const DESK: &str = "ticket";
const SOURCE: &str = "default";

/// A ticket that somebody writes down for a customer.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    #[serde(default)]
    pub subject: String,
    pub body: String,
    #[serde(default)]
    pub requester: Requester,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Requester {
    pub email: Option<String>,
    pub name: Option<String>,
}

/// What somebody says of a ticket: one thing at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// A staff id; nobody, if it is empty.
    Assign(String),
    Close {
        note: String,
        /// How often it was our turn when it was looked at: over what came in since it is not closed.
        turns: Option<u32>,
    },
    /// It has ended, and is not over.
    Reopen {
        note: String,
    },
    Class {
        class: Class,
        note: String,
    },
    /// The ticket that it is a repeat of, by the id of its address.
    Merge {
        into: String,
    },
    /// It is no repeat after all.
    Unmerge {
        note: String,
    },
    /// Whose it is, and how somebody knows.
    Account {
        account: AccountId,
        note: String,
    },
    /// That whoever wrote is no customer, and how somebody knows.
    Stranger {
        note: String,
    },
}

fn may(staff: &Staff) -> Result<(), Problem> {
    if staff.role.may_request() {
        return Ok(());
    }
    Err(Problem::not_permitted("your role only reads tickets; ask a colleague in support or billing"))
}

/// Opens a ticket as the company's own desk would tell of it: masked, folded and taken up by the same path. The same
/// twice under one key is one ticket.
pub async fn open(context: &Context, opened: &Opened, key: Option<&str>, staff: &Staff) -> Result<Ticket, Problem> {
    may(staff)?;
    if opened.body.trim().is_empty() {
        return Err(Problem::malformed("say in `body` what the customer wrote"));
    }
    let now = context.clock.now();
    let moment = now.to_string();
    let id = match key {
        Some(key) => under(key, staff),
        None => digest(&["at", &staff.id, &moment, &opened.subject, &opened.body], 20),
    };
    let Requester { email, name } = &opened.requester;
    let told = json!({"id": format!("opened_{id}"), "type": "ticket.created", "created_at": now, "ticket": {
        "id": format!("own_{id}"), "subject": opened.subject, "body": opened.body, "status": "open", "csat": null,
        "requester": {"email": email, "name": name}}});
    let desk = providers::named(DESK).expect("the company's own desk is among the providers");
    let masked = (desk.mask)(told.to_string().as_bytes()).into_owned();
    let reading = (desk.read)(&masked, SOURCE).map_err(|malformed| Problem::malformed(malformed.to_string()))?;
    if let Reading::Events(events) = reading {
        for event in &events {
            classify::ticket::fold(context, event, None, &event.id).await?;
        }
    }
    crate::ticket::find(context, &TicketName::new(DESK, SOURCE, &format!("own_{id}")).address()).await
}

/// The ticket that somebody opened under a key before, if they have.
pub async fn opened_before(context: &Context, key: &str, staff: &Staff) -> Result<Option<Ticket>, Fault> {
    store::read(context, &keys::ticket(DESK, SOURCE, &format!("own_{}", under(key, staff)))).await
}

fn under(key: &str, staff: &Staff) -> String {
    digest(&["key", &staff.id, key], 20)
}

/// Takes what somebody says of a ticket.
pub async fn take(context: &Context, id: &str, word: &Word, staff: &Staff) -> Result<Ticket, Problem> {
    if let Word::Close { note, .. }
    | Word::Reopen { note }
    | Word::Unmerge { note }
    | Word::Class { note, .. }
    | Word::Account { note, .. }
    | Word::Stranger { note } = word
    {
        note_fits(note)?;
    }
    let name = TicketName::at(id).ok_or_else(|| Problem::not_found("ticket"))?;
    let (ticket, news) = store::unless_refused(context, || once(context, &name, word, staff)).await?;
    follow_request(context, &ticket, &name.to_string()).await;
    if let Some(bulletin) = &news {
        bulletin::tell(context, bulletin).await;
    }
    Ok(ticket)
}

/// The ticket as it is now, and what somebody has to hear of it.
type Taken = (Ticket, Option<Bulletin>);

/// What is read for one word beside the ticket.
#[derive(Default)]
struct Beside {
    to: Option<Staff>,
    into: Option<Ticket>,
}

async fn once(context: &Context, name: &TicketName, word: &Word, staff: &Staff) -> Result<Attempted<Taken>, Failed> {
    // Read.
    let mut laid = Laid::find(context, name).await?.ok_or_else(|| Problem::not_found("ticket"))?;
    let (by, about) = (keys::staff(&staff.id), About::Ticket { ticket: name.to_string() });
    let (told, own) = (keys::bulletin(&about.id()), keys::correction(&name.provider, &name.source, &name.id));
    laid.batch.extend(Batch::read(context, vec![by.clone(), told.clone(), own.clone()]).await?);
    let staff = laid.batch.get::<Staff>(&by)?.ok_or_else(Problem::not_signed_in)?;
    may(&staff)?;
    let beside = beside(context, &mut laid, word).await?;

    // Decide. What is said comes first: it says which account and which cases are wanted.
    let now = context.clock.now();
    say(&mut laid.ticket, word, &beside, &staff, context)?;
    laid.gather(context).await?;
    let wrote = matches!(word, Word::Class { .. } | Word::Account { .. });
    let followed =
        Followed { wrote, reopened: matches!(word, Word::Reopen { .. } | Word::Unmerge { .. }), ..Followed::default() };
    let event = format!("{name}:{}", laid.round());
    laid.take_up(context, followed, &event, now);
    let before = laid.batch.get::<Bulletin>(&told)?;
    let news = beside.to.as_ref().filter(|to| to.id != staff.id);
    let news = news.map(|to| news_of(context, (&laid.ticket, about), to, &staff).instead_of(before.as_ref()));

    // Write.
    let mut commit = laid.commit(context, &event).await?;
    commit.check(&laid.batch, &by);
    news.iter().for_each(|bulletin| commit.over(&laid.batch, bulletin));
    if let Word::Merge { into } = word
        && let Some(into) = TicketName::at(into)
    {
        commit.check(&laid.batch, &keys::ticket(&into.provider, &into.source, &into.id));
    }
    if let Word::Class { class, .. } = word {
        let standing = laid.batch.get::<Correction>(&own)?;
        commit.over(&laid.batch, &label(&laid.before, standing, *class, &staff.id, now));
    }
    Ok(store::attempted(commit.run(context).await, (laid.ticket, news))?)
}

/// What is kept to learn from: of several words on one ticket the last, with what it had been read as. `before` is the
/// ticket as it stood.
pub(super) fn label(
    before: &Ticket,
    standing: Option<Correction>,
    class: Class,
    by: &str,
    at: Timestamp,
) -> Correction {
    let TicketName { provider, source, id } = TicketName::of(before);
    let read_as = before.handling.taken_for.as_ref().filter(|taken| taken.by.is_none()).map(|taken| taken.class);
    let read_as = standing.and_then(|standing| standing.read_as).or(read_as);
    Correction { provider, source, id, class, read_as, by: by.to_owned(), at }
}

/// Reads what the word names, and refuses what is not there.
async fn beside(context: &Context, laid: &mut Laid, word: &Word) -> Result<Beside, Failed> {
    let mut beside = Beside::default();
    match word {
        Word::Assign(to) if !to.is_empty() => {
            let key = keys::staff(to);
            laid.batch.extend(Batch::read(context, vec![key.clone()]).await?);
            let to = laid.batch.get::<Staff>(&key)?.filter(|to| to.role.may_request());
            let missing = || Problem::not_possible("`to` names nobody who may have tickets; see /api/staff");
            beside.to = Some(to.ok_or_else(missing)?);
        }
        Word::Merge { into } => {
            let missing = || Problem::not_possible("`into` names no ticket; look it up in /api/tickets");
            let other = TicketName::at(into).ok_or_else(missing)?;
            let key = keys::ticket(&other.provider, &other.source, &other.id);
            laid.batch.extend(Batch::read(context, vec![key.clone()]).await?);
            beside.into = Some(laid.batch.get::<Ticket>(&key)?.ok_or_else(missing)?);
        }
        Word::Account { account, .. } => {
            let key = keys::head(account);
            laid.batch.extend(Batch::read(context, vec![key.clone()]).await?);
            laid.batch.get::<Head>(&key)?.ok_or_else(|| Problem::not_found("account"))?;
            let is_another = laid.ticket.handling.account.as_ref() != Some(account);
            if let Some(case) = laid.ticket.handling.case.as_ref().filter(|_| is_another) {
                let case = store::read::<Case>(context, &keys::case(case)).await?;
                let is_own = |case: &Case| case.about == about(&TicketName::of(&laid.ticket));
                if case.is_some_and(|case| case.state == CaseState::Open && is_own(&case)) {
                    let message = "it has opened a case of another account: resolve that first";
                    return Err(Problem::conflict("has_case", message).into());
                }
            }
        }
        Word::Assign(_)
        | Word::Close { .. }
        | Word::Reopen { .. }
        | Word::Unmerge { .. }
        | Word::Class { .. }
        | Word::Stranger { .. } => {}
    }
    Ok(beside)
}

/// Does to the ticket what somebody says of it, as far as it can be done.
fn say(ticket: &mut Ticket, word: &Word, beside: &Beside, by: &Staff, context: &Context) -> Result<(), Problem> {
    let (now, handling) = (context.clock.now(), &mut ticket.handling);
    let over = handling.state == State::Resolved;
    let refuse_over = || Problem::conflict("already_resolved", "this ticket has ended already; open it again first");
    match word {
        Word::Assign(_) | Word::Close { .. } if over => return Err(refuse_over()),
        Word::Close { turns: Some(seen), .. } if *seen < handling.turns => {
            let message =
                "something came in since you looked; read it, and close the ticket if it is over all the same";
            return Err(Problem::conflict("written_meanwhile", message));
        }
        Word::Assign(_) => match &beside.to {
            Some(to) => handling.give(to, &by.id, now),
            None => handling.assign(None, &by.id, now),
        },
        Word::Close { note, .. } => {
            handling.by_hand = true;
            handling.go_on(State::Resolved, &by.id, now, "closed it");
            if !note.trim().is_empty() {
                handling.say(now, &by.id, "because", note);
            }
        }
        Word::Reopen { .. } if !over => {
            return Err(Problem::conflict("not_resolved", "this ticket has not ended"));
        }
        Word::Reopen { note } if note.trim().is_empty() => {
            return Err(Problem::malformed("say in `note` why it is not over"));
        }
        Word::Reopen { note } => {
            handling.by_hand = true;
            handling.reopen(&by.id, now, "opened it again");
            handling.say(now, &by.id, "because", note);
        }
        Word::Class { class, note } => {
            handling.correct(*class, &by.id, now);
            if !note.trim().is_empty() {
                handling.say(now, &by.id, "because", note);
            }
        }
        Word::Unmerge { note } => ticket.unmerge(&by.id, note, now).map_err(not_unmerged)?,
        Word::Account { account, note } => ticket.vouch(account, by, note, now).map_err(not_vouched)?,
        Word::Stranger { note } => ticket.is_of_no_customer(by, note, now).map_err(not_vouched)?,
        Word::Merge { .. } => {
            let into = beside.into.as_ref().expect("it was read before");
            ticket.handling.by_hand = true;
            ticket.merge(into, &by.id, now).map_err(|refused| Problem::not_possible(refused.to_string()))?;
        }
    }
    Ok(())
}

fn not_vouched(refused: NotVouched) -> Problem {
    match refused {
        NotVouched::NotTheirs => Problem::not_permitted(refused.to_string()),
        NotVouched::NoNote => Problem::malformed(refused.to_string()),
        NotVouched::Erased => Problem::conflict("erased", refused.to_string()),
        NotVouched::Answered => Problem::conflict("already_answered", refused.to_string()),
        NotVouched::Known => Problem::conflict("already_known", refused.to_string()),
    }
}

fn not_unmerged(refused: NotUnmerged) -> Problem {
    match refused {
        NotUnmerged::NoRepeat => Problem::conflict("no_repeat", refused.to_string()),
        NotUnmerged::NoNote => Problem::malformed(refused.to_string()),
    }
}

/// What somebody is mailed whom somebody else gave a ticket. It stands on their list as well, and nothing of it is in
/// the mail.
fn news_of(context: &Context, (ticket, about): (&Ticket, About), to: &Staff, by: &Staff) -> Bulletin {
    let due = ticket.handling.due_at.map(|at| at.strftime(", to be answered by %Y-%m-%d %H:%M UTC").to_string());
    let class = ticket.handling.taken_for.as_ref().and_then(|taken| taken.certain());
    let words = Words {
        subject: format!("A ticket for you: {}", class.map_or("not classified yet", Class::title)),
        text: format!("{} gave you a ticket{}.", by.name, due.unwrap_or_default()),
        page: format!("/tickets/{}", TicketName::of(ticket).address()),
    };
    let trace = about.id();
    let most = context.policies.limits.current().told_people_max;
    bulletin::about(context, about, words, &trace).mailed([to.id.clone()], most)
}

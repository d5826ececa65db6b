//! Which invoices of an account does the ladder ask for by letter by now?

use crate::context::Context;
use crate::dunning::letter::wants_no_mail;
use crate::fault::Fault;
use crate::records::whose;
use crate::setup::stop;
use crate::store::{Batch, keys};
use domain::ageing::{Climb, SEGMENT};
use domain::book::{Head, Invoice, Person};
use domain::debt;
use domain::dunning::Plan;
use domain::import::Customer;
use std::collections::BTreeSet;

/// Those that the head shows as open, without one, what a letter says already, and what is recovered: no more than it
/// has room for.
pub(super) async fn asked(
    context: &Context,
    head: &Head,
    who: (&Person, Option<&Customer>),
    (own, said): (&str, &[String]),
) -> Result<Vec<String>, Fault> {
    let is_recovered = |id: &String| head.dunning.get(id).is_some_and(|line| line.next.is_some());
    let mut seen = BTreeSet::new();
    let others = debt::shown(head).filter(|id| *id != own && !said.contains(*id) && !is_recovered(id));
    let others: Vec<&String> = others.filter(|id| seen.insert(*id)).collect();
    if others.is_empty() || stop::holds(context, head, Some(SEGMENT), None).await? {
        return Ok(Vec::new());
    }
    let account = &head.account;
    let records = |id: &String| [keys::climb(account, id), keys::invoice(account, id), keys::plan(account, id)];
    let batch = Batch::read(context, others.iter().flat_map(|id| records(id)).collect()).await?;
    let on = context.clock.now().to_zoned(context.policies.report.current().zone()).date();
    let (mut asked, wants_none) = (Vec::new(), wants_no_mail(who.1));
    for id in others {
        let [climb, invoice, plan] = records(id);
        let (Some(climb), Some(invoice)) = (batch.get::<Climb>(&climb)?, batch.of::<Invoice>(&invoice)?) else {
            continue;
        };
        let (plan, policy) = (batch.get::<Plan>(&plan)?, climb.policy(&context.policies.ageing));
        let whose = whose::of(who, (head, &invoice), context.policies.declines.current());
        if climb.is_asked_for((&invoice, whose, wants_none), policy, plan.as_ref(), on) {
            asked.push(id.clone());
        }
    }
    Ok(asked)
}

//! The provider's page for an invoice, asked for at the moment in which somebody wants to pay.

use crate::context::Context;
use domain::book::{Head, Invoice};
use domain::id::digest;
use providers::{Act, Acting, Answer, Bill, Effect, Reply};

/// How many requests one page may take.
const REQUESTS_MAX: usize = 8;

/// Whether there may be one: providers without it say so before they are asked.
pub(super) fn is_there(context: &Context, head: &Head, invoice: &Invoice) -> bool {
    let api = providers::named(&head.provider).and_then(|provider| provider.api);
    let bill = Bill { invoice, customer: &head.customer, key: "", webhook: None, now: context.clock.now() };
    api.is_some_and(|api| bill.has_page(api))
}

/// Nothing, if the provider does not answer, or has none: why, the log says.
pub(super) async fn page(context: &Context, head: &Head, invoice: &Invoice, link: &str) -> Option<String> {
    let api = providers::named(&head.provider)?.api?;
    let Acting::Through(effects) = &api.acting else { return None };
    let now = context.clock.now();
    // Whoever presses twice within a minute is given the same page again, where the provider makes one for it.
    let minute = (now.as_second() / 60).to_string();
    let key = format!("pay_{}", digest(&[link, &invoice.id, &minute], 20));
    let webhook = context.settings.webhook(&head.provider, &head.source);
    let bill = Bill { invoice, customer: &head.customer, key: &key, webhook: webhook.as_deref(), now };
    let without = |reason: &str| {
        tracing::warn!(provider = head.provider, source = head.source, reason, "somebody could not be led on to pay");
        None
    };
    let mut replies: Vec<Reply> = Vec::new();
    loop {
        let call = match (effects.page)(&bill, &replies) {
            Act::Ended(Answer::Done(Effect { link: Some(page), .. })) if api.leads_to(&page) => return Some(page),
            Act::Ended(answer) => return without(why(&answer)),
            Act::Send(_) if replies.len() >= REQUESTS_MAX => return without("it asks for ever more"),
            Act::Send(call) => call,
        };
        match context.http.call(&head.provider, &head.source, &call).await {
            Ok(reply) => replies.push(reply),
            Err(reason) => return without(&reason.to_string()),
        }
    }
}

/// Why an answer is no page to be led to.
fn why(answer: &Answer) -> &str {
    match answer {
        Answer::Done(Effect { link: Some(_), .. }) => "the page is not one of the provider's known hosts",
        Answer::Done(_) => "the provider shows no page",
        Answer::Refused { code, .. } => code,
        Answer::NotNow => "the provider is busy",
        Answer::Unknown => "the provider's answer says nothing",
        Answer::Unsupported { .. } => "the provider has no page for this",
    }
}

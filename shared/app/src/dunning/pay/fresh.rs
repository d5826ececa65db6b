//! The provider's page for an invoice, or to give another card, asked for at the moment in which somebody wants it.

use crate::context::Context;
use domain::book::{Head, Invoice};
use domain::debt::Document;
use domain::event::SubscriptionStatus;
use domain::id::digest;
use domain::money::Rate;
use providers::{Act, Acting, Answer, Api, Bill, Effect, Holder, Reply};

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
    let (now, key) = (context.clock.now(), key(context, "pay", &[link, &invoice.id]));
    let webhook = context.settings.webhook(&head.provider, &head.source);
    let bill = Bill { invoice, customer: &head.customer, key: &key, webhook: webhook.as_deref(), now };
    followed(context, head, api, |replies| (effects.page)(&bill, replies)).await
}

/// Whether there may be such a document: providers without it say so before they are asked.
pub(in crate::dunning) fn has_document(context: &Context, head: &Head, invoice: &Invoice, document: Document) -> bool {
    let api = providers::named(&head.provider).and_then(|provider| provider.api);
    let bill = Bill { invoice, customer: &head.customer, key: "", webhook: None, now: context.clock.now() };
    api.is_some_and(|api| bill.has_document(api, document))
}

/// The provider's own page of a document of an invoice.
pub(in crate::dunning) async fn document(
    context: &Context,
    head: &Head,
    (invoice, document): (&Invoice, Document),
    link: &str,
) -> Option<String> {
    let api = providers::named(&head.provider)?.api?;
    let Acting::Through(effects) = &api.acting else { return None };
    let (now, key) = (context.clock.now(), key(context, "document", &[link]));
    let bill = Bill { invoice, customer: &head.customer, key: &key, webhook: None, now };
    followed(context, head, api, |replies| (effects.document)(&bill, document, replies)).await
}

/// The same for another card.
pub(in crate::dunning) async fn card(context: &Context, head: &Head, link: &str) -> Option<String> {
    let api = providers::named(&head.provider)?.api?;
    let Acting::Through(effects) = &api.acting else { return None };
    let (now, key) = (context.clock.now(), key(context, "card", &[link]));
    let webhook = context.settings.webhook(&head.provider, &head.source);
    let mut running = head.book.subscriptions.iter().filter(|(_, line)| line.status != Some(SubscriptionStatus::Ended));
    let (first, second) = (running.next(), running.next());
    let holder = Holder {
        customer: &head.customer,
        subscription: first.filter(|_| second.is_none()).map(|(id, _)| id.as_str()),
        currency: first.and_then(|(_, line)| line.price).map(Rate::currency),
        key: &key,
        webhook: webhook.as_deref(),
        now,
    };
    followed(context, head, api, |replies| (effects.card)(&holder, replies)).await
}

/// Whoever presses twice within a minute is given the same page again, where the provider makes one for it.
fn key(context: &Context, what: &str, of: &[&str]) -> String {
    let minute = (context.clock.now().as_second() / 60).to_string();
    let parts: Vec<&str> = of.iter().copied().chain([minute.as_str()]).collect();
    format!("{what}_{}", digest(&parts, 20))
}

/// Asks until there is a page, or none.
async fn followed(context: &Context, head: &Head, api: &Api, ask: impl Fn(&[Reply]) -> Act) -> Option<String> {
    let without = |reason: &str| {
        tracing::warn!(provider = head.provider, source = head.source, reason, "somebody could not be led on");
        None
    };
    let mut replies: Vec<Reply> = Vec::new();
    loop {
        let call = match ask(&replies) {
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

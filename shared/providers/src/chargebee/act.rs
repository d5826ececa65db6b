//! Asking Chargebee for an approved action.
//!
//! What a subscription is changed by depends on the product catalogue of its site, and only the subscription itself
//! says which one that is: so it is read first. Chargebee knows an idempotency key for half an hour.
//! <https://apidocs.chargebee.com/docs/api>

mod look;
mod reply;

use crate::list::segment;
use crate::{Act, Answer, Bill, Call, Effect, Effects, Holder, Order, Reply};
use domain::action::{Addon, Kind, Reason, When};
use domain::debt::Document;
use domain::money::Money;
use form_urlencoded::Serializer;
use http::Method;
use reply::{Bought, Catalogue, Quantity, Shown, Subscription, is_duplicate, read};

pub(super) const EFFECTS: Effects = Effects { act, look: look::look, looks_first, page, card, document };

/// Chargebee does not promise to name our action in a refund, and a retried payment has no room for it.
fn looks_first(kind: &Kind) -> bool {
    matches!(kind, Kind::Refund { .. } | Kind::RetryPayment { .. })
}

fn act(order: &Order<'_>, replies: &[Reply]) -> Act {
    let (form, key) = (Form::default(), order.key);
    match order.kind() {
        Kind::PaymentLink { invoice, amount } => payment_link(order, replies, invoice, *amount),
        Kind::UpdatePaymentMethod {} => hosted_page(order.customer, key, replies, "manage_payment_sources"),
        Kind::ResendInvoice { invoice } | Kind::TaxInvoice { invoice } => paper(key, replies, invoice),
        Kind::Refund { payment, amount } => refund(order, replies, payment, *amount),
        Kind::Credit { amount } => credit(order, replies, *amount),
        Kind::RetryPayment { invoice, amount, card } => retry(order, replies, (invoice, *amount), card.as_deref()),
        Kind::MarkPaid { invoice, amount } => mark_paid(order, replies, invoice, *amount),
        Kind::WriteOff { invoice, .. } => end_invoice(order, replies, invoice, "/write_off"),
        Kind::VoidInvoice { invoice, .. } => end_invoice(order, replies, invoice, "/void"),
        Kind::Defer { invoice, until, .. } => unsupported(format!(
            "Chargebee's API cannot move a due date. In Chargebee, open invoice {invoice}, choose Pause dunning, and give {until} as the \
             expected payment date."
        )),
        Kind::ExtendTrial { subscription, until, .. } => {
            let form = form.with("term_ends_at", until.as_second()).with("prorate", false);
            once(replies, form.post(subscription_path(subscription, "/change_term_end"), key), changed)
        }
        Kind::Pause { subscription } => {
            let form = form.with("pause_option", "immediately");
            once(replies, form.post(subscription_path(subscription, "/pause"), key), changed)
        }
        Kind::Resume { subscription } => {
            let form = form.with("resume_option", "immediately");
            once(replies, form.post(subscription_path(subscription, "/resume"), key), changed)
        }
        Kind::Upgrade { subscription, plan, .. } => change(order, replies, subscription, |had| {
            Some(at_once(plan_form(had, plan, None)?).post(had.update_path(), key))
        }),
        Kind::Downgrade { subscription, plan, .. } => change(order, replies, subscription, |had| {
            Some(plan_form(had, plan, None)?.with("end_of_term", true).post(had.update_path(), key))
        }),
        Kind::AdjustSeats { subscription, seats, .. } => change(order, replies, subscription, |had| {
            let plan = had.plan()?.price;
            Some(at_once(plan_form(had, &plan, Some(*seats))?).post(had.update_path(), key))
        }),
        Kind::ChangeAddons { subscription, addons, .. } => change(order, replies, subscription, |had| {
            Some(at_once(addons_form(had, addons)).post(had.update_path(), key))
        }),
        Kind::Discount { subscription, percent, .. } => {
            discount(order, replies, subscription, &percent.normalize().to_string())
        }
        Kind::Cancel { subscription, when: When::PeriodEnd, .. } => change(order, replies, subscription, |had| {
            Some(form.with("end_of_term", true).post(had.cancel_path(), key))
        }),
        // What was paid for the rest of the term is given back by an action of its own, or not at all.
        Kind::Cancel { subscription, when: When::Now, .. } | Kind::ForceCancel { subscription } => {
            change(order, replies, subscription, |had| {
                let form = form.with("end_of_term", false).with("credit_option_for_current_term_charges", "none");
                Some(form.post(had.cancel_path(), key))
            })
        }
        Kind::ExtendGrace { .. } | Kind::ErasePerson {} | Kind::Bundle { .. } => {
            unsupported("Recoup does this itself.".to_owned())
        }
    }
}

/// The document of an invoice, by a link that anybody may open for a while.
fn paper(key: &str, replies: &[Reply], invoice: &str) -> Act {
    once(replies, Form::default().post(invoice_path(invoice, "/pdf"), key), |shown| {
        let link = shown.download?.download_url?;
        Some(Answer::Done(Effect {
            reference: invoice.to_owned(),
            status: "ready".to_owned(),
            made_at: None,
            link: Some(link),
            seen: Vec::new(),
        }))
    })
}

/// A change that counts from this moment, and is charged for the rest of the term.
fn at_once(form: Form) -> Form {
    form.with("prorate", true).with("invoice_immediately", true).with("end_of_term", false)
}

/// The page asks for all that the customer owes.
fn payment_link(order: &Order<'_>, replies: &[Reply], id: &str, amount: Option<Money>) -> Act {
    let invoice = order.records.invoices.get(id);
    let due = invoice.and_then(|invoice| invoice.remaining.copied());
    if let Some(part) = amount.filter(|part| due != Some(*part)) {
        return unsupported(format!(
            "Chargebee's payment page asks for all that is due, and not for {part} of invoice {id}. In Chargebee, open the invoice and \
             collect or record {part} there."
        ));
    }
    match invoice.and_then(|invoice| invoice.pay_link.value()) {
        Some(link) => Act::Ended(Answer::Done(Effect {
            reference: id.to_owned(),
            status: "open".to_owned(),
            made_at: None,
            link: Some(link.clone()),
            seen: Vec::new(),
        })),
        None => hosted_page(order.customer, order.key, replies, "collect_now"),
    }
}

/// A page of the customer's own; it asks for all that they owe, whichever invoice they chose.
fn page(bill: &Bill<'_>, replies: &[Reply]) -> Act {
    hosted_page(bill.customer, bill.key, replies, "collect_now")
}

fn document(bill: &Bill<'_>, _: Document, replies: &[Reply]) -> Act {
    paper(bill.key, replies, &bill.invoice.id)
}

fn card(holder: &Holder<'_>, replies: &[Reply]) -> Act {
    hosted_page(holder.customer, holder.key, replies, "manage_payment_sources")
}

fn hosted_page(customer: &str, key: &str, replies: &[Reply], kind: &str) -> Act {
    let form = Form::default().with("customer[id]", customer);
    once(replies, form.post(format!("/api/v2/hosted_pages/{kind}"), key), |shown| Some(shown.hosted_page?.answer()))
}

fn refund(order: &Order<'_>, replies: &[Reply], payment: &str, amount: Money) -> Act {
    let Some(minor) = amount.minor() else {
        return unsupported(format!("{amount} is too large for one call: refund payment {payment} in Chargebee."));
    };
    let form = Form::default().with("comment", order.id());
    let invoice = order.records.payments.get(payment).and_then(|payment| payment.invoice.value());
    // An invoice that was paid more than once gives back whichever payment Chargebee picks: then the payment itself is
    // named.
    let (paid_once, replies) = match (invoice, replies) {
        (None, replies) => (false, replies),
        (Some(invoice), []) => return Act::Send(Call::list(invoice_path(invoice, ""))),
        (Some(_), [shown, rest @ ..]) => match read(shown) {
            Ok(Shown { invoice: Some(invoice), .. }) => (invoice.paid_by() <= 1, rest),
            Ok(_) | Err(Answer::Unknown) => return Act::Ended(Answer::NotNow),
            Err(answer) => return Act::Ended(answer),
        },
    };
    let call = match invoice.filter(|_| paid_once) {
        Some(invoice) => {
            let reason = match order.action.inner().reason_code {
                Reason::ServiceOutage => "Service Unsatisfactory",
                Reason::CustomerDissatisfaction => "Product Unsatisfactory",
                Reason::BillingError | Reason::DuplicateCharge | Reason::Inquiry | Reason::Other => "Other",
            };
            let form = form
                .with("refund_amount", minor)
                .with("customer_notes", order.id())
                .with("credit_note[create_reason_code]", reason);
            form.post(invoice_path(invoice, "/refund"), order.key)
        }
        None => form.with("amount", minor).post(format!("/api/v2/transactions/{}/refund", segment(payment)), order.key),
    };
    once(replies, call, |shown| Some(shown.transaction?.answer()))
}

fn credit(order: &Order<'_>, replies: &[Reply], amount: Money) -> Act {
    let Some(minor) = amount.minor() else {
        return unsupported(format!(
            "{amount} is too large for one call: add it to customer {} in Chargebee.",
            order.customer
        ));
    };
    let form = Form::default()
        .with("customer_id", order.customer)
        .with("amount", minor)
        .with("currency_code", amount.currency())
        .with("description", "Credit")
        .with("reference", order.id());
    once(replies, form.post("/api/v2/promotional_credits/add".to_owned(), order.key), |shown| {
        Some(shown.promotional_credit?.answer())
    })
}

fn retry(order: &Order<'_>, replies: &[Reply], (invoice, amount): (&str, Option<Money>), card: Option<&str>) -> Act {
    let form = Form::default().with("comment", order.id());
    // A card of before there were payment sources is known by its customer's id: it is the only one.
    let form = match card.filter(|card| *card != order.customer) {
        Some(source) => form.with("payment_source_id", source),
        None => form,
    };
    let form = match amount.map(Money::minor) {
        None => form,
        Some(Some(minor)) => form.with("amount", minor),
        Some(None) => {
            return unsupported(format!(
                "The amount is too large for one call: collect it on invoice {invoice} in Chargebee."
            ));
        }
    };
    once(replies, form.post(invoice_path(invoice, "/collect_payment"), order.key), |shown| {
        Some(shown.transaction?.answer())
    })
}

fn mark_paid(order: &Order<'_>, replies: &[Reply], invoice: &str, amount: Money) -> Act {
    let Some(minor) = amount.minor() else {
        return unsupported(format!(
            "{amount} is too large for one call: record it on invoice {invoice} in Chargebee."
        ));
    };
    let form = Form::default()
        .with("comment", order.id())
        .with("transaction[amount]", minor)
        .with("transaction[payment_method]", "other")
        .with("transaction[reference_number]", order.id())
        // It is said when it was decided, and however often it is sent, it is the same request.
        .with("transaction[date]", order.action.inner().decided_at().unwrap_or(order.since).as_second());
    once(replies, form.post(invoice_path(invoice, "/record_payment"), order.key), |shown| {
        Some(shown.transaction?.answer())
    })
}

fn end_invoice(order: &Order<'_>, replies: &[Reply], invoice: &str, end: &str) -> Act {
    let form = Form::default().with("comment", order.id());
    once(replies, form.post(invoice_path(invoice, end), order.key), |shown| Some(Answer::Done(shown.invoice?.effect())))
}

/// A coupon of our own, and then the subscription that gets it.
fn discount(order: &Order<'_>, replies: &[Reply], id: &str, percent: &str) -> Act {
    match replies {
        [] => read_first(id),
        [first] => match subscription(first) {
            Ok(had) => Act::Send(coupon_form(order.id(), percent).post(had.coupon_path().to_owned(), order.key)),
            Err(answer) => Act::Ended(answer),
        },
        [first, coupon] => match (subscription(first), read(coupon)) {
            (Ok(_), Err(answer)) if !is_duplicate(coupon) => Act::Ended(answer),
            (Ok(had), _) => {
                let form = Form::default().with("coupon_ids[0]", order.id()).with("end_of_term", false);
                Act::Send(form.post(had.update_path(), &format!("{}-2", order.key)))
            }
            (Err(answer), _) => Act::Ended(answer),
        },
        [.., last] => Act::Ended(ended(last, changed)),
    }
}

fn coupon_form(id: &str, percent: &str) -> Form {
    Form::default()
        .with("id", id)
        .with("name", format!("Recoup {id}"))
        .with("invoice_name", format!("{percent}% off"))
        .with("discount_type", "percentage")
        .with("discount_percentage", percent)
        .with("apply_on", "invoice_amount")
        .with("duration_type", "forever")
}

/// The plan as it is to be. Of another plan there are as many as of the one before.
fn plan_form(had: &Subscription, plan: &str, seats: Option<u32>) -> Option<Form> {
    let before = had.plan()?;
    let quantity = match (seats, before.quantity) {
        (Some(seats), _) => Quantity::Whole(seats),
        // One is what goes without saying, and a plan with one price for all refuses to be counted.
        (None, Quantity::Whole(1)) => Quantity::Unsaid,
        (None, quantity) => quantity,
    };
    Some(match had.catalogue() {
        Catalogue::Items => Form::default().row("subscription_items", "item_price_id", 0, plan, &quantity),
        Catalogue::Plans => {
            let form = Form::default().with("plan_id", plan);
            match quantity {
                Quantity::Whole(whole) => form.with("plan_quantity", whole),
                Quantity::Fraction(text) => form.with("plan_quantity_in_decimal", text),
                Quantity::Unsaid => form,
            }
        }
    })
}

/// Chargebee adds what is named to what there is; only a list of all that stays takes something away.
fn addons_form(had: &Subscription, wanted: &[Addon]) -> Form {
    let named = |price: &str| wanted.iter().any(|addon| addon.price == price);
    let takes_away = wanted.iter().any(|addon| addon.quantity == 0);
    let (list, id, replace) = match had.catalogue() {
        Catalogue::Items => ("subscription_items", "item_price_id", "replace_items_list"),
        Catalogue::Plans => ("addons", "id", "replace_addon_list"),
    };
    let stays = |bought: &Bought| match had.catalogue() {
        Catalogue::Items => !named(&bought.price),
        Catalogue::Plans => !bought.is_plan && !named(&bought.price),
    };
    let mut rows: Vec<(String, Quantity)> = Vec::new();
    if takes_away {
        rows.extend(had.bought().into_iter().filter(stays).map(|bought| (bought.price, bought.quantity)));
    }
    rows.extend(
        wanted
            .iter()
            .filter(|addon| addon.quantity > 0)
            .map(|addon| (addon.price.clone(), Quantity::Whole(addon.quantity))),
    );
    let form = rows
        .iter()
        .enumerate()
        .fold(Form::default(), |form, (number, (price, quantity))| form.row(list, id, number, price, quantity));
    if takes_away { form.with(replace, true) } else { form }
}

/// One request is all that it takes.
fn once(replies: &[Reply], call: Call, done: impl FnOnce(Shown) -> Option<Answer>) -> Act {
    match replies {
        [] => Act::Send(call),
        [.., last] => Act::Ended(ended(last, done)),
    }
}

/// The subscription is read, and then changed the way its catalogue has it.
fn change(order: &Order<'_>, replies: &[Reply], id: &str, call: impl FnOnce(&Subscription) -> Option<Call>) -> Act {
    match replies {
        [] => read_first(id),
        [first] => match subscription(first).map(|had| call(&had)) {
            Ok(Some(call)) => Act::Send(call),
            Ok(None) => unsupported(format!(
                "Subscription {id} has no plan in Chargebee: change it there ({}).",
                order.kind().name()
            )),
            Err(answer) => Act::Ended(answer),
        },
        [.., last] => Act::Ended(ended(last, changed)),
    }
}

fn read_first(subscription: &str) -> Act {
    Act::Send(Call::list(subscription_path(subscription, "")))
}

/// The subscription as it is read before it is changed: whatever went wrong, nothing was done.
fn subscription(reply: &Reply) -> Result<Subscription, Answer> {
    match read(reply) {
        Ok(Shown { subscription: Some(subscription), .. }) => Ok(subscription),
        Ok(_) | Err(Answer::Unknown) => Err(Answer::NotNow),
        Err(answer) => Err(answer),
    }
}

fn changed(shown: Shown) -> Option<Answer> {
    Some(Answer::Done(shown.subscription?.effect()))
}

fn ended(reply: &Reply, done: impl FnOnce(Shown) -> Option<Answer>) -> Answer {
    match read(reply) {
        Ok(shown) => done(shown).unwrap_or(Answer::Unknown),
        Err(answer) => answer,
    }
}

fn unsupported(instead: String) -> Act {
    Act::Ended(Answer::Unsupported { instead })
}

fn invoice_path(id: &str, what: &str) -> String {
    format!("/api/v2/invoices/{}{what}", segment(id))
}

fn subscription_path(id: &str, what: &str) -> String {
    format!("/api/v2/subscriptions/{}{what}", segment(id))
}

/// A body; fields of fields stand in brackets.
#[derive(Default)]
struct Form(Vec<(String, String)>);

impl Form {
    fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0.push((name.to_owned(), value.to_string()));
        self
    }

    /// One row of a list, whose number stands in brackets as well.
    fn row(self, list: &str, id: &str, number: usize, price: &str, quantity: &Quantity) -> Self {
        let form = self.with(&format!("{list}[{id}][{number}]"), price);
        match quantity {
            Quantity::Whole(whole) => form.with(&format!("{list}[quantity][{number}]"), whole),
            Quantity::Fraction(text) => form.with(&format!("{list}[quantity_in_decimal][{number}]"), text),
            Quantity::Unsaid => form,
        }
    }

    fn post(self, path: String, key: &str) -> Call {
        let body = Serializer::new(String::new()).extend_pairs(&self.0).finish();
        Call { method: Method::POST, path, body, idempotency_key: Some(key.to_owned()), patient: true }
    }
}

#[cfg(test)]
mod tests;

//! Each action's requests, what the answers mean, and how it is looked up.

use super::*;
use crate::{Effect, Found, Look, example};
use domain::action::{Action, Addon, Reason};
use domain::approval::Approved;
use domain::book::{Invoice, Latest, Stamp, Subscription, Touched};
use domain::event::{Event, InvoiceStatus, Item, Origin, Role};
use domain::id::AccountId;
use domain::money::{Currency, Money};
use jiff::Timestamp;
use serde_json::json;

const AT: i64 = 1_772_000_000;

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn at() -> Timestamp {
    Timestamp::from_second(AT).unwrap()
}

fn all_kinds() -> Vec<(Kind, String)> {
    let (sub, invoice) = ("sub_1".to_owned(), "in_1".to_owned());
    let money = Money::parse("24.00", Currency::USD).unwrap();
    let addon = |price: &str, quantity| Addon { price: price.to_owned(), quantity };
    let once = "proration_behavior=always_invoice&proration_date=1772000000&payment_behavior=error_if_incomplete&metadata[recoup_action]=ACT";
    let with = |text: &str| format!("{text}&{once}");
    vec![
        (Kind::TaxInvoice { invoice: invoice.clone() }, "GET /v1/invoices/in_1 ".to_owned()),
        (
            Kind::UpdatePaymentMethod {},
            "POST /v1/billing_portal/sessions customer=cus_1&flow_data[type]=payment_method_update&\
             flow_data[after_completion][type]=hosted_confirmation"
                .to_owned(),
        ),
        (
            Kind::Refund { payment: "ch_1".into(), amount: money },
            "POST /v1/refunds charge=ch_1&amount=2400&reason=duplicate&metadata[recoup_action]=ACT".to_owned(),
        ),
        (
            Kind::Refund { payment: "pi_1".into(), amount: money },
            "POST /v1/refunds payment_intent=pi_1&amount=2400&reason=duplicate&metadata[recoup_action]=ACT".to_owned(),
        ),
        (
            Kind::Credit { amount: money },
            "POST /v1/customers/cus_1/balance_transactions amount=-2400&currency=usd&description=Credit by Recoup&metadata[recoup_action]=ACT".to_owned(),
        ),
        (
            Kind::RetryPayment { invoice: invoice.clone(), amount: Some(money), card: None },
            "POST /v1/invoices/in_1/pay off_session=true".to_owned(),
        ),
        (
            Kind::RetryPayment { invoice: invoice.clone(), amount: None, card: Some("pm_2".to_owned()) },
            "POST /v1/invoices/in_1/pay off_session=true&payment_method=pm_2".to_owned(),
        ),
        (Kind::MarkPaid { invoice: invoice.clone(), amount: money }, "POST /v1/invoices/in_1/pay paid_out_of_band=true".to_owned()),
        (Kind::WriteOff { invoice: invoice.clone(), amount: money }, "POST /v1/invoices/in_1/mark_uncollectible ".to_owned()),
        (Kind::VoidInvoice { invoice, amount: money }, "POST /v1/invoices/in_1/void ".to_owned()),
        (
            Kind::ExtendTrial { subscription: sub.clone(), days: 7, until: at() },
            "POST /v1/subscriptions/sub_1 trial_end=1772000000&proration_behavior=none&metadata[recoup_action]=ACT".to_owned(),
        ),
        (
            Kind::Pause { subscription: sub.clone() },
            "POST /v1/subscriptions/sub_1 pause_collection[behavior]=void&metadata[recoup_action]=ACT".to_owned(),
        ),
        (Kind::Resume { subscription: sub.clone() }, "GET /v1/subscriptions/sub_1 ".to_owned()),
        (
            Kind::Upgrade { subscription: sub.clone(), plan: "price_pro".into(), price: usd(4900), at: at() },
            with("POST /v1/subscriptions/sub_1 items[0][id]=si_1&items[0][price]=price_pro"),
        ),
        (
            Kind::Downgrade { subscription: sub.clone(), plan: "price_mini".into(), price: usd(900), at: at() },
            "POST /v1/subscription_schedules from_subscription=sub_1".to_owned(),
        ),
        (
            Kind::ChangeAddons {
                subscription: sub.clone(),
                addons: vec![addon("price_sso", 0), addon("price_none", 0), addon("price_api", 2)],
                price: None,
                at: at(),
            },
            with("POST /v1/subscriptions/sub_1 items[0][id]=si_2&items[0][deleted]=true&items[1][price]=price_api&items[1][quantity]=2"),
        ),
        (
            Kind::AdjustSeats { subscription: sub.clone(), seats: 5, price: None, at: at() },
            with("POST /v1/subscriptions/sub_1 items[0][id]=si_1&items[0][quantity]=5"),
        ),
        (
            Kind::Discount { subscription: sub.clone(), percent: "12.50".parse().unwrap(), price: None },
            "GET /v1/subscriptions/sub_1?expand[]=discounts.source.coupon ".to_owned(),
        ),
        (
            Kind::Cancel { subscription: sub.clone(), when: When::PeriodEnd, asked_at: at() },
            "POST /v1/subscriptions/sub_1 cancel_at_period_end=true&cancellation_details[comment]=Recoup ACT, asked for at 2026-02-25T06:13:20Z&metadata[recoup_action]=ACT".to_owned(),
        ),
        (
            Kind::Cancel { subscription: sub.clone(), when: When::Now, asked_at: at() },
            "DELETE /v1/subscriptions/sub_1?cancellation_details[comment]=Recoup ACT, asked for at 2026-02-25T06:13:20Z ".to_owned(),
        ),
        (Kind::ForceCancel { subscription: sub }, "DELETE /v1/subscriptions/sub_1?cancellation_details[comment]=Recoup ACT ".to_owned()),
    ]
}

#[test]
fn each_action_is_one_request() {
    for (kind, expected) in all_kinds() {
        let case = Case::of(kind);
        let Act::Send(call) = case.act(&[]) else { panic!("{expected}") };
        assert_eq!(case.shown(&call), expected);
        assert_eq!(call.idempotency_key.is_some(), call.method != Method::GET, "{expected}");
    }
}

/// What is asked for only once it is known how the subscription stands.
fn reads_first(kind: &Kind) -> bool {
    matches!(kind, Kind::Discount { .. } | Kind::Resume { .. })
}

#[test]
fn an_answer_means_the_same_for_each_action() {
    let error = r#"{"error": {"type": "card_error", "code": "card_declined", "decline_code": "lost_card", "message": "Declined."}}"#;
    let refused = |code: &str, message: &str| Answer::Refused { code: code.to_owned(), message: message.to_owned() };
    let rows = [
        (402, error, refused("lost_card", "Declined.")),
        (400, "nonsense", refused("http_400", "Stripe gave no reason")),
        (
            404,
            r#"{"error": {"type": "invalid_request_error", "message": "No such thing"}}"#,
            refused("invalid_request_error", "No such thing"),
        ),
        (409, "{}", Answer::NotNow),
        (429, "{}", Answer::NotNow),
        (500, "{}", Answer::Unknown),
        (200, "nonsense", Answer::Unknown),
        (200, "[]", Answer::Unknown),
    ];
    for (kind, request) in all_kinds() {
        let case = Case::of(kind);
        for (status, body, expected) in &rows {
            let mut replies = vec![Reply { status: *status, body: (*body).to_owned() }];
            if reads_first(&case.action.inner().kind) {
                let unread = if matches!(expected, Answer::Unknown) { &Answer::NotNow } else { expected };
                assert_eq!(case.act(&replies), Act::Ended(unread.clone()), "{request}: {status}, and nothing was sent");
                replies.insert(0, reply(json!({"id": "sub_1", "status": "active", "discounts": []})));
            }
            if case.action.inner().kind.name() == "downgrade" && matches!(expected, Answer::Refused { .. }) {
                // An earlier attempt may have made the schedule: it is looked for before the refusal is believed.
                assert_eq!(case.act(&replies), Act::Send(Call::get("/v1/subscriptions/sub_1")));
                replies.push(reply(json!({"id": "sub_1", "schedule": null})));
            }
            assert_eq!(case.act(&replies), Act::Ended(expected.clone()), "{request}: {status}");
        }
    }
}

#[test]
fn what_was_done_is_named() {
    let case = Case::of(Kind::Refund { payment: "ch_1".into(), amount: usd(2400) });
    let refund = |status: &str| reply(json!({"id": "re_1", "object": "refund", "status": status, "created": AT}));
    let effect = Effect {
        reference: "re_1".into(),
        status: "pending".into(),
        made_at: Some(at()),
        link: None,
        seen: Vec::new(),
    };
    assert_eq!(case.act(&[refund("pending")]), Act::Ended(Answer::Done(effect)));
    assert!(
        matches!(case.act(&[refund("failed")]), Act::Ended(Answer::Refused { code, .. }) if code == "refund_failed")
    );

    let case = Case::of(Kind::UpdatePaymentMethod {});
    let effect = Effect {
        reference: "bps_1".into(),
        status: "open".into(),
        made_at: None,
        link: Some("https://b/1".into()),
        seen: Vec::new(),
    };
    assert_eq!(case.act(&[reply(json!({"id": "bps_1", "url": "https://b/1"}))]), Act::Ended(Answer::Done(effect)));
    assert_eq!(case.act(&[reply(json!({"id": "bps_1"}))]), Act::Ended(Answer::Unknown));

    let case = Case::of(Kind::RetryPayment { invoice: "in_1".into(), amount: None, card: None });
    let paid = json!({"id": "in_1", "status": "paid", "status_transitions": {"paid_at": AT}});
    let effect =
        Effect { reference: "in_1".into(), status: "paid".into(), made_at: Some(at()), link: None, seen: Vec::new() };
    assert_eq!(case.act(&[reply(paid)]), Act::Ended(Answer::Done(effect)));
}

#[test]
fn a_link_that_is_known_needs_no_call() {
    for kind in
        [Kind::PaymentLink { invoice: "in_1".into(), amount: None }, Kind::ResendInvoice { invoice: "in_1".into() }]
    {
        let mut case = Case::of(kind);
        let link = Some("https://invoice.stripe.com/i/1".to_owned());
        let effect = Effect {
            reference: "in_1".into(),
            status: "open".into(),
            made_at: None,
            link: link.clone(),
            seen: Vec::new(),
        };
        assert_eq!(case.act(&[]), Act::Ended(Answer::Done(effect.clone())));
        case.records.invoices.clear();
        let Act::Send(call) = case.act(&[]) else { panic!("no call") };
        assert_eq!(case.shown(&call), "GET /v1/invoices/in_1 ");
        let shown = json!({"id": "in_1", "status": "open", "hosted_invoice_url": link});
        assert_eq!(case.act(&[reply(shown)]), Act::Ended(Answer::Done(effect)));
        let draft = json!({"id": "in_1", "status": "draft", "hosted_invoice_url": null});
        assert!(
            matches!(case.act(&[reply(draft)]), Act::Ended(Answer::Unsupported { instead }) if instead.contains("Finalize it"))
        );
    }
}

#[test]
fn what_stripe_cannot_do_is_a_task() {
    let case = Case::of(Kind::Defer { invoice: "in_1".into(), days: 7, until: "2026-03-05".parse().unwrap() });
    assert!(
        matches!(case.act(&[]), Act::Ended(Answer::Unsupported { instead }) if instead.contains("in_1") && instead.contains("2026-03-05"))
    );
    let mut case =
        Case::of(Kind::Upgrade { subscription: "sub_1".into(), plan: "price_pro".into(), price: usd(4900), at: at() });
    case.records.subscriptions.clear();
    assert!(matches!(case.act(&[]), Act::Ended(Answer::Unsupported { instead }) if instead.contains("price_pro")));
    let mut case = Case::of(Kind::Credit { amount: usd(500) });
    case.customer = "guest:ch_1";
    assert!(matches!(case.act(&[]), Act::Ended(Answer::Unsupported { .. })));
    assert_eq!(
        Case::of(Kind::Bundle { actions: vec![] }).act(&[]),
        Act::Ended(Answer::Unsupported { instead: "Recoup does this itself.".into() })
    );
}

#[test]
fn a_discount_is_a_coupon_and_then_the_subscription_with_it_and_all_that_stand() {
    let case =
        Case::of(Kind::Discount { subscription: "sub_1".into(), percent: "12.50".parse().unwrap(), price: None });
    let made = reply(json!({"id": "act"}));
    let exists = Reply { status: 400, body: json!({"error": {"code": "resource_already_exists"}}).to_string() };
    for (name, before, kept) in [
        ("none", json!({"discounts": []}), ""),
        ("none, as before there were several", json!({"discount": null}), ""),
        (
            "two",
            json!({"discounts": [{"id": "di_1", "source": {"coupon": "TEN"}}, {"id": "di_2"}]}),
            "discounts[0][discount]=di_1&discounts[1][discount]=di_2&",
        ),
        ("one that was not expanded", json!({"discounts": ["di_1"]}), "discounts[0][discount]=di_1&"),
        ("one, as before there were several", json!({"discount": {"id": "di_1"}}), "discounts[0][discount]=di_1&"),
    ] {
        let shown = subscription(&before);
        let Act::Send(call) = case.act(std::slice::from_ref(&shown)) else { panic!("no coupon: {name}") };
        let coupon =
            "POST /v1/coupons id=ACT&percent_off=12.5&duration=forever&name=12.5% off&metadata[recoup_action]=ACT";
        assert_eq!((case.shown(&call).as_str(), call.idempotency_key.as_deref()), (coupon, Some("key")), "{name}");
        for coupon in [&made, &exists] {
            let Act::Send(call) = case.act(&[shown.clone(), coupon.clone()]) else { panic!("no discount: {name}") };
            let at = kept.matches("[discount]").count();
            let expected =
                format!("POST /v1/subscriptions/sub_1 {kept}discounts[{at}][coupon]=ACT&metadata[recoup_action]=ACT");
            assert_eq!(case.shown(&call), expected, "{name}");
            assert_eq!(call.idempotency_key.as_deref(), Some("key-2"));
            let later = Reply { status: 429, body: String::new() };
            let ended = case.act(&[shown.clone(), coupon.clone(), later]);
            assert_eq!(ended, Act::Ended(Answer::NotNow), "the coupon alone takes nothing off");
        }
    }
}

#[test]
fn a_discount_is_not_given_over_one_that_is_not_known_nor_twice() {
    let case = Case::of(Kind::Discount { subscription: "sub_1".into(), percent: "10".parse().unwrap(), price: None });
    for before in [json!({}), json!({"discounts": [{"object": "discount"}]}), json!({"discount": {"coupon": {}}})] {
        let ended = case.act(&[subscription(&before)]);
        assert!(
            matches!(&ended, Act::Ended(Answer::Unsupported { instead }) if instead.contains("add 10% beside them")),
            "{before}: {ended:?}"
        );
    }
    for ours in [
        json!({"discounts": [{"id": "di_1", "source": {"type": "coupon", "coupon": case.id()}}]}),
        json!({"discounts": [{"id": "di_1", "source": {"type": "coupon", "coupon": {"id": case.id()}}}]}),
        json!({"discounts": ["di_0", {"id": "di_1", "coupon": {"id": case.id()}}]}),
        json!({"discount": {"id": "di_1", "coupon": {"id": case.id()}}}),
    ] {
        assert!(matches!(case.act(&[subscription(&ours)]), Act::Ended(Answer::Done(_))), "{ours}");
        assert!(matches!(case.look(&[subscription(&ours)], None), Look::Found(Found::Done(_))), "{ours}");
    }
    let another = subscription(&json!({"discounts": [{"id": "di_1", "source": {"coupon": "TEN"}}]}));
    assert_eq!(case.look(&[another], None), Look::Found(Found::NotThere { note: None }));
    assert_eq!(case.look(&[], None), Look::Ask(show("/v1/subscriptions/sub_1?expand%5B%5D=discounts.source.coupon")));
}

#[test]
fn a_downgrade_is_a_schedule_with_a_second_phase() {
    let case = Case::of(Kind::Downgrade {
        subscription: "sub_1".into(),
        plan: "price_mini".into(),
        price: usd(900),
        at: at(),
    });
    let items = json!([{"price": "price_sso", "quantity": 1}, {"price": "price_basic", "quantity": 3}]);
    let schedule = json!({"id": "sub_sched_1", "phases": [{
        "start_date": 1000, "end_date": 1500, "items": items, "discounts": [{"coupon": null, "discount": "di_1", "promotion_code": null}], "trial_end": null,
    }]});
    let Act::Send(call) = case.act(&[reply(schedule.clone())]) else { panic!("no second call") };
    let (first, second) = ("phases[0]", "phases[1]");
    let expected = [
        "POST /v1/subscription_schedules/sub_sched_1 end_behavior=release&proration_behavior=none&metadata[recoup_action]=ACT".to_owned(),
        format!("{first}[start_date]=1000&{first}[end_date]=1500&{second}[end_date]=2000&{second}[proration_behavior]=none"),
        format!("{first}[items][0][price]=price_sso&{first}[items][0][quantity]=1"),
        format!("{first}[items][1][price]=price_basic&{first}[items][1][quantity]=3&{first}[discounts][0][discount]=di_1"),
        format!("{second}[items][0][price]=price_sso&{second}[items][0][quantity]=1"),
        format!("{second}[items][1][price]=price_mini&{second}[items][1][quantity]=3&{second}[discounts][0][discount]=di_1"),
    ];
    assert_eq!(case.shown(&call), expected.join("&"));
    let effect = Effect { reference: "sub_sched_1".into(), status: "active".into(), ..Effect::default() };
    let done = reply(json!({"id": "sub_sched_1", "status": "active"}));
    assert_eq!(case.act(&[reply(schedule), done.clone()]), Act::Ended(Answer::Done(effect)));
    assert_eq!(case.act(&[done]), Act::Ended(Answer::Unknown), "a schedule without phases");
}

#[test]
fn a_downgrade_carries_along_what_each_phase_has() {
    let case = Case::of(Kind::Downgrade {
        subscription: "sub_1".into(),
        plan: "price_mini".into(),
        price: usd(900),
        at: at(),
    });
    let item = json!({
        "price": {"id": "price_basic"}, "quantity": 3, "tax_rates": [{"id": "txr_2", "percentage": 19}], "billing_thresholds": {"usage_gte": 50},
        "discounts": [{"discount": {"id": "di_2"}, "coupon": null}], "metadata": {"id": "line 7"},
    });
    let phase = json!({
        "start_date": 1000, "end_date": 1500, "items": [item], "discounts": [], "trial_end": null, "proration_behavior": "create_prorations",
        "default_tax_rates": [{"id": "txr_1", "object": "tax_rate"}, {"id": "txr_3"}],
        "automatic_tax": {"enabled": true, "liability": {"type": "account", "account": "acct_1"}, "disabled_reason": null},
        "collection_method": "send_invoice", "default_payment_method": {"id": "pm_1", "object": "payment_method"},
        "invoice_settings": {"days_until_due": 30, "account_tax_ids": null, "issuer": {"type": "self"}},
        "on_behalf_of": "acct_1", "transfer_data": {"destination": {"id": "acct_1"}, "amount_percent": 12.5},
        "application_fee_percent": 2.5, "billing_thresholds": null, "description": "Main", "metadata": {"crm": "77"},
    });
    let schedule = json!({"id": "sub_sched_1", "phases": [phase]});
    let Act::Send(call) = case.act(&[reply(schedule)]) else { panic!("no second call") };
    let of = |number: usize, price: &str| {
        [
            format!("[items][0][price]={price}"),
            "[items][0][quantity]=3".to_owned(),
            "[items][0][discounts][0][discount]=di_2".to_owned(),
            "[items][0][tax_rates][0]=txr_2".to_owned(),
            "[items][0][billing_thresholds][usage_gte]=50".to_owned(),
            "[items][0][metadata][id]=line 7".to_owned(),
            "[default_tax_rates][0]=txr_1".to_owned(),
            "[default_tax_rates][1]=txr_3".to_owned(),
            "[automatic_tax][enabled]=true".to_owned(),
            "[automatic_tax][liability][account]=acct_1".to_owned(),
            "[automatic_tax][liability][type]=account".to_owned(),
            "[collection_method]=send_invoice".to_owned(),
            "[default_payment_method]=pm_1".to_owned(),
            "[invoice_settings][days_until_due]=30".to_owned(),
            "[invoice_settings][issuer][type]=self".to_owned(),
            "[on_behalf_of]=acct_1".to_owned(),
            "[transfer_data][amount_percent]=12.5".to_owned(),
            "[transfer_data][destination]=acct_1".to_owned(),
            "[application_fee_percent]=2.5".to_owned(),
            "[description]=Main".to_owned(),
            "[metadata][crm]=77".to_owned(),
        ]
        .map(|field| format!("phases[{number}]{field}"))
        .to_vec()
    };
    let shown = case.shown(&call);
    let sent: Vec<_> = shown.split('&').filter(|pair| pair.starts_with("phases")).collect();
    let times = sent.iter().filter(|pair| ["_date]", "[1][proration_behavior]"].iter().any(|name| pair.contains(name)));
    assert_eq!(times.count(), 4, "{shown}");
    assert_eq!(sent[4..], [of(0, "price_basic"), of(1, "price_mini")].concat());
}

#[test]
fn what_stripe_itself_paused_is_resumed_before_collection_goes_on() {
    let case = Case::of(Kind::Resume { subscription: "sub_1".into() });
    let void = json!({"behavior": "void"});
    let shown =
        |status: &str, pause: &serde_json::Value| subscription(&json!({"status": status, "pause_collection": pause}));
    let none = serde_json::Value::Null;
    let active = shown("active", &none);
    let collect = "POST /v1/subscriptions/sub_1 pause_collection=&metadata[recoup_action]=ACT";
    let resume = "POST /v1/subscriptions/sub_1/resume ";
    for (name, before, requests) in [
        ("collection rests", shown("active", &void), vec![collect]),
        ("Stripe paused it", shown("paused", &none), vec![resume]),
        ("both", shown("paused", &void), vec![resume, collect]),
        ("nothing rests", shown("active", &none), vec![collect]),
    ] {
        let mut replies = vec![before];
        for request in requests {
            let Act::Send(call) = case.act(&replies) else { panic!("{name}: no {request}") };
            assert_eq!(case.shown(&call), request, "{name}");
            // A key stands for one request, whichever of them an earlier attempt has sent.
            let key = if request == resume { "key-2" } else { "key" };
            assert_eq!(call.idempotency_key.as_deref(), Some(key), "{name}");
            for (status, refused) in [(402, true), (429, false)] {
                let body = r#"{"error": {"code": "card_declined", "message": "Declined."}}"#.to_owned();
                let ended = case.act(&[replies.clone(), vec![Reply { status, body }]].concat());
                let is_so = match ended {
                    Act::Ended(Answer::Refused { .. }) => refused,
                    Act::Ended(Answer::NotNow) => !refused,
                    _ => false,
                };
                assert!(is_so, "{name}: {request} {status}, and nothing more is sent");
            }
            replies.push(active.clone());
        }
        assert!(matches!(case.act(&replies), Act::Ended(Answer::Done(_))), "{name}");
    }
}

#[test]
fn a_look_finds_ours_by_its_id() {
    for (kind, path) in [
        (Kind::Refund { payment: "ch_1".into(), amount: usd(1) }, "/v1/refunds?charge=ch_1&limit=100"),
        (Kind::Credit { amount: usd(1) }, "/v1/customers/cus_1/balance_transactions?limit=100"),
    ] {
        let case = Case::of(kind);
        assert_eq!(case.look(&[], None), Look::Ask(show(path)));
        let mine = json!({"id": "x_1", "created": AT, "metadata": {"recoup_action": case.id()}});
        let other = json!({"id": "x_2", "created": AT, "metadata": {"recoup_action": "act_other"}});
        let old = json!({"id": "x_3", "created": AT - 86_400, "metadata": {}});
        let page =
            |objects: &[&serde_json::Value], has_more: bool| reply(json!({"data": objects, "has_more": has_more}));
        let found = case.look(&[page(&[&other, &mine], false)], None);
        assert!(matches!(found, Look::Found(Found::Done(effect)) if effect.reference == "x_1"), "{path}");
        assert_eq!(case.look(&[page(&[&other], true)], None), Look::Ask(show(format!("{path}&starting_after=x_2"))));
        assert_eq!(case.look(&[page(&[&other, &old], true)], None), Look::Found(Found::NotThere { note: None }));
        assert_eq!(case.look(&[Reply { status: 500, body: "{}".into() }], None), Look::Found(Found::Unknown));
        assert_eq!(case.look(&[reply(json!({}))], None), Look::Found(Found::Unknown));
    }
}

#[test]
fn a_look_compares_what_is_with_what_was_wanted() {
    let sub = || "sub_1".to_owned();
    let items = json!({"items": {"data": [{"price": {"id": "price_basic"}, "quantity": 3}, {"price": {"id": "price_sso"}, "quantity": 1}]}});
    let rows = [
        (
            Kind::MarkPaid { invoice: "in_1".into(), amount: usd(1) },
            json!({"status": "paid"}),
            json!({"status": "open"}),
        ),
        (
            Kind::WriteOff { invoice: "in_1".into(), amount: usd(1) },
            json!({"status": "uncollectible"}),
            json!({"status": "open"}),
        ),
        (
            Kind::VoidInvoice { invoice: "in_1".into(), amount: usd(1) },
            json!({"status": "void"}),
            json!({"status": "open"}),
        ),
        (
            Kind::ExtendTrial { subscription: sub(), days: 1, until: at() },
            json!({"trial_end": AT}),
            json!({"trial_end": AT - 1}),
        ),
        (
            Kind::Pause { subscription: sub() },
            json!({"pause_collection": {"behavior": "void"}}),
            json!({"pause_collection": null}),
        ),
        (Kind::Resume { subscription: sub() }, json!({"status": "active"}), json!({"status": "paused"})),
        (
            Kind::Upgrade { subscription: sub(), plan: "price_basic".into(), price: usd(1), at: at() },
            items.clone(),
            json!({}),
        ),
        (
            Kind::AdjustSeats { subscription: sub(), seats: 3, price: None, at: at() },
            items.clone(),
            json!({"items": {"data": []}}),
        ),
        (
            Kind::ChangeAddons {
                subscription: sub(),
                addons: vec![Addon { price: "price_sso".into(), quantity: 1 }],
                price: None,
                at: at(),
            },
            items.clone(),
            json!({"items": {"data": []}}),
        ),
        (
            Kind::Cancel { subscription: sub(), when: When::PeriodEnd, asked_at: at() },
            json!({"cancel_at_period_end": true}),
            json!({}),
        ),
        (
            Kind::Cancel { subscription: sub(), when: When::Now, asked_at: at() },
            json!({"status": "canceled"}),
            json!({"status": "active"}),
        ),
        (Kind::ForceCancel { subscription: sub() }, json!({"status": "canceled"}), json!({"status": "active"})),
    ];
    for (kind, done, open) in rows {
        let case = Case::of(kind);
        let name = case.action.inner().kind.name();
        assert!(
            matches!(case.look(&[], None), Look::Ask(call) if call.method == Method::GET && call.idempotency_key.is_none()),
            "{name}"
        );
        assert!(matches!(case.look(&[reply(done)], None), Look::Found(Found::Done(_))), "{name}");
        assert_eq!(case.look(&[reply(open)], None), Look::Found(Found::NotThere { note: None }), "{name}");
        assert_eq!(case.look(&[Reply { status: 404, body: "{}".into() }], None), Look::Found(Found::Unknown), "{name}");
    }
    let case = Case::of(Kind::Discount { subscription: sub(), percent: "10".parse().unwrap(), price: None });
    assert!(matches!(
        case.look(&[reply(json!({"metadata": {"recoup_action": case.id()}}))], None),
        Look::Found(Found::Done(_))
    ));
    let links = Case::of(Kind::UpdatePaymentMethod {});
    assert_eq!(links.look(&[], None), Look::Found(Found::NotThere { note: None }));
}

#[test]
fn a_downgrade_is_found_in_the_schedule() {
    let case = Case::of(Kind::Downgrade {
        subscription: "sub_1".into(),
        plan: "price_mini".into(),
        price: usd(900),
        at: at(),
    });
    let bare = reply(json!({"id": "sub_1", "schedule": null}));
    let held = reply(json!({"id": "sub_1", "schedule": "sub_sched_1"}));
    assert_eq!(case.look(&[bare], None), Look::Found(Found::NotThere { note: None }));
    assert_eq!(case.look(std::slice::from_ref(&held), None), Look::Ask(show("/v1/subscription_schedules/sub_sched_1")));
    let schedule = |price: &str| {
        reply(
            json!({"id": "sub_sched_1", "phases": [{"items": [{"price": "price_basic"}]}, {"items": [{"price": price}]}]}),
        )
    };
    let found = case.look(&[held.clone(), schedule("price_mini")], None);
    assert!(matches!(found, Look::Found(Found::Done(effect)) if effect.reference == "sub_sched_1"));
    assert_eq!(case.look(&[held, schedule("price_other")], None), Look::Found(Found::NotThere { note: None }));
}

#[test]
fn another_try_is_told_by_what_was_there_before() {
    let case = Case::of(Kind::RetryPayment { invoice: "in_1".into(), amount: None, card: None });
    assert!(looks_first(&case.action.inner().kind));
    assert!(!looks_first(&Kind::UpdatePaymentMethod {}));
    assert_eq!(case.look(&[], None), Look::Ask(show("/v1/invoices/in_1")));
    let invoice = |status: &str, tries: u32| reply(json!({"id": "in_1", "status": status, "attempt_count": tries}));
    let Look::Ask(call) = case.look(&[invoice("open", 1)], None) else { panic!("no second question") };
    assert!(call.path.starts_with("/v1/invoice_payments?invoice=in_1&"), "{}", call.path);
    let intents = |charge: &str| {
        let error = json!({"code": "card_declined", "decline_code": "lost_card", "message": "Declined."});
        let intent = json!({"id": "pi_1", "latest_charge": charge, "last_payment_error": error});
        reply(json!({"data": [{"payment": {"payment_intent": intent}}]}))
    };
    let note = Some("tries 1, charges ch_1".to_owned());
    let before = note.as_deref();
    let not_there = Look::Found(Found::NotThere { note: note.clone() });
    let failed = Look::Found(Found::Failed { code: "lost_card".into(), message: "Declined.".into() });
    assert_eq!(case.look(&[invoice("open", 1), intents("ch_1")], None), not_there, "never sent");
    assert_eq!(case.look(&[invoice("open", 1), intents("ch_1")], before), not_there, "sent, and not arrived");
    assert_eq!(case.look(&[invoice("open", 2), intents("ch_1")], before), failed);
    assert_eq!(
        case.look(&[invoice("open", 1), intents("ch_2")], before),
        failed,
        "a try by hand that Stripe does not count"
    );
    let intent = json!({"id": "pi_1", "status": "processing", "latest_charge": "ch_2", "last_payment_error": null});
    let pending = reply(json!({"data": [{"payment": {"payment_intent": intent}}]}));
    let effect = Effect { reference: "in_1".into(), status: "processing".into(), ..Effect::default() };
    let found = case.look(&[invoice("open", 2), pending.clone()], before);
    assert_eq!(found, Look::Found(Found::Done(effect)), "what is on its way for a day has not failed");
    assert!(
        matches!(case.look(&[invoice("open", 1), pending], None), Look::Found(Found::NotThere { .. })),
        "somebody's, and ours was never sent"
    );
    assert!(matches!(case.look(&[invoice("paid", 2)], before), Look::Found(Found::Done(_))));
    assert!(
        !matches!(case.look(&[invoice("paid", 2), intents("ch_2")], None), Look::Found(Found::Done(_))),
        "never sent"
    );
    let older = reply(json!({"id": "in_1", "status": "open", "attempt_count": 1, "charge": "ch_1"}));
    assert_eq!(case.look(&[older], before), not_there, "an older invoice names its charge");
}

/// An approved action, and what the book knows.
struct Case {
    action: Approved<Action>,
    records: Touched,
    customer: &'static str,
}

impl Case {
    fn of(kind: Kind) -> Self {
        let item = |id: &str, price: &str, role, quantity| Item {
            id: Some(id.into()),
            price: price.into(),
            name: None,
            role,
            unit: None,
            quantity,
            interval: None,
        };
        let items = vec![item("si_1", "price_basic", Role::Plan, 3), item("si_2", "price_sso", Role::Addon, 1)];
        let subscription = Subscription { id: "sub_1".into(), items: seen(items), ..Subscription::default() };
        let link = "https://invoice.stripe.com/i/1".to_owned();
        let invoice = Invoice {
            id: "in_1".into(),
            status: seen(InvoiceStatus::Open),
            pay_link: seen(link),
            ..Invoice::default()
        };
        let mut records = Touched::default();
        records.subscriptions.insert("sub_1".into(), subscription);
        records.invoices.insert("in_1".into(), invoice);
        Self { action: decided(kind), records, customer: "cus_1" }
    }

    fn order<'a>(&'a self, before: Option<&'a str>) -> Order<'a> {
        Order {
            action: &self.action,
            customer: self.customer,
            records: &self.records,
            key: "key",
            before,
            webhook: None,
            since: at(),
            now: at(),
        }
    }

    fn act(&self, replies: &[Reply]) -> Act {
        act(&self.order(None), replies)
    }

    fn look(&self, replies: &[Reply], before: Option<&str>) -> Look {
        look::look(&self.order(before), replies)
    }

    fn id(&self) -> &str {
        self.action.inner().id.as_str()
    }

    /// A request as a person reads it.
    fn shown(&self, call: &Call) -> String {
        let plain = |form: &str| {
            let pairs = form_urlencoded::parse(form.as_bytes()).map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join("&")
        };
        let path = match call.path.split_once('?') {
            Some((path, query)) => format!("{path}?{}", plain(query)),
            None => call.path.clone(),
        };
        format!("{} {path} {}", call.method, plain(&call.body)).replace(self.id(), "ACT")
    }
}

fn decided(kind: Kind) -> Approved<Action> {
    example::decided(&AccountId::of("stripe", "default", "cus_1"), kind, Reason::DuplicateCharge, at())
}

fn seen<T>(value: T) -> Latest<T> {
    let event = Event {
        id: "evt_1".into(),
        provider: "stripe".into(),
        source: "default".into(),
        origin: Origin::Webhook,
        kind: domain::event::Kind::InvoiceChanged,
        at: at(),
        customer: None,
        seen: vec![],
    };
    let mut latest = Latest::default();
    latest.see(&Stamp::of(&event, None, 0), Some(value));
    latest
}

/// A subscription that runs, with these fields.
fn subscription(fields: &serde_json::Value) -> Reply {
    let mut object = json!({"id": "sub_1", "status": "active"});
    object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    reply(object)
}

fn reply(body: serde_json::Value) -> Reply {
    Reply { status: 200, body: body.to_string() }
}

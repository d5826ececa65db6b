//! What grows by what people and imports do, grown by the product's own functions until they refuse or forget: a limit
//! that is raised shows in what comes of it.

use super::{AT, POLICIES, action as action_id, at, case, id, note, text};
use app::records::paper::CREDIT_BYTES_MAX;
use app::store::imported::{Board, Imported, Shelved};
use app::store::keys;
use domain::action::{
    Action, Addon, Attempt, BUNDLE_MAX, Clause, Decision, Ended, KINDS, Kind, Line, Moment, Preview, Reason, Vote, Why,
};
use domain::approval::decide;
use domain::approval::delegation::{self, Delegations};
use domain::document::{Beside, Entities, EntityWish, Filed, NotKept as NotKeptEntity};
use domain::import::{Imports, Merged, Started, Unfit, Usage};
use domain::money::{Currency, Money};
use domain::outgoing::{Endpoints, Event, Kept, Kind as Told, Line as ToldLine, Refused, Wish as Listening};
use domain::policy::stored_bytes;
use domain::source::{Acting, Backlog, Granted, Judged, Mode, Party, Source, SwitchOff, Wish};
use domain::staff::{Embeds, NotAllowed, NotKept, Origins, Role, Staff, Views};
use domain::stop::{self, Known, Stops};
use domain::telling::Channel;
use jiff::SignedDuration;
use serde_json::{from_value, json};

fn staff(number: usize, role: Role) -> Staff {
    Staff { id: id(number), name: String::new(), role, email: String::new(), slack: None, languages: Vec::new() }
}

/// A shelf on which two imports lie that say as much as there is room for, and its largest board.
pub fn shelf() -> (Imported<Usage>, Board<Usage>) {
    let room = POLICIES.limits.current().shelf_room();
    let home = keys::price("chargebee", &id(0), &id(1));
    let told: Vec<(usize, Usage)> = (0..800)
        .map(|number| {
            let metered = json!({"metric": format!("{number:0>100}"), "quantity": "12345678.12", "from": AT, "to": AT});
            let usage = json!({"provider": "chargebee", "source": "default", "customer": "cus_1", "subscription": null,
                "metered": metered, "seats_used": null, "as_of": AT});
            (number, from_value(usage).unwrap())
        })
        .collect();
    let (mut imports, mut imported, mut boards) = (Imports::of("usage"), Imported::empty(&home), Vec::new());
    for number in 1..=2 {
        assert_eq!(imports.begin(&format!("imp_{number}"), told.len(), "mara", at()), Started::As(number));
        let mut lay = |told: &[(usize, Usage)]| {
            let merged = Merged::of(Vec::new(), told, Usage::is_about);
            imported.shelf.lay(number, merged, &imports, room)
        };
        // The row that is refused says how many have room.
        let Err(Unfit::TooMany(most)) = lay(&told) else {
            panic!("{} records are more than a shelf holds", told.len())
        };
        let apart = lay(&told[..most]).unwrap();
        boards.extend(apart.into_iter().map(|(board, records)| Board::of(&home, board, number, records)));
        assert!(imports.switch(number, at()));
    }
    let board = boards.into_iter().max_by_key(stored_bytes).unwrap();
    (imported, board)
}

/// A line that more waits in than it holds.
pub fn line() -> ToldLine {
    let mut line = ToldLine::new("ep_1", &super::account());
    let kept = Kept(SignedDuration::from_hours(24 * POLICIES.limits.current().outgoing_days));
    let data = json!({"account": super::account(), "provider": "chargebee", "source": id(0), "customer": id(0),
        "invoice": id(0), "number": text(400), "reason": text(400), "failed_at": AT, "paid_at": AT});
    for number in 0..1_000 {
        let event =
            Event { id: format!("msg_{number:0>24}"), kind: Told::PaymentRecovered, at: at(), data: data.clone() };
        if line.push(event, kept, at()) > 0 {
            return line;
        }
    }
    panic!("a line holds less than that")
}

/// As many endpoints as there may be, each with as many secrets.
pub fn endpoints() -> Endpoints {
    let (mut endpoints, mara) = (Endpoints::default(), staff(0, Role::Vp));
    let host = "https://hooks.shop.example/";
    let wish = Listening { url: format!("{host}{}", text(1_000 - host.len())), events: Told::ALL.to_vec() };
    while let Ok(added) = endpoints.add(&wish, false, &mara, at()) {
        while endpoints.rotate(&added.id, &mara, at()) != Err(Refused::TooSoon) {}
    }
    assert_eq!(endpoints.add(&wish, false, &mara, at()), Err(Refused::TooMany));
    endpoints
}

/// A source that two people raised and lowered again more often than it remembers, and that waits to be raised once
/// more.
pub fn source() -> Source {
    let people = [1, 2].map(|number| staff(number, Role::Manager));
    let mut backlog = Backlog::default();
    for kind in KINDS.into_iter().chain(["bundle"]) {
        for code in "AUD BRL CAD CHF CZK DKK EUR GBP HUF JPY MXN NOK PLN SEK USD".split(' ') {
            let amount = Money::parse("999999999999", Currency::parse(code).unwrap()).unwrap();
            backlog.add(kind, [amount], at());
            backlog.add_recovery(amount, at());
            backlog.add_staying(amount);
        }
    }
    let wish = |mode, acting, party| Wish {
        name: Some("M".repeat(60)),
        mode: Some(mode),
        acting: Some(acting),
        retries: Some(party),
        messages: Some(party),
        cancels: Some(party),
    };
    let (up, down) = (wish(Mode::Both, Acting::Act, Party::Recoup), wish(Mode::Live, Acting::Observe, Party::Provider));
    let mut source = Source::new("chargebee", &id(0));
    let mut say = |wish: &Wish, by: &Staff| {
        let unkept = vec!["x".repeat(300); 3];
        let judged =
            Judged { backlog: backlog.clone(), hours: 72, now: at(), switch_off: SwitchOff::default(), unkept };
        source.wish(wish, by, judged).unwrap()
    };
    for _ in 0..20 {
        assert_eq!(say(&up, &people[0]), Granted::NeedsAnother);
        assert_eq!(say(&up, &people[1]), Granted::Done);
        assert_eq!(say(&down, &people[0]), Granted::Done);
    }
    assert_eq!(say(&up, &people[0]), Granted::NeedsAnother);
    assert!(source.changes.len() < 40, "the oldest is forgotten");
    source
}

/// Stops, until no more are taken.
pub fn stops() -> Stops {
    let sources: Vec<String> = (0..200).map(|number| format!("chargebee/{}", id(number))).collect();
    let known = Known { sources: &sources, segments: &[] };
    let (mut stops, vera) = (Stops::default(), staff(0, Role::Vp));
    for source in &sources {
        let wish = stop::Wish { source: Some(source.clone()), note: "\u{1}".repeat(500), ..stop::Wish::default() };
        match stops.take(&wish, known, &vera, at()) {
            Ok(()) => {}
            Err(stop::Refused::TooMany) => return stops,
            Err(refused) => panic!("{refused}"),
        }
    }
    panic!("{} stops stand, and more are taken", stops.standing.len())
}

/// Absences, more than are remembered.
pub fn delegations() -> Delegations {
    let (from, to) = (staff(0, Role::Manager), staff(1, Role::Vp));
    let until = Some(at() + SignedDuration::from_hours(24));
    let wish = delegation::Wish { from: None, to: to.id.clone(), until, note: note() };
    let mut delegations = Delegations::default();
    for _ in 0..40 {
        delegations.take(&wish, &from, &from, &to, at()).unwrap();
    }
    assert!(delegations.all.len() < 40, "the oldest is forgotten");
    delegations
}

/// As many views as one person may keep, each with the longest name and address.
pub fn views() -> Views {
    let mut views = Views::new(&id(0));
    for number in 0..1_000 {
        let name = format!("{number:03}{}", "👩".repeat(57));
        if views.keep(&name, &format!("/payment-requests?account={}", "x".repeat(474))) == Err(NotKept::Full) {
            return views;
        }
    }
    unreachable!("nobody keeps a thousand views")
}

/// As many pages as may show an account, each with the longest name.
pub fn embeds() -> Embeds {
    let label = "x".repeat(63);
    let origin = |number: usize| format!("https://{number:0>63}.{label}.{label}");
    let by = staff(0, Role::Manager);
    let mut embeds = Embeds::default();
    for count in 1..1_000 {
        let origins = (0..count).map(origin).collect();
        if embeds.allow(&Origins { origins }, &by, at()) == Err(NotAllowed::TooMany) {
            return embeds;
        }
        assert_eq!(embeds.origins.len(), count);
    }
    unreachable!("no thousand pages are allowed")
}

/// As many companies of ours as there may be, each with all that is kept of one.
pub fn entities() -> Entities {
    let (policy, merchants, vera) = (POLICIES.documents.current(), Vec::new(), staff(0, Role::Vp));
    let beside = Beside { policy, merchants: &merchants, has_documents: false, now: at() };
    let party = json!({"name": text(500), "street": [text(500)], "city": "Berlin", "post_code": "10115",
        "country": "DE", "tax_id": "DE123456789"});
    let (mut entities, mut count) = (Entities::default(), 0);
    loop {
        let named = |sources: usize| -> EntityWish {
            let sources: Vec<String> = (0..sources).map(|it| format!("chargebee/{count}-{it:0>40}")).collect();
            let entity = json!({"id": format!("e{count}"), "issuer": "recoup", "prefix": format!("R{count}-"),
                "party": party, "currency": "EUR", "rates": [{"percent": "19"}]});
            from_value(json!({"entity": entity, "sources": sources})).unwrap()
        };
        let mut sources = 0;
        loop {
            match entities.keep(&named(sources), &vera, beside) {
                Ok(_) => sources += 1,
                Err(NotKeptEntity::TooLarge) => break,
                Err(NotKeptEntity::TooMany) => return entities,
                Err(why) => panic!("{why}"),
            }
        }
        count += 1;
    }
}

/// A credit note over a document with as many lines as one may hold, for the longest reason.
pub fn filed() -> Filed {
    let party = json!({"name": text(500), "street": [text(500), text(500)], "city": text(500), "post_code": text(500),
        "region": text(500), "country": "DE", "tax_id": "DE123456789", "registration": text(500), "email": text(500)});
    let line = json!({"name": text(500), "quantity": "123456.12", "unit": "month",
        "price": {"amount": "123456.12", "currency": "EUR"}, "discount": {"amount": "1.00", "currency": "EUR"},
        "tax": {"standard": {"rate": "19"}}, "period": ["2026-01-01", "2026-01-31"]});
    let document = json!({"number": text(26), "issued_on": "2026-01-31", "corrects": null,
        "supplied": {"between": ["2026-01-01", "2026-01-31"]}, "due_on": "2026-02-28", "issuer": party,
        "customer": party, "currency": "EUR", "lines": [], "discounts": [], "paid": null,
        "payment": {"transfer": {"iban": text(34), "bic": text(11), "reference": text(500)}}, "books": null});
    let mut filed: Filed = from_value(json!({"account": super::account(), "invoice": id(0), "entity": text(40),
        "by": id(0), "at": AT, "document": document}))
    .unwrap();
    let most = POLICIES.limits.current().item_bytes_max - CREDIT_BYTES_MAX;
    while stored_bytes(&filed) <= most {
        filed.document.lines.push(from_value(line.clone()).unwrap());
    }
    filed.document.lines.pop();
    let reason = "👩".repeat(500);
    Filed { document: filed.document.taken_back(at().to_zoned(jiff::tz::TimeZone::UTC).date(), &reason), ..filed }
}

/// Everybody of whom one action may need an approval: the longest that a rule asks for, and beside it whom other
/// members of a bundle need.
fn approvals() -> Vec<Role> {
    let policy = POLICIES.approval.current();
    let mut required = policy.rule.iter().map(|rule| rule.approvals.clone()).max_by_key(Vec::len).unwrap();
    for role in policy.approving() {
        if !required.iter().any(|needed| needed.stands_for(role)) {
            required.push(role);
        }
    }
    required
}

/// A request that leaves just as much room as it must, with all that may come of it.
pub fn action() -> Action {
    let limits = POLICIES.limits.current();
    let member = |number: usize| Kind::ChangeAddons {
        subscription: id(number),
        addons: (0..2).map(|place| Addon { price: id(place), quantity: u32::MAX }).collect(),
        price: Some(Money::from_minor(i64::MAX, Currency::USD)),
        at: at(),
    };
    let kind = Kind::Bundle { actions: (0..BUNDLE_MAX).map(member).collect() };
    let clause = Clause { rule: text(60), policy_version: 1, why: text(600) };
    let preview =
        Preview { summary: text(600), about: text(80), lines: Vec::new(), clause, notices: vec![], digest: text(64) };
    let mut action = Action::new(action_id(0), kind, Reason::CustomerDissatisfaction, preview, &id(0), at());
    action.note = note();
    action.case = Some(case(0));
    action.expires_at = at() + SignedDuration::from_hours(1);
    action.required = approvals();
    while action.leaves_room(limits.asked_bytes_max) {
        action.preview.lines.push(Line::text(&text(80), Some(text(80).as_str()), &text(80)));
    }
    action.preview.lines.pop();
    assert!(action.preview.lines.len() > 10, "a bundle of {BUNDLE_MAX} has room for its preview");

    // Whoever decides stands in for somebody, and has much to say.
    for (place, role) in action.required.clone().into_iter().enumerate() {
        let by = staff(10 + place, role);
        let digest = action.preview.digest.clone();
        let vote = Vote {
            by: by.id.clone(),
            role,
            decision: Decision::Approve,
            digest: digest.clone(),
            note: note(),
            at: at(),
            within_limit: false,
            in_place_of: Some(id(50 + place)),
        };
        action = decide(action, vote, &by, &digest, at()).unwrap();
    }
    action.members = (0..BUNDLE_MAX).map(action_id).collect();
    action.holds(Some(at()));
    let moment = Moment { now: at(), again: at() };
    let attempt = Attempt::next(&action, at(), SignedDuration::from_hours(24));
    action.sent(Attempt { before: Some(id(0)), ..attempt }, at()).unwrap();
    let refused = Ended::Refused { code: text(5_000), message: note() };
    action.take_end(&refused, moment, limits).unwrap();

    // Nobody can be told, as many as there are, and the channel.
    action.told.begin(Why::Again);
    for number in 0..=limits.told_people_max {
        action.told.tellings_mut().sending(Channel::Mail, &id(number));
        action.told.tellings_mut().refused(Channel::Mail, &id(number), (note().as_str(), None), &limits.telling, at());
        action.told.stands(&text(255));
    }
    action.told.reminded_at = Some(at());
    action.told.escalated_at = Some(at());
    action.told.next_at = Some(at());
    action
}

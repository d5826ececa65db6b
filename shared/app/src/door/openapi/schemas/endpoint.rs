//! Where the product is told what happens here.

use super::Named;
use crate::door::openapi::shape::{list, object, only, or_null, page, text, time, told, words};
use domain::outgoing::{Health, Kind};
use serde_json::Value;

pub(super) fn schemas() -> Named {
    let secret = told(text(), "`whsec_` and a key in base64: signs by Standard Webhooks. It is shown this once.");
    vec![
        ("Endpoint", object(fields())),
        ("NewEndpoint", object(fields().into_iter().chain([("secret", secret)]))),
        ("Endpoints", page("Endpoint")),
        ("EndpointWish", only([("url", told(text(), "Begins with https://.")), ("events", kinds())])),
        ("Replaying", only([("since", time())])),
    ]
}

fn kinds() -> Value {
    list(words(Kind::ALL))
}

fn fields() -> [(&'static str, Value); 11] {
    [
        ("id", text()),
        ("url", text()),
        ("events", kinds()),
        ("by", text()),
        ("at", time()),
        ("state", words(Health::ALL)),
        ("failing_since", told(or_null(time()), "Since when nothing was taken there.")),
        ("why", told(or_null(text()), "How it was refused then.")),
        ("disabled_at", told(or_null(time()), "Since when nothing is sent there: what happens waits.")),
        ("old_secret_until", told(or_null(time()), "Until when the secret before signs beside the present one.")),
        ("replaying_since", told(or_null(time()), "What happened since then is being sent again.")),
    ]
}

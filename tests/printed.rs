//! What the service prints.

use app::ports::Unprinted;
use domain::document::TaxDocument;
use tests::world::open_at;

fn shown() -> TaxDocument {
    serde_json::from_str(include_str!("documents/shown.json")).unwrap()
}

#[tokio::test]
async fn a_service_prints_a_document_or_says_why_not() {
    let service = open_at("2026-03-02T12:00:00Z").await;
    let page = service.context.press.pdf(&shown()).await.unwrap();
    assert!(page.starts_with(b"%PDF-1.7"));
    let mut lawless = shown();
    lawless.issuer.country = "XX".to_owned();
    let refused = service.context.press.pdf(&lawless).await.unwrap_err();
    assert!(matches!(&refused, Unprinted::Failed(reason) if reason.contains("the law of `XX`")), "{refused}");
    for limits in service.context.policies.limits.all() {
        let inside_base64 = limits.press.page_bytes_max.div_ceil(3) * 4;
        assert!(inside_base64 < 6_000_000, "Lambda answers with no page of {} bytes", limits.press.page_bytes_max);
        assert!(limits.press.secs < 29, "a gateway waits for no page of {} seconds", limits.press.secs);
    }
}

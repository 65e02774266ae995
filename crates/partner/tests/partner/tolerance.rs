//! Is a fact taken whatever odd characters, spellings and packings a register sends it in, and is money safe meanwhile?

use crate::side::*;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

const REPORT: &str = "/partner/loyalty/reportBenefitUsage";

/// Sends a body as it is, with more headers.
async fn send_bytes(side: &Side, path: &str, token: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let mut request =
        Request::builder().method("POST").uri(path).header("authorization", format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = side.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Answer { status: parts.status, headers: parts.headers, body }
}

/// A body with `from` replaced by bytes that may be no text at all.
fn patched(body: &Value, from: &str, to: &[u8]) -> Vec<u8> {
    let text = body.to_string();
    let (before, after) = text.split_once(from).unwrap();
    [before.as_bytes(), to, after.as_bytes()].concat()
}

on_both_engines! {
    /// A report is a fact: were it refused, the voucher could be spent again at the next register.
    async fn odd_characters_in_a_text_cost_no_report(side: Side) {
        for (number, odd) in [
            &b"Pol\\u0000\\u0000vka"[..], b"Pol\\ud83c", b"\\udf72 Pol", b"Pol\xe9vka", b"Pol\tka", b"Pol\0ka",
        ].into_iter().enumerate() {
            let voucher = format!("V{number}");
            side.voucher(&voucher, 300).await;
            side.offer(&format!("o{number}"), 1, 300, &[&voucher]).await;
            let body = report(&format!("o{number}"), &format!("b{number}"), "0", &[(&voucher, 300, 0)]);
            for _ in 0..2 {
                let answer = send_bytes(&side, REPORT, &side.loyalty, &[], patched(&body, "Guláš", odd)).await;
                assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({})), "{odd:?} {answer:?}");
            }
            assert_eq!(side.posted(&voucher).await, 0, "{odd:?}");
            side.clock.advance_seconds(200);
            let again = side.offer(&format!("again{number}"), 2, 300, &[&voucher]).await;
            assert_eq!(again["balances"][0]["valueToUseInCurrency"].as_i64().unwrap_or(0), 0, "{odd:?} {again}");
        }
        assert_eq!(side.view("/usages").await["data"].as_array().unwrap().len(), 6, "each once");
        assert_eq!(side.view("/quarantine").await["data"], json!([]));
        side.books_add_up().await;
    }

    /// Wherever a text stands that nobody books from: names, titles, categories, metadata, members nobody knows.
    async fn odd_characters_stand_in_any_text(side: Side) {
        side.member().await;
        let odd = "odd\u{0}";
        let line = |change: Value| with(report("", "", "100", &[])["paidItems"][0].clone(), change);
        for (number, change) in [
            json!({"metadata": format!("{{\"a\": \"{odd}\"}}")}),
            json!({"metadata": {"a": {odd: [odd]}}}),
            json!({"countryCode": odd}),
            json!({"waiter": {odd: odd}}),
            json!({"benefitInputs": [{"inputCode": odd}]}),
            json!({"paidItems": [line(json!({"measure": odd}))]}),
            json!({"paidItems": [line(json!({"product": {"productId": "p", "categories": [{"categoryId": "c", "name": odd}]}}))]}),
        ].into_iter().enumerate() {
            let body = with(with(report(&format!("o{number}"), &format!("b{number}"), "100", &[]), json!({"customerId": "anna"})), change);
            side.report(&body).await;
            side.report(&body).await;
        }
        let usages = side.view("/usages").await;
        assert_eq!(usages["data"].as_array().unwrap().len(), 7, "{usages}");
        side.books_add_up().await;
    }

    /// Two ids would become one.
    async fn odd_characters_in_an_id_are_refused_by_name(side: Side) {
        let good = report("o1", "b1", "100", &[("V", 1, 0)]);
        for (from, to, field) in [
            ("\"b1\"", &b"\"b1\\u0000\""[..], "billId"),
            ("\"b1\"", b"\"b1\\ud83d\"", "billId"),
            ("\"b1\"", b"\"b1\xff\"", "billId"),
            ("\"o1\"", b"\"\\udc00o1\"", "loyaltyOfferId"),
            ("\"V\"", b"\"V\\ud800\"", "usedBalances[0].balanceId"),
        ] {
            let answer = send_bytes(&side, REPORT, &side.loyalty, &[], patched(&good, from, to)).await;
            assert_eq!((answer.status.as_u16(), answer.body["field"].as_str()), (400, Some(field)), "{answer:?}");
        }
        assert_eq!(side.view("/usages").await["data"], json!([]));
    }

    async fn an_offer_is_given_in_spite_of_odd_characters(side: Side) {
        side.voucher("V", 300).await;
        let body = json!({"checkId": "c", "loyaltyOfferId": "o", "deviceNumber": 1, "currencyCode": "CZK",
            "pricePrecision": 2, "benefitInputs": [{"inputCode": "V"}], "balances": [], "merchantId": MERCHANT, "placeId": "P",
            "itemsToPay": [{"checkItemId": "1", "amount": 1, "totalPriceWithVat": 100, "vatRate": 0.12,
                "product": {"productId": "p:1", "name": "NAME", "categories": []}}]});
        for odd in [&b"Pivo \\ud83d"[..], b"Pivo\\u0000", b"Pivo \x8a"] {
            let body = patched(&body, "NAME", odd);
            let answer = send_bytes(&side, "/partner/loyalty/getBenefitOffer", &side.loyalty, &[], body).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            assert_eq!(answer.body["balances"][0]["valueToUseInCurrency"], 100, "{answer:?}");
        }
        let refused = patched(&json!({"loyaltyOfferId": "o", "placeId": "P", "checkId": "c", "deviceNumber": 1,
            "errors": [{"code": "X", "message": "NAME", "path": "", "value": "NAME2"}]}), "NAME", b"\\ud83d");
        let answer = send_bytes(&side, "/partner/loyalty/reportOfferValidationError", &side.loyalty, &[], refused).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    /// PHP writes an empty object as a list, Lua an empty list as an object.
    async fn an_empty_list_and_an_empty_object_are_taken_for_each_other(side: Side) {
        let good = |number: usize| report(&format!("o{number}"), &format!("b{number}"), "100", &[]);
        let mut count = 0;
        for change in [
            json!({"metadata": []}), json!({"usedGeneralDiscounts": {}}), json!({"usedBalances": {}}),
            json!({"benefitInputs": {}}), json!({"paymentsByBalances": {}}), json!({"paidItems": {}}),
            json!({"paidItems": [{"amount": 1, "totalPriceWithVat": 100, "appliedBenefits": {},
                "product": {"productId": "p", "categories": {}}}]}),
        ] {
            count += 1;
            side.report(&with(good(count), change)).await;
        }
        assert_eq!(side.view("/usages").await["data"].as_array().unwrap().len(), count);
        for (change, field) in [
            (json!({"metadata": [1]}), "metadata"),
            (json!({"usedBalances": {"a": 1}}), "usedBalances"),
            (json!({"paidItems": "none"}), "paidItems"),
        ] {
            let body = with(good(99), change).to_string();
            let answer = side.call("POST", REPORT, &format!("Bearer {}", side.loyalty), Some(body)).await;
            assert_eq!((answer.status.as_u16(), answer.body["field"].as_str()), (400, Some(field)), "{answer:?}");
        }
    }

    async fn a_code_that_comes_as_a_number_is_one_code(side: Side) {
        side.voucher("8590000000017", 300).await;
        for (device, code) in ["8590000000017", "8590000000017.0", "8.590000000017e12", "\"8590000000017\""].into_iter().enumerate() {
            let body = json!({"checkId": format!("c{device}"), "loyaltyOfferId": format!("o{device}"), "deviceNumber": 1,
                "currencyCode": "CZK", "pricePrecision": 2, "merchantId": MERCHANT, "placeId": "P",
                "benefitInputs": [{"inputCode": serde_json::from_str::<Value>(code).unwrap()}], "balances": [],
                "itemsToPay": [{"checkItemId": "1", "amount": 1, "totalPriceWithVat": 100, "product": {"productId": "p"}}]});
            let (status, answer) = side.webhook("getBenefitOffer", &side.loyalty, body.to_string()).await;
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(status, 200, "{answer}");
            assert!(!answer.to_string().contains("NOT_FOUND"), "{code}: {answer}");
            side.clock.advance_seconds(200);
        }
    }

    async fn a_byte_order_mark_stands_before_any_json(side: Side) {
        let member = json!({"memberId": "m", "person": {"firstName": "G"}}).to_string();
        let set_up = format!("/admin/v1/partner/merchants/{MERCHANT}/members");
        let desks = json!({"dataDomain": "desks", "data": [{"deskId": "1"}]}).to_string();
        for (path, token, body, status) in [
            (set_up.as_str(), &side.admin, member, 201),
            (REPORT, &side.loyalty, report("o1", "b1", "100", &[]).to_string(), 200),
            ("/partner/datasync", &side.datasync, desks, 204),
        ] {
            let body = [b"\xef\xbb\xbf", body.as_bytes()].concat();
            let answer = send_bytes(&side, path, token, &[("content-type", "application/json")], body).await;
            assert_eq!(answer.status.as_u16(), status, "{path} {answer:?}");
        }
    }
}

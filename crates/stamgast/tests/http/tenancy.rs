//! Can one merchant's caller reach another merchant's rows? Every foreign id is as good as unknown.

use http::Method;
use serde_json::json;
use stamgast::demo::restaurant::{Restaurant, Wishes, set_up};
use testkit::restaurant::{CARD, MAIN, MPV};
use testkit::{House, assert_number};

/// A second merchant with the same codes on the same server.
async fn neighbour(house: &House) -> Restaurant {
    let other = set_up(&house.app.admin, &Wishes::new(&house.app.outside, house.app.url())).await.unwrap();
    testkit::fed(&house.app.admin, &other.merchant_id).await;
    other
}

testkit::on_both_engines! {
    async fn the_connection_decides_the_merchant_whatever_the_body_says(engine: Engine) {
        let house = House::start(engine).await;
        let other = neighbour(&house).await;
        let mut offer = crate::partner::offer_of(1, "500.00", CARD);
        offer["merchantId"] = json!(other.merchant_id);
        offer["placeId"] = json!(other.place_id);
        let answer = house.partner().post("/partner/loyalty/getBenefitOffer", &offer).await.unwrap();
        assert_eq!(answer["customer"]["customerId"], house.restaurant.member_id.as_str());

        let mut usage = crate::partner::usage_of(&other.credit_balance_id, "100.00");
        usage["customerId"] = json!(other.member_id);
        house.partner().post("/partner/loyalty/reportBenefitUsage", &usage).await.unwrap();
        let path = format!("/admin/v1/partner/merchants/{}/balances/{}", other.merchant_id, other.credit_balance_id);
        let theirs = house.app.admin.get(&path).await.unwrap();
        assert_number("the neighbour's credit", "1000", &theirs["posted"]);
        assert_number("held there", "0", &theirs["held"]);
        assert!(house.usages().await[0]["remarks"].to_string().contains(&other.credit_balance_id));
        // the voucher codes are equal, the vouchers are not
        house.partner().post("/partner/loyalty/reportBenefitUsage", &crate::partner::usage_of(MPV, "10.00")).await.unwrap();
        let path = format!("/admin/v1/partner/merchants/{}/balances/{MPV}", other.merchant_id);
        assert_number("the neighbour's voucher", "300", &house.app.admin.get(&path).await.unwrap()["posted"]);
    }

    async fn foreign_ids_in_a_path_are_not_found(engine: Engine) {
        let house = House::start(engine).await;
        let other = neighbour(&house).await;
        let check = house.open_check(1, &[(MAIN, 1)], &[]).await;
        let stranger = house.app.anyone.bearer(&other.pos_tokens[0]);
        let foreign = check.replace(&house.restaurant.source_id, &other.source_id);
        let application = {
            let login = json!({"client_id": other.client_id, "client_secret": other.client_secret,
                "grant_type": "client_credentials"});
            let granted = house.app.anyone.post("/api/auth/authorize", &login).await.unwrap();
            house.app.anyone.bearer(granted["access_token"].as_str().unwrap())
        };
        let before = house.rows().await;
        let (merchant, source) = (&house.restaurant.merchant_id, &house.restaurant.source_id);
        let requests = [
            (&stranger, Method::GET, check.clone()),
            (&stranger, Method::GET, foreign.clone()),
            (&stranger, Method::PUT, format!("{check}/lines")),
            (&stranger, Method::PUT, format!("{foreign}/lines")),
            (&stranger, Method::POST, format!("{check}/pay")),
            (&stranger, Method::POST, format!("{foreign}/pay")),
            (&application, Method::GET, format!("/merchants/{merchant}")),
            (&application, Method::GET, format!("/bills/{source}")),
            (&application, Method::GET, format!("/bills/{source}/QX2026000001")),
            (&application, Method::GET, format!("/deskViews/{source}")),
            (&application, Method::GET, format!("/deskViews/{source}/desks")),
            (&application, Method::GET, format!("/deskViews/{source}/sections")),
            (&application, Method::GET, format!("/loyalty/{source}/benefitUsages")),
            (&application, Method::POST, format!("/loyalty/{source}/benefitUsages/synchronized")),
        ];
        for (caller, method, path) in requests {
            let body = match path.rsplit('/').next() {
                Some("lines") => Some(br#"{"lines": []}"#.to_vec()),
                Some("pay") => Some(br#"{"payments": []}"#.to_vec()),
                Some("synchronized") => Some(br#"{"benefitUsageIds": ["x"]}"#.to_vec()),
                _ => None,
            };
            let answer = caller.send(method.clone(), &path, body).await.unwrap();
            assert!(matches!(answer.status, 401 | 403 | 404), "{method} {path}: {} {}", answer.status, answer.text);
        }
        let feed = house.app.anyone.bearer(&other.customers_token);
        let page = feed.get("/api/v1/customers").await.unwrap();
        assert_eq!(page["count"], 1, "the feed shows its own merchant only: {page}");
        assert_eq!(house.rows().await, before);
    }

    async fn the_set_up_wants_an_admin_token(engine: Engine) {
        let house = House::start(engine).await;
        let before = house.rows().await;
        let merchant = &house.restaurant.merchant_id;
        for caller in [house.app.anyone.clone(), house.partner(), house.register(1), house.marketing(), house.platform().await] {
            for path in [
                format!("/admin/v1/platform/merchants/{merchant}"),
                format!("/admin/v1/partner/merchants/{merchant}"),
                format!("/admin/v1/partner/merchants/{merchant}/balances/{MPV}"),
                "/admin/v1/platform/clients".to_owned(),
            ] {
                for method in [Method::GET, Method::PUT, Method::POST] {
                    let answer = caller.send(method.clone(), &path, Some(b"{}".to_vec())).await.unwrap();
                    assert!(matches!(answer.status, 401 | 405), "{method} {path}: {}", answer.status);
                }
            }
        }
        let mut after = house.rows().await;
        let mut before = before;
        // signing in as an application keeps its access token
        after.retain(|table, _| !table.contains("token"));
        before.retain(|table, _| !table.contains("token"));
        assert_eq!(after, before);
    }
}

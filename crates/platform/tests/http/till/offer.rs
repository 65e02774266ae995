//! Asking for an offer: what goes out, what is shown, what is refused.

use crate::house::{House, MERCHANT, PROVIDER, on_both_engines};
use crate::partner::worked_offer;
use http::Method;
use serde_json::json;
use std::time::{Duration, Instant};

on_both_engines! {
    async fn the_question_is_the_whole_basket_under_one_id_until_it_changes(house: House) {
        house.partner.offers(json!({}));
        let check = house.check(&[("p:main", 2), ("p:beer", -1)]).await;
        house.code(&check, "card-7").await;
        house.code(&check, "card-7").await;
        house.offer(&check).await.ok();
        house.offer(&check).await.ok();
        house.pos(Method::PUT, &format!("/checks/{check}/lines"),
            Some(json!({"lines": [{"productId": "p:main", "amount": 1}]}))).await.ok();
        let stale = house.pos(Method::GET, &format!("/checks/{check}"), None).await.ok();
        assert_eq!(stale["offer"]["current"], json!(false));
        house.offer(&check).await.ok();
        let asked = house.partner.came("/partner/loyalty/getBenefitOffer");
        let ids: Vec<_> = asked.iter().map(|came| came.body["loyaltyOfferId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 3);
        assert_eq!(ids[0], ids[1], "the same question");
        assert_ne!(ids[1], ids[2], "another basket");
        assert_eq!(ids[0].len(), 24);
        assert_eq!(asked[0].authorization, "Bearer partner-token");
        let question = &asked[0].body;
        assert_eq!(question["checkId"], json!(check));
        assert_eq!(question["deviceNumber"], json!(1));
        assert_eq!(question["pricePrecision"], json!(2));
        assert_eq!(question["posLang"], json!("cs"));
        assert_eq!(question["merchantId"], json!(MERCHANT));
        assert_eq!(question["benefitInputs"], json!([{"inputCode": "card-7"}, {"inputCode": "card-7"}]));
        let item = &question["itemsToPay"][0];
        assert_eq!(item["totalPriceWithVat"], json!(378));
        assert_eq!(item["totalAppliedNonLoyaltyDiscounts"], json!(0));
        assert_eq!(item["vatRate"].to_string(), "0.12");
        assert_eq!(
            item["product"]["categories"],
            json!([{"categoryId": "c:main", "parentCategoryId": "c:food", "name": "Hlavní"},
                {"categoryId": "c:food", "parentCategoryId": null, "name": "Jídlo"}])
        );
        assert_eq!(question["itemsToPay"][1]["totalPriceWithVat"], json!(-59));
    }

    async fn the_cashier_sees_the_offer(house: House) {
        house.partner.offers(worked_offer());
        let check = house.check(&[("p:main", 2), ("p:beer", 3), ("p:dessert", 1)]).await;
        house.code(&check, "card-7").await;
        let shown = house.offer(&check).await.ok();
        assert_eq!(shown["totalWithVat"].to_string(), "423.14");
        assert_eq!(shown["paidByBalances"].to_string(), "400");
        assert_eq!(shown["toPay"].to_string(), "23.14");
        assert_eq!(shown["offer"]["current"], json!(true));
        assert_eq!(shown["offer"]["customerName"], json!("A. Host"));
        assert_eq!(shown["offer"]["posMessages"], json!(["Dnes 42 bodů"]));
        assert_eq!(shown["codes"][0]["posTitle"], json!("Karta"));
        let finals: Vec<_> =
            shown["lines"].as_array().unwrap().iter().map(|line| line["finalPriceWithVat"].to_string()).collect();
        assert_eq!(finals, ["304.25", "113.97", "4.92"]);
        let vat: Vec<_> = shown["vat"].as_array().unwrap().iter().map(|rate| rate["vat"].to_string()).collect();
        assert_eq!(vat, ["33.13", "19.78"]);
    }

    async fn an_offer_that_breaks_a_rule_is_reported_and_not_used(house: House) {
        let mut wrong = worked_offer();
        wrong["generalDiscounts"][0]["valueToUse"] = json!(40);
        house.partner.offers(wrong);
        let check = house.check(&[("p:main", 2), ("p:beer", 3), ("p:dessert", 1)]).await;
        house.code(&check, "card-7").await;
        let refused = house.offer(&check).await;
        assert_eq!(refused.error(), (502, "OFFER_INVALID"), "{}", refused.body);
        assert_eq!(refused.body["errors"][0]["code"], json!("SUM_MISMATCH"));
        let report = house.partner.wait_for("/partner/loyalty/reportOfferValidationError").await;
        assert_eq!(report.authorization, "Bearer partner-token");
        let asked = house.partner.came("/getBenefitOffer").pop().unwrap().body;
        assert_eq!(report.body["loyaltyOfferId"], asked["loyaltyOfferId"]);
        assert_eq!(report.body["loyaltyProviderId"], json!(PROVIDER));
        assert_eq!(report.body["checkId"], json!(check));
        assert_eq!(report.body["errors"][0]["code"], json!("SUM_MISMATCH"));
        assert_eq!(report.body["offerResponse"]["generalDiscounts"][0]["valueToUse"], json!(40));
        let shown = house.pos(Method::GET, &format!("/checks/{check}"), None).await.ok();
        assert_eq!((&shown["offer"], &shown["toPay"]), (&json!(null), &json!(650)));
        assert_eq!(shown["offerProblem"]["code"], json!("OFFER_INVALID"));
        // The sale goes on without loyalty.
        assert_eq!(house.pay(&check, &[("cash", json!(650))]).await.status, 502);
        house.pos(Method::DELETE, &format!("/checks/{check}/offer"), None).await.ok();
        let bill = house.pay(&check, &[("cash", json!(650))]).await.ok();
        assert_eq!(bill["finalPrice"], json!(650));
        house.courier.run_due().await.unwrap();
        assert!(house.partner.came("/reportBenefitUsage").is_empty());
    }

    async fn an_offer_whose_ids_no_table_can_hold_is_reported_and_texts_are_mended(house: House) {
        let check = house.check(&[("p:beer", 1)]).await;
        house.code(&check, "card-7").await;
        house.partner.offers(json!({"customer": {"customerId": "a\0b"}}));
        let refused = house.offer(&check).await;
        assert_eq!(refused.error(), (502, "OFFER_INVALID"), "{}", refused.body);
        let error = &refused.body["errors"][0];
        assert_eq!((&error["code"], &error["path"]), (&json!("SCHEMA_VIOLATION"), &json!("customer.customerId")));
        let reports = house.partner.wait_for_many("/reportOfferValidationError", 1).await;
        assert_eq!(reports[0].body["errors"][0]["path"], json!("customer.customerId"));
        // A text that nobody books from is mended, and the offer counts.
        for offer in [
            json!({"balances": [{"balanceId": "c", "type": "prepaidCredit",
                "prepayment": {"value": 500, "billTitle": "\0"}}]}),
            json!({"billMessages": ["\0"]}),
            json!({"own\0": 1}),
        ] {
            house.partner.offers(offer);
            let shown = house.offer(&check).await.ok();
            let text = shown.to_string();
            assert!(!text.contains("\\u0000") && shown["offer"].is_object(), "{text}");
        }
        house.partner.offers(json!({}));
        house.offer(&check).await.ok();
        house.pos(Method::DELETE, &format!("/checks/{check}/offer"), None).await.ok();
        house.pay(&check, &[("cash", json!(59))]).await.ok();
    }

    async fn the_provider_hears_what_a_check_gives_up(house: House) {
        house.partner.offers(json!({}));
        let check = house.check(&[("p:beer", 1)]).await;
        for code in ["card-7", "mpv-1"] {
            house.code(&check, code).await;
        }
        house.offer(&check).await.ok();
        let remove = async |path: &str| house.pos(Method::DELETE, &format!("/checks/{check}{path}"), None).await.ok();
        remove("/codes/mpv-1").await;
        remove("/codes/card-7").await;
        let asked = house.partner.wait_for_many("/getBenefitOffer", 2).await;
        // Two calls at once may meet as one: the last of them tells what the check asks for in the end.
        house.partner.settles().await;
        let asked = house.partner.came("/getBenefitOffer").last().unwrap_or(&asked[1]).body.clone();
        assert_eq!((&asked["checkId"], &asked["benefitInputs"]), (&json!(check), &json!([])));
        assert_eq!(asked["itemsToPay"].as_array().unwrap().len(), 1);

        house.code(&check, "card-7").await;
        house.offer(&check).await.ok();
        let before = house.partner.came("/getBenefitOffer").len();
        remove("/offer").await;
        let asked = house.partner.wait_for_many("/getBenefitOffer", before + 1).await;
        assert_eq!(asked[before].body["benefitInputs"], json!([]));

        house.code(&check, "card-7").await;
        house.offer(&check).await.ok();
        let before = house.partner.came("/getBenefitOffer").len();
        house.pos(Method::PUT, &format!("/checks/{check}/lines"), Some(json!({"lines": []}))).await.ok();
        let asked = house.partner.wait_for_many("/getBenefitOffer", before + 1).await;
        assert_eq!(asked[before].body["itemsToPay"], json!([]));

        // What was never asked about is held nowhere.
        let before = house.partner.came("/getBenefitOffer").len();
        let other = house.check(&[("p:beer", 1)]).await;
        house.code(&other, "card-7").await;
        house.pos(Method::DELETE, &format!("/checks/{other}/codes/card-7"), None).await.ok();
        house.partner.settles().await;
        assert_eq!(house.partner.came("/getBenefitOffer").len(), before);
    }

    async fn what_gives_up_an_offer_is_answered_once_the_provider_was_told(house: House) {
        house.partner.offers(json!({}));
        for (change, body) in [
            ((Method::DELETE, "/offer"), None),
            ((Method::DELETE, "/codes/card-7"), None),
            ((Method::PUT, "/lines"), Some(json!({"lines": []}))),
        ] {
            let check = house.check(&[("p:beer", 1)]).await;
            house.code(&check, "card-7").await;
            house.offer(&check).await.ok();
            // a provider that takes its time, and one that refuses
            for (delay, status) in [(200, 200), (0, 500)] {
                if status == 500 {
                    house.pos(Method::PUT, &format!("/checks/{check}/lines"),
                        Some(json!({"lines": [{"productId": "p:beer", "amount": 1}]}))).await.ok();
                    house.code(&check, "card-7").await;
                    house.offer(&check).await.ok();
                    house.partner.answers(500, "{}");
                }
                house.partner.delays(Duration::from_millis(delay));
                let before = house.partner.came("/getBenefitOffer").len();
                let began = Instant::now();
                house.pos(change.0.clone(), &format!("/checks/{check}{}", change.1), body.clone()).await.ok();
                assert!(began.elapsed() >= Duration::from_millis(delay), "{change:?}: {:?}", began.elapsed());
                assert_eq!(house.partner.came("/getBenefitOffer").len(), before + 1, "{change:?} {status}");
                house.partner.delays(Duration::ZERO);
                house.partner.offers(json!({}));
            }
        }
    }

    async fn a_slow_provider_is_told_on_the_side(house: House) {
        // registers that wait ten seconds for an offer do not wait so long to give one up
        let house = House::with_deadline(house.db.engine(), Duration::from_secs(10)).await;
        house.partner.offers(json!({}));
        let check = house.check(&[("p:beer", 1)]).await;
        house.code(&check, "card-7").await;
        house.offer(&check).await.ok();
        house.partner.delays(Duration::from_secs(8));
        let began = Instant::now();
        house.pos(Method::DELETE, &format!("/checks/{check}/offer"), None).await.ok();
        assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
        assert_eq!(house.partner.came("/getBenefitOffer").len(), 2);
        // meanwhile the check is paid without loyalty
        house.pay(&check, &[("cash", json!(59))]).await.ok();
    }

    async fn every_way_of_not_answering_has_its_code(house: House) {
        let check = house.check(&[("p:beer", 1)]).await;
        house.code(&check, "card-7").await;
        for (status, body, expected) in [
            (500, "{}", (502, "HTTP_STATUS")),
            (302, "{}", (502, "HTTP_STATUS")),
            (200, "<html>", (502, "INVALID_JSON")),
            (200, "", (502, "INVALID_JSON")),
            (200, "[]", (502, "OFFER_INVALID")),
            (200, "{\"loyaltyOfferId\": \"another\"}", (502, "OFFER_INVALID")),
        ] {
            house.partner.answers(status, body);
            let answer = house.offer(&check).await;
            assert_eq!(answer.error(), expected, "{status} {body} {}", answer.body);
        }
        house.partner.delays(Duration::from_secs(3));
        let late = house.offer(&check).await;
        assert_eq!(late.error(), (504, "TIMEOUT"), "{}", late.body);
        house.partner.delays(Duration::ZERO);
        house.partner.offers(json!({}));
        let shown = house.offer(&check).await.ok();
        assert_eq!((&shown["offerProblem"], &shown["offer"]["current"]), (&json!(null), &json!(true)));
    }

    async fn a_basket_that_changed_meanwhile_gets_no_stale_offer(house: House) {
        house.partner.offers(json!({}));
        house.partner.delays(Duration::from_millis(300));
        let check = house.check(&[("p:beer", 1)]).await;
        house.code(&check, "card-7").await;
        let path = format!("/checks/{check}/lines");
        let change = async {
            house.partner.wait_for("/getBenefitOffer").await;
            house.pos(Method::PUT, &path, Some(json!({"lines": [{"productId": "p:beer", "amount": 2}]}))).await
        };
        let (asked, changed) = tokio::join!(house.offer(&check), change);
        assert_eq!(changed.status, 200);
        assert_eq!(asked.error(), (409, "CHECK_CHANGED"), "{}", asked.body);
        let shown = house.pos(Method::GET, &format!("/checks/{check}"), None).await.ok();
        assert_eq!(shown["offer"], json!(null));
    }
}

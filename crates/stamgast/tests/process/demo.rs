//! Does `stamgast demo` come out as it must, on both engines, and keep its promise to programs?

use crate::program::{run, stamgast};
use std::collections::BTreeSet;
use testkit::TestDatabase;

testkit::on_both_engines! {
    async fn the_story_comes_out(engine: Engine) {
        let database = TestDatabase::empty(engine).await;
        let output = run(&["demo", "--once", "--database", database.url()]);
        let (told, noted) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{told}\n{noted}");
        for step in ["1.", "2.", "3.", "4.", "5.", "6.", "7.", "8.", "9.", "10."] {
            assert!(told.lines().any(|line| line.starts_with(step)), "step {step} is missing in:\n{told}");
        }
        let long: Vec<&str> = told.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(long.is_empty(), "wider than a terminal: {long:#?}");
        let again = run(&["demo", "--once", "--database", database.url()]);
        assert!(!again.status.success());
        let refused = String::from_utf8_lossy(&again.stderr).into_owned();
        assert!(refused.contains("empty database"), "{refused}");
    }
}

#[test]
fn the_json_line_has_its_promised_keys_and_is_the_only_output() {
    let output = stamgast(&["demo", "--once", "--json"]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut lines = told.lines();
    let line: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(lines.next(), None);
    let keys: BTreeSet<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
    let promised = BTreeSet::from([
        "url",
        "adminToken",
        "merchantId",
        "placeId",
        "sourceId",
        "clientId",
        "clientSecret",
        "posToken",
        "partnerToken",
        "datasyncSecret",
        "customersToken",
        "loyaltyProviderId",
        "secondPlaceId",
        "posTokens",
        "memberId",
        "customerId",
        "pointsBalanceId",
        "creditBalanceId",
        "persons",
        "order",
        "desks",
        "menu",
        "stocks",
        "codes",
    ]);
    assert_eq!(keys, promised);
    // what a program looks for is there, each under its own name
    let nouns = [("order", 2), ("desks", 3), ("menu", 8), ("stocks", 6)];
    for (noun, count) in nouns {
        let ids: BTreeSet<&str> =
            line[noun].as_object().unwrap().values().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(ids.len(), count, "{noun}: {line}");
        assert!(!ids.contains(""), "{noun}: {line}");
    }
    let codes: BTreeSet<&str> = line["codes"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(codes, BTreeSet::from(["card", "spv", "mpv", "credit", "promo", "inactiveVoucher"]));
}

//! Who and what does a scanned text stand for, and what does the cashier read when it cannot be used?

use super::offer;
use serde_json::{Value, json};
use testkit::{House, restaurant};

const PATH: &str = "/partner/loyalty/getBenefitOffer";
const LANGUAGES: [&str; 4] = ["cs", "sk", "de", "en"];

/// What speaks against an input: reason, the texts scanned (the last one is judged), and the words in cs, sk, de, en.
type Refusal = (&'static str, &'static [&'static str], [&'static str; 4]);

const NOT_FOUND: [&str; 4] = ["nenalezeno", "nenájdené", "nicht gefunden", "not found"];
const EXPIRED: [&str; 4] = ["platnost skončila", "platnosť skončila", "abgelaufen", "expired"];
const NOT_YET: [&str; 4] = ["zatím neplatí", "zatiaľ neplatí", "noch nicht gültig", "not yet valid"];
const FROZEN: [&str; 4] = ["zablokováno", "zablokované", "gesperrt", "frozen"];
const INACTIVE: [&str; 4] = ["není aktivní", "nie je aktívne", "nicht aktiv", "not active"];
const USED: [&str; 4] = ["již vyčerpáno", "už vyčerpané", "bereits eingelöst", "already used"];
const APPLIED: [&str; 4] = ["již uplatněno", "už uplatnené", "bereits angewendet", "already applied"];
const ALONE: [&str; 4] =
    ["nelze kombinovat", "nedá sa kombinovať", "nicht kombinierbar", "cannot be combined"];
const NOTHING: [&str; 4] = [
    "na účtu není nic, na co by se dalo použít",
    "na účte nie je nič, na čo by sa dalo použiť",
    "passt zu keinem Artikel der Rechnung",
    "no item on the check matches",
];
const LOCKED: [&str; 4] = [
    "rezervováno na jiné pokladně",
    "rezervované na inej pokladnici",
    "an einer anderen Kasse reserviert",
    "reserved at another register",
];
const SEVERAL: [&str; 4] = [
    "patří více zákazníkům, načtěte kartu",
    "patrí viacerým zákazníkom, načítajte kartu",
    "gehört zu mehreren Kunden, bitte Karte scannen",
    "belongs to several customers, scan a card",
];
const EMPTY: [&str; 4] =
    ["účet je prázdný", "účet je prázdny", "die Rechnung ist leer", "the check is empty"];
const CURRENCY: [&str; 4] = ["jiná měna", "iná mena", "andere Währung", "other currency"];

const REFUSALS: [Refusal; 24] = [
    ("NOT_FOUND", &["NOPE"], NOT_FOUND),
    ("NOT_FOUND", &["THEIRS"], NOT_FOUND),
    ("NOT_FOUND", &["CARD-ERASED"], NOT_FOUND),
    ("NOT_FOUND", &["+420 600 000 055"], NOT_FOUND),
    ("EXPIRED", &["PAST"], EXPIRED),
    ("EXPIRED", &["PAST-RULE"], EXPIRED),
    ("EXPIRED", &["PAST-VOUCHER"], EXPIRED),
    ("NOT_YET_VALID", &["LATER"], NOT_YET),
    ("NOT_YET_VALID", &["LATER-RULE"], NOT_YET),
    ("FROZEN", &["CARD-FROZEN"], FROZEN),
    ("FROZEN", &["frozen@example.com"], FROZEN),
    ("FROZEN", &["BLOCKED"], FROZEN),
    ("INACTIVE", &["WAITING"], INACTIVE),
    ("INACTIVE", &["OFF"], INACTIVE),
    ("ALREADY_USED", &["SPENT"], USED),
    ("ALREADY_USED", &["EMPTY"], USED),
    ("ALREADY_APPLIED", &[restaurant::CARD, restaurant::CARD], APPLIED),
    ("ALREADY_APPLIED", &[restaurant::CARD, "600 000 001"], APPLIED),
    ("ALREADY_APPLIED", &[restaurant::PROMO, restaurant::PROMO], APPLIED),
    ("NOT_COMBINABLE", &[restaurant::CARD, "CARD-2"], ALONE),
    ("NO_MATCHING_ITEMS", &["NOTHING-FITS"], NOTHING),
    ("LOCKED_BY_OTHER_DEVICE", &["HELD"], LOCKED),
    ("AMBIGUOUS", &["+420 600 000 009"], SEVERAL),
    ("AMBIGUOUS", &["shared@example.com"], SEVERAL),
];

async fn set_up(house: &House) {
    let (admin, base) = (&house.app.admin, house.partner_admin());
    let rule = |more: Value| {
        let mut definition =
            json!({"kind": {"percent": {"percent": 5}}, "scope": {"on": "order"}, "trigger": "code"});
        definition.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        definition
    };
    for (code, more) in [
        ("PAST-RULE", json!({"validUntil": "2026-01-01T00:00:00Z"})),
        ("LATER-RULE", json!({"validFrom": "2027-01-01T00:00:00Z"})),
        ("NOTHING-FITS", json!({"scope": {"on": "items", "products": ["p:none"]}})),
    ] {
        let body = json!({"definition": rule(more), "codes": [code]});
        admin.put(&format!("{base}/promotions/{code}"), &body).await.unwrap();
    }
    for (code, more) in [
        ("PAST", json!({"validUntil": "2026-01-01T00:00:00Z"})),
        ("LATER", json!({"validFrom": "2027-01-01T00:00:00Z"})),
        ("BLOCKED", json!({"status": "frozen"})),
        ("OFF", json!({"status": "inactive"})),
        ("SPENT", json!({"status": "used"})),
    ] {
        let mut body = json!({"code": code, "kind": "promotion", "promotionId": restaurant::PROMO});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        admin.post(&format!("{base}/codes"), &body).await.unwrap();
    }
    for (code, until) in
        [("EMPTY", Value::Null), ("HELD", Value::Null), ("PAST-VOUCHER", json!("2026-03-01T00:00:00Z"))]
    {
        let body =
            json!({"code": code, "type": "multiPurposePrepaidVoucher", "value": 10, "validUntil": until});
        admin.post(&format!("{base}/vouchers"), &body).await.unwrap();
    }
    let waiting =
        json!({"code": "WAITING", "type": "multiPurposePrepaidVoucher", "value": 0, "status": "inactive"});
    admin.post(&format!("{base}/vouchers"), &waiting).await.unwrap();
    admin
        .post(&format!("{base}/balances/EMPTY/adjust"), &json!({"amount": -10, "reason": "r"}))
        .await
        .unwrap();
    for (id, phone, email) in [
        ("2", "+420600000009", "shared@example.com"),
        ("3", "600 000 009", "Shared@Example.com"),
        ("FROZEN", "600000044", "frozen@example.com"),
        ("ERASED", "+420600000055", "erased@example.com"),
    ] {
        let body = json!({"memberId": id, "cards": [format!("CARD-{id}")], "person": {"mobilePhone": phone, "email": email}});
        admin.post(&format!("{base}/members"), &body).await.unwrap();
    }
    admin
        .put(
            &format!("{base}/members/FROZEN"),
            &json!({"status": "frozen",
        "person": {"email": "frozen@example.com"}}),
        )
        .await
        .unwrap();
    admin.delete(&format!("{base}/members/ERASED")).await.unwrap();
    let other = crate::admin::other_merchant(house).await;
    let theirs = json!({"code": "THEIRS", "type": "multiPurposePrepaidVoucher", "value": 10});
    admin.post(&format!("/admin/v1/partner/merchants/{other}/vouchers"), &theirs).await.unwrap();
    house
        .partner()
        .post(PATH, &offer("5f00000000000000000000d2", "check-2", 2, "100.00", "HELD"))
        .await
        .unwrap();
}

fn asked(scanned: &[&str], language: &str) -> Value {
    let mut body = offer("5f00000000000000000000d1", "check-1", 1, "100.00", "");
    body["posLang"] = json!(language);
    body["benefitInputs"] = scanned.iter().map(|code| json!({"inputCode": code})).collect();
    body
}

testkit::on_both_engines! {
    async fn every_refused_input_says_why_in_four_languages(engine: Engine) {
        let house = House::start(engine).await;
        set_up(&house).await;
        let check = async |body: Value, reason: &str, words: &str| {
            let answer = house.partner().post(PATH, &body).await.unwrap();
            let judged = answer["benefitInputs"].as_array().unwrap().last().unwrap().clone();
            assert_eq!((&judged["applicable"], &judged["reasonCode"]), (&json!(false), &json!(reason)), "{body} {answer}");
            let title = judged["posTitle"].as_str().unwrap();
            assert!(title.ends_with(&format!(": {words}")), "{title}, expected {words}");
            assert!(!title.contains('\u{2068}'), "a mark of direction in {title}");
            judged
        };
        for (at, language) in LANGUAGES.into_iter().enumerate() {
            for (reason, scanned, words) in REFUSALS {
                check(asked(scanned, language), reason, words[at]).await;
            }
            let mut empty = asked(&[restaurant::PROMO], language);
            empty["itemsToPay"] = json!([]);
            check(empty, "EMPTY_BASKET", EMPTY[at]).await;
            let mut euro = asked(&[restaurant::CREDIT], language);
            euro["currencyCode"] = json!("EUR");
            check(euro, "CURRENCY_MISMATCH", CURRENCY[at]).await;
        }
        // a language nobody knows is English, a country's variety is its language
        check(asked(&["NOPE"], "hu"), "NOT_FOUND", NOT_FOUND[3]).await;
        check(asked(&["NOPE"], "cs-CZ"), "NOT_FOUND", NOT_FOUND[0]).await;
        // another merchant's code cannot be told from one that nobody has
        let mut theirs = check(asked(&["THEIRS"], "en"), "NOT_FOUND", NOT_FOUND[3]).await;
        theirs["inputCode"] = json!("NOPE");
        assert_eq!(theirs, check(asked(&["NOPE"], "en"), "NOT_FOUND", NOT_FOUND[3]).await);
        house.assert_verified().await;
    }

    async fn a_member_is_found_by_card_link_number_and_address(engine: Engine) {
        let house = House::start(engine).await;
        let mut merchant = house.app.admin.get(&house.partner_admin()).await.unwrap();
        merchant["program"]["codes"] = json!({"urlPrefixes": ["https://stamgast.example/c/", "app:"]});
        house.app.admin.put(&house.partner_admin(), &merchant).await.unwrap();
        for scanned in [
            "CARD-1001", " CARD-1001\r\n", "https://stamgast.example/c/CARD-1001", "app:CARD-1001",
            "+420 600 000 001", "00420600000001", "600000001", "600-000-001", "app:600000001", "Jana@EXAMPLE.com",
        ] {
            let answer = house.partner().post(PATH, &asked(&[scanned], "en")).await.unwrap();
            assert_eq!(answer["customer"]["customerId"], house.restaurant.member_id.as_str(), "{scanned}: {answer}");
            assert_eq!(answer["benefitInputs"][0]["inputCode"], scanned, "echoed as it came");
            assert_eq!(answer["benefitInputs"][0]["posTitle"], "Customer card");
            assert_eq!(answer["balances"].as_array().unwrap().len(), 2);
        }
        for scanned in ["card-1001", "CARD-100", "HTTPS://stamgast.example/c/CARD-1001", "60000000", "jana@example.org"] {
            let answer = house.partner().post(PATH, &asked(&[scanned], "en")).await.unwrap();
            assert_eq!(answer["benefitInputs"][0]["reasonCode"], "NOT_FOUND", "{scanned}");
        }
        // a code of that text goes before the number
        let voucher = json!({"code": "600000001", "type": "multiPurposePrepaidVoucher", "value": 10});
        house.app.admin.post(&format!("{}/vouchers", house.partner_admin()), &voucher).await.unwrap();
        let answer = house.partner().post(PATH, &asked(&["600000001"], "en")).await.unwrap();
        assert_eq!((&answer["customer"], &answer["balances"][0]["balanceId"]), (&Value::Null, &json!("600000001")));
    }

    async fn who_was_scanned_is_not_kept_with_the_offer(engine: Engine) {
        let house = House::start(engine).await;
        let path = format!("{}/offers/5f00000000000000000000d1", house.partner_admin());
        for (scanned, hidden) in [
            ("+420 600 000 001", "…001"), ("jana@example.com", "…@…"), ("+420 700 000 007", "…007"),
            (restaurant::CARD, "…001"), ("nobody's", "…y's"), ("short", "…"), (restaurant::MPV, restaurant::MPV),
        ] {
            let answer = house.partner().post(PATH, &asked(&[scanned], "en")).await.unwrap();
            let again = house.partner().post(PATH, &asked(&[scanned], "en")).await.unwrap();
            assert_eq!(again, answer, "the same question has the same answer");
            let kept = house.app.admin.get(&path).await.unwrap();
            assert_eq!(kept["response"]["benefitInputs"][0]["inputCode"], hidden);
            assert!(scanned == hidden || !kept.to_string().contains(scanned), "{kept}");
        }
    }
}

//! Is every example of docs/program.md accepted as it stands, and every spelling that it names?

use super::{Expiry, ProgramSettings};
use crate::loyalty::day::Day;
use crate::loyalty::promotion::Definition;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../../../docs/program.md");

/// The fenced blocks of the page that begin with these words.
fn blocks(fence: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = PAGE.lines();
    while let Some(line) = lines.next() {
        if line == fence {
            found.push(lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>().join("\n"));
        }
    }
    found
}

/// The members of JSON objects, the first level only.
fn members(json: &serde_json::Value) -> BTreeSet<String> {
    json.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_program_of_the_page_is_read_and_no_setting_is_missing() {
    let mut shown = BTreeSet::new();
    for text in blocks("```json program") {
        let settings = ProgramSettings::parse(&text).unwrap_or_else(|refusal| panic!("{refusal} in {text}"));
        assert_ne!(text, "{}", "an example shows something");
        shown.extend(members(&serde_json::from_str(&text).unwrap()));
        // what is kept is what was said
        let kept = serde_json::to_string(&settings).unwrap();
        assert_eq!(ProgramSettings::parse(&kept).unwrap(), settings, "{text}");
    }
    let all = members(&serde_json::to_value(ProgramSettings::default()).unwrap());
    assert_eq!(shown, all);
}

#[test]
fn every_promotion_of_the_page_is_read_and_no_member_is_missing() {
    let (mut shown, mut kinds, mut conditions) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut last = None;
    for text in blocks("```json promotion") {
        let definition = Definition::parse(&text).unwrap_or_else(|refusal| panic!("{refusal} in {text}"));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        shown.extend(members(&json));
        kinds.extend(members(&json["kind"]));
        if json["conditions"].is_object() {
            conditions.extend(members(&json["conditions"]));
        }
        last = Some(serde_json::to_value(&definition).unwrap());
    }
    let written = last.unwrap();
    assert_eq!(shown, members(&written));
    assert_eq!(conditions, members(&written["conditions"]));
    let all = ["amount", "bundle", "buyGet", "freeUnit", "percent", "price"];
    assert_eq!(kinds, all.map(str::to_owned).into());
}

#[test]
fn what_the_page_says_of_things_left_out_is_so() {
    assert_eq!(ProgramSettings::parse("{}").unwrap(), ProgramSettings::default());
    let points = ProgramSettings::parse(r#"{"expiry":{"collectablePoints":{}}}"#).unwrap();
    assert_eq!(points.expiry.collectable_points, Some(Expiry::default()));
    let earn = ProgramSettings::parse(r#"{"earn":{"points":1,"perAmount":10}}"#).unwrap();
    let said = ProgramSettings::parse(
        r#"{"earn":{"points":1,"perAmount":10,"base":"gross","earnOn":"use","excluded":{},"multipliers":[],
            "combine":"add","pendingDays":0},"defaultUse":"max","tillDiscounts":"alreadyOff",
            "refundTender":"proRata","pricing":{"exclusive":"best"}}"#,
    );
    assert_eq!(said.unwrap(), earn);
}

const DAYS: [(&str, &str); 7] = [
    ("mon", "monday"),
    ("tue", "tuesday"),
    ("wed", "wednesday"),
    ("thu", "thursday"),
    ("fri", "friday"),
    ("sat", "saturday"),
    ("sun", "sunday"),
];

#[test]
fn program_and_promotions_read_both_spellings_and_write_the_full_one() {
    for (at, (short, full)) in DAYS.into_iter().enumerate() {
        // 2026-03-02 is a Monday
        let date = Date::constant(2026, 3, 2 + i8::try_from(at).unwrap());
        assert_eq!(serde_json::to_value(Day::of(date)).unwrap(), full);
        for spelling in [short, full] {
            let program = json!({ "earn": { "points": 1, "perAmount": 10,
                "multipliers": [{ "times": 2, "days": [spelling] }] } });
            let read = ProgramSettings::parse(&program.to_string()).unwrap();
            let written: Value = serde_json::to_value(&read).unwrap();
            assert_eq!(written["earn"]["multipliers"][0]["days"], json!([full]), "{spelling}");
            let promotion = json!({ "kind": { "percent": { "percent": 5 } }, "scope": { "on": "order" },
                "trigger": "automatic", "conditions": { "days": [spelling] } });
            let read = Definition::parse(&promotion.to_string()).unwrap();
            let written: Value = serde_json::to_value(&read).unwrap();
            assert_eq!(written["conditions"]["days"], json!([full]), "{spelling}");
        }
    }
    for other in ["Fri", "FRIDAY", "frid", "pátek", "5"] {
        assert!(serde_json::from_value::<Day>(json!(other)).is_err(), "{other}");
    }
}

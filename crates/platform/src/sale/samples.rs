//! Which small checks do the tests of pure rules work on?

use super::check::{Line, StoredCheck};
use crate::access::PosGrant;
use crate::menu::LineProduct;
use crate::place::PlaceSettings;
use jiff::tz::TimeZone;
use money::Precision;
use wire::Number;
use wire::loyalty::LoyaltyOfferResponse;
use wire::pos::CheckState;

/// A line of one product: id, whole price in minor units, VAT rate.
pub(crate) fn line(id: &str, total: i64, vat_rate: &str) -> Line {
    Line {
        check_item_id: id.to_owned(),
        product: LineProduct {
            product_id: format!("p:{id}"),
            decoded_id: Some(1),
            category_id: None,
            name: id.to_owned(),
            measure: "pcs".to_owned(),
            ean: None,
            vat_rate: Number::parse(vat_rate).unwrap(),
            vat_id: None,
            categories: Vec::new(),
        },
        price_level: None,
        beyond_remaining: false,
        amount: Number::from(if total < 0 { -1 } else { 1 }),
        unit_price: total.abs(),
        till_discount: 0,
        total,
        addition: None,
        note: None,
        entered_by: None,
        ordered: false,
    }
}

pub(crate) fn check(lines: Vec<Line>) -> StoredCheck {
    StoredCheck {
        check_id: "check-1".to_owned(),
        device_number: 1,
        version: 1,
        state: CheckState::Open,
        desk_id: None,
        person_count: None,
        opened_by: None,
        lines,
        codes: vec!["card".to_owned(), "card".to_owned()],
        choices: Default::default(),
        loyalty_offer_id: Some("offer-1".to_owned()),
        question: None,
        offer: None,
        offer_problem: None,
        bill_id: None,
        opened_at: "2026-03-01T13:02:00Z".parse().unwrap(),
        already_paid: Vec::new(),
        order_provider: None,
    }
}

pub(crate) fn settings() -> PlaceSettings {
    PlaceSettings {
        zone: TimeZone::get("Europe/Prague").unwrap(),
        pos_lang: "cs".to_owned(),
        bill_lang: "cs".to_owned(),
        bill_letters: "QX".to_owned(),
        currency_code: "CZK".to_owned(),
        country_code: "CZ".to_owned(),
        precision: Precision::new(2).unwrap(),
        is_vat_payer: true,
        state: "active".to_owned(),
    }
}

pub(crate) fn grant() -> PosGrant {
    PosGrant::sample("merchant1", "place1", 1)
}

/// An offer from its JSON; what is left out is empty.
pub(crate) fn offer(mut json: serde_json::Value) -> LoyaltyOfferResponse {
    json["loyaltyOfferId"] = "offer-1".into();
    wire::read::from_value(json).unwrap()
}

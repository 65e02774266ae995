//! `/partner/loyalty/…`: the three webhooks.

mod ends;
mod get_benefit_offer;
mod hold;
mod identification;
mod limit;
mod refunds;
mod refusals;
mod report_benefit_usage;
mod report_offer_validation_error;
mod stamps;
mod top_up;
mod voucher_class;
mod worked;

use serde_json::{Value, json};

/// The documents' own example bodies, byte for byte.
pub(crate) const SEED_OFFER: &str = include_str!("../../seed/get_benefit_offer.json");
/// See [`SEED_OFFER`].
pub(crate) const SEED_USAGE: &str = include_str!("../../seed/report_benefit_usage.json");

/// One line at 12 % for this price, one code.
pub(crate) fn offer(offer_id: &str, check: &str, device: i64, price: &str, code: &str) -> Value {
    let price: Value = serde_json::from_str(price).expect("a number");
    json!({"checkId": check, "loyaltyOfferId": offer_id, "deviceNumber": device, "currencyCode": "CZK",
        "countryCode": "CZ", "posLang": "en", "billLang": "en", "pricePrecision": 2,
        "benefitInputs": [{"inputCode": code}], "balances": [],
        "itemsToPay": [{"checkItemId": "1", "product": {"productId": "p:any", "name": "Any", "categories": []},
            "amount": 1, "measure": "pcs", "totalPriceWithVat": price, "totalAppliedNonLoyaltyDiscounts": 0,
            "vatRate": 12, "vatId": 1}],
        "merchantId": "whoever", "placeId": "somewhere"})
}

/// A report that a balance paid this much of a bill of the same amount.
pub(crate) fn usage(offer_id: &str, bill: &str, device: i64, balance: &str, value: &str) -> Value {
    let value: Value = serde_json::from_str(value).expect("a number");
    json!({"loyaltyOfferId": offer_id, "billId": bill, "billState": "paid", "loyaltyProviderId": "p",
        "deviceNumber": device, "benefitInputs": [], "customerId": null, "metadata": "{}", "currencyCode": "CZK",
        "countryCode": "CZ", "paidAt": "2026-03-02T10:00:00.000Z",
        "usedBalances": [{"balanceId": balance, "usedControllableValue": 0, "usedNonControllableValue": value,
            "prepaidValue": null}],
        "usedGeneralDiscounts": [], "paidItems": [],
        "paymentsByBalances": [{"balanceId": balance, "value": value, "valueInCurrency": value}],
        "otherPaymentsValue": 0, "totalWithVat": value})
}

/// A report of some other bill that this balance paid.
pub(crate) fn usage_of(balance: &str, value: &str) -> Value {
    usage("5f00000000000000000000ff", "bill-elsewhere", 9, balance, value)
}

/// An offer of its own for each number.
pub(crate) fn offer_of(number: u32, price: &str, code: &str) -> Value {
    offer(&format!("5f0000000000000000{number:06}"), &format!("check-{number}"), 1, price, code)
}

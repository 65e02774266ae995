//! Which offers do the till's scenarios get, and what was reported to the partner that gave them?

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use testkit::{Engine, House, Received, Scripted, Step, eventually};
use wire::loyalty::{LoyaltyBenefitUsagesPayload, close_usage};

/// A restaurant whose registers ask a partner that answers as told.
pub(crate) struct Till {
    pub(crate) house: House,
    pub(crate) partner: Scripted,
    offer: Arc<Mutex<Value>>,
}

impl Till {
    pub(crate) async fn start(engine: Engine) -> Self {
        let partner = Scripted::start([]).await;
        let house = House::with_partner_at(engine, partner.url(), |_| {}).await;
        let offer = Arc::new(Mutex::new(json!({})));
        let current = Arc::clone(&offer);
        partner.decide(Box::new(move |request| answer(request, &current.lock().unwrap())));
        Self { house, partner, offer }
    }

    /// Every offer from now on: without its id, which is echoed, and with `$0`, `$1` … for the lines' ids.
    pub(crate) fn offers(&self, offer: Value) {
        *self.offer.lock().unwrap() = offer;
    }

    /// Sells these lines by this offer, if there is one; what the offer leaves is paid by these methods, the last
    /// one takes the rest. Gives the bill.
    pub(crate) async fn sell(
        &self,
        lines: &[(&str, i64)],
        offer: Option<Value>,
        methods: &[(&str, &str)],
    ) -> Value {
        let codes: &[&str] = if offer.is_some() { &["code"] } else { &[] };
        self.offers(offer.unwrap_or_default());
        let path = self.house.open_check(1, lines, codes).await;
        let register = self.house.register(1);
        if !codes.is_empty() {
            register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
        }
        let payments: Vec<Value> = methods
            .iter()
            .map(|(method, value)| json!({"paymentMethod": method, "priceWithVat": value}))
            .collect();
        register.post(&format!("{path}/pay"), &json!({"payments": payments})).await.unwrap()
    }

    /// `/pos/{sourceId}/bills/{billId}` with this at the end.
    pub(crate) fn bill_path(&self, bill: &Value, end: &str) -> String {
        format!("/pos/{}/bills/{}{end}", self.house.restaurant.source_id, bill["billId"].as_str().unwrap())
    }

    /// The bill as an application sees it.
    pub(crate) async fn bill(&self, bill: &Value) -> Value {
        let path = format!("/bills/{}/{}", self.house.restaurant.source_id, bill["billId"].as_str().unwrap());
        self.house.platform().await.get(&path).await.unwrap()
    }

    /// How many rows the platform keeps and has to tell: what a call that changes nothing leaves alone.
    pub(crate) async fn kept(&self) -> BTreeMap<String, i64> {
        let mut rows = self.house.rows().await;
        rows.retain(|table, _| {
            let told = matches!(table.as_str(), "courier_delivery" | "courier_change");
            told || (table.starts_with("platform_") && table != "platform_access_token")
        });
        rows
    }

    /// The usage reports in the order they came, once there are so many. Each of them closes (protocol.md §10.12).
    pub(crate) async fn reports(&self, count: usize) -> Vec<Value> {
        let reports = eventually("the reports", async || {
            let reports: Vec<Value> = self
                .partner
                .received()
                .iter()
                .filter(|request| request.path.ends_with("/reportBenefitUsage"))
                .map(Received::json)
                .collect();
            (reports.len() >= count).then_some(reports)
        })
        .await;
        for report in &reports {
            let payload: LoyaltyBenefitUsagesPayload = wire::read::from_value(report.clone()).unwrap();
            assert_eq!(close_usage(&payload), [], "{report}");
        }
        reports
    }
}

fn answer(request: &Received, offer: &Value) -> Option<Step> {
    if !request.path.ends_with("/getBenefitOffer") {
        return None;
    }
    let asked = request.json();
    let mut text = offer.to_string();
    for (index, line) in asked["itemsToPay"].as_array()?.iter().enumerate() {
        text = text.replace(&format!("\"${index}\""), &line["checkItemId"].to_string());
    }
    let mut offer: Value = serde_json::from_str(&text).ok()?;
    if offer.is_object() && offer["loyaltyOfferId"].is_null() {
        offer["loyaltyOfferId"] = asked["loyaltyOfferId"].clone();
    }
    Some(Step::Answer(200, offer.to_string()))
}

/// A benefit of a general discount for a line.
pub(crate) fn off(line: &str, discount: &str, value: f64) -> Value {
    json!({"checkItemId": line, "benefits": [{"sourceType": "generalDiscount", "appliedFromGeneralDiscountId": discount,
        "appliedFromBalanceId": null, "absoluteTotalValue": value}]})
}

/// What a caller of the API sees of a decimal: text, whatever its form.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The payments of a bill.
pub(crate) fn payments(bill: &Value) -> Vec<(String, String)> {
    let list = bill["payments"].as_array().unwrap();
    list.iter().map(|payment| (text(&payment["paymentMethod"]), text(&payment["priceWithVat"]))).collect()
}

//! How does the loyalty provider of a scenario behave? As the test says, keeping what it got.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Answers = Box<dyn FnMut(&Value) -> (u16, String) + Send>;

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) body: Value,
    pub(crate) bytes: Bytes,
}

#[derive(Clone)]
pub(crate) struct Partner {
    pub(crate) url: String,
    state: Arc<Shared>,
}

struct Shared {
    came: Mutex<Vec<Came>>,
    offers: Mutex<Answers>,
    /// Statuses of the next other answers; 200 afterwards.
    statuses: Mutex<Vec<u16>>,
    delay: Mutex<Duration>,
}

impl Partner {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Shared {
            came: Mutex::default(),
            offers: Mutex::new(Box::new(|_| (500, "nothing was scripted".to_owned()))),
            statuses: Mutex::default(),
            delay: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// Every offer from now on: `offer` without its id, which is echoed.
    pub(crate) fn offers(&self, offer: Value) {
        *self.state.offers.lock().unwrap() = Box::new(move |question| {
            let mut offer = offer.clone();
            offer["loyaltyOfferId"] = question["loyaltyOfferId"].clone();
            (200, offer.to_string())
        });
    }

    /// Every answer to getBenefitOffer from now on.
    pub(crate) fn answers(&self, status: u16, body: &str) {
        let body = body.to_owned();
        *self.state.offers.lock().unwrap() = Box::new(move |_| (status, body.clone()));
    }

    /// Every answer from now on comes this late.
    pub(crate) fn delays(&self, delay: Duration) {
        *self.state.delay.lock().unwrap() = delay;
    }

    /// The next answers to anything but getBenefitOffer.
    pub(crate) fn then_statuses(&self, statuses: &[u16]) {
        *self.state.statuses.lock().unwrap() = statuses.iter().rev().copied().collect();
    }

    /// What came to a path that ends so.
    pub(crate) fn came(&self, end: &str) -> Vec<Came> {
        self.state.came.lock().unwrap().iter().filter(|came| came.path.ends_with(end)).cloned().collect()
    }

    /// Waits for what comes on the side.
    pub(crate) async fn wait_for(&self, end: &str) -> Came {
        self.wait_for_many(end, 1).await.pop().unwrap()
    }

    /// Waits until so many have come.
    pub(crate) async fn wait_for_many(&self, end: &str, count: usize) -> Vec<Came> {
        for _ in 0..500 {
            let came = self.came(end);
            if came.len() >= count {
                return came;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} came to {end}, not {count}", self.came(end).len());
    }

    /// Waits until nothing has come for a while.
    pub(crate) async fn settles(&self) {
        let mut before = usize::MAX;
        loop {
            let now = self.state.came.lock().unwrap().len();
            if now == before {
                return;
            }
            before = now;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

async fn answer(
    State(state): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> (StatusCode, String) {
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    state.came.lock().unwrap().push(Came {
        path: uri.path().to_owned(),
        authorization: authorization.unwrap_or_default().to_owned(),
        body: body.clone(),
        bytes,
    });
    let delay = *state.delay.lock().unwrap();
    tokio::time::sleep(delay).await;
    let (status, text) = if uri.path().ends_with("/getBenefitOffer") {
        (state.offers.lock().unwrap())(&body)
    } else {
        (state.statuses.lock().unwrap().pop().unwrap_or(200), "{}".to_owned())
    };
    (StatusCode::from_u16(status).unwrap(), text)
}

/// The offer of the worked bill (loyalty.md §2) for lines 1, 2 and 3.
pub(crate) fn worked_offer() -> Value {
    let benefit = |discount: Option<&str>, balance: Option<&str>, value: Value| {
        json!({"sourceType": if balance.is_some() { "balance" } else { "generalDiscount" },
            "appliedFromGeneralDiscountId": discount, "appliedFromBalanceId": balance, "absoluteTotalValue": value})
    };
    json!({
        "customer": {"customerId": "member-7", "fullName": "A. Host", "loyaltyStatus": "Gold"},
        "benefitInputs": [{"inputCode": "card-7", "applicable": true, "posTitle": "Karta", "reasonCode": null}],
        "generalDiscounts": [
            {"generalDiscountId": "beer", "posTitle": "Pivo -20 %", "billTitle": "Pivo", "isItemSpecific": true, "valueToUse": 35.4},
            {"generalDiscountId": "order", "posTitle": "-10 %", "billTitle": "Sleva", "isItemSpecific": false, "valueToUse": 61.46}],
        "balances": [
            {"balanceId": "spv", "type": "singlePurposePrepaidVoucher", "currentValue": 80,
                "nonControllableValueToUse": 80, "valueToUseInCurrency": 80},
            {"balanceId": "points", "type": "collectablePoints", "currentValue": 500,
                "controllableValueToUse": 500, "maxControllableValue": 500, "valueToUseInCurrency": 50},
            {"balanceId": "mpv", "type": "multiPurposePrepaidVoucher", "currentValue": 300,
                "nonControllableValueToUse": 300, "valueToUseInCurrency": 300},
            {"balanceId": "credit", "type": "prepaidCredit", "currentValue": 900, "controllableValueToUse": 100,
                "minControllableValue": 0, "maxControllableValue": 423.14, "valueToUseInCurrency": 100}],
        "itemBenefitsToApply": [
            {"checkItemId": "1", "benefits": [benefit(None, Some("points"), json!(35.95))]},
            {"checkItemId": "2", "benefits": [benefit(Some("beer"), None, json!(35.4)), benefit(None, Some("points"), json!(13.47))]},
            {"checkItemId": "3", "benefits": [benefit(None, Some("spv"), json!(80)), benefit(None, Some("points"), json!(0.58))]}],
        "posMessages": ["Dnes 42 bodů"],
        "billMessages": ["Děkujeme"],
        "metadata": {"session": "s-1"},
    })
}

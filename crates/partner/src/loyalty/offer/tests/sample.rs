//! How do the quote's tests say what is on a check and what a guest has?

use crate::loyalty::ledger::{
    BalanceRow, BalanceSettings, BalanceStatus, CheckKey, HoldRow, LotKind, LotPart, LotState, voucher_class,
};
use crate::loyalty::offer::answer::answer;
use crate::loyalty::offer::balance_state::{BalanceState, Books};
use crate::loyalty::offer::basket::Basket;
use crate::loyalty::offer::code::{KnownCode, Meaning, Member};
use crate::loyalty::offer::hold::{self, Free};
use crate::loyalty::offer::quote::{Question, Quote, explain};
use crate::loyalty::offer::wishes::Wishes;
use crate::loyalty::people::code::CodeStatus;
use crate::loyalty::people::member::MemberStatus;
use crate::loyalty::program::{Program, ProgramSettings};
use crate::loyalty::promotion::{Definition, Promotion, Taken};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use money::Precision;
use serde_json::{Value, json};
use std::sync::Arc;
use wire::loyalty::{BalanceType, LoyaltyOfferResponse, ThirdPartyLoyaltyOfferRequest};

pub(crate) const NOW: i64 = 1_772_359_200; // 2026-03-01T10:00:00Z

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

/// Everything a quote looks at, with a merchant who counts hellers.
pub(crate) struct Sample {
    pub(crate) settings: Value,
    pub(crate) promotions: Vec<(&'static str, Value)>,
    pub(crate) books: Books,
    pub(crate) request: Value,
    pub(crate) codes: Vec<KnownCode>,
    pub(crate) balances: Vec<BalanceState>,
    pub(crate) limits: Taken,
    /// When it is asked.
    pub(crate) at: Timestamp,
}

impl Sample {
    #[expect(clippy::needless_pass_by_value, reason = "callers write json! in place")]
    pub(crate) fn new(lines: Value) -> Self {
        Self {
            settings: json!({}),
            promotions: Vec::new(),
            books: Books { currency_code: "CZK".to_owned(), precision: Precision::new(2).unwrap() },
            request: json!({
                "checkId": "check-9", "loyaltyOfferId": "4d1dd08c4bcd1de163fbcbb8", "deviceNumber": 1,
                "currencyCode": "CZK", "countryCode": "CZ", "posLang": "en", "billLang": "en", "pricePrecision": 2,
                "benefitInputs": [], "balances": [], "itemsToPay": lines, "merchantId": "m", "placeId": "p"
            }),
            codes: Vec::new(),
            balances: Vec::new(),
            limits: Taken::default(),
            at: now(),
        }
    }

    /// Scans codes, in order.
    pub(crate) fn scan(mut self, codes: &[&str]) -> Self {
        self.request["benefitInputs"] = codes.iter().map(|code| json!({ "inputCode": code })).collect();
        self
    }

    /// Sets one member of the request.
    pub(crate) fn ask(mut self, member: &str, value: Value) -> Self {
        self.request[member] = value;
        self
    }

    /// A promotion whose code is its id.
    pub(crate) fn promotion(mut self, id: &'static str, definition: Value) -> Self {
        self.codes.push(known(id, Meaning::Promotion { promotion_id: id.to_owned() }));
        self.promotions.push((id, definition));
        self
    }

    /// A member whose card is `card`; owns the balances added with `owned`.
    pub(crate) fn card(mut self) -> Self {
        let member = Member {
            member_id: "member-1".to_owned(),
            status: MemberStatus::Active,
            full_name: Some("Jana Nová".to_owned()),
            tier: None,
            tier_until: None,
            tags: Vec::new(),
            birth_date: None,
            orders: 0,
            aliases: Vec::new(),
        };
        self.codes.push(known("card", Meaning::Card(Arc::new(member))));
        self
    }

    /// A balance of the member.
    pub(crate) fn owned(mut self, balance: BalanceState) -> Self {
        let mut balance = balance;
        balance.row.member_id = Some("member-1".to_owned());
        self.balances.push(balance);
        self
    }

    /// A voucher whose code is its balance's id.
    pub(crate) fn voucher(mut self, balance: BalanceState) -> Self {
        let balance_id = balance.row.balance_id.clone();
        self.codes.push(known(&balance_id, Meaning::Voucher { balance_id: balance_id.clone() }));
        self.balances.push(balance);
        self
    }

    pub(crate) fn basket(&self) -> Basket {
        let bytes = serde_json::to_vec(&self.request).unwrap();
        let request: ThirdPartyLoyaltyOfferRequest = wire::read::from_slice(&bytes).unwrap();
        Basket::read(request).unwrap()
    }

    pub(crate) fn program(&self) -> Program {
        let settings = ProgramSettings::parse(&self.settings.to_string()).unwrap();
        let promotions = self
            .promotions
            .iter()
            .map(|(id, rule)| {
                Promotion::new((*id).to_owned(), true, Definition::parse(&rule.to_string()).unwrap())
            })
            .collect();
        Program::new(settings, promotions, TimeZone::UTC)
    }

    /// Quotes, explains and puts into words; hands all of it to `look`.
    pub(crate) fn look<T>(
        &self,
        look: impl FnOnce(&Quote, &LoyaltyOfferResponse, &ThirdPartyLoyaltyOfferRequest) -> T,
    ) -> T {
        let (program, basket) = (self.program(), self.basket());
        let wishes = Wishes::of(&basket.request);
        let mut balances = self.balances.clone();
        for state in &mut balances {
            let day = program.local(&basket.request.place_id, self.at).date();
            let open = state.row.posted != 0;
            voucher_class::settle(&program.settings.voucher_products, &mut state.row, open, day);
        }
        let question = Question {
            program: &program,
            books: &self.books,
            basket: &basket,
            codes: &self.codes,
            balances: &balances,
            wishes: &wishes,
            limits: &self.limits,
        };
        let quote = explain(&question, self.at);
        let response = answer(&question, &quote);
        look(&quote, &response, &basket.request)
    }

    /// The answer as JSON; it must keep every invariant of protocol.md §10.5.
    pub(crate) fn answer(&self) -> Value {
        self.look(|_, response, request| {
            let violations = wire::loyalty::validate(request, response);
            assert!(violations.is_empty(), "{violations:#?}\n{response:#?}");
            serde_json::to_value(response).unwrap()
        })
    }
}

pub(crate) fn known(code: &str, meaning: Meaning) -> KnownCode {
    KnownCode {
        scanned: code.to_owned(),
        code: code.to_owned(),
        status: CodeStatus::Active,
        valid_from: None,
        valid_until: None,
        meaning,
    }
}

/// A line of one product; `vat` like `0.12`.
pub(crate) fn line(id: &str, product: &str, category: &str, total: &str, vat: &str) -> Value {
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    json!({
        "checkItemId": id,
        "product": { "productId": product, "name": product, "categories": [
            { "categoryId": category, "parentCategoryId": format!("{category}-parent"), "name": category }
        ] },
        "amount": 1, "measure": "pcs", "totalPriceWithVat": number(total), "vatRate": number(vat)
    })
}

/// A balance with one lot that never ends.
pub(crate) fn balance(balance_id: &str, balance_type: BalanceType, posted: i64) -> BalanceState {
    let lots = [lot("lot-1", posted, None)];
    BalanceState {
        row: BalanceRow {
            balance_id: balance_id.to_owned(),
            balance_type,
            member_id: None,
            status: BalanceStatus::Active,
            blocked_from: None,
            settings: BalanceSettings::default(),
            posted,
            version: 1,
            last_entry: 1,
        },
        free: free(posted, &lots, &[]),
    }
}

pub(crate) fn lot(lot_id: &str, remaining: i64, vat_rate: Option<&str>) -> LotState {
    LotState {
        lot_id: lot_id.to_owned(),
        kind: LotKind::Paid,
        remaining,
        vat_rate: vat_rate.map(|rate| rate.parse().unwrap()),
        paid_value: None,
        earned_at: now(),
        available_at: None,
        expires_at: None,
        gathers: false,
    }
}

pub(crate) fn spv(balance_id: &str, posted: i64, vat_rate: &str) -> BalanceState {
    let mut state = balance(balance_id, BalanceType::SinglePurposePrepaidVoucher, posted);
    state.free = free(posted, &[lot("lot-1", posted, Some(vat_rate))], &[]);
    state
}

pub(crate) fn points(balance_id: &str, posted: i64, worth: &str) -> BalanceState {
    let mut state = balance(balance_id, BalanceType::CollectablePoints, posted);
    state.row.settings.point_value = Some(worth.parse().unwrap());
    state
}

pub(crate) fn credit(balance_id: &str, posted: i64) -> BalanceState {
    balance(balance_id, BalanceType::PrepaidCredit, posted)
}

pub(crate) fn mpv(balance_id: &str, posted: i64) -> BalanceState {
    balance(balance_id, BalanceType::MultiPurposePrepaidVoucher, posted)
}

/// The same balance while another register holds `held` of its first lot.
pub(crate) fn held_elsewhere(mut state: BalanceState, held: i64) -> BalanceState {
    let hold = HoldRow {
        balance_id: state.row.balance_id.clone(),
        hold_number: 1,
        check: CheckKey { place: "p".to_owned(), device_number: 2, check_id: "other".to_owned() },
        offer_id: "o".to_owned(),
        amount: held,
        lots: vec![LotPart { lot_id: "lot-1".to_owned(), amount: held }],
        expires_at: Timestamp::from_second(NOW + 60).unwrap(),
    };
    let lots = state.free.lots.clone();
    state.free = free(state.row.posted, &lots, &[hold]);
    state
}

fn free(posted: i64, lots: &[LotState], holds: &[HoldRow]) -> Free {
    let mine = CheckKey { place: "p".to_owned(), device_number: 1, check_id: "check-9".to_owned() };
    hold::free_for(posted, lots, holds, &mine, now())
}

/// A percentage on items or on the order, by code or automatic.
pub(crate) fn percent(on: &str, percent: &str, trigger: &str, more: &Value) -> Value {
    let mut rule = json!({
        "kind": { "percent": { "percent": serde_json::from_str::<Value>(percent).unwrap() } },
        "scope": { "on": on },
        "trigger": trigger
    });
    merge(&mut rule, more);
    rule
}

fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (name, value) in more {
                merge(into.entry(name.as_str()).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more.clone(),
    }
}

/// The benefits of a line as (source id, value text).
pub(crate) fn benefits(answer: &Value, check_item_id: &str) -> Vec<(String, String)> {
    let lines = answer["itemBenefitsToApply"].as_array().unwrap();
    let Some(line) = lines.iter().find(|line| line["checkItemId"] == check_item_id) else {
        return Vec::new();
    };
    line["benefits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|benefit| {
            let id = benefit["appliedFromGeneralDiscountId"]
                .as_str()
                .or(benefit["appliedFromBalanceId"].as_str())
                .unwrap();
            (id.to_owned(), benefit["absoluteTotalValue"].to_string())
        })
        .collect()
}

pub(crate) fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn number(answer: &Value, list: &str, id: &str, member: &str) -> String {
    let found = answer[list]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["balanceId"] == id || entry["generalDiscountId"] == id);
    found.unwrap_or_else(|| panic!("no {id} in {answer:#}"))[member].to_string()
}

/// (applicable, reasonCode) of every entry, in order.
pub(crate) fn inputs(answer: &Value) -> Vec<(bool, Option<&str>)> {
    answer["benefitInputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["applicable"].as_bool().unwrap(), entry["reasonCode"].as_str()))
        .collect()
}

pub(crate) fn is_empty(list: &Value) -> bool {
    list.as_array().unwrap().is_empty()
}

/// The basket of protocol.md §10.12.
pub(crate) fn two_lines() -> Sample {
    Sample::new(json!([
        line("A", "gulas", "food", "230.00", "0.12"),
        line("B", "pivo", "drinks", "170.00", "0.21")
    ]))
}

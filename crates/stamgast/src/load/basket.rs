//! What does a load send? A ten-line basket as a register would, with the codes it was given in turn.

use super::Kind;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::sync::Arc;

/// A code to scan, and what a usage report under it spends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The scanned text.
    pub code: String,
    /// The partner's customer id, if the report should name one.
    pub customer_id: Option<String>,
    /// The balance a usage report takes 1.00 from, if any.
    pub balance_id: Option<String>,
}

/// The codes of a load, used in turn.
#[derive(Debug, Clone)]
pub struct Codes(Arc<Vec<Code>>);

impl Codes {
    /// `load-0`, `load-1`, …: as many as asked for, at least one.
    pub fn generated(count: usize) -> Self {
        let code = |n| Code { code: format!("load-{n}"), customer_id: None, balance_id: None };
        Self(Arc::new((0..count.max(1)).map(code).collect()))
    }

    /// Codes that were made by a set-up.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(codes: Vec<Code>) -> anyhow::Result<Self> {
        anyhow::ensure!(!codes.is_empty(), "a load needs at least one code");
        Ok(Self(Arc::new(codes)))
    }

    /// From text: one code a line, optionally followed by the customer id and the balance id to spend from,
    /// separated by spaces; `-` stands for none, `#` begins a comment.
    ///
    /// # Errors
    /// When a line has more than three words or there is no code at all.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut codes = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let Some(code) = words.next() else { continue };
            let mut optional = || words.next().filter(|word| *word != "-").map(str::to_owned);
            let (customer_id, balance_id) = (optional(), optional());
            anyhow::ensure!(
                words.next().is_none(),
                "line {}: expected a code, a customer id and a balance id at most",
                index + 1
            );
            codes.push(Code { code: code.to_owned(), customer_id, balance_id });
        }
        Self::new(codes).context("--codes-file")
    }

    fn at(&self, number: u64) -> &Code {
        let index = usize::try_from(number).unwrap_or(0) % self.0.len();
        &self.0[index]
    }
}

/// Ten dishes and drinks: name, category, unit price in cents, pieces, VAT percent.
const LINES: [(&str, &str, i64, i64, i64); 10] = [
    ("Svíčková", "mains", 18_900, 2, 12),
    ("Guláš", "mains", 17_500, 1, 12),
    ("Smažený sýr", "mains", 15_900, 1, 12),
    ("Polévka", "soups", 5_900, 3, 12),
    ("Salát", "sides", 7_500, 1, 12),
    ("Pivo", "drinks", 5_900, 4, 21),
    ("Kofola", "drinks", 4_500, 2, 21),
    ("Víno", "drinks", 7_900, 2, 21),
    ("Palačinky", "desserts", 9_500, 1, 12),
    ("Káva", "drinks", 5_500, 2, 12),
];

/// A request's body, with the few places that differ from one to the next left open.
#[derive(Debug)]
pub struct Template {
    kind: Kind,
    codes: Codes,
    run: u32,
    /// The body cut at the marks, so that a request costs a few copies and no JSON.
    parts: Vec<(String, Mark)>,
    tail: String,
}

#[derive(Debug, Clone, Copy)]
enum Mark {
    OfferId,
    Check,
    Bill,
    Code,
    Customer,
    Balances,
}

const MARKS: [(&str, Mark); 6] = [
    ("@offer@", Mark::OfferId),
    ("@check@", Mark::Check),
    ("@bill@", Mark::Bill),
    ("@code@", Mark::Code),
    ("\"@customer@\"", Mark::Customer),
    ("\"@balances@\"", Mark::Balances),
];

impl Template {
    /// The template of one connection, which is the register `device`.
    pub fn new(kind: Kind, codes: Codes, run: u32, device: usize) -> Self {
        let body = if kind == Kind::Usages { usage(device) } else { offer(device) };
        let mut rest = body.to_string();
        let mut parts = Vec::new();
        while let Some((at, text, mark)) = MARKS
            .iter()
            .filter_map(|(text, mark)| Some((rest.find(text)?, text, *mark)))
            .min_by_key(|found| found.0)
        {
            let after = rest.split_off(at).split_off(text.len());
            parts.push((std::mem::replace(&mut rest, after), mark));
        }
        Self { kind, codes, run, parts, tail: rest }
    }

    /// The body of request `number`. Ids are new for each (run, number).
    pub fn body(&self, number: u64) -> Vec<u8> {
        use std::fmt::Write as _;
        let code = self.codes.at(number);
        let mut body = String::with_capacity(4096);
        for (text, mark) in &self.parts {
            body.push_str(text);
            // writing into a String cannot fail
            let _ = match mark {
                Mark::OfferId => write!(body, "{:08x}{number:016x}", self.run),
                Mark::Check => write!(body, "c{:07x}{number:016x}", self.run),
                Mark::Bill => write!(body, "LD{:08x}{number:012}", self.run),
                Mark::Code => write!(body, "{}", code.code),
                Mark::Customer => write!(body, "{}", Value::from(code.customer_id.clone())),
                Mark::Balances => match &code.balance_id {
                    Some(balance_id) => write!(body, "{}", spend(balance_id)),
                    None => write!(body, "[]"),
                },
            };
        }
        body.push_str(&self.tail);
        debug_assert!(self.kind != Kind::Usages || body.contains("billId"));
        body.into_bytes()
    }
}

/// `UsedBalance` that takes 1.00.
fn spend(balance_id: &str) -> Value {
    json!([{"balanceId": balance_id, "usedNonControllableValue": 0, "usedControllableValue": 1, "prepaidValue": null}])
}

fn money(cents: i64) -> Value {
    let text = format!("{}.{:02}", cents / 100, cents % 100);
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

fn product(index: usize, name: &str, category: &str) -> Value {
    json!({"productId": format!("p:load{index}"), "name": name,
        "categories": [{"categoryId": format!("c:{category}"), "parentCategoryId": "c:menu", "name": category}]})
}

/// `ThirdPartyLoyaltyOfferRequest` (protocol.md §10.3).
fn offer(device: usize) -> Value {
    let items: Vec<Value> = LINES
        .iter()
        .enumerate()
        .map(|(index, (name, category, price, pieces, vat))| {
            json!({"checkItemId": format!("i{index}"), "product": product(index, name, category), "amount": pieces,
                "measure": "pcs", "totalPriceWithVat": money(price * pieces), "totalAppliedNonLoyaltyDiscounts": 0,
                "vatRate": vat, "vatId": vat})
        })
        .collect();
    json!({"checkId": "@check@", "loyaltyOfferId": "@offer@", "deviceNumber": device, "currencyCode": "CZK",
        "countryCode": "CZ", "posLang": "cs", "billLang": "cs", "pricePrecision": 2,
        "benefitInputs": [{"inputCode": "@code@"}], "balances": [], "itemsToPay": items,
        "merchantId": "load", "placeId": "load"})
}

/// `LoyaltyBenefitUsagesPayload` (protocol.md §10.8): the same basket, paid in cash.
fn usage(device: usize) -> Value {
    let mut total = 0;
    let mut items = Vec::new();
    for (index, (name, category, price, pieces, vat)) in LINES.iter().enumerate() {
        total += price * pieces;
        items.push(
            json!({"originalCheckItemId": format!("i{index}"), "product": product(index, name, category),
            "amount": pieces, "measure": "pcs", "vatRate": vat, "totalPriceWithVat": money(price * pieces),
            "appliedBenefits": []}),
        );
    }
    json!({"loyaltyOfferId": "@offer@", "billId": "@bill@", "billState": "paid", "loyaltyProviderId": "load",
        "deviceNumber": device, "benefitInputs": [{"inputCode": "@code@"}], "customerId": "@customer@",
        "metadata": "{}", "currencyCode": "CZK", "countryCode": "CZ", "paidAt": "2026-03-01T12:00:00.000Z",
        "usedBalances": "@balances@", "usedGeneralDiscounts": [], "paidItems": items, "paymentsByBalances": [],
        "otherPaymentsValue": money(total), "totalWithVat": money(total)})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_json_with_new_ids_and_the_codes_in_turn() {
        let codes = Codes::parse("a cust-1 bal-1\nb # a comment\n\nc - bal-3\n").unwrap();
        for kind in [Kind::Offers, Kind::Usages] {
            let template = Template::new(kind, codes.clone(), 7, 3);
            let bodies: Vec<Value> =
                (0..4).map(|number| serde_json::from_slice(&template.body(number)).unwrap()).collect();
            let scanned: Vec<&str> =
                bodies.iter().map(|body| body["benefitInputs"][0]["inputCode"].as_str().unwrap()).collect();
            assert_eq!(scanned, ["a", "b", "c", "a"]);
            assert_ne!(bodies[0]["loyaltyOfferId"], bodies[3]["loyaltyOfferId"]);
            assert_eq!(bodies[0]["loyaltyOfferId"].as_str().unwrap().len(), 24);
            if kind == Kind::Usages {
                assert_eq!(bodies[0]["usedBalances"][0]["balanceId"], "bal-1");
                assert_eq!(bodies[0]["customerId"], "cust-1");
                assert_eq!(
                    (&bodies[1]["usedBalances"], &bodies[1]["customerId"]),
                    (&json!([]), &Value::Null)
                );
                assert_eq!(bodies[2]["usedBalances"][0]["balanceId"], "bal-3");
                assert_ne!(bodies[0]["billId"], bodies[1]["billId"]);
            } else {
                assert_eq!(bodies[0]["itemsToPay"].as_array().unwrap().len(), 10);
                assert_ne!(bodies[0]["checkId"], bodies[1]["checkId"]);
            }
        }
    }

    #[test]
    fn the_usage_closes_arithmetically() {
        let body = usage(1);
        let total: i64 = LINES.iter().map(|(_, _, price, pieces, _)| price * pieces).sum();
        assert_eq!(body["totalWithVat"], money(total));
        assert_eq!(body["otherPaymentsValue"], body["totalWithVat"]);
        assert_eq!(money(12_345).to_string(), "123.45");
    }

    #[test]
    fn a_codes_file_without_codes_or_with_too_many_words_is_refused() {
        assert!(Codes::parse("# nothing\n").is_err());
        assert!(Codes::parse("a b c d\n").unwrap_err().to_string().contains("line 1"));
    }
}

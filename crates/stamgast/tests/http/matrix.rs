//! Does every operation refuse what all of them must? The program's own description says which there are: what a new API
//! adds to it is tried here without a word.

use http::Method;
use serde_json::{Value, json};
use stamgast::client::{Answer, JsonClient};
use stamgast::demo::restaurant::{Restaurant, Wishes, set_up};
use stamgast::demo::stocks::{STOCK, STOCK_TAKING, STOCK_UP};
use std::collections::BTreeMap;
use testkit::restaurant::{BEER, PROMO};
use testkit::{House, fed};

/// A merchant and a place that nobody has.
const NOBODY: &str = "5fffffffffffffffffffffff";
/// Set-up calls that make the merchant they are asked about.
const MAKE_THEIR_MERCHANT: [&str; 3] = ["putPartnerMerchant", "putPlatformMerchant", "putPlatformRestaurant"];
/// Filters that take any text: ids, of which an unknown one leaves nothing or is not found.
const ANY_TEXT: [&str; 7] = ["balanceId", "billId", "checkId", "deskId", "limitId", "merchantId", "placeId"];
/// A value for each filter that leaves what the tests have sold.
const WIDE: [(&str, &str); 5] = [
    ("from", "2026-01-01"),
    ("till", "2027-01-01"),
    ("modifiedSince", "2026-01-01"),
    ("refunded", "0"),
    ("includeDeleted", "1"),
];

/// One operation of the description.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) schemes: Vec<String>,
    queries: Vec<String>,
    pub(crate) example: Option<Value>,
    /// The name of the schema of a refusal.
    refusal: String,
    pages: bool,
    /// Whether its answer is described with an `ETag`.
    has_tag: bool,
}

impl Operation {
    /// The path with these parameters; others are the ids of nothing.
    fn path(&self, known: &[(&str, &str)]) -> String {
        let mut path = self.path.clone();
        for (name, value) in known {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        while let Some((before, rest)) = path.split_once('{') {
            let after = rest.split_once('}').map_or("", |(_, after)| after);
            path = format!("{before}none_such{after}");
        }
        path
    }

    fn takes(&self, parameter: &str) -> bool {
        self.path.contains(&format!("{{{parameter}}}"))
    }

    async fn call(&self, caller: &JsonClient, path: &str) -> Answer {
        let body = self.example.as_ref().map(|example| example.to_string().into_bytes());
        caller.send(self.method.clone(), path, body).await.unwrap()
    }
}

pub(crate) fn operations(description: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let names = |place: &str| -> Vec<String> {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let named =
                    parameters.filter(|one| one["in"] == place).map(|one| one["name"].as_str().unwrap());
                named.map(str::to_owned).collect()
            };
            let schema = |status: &str| -> String {
                let schema = &operation["responses"][status]["content"]["application/json"]["schema"]["$ref"];
                schema.as_str().unwrap_or_default().rsplit('/').next().unwrap().to_owned()
            };
            let answer = schema("200");
            let schemes = operation["security"].as_array().unwrap().iter();
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                schemes: schemes.flat_map(|one| one.as_object().unwrap().keys().cloned()).collect(),
                queries: names("query"),
                example: operation["requestBody"]["content"]["application/json"].get("example").cloned(),
                refusal: schema("400"),
                has_tag: operation["responses"]["200"]["headers"].get("ETag").is_some(),
                pages: description["components"]["schemas"][&answer]["properties"].get("nextPage").is_some(),
            });
        }
    }
    operations
}

/// Which records a page shows; what else they say may move meanwhile.
fn ids(rows: &Value) -> Vec<Value> {
    const IDS: [&str; 9] = [
        "benefitUsageId",
        "billId",
        "checkId",
        "itemId",
        "stockUpId",
        "stockTakingId",
        "deskId",
        "sectionId",
        "merchantId",
    ];
    let of = |row: &Value| IDS.iter().map(|id| row[*id].clone()).find(|id| !id.is_null()).unwrap();
    rows.as_array().unwrap().iter().map(of).collect()
}

/// Everybody who may call something, by the scheme of the description.
pub(crate) async fn callers(house: &House, of: &Restaurant) -> BTreeMap<&'static str, JsonClient> {
    let login = json!({"client_id": of.client_id, "client_secret": of.client_secret, "grant_type": "client_credentials"});
    let granted = house.app.anyone.post("/api/auth/authorize", &login).await.unwrap();
    let bearer = |token: &str| house.app.anyone.bearer(token);
    BTreeMap::from([
        ("admin", house.app.admin.clone()),
        ("application", bearer(granted["access_token"].as_str().unwrap())),
        ("customers", bearer(&of.customers_token)),
        ("datasync", bearer(&of.datasync_secret)),
        ("loyalty", bearer(&of.partner_token)),
        ("register", bearer(&of.pos_tokens[0])),
    ])
}

/// A house with a second merchant, and what it answers to its description.
struct Matrix {
    house: House,
    operations: Vec<Operation>,
    own: BTreeMap<&'static str, JsonClient>,
    foreign: BTreeMap<&'static str, JsonClient>,
    wrong: Vec<String>,
}

impl Matrix {
    async fn start(engine: testkit::Engine) -> Self {
        let house = House::start(engine).await;
        let other =
            set_up(&house.app.admin, &Wishes::new(&house.app.outside, house.app.url())).await.unwrap();
        // what the courier still has to tell of it would come between two counts of rows
        fed(&house.app.admin, &other.merchant_id).await;
        let description = house.app.anyone.get("/openapi.json").await.unwrap();
        let operations = operations(&description);
        assert!(operations.len() > 60, "the description was read: {}", operations.len());
        let own = callers(&house, &house.restaurant).await;
        let foreign = callers(&house, &other).await;
        Self { house, operations, own, foreign, wrong: Vec::new() }
    }

    fn known(&self) -> [(&'static str, &str); 6] {
        let of = &self.house.restaurant;
        [
            ("merchantId", &of.merchant_id),
            ("sourceId", &of.source_id),
            ("placeId", &of.place_id),
            ("stockId", STOCK),
            ("stockUpId", STOCK_UP),
            ("stockTakingId", STOCK_TAKING),
        ]
    }

    /// The caller an operation is for.
    fn right<'c>(
        callers: &'c BTreeMap<&'static str, JsonClient>,
        operation: &Operation,
    ) -> Option<&'c JsonClient> {
        operation.schemes.iter().find_map(|scheme| callers.get(scheme.as_str()))
    }

    fn expect(&mut self, what: &str, operation: &Operation, answer: &Answer, statuses: &[u16]) {
        if !statuses.contains(&answer.status) {
            let Operation { id, method, path, .. } = operation;
            let answer = format!("{} {}", answer.status, answer.text);
            self.wrong.push(format!("{what}: {id} {method} {path}: expected {statuses:?}, found {answer}"));
        }
    }

    #[track_caller]
    fn nothing_is_wrong(&self) {
        assert!(self.wrong.is_empty(), "{} of them:\n{}", self.wrong.len(), self.wrong.join("\n"));
    }
}

testkit::on_both_engines! {
    async fn nobody_calls_with_no_credentials_or_those_of_another_api(engine: Engine) {
        let mut matrix = Matrix::start(engine).await;
        let before = matrix.house.rows().await;
        for operation in matrix.operations.clone() {
            if operation.schemes.is_empty() {
                continue;
            }
            let path = operation.path(&matrix.known());
            let answer = operation.call(&matrix.house.app.anyone, &path).await;
            matrix.expect("no credentials", &operation, &answer, &[401]);
            for (scheme, caller) in matrix.own.clone() {
                if !operation.schemes.iter().any(|one| one == scheme) {
                    let answer = operation.call(&caller, &path).await;
                    matrix.expect(scheme, &operation, &answer, &[401]);
                }
            }
        }
        assert_eq!(matrix.house.rows().await, before);
        matrix.nothing_is_wrong();
    }

    async fn nobody_reaches_another_merchant_or_a_place_that_is_not_there(engine: Engine) {
        let mut matrix = Matrix::start(engine).await;
        let before = matrix.house.rows().await;
        let source = format!("{}-{NOBODY}", matrix.house.restaurant.merchant_id);
        for operation in matrix.operations.clone() {
            let of_merchant = operation.takes("merchantId") || operation.takes("sourceId");
            if !of_merchant || MAKE_THEIR_MERCHANT.contains(&operation.id.as_str()) {
                continue;
            }
            if operation.path.starts_with("/admin/") {
                let wide = operation.queries.iter().filter_map(|name| WIDE.iter().find(|(known, _)| known == name));
                let wide: Vec<String> = wide.map(|(name, value)| format!("{name}={value}")).collect();
                let path = format!("{}?{}", operation.path(&[("merchantId", NOBODY)]), wide.join("&"));
                // which holds are meant is asked before whose they are
                let path = if operation.id == "getPartnerHolds" { format!("{path}balanceId=none_such") } else { path };
                let answer = operation.call(&matrix.house.app.admin, &path).await;
                matrix.expect("unknown merchant", &operation, &answer, &[404]);
                // of an id inside the merchant none is there either
                if ![NOBODY, "none_such"].iter().any(|id| answer.text.contains(id)) {
                    matrix.wrong.push(format!("{}: names no id: {}", operation.id, answer.text));
                }
                continue;
            }
            let path = operation.path(&matrix.known());
            let stranger = Matrix::right(&matrix.foreign, &operation).unwrap().clone();
            let answer = operation.call(&stranger, &path).await;
            matrix.expect("foreign merchant", &operation, &answer, &[403]);
            if operation.takes("sourceId") {
                let own = Matrix::right(&matrix.own, &operation).unwrap().clone();
                let answer = operation.call(&own, &operation.path(&[("sourceId", &source)])).await;
                // a register belongs to one place, so any other is not its own
                let is_register = operation.schemes.iter().any(|scheme| scheme == "register");
                let status = if is_register { 403 } else { 404 };
                matrix.expect("unknown place", &operation, &answer, &[status]);
                let answer = operation.call(&own, &operation.path(&[("sourceId", "no source")])).await;
                matrix.expect("no source", &operation, &answer, &[400]);
            }
        }
        assert_eq!(matrix.house.rows().await, before);
        matrix.nothing_is_wrong();
    }

    async fn a_filter_that_cannot_be_read_is_named(engine: Engine) {
        let mut matrix = Matrix::start(engine).await;
        for operation in matrix.operations.clone() {
            let caller = Matrix::right(&matrix.own, &operation).cloned();
            let (Method::GET, Some(caller)) = (operation.method.clone(), caller) else { continue };
            for name in &operation.queries {
                // the customers feed cuts a long page short, as the documented one does
                let values: &[&str] = if operation.refusal != "ErrorBody" { &["-1", "ten"] } else if name == "limit" { &["0", "101", "-1", "ten", ""] } else { &["%7Eno"] };
                let is_cursor = name.starts_with("last") || name == "after";
                if ANY_TEXT.contains(&name.as_str()) {
                    continue;
                }
                for value in values {
                    let mut path = format!("{}?{name}={value}", operation.path(&matrix.known()));
                    for (other, value) in WIDE {
                        if other != name && operation.queries.iter().any(|query| query == other) {
                            path = format!("{path}&{other}={value}");
                        }
                    }
                    let answer = operation.call(&caller, &path).await;
                    let statuses: &[u16] = if is_cursor { &[400, 404] } else { &[400] };
                    matrix.expect(&format!("{name}={value}"), &operation, &answer, statuses);
                    let names_it = operation.refusal != "ErrorBody" || answer.json["field"] == name.as_str();
                    if answer.status == 400 && !names_it {
                        matrix.wrong.push(format!("{name}={value}: {}: names {}", operation.id, answer.text));
                    }
                }
            }
        }
        matrix.nothing_is_wrong();
    }

    async fn pages_of_one_lead_to_the_end_and_keep_the_filters(engine: Engine) {
        let matrix = Matrix::start(engine).await;
        let register = matrix.house.register(1);
        for _ in 0..3 {
            let check = matrix.house.open_check(1, &[(BEER, 1)], &[PROMO]).await;
            let offered = register.post(&format!("{check}/offer"), &json!({})).await.unwrap();
            let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": offered["toPay"]}]});
            register.post(&format!("{check}/pay"), &pay).await.unwrap();
            matrix.house.app.clock.advance_seconds(1);
        }
        let mut walked = 0;
        for operation in matrix.operations.clone() {
            let caller = Matrix::right(&matrix.own, &operation).cloned();
            let takes_limit = operation.queries.iter().any(|name| name == "limit");
            let (true, true, Some(caller)) = (operation.pages, takes_limit, caller) else { continue };
            let given: Vec<String> = WIDE
                .iter()
                .filter(|(name, _)| operation.queries.iter().any(|query| query == name))
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let all = format!("{}?{}", operation.path(&matrix.known()), given.join("&"));
            let whole = caller.get(&all).await.unwrap();
            assert_eq!(whole["nextPage"], Value::Null, "{all}");
            let mut next = format!("{all}&limit=1");
            let mut found = Vec::new();
            for _ in 0..10 {
                let page = caller.get(&next).await.unwrap();
                let rows = page["data"].as_array().unwrap();
                assert!(rows.len() <= 1, "{next}");
                found.extend(rows.iter().cloned());
                let Some(path) = page["nextPage"].as_str() else { break };
                for one in given.iter().map(String::as_str).chain(["limit=1"]) {
                    let name = one.split('=').next().unwrap();
                    assert!(path.contains(&format!("{name}=")), "{path} lost {name}");
                }
                path.clone_into(&mut next);
            }
            assert_eq!(ids(&json!(found)), ids(&whole["data"]), "{}", operation.id);
            walked += found.len();
        }
        assert!(walked >= 6, "bills and usages were walked: {walked}");
    }

    async fn whoever_polls_is_not_sent_again_what_it_has(engine: Engine) {
        let mut matrix = Matrix::start(engine).await;
        let check = matrix.house.open_check(1, &[(BEER, 1)], &[]).await;
        let register = matrix.house.register(1);
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 59}]});
        let bill = register.post(&format!("{check}/pay"), &pay).await.unwrap();
        register.post(&matrix.house.checks(), &json!({"deskId": "1"})).await.unwrap();
        testkit::fed(&matrix.house.app.admin, &matrix.house.restaurant.merchant_id).await;
        let (check_id, bill_id) = (check.rsplit('/').next().unwrap().to_owned(), bill["billId"].as_str().unwrap().to_owned());
        let mut tried = Vec::new();
        for operation in matrix.operations.clone() {
            if operation.method != Method::GET || !operation.has_tag {
                continue;
            }
            let mut known = matrix.known().to_vec();
            known.extend([("checkId", check_id.as_str()), ("billId", bill_id.as_str()), ("deskId", "1"), ("id", "1")]);
            let path = operation.path(&known);
            let caller = Matrix::right(&matrix.own, &operation).unwrap().clone();
            let first = operation.call(&caller, &path).await;
            // a path with an id that nobody told this test is not found, and has no tag
            let statuses: &[u16] = if path.contains("none_such") { &[200, 404] } else { &[200] };
            matrix.expect("polled", &operation, &first, statuses);
            let tag = first.headers.get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
            if tag.is_empty() == (first.status == 200) {
                matrix.wrong.push(format!("{} {}: ETag {tag:?}", operation.id, first.status));
            }
            if first.status != 200 {
                continue;
            }
            let kept = |answer: &Answer| answer.headers.get("cache-control").cloned();
            if kept(&first).is_none_or(|kept| kept != "private, no-cache") {
                matrix.wrong.push(format!("{}: Cache-Control {:?}", operation.id, kept(&first)));
            }
            tried.push(operation.id.clone());
            for (seen, status) in [(tag.clone(), 304), (format!("\"x\", W/{}", tag.trim_start_matches("W/")), 304), ("*".to_owned(), 304), ("\"x\"".to_owned(), 200)] {
                let again = operation.call(&caller.header("if-none-match", &seen), &path).await;
                matrix.expect(&format!("If-None-Match: {seen}"), &operation, &again, &[status]);
                if (status == 304) != again.text.is_empty() || again.headers.get("etag") != first.headers.get("etag") || kept(&again) != kept(&first) {
                    matrix.wrong.push(format!("{} If-None-Match {seen}: {:?} {}", operation.id, again.headers, again.text));
                }
            }
        }
        matrix.nothing_is_wrong();
        assert!(tried.len() >= 18, "what was set up and sold was polled: {tried:?}");
    }
}

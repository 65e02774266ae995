//! Does a page of bills cost more at a place that has a million of them?
//!
//! One bill is sold at the till and copied. Pages and details are read over HTTP, one after the other, at the far end of the
//! many and among the few in turns.

use crate::ratio::ratio as written;
use crate::site::Site;
use anyhow::Context as _;
use db::{Db, Engine, Never, Statement, TxError, params};
use serde_json::{Value, json};
use stamgast::client::JsonClient;
use stamgast::demo::restaurant::Restaurant;
use std::time::Instant;

/// Bills of the place with few.
const FEW: u64 = 1_000;
/// Both places are asked in turn, so that what else the machine does meets both.
const TURNS: usize = 5;
/// Requests of a kind in one turn.
const REQUESTS: usize = 100;
/// How many copies one transaction makes: so few that it is done long before a command gives up, on a busy machine too.
const SLICE: u64 = 1_000;
/// What the last page of many bills may cost, in thousandths of the first.
const LAST_PAGE_AT_MOST: u64 = 1_500;
/// What a detail among many bills may cost, in thousandths of one among few.
const DETAIL_AT_MOST: u64 = 1_200;

/// What the last page costs beside the first, and a detail beside one among few; the ratio is that of the pages.
pub(crate) async fn measure(engine: Engine, many: u64) -> anyhow::Result<Value> {
    let few = Place::open(engine, FEW).await?;
    let large = Place::open(engine, many).await?;
    let (mut first, mut last, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut among_few, mut among_many) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let measured = [
            (&mut first, &large, large.list("limit=50")),
            (&mut last, &large, large.list(&format!("limit=50&lastBillId={}", copy_of(60)))),
            (&mut changed, &large, large.list(&format!("limit=50&modifiedSince={}", large.paid_at))),
            (&mut among_few, &few, few.detail(FEW / 2)),
            (&mut among_many, &large, large.detail(many / 2)),
        ];
        for (times, place, path) in measured {
            let middle = place.middle(&path).await?;
            // the first turn warms up
            if turn > 0 {
                times.push(middle);
            }
        }
    }
    let page = ratio(&first, &last);
    let detail = ratio(&among_few, &among_many);
    let result = json!({
        "bills": many,
        "firstPageUs": first,
        "lastPageUs": last,
        "changedPageUs": changed,
        "detailAmongFewUs": among_few,
        "detailAmongManyUs": among_many,
        "detailRatio": written(detail, 1_000),
        "ratio": written(page, 1_000),
        "holds": page <= LAST_PAGE_AT_MOST && detail <= DETAIL_AT_MOST,
    });
    few.site.close().await?;
    large.site.close().await?;
    Ok(result)
}

/// A place with bills, and who reads them.
struct Place {
    site: Site,
    reader: JsonClient,
    paid_at: String,
}

impl Place {
    /// A restaurant whose first place has so many bills.
    async fn open(engine: Engine, bills: u64) -> anyhow::Result<Self> {
        let site = Site::open(engine, 1, 0).await?;
        let of = &site.restaurant;
        let anyone = JsonClient::new(site.app.url())?;
        let token = of.pos_tokens.first().context("a register")?;
        let till = anyone.bearer(token);
        let checks = format!("/pos/{}/checks", of.source_id);
        let opened = till.post(&checks, &json!({})).await?;
        let check = format!("{checks}/{}", opened["checkId"].as_str().context("a check")?);
        let lines: Vec<Value> = (0..5).map(|_| json!({"productId": "p:pivo", "amount": 1})).collect();
        let filled = till.put(&format!("{check}/lines"), &json!({"lines": lines})).await?;
        let payment = json!({"paymentMethod": "cash", "priceWithVat": filled["toPay"]});
        let bill = till.post(&format!("{check}/pay"), &json!({"payments": [payment]})).await?;
        multiply(site.app.db(), of, bill["billId"].as_str().context("a bill")?, bills).await?;
        let login = json!({"client_id": of.client_id, "client_secret": of.client_secret, "grant_type": "client_credentials"});
        let granted = anyone.post("/api/auth/authorize", &login).await?;
        let reader = anyone.bearer(granted["access_token"].as_str().context("an access token")?);
        let paid_at = bill["paidAt"].as_str().context("paidAt")?.replace('+', "%2B");
        Ok(Self { site, reader, paid_at })
    }

    fn list(&self, query: &str) -> String {
        format!("/bills/{}?{query}", self.site.restaurant.source_id)
    }

    fn detail(&self, number: u64) -> String {
        format!("/bills/{}/{}", self.site.restaurant.source_id, copy_of(number))
    }

    /// The middle time of an answer, µs.
    async fn middle(&self, path: &str) -> anyhow::Result<u64> {
        let mut times = Vec::with_capacity(REQUESTS);
        for _ in 0..REQUESTS {
            let begun = Instant::now();
            self.reader.get(path).await?;
            times.push(u64::try_from(begun.elapsed().as_micros())?);
        }
        times.sort_unstable();
        times.get(REQUESTS / 2).copied().context("a time")
    }
}

/// Thousandths of `other` in `one`, both in their middle turn.
fn ratio(one: &[u64], other: &[u64]) -> u64 {
    let middle = |times: &[u64]| {
        let mut times = times.to_vec();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    middle(other).saturating_mul(1_000) / middle(one).max(1)
}

/// The id of a copy; the higher, the newer.
fn copy_of(number: u64) -> String {
    format!("ZZ2026{number:07}")
}

/// Makes bills `0..count` as copies of one with its items, a millisecond apart and older than it.
async fn multiply(db: &Db, of: &Restaurant, bill_id: &str, count: u64) -> anyhow::Result<()> {
    let statements = copies(db).await?;
    let count = i64::try_from(count)?;
    let mut from = 0;
    while from < count {
        let until = count.min(from + i64::try_from(SLICE)?);
        let (statements, bill_id) = (statements.clone(), bill_id.to_owned());
        let (merchant, place) = (of.merchant_id.clone(), of.place_id.clone());
        db.write("copy_bills", move |tx| {
            for statement in &statements {
                tx.execute(statement, params![&merchant, &bill_id, from, until, count, &place])?;
            }
            Ok::<_, TxError<Never>>(())
        })
        .await?;
        from = until;
    }
    Ok(())
}

/// A statement for the bills and one for their items, with whatever columns they have.
async fn copies(db: &Db) -> anyhow::Result<Vec<&'static Statement>> {
    let schema = db.schema().await?;
    let mut statements = Vec::new();
    for name in ["platform_bill", "platform_bill_item"] {
        let table = schema.get(name).with_context(|| format!("there is no table {name}"))?;
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<String> = columns
            .iter()
            .map(|column| match *column {
                "bill_id" => "'ZZ2026' || SUBSTR(CAST(10000000 + n.i AS TEXT), 2)".to_owned(),
                "check_id" => "t.check_id || '-' || CAST(n.i AS TEXT)".to_owned(),
                "created_at" | "paid_at" | "modified_at" => format!("t.{column} - (($5 - n.i) * 1000)"),
                _ => format!("t.{column}"),
            })
            .collect();
        let sql = format!(
            "WITH RECURSIVE n(i) AS (SELECT CAST($3 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $4)
             INSERT INTO {name} ({}) SELECT {} FROM n CROSS JOIN {name} AS t
             WHERE t.merchant = $1 AND t.place = $6 AND t.bill_id = $2 AND CAST($5 AS BIGINT) >= 0 ORDER BY n.i",
            columns.join(", "),
            values.join(", ")
        );
        // lives as long as the measurement: a statement is known by its address
        let statement = Statement::new("COPY_BILLS", module_path!(), Box::leak(sql.into_boxed_str()));
        statements.push(&*Box::leak(Box::new(statement)));
    }
    Ok(statements)
}

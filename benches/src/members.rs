//! Does an offer cost more when a merchant has a million members?

use crate::offers::site_ratio;
use crate::site::Site;
use db::{Db, Engine, Never, Statement, TxError, params};
use serde_json::{Value, json};
use stamgast::load::Kind;

/// Members of the small restaurant.
const FEW: u64 = 1_000;
/// A card's points, its credit and what was given on top.
const EXTRA_LOTS: u64 = 1;
/// Both restaurants are asked in turn, so that what else the machine does meets both.
const TURNS: u32 = 5;
/// How many copies one transaction makes.
const SLICE: u64 = 10_000;

/// Offers at a merchant with a thousand members and at one with `many`, three lots each, in turn; the ratio says how
/// many times as much an offer costs at the large one, in the median turn.
pub(crate) async fn measure(engine: Engine, many: u64, requests: u64) -> anyhow::Result<Value> {
    let small = Site::open(engine, FEW, EXTRA_LOTS).await?;
    let large = Site::open(engine, many, EXTRA_LOTS).await?;
    let faults = stamgast::database::verify(small.app.db(), stamgast::config::Role::All).await?;
    anyhow::ensure!(faults.is_empty(), "the copied members do not add up: {faults:?}");
    let mut turns = Vec::new();
    for turn in 0..=TURNS {
        let few = small.load(Kind::Offers, 32, requests, turn + 1).await?;
        let many = large.load(Kind::Offers, 32, requests, turn + 1).await?;
        // the first turn warms up
        if turn > 0 {
            turns.push((few.per_second().saturating_mul(1000) / many.per_second().max(1), few, many));
        }
    }
    turns.sort_by_key(|(cost, _, _)| *cost);
    let (_, few, many_offers) = &turns[turns.len() / 2];
    let result = json!({
        "members": many,
        "lots": many * (2 + EXTRA_LOTS),
        "costs": turns.iter().map(|(_, few, many)| site_ratio(few.per_second(), many.per_second())).collect::<Vec<_>>(),
        "fewMembers": few.json(),
        "manyMembers": many_offers.json(),
        "ratio": site_ratio(few.per_second(), many_offers.per_second()),
    });
    small.close().await?;
    large.close().await?;
    Ok(result)
}

/// The id of a copy. The number comes first: what a member has stands side by side, as it does where the server makes
/// the ids.
pub(crate) fn copy_of(id: &str, number: u64) -> String {
    format!("{number}-{id}")
}

/// Makes members `0..count` as copies of one, with its card, balances, lots and entries, one member after the other;
/// [`copy_of`] says what they are called. Row by row over HTTP a million would take the better part of an hour.
pub(crate) async fn multiply(db: &Db, merchant: &str, member: &str, count: u64) -> anyhow::Result<()> {
    let statements = copies(db).await?;
    let count = i64::try_from(count)?;
    let mut from = 0;
    while from < count {
        let until = count.min(from + i64::try_from(SLICE)?);
        let (statements, merchant, member) = (statements.clone(), merchant.to_owned(), member.to_owned());
        db.write("copy_members", move |tx| {
            for statement in &statements {
                tx.execute(statement, params![&merchant, &member, from, until])?;
            }
            Ok::<_, TxError<Never>>(())
        })
        .await?;
        from = until;
    }
    Ok(())
}

/// One statement for each table that says something of a member, with whatever columns it has.
async fn copies(db: &Db) -> anyhow::Result<Vec<&'static Statement>> {
    let schema = db.schema().await?;
    let by_member = "t.member_id = $2";
    let by_balance = "t.balance_id IN (SELECT b.balance_id FROM partner_balance AS b WHERE b.merchant = $1 AND b.member_id = $2)";
    let tables = [
        ("partner_member", by_member),
        ("partner_person", by_member),
        ("partner_customer", by_member),
        ("partner_code", by_member),
        ("partner_lot", by_balance),
        ("partner_transfer", by_balance),
        ("partner_balance", by_member),
    ];
    let mut statements = Vec::new();
    for (name, of_member) in tables {
        let table = schema.get(name).ok_or_else(|| anyhow::anyhow!("there is no table {name}"))?;
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<String> = columns
            .iter()
            .map(|column| match *column {
                "member_id" | "code" | "balance_id" => format!("CAST(n.i AS TEXT) || '-' || t.{column}"),
                "customer_number" => "t.customer_number + 1 + n.i".to_owned(),
                _ => format!("t.{column}"),
            })
            .collect();
        let sql = format!(
            "WITH RECURSIVE n(i) AS (SELECT CAST($3 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $4)
             INSERT INTO {name} ({}) SELECT {} FROM n CROSS JOIN {name} AS t WHERE t.merchant = $1 AND {of_member} ORDER BY n.i",
            columns.join(", "),
            values.join(", ")
        );
        // lives as long as the measurement: a statement is known by its address
        let statement = Statement::new("COPY_MEMBERS", module_path!(), Box::leak(sql.into_boxed_str()));
        statements.push(&*Box::leak(Box::new(statement)));
    }
    Ok(statements)
}

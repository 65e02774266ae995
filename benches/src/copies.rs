//! How does a restaurant get as many members as a measurement wants?

use db::{Db, Never, Statement, TxError, params};

/// How many copies one transaction makes.
const SLICE: u64 = 10_000;

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

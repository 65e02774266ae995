//! Does a part of a bill give back its money and no more, and the whole bill the rest?

use super::super::store::OfBill;
use super::{give_back, give_back_amount};
use crate::MIGRATIONS;
use crate::loyalty::limit::Counter;
use crate::loyalty::promotion::LimitKey;
use db::{Db, Never, Options, Tx, TxError};
use jiff::Timestamp;
use std::collections::BTreeMap;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const MONEY: &str = "p/amount/campaign/ever/";
const USES: &str = "p/uses/campaign/ever/";
const OTHER: &str = "q/amount/campaign/ever/";

fn counters(tx: &mut Tx<'_>) -> Result<BTreeMap<String, Counter>, db::Error> {
    let keys = [MONEY, USES, OTHER]
        .map(|id| (id.to_owned(), LimitKey { limit_id: id.to_owned(), promotion_id: id[..1].to_owned() }));
    Counter::lock(tx, "m", &BTreeMap::from(keys), NOW)
}

#[tokio::test]
async fn parts_give_back_money_and_the_whole_gives_back_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("limits.db").display());
    let db = Db::open(Options::new(&url)).await.unwrap();
    db.migrate(&[MIGRATIONS]).await.unwrap();
    let read = db.write("give_back", move |tx| {
        let of = OfBill { merchant: "m", loyalty_provider_id: "l", offer_id: "o", bill_id: "b" };
        let mut seen = Vec::new();
        let mut see = |tx: &mut Tx<'_>| {
            let now = counters(tx)?;
            seen.push([MONEY, USES, OTHER].map(|id| now[id].used));
            Ok::<_, db::Error>(())
        };
        let mut begun = counters(tx)?;
        for (id, amount) in [(MONEY, 1_000), (USES, 1), (OTHER, 500)] {
            begun.get_mut(id).unwrap().enter(tx, "m", amount, "o", "b", NOW)?;
        }
        see(tx)?;
        give_back_amount(tx, &of, "p", 300, NOW)?;
        see(tx)?;
        give_back_amount(tx, &OfBill { bill_id: "another", ..of }, "p", 300, NOW)?;
        see(tx)?;
        give_back_amount(tx, &of, "p", 900, NOW)?;
        see(tx)?;
        let first = give_back(tx, &of, NOW)?;
        see(tx)?;
        let second = give_back(tx, &of, NOW)?;
        see(tx)?;
        Ok::<_, TxError<Never>>((seen, first, second))
    });
    let (seen, first, second) = read.await.unwrap();
    assert_eq!(
        seen,
        [[1_000, 1, 500], [700, 1, 500], [700, 1, 500], [0, 1, 500], [0, 0, 0], [0, 0, 0]],
        "money, uses, another promotion's money"
    );
    assert!(first && !second);
}

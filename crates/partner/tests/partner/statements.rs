//! Is every SQL text of this side one that both engines understand?

use crate::side::*;
use db::{Never, TxError};

on_both_engines! {
    async fn every_statement_is_understood(side: Side) {
        let mut checked = 0;
        for statement in db::STATEMENTS {
            let mut sql = statement.sql.split_whitespace();
            let table_is_here = statement.sql.contains("partner_");
            assert!(sql.next().is_some());
            if !table_is_here {
                continue;
            }
            let prepared = side.db.read("prepare", move |tx| {
                tx.prepare(statement).map_err(TxError::<Never>::from)
            }).await;
            assert!(prepared.is_ok(), "{}: {prepared:?}", statement.name);
            checked += 1;
        }
        assert!(checked > 60, "only {checked} statements were found");
    }
}

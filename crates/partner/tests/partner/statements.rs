//! Is every SQL text of this side one that both engines understand?

use crate::side::*;

on_both_engines! {
    async fn every_statement_is_understood(side: Side) {
        let ours: Vec<&str> = db::statements_of("partner").map(|statement| statement.name).collect();
        assert!(ours.len() > 60, "only {} statements were found", ours.len());
        let faults = side.db.prepare_all().await.unwrap();
        let of_ours: Vec<_> = faults.iter().filter(|(name, _)| ours.contains(name)).collect();
        assert!(of_ours.is_empty(), "{of_ours:#?}");
    }
}

//! What if a receiver cannot take one record?

use crate::bench::{Bench, MERCHANT, on_both_engines};
use crate::feed::{change, ids, lag};
use crate::receiver::Reply;
use courier::feed;
use std::collections::BTreeSet;

/// Runs what is due for some days, an hour at a time; gives the attempts.
async fn days(bench: &Bench, days: i64) -> usize {
    let courier = bench.courier();
    let mut attempts = 0;
    for _ in 0..days * 24 * 12 {
        attempts += courier.run_due().await.unwrap();
        bench.clock.advance_seconds(300);
    }
    attempts
}

on_both_engines! {
    async fn the_record_at_fault_is_set_aside_and_the_others_arrive(bench: Bench) {
        bench.subscribe("s1", "p1", "secret", "2026-01-01T00:00:00Z").await;
        let names: Vec<String> = (0..40).map(|number| format!("b{number:02}")).collect();
        let records: Vec<&str> = names.iter().map(String::as_str).collect();
        change(&bench, "bills", Some("p1"), &records).await;
        bench.receiver.answers(|request| match ids(request).iter().any(|id| id == "b17") {
            true => Reply::Status(500),
            false => Reply::Status(200),
        });
        let attempts = days(&bench, 1).await;
        assert!(attempts < 30, "{attempts}");
        let taken: BTreeSet<String> = bench
            .receiver
            .received()
            .iter()
            .map(ids)
            .filter(|ids| !ids.contains(&"b17".to_owned()))
            .flatten()
            .collect();
        assert_eq!(taken.len(), 39);
        let aside = bench.write(|tx, _| feed::set_aside(tx, MERCHANT)).await;
        assert_eq!(aside.len(), 1);
        assert_eq!((aside[0].record.as_str(), aside[0].number, aside[0].domain.as_str()), ("b17", 18, "bills"));
        let state = lag(&bench).await.remove("s1/bills").unwrap();
        assert_eq!((state.records, state.set_aside, state.position), (0, 1, 40));

        // A newer state of it that is taken ends that.
        bench.receiver.always(200);
        change(&bench, "bills", Some("p1"), &["b17"]).await;
        bench.courier().run_due().await.unwrap();
        assert!(bench.write(|tx, _| feed::set_aside(tx, MERCHANT)).await.is_empty());
    }

    async fn a_receiver_that_is_down_makes_nobody_suspect(bench: Bench) {
        bench.subscribe("s1", "p1", "secret", "2026-01-01T00:00:00Z").await;
        change(&bench, "bills", Some("p1"), &["b1", "b2", "b3", "b4", "b5"]).await;
        bench.receiver.answers(|_| Reply::Drop);
        days(&bench, 2).await;
        assert!(bench.write(|tx, _| feed::set_aside(tx, MERCHANT)).await.is_empty());
        assert_eq!(lag(&bench).await["s1/bills"].records, 5);
        bench.receiver.forget();
        bench.receiver.always(204);
        days(&bench, 1).await;
        let taken: BTreeSet<String> = bench.receiver.received().iter().flat_map(ids).collect();
        assert_eq!(taken.len(), 5);
        assert_eq!(lag(&bench).await["s1/bills"].records, 0);
    }

    async fn a_record_longer_than_a_batch_is_set_aside_unsent(bench: Bench) {
        bench.subscribe("s1", "p1", "secret", "2026-01-01T00:00:00Z").await;
        change(&bench, "bills", Some("p1"), &["b1", "huge", "b2"]).await;
        bench.courier().run_due().await.unwrap();
        let sent: Vec<String> = bench.receiver.received().iter().flat_map(ids).collect();
        assert_eq!(sent, ["b1", "b2"]);
        let aside = bench.write(|tx, _| feed::set_aside(tx, MERCHANT)).await;
        assert_eq!(aside[0].record, "huge");
        assert!(aside[0].reason.contains("longer than a batch"), "{}", aside[0].reason);
    }
}

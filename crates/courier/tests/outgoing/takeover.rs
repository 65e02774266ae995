//! What if a process dies with a claim, or two processes share one database?

use crate::bench::{Bench, on_both_engines};
use crate::receiver::Reply;
use courier::outbox::State;
use courier::{Authorization, Courier, CourierConfig};
use db::Db;
use std::collections::BTreeMap;
use std::time::Duration;

on_both_engines! {
    async fn a_lease_left_behind_is_taken_over_and_the_late_outcome_is_fenced_off(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        let mut first = true;
        bench.receiver.answers(move |_| match std::mem::take(&mut first) {
            // The first process gets its (bad) answer only after the second has delivered.
            true => Reply::Late(Duration::from_millis(1_500), 500),
            false => Reply::Status(200),
        });
        bench.enqueue("d1").await;
        let dying = bench.courier();
        let late = tokio::spawn(async move { dying.run_due().await.unwrap() });
        bench.receiver.until(1).await;

        let other = second_process(&bench).await;
        assert_eq!(other.run_due().await.unwrap(), 0, "the lease still holds");
        // Deadline 5 s and margin 15 s.
        bench.clock.advance_seconds(19);
        assert_eq!(other.run_due().await.unwrap(), 0, "the lease holds beyond the deadline");
        bench.clock.advance_seconds(1);
        assert_eq!(other.run_due().await.unwrap(), 1);
        assert_eq!(bench.status("d1").await.state, State::Delivered);

        late.await.unwrap();
        let status = bench.status("d1").await;
        assert_eq!((status.state, status.attempts, status.last_error), (State::Delivered, 1, None));
        assert_eq!(bench.attempts("d1").await.len(), 1);
        assert_eq!(bench.told().await, [("d1".into(), "delivered".into(), 1)]);
        assert_eq!(bench.receiver.count(), 2);
    }

    async fn two_processes_deliver_everything_once_and_in_order(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        for number in 0..120 {
            bench.enqueue_to("loyalty", &format!("p{}", number % 8), "benefitUsage", &format!("{number:03}")).await;
        }
        let (one, other) = (bench.courier(), second_process(&bench).await);
        let one = tokio::spawn(async move { one.run_due().await.unwrap() });
        let other = tokio::spawn(async move { other.run_due().await.unwrap() });
        let made = one.await.unwrap() + other.await.unwrap();
        assert_eq!(made, 120);
        let mut lanes: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for request in bench.receiver.received() {
            let number: u32 = request.json()["delivery"].as_str().unwrap().parse().unwrap();
            lanes.entry(number % 8).or_default().push(number);
        }
        for (lane, numbers) in lanes {
            let expected: Vec<u32> = (0..15).map(|turn| turn * 8 + lane).collect();
            assert_eq!(numbers, expected, "lane {lane}");
        }
    }

    async fn a_feed_lane_left_behind_is_taken_over(bench: Bench) {
        bench.subscribe("s1", "p1", "secret", "2026-01-01T00:00:00Z").await;
        crate::feed::change(&bench, "bills", Some("p1"), &["b1"]).await;
        let mut first = true;
        bench.receiver.answers(move |_| match std::mem::take(&mut first) {
            true => Reply::Late(Duration::from_millis(1_500), 500),
            false => Reply::Status(200),
        });
        let dying = bench.courier();
        let late = tokio::spawn(async move { dying.run_due().await.unwrap() });
        bench.receiver.until(1).await;
        let other = second_process(&bench).await;
        assert_eq!(other.run_due().await.unwrap(), 0);
        bench.clock.advance_seconds(20);
        assert_eq!(other.run_due().await.unwrap(), 1);
        late.await.unwrap();
        let lag = crate::feed::lag(&bench).await;
        assert_eq!((lag["s1/bills"].records, lag["s1/bills"].failures), (0, 0));
        assert_eq!(bench.attempts("s1/bills").await.len(), 1);
    }
}

async fn second_process(bench: &Bench) -> Courier {
    let db = Db::open(bench.options.clone()).await.unwrap();
    let (listeners, feeds) = crate::bench::parts();
    let config: CourierConfig = Bench::config();
    Courier::idle(db, bench.outside.clone(), config, bench.keyring.clone(), listeners, feeds)
}

//! Does a partner's copy follow ours: every change, in its newest state, from the date on?

use crate::bench::{Bench, MERCHANT, on_both_engines};
use crate::receiver::{Received, Reply};
use courier::change::{self, Change};
use courier::feed::{self, Lag};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Changes records in one transaction.
pub(crate) async fn change(
    bench: &Bench,
    domain: &'static str,
    place: Option<&'static str>,
    records: &[&str],
) {
    let records: Vec<String> = records.iter().map(|record| (*record).to_owned()).collect();
    bench
        .write(move |tx, now| {
            let changes: Vec<Change<'_>> =
                records.iter().map(|record| Change { domain, place, record, removed: false }).collect();
            change::append(tx, MERCHANT, &changes, now)
        })
        .await;
}

/// Lag by `subscription/domain`.
pub(crate) async fn lag(bench: &Bench) -> BTreeMap<String, Lag> {
    let lags = bench.write(|tx, now| feed::lag(tx, MERCHANT, now)).await;
    lags.into_iter().map(|lag| (format!("{}/{}", lag.subscription_id, lag.domain), lag)).collect()
}

pub(crate) fn ids(request: &Received) -> Vec<String> {
    let data = request.json()["data"].as_array().unwrap().clone();
    data.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

on_both_engines! {
    async fn each_record_is_sent_once_in_its_newest_state(bench: Bench) {
        bench.subscribe("s1", "p1", "secret", "2026-01-01T00:00:00Z").await;
        change(&bench, "bills", Some("p1"), &["b1", "b2"]).await;
        change(&bench, "bills", Some("p2"), &["elsewhere"]).await;
        change(&bench, "bills", Some("p1"), &["b1"]).await;
        let courier = bench.courier();
        assert_eq!(courier.run_due().await.unwrap(), 1);
        let request = bench.receiver.received().remove(0);
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/datasync"));
        assert_eq!(request.headers["authorization"], "secret");
        assert!(request.headers["webhook-id"].starts_with("batch_"));
        let expected = serde_json::json!({
            "merchantId": MERCHANT, "placeId": "p1", "dataDomain": "bills",
            "data": [{"id": "b2", "_version": 2}, {"id": "b1", "_version": 4}]
        });
        assert_eq!(request.json(), expected);
        assert_eq!(courier.run_due().await.unwrap(), 0);

        let removed = Change { domain: "bills", place: Some("p1"), record: "b1", removed: true };
        bench.write(move |tx, now| change::append(tx, MERCHANT, &[removed], now)).await;
        assert_eq!(courier.run_due().await.unwrap(), 1);
        let last = bench.receiver.received().pop().unwrap().json();
        assert_eq!(last["data"], serde_json::json!([
            {"id": "b1", "_removed": true, "_lastModifiedAt": "2026-03-01T10:00:00Z"}]));
        let lag = lag(&bench).await;
        assert_eq!((lag["s1/bills"].position, lag["s1/bills"].records), (5, 0));
        assert_eq!(lag["s1/bills"].last_success_at, Some(bench.now()));
    }

    async fn a_subscription_begins_at_its_date(bench: Bench) {
        change(&bench, "bills", Some("p1"), &["old"]).await;
        bench.clock.advance_seconds(3_600);
        change(&bench, "bills", Some("p1"), &["new"]).await;
        bench.subscribe("s1", "p1", "one", "2026-03-01T10:30:00Z").await;
        bench.subscribe("s2", "p1", "two", "2026-03-01T09:00:00Z").await;
        bench.subscribe("s3", "p1", "three", "2026-03-01T12:00:00Z").await;
        let courier = bench.courier();
        assert_eq!(courier.run_due().await.unwrap(), 2);
        let by_secret: BTreeMap<String, Vec<String>> =
            bench.receiver.received().iter().map(|r| (r.headers["authorization"].clone(), ids(r))).collect();
        assert_eq!(by_secret["one"], ["new"]);
        assert_eq!(by_secret["two"], ["old", "new"]);
        bench.receiver.forget();
        change(&bench, "bills", Some("p1"), &["later"]).await;
        assert_eq!(courier.run_due().await.unwrap(), 3);
    }

    async fn a_new_receiver_begins_at_its_date_again(bench: Bench) {
        change(&bench, "bills", Some("p1"), &["before"]).await;
        bench.clock.advance_seconds(3_600);
        change(&bench, "bills", Some("p1"), &["b1", "b2"]).await;
        bench.subscribe("s1", "p1", "secret", "2026-03-01T10:30:00Z").await;
        let courier = bench.courier();
        assert_eq!(courier.run_due().await.unwrap(), 1);
        // Another secret and another date are the same receiver.
        bench.subscribe("s1", "p1", "other", "2026-03-01T09:00:00Z").await;
        assert_eq!(courier.run_due().await.unwrap(), 0);
        // Another URL is another one: it gets all from its date on, and no failure of the old one stands.
        bench.subscribe_at("s1", "p1", "secret", "2026-03-01T10:30:00Z", "/elsewhere").await;
        let begun = &lag(&bench).await["s1/bills"];
        assert_eq!((begun.position, begun.records, begun.last_success_at), (1, 2, None));
        assert_eq!(courier.run_due().await.unwrap(), 1);
        let last = bench.receiver.received().pop().unwrap();
        assert_eq!((last.path.as_str(), ids(&last)), ("/elsewhere", vec!["b1".to_owned(), "b2".to_owned()]));
    }

    async fn two_places_may_have_records_of_one_id(bench: Bench) {
        bench.subscribe("s1", "p1", "one", "2026-01-01T00:00:00Z").await;
        bench.subscribe("s2", "p2", "two", "2026-01-01T00:00:00Z").await;
        change(&bench, "bills", Some("p1"), &["12"]).await;
        change(&bench, "bills", Some("p2"), &["12"]).await;
        assert_eq!(bench.courier().run_due().await.unwrap(), 2);
        let sent: BTreeSet<(String, Vec<String>)> =
            bench.receiver.received().iter().map(|r| (r.headers["authorization"].clone(), ids(r))).collect();
        let twelve = || vec!["12".to_owned()];
        assert_eq!(sent, BTreeSet::from([("one".to_owned(), twelve()), ("two".to_owned(), twelve())]));
    }

    async fn a_batch_has_at_most_500_records_and_a_position_per_domain(bench: Bench) {
        bench.subscribe("s1", "p1", "secret", "2026-01-01T00:00:00Z").await;
        let records: Vec<String> = (0..1_200).map(|number| format!("b{number:04}")).collect();
        let records: Vec<&str> = records.iter().map(String::as_str).collect();
        change(&bench, "bills", Some("p1"), &records).await;
        change(&bench, "items", None, &["i1"]).await;
        assert_eq!(bench.courier().run_due().await.unwrap(), 4);
        let mut sent = Vec::new();
        let mut sizes = Vec::new();
        for request in bench.receiver.received().iter().filter(|r| r.json()["dataDomain"] == "bills") {
            sizes.push(ids(request).len());
            sent.extend(ids(request));
        }
        assert_eq!(sizes, [500, 500, 200]);
        assert_eq!(sent, records);
        let lag = lag(&bench).await;
        assert_eq!((lag["s1/bills"].position, lag["s1/items"].position), (1_200, 1_201));
    }

    async fn a_failing_batch_keeps_its_position_and_is_read_anew(bench: Bench) {
        bench.subscribe("s1", "p1", "secret", "2026-01-01T00:00:00Z").await;
        change(&bench, "bills", Some("p1"), &["b1"]).await;
        bench.receiver.always(500);
        let courier = bench.courier();
        assert_eq!(courier.run_due().await.unwrap(), 1);
        bench.clock.advance_seconds(9);
        assert_eq!(courier.run_due().await.unwrap(), 0);
        let waiting = lag(&bench).await.remove("s1/bills").unwrap();
        assert_eq!((waiting.records, waiting.seconds, waiting.failures), (1, 9, 1));
        assert_eq!(waiting.last_error.as_deref(), Some("answered 500"));

        change(&bench, "bills", Some("p1"), &["b2"]).await;
        bench.receiver.always(204);
        bench.clock.advance_seconds(1);
        assert_eq!(courier.run_due().await.unwrap(), 1);
        let received = bench.receiver.received();
        assert_eq!(ids(&received[1]), ["b1", "b2"]);
        assert_ne!(received[0].headers["webhook-id"], received[1].headers["webhook-id"]);
        let waiting = lag(&bench).await.remove("s1/bills").unwrap();
        assert_eq!((waiting.records, waiting.seconds, waiting.failures, waiting.last_error), (0, 0, 0, None));
    }

    async fn what_all_places_share_is_sent_once_per_receiver(bench: Bench) {
        bench.subscribe("s1", "p1", "same", "2026-01-01T00:00:00Z").await;
        bench.subscribe("s2", "p2", "same", "2026-01-01T00:00:00Z").await;
        bench.subscribe("s3", "p3", "other", "2026-01-01T00:00:00Z").await;
        change(&bench, "items", None, &["i1"]).await;
        let courier = bench.courier();
        courier.run_due().await.unwrap();
        let mut secrets: Vec<String> =
            bench.receiver.received().iter().map(|r| r.headers["authorization"].clone()).collect();
        secrets.sort();
        assert_eq!(secrets, ["other", "same"]);
        // The lane that did not send follows the one that did.
        bench.clock.advance_seconds(10);
        assert_eq!(courier.run_due().await.unwrap(), 0);
        assert_eq!(lag(&bench).await["s2/items"].records, 0);
        // Place domains are nobody else's.
        change(&bench, "bills", Some("p2"), &["b1"]).await;
        bench.receiver.forget();
        assert_eq!(courier.run_due().await.unwrap(), 1);
        assert_eq!(bench.receiver.received()[0].json()["placeId"], "p2");
    }

    async fn gone_pauses_a_lane_of_the_feed(bench: Bench) {
        bench.subscribe("s1", "p1", "secret", "2026-01-01T00:00:00Z").await;
        change(&bench, "bills", Some("p1"), &["b1"]).await;
        bench.receiver.always(410);
        let courier = bench.courier();
        assert_eq!(courier.run_due().await.unwrap(), 1);
        bench.receiver.always(200);
        bench.clock.advance_seconds(100_000);
        assert_eq!(courier.run_due().await.unwrap(), 0);
        assert!(lag(&bench).await["s1/bills"].paused_reason.as_deref().unwrap().contains("410"));
        assert_eq!(bench.write(|tx, now| feed::resume(tx, MERCHANT, "s1", now)).await, 1);
        assert_eq!(courier.run_due().await.unwrap(), 1);
        assert!(bench.write(|tx, _| feed::unsubscribe(tx, MERCHANT, "s1")).await);
        change(&bench, "bills", Some("p1"), &["b2"]).await;
        assert_eq!(courier.run_due().await.unwrap(), 0);
    }

    async fn a_reader_beside_slow_writers_misses_nothing(bench: Bench) {
        bench.subscribe("s1", "p1", "secret", "2026-01-01T00:00:00Z").await;
        let mut writers = Vec::new();
        for writer in 0..8_u64 {
            let (db, now) = (bench.db.clone(), bench.now());
            writers.push(tokio::spawn(async move {
                for turn in 0..10_u64 {
                    let record = format!("b{writer}-{turn}");
                    let slow = Duration::from_millis((writer * 7 + turn * 13) % 20);
                    let written = db.write("slow_writer", move |tx| {
                        // Work before the number is drawn, and a slow way to the commit after it.
                        std::thread::sleep(slow);
                        let bill = Change { domain: "bills", place: Some("p1"), record: &record, removed: false };
                        change::append(tx, MERCHANT, &[bill], now)?;
                        std::thread::sleep(slow / 4);
                        Ok::<_, db::TxError<db::Never>>(())
                    });
                    written.await.unwrap();
                }
            }));
        }
        let courier = bench.courier();
        while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
            courier.run_due().await.unwrap();
        }
        courier.run_due().await.unwrap();
        let mut versions = Vec::new();
        for request in bench.receiver.received() {
            for record in request.json()["data"].as_array().unwrap() {
                versions.push(record["_version"].as_u64().unwrap());
            }
        }
        let expected: Vec<u64> = (1..=80).collect();
        assert_eq!(versions, expected, "every change once, in commit order");
    }

    async fn a_started_courier_waits_a_moment_for_more_changes(bench: Bench) {
        bench.subscribe("s1", "p1", "secret", "2026-01-01T00:00:00Z").await;
        let config = courier::CourierConfig { debounce_seconds: 1, tick_seconds: 600, ..Bench::config() };
        let (listeners, feeds) = crate::bench::parts();
        let courier = courier::Courier::start(
            bench.db.clone(), bench.outside.clone(), config, bench.keyring.clone(), listeners, feeds);
        // The first tick looks at everything; let it pass.
        tokio::time::sleep(Duration::from_millis(300)).await;
        for record in ["b1", "b2", "b3"] {
            change(&bench, "bills", Some("p1"), &[record]).await;
            courier.wake();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(bench.receiver.count(), 0);
        bench.receiver.until(1).await;
        courier.shutdown().await;
        assert_eq!(ids(&bench.receiver.received()[0]), ["b1", "b2", "b3"]);
        assert_eq!(bench.receiver.count(), 1);
    }

    async fn a_change_beside_a_batch_under_way_does_not_wait_for_the_tick(bench: Bench) {
        bench.subscribe("s1", "p1", "secret", "2026-01-01T00:00:00Z").await;
        bench.receiver.answers(|_| Reply::Late(Duration::from_millis(400), 204));
        let config = courier::CourierConfig { debounce_seconds: 0, tick_seconds: 600, ..Bench::config() };
        let (listeners, feeds) = crate::bench::parts();
        let courier = courier::Courier::start(
            bench.db.clone(), bench.outside.clone(), config, bench.keyring.clone(), listeners, feeds);
        // The first tick looks at everything; let it pass.
        tokio::time::sleep(Duration::from_millis(300)).await;
        // At the batch's arrival, while its answer is out, and about when it is written.
        for (number, pause) in [0, 200, 395, 400, 405, 410].into_iter().enumerate() {
            let sent = bench.receiver.count();
            let (first, second) = (format!("a{number}"), format!("b{number}"));
            change(&bench, "bills", Some("p1"), &[&first]).await;
            courier.wake();
            bench.receiver.until(sent + 1).await;
            tokio::time::sleep(Duration::from_millis(pause)).await;
            change(&bench, "bills", Some("p1"), &[&second]).await;
            courier.wake();
            bench.receiver.until(sent + 2).await;
            assert_eq!(ids(&bench.receiver.received()[sent + 1]), [second]);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        courier.shutdown().await;
    }

    async fn numbers_of_one_merchant_have_no_gap_when_a_command_is_refused(bench: Bench) {
        bench.subscribe("s1", "p1", "secret", "2026-01-01T00:00:00Z").await;
        let now = bench.now();
        let refused = bench.db.write("refused", move |tx| {
            let bill = Change { domain: "bills", place: Some("p1"), record: "never", removed: false };
            change::append(tx, MERCHANT, &[bill], now)?;
            Err::<(), _>(db::TxError::Refused(()))
        });
        assert!(refused.await.is_err());
        change(&bench, "bills", Some("p1"), &["b1"]).await;
        bench.receiver.answers(|_| Reply::Status(204));
        bench.courier().run_due().await.unwrap();
        let data: Value = bench.receiver.received()[0].json()["data"].clone();
        assert_eq!(data, serde_json::json!([{"id": "b1", "_version": 1}]));
        let seen: BTreeSet<String> = ids(&bench.receiver.received()[0]).into_iter().collect();
        assert!(!seen.contains("never"));
    }
}

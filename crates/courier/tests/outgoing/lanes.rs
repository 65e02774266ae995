//! Who waits for whom, and who does not?

use crate::bench::{Bench, MERCHANT, SECRET, on_both_engines};
use crate::receiver::Reply;
use courier::destination::{self, NewDestination};
use courier::outbox::{self, NewDelivery, State};
use courier::{Authorization, CourierConfig};
use std::time::{Duration, Instant};

on_both_engines! {
    async fn a_lane_keeps_its_order_and_others_do_not_wait_for_it(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.receiver.answers(|request| match request.text().contains("bad") {
            true => Reply::Status(500),
            false => Reply::Status(200),
        });
        for id in ["1-bad", "2-good", "3-good"] {
            bench.enqueue(id).await;
        }
        bench.enqueue_to("loyalty", "p2", "benefitUsage", "other place").await;
        bench.enqueue_to("loyalty", "p1", "reservation", "other kind").await;
        let courier = bench.courier();
        assert_eq!(courier.run_due().await.unwrap(), 3);
        assert_eq!(bench.status("2-good").await.attempts, 0);
        assert_eq!(bench.status("other place").await.state, State::Delivered);
        assert_eq!(bench.status("other kind").await.state, State::Delivered);

        bench.receiver.forget();
        bench.receiver.always(200);
        bench.clock.advance_seconds(10);
        assert_eq!(courier.run_due().await.unwrap(), 3);
        let order: Vec<String> =
            bench.receiver.received().iter().map(|r| r.json()["delivery"].as_str().unwrap().to_owned()).collect();
        assert_eq!(order, ["1-bad", "2-good", "3-good"]);
    }

    async fn gone_pauses_the_lane_where_it_stands_until_it_is_resumed(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.receiver.always(410);
        bench.enqueue("d1").await;
        let courier = bench.courier();
        assert_eq!(courier.run_due().await.unwrap(), 1);
        bench.enqueue("d2").await;
        bench.receiver.always(200);
        bench.clock.advance_seconds(1_000_000);
        assert_eq!(courier.run_due().await.unwrap(), 0);
        assert_eq!(bench.status("d1").await.state, State::Pending);

        assert_eq!(bench.write(|tx, now| outbox::resume(tx, MERCHANT, "loyalty", now)).await, 1);
        bench.receiver.forget();
        assert_eq!(courier.run_due().await.unwrap(), 2);
        let order: Vec<String> = bench.receiver.received().iter().map(|r| r.text()).collect();
        assert_eq!(order, ["{\"delivery\": \"d1\"}", "{\"delivery\": \"d2\"}"]);
    }

    async fn five_days_of_failures_pause_the_lane(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.receiver.always(500);
        for number in 0..10 {
            bench.enqueue(&format!("d{number}")).await;
        }
        let courier = bench.courier();
        for _ in 0..6 * 24 {
            courier.run_due().await.unwrap();
            bench.clock.advance_seconds(3_600);
        }
        bench.receiver.forget();
        bench.receiver.always(200);
        bench.clock.advance_seconds(1_000_000);
        assert_eq!(courier.run_due().await.unwrap(), 0);
        assert_eq!(bench.write(|tx, now| outbox::resume(tx, MERCHANT, "loyalty", now)).await, 1);
        assert!(courier.run_due().await.unwrap() > 0);
        assert_eq!(bench.status("d9").await.state, State::Delivered);
    }

    async fn merchants_take_turns_before_lanes_do(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        for number in 0..30 {
            bench.enqueue_to("loyalty", &format!("p{number}"), "benefitUsage", &format!("d{number}")).await;
        }
        small_merchant(&bench).await;
        let courier = bench.courier_with(CourierConfig { concurrency: 2, ..Bench::config() });
        assert_eq!(courier.run_due().await.unwrap(), 31);
        let place = bench.receiver.received().iter().position(|r| r.text() == "small").unwrap();
        assert!(place < 2, "the small merchant came {place} places late");
    }

    async fn a_hanging_destination_holds_nobody_up(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.receiver.answers(|request| match request.text().contains("hang") {
            true => Reply::Late(Duration::from_secs(3), 200),
            false => Reply::Status(200),
        });
        bench.enqueue_to("loyalty", "hanging", "benefitUsage", "hang").await;
        for number in 0..5 {
            bench.enqueue_to("loyalty", "p1", "benefitUsage", &format!("d{number}")).await;
        }
        let config = CourierConfig { poll: Duration::from_millis(50), ..Bench::config() };
        let (listeners, feeds) = crate::bench::parts();
        let courier = courier::Courier::start(
            bench.db.clone(), bench.outside.clone(), config, bench.keyring.clone(), listeners, feeds);
        let started = Instant::now();
        bench.receiver.until(6).await;
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        // The end waits for the one under way and writes down that it arrived.
        courier.shutdown().await;
        assert_eq!(bench.status("hang").await.state, State::Delivered);
        assert_eq!(bench.status("d4").await.state, State::Delivered);
    }

    async fn a_started_courier_is_woken_and_ends(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        let config = CourierConfig { poll: Duration::from_secs(600), ..Bench::config() };
        let wake = config.wake.clone();
        let (listeners, feeds) = crate::bench::parts();
        let courier = courier::Courier::start(
            bench.db.clone(), bench.outside.clone(), config, bench.keyring.clone(), listeners, feeds);
        for number in 0..20 {
            bench.enqueue(&format!("d{number}")).await;
            wake.wake();
        }
        bench.receiver.until(20).await;
        courier.shutdown().await;
        for number in 0..20 {
            assert_eq!(bench.status(&format!("d{number}")).await.state, State::Delivered);
        }
        bench.enqueue("late").await;
        courier.wake();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(bench.receiver.count(), 20);
    }

    async fn giving_up_at_the_end_costs_no_attempt(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.receiver.answers(|_| Reply::Late(Duration::from_secs(4), 200));
        bench.enqueue("d1").await;
        let config = CourierConfig { shutdown_grace: Duration::from_millis(100), ..Bench::config() };
        let (listeners, feeds) = crate::bench::parts();
        let courier = courier::Courier::start(
            bench.db.clone(), bench.outside.clone(), config, bench.keyring.clone(), listeners, feeds);
        bench.receiver.until(1).await;
        courier.shutdown().await;
        assert_eq!(bench.status("d1").await.attempts, 0);
        bench.receiver.always(200);
        // Given back, not left to the lease.
        assert_eq!(bench.courier().run_due().await.unwrap(), 1);
    }
}

async fn small_merchant(bench: &Bench) {
    let merchant = "5f00000000000000000000b2";
    let scheme = Authorization::Verbatim;
    let sealed =
        destination::seal_secret(&bench.keyring, &bench.outside, merchant, "loyalty", scheme, SECRET)
            .unwrap();
    let url = bench.receiver.url.clone();
    bench
        .write(move |tx, now| {
            let new = NewDestination {
                merchant,
                destination_id: "loyalty",
                url: &url,
                authorization: Authorization::Verbatim,
                sealed_secret: &sealed,
                sealed_signing_secret: None,
            };
            destination::put(tx, &new, now)?;
            let delivery = NewDelivery {
                merchant,
                delivery_id: "d1",
                destination_id: "loyalty",
                place: "p1",
                kind: "benefitUsage",
                record: "r",
                path: "",
                body: b"small",
                now,
            };
            outbox::enqueue(tx, &delivery)
        })
        .await;
}

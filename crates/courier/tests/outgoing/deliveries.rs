//! What becomes of one delivery, attempt by attempt?

use crate::bench::{MERCHANT, SECRET, on_both_engines};
use crate::receiver::Reply;
use courier::outbox::{self, NewCall, NewDelivery, State};
use courier::{Authorization, Courier, CourierConfig, TargetGuard};
use db::TxError;

static LANES: db::Query<String> = db::Query::new(
    "LANES",
    module_path!(),
    "SELECT destination_id FROM courier_lane ORDER BY destination_id",
);

on_both_engines! {
    async fn a_delivery_arrives_once_with_everything_that_belongs_to_it(bench: Bench) {
        bench.destination_at("loyalty", Authorization::Bearer, &bench.receiver.url, Some("whsec_AAAA two")).await;
        bench.enqueue("d1").await;
        bench.enqueue("d1").await;
        let courier = bench.courier();
        assert_eq!(courier.run_due().await.unwrap(), 1);
        assert_eq!(courier.run_due().await.unwrap(), 0);

        let received = bench.receiver.received();
        assert_eq!(received.len(), 1);
        let request = &received[0];
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/hook"));
        assert_eq!(request.text(), "{\"delivery\": \"d1\"}");
        assert_eq!(request.headers["authorization"], format!("Bearer {SECRET}"));
        assert_eq!(request.headers["content-type"], "application/json");
        assert_eq!(request.headers["webhook-id"], "d1");
        assert_eq!(request.headers["webhook-timestamp"], bench.now().as_second().to_string());
        assert_eq!(request.headers["webhook-signature"].split(' ').count(), 2);

        let status = bench.status("d1").await;
        assert_eq!((status.state, status.attempts, status.last_error), (State::Delivered, 1, None));
        assert_eq!(status.finished_at, Some(bench.now()));
        let attempts = bench.attempts("d1").await;
        assert_eq!(attempts.len(), 1);
        assert_eq!((attempts[0].status, attempts[0].error_class.as_deref()), (Some(200), None));
        assert_eq!(bench.told().await, [("d1".into(), "delivered".into(), 1)]);
    }

    async fn a_call_is_a_get_of_its_own_url_and_a_failing_one_holds_up_no_other(bench: Bench) {
        let url = |path: &str| format!("{}{path}", bench.receiver.url);
        let query = "/cb?o=1042&e=confirm&sig=a%2Fb%20c,d&empty=&=";
        let calls = [("one", url(query)), ("two", url("/gone")), ("three", "http://169.254.169.254/cb?o=3".to_owned())];
        for (lane, url) in calls {
            bench.write(move |tx, now| {
                let id = format!("{lane}-confirm");
                let new = NewCall { merchant: MERCHANT, delivery_id: &id, lane, place: "p1", kind: "orderConfirmed",
                    record: lane, url: &url, now };
                outbox::enqueue_call(tx, &new)?;
                outbox::enqueue_call(tx, &new)
            }).await;
        }
        bench.receiver.answers(|request| Reply::Status(if request.path == "/gone" { 500 } else { 204 }));
        let courier = bench.courier();
        assert_eq!(courier.run_due().await.unwrap(), 3);
        let received = bench.receiver.received();
        assert_eq!(received.len(), 2, "the guard let two through");
        let first = received.iter().find(|request| request.path == query).expect("the query came as it was given");
        assert_eq!((first.method.as_str(), first.body.len()), ("GET", 0));
        assert_eq!(first.headers["webhook-id"], "one-confirm");
        for secret in ["authorization", "content-type", "webhook-signature"] {
            assert!(!first.headers.contains_key(secret), "{secret}");
        }
        assert_eq!(bench.status("one-confirm").await.state, State::Delivered);
        for waiting in ["two-confirm", "three-confirm"] {
            let status = bench.status(waiting).await;
            assert_eq!((status.state, status.attempts), (State::Pending, 1), "{waiting}");
        }
        assert_eq!(bench.attempts("three-confirm").await[0].error_class.as_deref(), Some("refused"));
        bench.receiver.always(200);
        bench.clock.advance_seconds(10);
        courier.run_due().await.unwrap();
        assert_eq!(bench.status("two-confirm").await.state, State::Delivered);
        // A call that was delivered leaves no lane behind; one that waits, or failed for good and may be replayed, keeps its own.
        let lanes = async || bench.db.read("lanes", |tx| Ok::<_, TxError<db::Never>>(tx.query(&LANES, &[])?)).await.unwrap();
        assert_eq!(lanes().await, ["three"]);
        for step in courier::schedule::STEPS_SECONDS {
            bench.clock.advance_seconds(i64::try_from(step).unwrap());
            courier.run_due().await.unwrap();
        }
        assert_eq!(bench.status("three-confirm").await.state, State::Failed);
        assert_eq!(lanes().await, ["three"]);
        bench.write(|tx, now| outbox::replay(tx, MERCHANT, "three-confirm", now).map(drop)).await;
        courier.run_due().await.unwrap();
        assert_eq!(bench.status("three-confirm").await.state, State::Pending, "it was tried again");
    }

    async fn a_refused_fact_enqueues_nothing(bench: Bench) {
        bench.destination("loyalty", Authorization::Bearer).await;
        let now = bench.now();
        let refused = bench.db.write("refused_fact", move |tx| {
            let new = NewDelivery { merchant: MERCHANT, delivery_id: "d1", destination_id: "loyalty", place: "p1",
                kind: "benefitUsage", record: "r", path: "", body: b"{}", now };
            outbox::enqueue(tx, &new)?;
            Err::<(), _>(TxError::Refused("no"))
        }).await;
        assert_eq!(refused, Err(TxError::Refused("no")));
        assert_eq!(bench.courier().run_due().await.unwrap(), 0);
        assert_eq!(bench.receiver.count(), 0);
    }

    async fn the_schedule_is_kept_to_its_end_and_a_replay_begins_anew(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.receiver.always(500);
        bench.enqueue("d1").await;
        let courier = bench.courier();
        let steps = courier::schedule::STEPS_SECONDS;
        for (index, step) in steps.iter().enumerate() {
            assert_eq!(courier.run_due().await.unwrap(), 1, "attempt {index}");
            let status = bench.status("d1").await;
            assert_eq!(status.state, State::Pending);
            let step = i64::try_from(*step).unwrap();
            assert_eq!(status.next_attempt_at.unwrap().duration_since(bench.now()).as_secs(), step);
            bench.clock.advance_seconds(step - 1);
            assert_eq!(courier.run_due().await.unwrap(), 0, "one second early");
            bench.clock.advance_seconds(1);
        }
        assert_eq!(courier.run_due().await.unwrap(), 1);
        let status = bench.status("d1").await;
        assert_eq!((status.state, status.attempts), (State::Failed, 12));
        assert_eq!(status.last_error.as_deref(), Some("answered 500"));
        assert_eq!(bench.attempts("d1").await.len(), 12);
        let told = bench.told().await;
        assert_eq!(told.len(), 13);
        assert_eq!(told.last().unwrap(), &("d1".into(), "failed".into(), 12));
        bench.clock.advance_seconds(1_000_000);
        assert_eq!(courier.run_due().await.unwrap(), 0);

        bench.receiver.always(200);
        assert!(bench.write(|tx, now| outbox::replay(tx, MERCHANT, "d1", now)).await);
        assert!(!bench.write(|tx, now| outbox::replay(tx, MERCHANT, "d1", now)).await);
        assert_eq!(courier.run_due().await.unwrap(), 1);
        let status = bench.status("d1").await;
        assert_eq!((status.state, status.attempts), (State::Delivered, 13));
        // One body over all attempts.
        assert!(bench.receiver.received().iter().all(|request| request.text() == "{\"delivery\": \"d1\"}"));
        assert!(bench.receiver.received().iter().all(|request| request.headers["webhook-id"] == "d1"));
    }

    async fn a_usage_wants_exactly_200_and_a_redirect_is_not_followed(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        let elsewhere = format!("location: {}/elsewhere\r\n", bench.receiver.url);
        bench.receiver.answers(move |request| match request.text().as_str() {
            "{\"delivery\": \"moved\"}" => Reply::Full(307, elsewhere.clone(), Vec::new()),
            _ => Reply::Status(204),
        });
        bench.enqueue("usage").await;
        bench.enqueue_to("loyalty", "p1", "reservation", "moved").await;
        bench.enqueue_to("loyalty", "p2", "reservation", "other").await;
        assert_eq!(bench.courier().run_due().await.unwrap(), 3);
        assert_eq!(bench.status("usage").await.state, State::Pending);
        assert_eq!(bench.status("moved").await.last_error.as_deref(), Some("answered 307"));
        assert_eq!(bench.status("other").await.state, State::Delivered);
        assert!(bench.receiver.received().iter().all(|request| request.path == "/hook"));
    }

    async fn retry_after_is_held_to_two_steps_and_both_values_are_logged(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.receiver.answers(|_| Reply::Full(503, "retry-after: 3600\r\n".into(), b"later, please".to_vec()));
        bench.enqueue("d1").await;
        let courier = bench.courier();
        courier.run_due().await.unwrap();
        let attempt = bench.attempts("d1").await.remove(0);
        assert_eq!(attempt.retry_after_seconds, Some(3600));
        assert_eq!(attempt.wait_us, Some(20_000_000));
        assert_eq!(attempt.answer_start, b"later, please");
        bench.clock.advance_seconds(19);
        assert_eq!(courier.run_due().await.unwrap(), 0);
        bench.clock.advance_seconds(1);
        assert_eq!(courier.run_due().await.unwrap(), 1);
    }

    async fn a_dropped_connection_is_tried_again(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.receiver.answers(|_| Reply::Drop);
        bench.enqueue("d1").await;
        let courier = bench.courier();
        courier.run_due().await.unwrap();
        assert_eq!(bench.attempts("d1").await[0].status, None);
        bench.receiver.always(200);
        bench.clock.advance_seconds(10);
        courier.run_due().await.unwrap();
        assert_eq!(bench.status("d1").await.state, State::Delivered);
        assert_eq!(bench.receiver.count(), 2);
    }

    async fn what_the_receiver_fetched_itself_is_sent_no_more(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.receiver.always(500);
        bench.enqueue("d1").await;
        bench.enqueue("d2").await;
        let courier = bench.courier();
        assert_eq!(courier.run_due().await.unwrap(), 1);
        assert!(bench.write(|tx, now| outbox::settle(tx, MERCHANT, "d1", now)).await);
        assert!(!bench.write(|tx, now| outbox::settle(tx, MERCHANT, "d1", now)).await);
        bench.receiver.always(200);
        bench.clock.advance_seconds(10);
        assert_eq!(courier.run_due().await.unwrap(), 1);
        assert_eq!(bench.status("d1").await.state, State::Settled);
        assert_eq!(bench.status("d2").await.state, State::Delivered);
        assert_eq!(bench.receiver.received().last().unwrap().text(), "{\"delivery\": \"d2\"}");
    }

    async fn a_delivery_settled_while_it_is_under_way_stays_settled(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.receiver.answers(|_| Reply::Late(std::time::Duration::from_millis(400), 500));
        bench.enqueue("d1").await;
        let courier = bench.courier();
        let running = tokio::spawn(async move { courier.run_due().await.unwrap() });
        bench.receiver.until(1).await;
        assert!(bench.write(|tx, now| outbox::settle(tx, MERCHANT, "d1", now)).await);
        assert_eq!(running.await.unwrap(), 1);
        assert_eq!(bench.status("d1").await.state, State::Settled);
        assert_eq!(bench.attempts("d1").await.len(), 1);
        assert_eq!(bench.told().await, []);
        bench.clock.advance_seconds(1_000);
        assert_eq!(bench.courier().run_due().await.unwrap(), 0);
    }

    async fn a_target_that_may_not_be_reached_is_never_connected(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.enqueue("d1").await;
        let courier = bench.courier_with(CourierConfig { guard: TargetGuard::strict(), ..crate::bench::Bench::config() });
        assert_eq!(courier.run_due().await.unwrap(), 1);
        assert_eq!(bench.attempts("d1").await[0].error_class.as_deref(), Some("refused"));
        assert_eq!(bench.receiver.count(), 0);
    }

    async fn our_own_faults_cost_no_attempt(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.enqueue("d1").await;
        bench.enqueue_to("nowhere", "p1", "benefitUsage", "d2").await;
        let (listeners, feeds) = crate::bench::parts();
        let (db, outside) = (bench.db.clone(), bench.outside.clone());
        let keyless = Courier::idle(db, outside, crate::bench::Bench::config(), None, listeners, feeds);
        for _ in 0..20 {
            assert_eq!(keyless.run_due().await.unwrap(), 0);
            bench.clock.advance_seconds(60);
        }
        assert_eq!(bench.status("d1").await.attempts, 0);
        assert_eq!(bench.courier().run_due().await.unwrap(), 1);
        assert_eq!(bench.status("d1").await.state, State::Delivered);
        assert_eq!(bench.status("d2").await.attempts, 0);
    }

    async fn the_attempt_log_cannot_be_changed(bench: Bench) {
        bench.destination("loyalty", Authorization::Verbatim).await;
        bench.enqueue("d1").await;
        bench.courier().run_due().await.unwrap();
        for statement in [&CHANGE_ATTEMPT, &REMOVE_ATTEMPT] {
            let tried = bench.db.write("tamper", move |tx| {
                tx.execute(statement, db::params![MERCHANT])?;
                Ok::<_, TxError<db::Never>>(())
            });
            assert!(tried.await.is_err(), "{}", statement.name);
        }
        assert_eq!(bench.attempts("d1").await.len(), 1);
    }

    #[expect(unused_imports, reason = "it needs nothing from around it")]
    async fn every_statement_stands(bench: Bench) {
        assert_eq!(bench.db.prepare_all().await.unwrap(), []);
    }
}

db::statement! {
    CHANGE_ATTEMPT = "UPDATE courier_attempt SET status = 200 WHERE merchant = $1";
    REMOVE_ATTEMPT = "DELETE FROM courier_attempt WHERE merchant = $1";
}

//! Does the port measure what it says it measures?
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it fails")]

use db::{Db, Never, Options, TxError};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// How often each metric was touched, by its name and labels.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<BTreeMap<String, u64>>>);

struct Handle(Seen, String);

impl Seen {
    fn handle(&self, key: &Key) -> Arc<Handle> {
        let labels: String =
            key.labels().map(|label| format!(" {}={}", label.key(), label.value())).collect();
        Arc::new(Handle(self.clone(), format!("{}{labels}", key.name())))
    }

    fn times(&self, metric: &str) -> u64 {
        self.0.lock().unwrap().get(metric).copied().unwrap_or_default()
    }
}

impl Handle {
    fn touch(&self) {
        *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += 1;
    }
}

impl CounterFn for Handle {
    fn increment(&self, _: u64) {
        self.touch();
    }
    fn absolute(&self, _: u64) {
        self.touch();
    }
}

impl HistogramFn for Handle {
    fn record(&self, value: f64) {
        assert!(value >= 0.0);
        self.touch();
    }
}

impl Recorder for Seen {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.handle(key))
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.handle(key))
    }
}

/// Alone in its binary, because a recorder is for the whole process.
#[tokio::test]
async fn every_command_leaves_its_traces() {
    let seen = Seen::default();
    metrics::set_global_recorder(seen.clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("test.db").display());
    let postgres = cluster::Cluster::shared().unwrap().create_database().unwrap();
    for (round, url) in (1..).zip([sqlite, postgres]) {
        let db = Db::open(Options::new(&url)).await.unwrap();
        for _ in 0..3 {
            db.write("booked", |_| -> Result<_, TxError<Never>> { Ok(()) }).await.unwrap();
        }
        db.read("looked", |_| -> Result<_, TxError<Never>> { Ok(()) }).await.unwrap();
        let ended = db.write("broke", |_| -> Result<(), TxError<Never>> { panic!("on purpose") }).await;
        assert_eq!(ended, Err(TxError::Failed(db::Error::Panicked)));
        db.close().await;
        let expected = [
            ("db_closure_seconds name=booked", 3),
            ("db_closure_seconds name=looked", 1),
            ("db_closure_seconds name=broke", 1),
            ("db_queue_wait_seconds lane=write", 4),
            ("db_queue_wait_seconds lane=read", 1),
            ("db_commit_seconds", 3),
            ("db_panics_total", 1),
        ];
        for (metric, times) in expected {
            assert_eq!(seen.times(metric), times * round, "{metric} after {url}");
        }
        assert!(seen.times("db_batch_size") >= 3 * round);
    }
}

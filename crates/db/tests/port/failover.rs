//! What does a lane make of a server that moves away, or that fails and lives on?

use crate::engines::Opened;
use crate::schema::*;
use cluster::{Cluster, Durability};
use db::{Db, Engine, Error, Never, Options, TxError, params};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

// Of PostgreSQL only, so they are none of the registered statements
static BACKEND: db::Query<i64> =
    db::Query::new("BACKEND", module_path!(), "SELECT CAST(pg_backend_pid() AS BIGINT)");
static RAISE: db::Query<i64> = db::Query::new("RAISE", module_path!(), "SELECT shop_raise($1)");

/// A function that raises what it is told, and a trigger that raises in COMMIT what a note is called.
const RAISING: &str = "CREATE FUNCTION shop_raise(code TEXT) RETURNS BIGINT LANGUAGE plpgsql AS $$ BEGIN \
    RAISE EXCEPTION 'raised' USING ERRCODE = code; END $$; \
    CREATE FUNCTION shop_raise_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
    PERFORM shop_raise(NEW.note); RETURN NULL; END $$; \
    CREATE CONSTRAINT TRIGGER shop_late AFTER INSERT ON shop_note DEFERRABLE INITIALLY DEFERRED \
    FOR EACH ROW EXECUTE FUNCTION shop_raise_late()";

async fn raising() -> Opened {
    let opened = Opened::with(Engine::Postgres, |options| options.write_lanes = 1).await;
    cluster::Cluster::shared().unwrap().run_sql(&opened.options.url, RAISING).unwrap();
    opened
}

async fn backend(db: &Db) -> i64 {
    let asked =
        db.write("backend", |tx| -> Result<_, TxError<Never>> { Ok(tx.optional(&BACKEND, params![])?) });
    asked.await.unwrap().unwrap()
}

/// A server that reports a connection error (of a foreign table, say) is there to report it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_that_a_living_server_sends_costs_one_run_and_no_session() {
    let opened = raising().await;
    let before = backend(&opened.db).await;
    for code in ["08000", "08006", "08P01", "58030", "XX000", "53100"] {
        let runs = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&runs);
        let ended = opened.db.write("raise", move |tx| -> Result<_, TxError<Never>> {
            seen.fetch_add(1, Ordering::SeqCst);
            Ok(tx.optional(&RAISE, params![code])?)
        });
        let ended = ended.await.unwrap_err().into_error();
        assert!(matches!(ended, Error::Unavailable(_)), "{code}: {ended:?}");
        assert_eq!(runs.load(Ordering::SeqCst), 1, "{code}");
        assert_eq!(backend(&opened.db).await, before, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_fails_promises_nothing_it_cannot_know() {
    let opened = raising().await;
    for (code, known) in [
        ("08006", false),
        ("57014", false),
        ("58030", false),
        ("XX000", false),
        ("23514", true),
        ("22012", true),
    ] {
        let ended = opened.db.write("late", move |tx| -> Result<_, TxError<Never>> {
            let none = None::<&str>;
            Ok(tx.execute(&WRITE_NOTE, params!["m", code, None::<i64>, none, None::<&[u8]>])?)
        });
        let ended = ended.await.unwrap_err().into_error();
        assert_eq!(ended == Error::CommitUnknown, !known, "{code}: {ended:?}");
    }
}

/// Of two hosts the first still answers, and takes no writes any more: what has just been written is not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_ask_the_host_that_takes_writes_unless_a_replica_is_wanted() {
    let start = || tokio::task::spawn_blocking(|| Cluster::start(Durability::Off).unwrap());
    let (old, new) = (start().await.unwrap(), start().await.unwrap());
    // the first database of each has the same name
    let (old_url, new_url) = (old.create_database().unwrap(), new.create_database().unwrap());
    let name = new_url.rsplit('/').next().unwrap();
    assert!(old_url.ends_with(name));
    let readable = Db::open(Options::new(&old_url)).await.unwrap();
    readable.migrate(&[SHOP]).await.unwrap();
    readable.close().await;
    let standby = format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = on");
    old.run_sql(&old_url, &standby).unwrap();

    let of = |port: u16| format!("127.0.0.1:{port}");
    let both = new_url.replace(&of(new.port()), &format!("{},{}", of(old.port()), of(new.port())));
    let mut options = Options::new(&both);
    (options.read_lanes, options.write_lanes) = (3, 2);
    let db = Db::open(options.clone()).await.unwrap();
    db.migrate(&[SHOP]).await.unwrap();
    open_accounts(&db, &[("a", 7)]).await;
    for _ in 0..12 {
        assert_eq!(amount_of(&db, "a").await, Some(7));
    }
    options.url = format!("{both}?target_session_attrs=read-only");
    let replica = Db::open(options).await.unwrap();
    assert_eq!(amount_of(&replica, "a").await, None);
    open_accounts(&replica, &[("b", 1)]).await;
    assert_eq!(amount_of(&db, "b").await, Some(1));
}

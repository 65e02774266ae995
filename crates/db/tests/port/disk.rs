//! What if SQLite's disk is full, or another process holds its lock?

use crate::engines::Opened;
use crate::schema::*;
use db::{Db, Engine, Error, Never, Options, TxError, params};

/// A file of 150 pages fills up under commands that share a COMMIT: some small, some large. Whoever was told
/// yes is there, whoever was told no is not, and small ones go on as long as there is room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_fails_who_needs_the_room_and_nobody_else() {
    let opened = Opened::with(Engine::Sqlite, |options| options.file_pages_max = Some(150)).await;
    open_accounts(&opened.db, &[("a", 0)]).await;
    let big = vec![7_u8; 200_000];
    let sent: Vec<_> = (0..64_u32)
        .map(|number| {
            let picture = if number % 4 == 0 { big.clone() } else { Vec::new() };
            let written = opened.db.write("note", move |tx| -> Result<u32, TxError<Never>> {
                let note = number.to_string();
                tx.execute(&ADD, params!["a", 1_i64])?;
                tx.execute(&WRITE_NOTE, params!["m", &note, i64::from(number), "words", &picture])?;
                Ok(number)
            });
            tokio::spawn(written)
        })
        .collect();
    let (mut kept, mut full) = (Vec::new(), Vec::new());
    for (number, one) in (0_u32..).zip(sent) {
        match one.await.unwrap().map_err(TxError::into_error) {
            Ok(number) => kept.push(number),
            Err(Error::Unavailable(message)) => {
                assert!(message.contains("full"), "{message}");
                full.push(number);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    // 150 pages are 600 kB: two pictures fit, the other fourteen do not, and they fail alone
    assert_eq!(full.iter().filter(|number| **number % 4 != 0).count(), 0, "{full:?}");
    assert_eq!(full.len(), 14, "{full:?}");
    let second = opened.again().await;
    let there = second
        .read("notes", |tx| -> Result<_, TxError<Never>> { Ok(tx.query(&NUMBERS, params![])?) })
        .await
        .unwrap();
    assert_eq!(there, kept);
    assert_eq!(amount_of(&second, "a").await, Some(i64::try_from(kept.len()).unwrap()));
}

db::statement! {
    NUMBERS -> u32 = "SELECT number FROM shop_note WHERE merchant = 'm' ORDER BY number";
}

/// Two processes write to one file: they take turns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_one_file() {
    let opened = Opened::new(Engine::Sqlite).await;
    let second = opened.again().await;
    open_accounts(&opened.db, &[("a", 0)]).await;
    let sent: Vec<_> = (0..200)
        .map(|number| {
            let db = if number % 2 == 0 { &opened.db } else { &second };
            tokio::spawn(db.write("add", |tx| -> Result<_, TxError<Never>> {
                Ok(tx.execute(&ADD, params!["a", 1_i64])?)
            }))
        })
        .collect();
    for one in sent {
        assert_eq!(one.await.unwrap(), Ok(1));
    }
    assert_eq!(amount_of(&second, "a").await, Some(200));
}

/// A typing error in a path must not become an empty database.
#[tokio::test]
async fn a_file_is_made_only_where_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let mut options = Options::new(&format!("sqlite:{}", path.display()));
    options.create = false;
    let refused = Db::open(options.clone()).await.unwrap_err().to_string();
    assert!(refused.contains("there is no such file") && refused.contains("shop.db"), "{refused}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    Db::open(Options { create: true, ..options.clone() }).await.unwrap().close().await;
    Db::open(options).await.unwrap().close().await;
}

/// Two servers on one file would not hear of each other's work; commands beside a server are welcome.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_serves_a_file_and_others_may_use_it() {
    let opened = Opened::with(Engine::Sqlite, |options| options.serves = true).await;
    open_accounts(&opened.db, &[("a", 1)]).await;
    let second = Db::open(opened.options.clone()).await.map(|_| ()).unwrap_err();
    let message = second.to_string();
    assert!(
        message.contains("test.db is in use by another server; several servers need PostgreSQL"),
        "{message}"
    );
    let beside = Db::open(Options { serves: false, ..opened.options.clone() }).await.unwrap();
    assert_eq!(amount_of(&beside, "a").await, Some(1));
    open_accounts(&beside, &[("b", 2)]).await;
    // also when the server goes before the command, and another comes
    opened.db.close().await;
    let next = Db::open(opened.options.clone()).await.unwrap();
    assert_eq!(amount_of(&next, "b").await, Some(2));
    assert!(Db::open(opened.options.clone()).await.is_err());
    beside.close().await;
    assert!(Db::open(opened.options.clone()).await.is_err());
    next.close().await;
    Db::open(opened.options.clone()).await.unwrap().close().await;
}

/// On a disk of 24 MiB the log would fill all of it by itself: it moves before that, as often as it must.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_leaves_room_on_a_small_disk() {
    const DISK_BYTES: u64 = 24 << 20;
    let opened = Opened::with(Engine::Sqlite, |options| options.disk_bytes_max = Some(DISK_BYTES)).await;
    let file = opened.options.url.strip_prefix("sqlite:").unwrap().to_owned();
    let length = |path: &str| std::fs::metadata(path).map_or(0, |file| file.len());
    let picture = vec![7_u8; 100_000];
    let mut most = 0;
    for round in 0..600_i64 {
        let picture = picture.clone();
        let written = opened.db.write("note", move |tx| -> Result<_, TxError<Never>> {
            // the same rows again and again: the file stays small, and only the log grows
            let note = (round % 20).to_string();
            tx.execute(&FORGET_NOTE, params!["m", &note])?;
            Ok(tx.execute(&WRITE_NOTE, params!["m", &note, round, "words", &picture])?)
        });
        assert_eq!(written.await, Ok(1), "{round}");
        most = most.max(length(&file) + length(&format!("{file}-wal")));
    }
    assert!(most < DISK_BYTES, "{most} bytes of {DISK_BYTES}");
    assert!(most > DISK_BYTES / 8, "{most} bytes: nothing was tried");
}

db::statement! {
    FORGET_NOTE = "DELETE FROM shop_note WHERE merchant = $1 AND note = $2";
}

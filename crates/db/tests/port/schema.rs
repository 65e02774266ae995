//! Which tables and statements do the tests use?

use db::{Db, Error, Migrations, Never, Tx, TxError, params};

pub(crate) const SHOP: Migrations = Migrations { owner: "shop", files: &[("0001_start", START)] };

const START: &str = "
-- An account; what it holds never falls below zero.
CREATE TABLE shop_account (
    merchant TEXT NOT NULL,
    account TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (merchant, account)
);
CREATE TABLE shop_note (
    merchant TEXT NOT NULL,
    note TEXT NOT NULL,
    number BIGINT,
    words TEXT,
    picture BYTEA,
    PRIMARY KEY (merchant, note)
);
CREATE INDEX shop_note_by_number ON shop_note (merchant, number) WHERE number IS NOT NULL;
-- Its owner must be there when the transaction ends, not before.
CREATE TABLE shop_child (
    merchant TEXT NOT NULL,
    child TEXT NOT NULL,
    parent TEXT NOT NULL,
    PRIMARY KEY (merchant, child),
    FOREIGN KEY (merchant, parent) REFERENCES shop_account (merchant, account) DEFERRABLE INITIALLY DEFERRED
);
-- append-only: shop_journal
CREATE TABLE shop_journal (
    merchant TEXT NOT NULL,
    entry BIGINT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (merchant, entry)
);
";

db::row! {
    /// A note without its key.
    pub(crate) struct Note {
        pub(crate) number: Option<i64>,
        pub(crate) words: Option<String>,
        pub(crate) picture: Option<Vec<u8>>,
    }
}

db::statement! {
    pub(crate) OPEN_ACCOUNT = "INSERT INTO shop_account (merchant, account, amount) VALUES ('m', $1, $2)";
    pub(crate) ACCOUNT_AMOUNT -> i64 = "SELECT amount FROM shop_account WHERE merchant = 'm' AND account = $1";
    pub(crate) ADD = "UPDATE shop_account SET amount = amount + $2 WHERE merchant = 'm' AND account = $1";
    pub(crate) ACCOUNTS -> String = "SELECT account FROM shop_account WHERE merchant = 'm' ORDER BY account";
    pub(crate) ADD_CHILD = "INSERT INTO shop_child (merchant, child, parent) VALUES ('m', $1, $2)";
    pub(crate) WRITE_NOTE = "INSERT INTO shop_note (merchant, note, number, words, picture) VALUES ($1, $2, $3, $4, $5)";
    pub(crate) READ_NOTE -> Note = "SELECT number, words, picture FROM shop_note WHERE merchant = $1 AND note = $2";
    pub(crate) JOURNAL = "INSERT INTO shop_journal (merchant, entry, words) VALUES ('m', $1, $2)";
}

/// Opens accounts with these amounts.
pub(crate) async fn open_accounts(db: &Db, accounts: &'static [(&'static str, i64)]) {
    db.write("open_accounts", move |tx| -> Result<(), TxError<Never>> {
        for (account, amount) in accounts {
            tx.execute(&OPEN_ACCOUNT, params![*account, *amount])?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

/// What an account holds, or nothing when there is none.
pub(crate) fn amount(tx: &mut Tx<'_>, account: &str) -> Result<Option<i64>, Error> {
    tx.optional(&ACCOUNT_AMOUNT, params![account])
}

/// What an account holds, read on a read lane.
pub(crate) async fn amount_of(db: &Db, account: &'static str) -> Option<i64> {
    db.read("amount_of", move |tx| -> Result<_, TxError<Never>> { Ok(amount(tx, account)?) }).await.unwrap()
}

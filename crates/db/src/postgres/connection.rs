//! How is a connection to PostgreSQL made, and what does it promise?

use super::errors;
use super::session::PostgresSession;
use crate::Error;
use crate::metrics::Kind;
use ::postgres::config::TargetSessionAttrs;
use ::postgres::{Client, Config, NoTls, SimpleQueryMessage};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long one attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// After how long an unacknowledged packet means that the server is gone.
const SILENCE: Duration = Duration::from_secs(15);
/// The oldest server whose behaviour the tests know.
const SERVER_VERSION_MIN: u32 = 130_000;

/// What every connection is told first.
///
/// A statement that runs for half a minute or waits ten seconds for a lock is not going to end well, and
/// its lane serves nobody meanwhile; a transaction that stands still has lost its program.
const SETTINGS: &str = "SET synchronous_commit = on; SET statement_timeout = '30s'; \
     SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'; \
     SET standard_conforming_strings = on; SET client_min_messages = warning";
/// A command that writes is read committed: guards stand in its statements, so a lost race shows as zero
/// rows and not as an error.
const WRITES: &str = "SET default_transaction_isolation = 'read committed'";
/// A command that reads sees one snapshot from its first statement to its last.
const READS: &str = "SET default_transaction_isolation = 'repeatable read'; \
     SET default_transaction_read_only = on";

/// How many connections the lanes of one database have made: when it moves, the server is there.
#[derive(Debug, Clone, Default)]
pub(super) struct Made(Arc<AtomicU64>);

impl Made {
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn one_more(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// Makes connections of one kind to one database.
pub(super) struct Connector {
    config: Config,
    kind: Kind,
    pub(super) made: Made,
}

impl Connector {
    pub(super) fn new(mut config: Config, kind: Kind, made: Made) -> Self {
        if config.get_application_name().is_none() {
            config.application_name("stamgast");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config.tcp_user_timeout(SILENCE).keepalives(true).keepalives_idle(SILENCE);
        // Of several hosts the one that takes writes: after a failover the old one may still answer, and what is read from
        // it is older than what was just written. Who wants a replica to be read says so: target_session_attrs=read-only
        if kind == Kind::Write || config.get_target_session_attrs() != TargetSessionAttrs::ReadOnly {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        config.notice_callback(|notice| tracing::debug!(notice = notice.message(), "PostgreSQL"));
        Self { config, kind, made }
    }

    pub(super) fn connect(&self) -> Result<PostgresSession, Error> {
        self.client().map(PostgresSession::new)
    }

    /// Connects and looks whether the server is one the port can work with.
    pub(super) fn verify(&self) -> Result<PostgresSession, Error> {
        let mut client = self.client()?;
        let encoding = show(&mut client, "SHOW server_encoding")?;
        if encoding != "UTF8" {
            return Err(Error::Address(format!(
                "expected a database with encoding UTF8, this one has {encoding}; make it with \
                 createdb --encoding=UTF8 --template=template0"
            )));
        }
        let version = show(&mut client, "SHOW server_version_num")?;
        if version.parse::<u32>().is_ok_and(|number| number < SERVER_VERSION_MIN) {
            return Err(Error::Address(format!(
                "expected PostgreSQL {} or newer, this one is {version}",
                SERVER_VERSION_MIN / 10_000
            )));
        }
        Ok(PostgresSession::new(client))
    }

    fn client(&self) -> Result<Client, Error> {
        let unreachable = |error: ::postgres::Error| {
            Error::Unavailable(format!("PostgreSQL: {}", errors::with_cause(&error)))
        };
        let mut client = self.config.connect(NoTls).map_err(unreachable)?;
        client.batch_execute(SETTINGS).map_err(unreachable)?;
        let by_kind = match self.kind {
            Kind::Write => WRITES,
            Kind::Read => READS,
        };
        client.batch_execute(by_kind).map_err(unreachable)?;
        self.made.one_more();
        Ok(client)
    }
}

fn show(client: &mut Client, question: &str) -> Result<String, Error> {
    let messages = client
        .simple_query(question)
        .map_err(|error| Error::Unavailable(format!("PostgreSQL: {}", errors::with_cause(&error))))?;
    let value = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    Ok(value.unwrap_or_default())
}

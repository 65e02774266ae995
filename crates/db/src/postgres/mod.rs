//! How does the port run on PostgreSQL?
//!
//! N lanes write and N lanes read, each a thread that owns one connection, all of a kind serving one line.
//! A command is an ordinary transaction: read committed where it writes, one snapshot where it reads.
#![allow(clippy::disallowed_types, reason = "this is the crate that names the drivers")]

mod connection;
mod errors;
mod lane;
mod session;
mod value;

use crate::metrics::Kind;
use crate::queue::Queue;
use crate::{Error, Options};
use connection::{Connector, Made};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Tries the address with one connection, which the first write lane keeps, and starts all lanes.
pub(crate) async fn open(
    url: &str,
    options: &Options,
    reads: &Arc<Queue>,
    writes: &Arc<Queue>,
) -> Result<Vec<JoinHandle<()>>, Error> {
    let config: ::postgres::Config = url.parse().map_err(|error: ::postgres::Error| {
        // The driver's words name the option at fault, not its value
        Error::Address(format!(
            "expected postgres://USER:PASSWORD@HOST:PORT/DATABASE: {}",
            errors::with_cause(&error)
        ))
    })?;
    let write_lanes = options.write_lanes.max(1);
    let read_lanes = options.read_lanes.max(1);
    let mut threads = Vec::with_capacity(write_lanes + read_lanes);

    let made = Made::default();
    let (ready, opened) = oneshot::channel();
    let (connector, queue) = (Connector::new(config.clone(), Kind::Write, made.clone()), Arc::clone(writes));
    threads.push(crate::thread::lane("db-write-0".to_owned(), move || match connector.verify() {
        Ok(session) => {
            drop(ready.send(Ok(())));
            lane::run(connector, Kind::Write, Some(session), &queue);
        }
        Err(error) => drop(ready.send(Err(error))),
    })?);
    opened.await.unwrap_or(Err(Error::Closed))?;

    for number in 1..write_lanes {
        threads.push(start(&config, Kind::Write, number, writes, &made)?);
    }
    for number in 0..read_lanes {
        threads.push(start(&config, Kind::Read, number, reads, &made)?);
    }
    Ok(threads)
}

fn start(
    config: &::postgres::Config,
    kind: Kind,
    number: usize,
    queue: &Arc<Queue>,
    made: &Made,
) -> Result<JoinHandle<()>, Error> {
    let (connector, queue) = (Connector::new(config.clone(), kind, made.clone()), Arc::clone(queue));
    crate::thread::lane(format!("db-{}-{number}", kind.label()), move || {
        lane::run(connector, kind, None, &queue);
    })
}

//! What survives when real processes are started, killed and doubled? Each test runs the built program.

mod demo;
mod kill;
mod program;
mod two_servers;

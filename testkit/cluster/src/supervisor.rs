//! Who stops the server when the tests are gone? A shell that holds the other end of a pipe.

use super::{Durability, Error, step};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Starts the server, writes down its pid, then waits for an order; a closed pipe means: stop and clean up.
const SCRIPT: &str = r#"
directory=$1; shift
"$@" >>"$directory/server.log" 2>&1 </dev/null &
pid=$!
echo "$pid" >"$directory/server.pid"
read -r order || order=end
case "$order" in
    kill) kill -KILL "$pid" ;;
    *) kill -INT "$pid" ;;
esac
wait "$pid"
[ "$order" != end ] || rm -rf "$directory"
"#;

#[derive(Debug)]
pub(crate) struct Supervisor(Child);

impl Supervisor {
    /// `stop` or `kill`; returns when the server's process has ended.
    pub(crate) fn order(&mut self, order: &str) -> Result<(), Error> {
        if let Some(mut pipe) = self.0.stdin.take() {
            writeln!(pipe, "{order}").map_err(step("giving the supervisor an order"))?;
        }
        self.0.wait().map_err(step("waiting for the supervisor"))?;
        Ok(())
    }
}

pub(crate) fn start(
    binaries: &Path,
    directory: &Path,
    user: Option<(u32, u32)>,
    port: u16,
    durability: Durability,
) -> Result<Supervisor, Error> {
    let _ = std::fs::remove_file(directory.join("server.pid"));
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(SCRIPT).arg("supervisor").arg(directory);
    command.arg(binaries.join("postgres")).arg("-D").arg(directory.join("data"));
    for setting in [
        "listen_addresses=127.0.0.1",
        &format!("port={port}"),
        "unix_socket_directories=",
        "max_connections=200",
        "timezone=UTC",
    ] {
        command.arg("-c").arg(setting);
    }
    if durability == Durability::Fast {
        for setting in ["fsync=off", "full_page_writes=off", "shared_buffers=64MB"] {
            command.arg("-c").arg(setting);
        }
    }
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    run_as(&mut command, user);
    // Ctrl-C in a terminal goes to the whole group; the supervisor must outlive it to clean up
    command.process_group(0);
    Ok(Supervisor(command.spawn().map_err(step("starting the supervisor"))?))
}

/// Runs a command as another user, if one is given.
pub(crate) fn run_as(command: &mut Command, user: Option<(u32, u32)>) {
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
}

/// Whether the server that the supervisor started has ended by itself. The supervisor collects it only
/// after an order, so until then it is a zombie.
pub(crate) fn server_is_gone(directory: &Path) -> bool {
    let pid = std::fs::read_to_string(directory.join("server.pid")).ok();
    pid.and_then(|text| text.trim().parse::<u32>().ok()).is_some_and(|pid| {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
    })
}

//! How is a server run so that it never outlives the process that wanted it?
#![allow(clippy::disallowed_types, reason = "this crate runs the server that crates/db connects to")]

use crate::{ClusterError, Durability};
use postgres::{Client, Config, NoTls};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// The superuser inside the cluster.
const USER: &str = "stamgast";
/// How long a server may take to answer, recovery after a crash included.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a start is tried when somebody else takes the port first.
const START_ATTEMPTS: u32 = 5;

/// The watcher. $1 is the server's binary, $2 the folder, the rest are the server's arguments. It does what
/// it is told line by line; the end of its input means that nobody needs the server any more.
const WATCHER: &str = r#"
server=$1; folder=$2; shift 2
pid=
end() {
    [ -n "$pid" ] || return
    # Again and again: a server that has only just started does not hear the first signal
    (while kill "-$1" "$pid" 2>/dev/null; do sleep 0.1; done) &
    wait "$pid" 2>/dev/null
    pid=
}
while read -r told; do
    case $told in
        start) end INT; "$server" "$@" >>"$folder/server.log" 2>&1 </dev/null & pid=$! ;;
        stop) end INT ;;
        kill) end KILL ;;
    esac
    echo "$told"
done
end QUIT
cd / && rm -rf "$folder"
"#;

/// The account a server runs as: PostgreSQL refuses to run as root.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    ids: Option<(u32, u32)>,
}

impl Account {
    /// Nobody special, unless this process is root: then `postgres` or `nobody`, who gets `folder`.
    pub(crate) fn for_server(folder: &Path) -> Result<Self, ClusterError> {
        // Who made the folder is who this process is
        if std::fs::metadata(folder)?.uid() != 0 {
            return Ok(Self { ids: None });
        }
        let accounts = std::fs::read_to_string("/etc/passwd")?;
        let ids =
            ["postgres", "nobody"].into_iter().find_map(|name| ids_of(&accounts, name)).ok_or_else(|| {
                ClusterError::Server(
                    "running as root, and /etc/passwd has neither postgres nor nobody to run the server as"
                        .to_owned(),
                )
            })?;
        chown(folder, Some(ids.0), Some(ids.1))?;
        Ok(Self { ids: Some(ids) })
    }

    fn command(self, program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env("LC_ALL", "C").env("TZ", "UTC");
        if let Some((user, group)) = self.ids {
            command.uid(user).gid(group);
        }
        command
    }
}

/// User and group of `name` in the text of /etc/passwd.
fn ids_of(accounts: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = accounts
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
    let user = fields.nth(1)?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some((user, group))
}

pub(crate) fn make_data_directory(
    binaries: &Path,
    folder: &Path,
    account: Account,
) -> Result<(), ClusterError> {
    let made = account
        .command(binaries.join("initdb"), folder)
        .args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C"])
        .arg(format!("--username={USER}"))
        .arg("--pgdata")
        .arg(folder.join("data"))
        .stdin(Stdio::null())
        .output()?;
    if made.status.success() {
        return Ok(());
    }
    Err(ClusterError::Server(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr).trim())))
}

/// The watcher with its server.
pub(crate) struct Server {
    watcher: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    folder: PathBuf,
    /// How long the log was when the server was last started.
    log_before: usize,
}

impl Server {
    /// Starts a server on a free port and waits until it answers.
    pub(crate) fn start(
        binaries: &Path,
        folder: &Path,
        account: Account,
        durability: Durability,
    ) -> Result<(Self, u16), ClusterError> {
        let mut attempt = 1;
        loop {
            let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
            let mut server = Self::watch(binaries, folder, account, durability, port)?;
            match server.start_and_wait(port) {
                Ok(()) => return Ok((server, port)),
                Err(error) if attempt == START_ATTEMPTS => return Err(error),
                // Between asking for a free port and taking it somebody else may have come
                Err(_) => server.tell("stop")?,
            }
            attempt += 1;
            server.keep_folder();
        }
    }

    fn watch(
        binaries: &Path,
        folder: &Path,
        account: Account,
        durability: Durability,
        port: u16,
    ) -> Result<Self, ClusterError> {
        let settings = [
            format!("port={port}"),
            "listen_addresses=127.0.0.1".to_owned(),
            format!("unix_socket_directories={}", folder.display()),
            "max_connections=200".to_owned(),
            "shared_buffers=128MB".to_owned(),
            "log_min_messages=warning".to_owned(),
            "timezone=UTC".to_owned(),
        ];
        // compiling plans costs more than the small databases of tests have rows
        let hurry =
            ["fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "jit=off"]
                .map(str::to_owned);
        let hurry = if durability == Durability::Off { &hurry[..] } else { &[] };
        let mut command = account.command("sh", folder);
        command.args(["-c", WATCHER, "watcher"]).arg(binaries.join("postgres")).arg(folder);
        command.arg("-D").arg(folder.join("data"));
        for setting in settings.iter().chain(hurry) {
            command.args(["-c", setting]);
        }
        // A group of its own: Ctrl-C in the terminal is for the tests, the watcher sees the pipe close
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut watcher = command.spawn()?;
        let answers = watcher.stdout.take().map(BufReader::new).ok_or_else(mute)?;
        let orders = watcher.stdin.take();
        Ok(Self { watcher, orders, answers, folder: folder.to_owned(), log_before: 0 })
    }

    /// Gives one order and waits until it is carried out.
    pub(crate) fn tell(&mut self, order: &str) -> Result<(), ClusterError> {
        let orders = self.orders.as_mut().ok_or_else(mute)?;
        writeln!(orders, "{order}")?;
        orders.flush()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.trim() == order { Ok(()) } else { Err(mute()) }
    }

    /// After a hard kill the server's children need a moment to see that they are orphans; until they have
    /// gone, a new server refuses to start.
    pub(crate) fn start_again(&mut self, port: u16) -> Result<(), ClusterError> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            match self.start_and_wait(port) {
                Err(_) if self.log().contains("pre-existing shared memory") && Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                result => return result,
            }
        }
    }

    fn start_and_wait(&mut self, port: u16) -> Result<(), ClusterError> {
        self.log_before = 0;
        self.log_before = self.log().len();
        self.tell("start")?;
        self.wait_until_ready(port)
    }

    fn wait_until_ready(&self, port: u16) -> Result<(), ClusterError> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            // The reason a server does not come up is in its log, not in the refused connection
            if self.has_given_up() || Instant::now() > deadline {
                return Err(ClusterError::Server(format!("it did not start:\n{}", self.log())));
            }
            if run_sql(&url(port, "postgres"), "SELECT 1").is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether the log ends with a reason not to start. What clients are told meanwhile is none.
    fn has_given_up(&self) -> bool {
        let passing = ["starting up", "not yet accepting", "recovery", "shutting down", "terminating"];
        let log = self.log();
        log.lines()
            .rev()
            .take(3)
            .any(|line| line.contains("FATAL:") && !passing.iter().any(|words| line.contains(words)))
    }

    /// What the server has written since it was last started.
    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        log.get(self.log_before..).unwrap_or_default().to_owned()
    }

    /// Ends the watcher without letting it remove the folder: the next attempt needs it.
    fn keep_folder(mut self) {
        let _ = self.watcher.kill();
        let _ = self.watcher.wait();
        let _ = std::fs::remove_file(self.folder.join("server.log"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.watcher.wait();
    }
}

fn mute() -> ClusterError {
    ClusterError::Server("its watcher does not answer".to_owned())
}

/// The address of `database`.
pub(crate) fn url(port: u16, database: &str) -> String {
    format!("postgres://{USER}@127.0.0.1:{port}/{database}")
}

/// Runs SQL on a connection of its own. On a thread of its own too: the driver blocks on a runtime, which a
/// test that runs in one must not.
pub(crate) fn run_sql(url: &str, sql: &str) -> Result<(), ClusterError> {
    let ran = std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let config = url.parse::<Config>()?;
            connect(config).and_then(|mut client| client.batch_execute(sql))
        });
        run.join()
    });
    match ran {
        Ok(result) => result.map_err(|error| {
            let answer = error.as_db_error().map(|answer| answer.message().to_owned());
            ClusterError::Server(answer.unwrap_or_else(|| error.to_string()))
        }),
        Err(_) => Err(ClusterError::Server("the driver panicked".to_owned())),
    }
}

fn connect(mut config: Config) -> Result<Client, postgres::Error> {
    config.connect_timeout(Duration::from_secs(5)).connect(NoTls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts =
            "root:x:0:0::/root:/bin/sh\npostgres2:x:7:8::/:\npostgres:x:101:103:a,b:/var:/bin/sh\n";
        assert_eq!(ids_of(accounts, "postgres"), Some((101, 103)));
        assert_eq!(ids_of(accounts, "nobody"), None);
    }
}

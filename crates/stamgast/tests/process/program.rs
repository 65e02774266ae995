//! How is the program run from a test, and how does it end with the test?

use stamgast::client::JsonClient;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// The built program with its words, quick to retry and allowed to call this machine.
pub(crate) fn stamgast(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stamgast"));
    command
        .args(words)
        .env("STAMGAST_SECRET_KEY", testkit::KEY)
        .env("STAMGAST_LOG_LEVEL", "error")
        .env("STAMGAST_COURIER_PLAIN_HTTP_HOSTS", "[\"127.0.0.1\"]")
        .env("STAMGAST_COURIER_ALLOW_NETWORKS", "[\"127.0.0.0/8\"]")
        .env("STAMGAST_COURIER_SCHEDULE_SECONDS", "[1, 1, 1, 1, 1, 1]")
        .env("STAMGAST_COURIER_JITTER_PERCENT", "0")
        .env("STAMGAST_COURIER_POLL_MS", "100")
        .env("STAMGAST_COURIER_DEADLINE_SECONDS", "2")
        .env("STAMGAST_COURIER_LEASE_MARGIN_SECONDS", "1")
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(words: &[&str]) -> Output {
    stamgast(words).output().expect("the program runs")
}

/// A new admin token for the database.
pub(crate) fn admin_token(database: &str) -> String {
    let output = run(&["admin-token", "--database", database]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// A `stamgast serve`, killed with the test if not before.
pub(crate) struct Server {
    child: Child,
    url: String,
    // kept open: a closed pipe would be an error for the program
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// Starts and waits for `ready URL`.
    pub(crate) fn start(database: &str, role: &str) -> Self {
        Self::started(stamgast(&["serve", "--database", database, "--listen", "127.0.0.1:0", "--role", role]))
    }

    /// Starts with both sides and this level of logging, into this file.
    pub(crate) fn start_logging(database: &str, level: &str, log: std::fs::File) -> Self {
        let words = ["serve", "--database", database, "--listen", "127.0.0.1:0", "--log-level", level];
        let mut command = stamgast(&words);
        command.stderr(log);
        Self::started(command)
    }

    /// Starts with the words and settings of a command, and waits for `ready URL`.
    pub(crate) fn started(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let url =
            line.strip_prefix("ready ").unwrap_or_else(|| panic!("expected `ready URL`, found {line:?}"));
        Self { child, url: url.trim().to_owned(), _stdout: stdout }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A caller without credentials.
    pub(crate) fn caller(&self) -> JsonClient {
        JsonClient::new(&self.url).expect("a client")
    }

    /// The bytes of memory it has, as the kernel counts them.
    pub(crate) fn memory(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// How many sockets it has open.
    pub(crate) fn sockets(&self) -> usize {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("its files");
        let is_socket = |link: &std::path::PathBuf| link.to_string_lossy().starts_with("socket:");
        open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()).filter(is_socket).count()
    }

    /// `kill -9`
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is gone");
    }

    /// `kill -TERM`, and its exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        self.child.wait().expect("it is gone").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // gone already when the test ended it
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

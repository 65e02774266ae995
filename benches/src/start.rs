//! How long until a server is ready, and how much memory does it take when idle?

use crate::site;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TRIES: usize = 5;

/// `stamgast serve` on an existing database: from the start of the process to its first 200 on /readyz.
pub(crate) async fn measure() -> anyhow::Result<Value> {
    let folder = tempfile::Builder::new().prefix("stamgast-start").tempdir_in(site::target())?;
    let url = format!("sqlite:{}", folder.path().join("start.sqlite").display());
    // the first start makes the database
    let first = Server::start(&url).await?;
    first.stop()?;
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..TRIES {
        let server = Server::start(&url).await?;
        times.push(server.ready.as_millis());
        tokio::time::sleep(Duration::from_millis(1500)).await;
        memory.push(server.resident_kib()?);
        server.stop()?;
    }
    times.sort_unstable();
    memory.sort_unstable();
    Ok(json!({
        "readyMs": times.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        "readyMsMedian": u64::try_from(times[TRIES / 2])?,
        "idleMemoryKiBMax": memory[TRIES - 1],
    }))
}

struct Server {
    child: Child,
    ready: Duration,
}

impl Server {
    async fn start(database: &str) -> anyhow::Result<Self> {
        let binary = std::env::current_exe()?.with_file_name("stamgast");
        anyhow::ensure!(
            binary.exists(),
            "{} is missing: cargo build --release -p stamgast",
            binary.display()
        );
        let started = Instant::now();
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--database", database])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = child.stdout.take().context("the server's output")?;
        // it prints its address once it is ready
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let ready = started.elapsed();
        anyhow::ensure!(line.contains("ready"), "expected the line that says ready, found {line:?}");
        Ok(Self { child, ready })
    }

    fn resident_kib(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
        Ok(line.split_whitespace().nth(1).context("VmRSS")?.parse()?)
    }

    fn stop(mut self) -> anyhow::Result<()> {
        // SIGTERM, as an operator would
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }
}

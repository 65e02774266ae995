//! `stamgast load`: what does the command take, and how is the result shown?

use crate::load::{Codes, Kind, Plan, run as run_load, serve_noop};
use crate::terminal;
use anyhow::Context as _;
use clap::ValueEnum;
use outside::Outside;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// getBenefitOffer: ten lines and one code, a new check each
    Offers,
    /// reportBenefitUsage: a new bill each
    Usages,
    /// The offers' body, parsed and answered by a handler that computes nothing: this machine's ceiling
    Noop,
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to send
    what: What,
    /// The running server, http://HOST:PORT; `noop` without it starts a server of its own
    #[arg(long, value_name = "URL", required_if_eq_any([("what", "offers"), ("what", "usages")]))]
    url: Option<String>,
    /// The loyalty connection's bearer token
    #[arg(long, env = "STAMGAST_LOAD_TOKEN", hide_env_values = true, default_value = "")]
    token: String,
    /// Connections kept open, each a register with one request under way
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Send this many requests a second, whether answers come or not, and count each latency from the moment its
    /// request was due. Without it: as fast as answers come. Take connections enough, or the load itself is the queue
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<u32>,
    /// Stop after this many requests [default: 10000, or no limit but its maximum with --seconds]
    #[arg(long)]
    requests: Option<u64>,
    /// Stop after this many seconds
    #[arg(long)]
    seconds: Option<u64>,
    /// Codes to scan in turn, one a line, each optionally followed by a customer id and a balance id to spend 1.00 from
    #[arg(long, value_name = "FILE", conflicts_with = "codes")]
    codes_file: Option<PathBuf>,
    /// Without a file: scan load-0, load-1, … up to this many
    #[arg(long, default_value_t = 1000)]
    codes: usize,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Allow a host that is not this machine
    #[arg(long)]
    i_own_this_host: bool,
}

pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let kind = match args.what {
        What::Offers => Kind::Offers,
        What::Usages => Kind::Usages,
        What::Noop => Kind::Noop,
    };
    let codes = match &args.codes_file {
        Some(path) => Codes::parse(
            &std::fs::read_to_string(path)
                .with_context(|| format!("--codes-file {} cannot be read", path.display()))?,
        )?,
        None => Codes::generated(args.codes),
    };
    let requests =
        args.requests.unwrap_or(if args.seconds.is_some() { crate::load::REQUESTS_MAX } else { 10_000 });
    let url = match args.url {
        Some(url) => url,
        None => {
            let listener = super::serve::listen("127.0.0.1:0").await?;
            let url = format!("http://{}", listener.local_addr()?);
            tokio::spawn(serve_noop(listener));
            url
        }
    };
    let plan = Plan {
        kind,
        url,
        token: args.token,
        connections: args.connections,
        rate: args.rate,
        requests,
        limit: Duration::from_secs(args.seconds.unwrap_or(crate::load::SECONDS_MAX)),
        codes,
        run: u32::from_be_bytes(Outside::system().random_bytes()),
        any_host: args.i_own_this_host,
    };
    let bar = bar(requests, args.seconds.is_some() && args.requests.is_none())?;
    let report = run_load(plan, |done| bar.set_position(done)).await?;
    bar.finish_and_clear();
    if args.json {
        terminal::result(&report.json().to_string())?;
    } else {
        terminal::result(&report.table())?;
    }
    if let Some(error) = &report.first_error {
        terminal::note(&format!("{} of the requests failed; the first: {error}", report.errors))?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// A bar on standard error; when only time limits the load, a counter.
fn bar(requests: u64, open_ended: bool) -> anyhow::Result<indicatif::ProgressBar> {
    let (bar, template) = if open_ended {
        (indicatif::ProgressBar::new_spinner(), "{spinner} {pos} answers, {per_sec}, {elapsed}")
    } else {
        (indicatif::ProgressBar::new(requests), "{bar:40} {pos}/{len}, {per_sec}, {eta} left")
    };
    bar.set_style(indicatif::ProgressStyle::with_template(template)?);
    Ok(bar)
}

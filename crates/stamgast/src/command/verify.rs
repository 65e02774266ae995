//! `stamgast verify`: does every invariant of the ledger hold over the whole database, and what was looked at?

use crate::config::{Config, Flags};
use crate::{database, terminal};
use indicatif::{ProgressBar, ProgressStyle};
use partner::Verified;
use serde_json::{Map, Value, json};
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) flags: Flags,
    /// One JSON object instead of lines: holds, checks, read, seconds, faults
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<ExitCode> {
    let db = database::open_existing(&config).await?;
    database::refuse_when_behind(&db, config.role).await?;
    let began = Instant::now();
    // seen on a terminal only
    let bar = ProgressBar::no_length()
        .with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} checks, {msg}, {elapsed}")?);
    let verified = database::verify_telling(&db, config.role, |standing| {
        bar.set_length(u64::try_from(standing.checks).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(standing.done).unwrap_or(u64::MAX));
        bar.set_message(format!("{} {}", standing.rows, standing.over));
    })
    .await;
    bar.finish_and_clear();
    let (verified, took) = (verified?, began.elapsed());
    db.close().await;
    if args.json {
        terminal::result(&as_json(&verified, took).to_string())?;
    } else {
        for fault in &verified.faults {
            terminal::result(&fault.to_string())?;
        }
        terminal::result(&told(&verified, took))?;
    }
    Ok(if verified.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was read and found, in a sentence.
fn told(verified: &Verified, took: Duration) -> String {
    if verified.checks == 0 {
        return "verify: nothing to look at: the ledger is the partner's, and this role has none".to_owned();
    }
    let read: Vec<String> = verified.read.iter().map(|(noun, count)| format!("{count} {noun}")).collect();
    let found = match verified.faults.len() {
        0 => "every invariant of the ledger holds".to_owned(),
        count => format!("{count} place(s) at fault"),
    };
    format!(
        "verify: {found} ({} checks in {}.{} s over {})",
        verified.checks,
        took.as_secs(),
        took.subsec_millis() / 100,
        read.join(", ")
    )
}

fn as_json(verified: &Verified, took: Duration) -> Value {
    let read: Map<String, Value> =
        verified.read.iter().map(|(noun, count)| ((*noun).to_owned(), json!(count))).collect();
    let faults: Vec<Value> = verified
        .faults
        .iter()
        .map(|fault| json!({"row": fault.row, "rule": fault.rule, "found": fault.found}))
        .collect();
    json!({
        "holds": faults.is_empty(),
        "checks": verified.checks,
        "read": read,
        "seconds": took.as_secs_f64(),
        "faults": faults,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_told_with_what_was_found() {
        let mut verified =
            Verified { faults: Vec::new(), checks: 14, read: vec![("balances", 4), ("entries", 9)] };
        let took = Duration::from_millis(1_250);
        assert_eq!(
            told(&verified, took),
            "verify: every invariant of the ledger holds (14 checks in 1.2 s over 4 balances, 9 entries)"
        );
        let fault = partner::Fault { rule: "a rule", row: "t m/b".to_owned(), found: "1".to_owned() };
        verified.faults.push(fault);
        assert!(told(&verified, took).starts_with("verify: 1 place(s) at fault (14 checks"));
        let shown = as_json(&verified, took);
        assert_eq!(shown["read"], json!({"balances": 4, "entries": 9}));
        assert_eq!(shown["faults"], json!([{"row": "t m/b", "rule": "a rule", "found": "1"}]));
        assert_eq!((&shown["holds"], &shown["checks"]), (&json!(false), &json!(14)));
        assert!(told(&Verified::default(), took).contains("nothing to look at"));
    }
}

//! `stamgast token`: which tokens are there, and how is one renewed or taken back?
//!
//! It works on the database, so it also works while no server runs; a server that does refuses a revoked token
//! within five seconds.

use crate::config::{Config, Flags};
use crate::{database, terminal};
use clap::Subcommand;
use door::tokens::Tokens;
use door::{AdminTokens, ApiError, Wanted};
use outside::Outside;
use std::process::ExitCode;
use wire::admin::tokens::ListedToken;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the tokens of admins, registers, applications, loyalty connections, DataSync and the customers feed
    List(List),
    /// Take a token back, by its public prefix
    Revoke(Revoke),
    /// Make a new token with the rights of an old one, which goes on working for a while; print the new one
    Renew(Renew),
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    flags: Flags,
    /// Only one kind: admin, pos, client, access, loyalty, datasync or customers
    #[arg(long)]
    kind: Option<String>,
    /// Only those that act for this merchant
    #[arg(long, value_name = "ID")]
    merchant: Option<String>,
    /// Also those that have ended or were revoked
    #[arg(long)]
    all: bool,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Revoke {
    #[command(flatten)]
    flags: Flags,
    /// The public part of the token, such as stg_admin_0123456789abcdef
    prefix: String,
}

#[derive(Debug, clap::Args)]
struct Renew {
    #[command(flatten)]
    flags: Flags,
    /// The public part of the old token
    prefix: String,
    /// How long the old one still works, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    overlap_seconds: i64,
}

impl Args {
    pub(super) fn flags(&self) -> &Flags {
        match &self.what {
            What::List(list) => &list.flags,
            What::Revoke(revoke) => &revoke.flags,
            What::Renew(renew) => &renew.flags,
        }
    }
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<ExitCode> {
    let db = database::open_existing(&config).await?;
    database::refuse_when_behind(&db, config.role).await?;
    let mut keepers = Vec::new();
    if config.role.is_platform() {
        keepers.push(platform::token_keeper(None));
    }
    if config.role.is_partner() {
        keepers.push(partner::token_keeper(None));
    }
    let outside = Outside::system();
    let admin = AdminTokens::new(db.clone(), outside.clone());
    let tokens = Tokens::new(db.clone(), outside.clone(), admin, keepers);
    let done = match args.what {
        What::List(wanted) => list(&tokens, &outside, wanted).await,
        What::Revoke(Revoke { prefix, .. }) => {
            tokens.revoke(&prefix).await.map_err(said)?;
            terminal::note("revoked: refused from now on, by servers that run within five seconds")
                .map_err(Into::into)
        }
        What::Renew(Renew { prefix, overlap_seconds, .. }) => {
            let made = tokens.renew(&prefix, overlap_seconds).await.map_err(said)?;
            terminal::result(&made.token)?;
            terminal::note(&format!("the old one ends at {}", made.old_ends_at.unwrap_or_default()))
                .map_err(Into::into)
        }
    };
    db.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn list(tokens: &Tokens, outside: &Outside, wanted: List) -> anyhow::Result<()> {
    let mut page = Wanted {
        after: String::new(),
        live_at: (!wanted.all).then(|| outside.now()),
        merchant: wanted.merchant,
        limit: 1_000,
    };
    let mut all = Vec::new();
    loop {
        let found = tokens.list(wanted.kind.as_deref(), page.clone()).await.map_err(said)?;
        all.extend(found.data);
        match found.next_after {
            Some(after) => page.after = after,
            None => break,
        }
    }
    if wanted.json {
        for token in &all {
            terminal::result(&serde_json::to_string(token)?)?;
        }
        return Ok(());
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
    table.set_header(["prefix", "name", "whose", "made", "last used", "ends"]);
    for token in &all {
        table.add_row(row(token));
    }
    terminal::result(&table.to_string())?;
    Ok(())
}

fn row(token: &ListedToken) -> [String; 6] {
    let or_dash = |at: &Option<String>| at.clone().unwrap_or_else(|| "–".to_owned());
    let register = token.device_number.map(|number| format!("register {number}"));
    let whose =
        [&token.merchant_id, &token.place_id, &register, &token.client_id, &token.loyalty_provider_id];
    let ends = match &token.revoked_at {
        Some(at) => format!("revoked {at}"),
        None => or_dash(&token.ends_at),
    };
    [
        token.token_prefix.clone(),
        token.name.clone(),
        whose.into_iter().flatten().cloned().collect::<Vec<_>>().join(" "),
        token.made_at.clone(),
        or_dash(&token.last_used_at),
        ends,
    ]
}

/// What a call over HTTP would have been told.
fn said(error: ApiError) -> anyhow::Error {
    anyhow::anyhow!(error.message)
}

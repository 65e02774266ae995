//! How fast is it, compared with what the machine can do at most? Ratios from one run, with machine and commit.
//!
//! `cargo run --release -p benches` measures everything and prints it; `--keep` also writes
//! benches/results, in a file named after the commit.

mod bills;
mod copies;
mod growth;
mod machine;
mod members;
mod menu;
mod offers;
mod quote;
mod ratio;
mod site;
mod start;
mod usages;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use db::Engine;
use serde_json::{Map, Value, json};

/// As in `stamgast` itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Usage reports over HTTP against the same command called straight on the database port.
    Usages,
    /// Offers over HTTP against a handler that parses the same body and computes nothing.
    Offers,
    /// Offers for a guest with 5,000 bills, and reports of it, against those of a fresh guest.
    Growth,
    /// An offer at a merchant with a million members against one at a merchant with a thousand.
    Members,
    /// The tree of a menu of 2,000 products, and the 304 to who has it.
    Menu,
    /// Pages and details of bills at a place with a million of them against one with a thousand.
    Bills,
    /// The pure quote: 100 lines under 50 promotions.
    Quote,
    /// Time to ready and idle memory of `stamgast serve`.
    Start,
}

/// Measures Štamgast on this machine; everything stays on loopback and ends by itself.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to measure; everything when left out
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Requests per measurement
    #[arg(long, default_value_t = 40_000)]
    requests: u64,
    /// Members of the large merchant
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=10_000_000))]
    members: u64,
    /// Bills of the large place
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=9_000_000))]
    bills: u64,
    /// Only on SQLite (PostgreSQL's server binaries are needed otherwise)
    #[arg(long)]
    sqlite_only: bool,
    /// Write the results to benches/results, in a file named after the commit
    #[arg(long)]
    keep: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let wanted = |part| arguments.parts.is_empty() || arguments.parts.contains(&part);
    let engines: &[Engine] =
        if arguments.sqlite_only { &[Engine::Sqlite] } else { &[Engine::Sqlite, Engine::Postgres] };
    let mut results = Map::new();
    results.insert("machine".to_owned(), machine::describe());
    if wanted(Part::Start) {
        results.insert("start".to_owned(), start::measure().await.context("start")?);
    }
    if wanted(Part::Quote) {
        results.insert("quote".to_owned(), quote::measure().context("quote")?);
    }
    for engine in engines {
        let mut one = Map::new();
        if wanted(Part::Usages) {
            let measured = usages::measure(*engine, arguments.requests).await.context("usages")?;
            tell(*engine, "usages", &measured);
            one.insert("usages".to_owned(), measured);
        }
        if wanted(Part::Offers) {
            let measured = offers::measure(*engine, arguments.requests).await.context("offers")?;
            tell(*engine, "offers", &measured);
            one.insert("offers".to_owned(), measured);
        }
        if wanted(Part::Growth) {
            let measured = growth::measure(*engine).await.context("growth")?;
            tell(*engine, "growth", &measured);
            one.insert("growth".to_owned(), measured);
        }
        if wanted(Part::Bills) {
            let measured = bills::measure(*engine, arguments.bills).await.context("bills")?;
            tell(*engine, "bills", &measured);
            one.insert("bills".to_owned(), measured);
        }
        if wanted(Part::Members) {
            let measured = members::measure(*engine, arguments.members, arguments.requests / 4);
            let measured = measured.await.context("members")?;
            tell(*engine, "members", &measured);
            one.insert("members".to_owned(), measured);
        }
        if wanted(Part::Menu) {
            let measured = menu::measure(*engine, arguments.requests).await.context("menu")?;
            tell(*engine, "menu", &measured);
            one.insert("menu".to_owned(), measured);
        }
        results.insert(site::name(*engine).to_owned(), Value::Object(one));
    }
    let results = json!(results);
    say(&serde_json::to_string_pretty(&results)?);
    if arguments.keep {
        let path = machine::keep(&results)?;
        say(&format!("kept in {}", path.display()));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result is what this program is for")]
fn say(text: &str) {
    println!("{text}");
}

/// A part's ratio as soon as it is there: the whole takes a quarter of an hour, and a later part may fail.
#[expect(clippy::print_stderr, reason = "progress of long work")]
fn tell(engine: Engine, part: &str, measured: &Value) {
    eprintln!("{} {part}: ratio {}", site::name(engine), measured["ratio"]);
}

//! What does the program tell whoever runs it? How to get in, what was checked, what is counted, what it refuses.

use crate::program::{Server, admin_token, run, stamgast};
use http::Method;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use testkit::{Engine, TestDatabase};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A program that is gone when the test is over, however the test ends.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // gone already when the test ended it
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server on this database, and the file that its standard error goes to.
fn server_with_notes(database: &str) -> (Server, tempfile::NamedTempFile) {
    let notes = tempfile::NamedTempFile::new().unwrap();
    let mut command = stamgast(&["serve", "--database", database, "--listen", "127.0.0.1:0"]);
    command.stderr(notes.reopen().unwrap());
    (Server::started(command), notes)
}

testkit::on_both_engines! {
    async fn whoever_serves_without_an_administrator_is_told_how_to_make_one(engine: Engine) {
        let database = TestDatabase::empty(engine).await;
        let (server, notes) = server_with_notes(database.url());
        let said = testkit::eventually("the advice", async || {
            let said = std::fs::read_to_string(notes.path()).unwrap();
            said.ends_with('\n').then_some(said)
        }).await;
        assert!(said.contains("no administrator yet: `stamgast admin-token --database "), "{said}");
        if engine == Engine::Sqlite {
            assert!(said.contains(database.url()), "{said}");
        }
        // the command it names lets somebody in, and the next server has nothing to say
        let token = admin_token(database.url());
        let admin = server.caller().bearer(&token);
        assert_eq!(admin.send(Method::GET, "/admin/v1/tokens", None).await.unwrap().status, 200);
        assert_eq!(server.terminate(), Some(0));
        let (server, notes) = server_with_notes(database.url());
        server.caller().get("/").await.unwrap();
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(std::fs::read_to_string(notes.path()).unwrap(), "");
        // a token that was taken back lets nobody in
        let prefix = door::token::prefix_of(&token).unwrap();
        assert!(run(&["token", "revoke", prefix, "--database", database.url()]).status.success());
        let (server, notes) = server_with_notes(database.url());
        assert_eq!(server.terminate(), Some(0));
        assert!(std::fs::read_to_string(notes.path()).unwrap().contains("no administrator yet"));
    }

    async fn verify_says_what_it_read(engine: Engine) {
        let database = TestDatabase::empty(engine).await;
        let demo = run(&["demo", "--once", "--database", database.url()]);
        assert!(demo.status.success(), "{}", text(&demo.stderr));
        let output = run(&["verify", "--json", "--database", database.url()]);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(output.status.success() && told["holds"] == true, "{told}");
        let read = |noun: &str| told["read"][noun].as_u64().unwrap_or_else(|| panic!("no {noun} in {told}"));
        // four vouchers, points and credit; the story sells once
        assert!(read("balances") >= 6 && read("lots") >= 5, "{told}");
        assert!(read("entries") > read("lots") && read("usage reports") >= 1 && read("bills") >= 1, "{told}");
        assert!(read("customers") == 1 && told["checks"].as_u64().unwrap() > 10, "{told}");
        assert!(told["seconds"].is_number() && told["faults"] == json!([]), "{told}");
        let output = run(&["verify", "--database", database.url()]);
        let line = text(&output.stdout);
        assert!(line.starts_with("verify: every invariant of the ledger holds (") && line.lines().count() == 1, "{line}");
        let counted = format!(" over {} balances, {} lots, {} entries, ", read("balances"), read("lots"), read("entries"));
        assert!(line.contains(&counted) && output.stderr.is_empty(), "{line}{}", text(&output.stderr));
    }
}

/// The rows of the table of metrics in docs/operations.md: name and kind.
fn metrics_of_the_page() -> Vec<(&'static str, &'static str)> {
    let page = include_str!("../../../../docs/operations.md");
    let row = |line: &'static str| {
        let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        let kind = rest.split(' ').next()?;
        ["counter", "gauge", "histogram"].contains(&kind).then_some((name, kind))
    };
    page.lines().filter_map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_there_at_0_from_the_start_and_says_what_it_counts() {
    let database = TestDatabase::empty(Engine::Sqlite).await;
    let server = Server::start(database.url(), "all");
    let told = server.caller().send(Method::GET, "/metrics", None).await.unwrap().text;
    let listed = metrics_of_the_page();
    assert!(listed.len() >= 20, "the table was read: {listed:?}");
    for (name, kind) in &listed {
        assert!(told.contains(&format!("# HELP {name} ")), "{name} has no HELP in\n{told}");
        assert!(told.contains(&format!("# TYPE {name} {kind}\n")), "{name} is no {kind}");
        let series = if *kind == "histogram" { format!("{name}_count") } else { (*name).to_owned() };
        let shown = told
            .lines()
            .any(|line| line.starts_with(&format!("{series} ")) || line.starts_with(&format!("{series}{{")));
        assert!(shown, "{name} has no value in\n{told}");
    }
    for line in told.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap();
        assert!(listed.iter().any(|(known, _)| *known == name), "{name} is not in docs/operations.md");
    }
    for zero in [
        "http_connections_cut_total{reason=\"place\"} 0",
        "courier_feed_lag_seconds{domain=\"bills\"} 0",
        "courier_restarts_total 0",
        "platform_offers_total{outcome=\"TIMEOUT\"} 0",
        "partner_usage_reports_total{outcome=\"quarantined\"} 0",
        "partner_datasync_records_total{outcome=\"quarantined\"} 0",
    ] {
        assert!(told.lines().any(|line| line == zero), "no line {zero} in\n{told}");
    }
}

/// Two servers on one file would not hear of each other's work.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_file_is_refused() {
    let database = TestDatabase::empty(Engine::Sqlite).await;
    let first = Server::start(database.url(), "all");
    for role in ["all", "partner"] {
        let words = ["serve", "--database", database.url(), "--listen", "127.0.0.1:0", "--role", role];
        let output = run(&words);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            output.stdout.is_empty()
                && said.contains("is in use by another server; several servers need PostgreSQL"),
            "{said}"
        );
    }
    // the first one does not notice, and commands beside it work
    assert_eq!(first.caller().send(Method::GET, "/readyz", None).await.unwrap().status, 200);
    assert!(run(&["verify", "--database", database.url()]).status.success());
    first.kill();
    let next = Server::start(database.url(), "all");
    assert_eq!(next.terminate(), Some(0), "after a kill the file is free");
}

/// What the demo prints for people to try must work as it is printed.
#[tokio::test(flavor = "multi_thread")]
async fn the_calls_that_the_demo_shows_work() {
    let demo = stamgast(&["demo"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut demo = Ended(demo);
    let mut lines = BufReader::new(demo.0.stderr.take().unwrap()).lines();
    let mut shown = Vec::new();
    for line in lines.by_ref() {
        let line = line.unwrap();
        let is_last = line.contains("--json");
        shown.push(line);
        if is_last {
            break;
        }
    }
    let calls: Vec<&String> = shown.iter().filter(|line| line.trim_start().starts_with("curl ")).collect();
    assert!(calls.len() >= 2, "{shown:#?}");
    for call in calls {
        // words in single quotes are one, as a shell takes them
        let words: Vec<&str> = call
            .split('\'')
            .enumerate()
            .flat_map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
            .collect();
        let after = |flag: &str| words.iter().position(|word| *word == flag).map(|at| words[at + 1]);
        let (base, path) = words.last().unwrap().split_at("http://127.0.0.1:".len());
        let (port, path) = path.split_once('/').unwrap();
        let token = after("-H").unwrap().strip_prefix("Authorization: ").unwrap();
        let caller =
            stamgast::client::JsonClient::new(&format!("{base}{port}")).unwrap().authorization(token);
        let body = after("-d").map(|body| body.as_bytes().to_vec());
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let answer = caller.send(method, &format!("/{path}"), body).await.unwrap();
        assert!((200..300).contains(&answer.status), "{call}: {} {}", answer.status, answer.text);
    }
    let stopped = Command::new("kill").args(["-TERM", &demo.0.id().to_string()]).status().unwrap();
    assert!(stopped.success() && demo.0.wait().unwrap().success());
}

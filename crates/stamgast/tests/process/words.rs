//! What does the program say? To somebody who mistyped, the fault by its name; in its log, no person.

use crate::program::{Server, admin_token, run, stamgast};
use serde_json::json;
use std::process::Output;
use testkit::TestDatabase;

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_database_file_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("typo.sqlite");
    let database = format!("sqlite:{}", path.display());
    for words in [
        &["verify", "--database", &database][..],
        &["admin-token", "--database", &database],
        &["serve", "--no-migrate", "--listen", "127.0.0.1:0", "--database", &database],
    ] {
        let said = refused(&run(words));
        assert!(said.contains("there is no such file") && said.contains("typo.sqlite"), "{words:?}: {said}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{words:?} made something");
    }
    assert!(run(&["migrate", "--database", &database]).status.success());
    assert!(run(&["verify", "--database", &database]).status.success());
}

#[test]
fn a_level_with_a_typing_error_is_refused() {
    for (level, part) in [("inof", "\"inof\""), ("bogus=,,", "\"bogus=\"")] {
        let said = refused(&run(&["serve", "--log-level", level]));
        assert!(said.contains("error, warn, info, debug, trace or off") && said.contains(part), "{said}");
    }
}

#[test]
fn a_number_beyond_all_measure_is_refused() {
    let output =
        stamgast(&["serve"]).env("STAMGAST_COURIER_TICK_SECONDS", u64::MAX.to_string()).output().unwrap();
    let said = refused(&output);
    assert!(said.contains("STAMGAST_COURIER_TICK_SECONDS") && said.contains("from 1 to 86400"), "{said}");
}

#[test]
fn a_listener_that_cannot_be_is_told_with_another_way() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (listen, parts) in [
        (address.as_str(), ["is taken by another program", "or :0 for any free one"]),
        ("192.0.2.1:8080", ["192.0.2.1 is no address of this machine", "127.0.0.1"]),
        ("8080", ["--listen: expected ADDRESS:PORT", "found \"8080\""]),
        (":8080", ["--listen: expected ADDRESS:PORT", "found \":8080\""]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("a.sqlite").display());
        let said = refused(&run(&["serve", "--database", &database, "--listen", listen]));
        assert!(parts.iter().all(|part| said.contains(part)), "{listen}: {said}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{listen} made something");
    }
}

#[test]
fn a_wrong_key_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("a.sqlite").display());
    let words = ["serve", "--database", &database, "--listen", "127.0.0.1:0"];
    for (name, value) in [("KEY", "0202"), ("KEY_FILE", "/nowhere/at/all.key")] {
        let mut command = stamgast(&words);
        command.env_remove("STAMGAST_SECRET_KEY").env(format!("STAMGAST_SECRET_{name}"), value);
        refused(&command.output().unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{name} made something");
    }
}

#[test]
fn a_configuration_is_checked_and_shown_without_a_server() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    std::fs::write(file.path(), "listen = \"127.0.0.1:1\"\n[courier]\ntick_seconds = 5\n").unwrap();
    let output = run(&["config", "--check", path]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("the configuration is sound"), "{output:?}");
    let shown = run(&["config", "--show", "--config", path]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    let line = shown.lines().find(|line| line.starts_with("courier.tick_seconds = 5")).unwrap();
    assert!(line.ends_with(&format!("# {path}, line 3")), "{line}");
    assert!(shown.contains("# STAMGAST_SECRET_KEY") && !shown.contains(testkit::KEY), "{shown}");
    std::fs::write(file.path(), "lisen = 3\n[log]\nlevel = \"loud\"\n[courier]\ntick_seconds = 0\n").unwrap();
    let said = refused(&run(&["config", "--check", path]));
    assert!(said.contains("did you mean listen?") && said.contains("courier.tick_seconds"), "{said}");
}

#[test]
fn every_shell_gets_a_completion_that_knows_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completion", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains("admin-token"), "{shell}: {script}");
    }
}

#[test]
fn a_file_that_is_no_toml_is_named_with_its_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "listen = \"127.0.0.1:0\"\nrole = \n").unwrap();
    let path = file.path().to_str().unwrap();
    let said = refused(&run(&["serve", "--config", path]));
    assert!(said.contains(path) && said.contains("line 2"), "{said}");
}

testkit::on_both_engines! {
    /// At the finest level a database driver prints every parameter of every statement.
    async fn no_level_brings_a_person_into_the_log(engine: Engine) {
        let database = TestDatabase::fresh(engine).await;
        let log = tempfile::NamedTempFile::new().unwrap();
        let of_the_driver = format!("info,{0}=trace,tokio_{0}=trace", "postgres");
        for level in ["trace", &of_the_driver] {
            let file = std::fs::File::create(log.path()).unwrap();
            let server = Server::start_logging(database.url(), level, file);
            let admin = server.caller().bearer(&admin_token(database.url()));
            let merchant = "/admin/v1/partner/merchants/m1";
            let body = json!({"name": "Bar", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague"});
            admin.put(merchant, &body).await.unwrap();
            let member = format!("member-{}", level.len());
            let card = format!("CARD-SECRET-{}", level.len());
            let body = json!({"memberId": member, "cards": [card], "balances": [],
                "person": {"firstName": "Jaroslava", "email": "jaroslava@example.com", "mobilePhone": "+420777123456"}});
            admin.post(&format!("{merchant}/members"), &body).await.unwrap();
            assert_eq!(server.terminate(), Some(0));
            let text = std::fs::read_to_string(log.path()).unwrap();
            assert!(text.contains("INFO") && text.contains("listening"), "{level}: nothing was logged:\n{text}");
            for person in ["Jaroslava", "jaroslava@example.com", "777123456", "CARD-SECRET"] {
                assert!(!text.contains(person), "{level}: {person} stands in the log");
            }
        }
    }
}

/// What `stamgast token` says, line by line.
fn token(words: &[&str], database: &str) -> Vec<String> {
    let output = run(&[&["token"], words, &["--database", database]].concat());
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_listed_renewed_and_taken_back_by_command() {
    let database = TestDatabase::fresh(testkit::Engine::Sqlite).await;
    let first = admin_token(database.url());
    let prefix = door::token::prefix_of(&first).unwrap().to_owned();
    let server = Server::start(database.url(), "all");
    let status = async |token: &str| {
        let caller = server.caller().bearer(token);
        caller.send(http::Method::GET, "/admin/v1/tokens", None).await.unwrap().status
    };
    assert_eq!(status(&first).await, 200);
    let list = token(&["list"], database.url()).join("\n");
    assert!(list.contains(&prefix) && list.contains("command line"), "{list}");
    let second = token(&["renew", &prefix], database.url()).remove(0);
    assert_eq!((status(&first).await, status(&second).await), (200, 200));
    token(&["revoke", &prefix], database.url());
    let mut tries = 0;
    while status(&first).await == 200 {
        tries += 1;
        assert!(tries < 70, "the server takes the revoked token after seven seconds");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(status(&second).await, 200);
    let live = token(&["list", "--json", "--kind", "admin"], database.url());
    assert!(live.len() == 1 && live[0].contains("\"kind\":\"admin\""), "{live:?}");
    assert_eq!(token(&["list", "--json", "--kind", "admin", "--all"], database.url()).len(), 2);
    let said =
        refused(&run(&["token", "revoke", "stg_admin_0000000000000000", "--database", database.url()]));
    assert!(said.contains("stg_admin_0000000000000000 not found"), "{said}");
    let said = refused(&run(&["admin-token", "--name", "", "--database", database.url()]));
    assert!(said.contains("who holds the token"), "{said}");
}

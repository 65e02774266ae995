//! On which engine does a scenario run, and when is one left out?

use db::Engine;

/// Set by `./test --sqlite-only`, which says so aloud; nothing else leaves an engine out.
const ENGINES: &str = "STAMGAST_TEST_ENGINES";

/// Runs a scenario to its end on a runtime of its own.
///
/// # Panics
/// When the scenario does: this is what fails the test.
pub fn run<F: Future<Output = ()>>(engine: Engine, scenario: impl FnOnce(Engine) -> F) {
    if engine == Engine::Postgres && std::env::var(ENGINES).is_ok_and(|engines| engines == "sqlite") {
        return;
    }
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().expect("a runtime for the test");
    runtime.block_on(scenario(engine));
}

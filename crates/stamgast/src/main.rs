//! How does the program begin and end? Words in, one command, an exit code out.

use std::process::ExitCode;

/// Every request makes and drops hundreds of small texts (docs/decisions/08-allocator.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    keep_pages_small();
    stamgast::command::main()
}

/// Pages of 2 MiB, of which an idle server fills little, would make it a third larger and no request faster. A system
/// that gives none, or does not let itself be asked, is as good.
fn keep_pages_small() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

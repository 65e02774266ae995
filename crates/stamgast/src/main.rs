//! How does the program begin and end? Words in, one command, an exit code out.

use std::process::ExitCode;

/// Every request makes and drops hundreds of small texts (docs/decisions/08-allocator.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    stamgast::command::main()
}

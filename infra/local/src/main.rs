//! `recoup`: the service on one machine, and the commands beside it.

mod commands;

fn main() -> std::process::ExitCode {
    commands::run()
}

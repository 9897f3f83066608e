//! The `tellmark` command: every exchange with the user, and nothing else.

mod args;
mod cases;
mod commands;
mod demo;
mod diff;
mod finding;
mod follow;
mod form;
mod holders;
mod keeping;
mod persons;
mod planned;
mod progress;
mod prove;
mod relay;
mod remote;
mod review;
mod say;
mod serve;
mod signals;

use std::process::ExitCode;

use clap::Parser;

/// Done; for `trace`, a copy or group is named.
pub const EXIT_DONE: u8 = 0;
/// For `trace`: nobody is named.
pub const EXIT_NOBODY: u8 = 1;
/// Bad usage or input.
pub const EXIT_INPUT: u8 = 2;
/// Anything else; for `check`, a file is not the copy that its folder says.
pub const EXIT_FAILURE: u8 = 3;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let mut builder = match cli.command {
        args::Command::Serve(_) | args::Command::Relay(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("the program could not start")),
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    // A reader that went away (`| head`) is no failure.
    let pipe = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
    if error.downcast_ref::<std::io::Error>().is_some_and(pipe) {
        return ExitCode::from(EXIT_DONE);
    }
    say::error(error);
    let input = error.downcast_ref::<tellmark_app::Error>().is_some_and(tellmark_app::Error::is_input);
    ExitCode::from(if input { EXIT_INPUT } else { EXIT_FAILURE })
}

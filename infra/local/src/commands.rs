//! The command line.

mod beside;
mod serve;

use clap::{Parser, Subcommand};
use jiff::Timestamp;
use std::path::PathBuf;
use std::process::ExitCode;

/// Serverless billing operations, on one machine.
#[derive(Parser)]
#[command(name = "recoup", version, about, after_help = "Example: recoup serve --addr 127.0.0.1:8787 --data .recoup")]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    serve: ServeOptions,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Args, Clone)]
struct Shared {
    /// Where the service answers
    #[arg(long, global = true, env = "RECOUP_ADDR", default_value = "127.0.0.1:8787")]
    addr: String,
    /// The data folder
    #[arg(long, global = true, env = "RECOUP_DATA", default_value = ".recoup")]
    data: PathBuf,
}

#[derive(clap::Args, Clone)]
struct ServeOptions {
    /// Begin without customers
    #[arg(long)]
    empty: bool,
    /// A clock that moves only when told
    #[arg(long, value_name = "TIME")]
    clock: Option<Timestamp>,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything on this machine
    #[command(after_help = "Example: recoup serve --empty --clock 2026-01-01T00:00:00Z")]
    Serve(ServeOptions),
    /// Print a bearer token of a staff member
    #[command(after_help = "Example: curl -H \"Authorization: Bearer $(recoup token mara)\" http://127.0.0.1:8787/api/cases")]
    Token { staff: String },
    /// Move the service's clock and do everything that is due on the way
    #[command(subcommand, after_help = "Example: recoup clock advance 3d")]
    Clock(ClockCommand),
    /// Write a month's report
    #[command(after_help = "Example: recoup report 2026-01 --format json --out report.json")]
    Report {
        month: String,
        #[arg(long, default_value = "json", value_parser = ["json", "html"])]
        format: String,
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Check the ledgers
    #[command(subcommand, after_help = "Example: recoup audit verify")]
    Audit(AuditCommand),
    /// Check the policies
    #[command(subcommand, after_help = "Example: recoup policy check")]
    Policy(PolicyCommand),
}

#[derive(Subcommand)]
enum ClockCommand {
    /// By a span such as 3d, 12h or P1M
    #[command(after_help = "Example: recoup clock advance 3d")]
    Advance { span: String },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Verify the hash chain of one account, or of all
    #[command(after_help = "Example: recoup audit verify --account stripe:cus_123")]
    Verify {
        #[arg(long)]
        account: Option<String>,
    },
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Read and lint the shipped policies, or the files that are named
    #[command(after_help = "Example: recoup policy check shared/policy/dunning/v2.toml")]
    Check { files: Vec<PathBuf> },
}

/// What went wrong, in one line.
type Failed = String;

pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("recoup: the machine gives no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let shared = cli.shared;
    let result = runtime.block_on(async {
        match cli.command {
            None => serve::serve(&shared, &cli.serve).await,
            Some(Command::Serve(options)) => serve::serve(&shared, &options).await,
            Some(Command::Token { staff }) => beside::token(&shared, &staff),
            Some(Command::Clock(ClockCommand::Advance { span })) => beside::advance(&shared, &span).await,
            Some(Command::Report { month, format, out }) => beside::report(&shared, &month, &format, out.as_deref()).await,
            Some(Command::Audit(AuditCommand::Verify { account })) => beside::verify(&shared, account.as_deref()).await,
            Some(Command::Policy(PolicyCommand::Check { files })) => beside::check(&files),
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("recoup: {failed}");
            ExitCode::FAILURE
        }
    }
}

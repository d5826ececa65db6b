//! The command line.

mod ask;
mod audit;
mod backfill;
mod classify;
mod clock;
mod dead;
mod declines;
mod dunning;
mod import;
mod policy;
mod privacy;
mod recorded;
mod replay;
mod report;
mod serve;
mod stop;
mod token;

use clap::{Parser, Subcommand};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
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

const ADDR: &str = "127.0.0.1:8787";
const DATA: &str = ".recoup";

#[derive(clap::Args, Clone)]
struct Shared {
    /// Where the service answers
    #[arg(long, global = true, env = "RECOUP_ADDR", default_value = ADDR)]
    addr: String,
    /// The data folder
    #[arg(long, global = true, env = "RECOUP_DATA", default_value = DATA)]
    data: PathBuf,
}

impl Shared {
    /// How a command is typed so that it reaches this address and this folder. What it takes anyway is left out.
    fn typed(&self, program: &str, command: &str) -> String {
        let mut typed = format!("{program} {command}").trim_end().to_owned();
        if self.addr != ADDR {
            typed.push_str(" --addr ");
            typed.push_str(&self.addr);
        }
        if self.data != Path::new(DATA) {
            let folder = self.data.display().to_string();
            typed.push_str(" --data ");
            let quote = if folder.contains(char::is_whitespace) { "'" } else { "" };
            typed.extend([quote, &folder, quote]);
        }
        typed
    }
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
    #[command(
        after_help = "Example: curl -H \"Authorization: Bearer $(recoup token mara)\" http://127.0.0.1:8787/api/cases"
    )]
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
    /// Send recorded deliveries, signed as their providers would
    #[command(after_help = "Example: recoup recorded --out week.jsonl && recoup replay week.jsonl --rate 200")]
    Replay {
        /// One delivery a line: {"provider","source","body"}
        file: PathBuf,
        /// Where to send them; without it, to the service at --addr
        #[arg(long, value_name = "URL")]
        to: Option<String>,
        /// How many a second; without it, as many as are taken
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        rate: Option<u32>,
    },
    /// Write the raw deliveries that are still kept to a file
    #[command(after_help = "Example: recoup recorded --out week.jsonl")]
    Recorded {
        #[arg(long)]
        out: PathBuf,
    },
    /// Fill the book from a provider's own lists
    #[command(after_help = "Example: recoup backfill stripe --since 2026-01-01 --dry-run")]
    Backfill(backfill::Backfill),
    /// Take customers, a catalogue, contracts, usage, staff, exceptions or network rules from a file
    #[command(after_help = "Example: recoup import contracts contracts.csv --dry-run")]
    Import(import::Import),
    /// Look at messages that could not be worked, and work them again
    #[command(subcommand, after_help = "Example: recoup dead list")]
    Dead(DeadCommand),
    /// Play a way to recover invoices before customers find out
    #[command(
        subcommand,
        after_help = "Example: recoup dunning simulate --world tests/worlds/example.toml --fixed 1,3,5,7,14"
    )]
    Dunning(DunningCommand),
    /// Stop what leaves, or release it
    #[command(
        after_help = "Example: recoup stop --kind refund --note \"wrong amounts since 14:00\" && recoup stop --release"
    )]
    Stop(stop::Stop),
    /// Check the ledgers
    #[command(subcommand, after_help = "Example: recoup audit verify")]
    Audit(AuditCommand),
    /// Export or erase what is kept of a person
    #[command(subcommand, after_help = "Example: recoup privacy export stripe:cus_123")]
    Privacy(privacy::Privacy),
    /// Say what the codes of failed payments in a file mean
    #[command(
        after_help = "Example: recoup declines --file codes.csv, with the columns provider, code and, where known, gateway, network, network_code, advice, text"
    )]
    Declines(declines::Declines),
    /// Say what letters in a file are about, or how well that is told where the file says it too
    #[command(
        after_help = "Example: recoup classify --file tickets.csv, with the columns subject, body and, where known, class"
    )]
    Classify(classify::Classify),
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
    /// Verify the hash chain of one account, or of all, against its head and every seal
    #[command(
        after_help = "Example: recoup audit verify --seals seals --public-key sealing.pub --ledgers ledgers.jsonl"
    )]
    Verify(audit::Verify),
    /// Write the ledgers to a file, one account a line
    #[command(after_help = "Example: recoup audit export --out ledgers.jsonl")]
    Export {
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Subcommand)]
enum DeadCommand {
    /// List them with their reasons
    #[command(after_help = "Example: recoup dead list")]
    List,
    /// Show one with its delivery
    #[command(after_help = "Example: recoup dead show events 12")]
    Show { queue: String, id: i64 },
    /// Work a queue's dead letters again
    #[command(after_help = "Example: recoup dead redrive events")]
    Redrive { queue: String },
}

#[derive(Subcommand)]
enum DunningCommand {
    /// Against a world that a file describes, or over one's own history: what comes back, and by how many tries
    #[command(after_help = "Examples: recoup dunning simulate --world tests/worlds/example.toml --oracle --format json
          recoup dunning simulate --history tries.csv --policy mine.toml")]
    Simulate(dunning::Simulate),
    /// From how earlier tries ended, in a file or at the running service: prints the next version of the advice policy
    #[command(
        after_help = "Example: recoup dunning learn --outcomes tries.csv --effective 2027-01-01 > shared/policy/advice/v2.toml"
    )]
    Learn(dunning::Learn),
    /// How tries ended and how they were chosen, as the running service knows it: prints a .csv file
    #[command(after_help = "Example: recoup dunning outcomes --since 2026-07-01 > tries.csv")]
    Outcomes(dunning::Since),
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Read and lint the shipped policies, or the files that are named
    #[command(after_help = "Example: recoup policy check shared/policy/dunning/v3.toml")]
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
            Some(Command::Token { staff }) => token::token(&shared, &staff),
            Some(Command::Clock(ClockCommand::Advance { span })) => clock::advance(&shared, &span).await,
            Some(Command::Report { month, format, out }) => {
                report::report(&shared, &month, &format, out.as_deref()).await
            }
            Some(Command::Replay { file, to, rate }) => replay::replay(&shared, &file, to.as_deref(), rate).await,
            Some(Command::Backfill(options)) => backfill::backfill(&shared, &options).await,
            Some(Command::Import(options)) => import::import(&shared, &options).await,
            Some(Command::Recorded { out }) => recorded::recorded(&shared, &out).await,
            Some(Command::Dead(DeadCommand::List)) => dead::list(&shared).await,
            Some(Command::Dead(DeadCommand::Show { queue, id })) => dead::show(&shared, &queue, id).await,
            Some(Command::Dead(DeadCommand::Redrive { queue })) => dead::redrive(&shared, &queue).await,
            Some(Command::Audit(AuditCommand::Verify(options))) => audit::verify(&shared, &options).await,
            Some(Command::Audit(AuditCommand::Export { out })) => audit::export(&shared, &out).await,
            Some(Command::Dunning(DunningCommand::Simulate(options))) => dunning::simulate(&shared, &options).await,
            Some(Command::Dunning(DunningCommand::Learn(options))) => dunning::learn(&shared, &options).await,
            Some(Command::Dunning(DunningCommand::Outcomes(since))) => dunning::outcomes(&shared, since).await,
            Some(Command::Stop(options)) => stop::stop(&shared, &options).await,
            Some(Command::Privacy(what)) => privacy::privacy(&shared, &what).await,
            Some(Command::Declines(options)) => declines::declines(&options),
            Some(Command::Classify(options)) => classify::classify(&options),
            Some(Command::Policy(PolicyCommand::Check { files })) => policy::check(&files),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_is_typed_for_this_address_and_folder() {
        for (addr, data, typed) in [
            (ADDR, DATA, "recoup clock advance 3d"),
            ("127.0.0.1:9000", DATA, "recoup clock advance 3d --addr 127.0.0.1:9000"),
            (ADDR, "/tmp/demo", "recoup clock advance 3d --data /tmp/demo"),
            ("[::1]:1", "my data", "recoup clock advance 3d --addr [::1]:1 --data 'my data'"),
        ] {
            let shared = Shared { addr: addr.to_owned(), data: PathBuf::from(data) };
            assert_eq!(shared.typed("recoup", "clock advance 3d"), typed);
        }
        let usual = Shared { addr: ADDR.to_owned(), data: PathBuf::from(DATA) };
        assert_eq!(usual.typed("recoup", ""), "recoup");
    }
}

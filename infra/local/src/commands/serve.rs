//! Starts everything.

use super::{ADDR, Failed, ServeOptions, Shared};
use app::ports::Clock;
use jiff::Timestamp;
use local::clock::machine;
use local::engine::EngineError;
use local::service::{Options, Service, StartError, is_new};
use local::{demo, server};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub(super) async fn serve(shared: &Shared, options: &ServeOptions) -> Result<(), Failed> {
    log();
    // The port first: whoever finds it taken should not wait for a demo company.
    let listener = TcpListener::bind(&shared.addr).await.map_err(|error| {
        format!("{} cannot be used: {error}; stop whoever has it, or choose another with --addr", shared.addr)
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let base_url = format!("http://{address}");
    let fresh = is_new(&shared.data);
    let secrets = std::env::vars().filter(|(name, _)| name.starts_with("RECOUP_SECRET_")).collect::<BTreeMap<_, _>>();
    let service = Service::open(&Options {
        data: Some(shared.data.clone()),
        clock: options.clock,
        base_url: base_url.clone(),
        secrets,
    })
    .await
    .map_err(|error| named(&error, &shared.data))?;
    let service = Arc::new(service);
    prepare(&service, options, &shared.data, fresh).await?;
    tokio::spawn(tick(service.clone()));
    let own = Shared { addr: address.to_string(), data: shared.data.clone() };
    println!("Recoup is ready.\n");
    println!("  Console    {base_url}/   (sign in at {base_url}/login: choose a demo colleague, such as Mara)");
    let token = Shared { addr: ADDR.to_owned(), ..own.clone() }.typed(&program(), "token mara");
    println!("  API        curl -H \"Authorization: Bearer $({token})\" {base_url}/api/cases");
    println!(
        "  Webhooks   POST {base_url}/webhooks/{{provider}}/default   (stripe: test_stripe_secret; the others: README)"
    );
    println!("  Outbox     {base_url}/outbox");
    println!("  Folder     {}\n", own.data.display());
    if !address.ip().is_loopback() {
        println!("Beware: others can reach this address, and the routes under /local ask nobody to sign in.\n");
    }
    if !options.empty {
        println!("Try: approve a refund that waits at {base_url}/approvals, then look at its receipt.");
    }
    println!("Move the clock with `{}`: it says what happens on the way.", own.typed(&program(), "clock advance 3d"));
    tokio::select! {
        () = server::serve(service, listener) => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// How this program was started: by Cargo, or by its own name.
fn program() -> String {
    let by_cargo = std::env::var_os("CARGO").map(|_| "cargo run --release -q --".to_owned());
    by_cargo.or_else(|| std::env::args().next()).unwrap_or_else(|| "recoup".to_owned())
}

/// Why the service cannot start, with the folder that it is about.
fn named(error: &StartError, folder: &Path) -> Failed {
    let text = error.to_string();
    match error {
        StartError::Folder(..) | StartError::InUse(_) => text,
        _ => text.replacen("the data folder", &format!("the data folder {}", folder.display()), 1),
    }
}

/// Loads the demo company into an empty folder. A load that was cut off begins again on a fresh folder only.
async fn prepare(service: &Service, options: &ServeOptions, data: &Path, fresh: bool) -> Result<(), Failed> {
    const LOADING: &str = "demo";
    let folder = data.display();
    let disk = |error| format!("the data folder {folder} cannot be used: {error}");
    let state = service.disk.setting(LOADING).map_err(disk)?;
    if state.as_deref() == Some("loading") {
        return Err(format!("the demo company was not loaded to its end; remove {folder} and start again"));
    }
    if !fresh || options.empty || state.is_some() {
        return Ok(());
    }
    service.disk.set(LOADING, "loading").map_err(disk)?;
    let now: Timestamp = options.clock.unwrap_or_else(machine);
    println!("Loading the demo company …");
    let begun = machine();
    let tables = |error: EngineError| error.to_string();
    service.disk.hurried().map_err(disk)?;
    service.tables.hurried().map_err(tables)?;
    let loaded =
        demo::load(service, now).await.map_err(|fault| format!("the demo company cannot be loaded: {fault}"))?;
    for refused in &loaded.refused {
        tracing::warn!(refused, "a colleague of the demo company was refused");
    }
    if options.clock.is_none() {
        service.clock.run();
    }
    service.tables.careful().map_err(tables)?;
    service.disk.careful().map_err(disk)?;
    service.disk.set(LOADING, "loaded").map_err(disk)?;
    println!(
        "  {} accounts, {} deliveries, in {} ms.",
        loaded.accounts,
        loaded.deliveries,
        machine().duration_since(begun).as_millis()
    );
    Ok(())
}

/// Works when something arrives, and looks at the clock each second.
async fn tick(service: Arc<Service>) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let arrived = service.queue.arrived.clone();
    loop {
        tokio::select! {
            _ = second.tick() => {}
            () = arrived.notified() => {}
        }
        let _working = service.working.lock().await;
        if let Err(fault) = service.forget_old_bodies() {
            tracing::error!(fault = %fault, "old bodies could not be forgotten");
        }
        if let Err(fault) = service.work().await {
            tracing::error!(now = %service.clock.now(), fault = %fault, "the queues could not be worked");
        }
        if let Err(fault) = service.seal().await {
            tracing::error!(fault = %fault, "the ledgers could not be sealed");
        }
        if let Err(fault) = service.add_up().await {
            tracing::error!(fault = %fault, "the months could not be added up");
        }
    }
}

/// What is logged: `RECOUP_LOG` is a level, or levels by crate, such as `info` or `warn,app=debug`.
fn log() {
    let wanted = std::env::var("RECOUP_LOG").ok().and_then(|wanted| wanted.parse::<Targets>().ok());
    let wanted = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(lines).with(wanted).init();
}

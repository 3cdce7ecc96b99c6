//! `innsyn up`: the components, the host and the sandbox, until Ctrl-C.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use anyhow::Context;
use host::{App, Limits, Options, Server, Timer};
use sandbox::Sandbox;
use sandbox::population::FJORDBANKEN;
use tokio::net::TcpListener;

use crate::connection_options::ConnectionOptions;
use crate::run_folder::RunFolder;
use crate::{build_progress, stop};

/// Interval of the removal of expired records.
const SWEEP_INTERVAL: Duration = Duration::from_mins(15);
/// Interval of the drains: of the queue of signature jobs, and of the consents' events. The app
/// keeps to the interval that Posten permits.
const DRAIN_INTERVAL: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Address of the app. Port 0 chooses a free port.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Gives the token component the public route /token, to try the token sidecar.
    #[arg(long)]
    token_route: bool,
    /// Generation of Altinn: 3, or 2 as it was until June 2026.
    #[arg(long, default_value = "3", value_name = "GENERATION")]
    altinn: Altinn,
    /// Address of a receiver of your own for Fjordbanken's events, such as that of
    /// `examples/back-end`.
    #[arg(long, value_name = "ADDRESS")]
    events_to: Option<String>,
    #[command(flatten)]
    connections: ConnectionOptions,
    #[command(flatten)]
    instances: InstanceOptions,
}

/// Options for the limits on instances.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
struct InstanceOptions {
    /// Maximum number of instances of all components together. A component without an instance may
    /// always start one.
    #[arg(long = "instances", value_name = "NUMBER")]
    all: Option<NonZeroUsize>,
    /// Maximum number of instances of one component.
    #[arg(long = "instances-per-component", value_name = "NUMBER")]
    per_component: Option<NonZeroUsize>,
    /// Maximum memory of one instance in bytes.
    #[arg(long = "max-instance-memory", value_name = "BYTES")]
    memory: Option<NonZeroUsize>,
}

impl InstanceOptions {
    /// Returns `limits` with the options that are set.
    fn apply_to(self, mut limits: Limits) -> Limits {
        if let Some(all) = self.all {
            limits.instances = all.get();
        }
        if let Some(per_component) = self.per_component {
            limits.instances_per_component = per_component.get();
        }
        if let Some(memory) = self.memory {
            limits.max_memory = memory.get();
        }
        limits
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum Altinn {
    #[value(name = "2")]
    Two,
    #[default]
    #[value(name = "3")]
    Three,
}

impl Altinn {
    /// Returns the app's variables.
    fn variables(self, sandbox: &Sandbox, app: &str) -> BTreeMap<String, String> {
        match self {
            Self::Two => sandbox.variables_of_altinn2(app),
            Self::Three => sandbox.variables(app),
        }
    }

    /// Returns the address of the page where people see their consents.
    fn portal(self, sandbox: &Sandbox) -> &str {
        match self {
            Self::Two => &sandbox.addresses().altinn2_page,
            Self::Three => &sandbox.addresses().altinn_page,
        }
    }
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            token_route: false,
            altinn: Altinn::default(),
            events_to: None,
            connections: ConnectionOptions::default(),
            instances: InstanceOptions::default(),
        }
    }
}

/// Runs the app and the sandbox until the process is asked to stop.
///
/// # Errors
///
/// If a component cannot be built or started, or the address is taken.
pub(super) async fn run(arguments: Arguments, manifest: &Path) -> anyhow::Result<()> {
    let listener = TcpListener::bind(arguments.listen).await.with_context(|| {
        format!(
            "{} is not free: choose another with --listen",
            arguments.listen
        )
    })?;
    let app_address = format!("http://localhost:{}", listener.local_addr()?.port());
    let mut asked = pin!(stop::asked());
    let folder = RunFolder::new()?;
    let start = start(&arguments, manifest, &folder, listener, &app_address);
    let Some((sandbox, server)) = stop::unless(&mut asked, start).await? else {
        return Ok(());
    };
    asked.await?;
    eprintln!("\nstopping");
    server.shutdown().await;
    sandbox.shutdown().await;
    Ok(())
}

async fn start(
    arguments: &Arguments,
    manifest: &Path,
    folder: &RunFolder,
    listener: TcpListener,
    app: &str,
) -> anyhow::Result<(Sandbox, Server)> {
    // The sandbox makes RSA keys while cargo looks for changes: each takes a second or more.
    let project = manifest.to_owned();
    let work = tokio::task::spawn_blocking(move || build_progress::build(&project));
    let sandbox = Sandbox::start(sandbox::Options {
        clock: sandbox::kit::Clock::default(),
        directory: folder.path().join("sandbox"),
        app: Some(app.to_owned()),
    });
    let (built, sandbox) = tokio::join!(work, sandbox);
    built.context("the build stopped")??;
    let sandbox = sandbox.context("the sandbox did not start")?;
    if arguments.altinn == Altinn::Two {
        sandbox.services().bank.keep_consents_at_altinn2();
    }

    eprintln!("loading the components (the first time takes longer)");
    let mut options = options(arguments.altinn, manifest, folder, &sandbox, app)?;
    options.limits = arguments.instances.apply_to(options.limits);
    options.connections = arguments.connections.apply_to(options.connections);
    let mut extra = String::new();
    if let Some(address) = &arguments.events_to {
        let events = sandbox.events_to(address);
        options
            .variables
            .extend(events.context("--events-to is no address")?);
        let settings = folder.write_back_end_settings(app, address, &sandbox)?;
        extra = format!(
            "Settings of the example of a back end, in another terminal:\n  source {}\n\n",
            settings.display()
        );
    }
    if arguments.token_route {
        options.manifest = folder.write_manifest_with_token_route(manifest)?;
        let back_end = sandbox.back_end();
        let key = folder.write_key(back_end.seed)?;
        extra += &sidecar_command(app, back_end.subject, &key, &sandbox);
    }
    let server = App::load(options).await?.serve(listener);
    let portal = arguments.altinn.portal(&sandbox);
    let addresses = folder.write_addresses(app, portal, &sandbox)?;
    let variables = arguments.altinn.variables(&sandbox, app);
    let doctor = folder.write_doctor_command(&sandbox, Some(manifest), &variables)?;
    print_summary(app, portal, &sandbox, &addresses, &doctor, &extra);
    Ok((sandbox, server))
}

fn options(
    altinn: Altinn,
    manifest: &Path,
    folder: &RunFolder,
    sandbox: &Sandbox,
    app: &str,
) -> anyhow::Result<Options> {
    let mut options = Options::new(manifest);
    options.variables = altinn.variables(sandbox, app);
    options.runtime_config = Some(folder.write_runtime_config(sandbox)?);
    options.pins = Some(folder.write_pins(sandbox)?);
    options.state_dir = folder.path().join("state");
    let secret = options
        .variables
        .get("maintenance_secret")
        .cloned()
        .unwrap_or_default();
    let timer = |every, path: &str| Timer {
        every,
        method: "POST".to_owned(),
        path: path.to_owned(),
        authorization: Some(format!("Bearer {secret}")),
    };
    options.timers = vec![
        timer(SWEEP_INTERVAL, "/consent/sweep"),
        timer(SWEEP_INTERVAL, "/signatures/sweep"),
        timer(DRAIN_INTERVAL, "/consent/drain"),
        timer(DRAIN_INTERVAL, "/signatures/drain"),
    ];
    Ok(options)
}

/// Prints the addresses and the next steps.
#[expect(clippy::print_stdout, reason = "this is what the command is asked for")]
fn print_summary(
    app: &str,
    portal: &str,
    sandbox: &Sandbox,
    addresses: &Path,
    doctor: &str,
    extra: &str,
) {
    let places = sandbox.addresses();
    println!(
        "\ninnsyn is running.\n\n  \
         Open the demo bank:   {}\n  \
         The app's API:        {app}\n  \
         Altinn's consents:    {portal}\n  \
         Posten's documents:   {}\n  \
         The sandbox's switches: {}\n\n\
         {extra}\
         Next: open the demo bank, log in as one of the invented customers, and ask for their claims.\n\
         With curl: `source {}` in another terminal and follow README.md from \"The journey with curl\".\n\
         To check the certificates and keys, in another terminal:\n  {doctor}\n\
         Ctrl-C stops everything. The app's log follows.\n",
        places.bank_page,
        places.posten_page,
        places.admin,
        addresses.display(),
    );
}

/// Returns the command that starts a sidecar.
fn sidecar_command(app: &str, subject: &str, key: &Path, sandbox: &Sandbox) -> String {
    // The reader has run this program and may not have installed it.
    let command = std::env::current_exe();
    let command = command.as_deref().unwrap_or(Path::new("innsyn"));
    format!(
        "{app}/token gives tokens to services. In another terminal, the sidecar of one of them:\n  \
         {} token-sidecar --app {app} --subject {subject} --key {} --consumer {FJORDBANKEN} --maskinporten {} --maskinporten-ca {}\n\n",
        command.display(),
        key.display(),
        sandbox.addresses().maskinporten,
        sandbox.ca_file().display(),
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        up: Arguments,
    }

    #[test]
    fn the_limits_on_instances_can_be_set() {
        let options = [
            "--instances",
            "9",
            "--instances-per-component",
            "7",
            "--max-instance-memory",
            "1000000",
        ];
        let read = |options: &[&str]| {
            let all = std::iter::once("innsyn").chain(options.iter().copied());
            let limits = Command::parse_from(all)
                .up
                .instances
                .apply_to(Limits::default());
            (
                limits.instances,
                limits.instances_per_component,
                limits.max_memory,
            )
        };
        assert_eq!(read(&options), (9, 7, 1_000_000));
        assert_eq!(read(&[]), (32, 16, 268_435_456));
    }
}

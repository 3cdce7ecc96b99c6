//! App under Spin, with the sandbox: settings, and the commands that start it.

use std::collections::BTreeMap;
use std::path::Path;

use sandbox::Sandbox;

use crate::defaults::EGRESS_ADDRESS;
use crate::run_folder::RunFolder;

/// Returns the app's variables. Calls to Posten go through `innsyn egress`: its certificate has no
/// host name, which Spin requires.
pub(super) fn variables(sandbox: &Sandbox, app: &str) -> BTreeMap<String, String> {
    let mut variables = sandbox.variables(app);
    variables.extend(
        [
            ("posten_origin", format!("http://{EGRESS_ADDRESS}")),
            ("posten_proxy_path", "/posten".to_owned()),
            // Spin does not remove marks, so only the proxy, which keeps Posten's budget, is sent
            // any.
            ("budgeted_origins", format!("http://{EGRESS_ADDRESS}")),
            // The proxy authenticates its callers.
            ("egress_origins", format!("http://{EGRESS_ADDRESS}")),
            ("posten_own_origin", sandbox.addresses().posten.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    variables
}

/// Writes the files for an app at `app`, and returns the instructions to start it.
pub(super) fn prepare(
    folder: &RunFolder,
    sandbox: &Sandbox,
    app: &str,
    manifest: Option<&Path>,
) -> anyhow::Result<String> {
    let runtime_config = folder.write_runtime_config(sandbox)?;
    let pins = folder.write_pins(sandbox)?;
    let callers = folder.write_callers(sandbox)?;
    let variables = variables(sandbox, app);
    #[cfg(feature = "host")]
    let doctor = doctor_command(folder, sandbox, manifest, &variables)?;
    #[cfg(not(feature = "host"))]
    let (doctor, _) = ("", manifest);
    let variables = folder.write_variables(&variables)?;
    let addresses = folder.write_addresses(app, &sandbox.addresses().altinn_page, sandbox)?;
    // The reader has run this program and may not have installed it.
    let innsyn = std::env::current_exe();
    let innsyn = innsyn.as_deref().unwrap_or(Path::new("innsyn"));
    Ok(format!(
        "Under Spin 4.1, from the project's folder. The settings hold keys.\n  \
         spin build\n  \
         {} egress --pins {} --callers {}\n  \
         source {variables} && spin up --listen {} --runtime-config-file {}\n\n\
         The proxy, `egress`, is for Posten, whose certificate Spin does not take. What `innsyn up` does by itself, a third shell does:\n  \
         source {variables}; while sleep 10; do for drain in consent signatures; do curl -sS -X POST -H \"Authorization: Bearer $SPIN_VARIABLE_MAINTENANCE_SECRET\" {app}/$drain/drain; echo; done; done\n\n\
         With curl: source {}, and follow README.md from \"The journey with curl\".{doctor}",
        innsyn.display(),
        pins.display(),
        callers.display(),
        listen_address(app),
        runtime_config.display(),
        addresses.display(),
        variables = variables.display(),
    ))
}

/// Writes the doctor's files and returns the command that checks the certificates and keys. Only a
/// build with the feature `host` has a doctor.
#[cfg(feature = "host")]
fn doctor_command(
    folder: &RunFolder,
    sandbox: &Sandbox,
    manifest: Option<&Path>,
    variables: &BTreeMap<String, String>,
) -> anyhow::Result<String> {
    let command = folder.write_doctor_command(sandbox, manifest, variables)?;
    Ok(format!(
        "\n\nIts certificates and keys, checked from the project's folder:\n  {command}"
    ))
}

/// Returns the address for Spin to listen on: the loopback, with the port of `app` if it names one.
fn listen_address(app: &str) -> String {
    let port = app.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    format!("127.0.0.1:{}", port.unwrap_or(3000_u16))
}

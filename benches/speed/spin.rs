//! Comparison of the same app under Spin and on our host, in alternating runs.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use benches::cpu;
use benches::load::Target;
use benches::product::{Product, ProductOptions};
use benches::report::Figure;
use benches::requests::Requests;
use benches::source::Source;

use crate::program::{self, Program};
use crate::rounds::alternate;

/// Name of this part.
pub(crate) const PART: &str = "spin";

const CONNECTIONS: usize = 8;

pub(crate) async fn measure(skipped: &mut Vec<String>) -> Vec<Figure> {
    let Some(path) = program::named_by("SPIN") else {
        skipped.push("SPIN names no Spin binary: nothing is compared with Spin".to_owned());
        return Vec::new();
    };
    let source = Source::start();
    let (product, login) = Product::with_consent(&ProductOptions::beside(&source)).await;
    let host = Requests::new(&product, &source, &login);
    let (program, address) = up(&path, &product).await;
    let id = program.id();
    let under_spin = |target: &Target| Target {
        address,
        request: Arc::clone(&target.request),
        clock: Arc::new(move || cpu::of_group(id)),
    };
    let (hello, floor, warm) = (
        under_spin(&host.hello),
        under_spin(&host.floor),
        under_spin(&host.warm),
    );
    let targets = [
        ("hello under Spin", &hello),
        ("floor under Spin", &floor),
        ("warm read under Spin", &warm),
        ("hello on our host", &host.hello),
    ];
    let sides = alternate(&targets, CONNECTIONS).await;
    [
        sides[3].against(&sides[0], PART, ""),
        sides[2].against(&sides[0], PART, ""),
        sides[2].against(&sides[1], PART, ""),
    ]
    .concat()
}

/// Starts Spin on the product's files: the same manifest, the same stores. Budgets and pins are our
/// host's alone.
async fn up(path: &Path, product: &Product) -> (Program, std::net::SocketAddr) {
    let (address, folder) = (program::free_address(), product.folder());
    let mut command = Command::new(path);
    command
        .arg("up")
        .arg("--from")
        .arg(folder.join("spin.toml"))
        .arg("--runtime-config-file")
        .arg(folder.join("runtime-config.toml"))
        .arg("--state-dir")
        .arg(folder.join("spin"))
        .args(["--listen", &address.to_string(), "--quiet"])
        .current_dir(folder);
    for (name, value) in product.variables() {
        // Spin does not remove the mark from a call.
        let value = if name == "budgeted_origins" {
            ""
        } else {
            value
        };
        command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
    }
    let program = Program::start(&mut command);
    program::listens(address).await;
    (program, address)
}

//! RSA in WebAssembly beside OpenSSL: the table of `wasm-rsa`'s bench.

use std::process::{Command, Stdio};

use benches::product::project;
use benches::report::{Figure, Ratio};

use crate::program::profile;

/// Name of this part.
pub(crate) const PART: &str = "rsa";

pub(crate) fn measure(skipped: &mut Vec<String>) -> Vec<Figure> {
    let bench = Command::new("cargo")
        .args([
            "bench",
            "--locked",
            "--quiet",
            "--package",
            "wasm-rsa",
            "--profile",
            profile(),
        ])
        .current_dir(project())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo");
    if !bench.status.success() {
        skipped
            .push("RSA is not compared with OpenSSL: that takes Python 3 and OpenSSL 3".to_owned());
    }
    let table = String::from_utf8_lossy(&bench.stdout);
    table.lines().filter_map(row).collect()
}

/// Reads a row of that table; `None` for any other line.
fn row(line: &str) -> Option<Figure> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [operation, bits, kernel, times @ ..] = cells.as_slice() else {
        return None;
    };
    let times: Vec<f64> = times.iter().map_while(|time| time.parse().ok()).collect();
    let [here, beside, ratio, least, largest] = times[..] else {
        return None;
    };
    Some(Figure {
        yardstick: Some("OpenSSL".to_owned()),
        beside: Some(beside),
        ratio: Some(Ratio {
            ratio,
            least,
            largest,
        }),
        ..Figure::alone(PART, format!("{operation} {bits}, {kernel}"), "ms", here)
    })
}

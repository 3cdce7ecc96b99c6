//! Reads, warm and cold, beside a component that does their input and output alone, and one that
//! does nothing.

use benches::cpu;
use benches::product::{CUSTOMER, PARTY, Product, ProductOptions};
use benches::report::{Figure, Samples};
use benches::requests::Requests;
use benches::source::Source;

use crate::rounds::alternate;

/// Name of this part.
pub(crate) const PART: &str = "reads";

const CONNECTIONS: [usize; 4] = [1, 8, 64, 512];
/// Rounds of the cold read.
const COLD: usize = 20;

pub(crate) async fn measure() -> Vec<Figure> {
    let source = Source::start();
    let (product, login) = Product::with_consent(&ProductOptions::beside(&source)).await;
    let Requests { hello, floor, warm } = Requests::new(&product, &source, &login);
    let mut figures = Vec::new();
    for connections in CONNECTIONS {
        let targets = [("hello", &hello), ("floor", &floor), ("warm read", &warm)];
        let sides = alternate(&targets, connections).await;
        let suffix = format!(", {connections} connections");
        figures.extend(sides[2].against(&sides[1], PART, &suffix));
        figures.extend(sides[2].against(&sides[0], PART, &suffix));
        figures.extend(sides[1].against(&sides[0], PART, &suffix));
    }
    figures.push(cold(&product).await);
    figures
}

/// Measures a read with a new login, which fetches all but the consent anew, and one right after
/// it.
async fn cold(product: &Product) -> Figure {
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..COLD {
        product.outlive_tokens();
        let login = product.login(CUSTOMER).await;
        for times in [&mut cold, &mut warm] {
            let before = cpu::of_threads(cpu::APP);
            product.read(&login, PARTY).await;
            times.push((cpu::of_threads(cpu::APP) - before) as f64 / 1e6);
        }
    }
    Figure::compared(
        PART,
        Samples::new("cold read", &cold),
        Samples::new("warm read", &warm),
        "ms of a core",
    )
}

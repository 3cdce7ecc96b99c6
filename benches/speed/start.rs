//! Start of new instances, and of the app.

use std::sync::Arc;
use std::time::Instant;

use benches::load::Target;
use benches::product::{Product, ProductOptions};
use benches::report::Figure;
use benches::requests::{Requests, app};
use benches::source::Source;
use host::Limits;

use crate::rounds::alternate;

/// Name of this part.
pub(crate) const PART: &str = "start";

/// Starts of the app.
const STARTS: usize = 5;

pub(crate) async fn measure() -> Vec<Figure> {
    let source = Source::start();
    let (product, login) = Product::with_consent(&ProductOptions::beside(&source)).await;
    let kept = Requests::new(&product, &source, &login);
    // Beside the app there is another on the same files, each of whose instances serves one
    // request.
    let limits = Limits {
        requests_per_instance: 1,
        ..Limits::default()
    };
    let other = product.serve_beside(limits).await;
    let address = other.server.address();
    let new = |kept: &Target| Target {
        address,
        request: Arc::clone(&kept.request),
        clock: app(),
    };
    let (hello, read) = (new(&kept.hello), new(&kept.warm));
    let mut figures = Vec::new();
    for (name, kept_name, new, kept) in [
        (
            "hello, new instance",
            "hello, kept instance",
            &hello,
            &kept.hello,
        ),
        (
            "read, new instances",
            "read, kept instances",
            &read,
            &kept.warm,
        ),
    ] {
        let sides = alternate(&[(kept_name, kept), (name, new)], 1).await;
        let [_, computed, waited] = sides[1].against(&sides[0], PART, "");
        figures.extend([computed, waited]);
    }
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let start = Instant::now();
        let other = product.serve_beside(Limits::default()).await;
        let url = format!("http://{}/floor/hello", other.server.address());
        reqwest::get(url).await.expect("an answer");
        starts.push(start.elapsed().as_secs_f64() * 1_000.0);
        other.server.shutdown().await;
    }
    let start = benches::report::median(&starts);
    figures.push(Figure::alone(
        PART,
        "app that is compiled, to its first answer",
        "ms",
        start,
    ));
    figures
}

//! Order for Posten with its sealed package of documents: in WebAssembly, and the same code native.

use benches::report::{Figure, Samples};
use benches::workload::{Identity, Run, Workload, run_native};

use crate::program;

/// Name of this part.
pub(crate) const PART: &str = "package";

const ROUNDS: usize = 5;
/// Sizes of the document, in megabytes. Their difference gives the figures for one megabyte.
const SIZES: [u32; 2] = [1, 10];
const MEGABYTE: f64 = 1e6;

/// Measures with a certificate and its key, both in PEM.
pub(crate) fn measure(chain: &str, key: &str) -> Vec<Figure> {
    let workload = Workload::compile(false);
    let native = program::built("workload");
    let identity = Identity { chain, key };
    let (mut here, mut beside) = (Rounds::default(), Rounds::default());
    for _ in 0..ROUNDS {
        let sizes = SIZES.map(|size| {
            let size = size.to_string();
            let arguments = ["package", &size, "1"];
            (
                workload.run(identity, &arguments),
                run_native(native.clone(), identity, &arguments),
            )
        });
        here.add(sizes.map(|(run, _)| run));
        beside.add(sizes.map(|(_, run)| run));
    }
    let compared = |name: &str, here: &[f64], beside: &[f64], unit| {
        let (here, beside) = (Samples::new(name, here), Samples::new("native", beside));
        Figure::compared(PART, here, beside, unit)
    };
    vec![
        compared("package, each megabyte", &here.times, &beside.times, "ms"),
        compared(
            "most memory, each megabyte",
            &here.memory,
            &beside.memory,
            "MB",
        ),
        compared("most memory, 10 MB", &here.most, &beside.most, "MB"),
    ]
}

#[derive(Default)]
struct Rounds {
    times: Vec<f64>,
    memory: Vec<f64>,
    most: Vec<f64>,
}

impl Rounds {
    fn add(&mut self, [small, large]: [Run; 2]) {
        let more = f64::from(SIZES[1] - SIZES[0]);
        self.times
            .push((large.shortest - small.shortest) / more / 1e6);
        self.memory
            .push((large.memory - small.memory) / more / MEGABYTE);
        self.most.push(large.memory / MEGABYTE);
    }
}

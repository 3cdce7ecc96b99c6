//! APIs of the app's manifest: the tests use the delivered configuration.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a fixture that cannot be made stops the test"
)]

use super::{Api, Dataset};

const MANIFEST: &str = include_str!("../../../../spin.toml");

/// Returns the default of a manifest variable written between triple single quotes.
pub fn json(variable: &str) -> &'static str {
    let start = format!("\n{variable} = {{ default = '''");
    let (_, rest) = MANIFEST.split_once(&start).expect("the variable");
    rest.split_once("'''").expect("its end").0
}

fn api(variable: &str) -> Api {
    Api::parse(json(variable)).expect(variable)
}

/// Returns krav og betalinger.
pub fn claims() -> Api {
    api("claims_api")
}

/// Returns inntekt.
pub fn income() -> Api {
    api("income_api")
}

/// Returns summert skattegrunnlag.
pub fn tax_basis() -> Api {
    api("tax_basis_api")
}

/// Returns the lookup in Folkeregisteret.
pub fn persons() -> Api {
    api("persons_api")
}

/// Returns the dataset with this name.
pub fn dataset<'a>(api: &'a Api, name: &str) -> &'a Dataset {
    let mut datasets = api.datasets.iter();
    datasets
        .find(|dataset| dataset.name == name)
        .expect("a read")
}

//! The APIs of the manifest: what is tested is what is delivered.

use super::{Api, Dataset};

const MANIFEST: &str = include_str!("../../../spin.toml");

/// The default of a variable whose text stands between three single quotation marks.
pub(crate) fn json(variable: &str) -> &'static str {
    let start = format!("\n{variable} = {{ default = '''");
    let (_, rest) = MANIFEST.split_once(&start).expect("the variable");
    rest.split_once("'''").expect("its end").0
}

fn api(variable: &str) -> Api {
    Api::parse(json(variable)).expect(variable)
}

pub(crate) fn claims() -> Api {
    api("claims_api")
}

pub(crate) fn income() -> Api {
    api("income_api")
}

pub(crate) fn tax_basis() -> Api {
    api("tax_basis_api")
}

pub(crate) fn persons() -> Api {
    api("persons_api")
}

pub(crate) fn dataset<'a>(api: &'a Api, name: &str) -> &'a Dataset {
    let mut datasets = api.datasets.iter();
    datasets
        .find(|dataset| dataset.name == name)
        .expect("a read")
}

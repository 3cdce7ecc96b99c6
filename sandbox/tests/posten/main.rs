//! Posten signering, met by clients that are none of ours.
#![expect(
    clippy::unwrap_used,
    reason = "the lints let tests do so, but not the functions that tests share"
)]

mod answer_schema;
mod bank;
mod browser;
mod create;
mod create_rules;
mod create_schema;
mod door;
mod jobs;
mod life;
mod package;
mod package_schema;
mod package_schema_agreement;
mod package_structure;
mod package_writer;
mod package_xmlsec;
mod package_zip;
mod page;
mod pins;
mod queue;
mod results;
mod support;
mod trouble;

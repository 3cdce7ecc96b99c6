//! Tests of the command as a process, by its output.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "in a test, what is not as expected ends it"
)]

mod ber;
mod beside_texas;
mod certificates_to_order;
mod code_written_for_texas;
mod core_dumps;
mod doctor;
mod doctor_and_the_sandbox;
mod doctor_common_problems;
mod doctor_inputs;
mod doctor_knows_every_check;
mod doctor_live;
mod doctor_looks_first;
mod doctor_meets_servers;
mod doctor_opens_files;
mod doctor_project;
mod doctor_reads_files;
mod doctor_reads_settings;
mod doctor_revocation;
mod doctor_speaks;
mod doctor_takes_what_is_printed;
mod doctor_with_openssl;
mod egress;
mod files_for_their_owner_alone;
mod maskinporten_alone;
mod openssl;
mod process;
mod project;
mod sandbox_and_spin;
mod sandbox_and_two_way_tls;
mod secrets_stay_unseen;
mod sidecar_and_an_app_that_fails;
mod sidecar_refuses_to_start;
mod signs_as_deployed;
mod test_bed;

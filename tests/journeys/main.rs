//! Journeys, one file each, named for the user's actions.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::print_stdout,
    reason = "in a test, what is not as expected ends it"
)]

mod a_supplier_asks_for_its_customers;
mod an_accounting_system_reads;
mod asks_again_and_again;
mod asks_by_link;
mod asks_with_the_enterprise_certificate;
mod audit_says_who_read_what;
mod back_end_orders;
mod bodies_that_drip;
mod callback_doubled;
mod callback_for_an_open_request;
mod callback_forged;
mod callback_lost;
mod callback_with_someone_elses_state;
mod consent_expires;
mod consent_revoked_later;
mod counterparties_fail;
mod counters_and_spans;
mod customer_refuses;
mod delivers_before_it_confirms;
mod deploys;
mod each_refusal_of_maskinporten;
mod examples_of_a_back_end;
mod first_visit_to_claims;
mod five_steps_of_skatteetaten;
mod hears_of_a_job;
mod hears_of_a_withdrawal;
mod house;
mod imports;
mod in_a_real_browser;
mod key_in_a_vault;
mod key_rolled_over;
mod login_key_stolen;
mod login_tokens_refused;
mod long_period;
mod looks_up_a_person;
mod many_reads_of_one_customer;
mod metadata_and_keys_out_of_reach;
mod orders_from_a_template;
mod orders_out_of_bounds;
mod orders_sent_again;
mod others_as_a_supplier;
mod others_as_the_server;
mod others_at_maskinporten;
mod others_at_the_vault;
mod party_not_the_customers;
mod platform_contract;
mod posten_is_not_asked_too_often;
mod proofs_that_are_not_taken;
mod reads_income_with_consent;
mod reads_tax_basis_with_consent;
mod requests_on_the_wire;
mod second_visit_without_a_new_consent;
mod secrets_rotated_without_restart;
mod signature_lost_and_found;
mod signature_refused;
mod signs_a_document;
mod store_rolled_back;
mod store_rows_deleted;
mod store_rows_swapped;
mod strange_input;
mod sweeps_a_large_store;
mod threats_have_tests;
mod through_the_gateway;
mod token_refused_once;
mod token_refuses_in_oauths_form;
mod two_banks_and_one_back_end;
mod two_consumers_one_party;
mod visits_of_one_job;
mod visits_without_a_login;
mod what_skatteetaten_answers;

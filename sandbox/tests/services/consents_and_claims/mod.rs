//! Altinn, Skatteetaten with its register of persons, and the bank, through real TLS: every refusal
//! with its code, the pages, the way back, and what tests of the product can switch.
mod altinn_create;
mod altinn_events;
mod altinn_exchange;
mod altinn_life;
mod altinn_page;
mod altinn_repeat;
mod bank;
mod income_and_tax_basis;
mod person_lookup;
mod skatteetaten;
mod skatteetaten_behaviour;
mod support;
mod system_users;

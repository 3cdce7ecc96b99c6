//! Budgets of the app for each service, in the format of our host: the figures of
//! `deploy/pins.toml`.

use crate::addresses::Addresses;

/// Returns the origins with budgets.
pub(super) fn origins(addresses: &Addresses) -> [&str; 8] {
    [
        &addresses.posten,
        &addresses.skatteetaten,
        &addresses.income,
        &addresses.tax_basis,
        &addresses.person_lookup,
        &addresses.altinn,
        &addresses.altinn2,
        &addresses.maskinporten,
    ]
}

/// Builds the `[[budget]]` tables.
pub(super) fn budgets(addresses: &Addresses) -> String {
    let Addresses {
        posten,
        skatteetaten,
        income,
        tax_basis,
        person_lookup,
        altinn,
        altinn2,
        maskinporten,
        ..
    } = addresses;
    format!(
        r#"
[[budget]]
name = "posten"
origins = ["{posten}"]
calls_per_second = 10
calls_per_second_per_customer = 1
share = "1/1"

[[budget.class]]
name = "drain"
reserved = 2

[[budget.class]]
name = "orders"
reserved = 4

[[budget.class]]
name = "visits"
most = 2

[[budget]]
name = "skatteetaten"
origins = ["{skatteetaten}", "{income}", "{tax_basis}", "{person_lookup}"]
calls_in_progress = 5
calls_in_progress_per_customer = 2
counted_by = ["tenant", "service"]
share = "1/1"

[[budget]]
name = "altinn"
origins = ["{altinn}", "{altinn2}"]
calls_per_second = 50
calls_in_progress = 20
calls_in_progress_per_customer = 4
counted_by = ["tenant"]
share = "1/1"

[[budget]]
name = "maskinporten"
origins = ["{maskinporten}"]
calls_per_second = 50
calls_in_progress = 20
counted_by = ["tenant"]
share = "1/1"
"#
    )
}

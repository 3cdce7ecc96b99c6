//! Read of the tax return's totals by the same bank, for the year of the customer's consent.

use std::collections::BTreeMap;

use journeys::{Customer, Generation, TestBed, TestOptions};
use sandbox::kit::ExternalService;
use serde_json::json;

fn latest(bed: &TestBed) -> i32 {
    bed.services().clock.now().year() - 1
}

fn read(year: i32) -> String {
    format!("/tax-basis/oppgjoer?inntektsaar={year}")
}

async fn consents(customer: &Customer<'_>, year: i32) {
    let said = json!({ "inntektsaar": year.to_string() });
    customer
        .gives_consent_to("summert-skattegrunnlag", said)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_consents_to_one_year_and_the_bank_sees_its_sums() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let year = latest(&bed);

        let before = ragna.get(&read(year), &ragna.pid).await;
        before.problem(403, "consent-required");
        consents(&ragna, year).await;

        let document = ragna.get(&read(year), &ragna.pid).await.json(200);
        assert_eq!(document["inntektsaar"], year.to_string().as_str());
        assert_eq!(document["stadie"], "oppgjoer");
        assert_eq!(document["grunnlag"][0]["beloep"], 579_006);
        assert_eq!(document["personidentifikator"], ragna.pid.as_str());

        let another = ragna.get(&read(year - 1), &ragna.pid).await;
        another.problem(403, "consent-required");
        bed.log_is_clean(&[&ragna.pid]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_is_told_apart() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let year = latest(&bed);
        for (name, year, status, problem, code) in [
            ("odd", year, 404, "nothing-found", "SSG-008"),
            ("solveig", year, 403, "shielded", ""),
            ("ane", year, 404, "party-unknown", "SSG-007"),
            // The bank may see the latest year alone, whatever the consent covers.
            ("ragna", year - 1, 502, "source-refused", "SSG-005"),
        ] {
            let customer = bed.customer(name);
            consents(&customer, year).await;
            let answer = customer.get(&read(year), &customer.pid).await;
            let told = answer.problem(status, problem);
            assert_eq!(told["kode"].as_str().unwrap_or_default(), code, "{name}");
            bed.log_is_clean(&[&customer.pid]);
        }
        // Another bank's customer, whose figures the source no longer has.
        let eirik = bed.customer("eirik");
        consents(&eirik, year).await;
        let gone = eirik.get(&read(year), &eirik.pid).await;
        assert_eq!(gone.problem(404, "nothing-found")["kode"], "SSG-011");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_for_too_long_is_not_accepted_and_the_customer_is_asked_anew() {
    for (altinn, resource) in [
        (Generation::Three, "ske-samtykke-sbl-summert-skattegrunnlag"),
        (Generation::Two, "4628_210607"),
    ] {
        let services = json!({ "summert-skattegrunnlag": {
            "resource": resource,
            "valid_days": 11,
            "metadata": { "inntektsaar": "{year}" },
        } });
        let services = services.to_string();
        let variables = [
            ("services", services.as_str()),
            ("default_service", ""),
            ("claims_service", "summert-skattegrunnlag"),
        ];
        let variables: BTreeMap<String, String> = variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let bed = TestBed::with(TestOptions {
            altinn,
            variables,
            ..TestOptions::default()
        })
        .await;
        let ragna = bed.customer("ragna");
        let year = latest(&bed);
        consents(&ragna, year).await;

        let refused = ragna.get(&read(year), &ragna.pid).await;
        assert_eq!(refused.problem(403, "consent-required")["kode"], "SSG-010");
        assert_eq!(bed.calls(ExternalService::TaxBasis), 1);

        // The settings of `claims` name a service with more parameters than its reads have.
        let claims = ragna.open_claims(&ragna.pid).await;
        claims.problem(500, "configuration-missing");
        let told = "claims_service needs metadata that a read has no parameter for";
        assert!(bed.log.lines().iter().any(|line| line.contains(told)));
    }
}

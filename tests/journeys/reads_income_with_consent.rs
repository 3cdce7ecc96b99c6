//! Income for a loan application: the bank reads the customer's income for the months of their
//! consent.

use journeys::{Customer, Generation, TestBed};
use sandbox::kit::{Content, ExternalService, Fault};
use serde_json::json;

/// Returns months with employers' reports, whatever the present month is.
fn months(bed: &TestBed) -> (String, String) {
    let year = bed.services().clock.now().year() - 1;
    (format!("{year}-04"), format!("{year}-06"))
}

fn read(from: &str, to: &str) -> String {
    format!("/income/inntekter?fraOgMed={from}&tilOgMed={to}")
}

/// Gives the consent to read the income from month to month.
async fn consents(customer: &Customer<'_>, from: &str, to: &str) {
    let said = json!({ "fraOgMed": from, "tilOgMed": to });
    customer.gives_consent_to("inntekt", said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_consents_to_three_months_and_the_bank_sees_those() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let (from, to) = months(&bed);
        let path = read(&from, &to);

        let before = ragna.get(&path, &ragna.pid).await;
        before.problem(403, "consent-required");
        let status = format!("/consent?service=inntekt&fraOgMed={from}&tilOgMed={to}");
        let none = ragna.get(&status, &ragna.pid).await.json(200);
        assert_eq!(none["status"], "none");

        consents(&ragna, &from, &to).await;

        let granted = ragna.get(&status, &ragna.pid).await.json(200);
        assert_eq!(granted["status"], "granted");
        let answer = ragna.get(&path, &ragna.pid).await;
        let document = answer.json(200);
        let reports = document["oppgaveInntektsmottaker"]
            .as_array()
            .expect("a list");
        assert_eq!(reports.len(), 3);
        assert_eq!(reports[0]["kalendermaaned"], from.as_str());
        assert!(answer.body.contains(r#""beloep":48250.5,"#), "as sent");

        // Other months are another consent.
        let later = ragna.get(&read(&to, &to), &ragna.pid).await;
        later.problem(403, "consent-required");
        bed.log_is_clean(&[&ragna.pid]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_income_is_told_apart() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        for (name, months, status, problem, code) in [
            // Before the first employment.
            (
                "ragna",
                ("2017-01", "2017-02"),
                404,
                "nothing-found",
                "IM-008",
            ),
            ("solveig", ("2025-01", "2025-02"), 403, "shielded", ""),
            (
                "ane",
                ("2025-01", "2025-02"),
                404,
                "party-unknown",
                "IM-007",
            ),
        ] {
            let customer = bed.customer(name);
            consents(&customer, months.0, months.1).await;
            let answer = customer.get(&read(months.0, months.1), &customer.pid).await;
            let told = answer.problem(status, problem);
            assert_eq!(told["kode"].as_str().unwrap_or_default(), code, "{name}");
            bed.log_is_clean(&[&customer.pid]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_for_is_refused_before_anybody_is_asked() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let calls = bed.calls_to_altinn();

        for (path, party, status, problem) in [
            ("/income/inntekter".to_owned(), "", 400, "request-invalid"),
            (read("2025-01-01", "2025-02-01"), "", 400, "request-invalid"),
            (read("2025-13", "2025-13"), "", 400, "request-invalid"),
            (read("2025-02", "2025-01"), "", 400, "request-invalid"),
            (
                read("2025-01", "2025-02") + "&x=1",
                "",
                400,
                "request-invalid",
            ),
            // A company earns, but has no income of this kind.
            (
                read("2025-01", "2025-02"),
                "313367002",
                400,
                "party-invalid",
            ),
            (
                read("2025-01", "2025-02"),
                "02829090123",
                403,
                "party-not-allowed",
            ),
            ("/income/krav".to_owned(), "", 404, "route-unknown"),
        ] {
            let party = if party.is_empty() { &ragna.pid } else { party };
            ragna.get(&path, party).await.problem(status, problem);
        }
        let said = json!({ "fraOgMed": "2025-01" });
        let asked = ragna.ask_consent_to("inntekt", said).await;
        asked.problem(400, "request-invalid");
        let said = json!({ "fraOgMed": "2025-01", "tilOgMed": "2025-02", "inntektsaar": "2025" });
        let asked = ragna.ask_consent_to("inntekt", said).await;
        asked.problem(400, "request-invalid");

        assert_eq!(bed.calls_to_altinn(), calls);
        assert_eq!(bed.calls(ExternalService::Income), 0);
        bed.log_is_clean(&[&ragna.pid]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_in_trouble_and_a_consent_taken_back() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        let (from, to) = months(&bed);
        let path = read(&from, &to);
        consents(&ragna, &from, &to).await;

        let down = Fault::Status {
            code: http::StatusCode::SERVICE_UNAVAILABLE,
            body: Content::Html,
        };
        bed.fault(ExternalService::Income, None, down);
        let answer = ragna.get(&path, &ragna.pid).await;
        answer.problem(503, "source-down");
        bed.services().faults.clear();
        ragna.get(&path, &ragna.pid).await.json(200);

        // Ten days at most, nine here: Altinn reports it as expired.
        bed.advance(std::time::Duration::from_hours(10 * 24));
        let ragna = bed.customer("ragna");
        let expired = ragna.get(&path, &ragna.pid).await;
        expired.problem(403, "consent-expired");
    }
}

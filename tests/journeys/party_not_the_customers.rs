//! Request for a party that is not the customer's.

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};
use sandbox::kit::ExternalService;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_asked_about_it() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        bed.customer("ragna")
            .gives_consent(SOLE_PROPRIETORSHIP)
            .await;
        let (asked, skatteetaten) = (
            bed.calls_to_altinn(),
            bed.calls(ExternalService::Skatteetaten),
        );
        let solveig = bed.customer("solveig");

        solveig
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "party-not-allowed");
        solveig
            .ask_consent(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "party-not-allowed");
        solveig
            .get("/consent", SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "party-not-allowed");
        let ragna = bed.customer("ragna").pid;
        solveig
            .open_claims(&ragna)
            .await
            .problem(403, "party-not-allowed");

        assert_eq!(bed.calls_to_altinn(), asked);
        assert_eq!(bed.calls(ExternalService::Skatteetaten), skatteetaten);
        bed.log_is_clean(&[&ragna, &solveig.pid, SOLE_PROPRIETORSHIP]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_party_is_said_so() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    for number in [
        "313367003",
        "04827896469",
        "12345",
        "313 367 002",
        "xxxxxxxxx",
    ] {
        ragna
            .open_claims(number)
            .await
            .problem(400, "party-invalid");
    }
    let a_real_organisation = "974760673";
    ragna
        .open_claims(a_real_organisation)
        .await
        .problem(403, "party-not-allowed");
}

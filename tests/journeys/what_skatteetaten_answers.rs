//! Answers without claims: nothing found, nothing owed, shielded, unknown. The app distinguishes
//! them.

use journeys::{ANOTHER_PROPRIETORSHIP, Generation, TestBed};
use reqwest::Method;
use sandbox::skatteetaten::{NothingFound, Switches};

/// Organisation whose data is shielded.
const SHIELDED: &str = "314961900";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_found_is_a_problem_and_nothing_owed_is_data() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let solveig = bed.customer("solveig");
        solveig.gives_consent(ANOTHER_PROPRIETORSHIP).await;

        let nothing = solveig.open_claims(ANOTHER_PROPRIETORSHIP).await;
        assert_eq!(nothing.problem(404, "nothing-found")["kode"], "KB-007");

        bed.services().skatteetaten.set_switches(Switches {
            nothing_found: NothingFound::EmptyLists,
            ..Switches::default()
        });
        let empty = solveig.open_claims(ANOTHER_PROPRIETORSHIP).await.json(200);
        assert_eq!(empty["partIdentifikator"], ANOTHER_PROPRIETORSHIP);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shielded_party_is_not_one_that_owes_nothing() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let solveig = bed.customer("solveig");
        solveig.gives_consent(SHIELDED).await;
        let open = solveig.open_claims(SHIELDED).await;
        open.problem(403, "shielded");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_that_the_source_does_not_know_is_said_so() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.gives_consent(&ragna.pid).await;

        // Without a party it is the customer.
        let own = ragna
            .send(Method::GET, "/claims/aapnekrav", None, None)
            .await;

        assert_eq!(own.problem(404, "party-unknown")["kode"], "KB-009");
        bed.log_is_clean(&[&ragna.pid]);
    }
}

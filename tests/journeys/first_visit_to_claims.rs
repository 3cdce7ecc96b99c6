//! First visit of a customer who has never consented: they ask for their claims, consent at Altinn,
//! and see them.

use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed};

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_consents_and_sees_their_claims() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");

        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-required");
        assert_eq!(ragna.consent_status(SOLE_PROPRIETORSHIP).await, "none");

        let address = ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        assert!(address.starts_with(altinn.page(&bed.sandbox)));
        ragna
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-pending");

        let back = bed.browser().approves(&address, &ragna.pid).await;
        let home = &bed.sandbox.addresses().bank_page;
        assert_eq!(back, format!("{home}/?consent=granted"));

        let claims = ragna.open_claims(SOLE_PROPRIETORSHIP).await;
        let document = claims.json(200);
        assert_eq!(document["partIdentifikator"], SOLE_PROPRIETORSHIP);
        assert_eq!(claims.header("content-type"), "application/json");
        assert_eq!(claims.header("cache-control"), "no-store");
        assert_eq!(ragna.consent_status(SOLE_PROPRIETORSHIP).await, "granted");

        bed.log_is_clean(&[&ragna.pid, SOLE_PROPRIETORSHIP]);
    }
}

//! Consent of Altinn 2 requested by a link: Altinn gets no request beforehand, the browser brings
//! the code, and the consent token for the code gives access.

use std::time::Duration;

use journeys::{Customer, Generation, SOLE_PROPRIETORSHIP, TestBed, TestOptions};
use sandbox::altinn2::{Links, Switches};
use sandbox::kit::ExternalService::{Altinn2, Maskinporten, Skatteetaten};
use sandbox::skatteetaten::ProofHeader;
use url::Url;

async fn bed(more: &[(&str, &str)]) -> TestBed {
    let link = [
        ("altinn_start", "link"),
        ("altinn_link_purpose", "Banken viser deg kravene dine"),
    ];
    let variables = link.iter().chain(more);
    let options = TestOptions {
        altinn: Generation::Two,
        variables: variables
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..TestOptions::default()
    };
    let bed = TestBed::with(options).await;
    bed.services().altinn2.set_switches(Switches {
        links: Links::EveryTemplate,
        ..Switches::default()
    });
    bed
}

/// Returns a parameter of an address.
fn parameter(address: &str, wanted: &str) -> String {
    let url = Url::parse(address).expect("an address");
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(name, _)| name == wanted);
    found.expect("a parameter").1.into_owned()
}

/// Lists the app's calls since the journal had `from` entries, with Skatteetaten's notes.
fn asked(bed: &TestBed, from: usize) -> Vec<String> {
    let entries = bed.services().journal.entries().split_off(from);
    let ours = [Maskinporten, Altinn2, Skatteetaten];
    entries
        .into_iter()
        .filter(|entry| ours.contains(&entry.service))
        .map(|entry| match entry.note {
            Some(note) => format!("{:?} {}", entry.service, note),
            None => format!("{:?} {}", entry.service, entry.route),
        })
        .collect()
}

async fn reads(parten: &Customer<'_>) {
    let claims = parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(claims["partIdentifikator"], SOLE_PROPRIETORSHIP);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_link_to_claims_with_two_headers_each_renewed_in_its_time() {
    let bed = bed(&[]).await;
    let parten = bed.customer("ragna");
    let address = parten.consent_address(SOLE_PROPRIETORSHIP).await;
    let page = &bed.sandbox.addresses().altinn2_page;
    assert!(
        address.starts_with(&format!("{page}/ui/AccessConsent/?")),
        "{address}"
    );
    assert_eq!(parten.consent_status(SOLE_PROPRIETORSHIP).await, "pending");
    assert_eq!((bed.calls_to_altinn(), bed.minted()), (0, 0));

    let back = bed.browser().approves(&address, &parten.pid).await;
    assert!(back.ends_with("?consent=granted"), "{back}");
    assert_eq!(parten.consent_status(SOLE_PROPRIETORSHIP).await, "granted");

    let token = "Altinn2 /api/authorization/token/{code}";
    let both = "Skatteetaten headers: Authorization, AltinnSamtykke";
    reads(&parten).await;
    let before = bed.services().journal.entries().len();
    // Within half a minute too: the consent token is new, the other token is not.
    reads(&parten).await;
    assert_eq!(asked(&bed, before), [token, both]);
    bed.advance(Duration::from_secs(121));
    let before = bed.services().journal.entries().len();
    reads(&parten).await;
    let renewed = asked(&bed, before);
    assert!(renewed[0].starts_with("Maskinporten "), "{renewed:?}");
    assert_eq!(renewed[renewed.len() - 2..], [token, both]);
    bed.log_is_clean(&[&parten.pid, SOLE_PROPRIETORSHIP]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_header_is_spelled_as_the_first_page_spells_it_where_that_is_configured() {
    let bed = bed(&[("altinn_proof_header", "AltinSamtykke")]).await;
    let parten = bed.customer("ragna");
    parten.gives_consent(SOLE_PROPRIETORSHIP).await;
    parten
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-required");
    parten.gives_consent(SOLE_PROPRIETORSHIP).await;
    let skatteetaten = &bed.services().skatteetaten;
    skatteetaten.set_switches(sandbox::skatteetaten::Switches {
        proof_header: ProofHeader::OneN,
        ..sandbox::skatteetaten::Switches::default()
    });
    reads(&parten).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_link_holds_no_number_and_lets_nobody_else_answer() {
    let bed = bed(&[]).await;
    let parten = bed.customer("ragna");
    let address = parten.consent_address(&parten.pid).await;
    assert!(!address.contains(&parten.pid));
    let form = [("person", "odd"), ("answer", "accept")];
    let refused = bed.browser().sends_form(&address, &form).await;
    assert_eq!(refused.status, 403, "{refused:#?}");
    let back = bed.browser().approves(&address, &parten.pid).await;
    assert!(back.ends_with("?consent=granted"), "{back}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_and_a_lost_way_back_leave_the_link_open() {
    let bed = bed(&[]).await;
    let parten = bed.customer("ragna");
    let address = parten.consent_address(SOLE_PROPRIETORSHIP).await;
    // The redirect has no code to ask about.
    let back = bed.browser().refuses(&address, &parten.pid).await;
    assert!(back.ends_with("?consent=pending"), "{back}");
    bed.browser()
        .approves_and_leaves(&address, &parten.pid)
        .await;
    assert_eq!(parten.consent_status(SOLE_PROPRIETORSHIP).await, "pending");

    let again = parten.ask_consent(SOLE_PROPRIETORSHIP).await.json(200);
    assert_eq!(again["redirect_url"], address);
    bed.advance_to_next_look();
    let back = bed.browser().approves(&address, &parten.pid).await;
    assert!(back.ends_with("?consent=granted"), "{back}");
    reads(&parten).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_somebody_elses_opens_nothing() {
    let bed = bed(&[]).await;
    let (parten, other) = (bed.customer("ragna"), bed.customer("odd"));
    let address = parten.consent_address(SOLE_PROPRIETORSHIP).await;
    let others = other.consent_address(&other.pid).await;
    let others = bed.browser().approves_and_leaves(&others, &other.pid).await;
    let state = parameter(&parameter(&address, "RedirectUrl"), "state");
    let callback = format!("{}/consent/callback", bed.public_url);
    for code in [
        parameter(&others, "AuthorizationCode"),
        "5f0c2f39-8f0b-4d0e-9a52-7f6f0c7b1d11".to_owned(),
        "../../../login".to_owned(),
    ] {
        let forged = Url::parse_with_params(
            &callback,
            [
                ("state", state.as_str()),
                ("AuthorizationCode", &code),
                ("Status", "OK"),
            ],
        );
        let back = bed
            .browser()
            .visits(forged.expect("an address").as_str())
            .await;
        assert!(
            back.header("location").ends_with("?consent=pending"),
            "{back:#?}"
        );
        parten
            .open_claims(SOLE_PROPRIETORSHIP)
            .await
            .problem(403, "consent-pending");
        bed.advance_to_next_look();
    }
    assert_eq!(bed.calls(Skatteetaten), 0);
    let back = bed.browser().approves(&address, &parten.pid).await;
    assert!(back.ends_with("?consent=granted"), "{back}");
    bed.log_is_clean(&[&parten.pid, &other.pid]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_gives_the_consent_up() {
    let bed = bed(&[]).await;
    let parten = bed.customer("ragna");
    parten.gives_consent(SOLE_PROPRIETORSHIP).await;
    assert_eq!(
        parten.withdraws_consent(SOLE_PROPRIETORSHIP).await,
        "revoked"
    );
    parten
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-revoked");
    assert_eq!(bed.calls(Skatteetaten), 0);
    // A new one can be given.
    parten.gives_consent(SOLE_PROPRIETORSHIP).await;
    reads(&parten).await;
}

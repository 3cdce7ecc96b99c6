//! The five steps that Skatteetaten describes for krav og betalinger ("Tilgang til tjenesten"), in
//! their order and by their names. The app acts for the bank: its requests are in the external
//! services' journal.

use std::time::Duration;

use journeys::{Customer, Generation, SOLE_PROPRIETORSHIP, TestBed};
use sandbox::kit::Entry;
use sandbox::kit::ExternalService::{Altinn2, Maskinporten, Skatteetaten};
use sandbox::maskinporten::Switches;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Addresses of Altinn's key sets for consent tokens. The app caches the keys, so each is fetched
/// once.
const KEYS: [&str; 2] = [
    "/.well-known/oauth-authorization-server",
    "/api/metadata/jwk",
];

const TOKEN_ENDPOINT: &str = "/api/authorization/token/{code}";

/// Runs at Altinn 2 alone: at Altinn 3 the consent is in Maskinporten's token, so there are no two
/// tokens.
#[tokio::test(flavor = "multi_thread")]
async fn from_log_in_to_claims_and_again_until_the_party_withdraws() {
    let bed = TestBed::with_altinn(Generation::Two).await;
    let parten = bed.customer("ragna");
    let mut nettbanken = Nettbanken { bed: &bed, read: 0 };

    nettbanken
        .parten_ber_om_å_få_tilgang_til_sine_krav_og_betalinger(&parten)
        .await;
    nettbanken
        .nettbanken_gjør_en_redirect_til_altinn(&parten)
        .await;
    nettbanken.nettbanken_ber_altinn_om_et_access_token_for_parten();
    nettbanken
        .nettbanken_ber_maskinporten_om_et_access_token(&parten)
        .await;
    nettbanken.nettbanken_gjør_et_kall_med_begge_bevisene();

    // "I påfølgende kall mot APIet må samtykkebeviset og tilgangsbeviset fornyes": without a new
    // question to the party.
    bed.advance(Duration::from_hours(1));
    let parten = bed.customer("ragna");
    nettbanken
        .nettbanken_ber_maskinporten_om_et_access_token(&parten)
        .await;
    nettbanken.nettbanken_gjør_et_kall_med_begge_bevisene();

    // "Parten kan velge å trekke godkjenningen via Altinn Samtykke."
    bed.browser().revokes(&parten.pid).await;
    nettbanken.turns_the_page();
    let refused = parten.open_claims(SOLE_PROPRIETORSHIP).await;
    refused.problem(403, "consent-revoked");
    let asked = nettbanken.turns_the_page();
    assert!(asked.iter().all(|entry| entry.service != Skatteetaten));
    bed.log_is_clean(&[&parten.pid, SOLE_PROPRIETORSHIP]);
}

/// "Disse har kort levetid, typisk 20 – 60 sekunder": each of the two tokens is renewed on its own,
/// without a question to the party.
#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_two_is_renewed_when_it_runs_out() {
    let bed = TestBed::with_altinn(Generation::Two).await;
    bed.services().maskinporten.set_switches(Switches {
        token_lifetime_s: Some(60),
        ..bed.services().maskinporten.switches()
    });
    let parten = bed.customer("ragna");
    parten.gives_consent(SOLE_PROPRIETORSHIP).await;
    let mut nettbanken = Nettbanken { bed: &bed, read: 0 };
    parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    nettbanken.turns_the_page();

    // Maskinporten's is still valid, Altinn's is not; then neither is.
    for (seconds, renewed) in [(20, 0), (31, 1), (31, 0), (61, 1)] {
        bed.advance(Duration::from_secs(seconds));
        let before = nettbanken.tilgangsbevis();
        parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(nettbanken.tilgangsbevis(), before + renewed, "{seconds}");
        let asked = nettbanken.turns_the_page();
        let proofs = asked.iter().filter(|entry| entry.route == TOKEN_ENDPOINT);
        assert_eq!(proofs.count(), 1, "{seconds}");
        let both = Some("headers: Authorization, AltinnSamtykke");
        let read = asked.last().expect("a read");
        assert_eq!((read.service, read.note.as_deref()), (Skatteetaten, both));
    }
}

/// The bank, and the number of journal entries read so far.
struct Nettbanken<'a> {
    bed: &'a TestBed,
    read: usize,
}

impl Nettbanken<'_> {
    /// 1. She is logged in, and asks. There is no consent, and the app calls the bank's login
    ///    service alone.
    async fn parten_ber_om_å_få_tilgang_til_sine_krav_og_betalinger(
        &mut self,
        parten: &Customer<'_>,
    ) {
        let answer = parten.open_claims(SOLE_PROPRIETORSHIP).await;
        answer.problem(403, "consent-required");
        assert_eq!(self.bed.calls_to_altinn(), 0);
        assert_eq!(self.bed.calls(Skatteetaten), 0);
    }

    /// 2. "Hvis det ikke foreligger noe gyldig samtykke": the party is asked for ninety days, in
    ///    the browser.
    async fn nettbanken_gjør_en_redirect_til_altinn(&mut self, parten: &Customer<'_>) {
        let address = parten.consent_address(SOLE_PROPRIETORSHIP).await;
        self.turns_the_page();
        let back = self.bed.browser().approves(&address, &parten.pid).await;
        assert!(back.ends_with("?consent=granted"), "{back}");
        let consent = parten.get("/consent", SOLE_PROPRIETORSHIP).await.json(200);
        let valid_to = consent["valid_to"].as_str().expect("a time");
        let valid_to = OffsetDateTime::parse(valid_to, &Rfc3339).expect("RFC 3339");
        let left = valid_to - self.bed.services().clock.now();
        assert_eq!((left + Duration::from_mins(1)).whole_days(), 90, "{left}");
    }

    /// 3. "Får tilbake et signert access-token (samtykkebevis)": the callback shows the bank that
    ///    there is a consent.
    fn nettbanken_ber_altinn_om_et_access_token_for_parten(&mut self) {
        let asked = self.turns_the_page();
        let proof = asked.iter().find(|entry| entry.route == TOKEN_ENDPOINT);
        let proof = proof.unwrap_or_else(|| panic!("{asked:#?}"));
        assert_eq!((proof.service, proof.status), (Altinn2, 200));
    }

    /// 4. By the scope alone, "som er identifisert med scope:skatteetaten:kravogbetalinger".
    async fn nettbanken_ber_maskinporten_om_et_access_token(&mut self, parten: &Customer<'_>) {
        let minted = self.tilgangsbevis();
        let claims = parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(claims["partIdentifikator"], SOLE_PROPRIETORSHIP);
        assert_eq!(self.tilgangsbevis(), minted + 1);
    }

    /// 5. Both tokens, each in its header. The samtykkebevis lives for half a minute, and so was
    ///    fetched last.
    fn nettbanken_gjør_et_kall_med_begge_bevisene(&mut self) {
        let asked = self.turns_the_page();
        let asked: Vec<_> = asked
            .iter()
            .filter(|entry| [Maskinporten, Altinn2, Skatteetaten].contains(&entry.service))
            .filter(|entry| entry.service != Altinn2 || !KEYS.contains(&entry.route.as_str()))
            .map(|entry| (entry.service, entry.status, entry.note.as_deref()))
            .collect();
        let both = Some("headers: Authorization, AltinnSamtykke");
        assert_eq!(
            asked[asked.len() - 3..],
            [
                (Maskinporten, 200, None),
                (Altinn2, 200, None),
                (Skatteetaten, 200, both)
            ]
        );
    }

    /// Counts Maskinporten's tokens for the interface, and checks that none has a consent in it.
    fn tilgangsbevis(&self) -> u64 {
        let minted = self.bed.services().maskinporten.minted().into_iter();
        minted
            .filter(|(identity, _)| identity.scope == "skatteetaten:kravogbetalinger")
            .inspect(|(identity, _)| {
                assert!(identity.authorization_details.is_none(), "{identity:?}");
            })
            .map(|(_, count)| count)
            .sum()
    }

    /// Returns the journal's entries since the last call.
    fn turns_the_page(&mut self) -> Vec<Entry> {
        let entries = self.bed.services().journal.entries();
        let new = entries[self.read..].to_vec();
        self.read = entries.len();
        new
    }
}

//! The five steps that Skatteetaten describes for krav og betalinger ("Tilgang til tjenesten"), in their order and by their
//! names, with the app as the bank's means: what it sends shows in the counterparties' journal.

use std::time::Duration;

use journeys::{Bench, Customer, Generation, SOLE_PROPRIETORSHIP};
use sandbox::journal::Entry;
use sandbox::maskinporten::Switches;
use sandbox::world::Counterparty::{Altinn2, Maskinporten, Skatteetaten};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Where Altinn tells which keys its proofs are signed with. They are kept, so it is asked once.
const KEYS: [&str; 2] = [
    "/.well-known/oauth-authorization-server",
    "/api/metadata/jwk",
];

const TOKEN_ENDPOINT: &str = "/api/authorization/token/{code}";

/// At Altinn 2 alone: at Altinn 3 the consent is in Maskinporten's token, so that there are no two proofs.
#[tokio::test(flavor = "multi_thread")]
async fn from_log_in_to_claims_and_again_until_the_party_withdraws() {
    let bench = Bench::of(Generation::Two).await;
    let parten = bench.customer("ragna");
    let mut nettbanken = Nettbanken {
        bench: &bench,
        read: 0,
    };

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

    // "I påfølgende kall mot APIet må samtykkebeviset og tilgangsbeviset fornyes": nobody is asked again.
    bench.advance(Duration::from_hours(1));
    let parten = bench.customer("ragna");
    nettbanken
        .nettbanken_ber_maskinporten_om_et_access_token(&parten)
        .await;
    nettbanken.nettbanken_gjør_et_kall_med_begge_bevisene();

    // "Parten kan velge å trekke godkjenningen via Altinn Samtykke."
    bench.browser().revokes(&parten.pid).await;
    nettbanken.turns_the_page();
    let refused = parten.open_claims(SOLE_PROPRIETORSHIP).await;
    refused.problem(403, "consent-revoked");
    let asked = nettbanken.turns_the_page();
    assert!(asked.iter().all(|entry| entry.counterparty != Skatteetaten));
    bench.log_is_clean(&[&parten.pid, SOLE_PROPRIETORSHIP]);
}

/// "Disse har kort levetid, typisk 20 – 60 sekunder": the two are renewed each on its own, and the party is asked for neither.
#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_two_is_renewed_when_it_runs_out() {
    let bench = Bench::of(Generation::Two).await;
    bench.world().maskinporten.set_switches(Switches {
        token_lifetime_s: Some(60),
        ..bench.world().maskinporten.switches()
    });
    let parten = bench.customer("ragna");
    parten.gives_consent(SOLE_PROPRIETORSHIP).await;
    let mut nettbanken = Nettbanken {
        bench: &bench,
        read: 0,
    };
    parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    nettbanken.turns_the_page();

    // Maskinporten's lives still, Altinn's does not; then neither does.
    for (seconds, renewed) in [(20, 0), (31, 1), (31, 0), (61, 1)] {
        bench.advance(Duration::from_secs(seconds));
        let before = nettbanken.tilgangsbevis();
        parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(nettbanken.tilgangsbevis(), before + renewed, "{seconds}");
        let asked = nettbanken.turns_the_page();
        let proofs = asked.iter().filter(|entry| entry.route == TOKEN_ENDPOINT);
        assert_eq!(proofs.count(), 1, "{seconds}");
        let both = Some("headers: Authorization, AltinnSamtykke");
        let read = asked.last().expect("a read");
        assert_eq!(
            (read.counterparty, read.note.as_deref()),
            (Skatteetaten, both)
        );
    }
}

/// The bank, and how far the journal has been read.
struct Nettbanken<'a> {
    bench: &'a Bench,
    read: usize,
}

impl Nettbanken<'_> {
    /// 1. She is logged in, and asks. There is no consent, and nobody but the bank's login service is asked.
    async fn parten_ber_om_å_få_tilgang_til_sine_krav_og_betalinger(
        &mut self,
        parten: &Customer<'_>,
    ) {
        let answer = parten.open_claims(SOLE_PROPRIETORSHIP).await;
        answer.problem(403, "consent-required");
        assert_eq!(self.bench.calls_to_altinn(), 0);
        assert_eq!(self.bench.calls(Skatteetaten), 0);
    }

    /// 2. "Hvis det ikke foreligger noe gyldig samtykke": the party is asked for ninety days, in the browser.
    async fn nettbanken_gjør_en_redirect_til_altinn(&mut self, parten: &Customer<'_>) {
        let address = parten.consent_address(SOLE_PROPRIETORSHIP).await;
        self.turns_the_page();
        let back = self.bench.browser().approves(&address, &parten.pid).await;
        assert!(back.ends_with("?consent=granted"), "{back}");
        let consent = parten.get("/consent", SOLE_PROPRIETORSHIP).await.json(200);
        let valid_to = consent["valid_to"].as_str().expect("a time");
        let valid_to = OffsetDateTime::parse(valid_to, &Rfc3339).expect("RFC 3339");
        let left = valid_to - self.bench.world().clock.now();
        assert_eq!((left + Duration::from_mins(1)).whole_days(), 90, "{left}");
    }

    /// 3. "Får tilbake et signert access-token (samtykkebevis)": so the bank knows, on the way back, that there is a consent.
    fn nettbanken_ber_altinn_om_et_access_token_for_parten(&mut self) {
        let asked = self.turns_the_page();
        let proof = asked.iter().find(|entry| entry.route == TOKEN_ENDPOINT);
        let proof = proof.unwrap_or_else(|| panic!("{asked:#?}"));
        assert_eq!((proof.counterparty, proof.status), (Altinn2, 200));
    }

    /// 4. By the scope alone, "som er identifisert med scope:skatteetaten:kravogbetalinger".
    async fn nettbanken_ber_maskinporten_om_et_access_token(&mut self, parten: &Customer<'_>) {
        let minted = self.tilgangsbevis();
        let claims = parten.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(claims["partIdentifikator"], SOLE_PROPRIETORSHIP);
        assert_eq!(self.tilgangsbevis(), minted + 1);
    }

    /// 5. Both proofs, each in its header. The samtykkebevis is one that lives for half a minute, and so was fetched last.
    fn nettbanken_gjør_et_kall_med_begge_bevisene(&mut self) {
        let asked = self.turns_the_page();
        let asked: Vec<_> = asked
            .iter()
            .filter(|entry| [Maskinporten, Altinn2, Skatteetaten].contains(&entry.counterparty))
            .filter(|entry| entry.counterparty != Altinn2 || !KEYS.contains(&entry.route.as_str()))
            .map(|entry| (entry.counterparty, entry.status, entry.note.as_deref()))
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

    /// How many tokens Maskinporten has given for the interface, without anything in them about a consent.
    fn tilgangsbevis(&self) -> u64 {
        let minted = self.bench.world().maskinporten.minted().into_iter();
        minted
            .filter(|(identity, _)| identity.scope == "skatteetaten:kravogbetalinger")
            .inspect(|(identity, _)| {
                assert!(identity.authorization_details.is_none(), "{identity:?}");
            })
            .map(|(_, count)| count)
            .sum()
    }

    /// What the counterparties were asked since the last time.
    fn turns_the_page(&mut self) -> Vec<Entry> {
        let entries = self.bench.world().journal.entries();
        let new = entries[self.read..].to_vec();
        self.read = entries.len();
        new
    }
}

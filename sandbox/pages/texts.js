// What the page says, in the language of the document.

export const language = document.documentElement.lang === 'en' ? 'en' : 'nb';

/** The text in the page's language. */
export const say = (nb, en) => (language === 'nb' ? nb : en);

/** What only the bank can mend. */
const refused = ['Tjenesten hos det offentlige avviste banken. Banken må ordne opp.', 'The public service refused the bank. The bank must sort it out.'];

const PROBLEMS = {
  'login-required': ['Du er ikke logget inn. Logg inn på nytt.', 'You are not logged in. Log in again.'],
  'login-expired': ['Innloggingen har utløpt. Logg inn på nytt.', 'Your login has expired. Log in again.'],
  'party-not-allowed': ['Du har ikke tilgang til opplysninger om denne personen eller virksomheten.', 'You do not have access to information about this person or organisation.'],
  'caller-not-allowed': ['Innloggingen din gir ikke tilgang til dette oppslaget.', 'Your login has no access to this lookup.'],
  'party-invalid': ['Nummeret er ikke et gyldig organisasjonsnummer eller fødselsnummer.', 'The number is not a valid organisation or national identity number.'],
  'request-invalid': ['Det er en feil i forespørselen. Sjekk perioden.', 'There is an error in the request. Check the period.'],
  'body-too-large': ['Forespørselen er for stor.', 'The request is too large.'],
  'idempotency-key-reused': ['Nøkkelen Idempotency-Key er allerede brukt til en annen forespørsel.', 'The Idempotency-Key was used for a different request.'],
  'request-in-progress': ['Den samme forespørselen er ikke ferdig ennå. Prøv igjen om litt.', 'The same request is not finished yet. Try again in a moment.'],
  'request-timeout': ['Forespørselen kom ikke fram i tide.', 'The request did not arrive in time.'],
  'media-type-unsupported': ['Forespørselen har feil format.', 'The request has the wrong format.'],
  'route-unknown': ['Appen finner ikke denne adressen.', 'The app has no such address.'],
  'method-not-allowed': ['Appen godtar ikke forespørselen på denne adressen.', 'The app does not accept this request at this address.'],
  'origin-not-allowed': ['Appen godtar ikke forespørsler fra denne siden.', 'The app does not accept requests from this page.'],
  'return-address-not-allowed': ['Adressen du skal tilbake til, er ikke godkjent.', 'The return address is not allowed.'],
  'consent-required': ['Skatteetaten trenger ditt samtykke før banken kan vise dette.', 'The Tax Administration needs your consent before the bank can show this.'],
  'consent-pending': ['Du har ikke svart på samtykket i Altinn ennå.', 'You have not answered the consent in Altinn yet.'],
  'consent-rejected': ['Samtykket ble avslått, så banken kan ikke vise dette.', 'Consent was refused, so the bank cannot show this.'],
  'consent-revoked': ['Samtykket er trukket tilbake, så banken kan ikke lenger vise dette.', 'Consent was withdrawn, so the bank can no longer show this.'],
  'consent-expired': ['Samtykket har utløpt. Gi et nytt for å se mer.', 'The consent has expired. Give a new one to see more.'],
  'system-user-required': ['Virksomheten må godkjenne regnskapssystemet som systembruker i Altinn først.', 'The organisation must first approve the accounting system as a system user in Altinn.'],
  'signature-unknown': ['Banken finner ikke signeringsoppdraget.', 'The bank cannot find the signature job.'],
  'signature-not-ready': ['Dette er ikke klart ennå. Prøv igjen om litt.', 'This is not ready yet. Try again in a little while.'],
  'signature-too-late': ['Signeringsoppdraget er allerede avsluttet.', 'The signature job is already over.'],
  'document-refused': ['Dokumentet kan ikke signeres. Det må være en PDF uten passord, på høyst 10 MB.', 'The document cannot be signed. It must be a PDF without a password, of 10 MB at most.'],
  'personal-data-misplaced': ['Et fødselsnummer er skrevet i et felt der det ikke er tillatt.', 'A national identity number is not allowed in this field.'],
  'order-not-allowed': ['Banken bestiller signaturene selv.', 'The bank orders the signatures itself.'],
  'template-unknown': ['Avtalen kan ikke signeres lenger. Be banken om en ny.', 'This agreement can no longer be signed. Ask the bank for a new one.'],
  'template-mismatch': ['Dokumentet er ikke det banken har godkjent.', 'The document is not the one that the bank has approved.'],
  'template-conflict': ['Denne versjonen av avtalen har et annet innhold.', 'This version of the agreement has other content.'],
  'custody-pending': ['Banken har ikke fått sin kopi av dokumentene ennå. Prøv igjen senere.', 'The bank does not have its copy of the documents yet. Try again later.'],
  'nothing-found': ['Skatteetaten har ingenting registrert her.', 'The Tax Administration has nothing on record here.'],
  'party-unknown': ['Skatteetaten finner ikke denne personen eller virksomheten.', 'The Tax Administration cannot find this person or organisation.'],
  shielded: ['Innholdet er skjermet hos Skatteetaten og kan ikke vises. Det betyr ikke at det ikke finnes krav.', 'The content is shielded by the Tax Administration and cannot be shown. That does not mean that there are no claims.'],
  'too-many-calls': ['Det er stor pågang akkurat nå. Vent litt og prøv igjen.', 'There are many requests right now. Wait a moment and try again.'],
  'source-down': ['Tjenesten hos det offentlige er nede. Prøv igjen senere.', 'The public service is down. Try again later.'],
  'source-slow': ['Tjenesten hos det offentlige bruker for lang tid. Prøv igjen senere.', 'The public service takes too long. Try again later.'],
  'source-unreadable': ['Svaret fra det offentlige kunne ikke leses. Prøv igjen senere.', 'The answer from the public service could not be read. Try again later.'],
  'source-refused': refused,
  'proof-refused': refused,
  'own-certificate-refused': refused,
  'counterparty-not-trusted': refused,
  'grant-malformed': refused,
  'grant-reused': refused,
  'client-unknown': refused,
  'audience-refused': refused,
  'certificate-refused': refused,
  'key-expired': refused,
  'certificate-not-the-clients': refused,
  'certificate-chain-refused': refused,
  'signature-refused': refused,
  'key-unknown': refused,
  'key-required': refused,
  'clock-skewed': refused,
  'scope-not-on-client': refused,
  'scope-not-allowed': refused,
  'scope-not-granted': refused,
  'scope-not-delegated': refused,
  'consumer-org-refused': refused,
  'resource-refused': refused,
  'details-type-unknown': refused,
  'details-field-unknown': refused,
  'system-user-refused': refused,
  'signing-refused': refused,
  'posten-access-refused': refused,
  'broker-not-authorised': refused,
  'package-refused': refused,
  'message-refused': refused,
  'feature-not-available': refused,
  'store-down': ['Banken kan ikke hente opplysningene akkurat nå. Ingenting har gått tapt. Prøv igjen om litt.', 'The bank cannot fetch the information right now. Nothing is lost. Try again in a moment.'],
  'configuration-missing': ['Bankens løsning er ikke satt opp riktig.', 'The bank’s system is not set up correctly.'],
  internal: ['Noe gikk galt hos banken. Prøv igjen senere.', 'Something went wrong at the bank. Try again later.'],
  unreachable: ['Får ikke kontakt med banken. Prøv igjen.', 'The bank cannot be reached. Try again.'],
};

/** One clear sentence for the problem. */
export function sentence(slug) {
  return say(...(PROBLEMS[slug] ?? PROBLEMS.internal));
}

/** A date as it is written out. */
export function date(iso) {
  const day = new Date(`${iso}T00:00:00Z`);
  if (!iso || Number.isNaN(day.getTime())) return iso ?? '';
  const locale = language === 'nb' ? 'nb-NO' : 'en-GB';
  return day.toLocaleDateString(locale, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
}

// The journey: ask, be sent to Altinn if there is no consent, come back, see.

import { App, Problem } from './app.js';
import { element, tables } from './tables.js';
import { date, say, sentence } from './texts.js';

const form = document.getElementById('ask');
const period = document.getElementById('period');
const status = document.getElementById('status');
const result = document.getElementById('result');
const app = new App(form.dataset.app);

const CAN_ASK = new Set(['consent-required', 'consent-rejected', 'consent-revoked', 'consent-expired']);
const CHOICE = 'choice';

form.addEventListener('change', showPeriod);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  show();
});

restoreChoice();
showPeriod();
arrive();

/** After Altinn the address says how it went; that is a hint, and the app is asked. */
function arrive() {
  const outcome = new URLSearchParams(location.search).get('consent');
  if (!outcome) return;
  history.replaceState(null, '', location.pathname);
  if (outcome === 'granted') show();
  else refuse(new Problem(`consent-${outcome}`));
}

async function show() {
  const { party, read, from, to } = choice();
  busy(say('Henter fra Skatteetaten …', 'Fetching from the Tax Administration …'));
  try {
    const window = read === 'aapnekrav' ? undefined : { fraOgMed: from, tilOgMed: to };
    const answer = await app.read(party, read, window);
    const found = tables(read, answer, form.dataset.today);
    if (answer.skjermet === true) throw new Problem('shielded');
    if (found.length === 0) throw new Problem('nothing-found');
    result.replaceChildren(...found);
    tell(element('p', { className: 'small soft' }, say('Hentet nå.', 'Fetched just now.')));
    tellConsent(party);
  } catch (problem) {
    refuse(problem);
  }
}

/** Says how long the consent lasts; of no consequence if it cannot be told. */
async function tellConsent(party) {
  const consent = await app.consent(party).catch(() => undefined);
  if (consent?.status !== 'granted') return;
  const portal = element('a', { href: form.dataset.altinn }, say('Trekk det tilbake i Altinn', 'Withdraw it in Altinn'));
  const until = date(String(consent.valid_to).slice(0, 10));
  tell(element('p', { className: 'small soft' }, say(`Samtykket varer til ${until}. `, `The consent lasts until ${until}. `), portal, '.'));
}

async function giveConsent() {
  busy(say('Spør Altinn …', 'Asking Altinn …'));
  try {
    const { party } = choice();
    const { name } = form.elements.party.selectedOptions[0].dataset;
    const answer = await app.askConsent(party, name, `${location.origin}/`);
    if (answer.redirect_url) location.assign(answer.redirect_url);
    else show();
  } catch (problem) {
    refuse(problem);
  }
}

function refuse(error) {
  const problem = error instanceof Problem ? error : new Problem('internal');
  const calm = problem.slug === 'nothing-found' || problem.slug.startsWith('consent-');
  const notice = element('div', { className: calm ? 'notice' : 'notice bad' }, element('p', {}, sentence(problem.slug)));
  if (CAN_ASK.has(problem.slug)) {
    notice.append(action(say('Gi samtykke', 'Give consent'), giveConsent));
  } else if (problem.slug === 'consent-pending') {
    notice.append(action(say('Fortsett i Altinn', 'Continue in Altinn'), giveConsent), ' ', action(say('Sjekk igjen', 'Check again'), show, 'quiet'));
  } else if (problem.slug.startsWith('login-')) {
    notice.append(action(say('Logg inn på nytt', 'Log in again'), () => location.assign('/')));
  }
  const trace = [problem.code, problem.correlationId].filter(Boolean).join(' · ');
  if (trace && !calm) notice.append(element('p', { className: 'small soft' }, trace));
  result.replaceChildren();
  tell(notice);
}

function action(label, run, className = '') {
  const button = element('button', { type: 'button', className }, label);
  button.addEventListener('click', run);
  return button;
}

function busy(message) {
  result.replaceChildren();
  tell(element('p', { className: 'busy' }, message));
}

function tell(message) {
  status.replaceChildren(message);
}

function choice() {
  const chosen = Object.fromEntries(new FormData(form));
  // In the session's storage, never in an address: the party may be a person's number.
  sessionStorage.setItem(CHOICE, JSON.stringify(chosen));
  return chosen;
}

function restoreChoice() {
  const chosen = JSON.parse(sessionStorage.getItem(CHOICE) ?? '{}');
  const option = [...form.elements.party.options].find(({ value }) => value === chosen.party);
  if (!option) return;
  form.elements.party.value = chosen.party;
  form.elements.read.value = chosen.read;
  form.elements.from.value = chosen.from;
  form.elements.to.value = chosen.to;
}

function showPeriod() {
  period.hidden = form.elements.read.value === 'aapnekrav';
}

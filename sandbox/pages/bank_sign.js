// The journey: order from the template that the bank has registered, be sent to Posten, come back,
// fetch what was signed. The bank gets its copy by itself.

import { App, Problem } from './app.js';
import { element } from './tables.js';
import { say, sentence } from './texts.js';

const form = document.getElementById('sign');
const status = document.getElementById('status');
const app = new App(form.dataset.app);

const JOB = 'signature';

form.addEventListener('submit', (event) => {
  event.preventDefault();
  order();
});

arrive();

/** After Posten the address says how it went; that is a hint, and the app is asked. */
function arrive() {
  if (!new URLSearchParams(location.search).has('signature')) return;
  history.replaceState(null, '', location.pathname);
  check();
}

async function order() {
  tell('busy', say('Spør Posten …', 'Asking Posten …'));
  try {
    const { template: name, version } = form.dataset;
    const job = await app.order({
      template: { name, version },
      documents: [{ content: await agreement() }],
      return_address: location.origin + location.pathname,
    });
    sessionStorage.setItem(JOB, job.id);
    const [signer] = job.signers;
    if (signer?.redirect_url) location.assign(signer.redirect_url);
    else stand(job);
  } catch (problem) {
    refuse(problem);
  }
}

async function check() {
  tell('busy', say('Spør banken …', 'Asking the bank …'));
  try {
    stand(await app.job(sessionStorage.getItem(JOB)));
  } catch (problem) {
    refuse(problem);
  }
}

/** Says how the job stands, and what can be done. */
function stand({ id, status: how, signers }) {
  if (how === 'completed') {
    tell('notice', say('Avtalen er signert.', 'The agreement is signed.'),
      action(say('Last ned avtalen', 'Download the agreement'), () => download(id, 'pades', say('avtale.pdf', 'agreement.pdf'))),
      action(say('Last ned signaturen', 'Download the signature'), () => download(id, 'signers/0/xades', say('signatur.xml', 'signature.xml'))),
      element('p', { className: 'small soft' }, say('Banken henter sitt eksemplar innen et halvt minutt: ', 'The bank fetches its copy within half a minute: '),
        element('a', { href: '/arkiv' }, say('arkivet', 'the archive')), '.'));
  } else if (how === 'unknown') {
    tell('notice', say('Vi vet ikke ennå om Posten fikk avtalen. Du skal ikke gjøre noe.', 'We do not know yet whether Posten got the agreement. There is nothing for you to do.'), action(say('Sjekk igjen', 'Check again'), check));
  } else if (how === 'failed') {
    const refused = signers.some(({ status: signer }) => signer === 'rejected');
    tell('notice', refused ? say('Du avviste avtalen.', 'You refused the agreement.') : say('Avtalen ble ikke signert.', 'The agreement was not signed.'));
  } else {
    tell('notice', say('Avtalen er ikke signert ennå.', 'The agreement is not signed yet.'), action(say('Fortsett hos Posten', 'Continue at Posten'), () => again(id)));
  }
}

/** An address at Posten works once, so each try has its own. */
async function again(id) {
  try {
    location.assign((await app.redirect(id)).redirect_url);
  } catch (problem) {
    refuse(problem);
  }
}

async function download(id, what, name) {
  try {
    const address = URL.createObjectURL(await app.signed(id, what));
    element('a', { href: address, download: name }).click();
    URL.revokeObjectURL(address);
  } catch (problem) {
    refuse(problem);
  }
}

/** The agreement in base64. */
async function agreement() {
  const answer = await fetch(document.getElementById('document').href);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}

function refuse(error) {
  const problem = error instanceof Problem ? error : new Problem('internal');
  const trace = [problem.code, problem.correlationId].filter(Boolean).join(' · ');
  tell('notice bad', sentence(problem.slug), trace && element('p', { className: 'small soft' }, trace));
}

function action(label, run) {
  const button = element('button', { type: 'button' }, label);
  button.addEventListener('click', run);
  return button;
}

function tell(className, sentence, ...more) {
  status.replaceChildren(element('div', { className }, element('p', {}, sentence), ...more));
}

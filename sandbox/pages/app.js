// Calls to the app, with the customer's own login token, which is kept in memory only.

import { parseExactly } from './exact.js';
import { say } from './texts.js';

/** What the app said no with. */
export class Problem extends Error {
  constructor(slug, document = {}) {
    super(document.detail ?? document.title ?? slug);
    this.slug = slug;
    this.correlationId = document.correlation_id;
    this.code = document.kode ?? document.code;
  }
}

export class App {
  constructor(origin) {
    this.origin = origin;
  }

  /** Reads claims or payments about the party. */
  read(party, what, period) {
    const query = period ? `?${new URLSearchParams(period)}` : '';
    return this.#call('GET', `/claims/${what}${query}`, party);
  }

  /** Asks for the consent of the party, which the register has under this name; the answer says where to give it, or that it is there already. */
  askConsent(party, name, returnAddress) {
    return this.#call('POST', '/consent', party, { party, party_name: name, return_address: returnAddress });
  }

  /** How it stands with the party's consent. */
  consent(party) {
    return this.#call('GET', '/consent', party);
  }

  /** Orders signatures from a template of the bank's; the answer says where each signer is to go. */
  order(order) {
    return this.#call('POST', '/signatures', undefined, order);
  }

  /** How a job stands. */
  job(id) {
    return this.#call('GET', `/signatures/${encodeURIComponent(id)}`);
  }

  /** A new address at Posten for the one signer. */
  redirect(id) {
    return this.#call('POST', `/signatures/${encodeURIComponent(id)}/signers/0/redirect`);
  }

  /** What came of signing: the document (`pades`), or the one signer's signature (`signers/0/xades`). */
  async signed(id, what) {
    const response = await this.#send('GET', `/signatures/${encodeURIComponent(id)}/${what}`);
    return response.ok ? response.blob() : read(response);
  }

  async #call(method, path, party, body) {
    return read(await this.#send(method, path, party, body));
  }

  async #send(method, path, party, body) {
    const headers = {
      Accept: 'application/json',
      'Accept-Language': say('nb', 'en'),
      Authorization: `Bearer ${await this.#token()}`,
    };
    if (party) headers['Innsyn-Party'] = party;
    if (body) headers['Content-Type'] = 'application/json';
    try {
      return await fetch(this.origin + path, { method, headers, body: body && JSON.stringify(body), cache: 'no-store' });
    } catch {
      throw new Problem('unreachable');
    }
  }

  async #token() {
    let response;
    try {
      response = await fetch('/login-token', { cache: 'no-store' });
    } catch {
      throw new Problem('unreachable');
    }
    if (!response.ok) throw new Problem('login-required');
    return (await response.json()).token;
  }
}

/** What an answer says, or the problem that it is. */
async function read(response) {
  let text;
  try {
    text = await response.text();
  } catch {
    throw new Problem('unreachable');
  }
  let document;
  try {
    document = parseExactly(text);
  } catch {
    throw new Problem('internal');
  }
  if (response.ok) return document;
  throw new Problem(String(document.type ?? '').split(':').pop() || 'internal', document);
}

// Back end of a bank: orders signatures, receives events, archives what was signed.
//
//   node back_end.ts template              registers a template for customers' apps
//   node back_end.ts order < order.json    orders a job, and prints it with the address for signing
//   node back_end.ts serve                 receives events, archives the documents, acknowledges
//
// README.md beside this file lists the settings, and says what a bank changes. Needs Node.js 22.18 or
// later, and no packages.

import { createHash, createHmac, createPrivateKey, randomUUID, sign, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const ATTEMPTS = 5;
const TRY_AGAIN = [408, 429, 500, 502, 503, 504];
const IN_PROGRESS = 'urn:innsyn:problem:request-in-progress';
const LONGEST_PAUSE = 30; // seconds
const PERMITTED_SKEW = 300; // seconds between an event's timestamp and now
const LARGEST_EVENT = 64 * 1024; // bytes
const PLAIN_NAME = /^[A-Za-z0-9_-]{1,128}$/; // ids and references become names of files
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex'); // precedes an Ed25519 seed (RFC 8410)
const SETTINGS = [
  'INNSYN_URL', 'INNSYN_CONSUMER', 'INNSYN_SUBJECT', 'INNSYN_KEY',
  'DOCUMENT', 'RETURN_ADDRESS', 'ARCHIVE', 'EVENT_SECRETS', 'LISTEN',
] as const;

type Settings = Record<(typeof SETTINGS)[number], string>;
type Problem = { type?: string; detail?: string; correlation_id?: string };
type Job = { id: string; reference?: string; signers: { signer: number; status: string }[] };
type Event = { type: string; subject: string };
type Details = { reference: string; customer: string; number: string };

/** Reason why something was not done, for the operator. */
class Failure extends Error {}

/** Client of the app, which signs a credential of 30 seconds for each request. */
class Innsyn {
  #settings: Settings;
  #key: KeyObject;

  constructor(settings: Settings) {
    const { protocol, hostname } = new URL(settings.INNSYN_URL);
    if (protocol !== 'https:' && hostname !== 'localhost' && hostname !== '127.0.0.1') {
      throw new Failure('INNSYN_URL must be https://, except on this machine');
    }
    const seed = Buffer.from(settings.INNSYN_KEY, 'base64url');
    if (seed.length !== 32) throw new Failure('INNSYN_KEY must be an Ed25519 seed: 32 bytes in base64url');
    this.#settings = settings;
    this.#key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  }

  #credential(method: string, path: string, body: string): string {
    const { INNSYN_SUBJECT: subject, INNSYN_CONSUMER: consumer } = this.#settings;
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: subject, sub: subject, aud: 'signature', consumer, method, path,
      body_sha256: createHash('sha256').update(body).digest('base64url'),
      iat: now, exp: now + 30, jti: randomUUID(),
    };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'EdDSA', typ: 'JWT' })}.${part(claims)}`;
    return `${signed}.${sign(null, Buffer.from(signed), this.#key).toString('base64url')}`;
  }

  /**
   * Returns the body of the answer, after further attempts if they may help. A repeat is safe: an
   * order has an idempotency key, and other requests change nothing twice.
   */
  async send(method: string, path: string, content?: object, key?: string): Promise<Buffer> {
    const body = content ? JSON.stringify(content) : '';
    let reason = '';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      let pause = Math.min(2 ** attempt, LONGEST_PAUSE) * (0.5 + Math.random() / 2);
      try {
        const answer = await fetch(this.#settings.INNSYN_URL + path, {
          method,
          headers: {
            Authorization: `Bearer ${this.#credential(method, path, body)}`,
            ...(body && { 'Content-Type': 'application/json' }),
            ...(key && { 'Idempotency-Key': `"${key}"` }),
          },
          body: body || null,
          redirect: 'manual', // the credential is for the app alone
          signal: AbortSignal.timeout(60_000),
        });
        const bytes = Buffer.from(await answer.arrayBuffer());
        if (answer.ok) return bytes;
        const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json');
        const problem: Problem = isProblem ? JSON.parse(bytes.toString()) : {}; // RFC 9457
        const told = [problem.type, problem.detail, problem.correlation_id].filter(Boolean).join('; ');
        reason = `${method} ${path}: ${answer.status} ${told}`;
        if (!TRY_AGAIN.includes(answer.status) && problem.type !== IN_PROGRESS) throw new Failure(reason);
        const asked = answer.headers.get('retry-after') ?? '';
        if (/^\d+$/.test(asked)) pause = Math.min(Number(asked), LONGEST_PAUSE);
      } catch (error) {
        if (error instanceof Failure) throw error;
        reason = `${method} ${path}: no answer (${explain(error)})`;
      }
      if (attempt === ATTEMPTS) break;
      say(`${reason}; next attempt in ${pause.toFixed()} s`);
      await sleep(pause * 1000);
    }
    throw new Failure(`${reason}; gave up after ${ATTEMPTS} attempts`);
  }
}

/** Returns a job that customers' apps may order by themselves: this document, their own signature. */
function template(document: Buffer): object {
  const year = new Date().getUTCFullYear(); // a version never changes, nor does its expiry
  return {
    name: 'account-agreement',
    version: String(year),
    expires: `${year + 1}-01-31T00:00:00Z`,
    order: {
      flow: 'direct',
      title: 'Avtale om brukskonto',
      documents: [{ title: 'Avtale', sha256: createHash('sha256').update(document).digest('hex') }],
    },
  };
}

/** Returns the order of a job that one customer signs, who is logged in at the bank's pages. */
function order(document: Buffer, details: Details, returnAddress: string): object {
  return {
    customer: details.customer,
    reference: details.reference,
    flow: 'direct',
    title: 'Avtale om brukskonto',
    documents: [{ title: 'Avtale', content: document.toString('base64') }],
    signers: [{ number: details.number }],
    return_address: returnAddress,
  };
}

/** Archives a job's documents in REFERENCE/JOB, then tells the app that the bank has them. */
async function archive(app: Innsyn, root: string, job: string): Promise<void> {
  const path = `/signatures/orders/${plain(job)}`;
  const details: Job = JSON.parse((await app.send('GET', path)).toString());
  const parent = join(root, plain(details.reference ?? 'without-reference'));
  const folder = join(parent, job);
  // After a crash before the acknowledgement, the folder is there already, and complete.
  if (!existsSync(folder)) {
    const partial = await mkdtemp(join(root, '.partial-'));
    try {
      const document = await app.send('GET', `${path}/pades`);
      if (!document.subarray(0, 5).equals(Buffer.from('%PDF-'))) {
        throw new Failure(`GET ${path}/pades: the signed document is not a PDF`);
      }
      await write(join(partial, 'document.pdf'), document);
      for (const { signer } of details.signers.filter(({ status }) => status === 'signed')) {
        const xades = await app.send('GET', `${path}/signers/${Number(signer)}/xades`);
        await write(join(partial, `signature-${Number(signer)}.xml`), xades);
      }
      await write(join(partial, 'job.json'), Buffer.from(JSON.stringify(details)));
      await sync(partial);
      await mkdir(parent, { recursive: true });
      await rename(partial, folder);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
    await sync(parent);
    await sync(root);
  }
  await app.send('POST', `${path}/acknowledge`);
  say(`job ${job}: archived in ${folder}, and acknowledged`);
}

/** Events on disk: `new` has those that wait, `done` those that were handled. */
class Inbox {
  #folder: string;
  #arrived = new AbortController();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Stores an event, unless it was seen before. Returns whether it is new. */
  async store(id: string, body: Buffer): Promise<boolean> {
    const place = join(this.#folder, 'new', id);
    if (existsSync(place) || existsSync(join(this.#folder, 'done', id))) return false;
    const partial = join(this.#folder, randomUUID());
    await write(partial, body);
    await rename(partial, place);
    await sync(join(this.#folder, 'new'));
    this.#arrived.abort();
    return true;
  }

  /** Handles events for ever. Those that fail are tried again after half a minute. */
  async work(handle: (event: Event) => Promise<void>): Promise<void> {
    for (;;) {
      this.#arrived = new AbortController();
      for (const id of (await readdir(join(this.#folder, 'new'))).sort()) {
        const place = join(this.#folder, 'new', id);
        try {
          await handle(JSON.parse((await readFile(place)).toString()));
          await rename(place, join(this.#folder, 'done', id));
        } catch (error) { // one event must not stop the others
          say(`event ${id}: ${explain(error)}; will be tried again`);
        }
      }
      await sleep(30_000, undefined, { signal: this.#arrived.signal }).catch(() => undefined);
    }
  }
}

/** Returns the id of an event whose signature and time are good (Standard Webhooks). */
function verify(secrets: Buffer[], headers: IncomingHttpHeaders, body: Buffer, now: number): string {
  const header = (name: string) => String(headers[`webhook-${name}`] ?? '');
  const [id, timestamp] = [header('id'), header('timestamp')];
  if (!PLAIN_NAME.test(id) || !/^\d{1,12}$/.test(timestamp)) {
    throw new Failure('webhook-id or webhook-timestamp is missing or malformed');
  }
  if (Math.abs(now - Number(timestamp)) > PERMITTED_SKEW) {
    throw new Failure("webhook-timestamp is more than five minutes off: is this machine's clock right?");
  }
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const macs = secrets.map((secret) => createHmac('sha256', secret).update(signed).digest());
  const signatures = header('signature').split(' ').filter((each) => each.startsWith('v1,'));
  const sent = signatures.map((each) => Buffer.from(each.slice(3), 'base64'));
  const isGood = macs.some((mac) => sent.some((each) => each.length === mac.length && timingSafeEqual(each, mac)));
  if (!isGood) throw new Failure('webhook-signature is by none of EVENT_SECRETS');
  return id;
}

/** Receives events: verifies, stores and answers. The work is done afterwards. */
async function serve(app: Innsyn, { ARCHIVE: root, EVENT_SECRETS, LISTEN }: Settings): Promise<void> {
  const decode = (secret: string) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const secrets = EVENT_SECRETS.split(/\s+/).map(decode);
  for (const name of ['new', 'done']) await mkdir(join(root, '.events', name), { recursive: true });
  const inbox = new Inbox(join(root, '.events'));

  const receive = async (request: IncomingMessage): Promise<number> => {
    if (request.method !== 'POST' || request.url !== '/events') return 404;
    if (!(Number(request.headers['content-length']) <= LARGEST_EVENT)) return 413;
    const body = Buffer.concat(await request.toArray());
    try {
      const id = verify(secrets, request.headers, body, Date.now() / 1000);
      say(`event ${id}: ${(await inbox.store(id, body)) ? 'stored' : 'seen before'}`);
      return 204;
    } catch (error) {
      say(`event refused: ${explain(error)}`);
      return error instanceof Failure ? 401 : 500;
    }
  };

  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    receive(request).then((status) => response.writeHead(status).end(), () => response.destroy());
  });
  const { hostname, port } = new URL(`http://${LISTEN}`);
  server.listen(Number(port), hostname, () => {
    const address = server.address();
    if (typeof address === 'object') console.log(`http://${hostname}:${address?.port}`);
  });
  await inbox.work(async ({ type, subject }) => {
    if (type === 'innsyn.signature.completed') await archive(app, root, subject);
    else say(`${type} ${subject}: nothing to archive`);
  });
}

function plain(name: string): string {
  if (PLAIN_NAME.test(name)) return name;
  throw new Failure('the app sent an id or a reference that cannot be the name of a file');
}

/** Writes a new file, which is on the disk afterwards. */
async function write(path: string, content: Buffer): Promise<void> {
  const file = await open(path, 'wx');
  await file.writeFile(content).then(() => file.sync()).finally(() => file.close());
}

/** Makes the names in a folder durable. */
async function sync(folder: string): Promise<void> {
  const opened = await open(folder);
  await opened.sync().finally(() => opened.close());
}

function explain(error: unknown): string {
  const cause = error instanceof Error && error.cause ? `: ${explain(error.cause)}` : '';
  return error instanceof Error ? error.message + cause : String(error);
}

function say(line: string): void {
  console.error(line);
}

async function main(commands: string[]): Promise<void> {
  const command = commands.join(' ');
  if (!['template', 'order', 'serve'].includes(command)) {
    throw new Failure('usage: node back_end.ts template | order | serve');
  }
  const missing = SETTINGS.filter((name) => !process.env[name]);
  if (missing.length > 0) throw new Failure(`set ${missing.join(', ')}: README.md says what they are`);
  const settings = process.env as Settings;
  const app = new Innsyn(settings);
  if (command === 'serve') return serve(app, settings);
  const document = await readFile(settings.DOCUMENT);
  let answer: Buffer;
  if (command === 'template') {
    answer = await app.send('POST', '/signatures/templates', template(document));
  } else {
    const details = (await json(process.stdin)) as Details;
    if (!details?.reference || !details.customer || !details.number) {
      throw new Failure('the order on standard input must have reference, customer and number');
    }
    const content = order(document, details, settings.RETURN_ADDRESS);
    answer = await app.send('POST', '/signatures/orders', content, `order-${details.reference}`);
  }
  console.log(answer.toString());
}

main(process.argv.slice(2)).catch((error: unknown) => {
  say(explain(error));
  process.exitCode = 1;
});

// The app's answers as totals and tables.

import { grouped } from './exact.js';
import { date, language, say } from './texts.js';

/** An element with content: strings become text, never markup. */
export function element(name, properties = {}, ...content) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...content.flat().filter((part) => part !== undefined && part !== null && part !== ''));
  return made;
}

/** An amount with every digit that was sent, in kroner. */
export function amount(digits) {
  if (digits === undefined || digits === null) return '';
  return element('data', { value: digits }, `${grouped(String(digits), language)}\u00a0kr`);
}

/** The tables for an answer of the given kind, with what was due before `today` marked. */
export function tables(what, answer, today) {
  const found = {
    aapnekrav: () => openClaims(answer, today),
    krav: () => claimGroups(answer.krav ?? [], [], today),
    innbetalinger: () => [payments(answer.innbetaling ?? [], say('Innbetalinger', 'Payments'))],
    utbetalinger: () => [refunds(answer.utbetaling ?? [])],
  }[what]();
  return found.filter(Boolean);
}

function openClaims(answer, today) {
  const unplaced = answer.innbetalingMedUplassertBeloep ?? [];
  return [
    answer.totalOversikt && totals(answer.totalOversikt),
    ...claimGroups(answer.aapentKravMedGjenstaaendeBeloep ?? [], answer.oversiktPerKravgruppe ?? [], today),
    unplaced.length > 0 && payments(unplaced, say('Innbetalinger som ikke er plassert', 'Payments not yet placed')),
  ];
}

function totals(sums) {
  const rows = [
    ['sumForfalteKrav', say('Forfalt', 'Overdue')],
    ['sumIkkeForfalteKrav', say('Ikke forfalt', 'Not yet due')],
    ['sumStipulerteRenter', say('Beregnede renter', 'Estimated interest')],
    ['sumUplasserteInnbetalinger', say('Ikke plassert', 'Not placed')],
    ['saldo', say('Saldo', 'Balance')],
  ];
  const shown = rows.filter(([name]) => sums[name] !== undefined);
  return element('dl', { className: 'totals' }, shown.map(([name, label]) => element(
    'div', { className: name === 'saldo' ? 'balance' : '' }, element('dt', {}, label), element('dd', {}, amount(sums[name])),
  )));
}

function claimGroups(claims, sums, today) {
  const other = say('Andre krav', 'Other claims');
  return [...grouping(claims, other)].map(([group, members]) => {
    const sum = sums.find((found) => found.kravgruppe === group);
    const head = [say('Krav', 'Claim'), say('Forfall', 'Due'), say('Opprinnelig', 'Original'), say('Gjenstår', 'Remaining')];
    const rows = members.flatMap((claim) => (claim.kravforfall ?? []).map((due) => claimRow(claim, due, head, today)));
    return table([group, sum && amount(sum.saldo)], head, 2, rows);
  });
}

function grouping(claims, other) {
  const groups = new Map();
  for (const claim of claims) {
    const group = claim.kravgruppe ?? other;
    groups.set(group, [...(groups.get(group) ?? []), claim]);
  }
  return groups;
}

function claimRow(claim, due, head, today) {
  const remains = /[1-9]/.test(due.gjenstaaendeBeloep ?? '');
  const late = remains && due.forfallsdato < today;
  const kid = due.betalingsinformasjon?.kidnummer;
  return element('tr', {},
    element('th', { scope: 'row' }, text(claim.kravbeskrivelse) || claim.kravtype || claim.kravidentifikator,
      element('span', { className: 'sub' }, [term(claim.kravperiode), claim.kravidentifikator].filter(Boolean).join(' · '))),
    cell(head[1], '', element('span', { className: late ? 'late' : '' }, date(due.forfallsdato), late ? ` – ${say('forfalt', 'overdue')}` : ''),
      kid && element('span', { className: 'sub' }, `KID ${kid}`)),
    cell(head[2], 'amount', amount(due.opprinneligBeloep)),
    cell(head[3], 'amount', amount(due.gjenstaaendeBeloep)));
}

function payments(list, title) {
  const head = [say('Betalt', 'Paid'), say('Måte', 'How'), say('Beløp', 'Amount'), say('Ikke plassert', 'Not placed')];
  const rows = list.map((payment) => element('tr', {},
    element('th', { scope: 'row' }, date(payment.innbetalingsdato),
      element('span', { className: 'sub' }, (payment.plassertKrav ?? []).map((claim) => text(claim.kravbeskrivelse)).filter(Boolean).join(', '))),
    cell(head[1], '', payment.innbetalingstype ?? ''),
    cell(head[2], 'amount', amount(payment.innbetaltBeloep)),
    cell(head[3], 'amount', amount(payment.uplassertBeloep))));
  return list.length > 0 && table([title], head, 2, rows);
}

function refunds(list) {
  const head = [say('Utbetalt', 'Paid out'), say('Gjelder', 'For'), say('Til konto', 'To account'), say('Beløp', 'Amount')];
  const rows = list.map((refund) => element('tr', {},
    element('th', { scope: 'row' }, date(refund.utbetaltdato), element('span', { className: 'sub' }, refund.utbetalingstatus ?? '')),
    cell(head[1], '', refund.betaltTil?.meldingSendtTilMottaker ?? ''),
    cell(head[2], '', refund.betaltTil?.konto?.kontonummer ?? ''),
    cell(head[3], 'amount', amount(refund.utbetaltBeloep))));
  return list.length > 0 && table([say('Utbetalinger', 'Refunds')], head, 3, rows);
}

function table(caption, head, firstAmount, rows) {
  const columns = head.map((title, index) => element('th', { scope: 'col', className: index >= firstAmount ? 'amount' : '' }, title));
  return element('div', { className: 'scroll' }, element('table', {},
    element('caption', {}, caption), element('thead', {}, element('tr', {}, columns)), element('tbody', {}, rows)));
}

function cell(label, className, ...content) {
  const made = element('td', { className }, element('span', {}, content));
  if (made.textContent) made.dataset.label = label;
  return made;
}

function text(described) {
  const texts = described?.spraakTekst;
  return typeof described === 'string' ? described : (texts?.find((found) => found.spraak === language) ?? texts?.[0])?.tekst;
}

function term(period) {
  return typeof period === 'string' ? period : [text(period?.periodeBeskrivelse), period?.aar].filter(Boolean).join(' ');
}

// JSON whose numbers keep every digit: an amount is never a floating point number here.

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Parses JSON; each number becomes the string of its digits, as they were sent. */
export function parseExactly(text) {
  return JSON.parse(text.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`)));
}

/** The digits grouped by thousands, with the language's signs; none is added or dropped. */
export function grouped(digits, language) {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(digits);
  if (!parts) return digits;
  const [, sign, whole, fraction] = parts;
  const separator = language === 'nb' ? '\u00a0' : ',';
  const thousands = whole.replace(/\B(?=(\d{3})+$)/g, separator);
  const point = language === 'nb' ? ',' : '.';
  return (sign ? '\u2212' : '') + thousands + (fraction === undefined ? '' : point + fraction);
}

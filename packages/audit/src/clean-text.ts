/**
 * Makes any text fit to be recorded: at most `maxLength` UTF-16 units, well-formed, without control
 * characters. PostgreSQL refuses U+0000, and UTF-8 has no lone surrogates; and a record ends up on
 * terminals, where an escape sequence must not act. A control character stays visible as its picture
 * (U+0000 as ␀, escape as ␛), a cut is marked by an ellipsis.
 *
 * Cleaning what is clean changes nothing.
 */
export function cleanText(text: string, maxLength: number): string {
  let clean = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  if (!clean.isWellFormed()) clean = clean.toWellFormed();
  return hasControl(clean) ? clean.replace(controls, picture) : clean;
}

/** Whether a text holds a character that `cleanText` would have replaced. */
export function hasControl(text: string): boolean {
  return control.test(text);
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f]/;
const controls = new RegExp(control, "g");

function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "␡" : "\ufffd";
}

/**
 * Which server a URI that no list names belongs to: does it fit one of the server's templates?
 *
 * Only the literal parts of a template (RFC 6570) are compared, in order; an expression may stand for
 * anything. That is all that choosing a server needs, the server itself judges the rest, and it takes
 * linear time whatever a stranger's template holds, which a regular expression would not.
 */

/** The literal parts of a template, in order: always one more than it has expressions. */
export type UriPattern = readonly string[];

export function parseUriTemplate(template: string): UriPattern {
  return template.split(/\{[^{}]*\}/);
}

/** How much of a URI a pattern pins down: the larger, the closer the fit. */
export function literalLength(pattern: UriPattern): number {
  return pattern.reduce((length, literal) => length + literal.length, 0);
}

export function matchesUri(pattern: UriPattern, uri: string): boolean {
  const [first = "", ...rest] = pattern;
  const last = rest.pop();
  if (last === undefined) return uri === first;
  if (!uri.startsWith(first) || !uri.endsWith(last) || uri.length < first.length + last.length) return false;
  const end = uri.length - last.length;
  let at = first.length;
  for (const literal of rest) {
    const found = uri.indexOf(literal, at);
    if (found < 0 || found + literal.length > end) return false;
    at = found + literal.length;
  }
  return true;
}

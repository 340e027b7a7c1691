/**
 * Names of tools as identifiers: `get-weather` is `get_weather`, `3d.render` is `_3d_render`, `delete` is `delete_` (platform-features §13).
 */

/** What `codemode` has itself, or what JavaScript asks every object for: no tool has such a name there. */
const taken = new Set(
  (
    "codemode tools search describe resources prompts spec request then catch finally constructor prototype toString toLocaleString valueOf toJSON " +
    "hasOwnProperty isPrototypeOf propertyIsEnumerable __proto__ __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__"
  ).split(" "),
);

/** Words that cannot be an identifier in a module (ECMA-262 §12.7.2), nor a variable with its own meaning. */
const reservedWords = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for " +
    "function if implements import in instanceof interface let new null package private protected public return static super switch this " +
    "throw true try typeof undefined var void while with yield"
  ).split(" "),
);

/** At most so long; a name of a tool has at most 128 (SEP-986). */
const maxLength = 128;

export function toIdentifier(name: string): string {
  const plain = name.slice(0, maxLength).replaceAll(/[^\w$]/g, "_");
  const started = /^[\d]/.test(plain) || plain === "" ? `_${plain}` : plain;
  return taken.has(started) || reservedWords.has(started) ? `${started}_` : started;
}

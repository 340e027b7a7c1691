/** Names of media types, as far as a request and an answer depend on them (RFC 9110 §8.3.1). */

const token = /^[A-Za-z0-9!#$&^_.+*-]{1,127}\/[A-Za-z0-9!#$&^_.+*-]{1,127}$/;

/** `Application/JSON; charset=utf-8` → `application/json`; empty for what is none. */
export function parseMediaType(text: string | undefined): string {
  const type = (text ?? "").split(";", 1)[0]?.trim() ?? "";
  return token.test(type) ? type.toLowerCase() : "";
}

/** JSON, also under a name of its own (`+json`, RFC 6839 §3.1). */
export function isJsonType(type: string): boolean {
  return /^(?:application\/json|text\/json|[^/]+\/[^/]+\+json)$/.test(type);
}

/** What can be read as text. */
export function isTextType(type: string): boolean {
  return (
    type.startsWith("text/") ||
    /^application\/(?:xml|yaml|x-yaml|javascript|graphql|x-ndjson|ndjson|jsonl|x-www-form-urlencoded)$/.test(
      type,
    ) ||
    /\+(?:xml|yaml)$/.test(type)
  );
}

/**
 * Requests as clients send them, put in order before the provider judges them. What is wrong stays wrong and is refused
 * by the provider, which knows where a refusal may be sent; what is merely said otherwise is said in one way.
 */
import type { Target } from "../ports.ts";
import { askedScopes, ourScopes, targetNamed, wordsOf } from "./asked-scopes.ts";
import { unsettled, type Targets } from "./targets.ts";

/**
 * Parameters of OpenID Connect, which this server does not speak: it says what a client may do, never to a client who
 * the person is. They change nothing, so clients that send them to everybody are not refused for it.
 */
const ofOpenId = ["acr_values", "claims", "claims_locales", "id_token_hint", "max_age", "nonce"];

/** Values of `prompt` that mean something here; `select_account` is part of every page that asks. */
const prompts = new Set(["none", "login", "consent"]);

/** A request at the authorization endpoint (RFC 6749 §4.1.1, RFC 8707 §2.1). */
export function normaliseAuthorization(query: URLSearchParams, targets: Targets): URLSearchParams {
  const params = new URLSearchParams(query);
  for (const name of ofOpenId) params.delete(name);
  keepKnownPrompts(params);
  refuseOtherAnswers(params);
  const words = wordsOf(params.get("scope") ?? undefined);
  const resources = setResource(params, targets, words);
  if (params.getAll("scope").length > 1) return params;
  const [resource] = resources;
  const target = resource === undefined || resources.length > 1 ? undefined : targets.byResource(resource);
  params.set("scope", (target === undefined ? ourScopes(words) : askedScopes(target, words)).join(" "));
  return params;
}

/** A request at the token endpoint (RFC 6749 §4.1.3, §4.4.2, §6; RFC 8707 §2.2). */
export async function normaliseTokenRequest(
  form: URLSearchParams,
  targets: Targets,
  scopesOfRefresh: (token: string) => Promise<readonly string[] | undefined>,
): Promise<URLSearchParams> {
  const params = new URLSearchParams(form);
  const words = wordsOf(params.get("scope") ?? undefined);
  const refresh = params.get("refresh_token");
  if (params.get("grant_type") === "client_credentials")
    setResource(params, targets, words, { orNone: true });
  else canonicalise(params, targets);
  if (params.get("grant_type") === "refresh_token" && refresh !== null && words.length > 0) {
    // A client that asks again for all that it once asked for may have been given less.
    const granted = await scopesOfRefresh(refresh);
    const still = words.filter((word) => granted?.includes(word) === true);
    if (still.length > 0) params.set("scope", still.join(" "));
    else params.delete("scope");
  }
  return params;
}

/** One resource in its canonical form; without any, the one that the scopes name, else the mark that it is open. */
function setResource(
  params: URLSearchParams,
  targets: Targets,
  words: readonly string[],
  { orNone = false } = {},
): string[] {
  const sent = canonicalise(params, targets);
  if (sent.length > 0) return sent;
  const target = targetOf(words, targets);
  if (target === undefined && orNone) return [];
  const resource = target === undefined ? unsettled : targets.resourceOf(target);
  params.set("resource", resource);
  return [resource];
}

function targetOf(words: readonly string[], targets: Targets): Target | undefined {
  const named = targetNamed(words);
  return named?.kind === "portal" ? targets.bySlug(named.slug) : named;
}

/** Writes each resource in its canonical form, equal ones once; one that is none of ours stays as it came. */
function canonicalise(params: URLSearchParams, targets: Targets): string[] {
  const sent = params.getAll("resource").filter((resource) => resource !== "");
  const canonical = new Set(
    sent.map((resource) => {
      const target = targets.byResource(resource);
      return target === undefined ? resource : targets.resourceOf(target);
    }),
  );
  params.delete("resource");
  for (const resource of canonical) params.append("resource", resource);
  return [...canonical];
}

function keepKnownPrompts(params: URLSearchParams): void {
  const asked = params.getAll("prompt");
  if (asked.length !== 1) return;
  const known = wordsOf(asked[0]).filter((prompt) => prompts.has(prompt));
  if (known.length > 0) params.set("prompt", known.join(" "));
  else params.delete("prompt");
}

/**
 * The provider could do more than is offered: a code goes into the query of the redirect, and nothing goes anywhere else.
 * Errors too: by the names of other flows they would be put where those want them.
 */
function refuseOtherAnswers(params: URLSearchParams): void {
  for (const [name, offered] of [
    ["response_type", "code"],
    ["response_mode", "query"],
  ] as const) {
    const sent = params.getAll(name);
    if (sent.length === 1 && sent[0] !== "" && sent[0] !== offered) params.set(name, "unsupported");
  }
}

/**
 * Signing in at another server's authorization server: out of this browser and back into it.
 *
 * Whoever comes back must be who went: the same browser session, so the same person, for a request of theirs. An
 * authorization response that was made for somebody else, or stolen from them, is worth nothing here (RFC 9700 §4.7). That it
 * comes from where it was asked for is `oauth`'s to check: the redirect address is one issuer's only (RFC 9700 §4.4.2.2).
 */
import { sql } from "@castellan/database";
import { Fault, isFault, type Id } from "@castellan/kernel";
import { knownAuth } from "../../auth/known-auth.ts";
import { credentialFaults } from "../../faults.ts";
import type { LinkRequest } from "../../link.ts";
import type { AuthorizationFlow, AuthorizationWish, Authorized } from "../../oauth/oauth.ts";
import type { Target } from "../../target.ts";
import { changedMeanwhile, getPending, getTarget, targetMark, unknownLink, type Ground } from "../ground.ts";
import type { LinkOutlook, LinkVisitor } from "../links.ts";
import { flowMs, hasFlow, insertFlow, takeFlow } from "../storage/flows.ts";
import { storeAccount } from "./settle.ts";

export async function outlook(
  ground: Ground,
  id: Id<"link">,
  visitor: LinkVisitor,
  signal: AbortSignal,
): Promise<LinkOutlook> {
  const { link, target } = await getPending(ground, id, visitor);
  const mark = targetMark(target);
  const auth = knownAuth(target);
  if (auth.kind === "own_key" && link.owner.kind === "person")
    return { kind: "key", mark, header: auth.header ?? "authorization", hint: auth.hint };
  const wish = await wishOf(ground, link, target);
  const plan = await ground.oauth.planAuthorization(target, wish, signal);
  return {
    kind: "oauth",
    mark,
    issuer: plan.issuer,
    authorizationEndpoint: new URL(plan.authorizationEndpoint),
    scopes: plan.scopes,
  };
}

export async function begin(
  ground: Ground,
  id: Id<"link">,
  visitor: LinkVisitor,
  signal: AbortSignal,
): Promise<URL> {
  const { database, vault, clock, oauth } = ground;
  const { link, target } = await getPending(ground, id, visitor);
  const wish = await wishOf(ground, link, target);
  // A sign-in that never came back may have met a server that has forgotten our client.
  const renewClient = await hasFlow(database, id);
  const begun = await oauth.beginAuthorization(target, { ...wish, renewClient }, signal);
  await database.query(sql`
    update link_requests set expires_at = greatest(expires_at, ${new Date(clock.now() + flowMs)})
    where id = ${id} and state = 'pending'`);
  await insertFlow(database, vault, {
    state: begun.state,
    browser: visitor.browser,
    linkId: link.id,
    mark: targetMark(target),
    flow: begun.flow,
    nowMs: clock.now(),
  });
  return new URL(begun.url);
}

export async function finish(
  ground: Ground,
  callback: URL,
  visitor: LinkVisitor,
  signal: AbortSignal,
): Promise<LinkRequest> {
  const { database, vault, clock, oauth } = ground;
  const [state, ...more] = callback.searchParams.getAll("state");
  const taken =
    state === undefined || more.length > 0
      ? undefined
      : await takeFlow(database, vault, { state, browser: visitor.browser, nowMs: clock.now() });
  if (taken === undefined)
    throw unknownLink("This sign-in was not begun by you in this browser, or it is over already.");
  const { linkId, mark } = taken;
  try {
    const { link, target } = await getPending(ground, linkId, visitor);
    assertUnchanged(target, mark);
    const flow = taken.flow as AuthorizationFlow;
    const given = await oauth.finishAuthorization(target, flow, callback, signal);
    return await keep(
      ground,
      { link, target, mark, visitor },
      { ...given, askedScopes: flow.scopes },
      signal,
    );
  } catch (error) {
    throw ofLink(error, linkId);
  }
}

interface Place {
  readonly link: LinkRequest;
  readonly target: Target;
  readonly mark: string;
  readonly visitor: LinkVisitor;
}

/** What cannot be kept is given back. */
async function keep(
  ground: Ground,
  { link, target, mark, visitor }: Place,
  given: Authorized & { readonly askedScopes: readonly string[] | undefined },
  signal: AbortSignal,
): Promise<LinkRequest> {
  const { issuer, clientId, resource, scopes, askedScopes } = given;
  const { accessToken, refreshToken, expiresAtMs } = given.tokens;
  try {
    // It took a while: an admin may have turned the target elsewhere.
    assertUnchanged(getTarget(ground, link), mark);
    const tokens = { kind: "oauth", accessToken, refreshToken, expiresAtMs } as const;
    const account = { tokens, issuer, clientId, resource, scopes, askedScopes };
    return await storeAccount(ground, { link, target, visitor }, account);
  } catch (error) {
    const held = { issuer, clientId, resource, accessToken, refreshToken };
    await ground.oauth.revoke(target, held, signal).catch(() => "failed");
    throw error;
  }
}

/** What is granted already is asked for again: a step up takes nothing away (MCP authorization, step-up flow). */
async function wishOf(
  { accounts }: Ground,
  { targetId, owner, scopes }: LinkRequest,
  target: Target,
): Promise<AuthorizationWish> {
  const { kind } = knownAuth(target);
  if (kind !== "own_account" && !(kind === "shared_account" && owner.kind === "shared"))
    throw credentialFaults.fault(
      "link_refused",
      "Nobody signs in at this server with an account of this kind",
    );
  const account = scopes.length === 0 ? undefined : await accounts.find(targetId, owner);
  return { scopes: [...new Set([...(account?.scopes ?? []), ...scopes])] };
}

function assertUnchanged(target: Target, mark: string): void {
  if (targetMark(target) !== mark) throw changedMeanwhile();
}

/** The failure, with the request at which its person can try again. */
function ofLink(error: unknown, linkId: Id<"link">): unknown {
  if (!isFault(error)) return error;
  const { code, owner, status, retryable, message, field, data } = error;
  const more = { ...(field !== undefined && { field }), data: { ...data, linkId }, cause: error };
  return new Fault(code, { owner, status, retryable, help: "" }, message, more);
}

/** What a server is after a change. Nothing is read or written here. */
import { clientFeatures } from "@castellan/mcp";
import { definitionKinds } from "../catalog/definition.ts";
import type { Server, ServerChange } from "./server.ts";

/**
 * The server as the change would have it, with these headers and secrets (undefined: those that it has). Its revision and
 * version are not counted on.
 */
export function applyChange(
  change: ServerChange,
  before: Server,
  headerNames: readonly string[] | undefined,
  secretNames: Server["authSecretNames"] | undefined,
): Server {
  const names = headerNames ?? before.headerNames;
  const given = change.headers ?? {};
  const keptRefs = Object.entries(before.headerRefs).filter(([name]) => !Object.hasOwn(given, name));
  const secrets = secretNames ?? before.authSecretNames;
  const newSecrets = change.authSecrets ?? {};
  const keptSources = Object.entries(before.authRefs).filter(([name]) => !Object.hasOwn(newSecrets, name));
  return {
    ...before,
    face: change.face ?? before.face,
    title: change.title ?? before.title,
    description: change.description ?? before.description,
    url: change.url?.href ?? before.url,
    transport: change.transport ?? before.transport,
    headerNames: names,
    headerRefs: refsOf(change.headerRefs ?? Object.fromEntries(keptRefs), names),
    auth: asJson(change.auth ?? before.auth),
    authSecretNames: secrets,
    authRefs: refsOf(change.authRefs ?? Object.fromEntries(keptSources), secrets),
    allowPrivate: change.allowPrivate ?? before.allowPrivate,
    clientFeatures: change.clientFeatures
      ? inOrder(clientFeatures, change.clientFeatures)
      : before.clientFeatures,
    uiHosts: change.uiHosts ?? before.uiHosts,
    autoAccept: change.autoAccept ? inOrder(definitionKinds, change.autoAccept) : before.autoAccept,
    limits: asJson(change.limits ?? before.limits),
    syncIntervalSeconds: orCleared(change.syncIntervalSeconds, before.syncIntervalSeconds),
    managedBy: orCleared(change.managedBy, before.managedBy),
  };
}

/** How the server is reached, besides the values of headers and secrets. */
export function wayTo({ url, transport, allowPrivate, auth }: Server) {
  return { url, transport, allowPrivate, auth };
}

function orCleared<T>(changed: T | null | undefined, before: T | undefined): T | undefined {
  return changed === undefined ? before : (changed ?? undefined);
}

/** A header or a secret that there is none of comes from nowhere. */
export function refsOf(refs: Server["headerRefs"], names: readonly string[]): Server["headerRefs"] {
  return asJson(Object.fromEntries(Object.entries(refs).filter(([name]) => names.includes(name))));
}

/** As `jsonb` gives it back: a member that is undefined is none. */
export function asJson<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** In one order, each once: sets that are equal are stored alike. */
export function inOrder<T>(all: readonly T[], some: readonly T[] = []): readonly T[] {
  return all.filter((item) => some.includes(item));
}

/** Takes the steps of a plan, all within one transaction. A version that moved since it was read stops everything. */
import { isDeepStrictEqual } from "node:util";
import type { Queryable } from "@castellan/database";
import { fieldOf, isFault, type Id, type Slug } from "@castellan/kernel";
import type { NewPortalServer, WholePortal } from "@castellan/portal";
import type { PortalEntry, ServerEntry } from "./document/document.ts";
import { fromApprovals, fromRejections, toCuration } from "./entries.ts";
import { saveManagement } from "./kinds/managed.ts";
import type { PlainResourceKind } from "./kinds/plain-kind.ts";
import { below } from "./plan/plan-plain.ts";
import type { PlainStep, PortalStep, ServerStep, Steps } from "./plan/steps.ts";
import type { ConfigurationStores } from "./present.ts";

export interface ApplyContext {
  /** Within the transaction. */
  readonly stores: ConfigurationStores;
  /** The transaction itself. */
  readonly database: Queryable;
  /** The file that manages what is written. */
  readonly file: string;
  /** Who applies: told beside approvals. */
  readonly by: string;
}

/** A server whose lists are to be read after the transaction. */
export interface ServerToSync {
  readonly id: Id<"server">;
  readonly slug: string;
}

/**
 * What comes and stays first, since portals name servers and issuers; what goes last, since what stays may have had it.
 * Clients come after all that they may use, and rules after all that they name; they go before it.
 */
export async function takeSteps(
  { plain, servers, portals }: Steps,
  context: ApplyContext,
): Promise<ServerToSync[]> {
  const toSync: ServerToSync[] = [];
  const [clients, rules] = [plain.filter(isOf("client")), plain.filter(isOf("policy"))];
  const others = plain.filter((step) => !clients.includes(step) && !rules.includes(step));
  for (const step of others) if (step.action !== "remove") await within(step, () => putPlain(step, context));
  for (const step of servers)
    if (step.action !== "remove") toSync.push(...(await within(step, () => putServer(step, context))));
  const versions = await freeHostnames(portals, context);
  for (const step of portals)
    if (step.action !== "remove") await within(step, () => putPortal(step, context, versions.get(step.slug)));
  for (const step of [...clients, ...rules])
    if (step.action !== "remove") await within(step, () => putPlain(step, context));
  for (const step of rules) if (step.action === "remove") await step.of.remove(context.stores, step.present);
  for (const step of portals)
    if (step.action === "remove") await removePortal(step, context, versions.get(step.slug));
  for (const step of [...clients, ...others])
    if (step.action === "remove") await step.of.remove(context.stores, step.present);
  for (const step of servers)
    if (step.action === "remove") await context.stores.servers.remove(step.slug, step.present.server.version);
  return toSync;
}

function isOf(wanted: PlainResourceKind): (step: PlainStep) => boolean {
  return ({ kind }) => kind === wanted;
}

type PutServer = Exclude<ServerStep, { action: "remove" }>;
type PutPortal = Exclude<PortalStep, { action: "remove" }>;
type PutPlain = Exclude<PlainStep, { action: "remove" }>;

async function putPlain(step: PutPlain, { stores, database, file, by }: ApplyContext): Promise<void> {
  const { of, slug: key, entry, present, secret, secretRef } = step;
  const put = { key, entry, secret, by, file };
  if (present) await of.change(stores, put, present);
  const identity = present?.identity ?? (await of.add(stores, put));
  await saveManagement(database, { kind: of.kind, identity }, { managedBy: file, secretRef });
}

async function putServer(step: PutServer, context: ApplyContext): Promise<ServerToSync[]> {
  const { slug, entry, present, document } = step;
  const { servers, documents, reviews } = context.stores;
  const wanted = wholeServer(entry, context.file);
  // What is fetched first, is read when it is there.
  const isReadAnew = document ? document.read !== undefined : present === undefined || hasMoved(step);
  // Before a setting that is wider accepts what waits.
  if (entry.rejections && present)
    await reviews.expectRejections(slug, fromRejections(entry.rejections), context.by);
  const { id } = present
    ? (
        await servers.change(
          slug,
          {
            ...wanted,
            headers: step.headers,
            authSecrets: step.authSecrets,
            syncIntervalSeconds: entry.syncIntervalSeconds ?? null,
          },
          present.server.version,
          document && ((tx, { id }) => documents.put(tx, id, document)),
        )
      ).server
    : await servers.add(
        {
          ...wanted,
          kind: entry.openapi ? "openapi" : "mcp",
          slug: slug as Slug,
          headers: given(step.headers),
          authSecrets: given(step.authSecrets),
        },
        document && (async (tx, id) => void (await documents.put(tx, id, document))),
      );
  if (entry.rejections && !present)
    await reviews.expectRejections(slug, fromRejections(entry.rejections), context.by);
  if (entry.approvals) await reviews.expect(slug, fromApprovals(entry.approvals), context.by);
  return isReadAnew ? [{ id, slug }] : [];
}

/** Whether what it lists may be something else now. */
function hasMoved({ entry, present, headers, authSecrets }: PutServer): boolean {
  return (
    entry.url !== present?.server.url ||
    entry.transport !== present.server.transport ||
    entry.allowPrivate.join() !== present.server.allowPrivate.join() ||
    !isDeepStrictEqual(entry.auth, present.server.auth) ||
    Object.keys({ ...headers, ...authSecrets }).length > 0
  );
}

/** All but what is decided about its definitions, which has a store of its own. */
function wholeServer(whole: ServerEntry, file: string) {
  const { headers, authSecrets, openapi, approvals: _, rejections: __, url, ...entry } = whole;
  return {
    ...entry,
    url: new URL(url),
    face: openapi?.face,
    headerRefs: headers,
    authRefs: authSecrets,
    managedBy: file,
  };
}

function given(headers: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

async function putPortal(
  { slug, entry, present }: PutPortal,
  { stores: { portals }, file }: ApplyContext,
  version = present?.version,
): Promise<void> {
  const whole = wholePortal(entry, file);
  if (present) await portals.replace(slug, whole, version);
  else await portals.add({ ...whole, slug: slug as Slug });
}

function wholePortal({ servers, hostname, ...entry }: PortalEntry, file: string): WholePortal {
  return {
    ...entry,
    hostname,
    managedBy: file,
    servers: servers.map((one): NewPortalServer => ({ server: one.server, curation: toCuration(one) })),
  };
}

/**
 * A host name that moves from one portal to another is free in between: two that swap theirs could not be written one
 * after the other, and one that goes still has its. The versions of the portals that gave one up, by slug.
 */
async function freeHostnames(
  steps: readonly PortalStep[],
  { stores: { portals } }: ApplyContext,
): Promise<ReadonlyMap<string, number>> {
  const hostnameOf = (step: PortalStep) => (step.action === "remove" ? undefined : step.entry.hostname);
  const wanted = new Set(steps.map(hostnameOf));
  const versions = new Map<string, number>();
  for (const step of steps) {
    const { slug, present } = step;
    const hostname = present?.hostname;
    if (hostname === undefined || hostname === hostnameOf(step) || !wanted.has(hostname)) continue;
    const { version } = await portals.change(slug, { hostname: null }, present?.version);
    versions.set(slug, version);
  }
  return versions;
}

async function removePortal(
  { slug, present }: Extract<PortalStep, { action: "remove" }>,
  { stores: { portals } }: ApplyContext,
  version = present.version,
): Promise<void> {
  await portals.remove(slug, version);
}

/** A store's fault names the field of one resource; of a document it is the field below that resource. */
async function within<T>(step: PutServer | PutPortal | PutPlain, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isFault(error) || error.owner !== "caller") throw error;
    const place = "of" in step ? fieldOf(step.of.pathOf(step.slug), "") : `${step.kind}s.${step.slug}`;
    throw below(error, place);
  }
}

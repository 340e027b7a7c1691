/** `castellan portal curate`: what a portal switches, calls and describes otherwise than a server does. */
import type { ChangePortalServerBody, PortalServer } from "@castellan/client";
import { cliFaults } from "../faults.ts";
import type { CuratedKindWord } from "../input/kind-words.ts";
import { parsePair } from "../input/pair.ts";
import type { Session } from "../session.ts";
import { pairOf } from "./portals.ts";
import { showPortal } from "./show-portal.ts";

export interface CurateOptions {
  readonly mode?: "all" | "allowlist";
  /** Of the names in all options below. */
  readonly kind: CuratedKindWord;
  readonly on?: readonly string[];
  readonly off?: readonly string[];
  /** `NAME=ALIAS`, or `NAME=` to take it away. */
  readonly alias?: readonly string[];
  /** `NAME=TEXT`, or `NAME=` to take it away. */
  readonly describe?: readonly string[];
  readonly reset?: readonly string[];
}

/** What was read is what is changed: if somebody was faster, `version_stale`, and nothing has changed. */
export async function curate(
  session: Session,
  portal: string,
  server: string,
  options: CurateOptions,
): Promise<void> {
  const { api } = session;
  const params = pairOf(portal, server);
  // What cannot be is refused before anybody is asked.
  toPatch(options, []);
  const { version, servers } = await api.getPortal({ params });
  const curation = servers.find((one) => one.server === params.server);
  if (!curation)
    throw cliFaults.fault(
      "usage_invalid",
      `Portal ${params.slug} does not offer ${params.server}: castellan portal add-server ${params.slug} ${params.server}`,
    );
  const body = toPatch(options, await knownNames(session, curation, options));
  showPortal(session, await api.changePortalServer({ params, body, ifMatch: version }));
}

const members = {
  tool: "tools",
  prompt: "prompts",
  resource: "resources",
  template: "resourceTemplates",
} as const satisfies Record<CuratedKindWord, keyof ChangePortalServerBody>;

/** A URI may hold "=", and so may a text: where the name ends then, those that there are decide. */
async function knownNames(
  { api }: Session,
  curation: PortalServer,
  { kind, describe = [] }: CurateOptions,
): Promise<string[]> {
  if (describe.every((text) => text.split("=").length <= 2)) return [];
  const { offered } = await api.getServer({ params: { slug: curation.server } });
  return [...offered[members[kind]], ...Object.keys(curation[members[kind]])];
}

type Entry = NonNullable<NonNullable<ChangePortalServerBody["tools"]>[string]>;

/** A merge patch (RFC 7396). Fault: `usage_invalid`. */
function toPatch(options: CurateOptions, names: readonly string[]): ChangePortalServerBody {
  const { mode, kind, on = [], off = [], alias = [], describe = [], reset = [] } = options;
  if ((kind === "resource" || kind === "template") && alias.length > 0)
    throw cliFaults.fault("usage_invalid", "--alias is for tools and prompts");
  const changes: [name: string, change: Entry | null][] = [
    ...reset.map((name) => [name, null] as [string, null]),
    ...on.map((name) => [name, { enabled: true }] as [string, Entry]),
    ...off.map((name) => [name, { enabled: false }] as [string, Entry]),
    ...alias.map((text): [string, Entry] => {
      // A name may hold "=", an alias not.
      const [name, value] = parsePair(text, "--alias", { at: "last" });
      return [name, { alias: value || null }];
    }),
    ...describe.map((text): [string, Entry] => {
      const [name, value] = splitDescription(text, names);
      return [name, { description: value || null }];
    }),
  ];
  if (changes.length === 0 && mode === undefined)
    throw cliFaults.fault(
      "usage_invalid",
      "Say what is to change: `castellan portal curate --help` lists what can be",
    );
  return { ...(mode && { mode }), ...(changes.length > 0 && { [members[kind]]: merge(changes) }) };
}

function splitDescription(text: string, names: readonly string[]): [name: string, text: string] {
  const [longest] = names
    .filter((name) => text.startsWith(`${name}=`))
    .toSorted((a, b) => b.length - a.length);
  return longest === undefined ? parsePair(text, "--describe") : [longest, text.slice(longest.length + 1)];
}

/** Fault: `usage_invalid` for two changes that exclude each other. */
function merge(changes: readonly [name: string, change: Entry | null][]): Record<string, Entry | null> {
  const merged = new Map<string, Entry | null>();
  for (const [name, change] of changes) {
    const before = merged.get(name);
    const isTwice =
      merged.has(name) && (!before || !change || Object.keys(change).some((field) => field in before));
    if (isTwice) throw cliFaults.fault("usage_invalid", `What is said of ${name} is a contradiction`);
    merged.set(name, { ...before, ...change });
    if (change === null) merged.set(name, null);
  }
  return Object.fromEntries(merged);
}

/** New definitions that are old ones under another name. */
import type { Transaction } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { CapabilityKind } from "@castellan/mcp";
import { fingerprintOfBody } from "../catalog/fingerprint.ts";
import { toKey } from "./decisions.ts";
import { inTurns } from "./in-turns.ts";
import { unlistedApprovals, type ReviewPicture } from "./picture.ts";

/** A definition that is approved and bore another name before. */
export interface Rename {
  readonly kind: CapabilityKind;
  readonly from: string;
  readonly to: string;
}

/**
 * Told of definitions that are approved and bore other names before, in the transaction that approves them: who keeps
 * something by the names of definitions carries it over. All at once, for a server may rename ten thousand. Each name
 * is in one of them.
 */
export type OnRenamed = (
  tx: Transaction,
  serverId: Id<"server">,
  renames: readonly Rename[],
) => Promise<void>;

/**
 * The names that new definitions had before, by `toKey`: of one that says what an approved one said that is no
 * longer listed. Where two are alike on either side, nobody knows which is which.
 */
export async function findRenames(picture: ReviewPicture): Promise<ReadonlyMap<string, string>> {
  const gone = unlistedApprovals(picture).flatMap(({ kind, name, approved_definition: text }) =>
    text === null ? [] : { kind, name, text },
  );
  const before = await byBody(gone);
  if (before.size === 0) return new Map();
  const renames = new Map<string, string>();
  for (const [body, [definition, ...alike]] of await byBody(picture.listed)) {
    const [old, ...others] = before.get(body) ?? [];
    if (!old || !definition || alike.length + others.length > 0) continue;
    if (definition.review === "new") renames.set(toKey(definition), old.name);
  }
  return renames;
}

type Body = Parameters<typeof fingerprintOfBody>[0];

/** Those that have a body to be known by. */
async function byBody<One extends Body>(all: readonly One[]): Promise<ReadonlyMap<string, readonly One[]>> {
  const known = new Map<string, One[]>();
  for await (const one of inTurns(all, ({ text }) => text.length)) {
    const body = fingerprintOfBody(one);
    if (body === undefined) continue;
    const key = `${one.kind} ${body}`;
    const alike = known.get(key);
    if (alike) alike.push(one);
    else known.set(key, [one]);
  }
  return known;
}

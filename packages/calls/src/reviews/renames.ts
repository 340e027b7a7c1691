/** New definitions that are old ones under another name. */
import type { Transaction } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { CapabilityKind } from "@castellan/mcp";
import { fingerprintOfBody } from "../catalog/fingerprint.ts";
import { toKey } from "./decisions.ts";
import { unlistedApprovals, type ReviewPicture } from "./picture.ts";

/**
 * Told when a definition is approved that bore another name before, in the transaction that approves it: who
 * keeps something by the names of definitions carries it over.
 */
export type OnRenamed = (
  tx: Transaction,
  serverId: Id<"server">,
  kind: CapabilityKind,
  from: string,
  to: string,
) => Promise<void>;

/**
 * The names that new definitions had before, by `toKey`: of one that says what an approved one said that is no
 * longer listed. Where two are alike on either side, nobody knows which is which.
 */
export function findRenames(picture: ReviewPicture): ReadonlyMap<string, string> {
  const before = Map.groupBy(
    unlistedApprovals(picture).flatMap(({ kind, name, approved_definition: text }) =>
      text === null ? [] : { kind, name, body: bodyKey({ kind, text }) },
    ),
    ({ body }) => body,
  );
  if (before.size === 0) return new Map();
  const now = Map.groupBy(picture.listed, bodyKey);
  const renames = new Map<string, string>();
  for (const [body, [definition, ...alike]] of now) {
    const [old, ...others] = before.get(body) ?? [];
    if (body === undefined || !old || !definition || alike.length + others.length > 0) continue;
    if (definition.review === "new") renames.set(toKey(definition), old.name);
  }
  return renames;
}

function bodyKey(definition: Parameters<typeof fingerprintOfBody>[0]): string | undefined {
  const body = fingerprintOfBody(definition);
  return body === undefined ? undefined : `${definition.kind} ${body}`;
}

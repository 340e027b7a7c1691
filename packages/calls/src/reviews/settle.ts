/** What follows from a sync, or from a change of a server's setting, without anyone who decides. */
import type { Transaction } from "@castellan/database";
import { isAcceptable, type DefinitionKind } from "../catalog/definition.ts";
import { approveListed } from "./approve.ts";
import { autoAccepted } from "./decision.ts";
import { completeApprovals, forgetAccepted, toKey } from "./decisions.ts";
import { readPicture, type ReviewPicture } from "./picture.ts";
import type { OnRenamed } from "./renames.ts";

/**
 * Accepts what is new or changed of these kinds, as a setting of the server has it; never what was rejected, nor
 * what came in its place.
 * Part of a transaction that holds the server's row, and that tells `serversTopic`.
 */
export async function acceptWaiting(
  tx: Transaction,
  serverId: string,
  autoAccept: readonly DefinitionKind[],
  onRenamed?: OnRenamed,
): Promise<void> {
  if (autoAccept.length > 0) await accept(tx, await readPicture(tx, serverId), autoAccept, onRenamed);
}

/** The same after a sync; and approvals that were given ahead of it are told what they were given for. */
export async function settleSync(
  tx: Transaction,
  serverId: string,
  autoAccept: readonly DefinitionKind[],
  onRenamed?: OnRenamed,
): Promise<void> {
  const picture = await readPicture(tx, serverId);
  await completeApprovals(
    tx,
    serverId,
    picture.listed.filter((definition) => lacksText(picture, definition)),
  );
  await accept(tx, picture, autoAccept, onRenamed);
  await forgetAccepted(tx, serverId, unlisted);
}

/**
 * What was accepted and is not listed any more is kept for a while: under another name it is known again. Each sync
 * compares it with what is listed.
 */
const unlisted = { rows: 200, chars: 4 * 1024 * 1024 };

async function accept(
  tx: Transaction,
  picture: ReviewPicture,
  autoAccept: readonly DefinitionKind[],
  onRenamed: OnRenamed | undefined,
): Promise<void> {
  const waiting = picture.listed.filter((definition) => isAcceptable(definition, autoAccept));
  const given = waiting.map((definition) => ({ definition }));
  await approveListed(tx, picture, given, { by: autoAccepted, onRenamed });
}

/** Approved by its fingerprint alone, or by its text alone before there were fingerprints. */
function lacksText({ decisions }: ReviewPicture, definition: ReviewPicture["listed"][number]): boolean {
  if (definition.review !== "approved" && definition.review !== "accepted") return false;
  const decision = decisions.get(toKey(definition));
  return decision?.approved_fingerprint === null || decision?.approved_definition === null;
}

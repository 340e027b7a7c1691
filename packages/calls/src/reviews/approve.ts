/** Approvals of what is listed, whoever gives them. */
import type { Transaction } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Definition, ToolClass } from "../catalog/definition.ts";
import { toKey, withdrawApprovals, writeApprovals } from "./decisions.ts";
import type { ReviewPicture } from "./picture.ts";
import { findRenames, type OnRenamed, type Rename } from "./renames.ts";

export interface GivenApproval {
  readonly definition: Definition;
  /** Absent: as it was approved, if this very definition was; else as its annotations say. */
  readonly class?: ToolClass | undefined;
}

/** Approves, and carries over what is kept under names that changed. Keys are unique. */
export async function approveListed(
  tx: Transaction,
  picture: ReviewPicture,
  given: readonly GivenApproval[],
  { by, onRenamed }: { readonly by: string; readonly onRenamed?: OnRenamed | undefined },
): Promise<void> {
  if (given.length === 0) return;
  const renames = await findRenames(picture);
  const { serverId } = picture;
  const approvals = given.map(({ definition, class: wanted }) => {
    const { kind, name, fingerprint, text } = definition;
    return { kind, name, fingerprint, text, class: wanted ?? classBefore(picture, definition, renames) };
  });
  await writeApprovals(tx, serverId, approvals, by);
  const renamed = given.flatMap(({ definition }): Rename[] => {
    const { kind, name: to } = definition;
    const from = renames.get(toKey(definition));
    return from === undefined || kind === "instructions" ? [] : [{ kind, from, to }];
  });
  if (renamed.length === 0) return;
  // They moved: who brings an old name back has it looked at.
  await withdrawApprovals(
    tx,
    serverId,
    renamed.map(({ kind, from }) => ({ kind, name: from })),
  );
  await onRenamed?.(tx, serverId as Id<"server">, renamed);
}

/** A class that a person set holds for what it was set for, also under another name. */
export function classBefore(
  { decisions }: ReviewPicture,
  definition: Definition,
  renames: ReadonlyMap<string, string>,
): ToolClass | null {
  const isInForce = definition.review === "approved" || definition.review === "accepted";
  const name = isInForce ? definition.name : renames.get(toKey(definition));
  return name === undefined ? null : (decisions.get(toKey({ kind: definition.kind, name }))?.class ?? null);
}

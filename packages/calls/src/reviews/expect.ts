/** Approvals as a whole: what is approved is what a configuration says, no more and no less. */
import type { Transaction } from "@castellan/database";
import { isAcceptable, type Definition, type DefinitionKind } from "../catalog/definition.ts";
import { approvedFingerprint } from "./decision.ts";
import { toKey, withdrawApprovals, writeApprovals, type ApprovalToWrite } from "./decisions.ts";
import type { ReviewPicture } from "./picture.ts";
import type { OnRenamed } from "./renames.ts";
import { personApprovals, type Approval } from "./review.ts";
import { acceptWaiting } from "./settle.ts";

export interface ApprovalChanges {
  /** Not so, or not given at all. */
  readonly given: readonly Approval[];
  /** As they were given. */
  readonly withdrawn: readonly Approval[];
}

/** What is to be done so that people have approved these and nothing else. */
function compareApprovals(
  picture: ReviewPicture,
  approvals: readonly Approval[],
  autoAccept: readonly DefinitionKind[],
): ApprovalChanges {
  const before = new Map(personApprovals(picture, autoAccept).map((approval) => [toKey(approval), approval]));
  const wanted = new Map(approvals.map((approval) => [toKey(approval), approval]));
  const listed = byKey(picture);
  // One that its server has replaced meanwhile, and the setting has accepted, would take the place of that.
  const isOvertaken = ({ fingerprint, ...key }: Approval) => {
    const now = listed.get(toKey(key));
    return now !== undefined && now.fingerprint !== fingerprint && isAccepted(now, autoAccept);
  };
  return {
    given: [...wanted].flatMap(([key, approval]) =>
      isSame(before.get(key), approval) || isOvertaken(approval) ? [] : approval,
    ),
    withdrawn: [...before].flatMap(([key, approval]) => (wanted.has(key) ? [] : approval)),
  };
}

function isAccepted(definition: Definition, autoAccept: readonly DefinitionKind[]): boolean {
  const { kind, review } = definition;
  return isAcceptable(definition, autoAccept) || (review === "accepted" && autoAccept.includes(kind));
}

function byKey({ listed }: ReviewPicture): ReadonlyMap<string, Definition> {
  return new Map(listed.map((definition) => [toKey(definition), definition]));
}

function isSame(before: Approval | undefined, wanted: Approval): boolean {
  return before?.fingerprint === wanted.fingerprint && before.class === wanted.class;
}

/** Does it, and lets the setting accept what was withdrawn. Part of a transaction that holds the server's row. */
export async function writeExpected(
  tx: Transaction,
  picture: ReviewPicture,
  approvals: readonly Approval[],
  {
    by,
    autoAccept,
    onRenamed,
  }: {
    readonly by: string;
    readonly autoAccept: readonly DefinitionKind[];
    readonly onRenamed?: OnRenamed | undefined;
  },
): Promise<ApprovalChanges> {
  const changes = compareApprovals(picture, approvals, autoAccept);
  const { serverId } = picture;
  await withdrawApprovals(tx, serverId, changes.withdrawn);
  const listed = byKey(picture);
  await writeApprovals(
    tx,
    serverId,
    changes.given.map((approval) => toWrite(approval, listed, picture)),
    by,
  );
  await acceptWaiting(tx, serverId, autoAccept, onRenamed);
  return changes;
}

/** With its text, where that is at hand. */
function toWrite(
  approval: Approval,
  listed: ReadonlyMap<string, Definition>,
  { decisions }: ReviewPicture,
): ApprovalToWrite {
  const { kind, name, fingerprint } = approval;
  const key = toKey(approval);
  const now = listed.get(key);
  const before = decisions.get(key);
  const textBefore =
    before && approvedFingerprint(kind, before) === fingerprint ? before.approved_definition : null;
  const text = now?.fingerprint === fingerprint ? now.text : textBefore;
  return { kind, name, fingerprint, text, class: approval.class ?? null };
}

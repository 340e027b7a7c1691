/** Who hears of what happened to a request. */
import type { Transaction } from "@castellan/database";
import type { Approval, Deciders } from "./approval.ts";
import type { ApprovalEvent } from "./approvals.ts";
import type { Ground } from "./ground.ts";
import { openNeeds, type PlacedNeed } from "./needs.ts";

/** A group may have thousands; the request is on the page of all of them. */
const maxTold = 100;

/**
 * A request that has come so far goes back and forth: whoever asks in turn from two places, where rules want different
 * things, opens a need again with each. It stands on the page.
 */
const maxToldVersion = 20;

/** Tells those who may decide what is open: all of it, or these needs. */
export async function tellDeciders(
  tx: Transaction,
  ground: Ground,
  {
    kind,
    approval,
    open = openNeeds(approval),
  }: {
    readonly kind: "asked" | "reminder";
    readonly approval: Approval;
    readonly open?: readonly PlacedNeed[];
  },
): Promise<void> {
  if (ground.notify === undefined || approval.version > maxToldVersion) return;
  const decisions = open.flatMap(({ need }) => (need.kind === "decision" ? [need.deciders] : []));
  const deciders = union(decisions);
  const isNobody = deciders.groups?.length === 0 && deciders.people?.length === 0;
  const found = isNobody ? [] : await ground.people.deciders(tx, deciders, maxTold);
  // The asker knows, and has the page before them.
  const to = new Set(found.map(({ email }) => email).filter((email) => email !== approval.asker.email));
  await ground.notify(tx, { kind, approval, to: [...to] } satisfies ApprovalEvent);
}

/** Tells whoever asked what came of it. */
export async function tellAsker(tx: Transaction, ground: Ground, approval: Approval): Promise<void> {
  const { email } = approval.asker;
  if (approval.version > maxToldVersion) return;
  await ground.notify?.(tx, { kind: "decided", approval, to: email === undefined ? [] : [email] });
}

function union(all: readonly Deciders[]): Deciders {
  return {
    groups: [...new Set(all.flatMap(({ groups = [] }) => groups))],
    people: [...new Set(all.flatMap(({ people = [] }) => people))],
  };
}

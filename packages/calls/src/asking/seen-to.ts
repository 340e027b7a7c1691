/** Which of many errands people have seen to, or will not any more. */
import type { Id } from "@castellan/kernel";
import type { CallPorts } from "../stages/stage.ts";
import type { ErrandNote } from "./errand-note.ts";

/** The ids of those that nobody waits for any more, in at most two look-ups however many there are. What is known no more is one of them. */
export async function errandsSeenTo(
  notes: readonly Pick<ErrandNote, "kind" | "id">[],
  { approvals, links }: Pick<CallPorts, "approvals" | "links">,
): Promise<ReadonlySet<string>> {
  const idsOf = (kind: ErrandNote["kind"]) => [
    ...new Set(notes.flatMap((note) => (note.kind === kind ? [note.id] : []))),
  ];
  const approvalIds = idsOf("approval") as Id<"approval">[];
  const linkIds = idsOf("link") as Id<"link">[];
  const found = await Promise.all([
    approvalIds.length > 0 ? approvals.findAll(approvalIds) : [],
    linkIds.length > 0 ? links.findAll(linkIds) : [],
  ]);
  const pending = new Set<string>(found.flat().flatMap(({ id, state }) => (state === "pending" ? [id] : [])));
  return new Set([...approvalIds, ...linkIds].filter((id) => !pending.has(id)));
}

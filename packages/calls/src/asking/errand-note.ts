/** What is kept of an errand that a call which code made is refused for, until a person has seen to it. */
import { isFault, isId, type Fault, type Id } from "@castellan/kernel";
import { isObject } from "@castellan/mcp";
import { knownErrand } from "../approval/approval-errand.ts";
import { knownLink } from "../linking/link-errand.ts";
import type { CallPorts } from "../stages/stage.ts";
import type { AskedErrand } from "./errand.ts";

/** Nothing of it is secret. */
export type ErrandNote = { readonly url: string; readonly message: string } & (
  | { readonly kind: "approval"; readonly id: Id<"approval"> }
  | { readonly kind: "link"; readonly id: Id<"link"> }
);

/**
 * Of what a call was refused with that may go through when a person has been to a page; undefined for any other fault, and where the
 * call would only be refused for the same again.
 */
export function errandNoteOf(fault: Fault): ErrandNote | undefined {
  const { elicitations, approvalId, linkId } = fault.data ?? {};
  const page: unknown = Array.isArray(elicitations) ? elicitations[0] : undefined;
  if (!isObject(page)) return undefined;
  const { url, message } = page;
  if (typeof url !== "string" || typeof message !== "string") return undefined;
  if (isFault(fault, "approval_required") && typeof approvalId === "string" && isId("approval", approvalId))
    return { kind: "approval", id: approvalId, url, message };
  if (isFault(fault, "link_required") && typeof linkId === "string" && isId("link", linkId))
    return { kind: "link", id: linkId, url, message };
  return undefined;
}

/** `askerId`: the principal whose call it was. */
export function errandOf(
  note: ErrandNote,
  askerId: string,
  ports: Pick<CallPorts, "approvals" | "links">,
): AskedErrand {
  const { id, url, message } = note;
  const known =
    note.kind === "approval"
      ? knownErrand(note.id, askerId, ports)
      : knownLink(note.id, askerId as Id<"user">, ports);
  // Of several at once each is answered by itself. The code waits for them also when nobody listens any more.
  return { ...known, key: `castellan_${id}`, url, message, abandoned: () => Promise.resolve() };
}

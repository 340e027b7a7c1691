/** What each step stands on, and what they all ask. */
import { createHash } from "node:crypto";
import type { Id } from "@castellan/kernel";
import { credentialFaults } from "../faults.ts";
import type { LinkRequest } from "../link.ts";
import type { Target } from "../target.ts";
import type { LinkOptions, LinkVisitor } from "./links.ts";
import { findLinks } from "./storage/link-row.ts";

export type Ground = Pick<
  LinkOptions,
  "database" | "vault" | "clock" | "changes" | "accounts" | "oauth" | "targetOf"
> & {
  readonly maxPending: number;
};

export function unknownLink(message = "There is no request to sign in with this id for you"): Error {
  return credentialFaults.fault("link_not_found", message);
}

/** Its own person's request. Fault: `link_not_found`, to the letter the same for one that is not theirs. */
export async function getOwn(
  { database, clock }: Pick<Ground, "database" | "clock">,
  id: Id<"link">,
  personId: Id<"user">,
): Promise<LinkRequest> {
  const [link] = await findLinks(database, [id], clock.now());
  if (link?.personId !== personId) throw unknownLink();
  return link;
}

/** For whoever is to meet it. Faults: `link_not_found`, `link_expired`. */
export async function getPending(
  ground: Ground,
  id: Id<"link">,
  { personId, isAdmin }: Pick<LinkVisitor, "personId" | "isAdmin">,
): Promise<{ readonly link: LinkRequest; readonly target: Target }> {
  const link = await getOwn(ground, id, personId);
  // Who asked for the account of all was an admin then.
  if (link.owner.kind === "shared" && !isAdmin) throw unknownLink();
  assertPending(link);
  return { link, target: getTarget(ground, link) };
}

export function assertPending(link: LinkRequest): void {
  if (link.state === "pending") return;
  throw credentialFaults.fault("link_expired", `This request to sign in ${outcomes[link.state]}`, {
    data: { state: link.state, linkId: link.id },
  });
}

const outcomes = {
  linked: "was met already",
  declined: "was declined",
  expired: "was not used in time",
} as const;

export function getTarget({ targetOf }: Pick<Ground, "targetOf">, { targetId }: LinkRequest): Target {
  const target = targetOf(targetId);
  if (target === undefined) throw unknownLink("The server that this was for is not there any more");
  return target;
}

export function changedMeanwhile(): Error {
  return credentialFaults.fault(
    "link_refused",
    "An admin changed this server while you signed in: sign in once more.",
  );
}

/**
 * What of a target decides where somebody's credentials go: whoever agreed to give them to one must not find that they
 * went to another, because an admin changed it in between.
 */
export function targetMark({ url, auth, asksForOAuth }: Target): string {
  return createHash("sha256")
    .update(JSON.stringify([url, auth, asksForOAuth]))
    .digest("base64url");
}

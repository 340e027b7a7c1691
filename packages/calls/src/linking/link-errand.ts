/** A request to link an account as what a caller is asked to open a page for. */
import { credentialFaults, type LinkReason, type LinkRequest } from "@castellan/credentials";
import { createId, isFault, type Fault, type Id } from "@castellan/kernel";
import { elicitationOf, type Errand, type ErrandState } from "../asking/errand.ts";
import type { CatalogServer } from "../catalog/catalog.ts";
import type { CallPorts } from "../stages/stage.ts";

/** Under which a modern client answers. */
const linkKey = "castellan_link";

export function linkErrand(
  link: LinkRequest,
  { server }: CatalogServer,
  ports: Pick<CallPorts, "links">,
): Errand {
  const { id, reason, scopes, personId, expiresAt } = link;
  const url = ports.links.pageOf(id);
  const message = linkWords(reason, server);
  return {
    ...knownLink(id, personId, ports),
    url,
    message,
    facts: { kind: "link", id },
    // Clients give calls up sooner than a person is through with a sign-in, which is good for the next call.
    abandoned: () => Promise.resolve(),
    refusal: (opensPages) =>
      credentialFaults.fault(
        "link_required",
        `${message} See ${url}, and send the same call again afterwards`,
        {
          data: {
            server: server.slug,
            reason,
            ...(scopes.length > 0 && { scopes }),
            url,
            linkId: id,
            expiresAt: expiresAt.toISOString(),
            ...(opensPages && { elicitations: [elicitationOf({ url, message }, createId("request"))] }),
          },
        },
      ),
  };
}

/** One of which only the id came back. What is known no more, or overdue, is asked anew if it is still wanted. */
export function knownLink(
  id: Id<"link">,
  personId: Id<"user">,
  ports: Pick<CallPorts, "links">,
): Pick<Errand, "key" | "settled" | "decline"> {
  return {
    key: linkKey,
    settled: (wait) => stateOf(ports.links.settled(id, wait)),
    decline: () => stateOf(ports.links.decline(id, personId)),
  };
}

async function stateOf(found: Promise<LinkRequest>): Promise<ErrandState> {
  try {
    const { id, state } = await found;
    if (state === "pending") return "pending";
    return state === "declined" ? declined(id) : "done";
  } catch (error) {
    if (isFault(error, "link_not_found")) return "done";
    throw error;
  }
}

function declined(id: Id<"link">): Fault {
  return credentialFaults.fault(
    "link_declined",
    "The sign-in at the server was declined: call again to be asked anew",
    {
      data: { linkId: id },
    },
  );
}

function linkWords(reason: LinkReason, { title, auth }: CatalogServer["server"]): string {
  const name = JSON.stringify(title);
  if (reason === "scope") return `${name} needs you to allow more for this.`;
  if (auth.kind === "own_key")
    return reason === "not_linked"
      ? `${name} is used with a key of your own: enter it first.`
      : `${name} does not take your key any more: enter another one.`;
  return reason === "not_linked"
    ? `${name} is used with your own account there: sign in first.`
    : `Your sign-in at ${name} has ended: sign in again.`;
}

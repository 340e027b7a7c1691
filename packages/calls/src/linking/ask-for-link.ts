/** A call wants an account of its caller that is not there, or not good enough: they are asked for it. */
import { linkReasons, type LinkReason, type LinkSource } from "@castellan/credentials";
import { isFault, type Fault } from "@castellan/kernel";
import { askCaller, type AskedCaller } from "../asking/ask-caller.ts";
import type { Errand } from "../asking/errand.ts";
import type { Admitted, Answer, Resolved } from "../call.ts";
import type { CatalogServer } from "../catalog/catalog.ts";
import { clientOf } from "../client-identity.ts";
import { callerOf } from "../policy/caller-of.ts";
import type { CallPorts } from "../stages/stage.ts";
import { askOnce } from "./ask-once.ts";
import { linkErrand } from "./link-errand.ts";

/** `link_required` as credentials throw it: it names no page yet. */
export function isLinkWanted(error: unknown): error is Fault {
  return isFault(error, "link_required") && error.data?.["url"] === undefined;
}

/**
 * Asks in the way that the caller's client knows. Resolves to nothing when the account was linked while the call waited,
 * or to the question that the call is answered with. Throws `link_required` with the page to callers that cannot be
 * asked, `link_declined`, `links_limited`, and `wanted` itself where the caller is no person.
 */
export async function askForLink(
  wanted: Fault,
  asked: AskedCaller,
  ports: Pick<CallPorts, "links" | "limiter" | "states">,
): Promise<Answer | undefined> {
  const { capability } = asked.target;
  return askCaller(await errandFor(wanted, asked.call, capability.server, ports), asked, ports);
}

/** For a request that cannot be answered with a question: what `askForLink` throws. */
export async function linkRefusal(
  wanted: Fault,
  call: Admitted & Resolved,
  server: CatalogServer,
  ports: Pick<CallPorts, "links">,
): Promise<Fault> {
  return (await errandFor(wanted, call, server, ports)).refusal(false);
}

async function errandFor(
  wanted: Fault,
  call: Admitted & Pick<Resolved, "portal" | "session">,
  server: CatalogServer,
  ports: Pick<CallPorts, "links">,
): Promise<Errand> {
  const { principal } = call;
  if (principal.kind !== "user") throw wanted;
  const { id: personId } = principal;
  const link = await askOnce(ports.links, {
    targetId: server.server.id,
    owner: { kind: "person", id: personId },
    personId,
    reason: reasonOf(wanted),
    scopes: scopesOf(wanted),
    from: sourceOf(call),
  });
  return linkErrand(link, server, ports);
}

function reasonOf({ data }: Fault): LinkReason {
  return linkReasons.find((reason) => reason === data?.["reason"]) ?? "not_linked";
}

function scopesOf({ data }: Fault): readonly string[] {
  const scopes = data?.["scopes"];
  return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === "string") : [];
}

const maxNameChars = 128;

/** The client by the name that the person knew it by when they let it in; else by the one that it gives itself. */
function sourceOf({
  principal,
  session,
  message,
  portal,
}: Admitted & Pick<Resolved, "portal" | "session">): LinkSource {
  const { clientId } = callerOf(principal);
  const known = principal.kind === "user" ? principal.clientName : undefined;
  const name = known ?? clientOf(session, message).name ?? clientId ?? "";
  return { clientId, clientName: name.slice(0, maxNameChars), portal: portal.slug };
}

/** What comes next for a person with an authorization request: worked out from their rights now, never from a form. */
import {
  apiScope,
  livingGrants,
  rightsByRules,
  type Directory,
  type Grant,
  type Rights,
  type User,
} from "@castellan/access";
import type { Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { AuthorizationRequest, PortalForConsent, Portals, SignedIn } from "../ports.ts";
import { isOpen, questionOf, type Question } from "./question.ts";

export type Due =
  | { readonly kind: "portal"; readonly portal: PortalForConsent; readonly question: Question }
  | { readonly kind: "api"; readonly isHeld: boolean }
  /** The client named no portal: these are open to them, the first of them if there is nothing to choose. */
  | {
      readonly kind: "choice";
      readonly portals: readonly PortalForConsent[];
      readonly only: string | undefined;
    }
  /** There is nothing that they could give. */
  | { readonly kind: "nothing" };

export interface DueOptions {
  readonly portals: Portals;
  readonly database: Database;
  readonly clock: Clock;
}

export async function dueFor(options: DueOptions, request: AuthorizationRequest, user: User): Promise<Due> {
  const { target, client } = request;
  if (target === undefined) return choiceFor(options.portals, user);
  const whose = { userId: user.id, clientId: client.id };
  if (target.kind === "api") {
    // Customers have no role in the platform.
    if (user.directory !== "workforce") return { kind: "nothing" };
    return {
      kind: "api",
      isHeld: (await scopesHeld(options, { ...whose, portal: undefined })).includes(apiScope),
    };
  }
  const { portal } = target;
  const rights = rightsOf(user, portal);
  const held = await scopesHeld(options, { ...whose, portal: portal.slug });
  const question = questionOf({ portal, rights, asked: request.scopes, held });
  return isOpen(question) ? { kind: "portal", portal, question } : { kind: "nothing" };
}

/** As whom to sign in for a request; undefined: anybody. */
export function directoryOf({ target }: AuthorizationRequest): Directory | undefined {
  if (target === undefined) return undefined;
  return target.kind === "api" ? "workforce" : target.portal.directory;
}

/** Whether a request asks them to prove who they are, and they have not since it began. */
export function mustProve({ asksForProof, startedAt }: AuthorizationRequest, { session }: SignedIn): boolean {
  return asksForProof && session.authenticatedAt < startedAt;
}

function choiceFor(portals: Portals, user: User): Due {
  const usable = portals.usableBy(user);
  if (usable.length === 0) return { kind: "nothing" };
  const preferred = usable.find(({ slug }) => slug === portals.defaultSlug);
  const only = preferred ?? (usable.length === 1 ? usable[0] : undefined);
  return { kind: "choice", portals: usable, only: only?.slug };
}

function rightsOf({ email, groups, directory }: User, portal: PortalForConsent): Rights {
  return rightsByRules(portal, { kind: "user", email, groups, directory });
}

async function scopesHeld(
  { database, clock }: DueOptions,
  whose: Pick<Grant, "userId" | "clientId" | "portal">,
): Promise<string[]> {
  const grants = await livingGrants(database, whose, new Date(clock.now()));
  return grants.flatMap(({ scopes }) => scopes);
}

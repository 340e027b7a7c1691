/** What comes next for a person with an authorization request: worked out from their rights now, never from a form. */
import {
  apiScope,
  giverOf,
  livingGrants,
  rightsByRules,
  type Directory,
  type Grant,
  type Rights,
  type User,
} from "@castellan/access";
import type { Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { Context } from "hono";
import type { AuthorizationRequest, EntryPolicy, PortalForConsent, Portals, SignedIn } from "../ports.ts";
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
  | { readonly kind: "nothing" }
  /** They could, if rules did not keep them out: by who they are, how they signed in, or from where they come. */
  | { readonly kind: "kept_out" };

export interface DueOptions {
  readonly portals: Portals;
  readonly policy: EntryPolicy | undefined;
  readonly database: Database;
  readonly clock: Clock;
}

/** @param c the person's browser, where it comes from */
export async function dueFor(
  options: DueOptions,
  request: AuthorizationRequest,
  { by, c }: { readonly by: SignedIn; readonly c: Context },
): Promise<Due> {
  const { target, client } = request;
  const { user } = by;
  const entrance = await entranceOf(options, by, client.id, c);
  if (target === undefined) return choiceFor(options.portals, user, entrance);
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
  if (!isOpen(question)) return { kind: "nothing" };
  return (await entrance(portal)) ? { kind: "portal", portal, question } : { kind: "kept_out" };
}

type Entrance = (portal: PortalForConsent) => boolean | Promise<boolean>;

async function entranceOf(
  { policy, database }: DueOptions,
  by: SignedIn,
  clientId: string,
  c: Context,
): Promise<Entrance> {
  if (policy === undefined) return () => true;
  const giver = await giverOf(database, by, clientId);
  return ({ slug }) => policy.mayEnter(giver, slug, c);
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

async function choiceFor(portals: Portals, user: User, entrance: Entrance): Promise<Due> {
  const given = portals.usableBy(user);
  if (given.length === 0) return { kind: "nothing" };
  const isOpenTo = await Promise.all(given.map(entrance));
  const usable = given.filter((_, at) => isOpenTo[at]);
  if (usable.length === 0) return { kind: "kept_out" };
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

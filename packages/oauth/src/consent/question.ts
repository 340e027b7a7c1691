/**
 * What a person is asked when a client wants to get into a portal: what may be used there at all, in single pieces, each
 * a class of tools at one server. Only what the person may use themselves is a piece, and nothing else can be answered.
 */
import {
  parseScope,
  portalScope,
  Rights,
  rightsOfScopes,
  serverScope,
  toolClasses,
  type ToolClass,
} from "@castellan/access";
import type { PortalForConsent } from "../ports.ts";

export interface Question {
  readonly portal: string;
  /** Those at which the person may use anything, in the portal's order. */
  readonly servers: readonly AskedServer[];
  /** Classes that were asked for, or are held, for the whole portal and that the person may use at all of it, also at what is added later. */
  readonly whole: readonly ToolClass[];
  /** The client asked for something that the person may not use; it is not among the pieces. */
  readonly isBeyondRights: boolean;
}

export interface AskedServer {
  readonly slug: string;
  readonly title: string;
  readonly pieces: readonly Piece[];
}

export interface Piece {
  readonly toolClass: ToolClass;
  /** The server's scope for it: what is sent when the piece is ticked. */
  readonly scope: string;
  /** How many tools there are of the class. */
  readonly tools: number;
  /** `held`: the client has it already, and keeps it. `asked`: it asks for it now. `more`: the person could give it. */
  readonly status: "held" | "asked" | "more";
}

export interface QuestionInput {
  readonly portal: PortalForConsent;
  /** What the person may use there. */
  readonly rights: Rights;
  /** Scopes that the client asks for; without any class of tools among them, it asks for reading. */
  readonly asked: readonly string[];
  /** Scopes of the grant that this client has from this person for this portal. */
  readonly held: readonly string[];
}

export function questionOf({ portal, rights, asked, held }: QuestionInput): Question {
  const { slug, servers } = portal;
  const wanted = orReading(rightsOfScopes([portalScope(slug), ...asked], slug));
  const given = rightsOfScopes(held, slug);
  const statusOf = (server: string, toolClass: ToolClass): Piece["status"] => {
    if (given.allows(server, toolClass)) return "held";
    return wanted.allows(server, toolClass) ? "asked" : "more";
  };
  const isInReach = (server: PortalForConsent["servers"][number], toolClass: ToolClass) =>
    rights.allows(server.slug, toolClass) && (toolClass === "read" || server.counts[toolClass] > 0);
  return {
    portal: slug,
    servers: servers
      .map((server) => ({
        slug: server.slug,
        title: server.title,
        pieces: toolClasses
          .filter((toolClass) => isInReach(server, toolClass) && hasScope(server.slug, toolClass))
          .map((toolClass) => ({
            toolClass,
            scope: serverScope(server.slug, toolClass),
            tools: server.counts[toolClass],
            status: statusOf(server.slug, toolClass),
          })),
      }))
      .filter(({ pieces }) => pieces.length > 0),
    whole: toolClasses.filter(
      (toolClass) => isEverywhere(toolClass, wanted.or(given)) && isEverywhere(toolClass, rights),
    ),
    isBeyondRights: servers.some(({ slug: server }) =>
      wanted.classesAt(server).some((toolClass) => !rights.allows(server, toolClass)),
    ),
  };
}

/** Whether there is anything that the person could answer. */
export function isOpen({ servers }: Question): boolean {
  return servers.length > 0;
}

export function piecesOf({ servers }: Question): Piece[] {
  return servers.flatMap(({ pieces }) => pieces);
}

/** At all servers, those to come as well. */
function isEverywhere(toolClass: ToolClass, rights: Rights): boolean {
  return rights.or(Rights.of([toolClass])).key === rights.key;
}

function orReading(rights: Rights): Rights {
  return rights.isNone ? Rights.of(["read"]) : rights;
}

/** The slug `portal` has no scopes of its own: its `portal:read` would let into a portal called `read`. */
function hasScope(server: string, toolClass: ToolClass): boolean {
  return parseScope(serverScope(server, toolClass))?.kind === "server";
}

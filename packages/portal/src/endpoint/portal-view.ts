/** A connection to a portal as the way of a call sees it: joins what is offered, the sessions and the answers. */
import { isGranted, type Principal } from "@castellan/access";
import {
  ownerOf,
  type Admitted,
  type CallLimiter,
  type CallerSession,
  type Circuits,
  type ListWatches,
  type LocalTarget,
  type PersonalLists,
  type PortalView,
  type RecordPorts,
  type Upstreams,
} from "@castellan/calls";
import { kernelFaults } from "@castellan/kernel";
import type { Identity } from "../answers/hello.ts";
import type { Subscriptions } from "../answers/listen.ts";
import type { Mac } from "../answers/listen-filter.ts";
import { localMethods } from "../answers/local-methods.ts";
import { runResource } from "../answers/run-resource.ts";
import type { UnderWay } from "../callers/under-way.ts";
import type { PeopleParts } from "../choices/people-parts.ts";
import { announce } from "../choices/announce.ts";
import { welcome } from "../choices/new-servers.ts";
import { isRunUri, type CodemodePort } from "../codemode-port.ts";
import type { Connection } from "../connections/connection.ts";
import { portalFaults } from "../faults.ts";
import type { OpenPortal } from "../portals/open-portal.ts";
import type { PortalDirectory } from "../portals/portal-directory.ts";
import { codeToolAt } from "../portal-tools/code-tools.ts";
import { ownToolAt } from "../portal-tools/portal-tools.ts";
import { Session } from "../sessions/session.ts";
import { sessionOwnerOf } from "../sessions/session-owner.ts";
import type { SessionRegistry } from "../sessions/session-registry.ts";

export interface PortalParts extends RecordPorts {
  readonly directory: Pick<PortalDirectory, "find">;
  readonly sessions: SessionRegistry;
  readonly subscriptions: Subscriptions;
  readonly underWay: UnderWay;
  readonly upstreams: Upstreams;
  readonly circuits: Circuits;
  readonly limiter: CallLimiter;
  readonly identity: Identity;
  /** Makes MACs: `vault.mac`. */
  readonly mac: Mac;
  /** Servers that are watched for changes of their lists. */
  readonly lists: ListWatches;
  /** What people have beside the tools of servers; absent: nobody chooses or links anything. */
  readonly people?: PeopleParts | undefined;
  /** What servers list to each caller alone; absent: each lists the same to everybody. */
  readonly personal?: Pick<PersonalLists, "entryOf" | "emptyEntryOf" | "pending"> | undefined;
  /** Runs code; absent: no portal is in Code Mode, and of APIs the operations alone can be called. */
  readonly codemode?: CodemodePort | undefined;
  /** Told of defects. */
  readonly onError: (error: unknown) => void;
}

/** Throws `codemode_forbidden` where nothing runs code. */
export function createPortalView(connection: Connection, parts: PortalParts): PortalView {
  const { open, nameable, reach, toolListing } = connection;
  const { codemode } = parts;
  if (toolListing === "code" && !codemode)
    throw portalFaults.fault("codemode_forbidden", "There is no Code Mode here", { field: "codemode" });
  welcome(connection, parts.people);
  const pending = parts.personal?.pending(open.servers, ownerOf(connection.principal, open.portal.slug));
  return {
    slug: open.portal.slug,
    pending,
    isGranted: (use) => isGranted(reach, use),
    scope: (era) => nameable.scope(era),
    listed: (era) => open.scope(era),
    showsHeaderMarks: toolListing === "full",
    session: (id, principal) => findSession(id, principal, open, parts),
    answer(call: Admitted, target: LocalTarget) {
      const session = asOwn(target.session);
      return localMethods[target.method]({ ...parts, call, target, session, connection });
    },
    ownTool: (name) => ownToolAt(connection, name, parts) ?? codeToolAt(connection, name, codemode),
    ownResource: (uri) =>
      codemode && isRunUri(uri) ? runResource(uri, open.portal.slug, codemode) : undefined,
    announce(call, { request, capability }) {
      const { people, onError } = parts;
      const calledId = capability.server.server.id;
      return announce({ connection, people, calledId, onError }, { call, request, session: call.session });
    },
    receive: (call, session) => receive(call, asOwn(session), parts.sessions),
  };
}

/** Throws `session_unknown`. */
export function findSession(
  id: string,
  principal: Principal,
  open: OpenPortal,
  parts: Pick<PortalParts, "sessions">,
): Session | Promise<Session> {
  const { slug } = open.portal;
  const came = (session: Session) => {
    session.cameFrom(ownerOf(principal, slug));
    return session;
  };
  const found = parts.sessions.get(id, sessionOwnerOf(principal, slug));
  return found instanceof Promise ? found.then(came) : came(found);
}

/** Notifications and responses of a legacy client; a modern one has nothing to say outside of requests. */
async function receive(
  { message }: Admitted,
  session: Session | undefined,
  sessions: SessionRegistry,
): Promise<void> {
  if (!session || message.kind === "request") return;
  if (message.kind === "notification") await sessions.notification(session, message);
  else await sessions.answer(session, message);
}

function asOwn(session: CallerSession | undefined): Session | undefined {
  if (session === undefined || session instanceof Session) return session;
  throw kernelFaults.fault("internal_error", "A session of another maker reached the portal");
}

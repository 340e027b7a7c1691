/** A connection to a portal as the way of a call sees it: joins what is offered, the sessions and the answers. */
import { isGranted, type Principal } from "@castellan/access";
import type {
  Admitted,
  CallLimiter,
  CallerSession,
  Circuits,
  ListWatches,
  LocalTarget,
  PortalView,
  RecordPorts,
  Upstreams,
} from "@castellan/calls";
import { kernelFaults } from "@castellan/kernel";
import type { Identity } from "../answers/hello.ts";
import type { Subscriptions } from "../answers/listen.ts";
import type { Mac } from "../answers/listen-filter.ts";
import { localMethods } from "../answers/local-methods.ts";
import type { UnderWay } from "../callers/under-way.ts";
import type { Connection } from "../connections/connection.ts";
import type { OpenPortal } from "../portals/open-portal.ts";
import type { PortalDirectory } from "../portals/portal-directory.ts";
import { ownToolAt } from "../portal-tools/portal-tools.ts";
import { Session } from "../sessions/session.ts";
import { ownerOf } from "../sessions/session-owner.ts";
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
  /** Told of defects. */
  readonly onError: (error: unknown) => void;
}

export function createPortalView(connection: Connection, parts: PortalParts): PortalView {
  const { open, nameable, reach, toolListing } = connection;
  return {
    slug: open.portal.slug,
    isGranted: (use) => isGranted(reach, use),
    scope: (era) => nameable.scope(era),
    showsHeaderMarks: toolListing === "full",
    session: (id, principal) => findSession(id, principal, open, parts),
    answer(call: Admitted, target: LocalTarget) {
      const session = asOwn(target.session);
      return localMethods[target.method]({ ...parts, call, target, session, connection });
    },
    ownTool: (name) => ownToolAt(connection, name, parts),
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
  return parts.sessions.get(id, ownerOf(principal, open.portal.slug));
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

import type { CatalogServer, HearPorts, Listener, ListWatches, Upstreams } from "@castellan/calls";
import type { Clock } from "@castellan/kernel";
import type { Replicas } from "@castellan/replicas";
import type { Chooser } from "../connections/connection.ts";
import type { OpenPortal } from "../portals/open-portal.ts";
import type { LineStore } from "./line-store.ts";
import type { SessionStore } from "./session-store.ts";

/** A resource by its server's id and the name that callers know. */
export interface ReadResource {
  readonly serverId: string;
  readonly publicUri: string;
}

/** Who hears what is said on a session's own stream. */
export type Hearer = Listener & Chooser;

/** What sessions share on one replica. */
export interface SessionParts {
  readonly sessions: SessionStore;
  readonly lines: LineStore;
  readonly replicas: Replicas;
  readonly upstreams: Upstreams;
  /** Any registered server. */
  readonly findServer: (id: string) => CatalogServer | undefined;
  /** A portal as somebody sees it at this moment; undefined when they see nothing. */
  readonly seenAt: (portal: string, comer: Chooser) => OpenPortal | undefined;
  /** Whether they would read this URI at this server at this moment. */
  readonly isReadAt: (portal: string, comer: Chooser, resource: ReadResource) => boolean;
  /** Servers that are watched for changes of their lists while somebody would be told. */
  readonly lists: Pick<ListWatches, "retain">;
  /** For what a server says outside of calls. */
  readonly hearing: HearPorts;
  readonly clock: Clock;
  readonly nextQuestionId: () => string;
  /** Told of defects. */
  readonly onError: (error: unknown) => void;
}

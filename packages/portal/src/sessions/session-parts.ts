import type { CatalogServer, HearPorts, ListWatches, Upstreams } from "@castellan/calls";
import type { Clock } from "@castellan/kernel";
import type { Replicas } from "@castellan/replicas";
import type { LineStore } from "./line-store.ts";
import type { SessionStore } from "./session-store.ts";

/** What sessions share on one replica. */
export interface SessionParts {
  readonly sessions: SessionStore;
  readonly lines: LineStore;
  readonly replicas: Replicas;
  readonly upstreams: Upstreams;
  /** Any registered server. */
  readonly findServer: (id: string) => CatalogServer | undefined;
  /** The servers that legacy clients of a portal reach. */
  readonly serversAt: (portal: string) => readonly CatalogServer[];
  /** Whether legacy clients of a portal would read this URI at this server at this moment. */
  readonly isReadAt: (portal: string, serverId: string, publicUri: string) => boolean;
  /** Servers that are watched for changes of their lists while somebody would be told. */
  readonly lists: Pick<ListWatches, "retain">;
  /** For what a server says outside of calls. */
  readonly hearing: HearPorts;
  readonly clock: Clock;
  readonly nextQuestionId: () => string;
  /** Told of defects. */
  readonly onError: (error: unknown) => void;
}

import type { Principal } from "@castellan/access";
import type { AuditLog } from "@castellan/audit";
import type { Catalog, ServerStore, Syncer } from "@castellan/calls";
import type { ChangeFeed, Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { PortalStore } from "@castellan/portal";
import type { Outbound } from "@castellan/web";

/** What the operations work on. */
export interface ApiPorts {
  /** Whose token this is. Throws `token_invalid`, `token_expired`, `replica_stale`, `token_check_unavailable`. */
  readonly authenticate: (bearer: string) => Promise<Principal>;
  readonly servers: ServerStore;
  /** What the registered servers offer, as this replica serves it. */
  readonly catalog: Pick<Catalog, "find">;
  readonly syncer: Syncer;
  readonly portals: PortalStore;
  readonly audit: Pick<AuditLog, "list" | "verify">;
  /** Holds the tokens. */
  readonly database: Database;
  /** Flushed after each change, so that this replica serves what its answer says. */
  readonly changes: Pick<ChangeFeed, "flush">;
  /** Judges the URLs of servers before they are stored. */
  readonly outbound: Pick<Outbound, "check">;
  readonly clock: Clock;
  /** Of the running release: `0.1.0`. */
  readonly version: string;
  /** The replica that answers: `rep_…`. */
  readonly replica: string;
}

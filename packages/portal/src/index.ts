export { portalFaults } from "./faults.ts";
export { portalMigrations } from "./migrations.ts";

export {
  defaultPortalSlug,
  type CurationPatch,
  type EntryPatch,
  type KindPatch,
  type NewPortal,
  type NewPortalServer,
  type Portal,
  type PortalChange,
  type PortalFilter,
  type WholePortal,
} from "./portals/portal.ts";
export { hostnameRule, parseHostname, toHostname } from "./portals/hostname.ts";
export { createPortalStore, type PortalStore, type PortalStoreOptions } from "./portals/portal-store.ts";
export { narrow, type OpenPortal } from "./portals/open-portal.ts";
export { createPortalDirectory, type PortalDirectory } from "./portals/portal-directory.ts";

export { type Identity } from "./answers/hello.ts";
export { Subscriptions } from "./answers/listen.ts";
export {
  SessionRegistry,
  defaultSessionLimits,
  type SessionLimits,
  type SessionRegistryOptions,
} from "./sessions/session-registry.ts";
export { portalSealedColumns } from "./sessions/line-store.ts";
export { followChanges } from "./follow-changes.ts";
export { portalTools } from "./portal-tools/portal-tools.ts";

export {
  createPortalEndpoint,
  type PortalEndpoint,
  type PortalEndpointOptions,
} from "./endpoint/portal-endpoint.ts";
export { serveResumptions } from "./endpoint/resume-stream.ts";
export { ResumableStreams, defaultReplayLimits, type ReplayLimits } from "./streams/resumable-streams.ts";
export { WatchedStreams } from "./streams/watched-streams.ts";
export { mountPortals } from "./endpoint/routes.ts";

export { portalFaults } from "./faults.ts";
export { portalMigrations } from "./migrations.ts";

export { defaultPortalSlug, type NewPortal, type Portal } from "./portals/portal.ts";
export { createPortalStore, type PortalStore } from "./portals/portal-store.ts";
export { createPortalDirectory, type OpenPortal, type PortalDirectory } from "./portals/portal-directory.ts";

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

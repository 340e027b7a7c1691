export { portalFaults } from "./faults.ts";
export { portalMigrations } from "./migrations.ts";

export {
  defaultPortalSlug,
  codeModeRules,
  defaultPublicLimits,
  type CodeModeRule,
  type CurationPatch,
  type EntryPatch,
  type KindPatch,
  type NewPortal,
  type NewPortalServer,
  type Portal,
  type PortalChange,
  type PortalFilter,
  type PublicLimits,
  type WholePortal,
} from "./portals/portal.ts";
export { hostnameRule, parseHostname, toHostname } from "./portals/hostname.ts";
export { holdPortals } from "./portals/hold-portals.ts";
export { knownPortals } from "./portals/known-portals.ts";
export { createPortalStore, type PortalStore, type PortalStoreOptions } from "./portals/portal-store.ts";
export { narrow, narrowToPolicy, narrowToRights, type OpenPortal } from "./portals/open-portal.ts";
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

export { createChoices, type Choices, type ChoicesOptions, type ToldServers } from "./choices/choices.ts";
export { type ChoicePlace } from "./choices/choice-store.ts";
export { createAccountsOfPeople } from "./choices/accounts-of-people.ts";
export { createPersonServers, type PersonServersOptions } from "./choices/person-servers.ts";
export { type PeopleParts } from "./choices/people-parts.ts";

export { portalTools } from "./portal-tools/portal-tools.ts";

export {
  createPortalEndpoint,
  type PortalEndpoint,
  type PortalEndpointOptions,
} from "./endpoint/portal-endpoint.ts";
export { serveResumptions } from "./endpoint/resume-stream.ts";
export { ResumableStreams, defaultReplayLimits, type ReplayLimits } from "./streams/resumable-streams.ts";
export { createAddresses, apiResource, type Addresses } from "./resource/addresses.ts";
export { createResourceMetadata, type ResourceMetadataOptions } from "./resource/resource-metadata.ts";
export { createDoor, type Door, type DoorOptions } from "./callers/door.ts";
export { UnderWay, type UnderWayOptions } from "./callers/under-way.ts";
export { type CodemodePort, type CodeSeat, type CodeTool } from "./codemode-port.ts";
export { mountPortals } from "./endpoint/routes.ts";

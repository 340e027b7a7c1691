/** Where clients call portals. Who gets what, no logic. */
import { createRequestStates } from "@castellan/calls";
import type { Codemode } from "@castellan/codemode";
import { createPortalEndpoint, type PortalEndpoint } from "@castellan/portal";
import { approvalPage, type Deciding } from "./deciding.ts";
import { faultHappened, requestRefused } from "./events.ts";
import type { Ground } from "./ground.ts";
import type { Linking } from "./linking.ts";
import type { Portals } from "./portals.ts";
import type { Reading } from "./reading.ts";
import { reportCall } from "./report-call.ts";
import type { Rules } from "./rules.ts";

export interface EndpointParts {
  readonly deciding: Deciding;
  readonly linking: Linking;
  readonly reading: Reading;
  readonly rules: Rules;
  readonly portals: Portals;
  readonly codemode: Codemode;
}

export function openEndpoint(ground: Ground, parts: EndpointParts): PortalEndpoint {
  const { config, telemetry, vault, clock, publicUrl, replicas, replica, remote, identity, audit, onError } =
    ground;
  const { deciding, linking, reading, rules, portals, codemode } = parts;
  const { upstreams, syncs, personal, lines, lists, onListChanged } = reading;
  return createPortalEndpoint({
    ...portals,
    connectionOf: rules.connectionOf,
    policy: rules.policy,
    approvals: { ...deciding.approvals, pageOf: approvalPage(publicUrl) },
    credentials: linking.credentials,
    links: { ...linking.credentials.links, pageOf: linking.pageOf },
    people: linking.people,
    codemode,
    personal,
    upstreams,
    lines,
    lists,
    states: createRequestStates({ vault, clock }),
    replicas,
    remote,
    vault,
    mac: (purpose, data) => vault.mac(purpose, data),
    identity,
    audit,
    clock,
    replica,
    maxBodyBytes: config.maxBodyBytes,
    onListChanged,
    onServerFailed: (serverId) => syncs.request(serverId, "call_failed"),
    onCall: (call) => reportCall(telemetry, call),
    onFault: (error, requestId) => telemetry.emit(faultHappened, { error, requestId }),
    onRefused: (refused) => telemetry.emit(requestRefused, refused),
    onError,
  });
}

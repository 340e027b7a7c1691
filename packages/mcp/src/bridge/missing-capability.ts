/** What a caller of 2026-07-28 is told when a call needs a capability that it did not declare (basic, `-32021`). */
import type { Fault } from "@castellan/kernel";
import { mcpFaults } from "../faults.ts";
import { isObject, type JsonObject } from "../jsonrpc/message.ts";
import { metaKeys } from "../versions.ts";
import { tasksExtension } from "./capabilities.ts";
import type { ClientFeature } from "./client-features.ts";

const required: Readonly<Record<ClientFeature | "tasks", JsonObject>> = {
  elicitation_form: { elicitation: { form: {} } },
  elicitation_url: { elicitation: { url: {} } },
  sampling: { sampling: {} },
  roots: { roots: {} },
  tasks: { extensions: { [tasksExtension]: {} } },
};

export function capabilityMissing(needed: ClientFeature | "tasks"): Fault {
  return mcpFaults.fault("client_capability_missing", `The call needs a client that declares ${needed}`, {
    data: { requiredCapabilities: required[needed] },
  });
}

/** Whether a modern request's `params` declare the tasks extension. */
export function declaresTasks(params: JsonObject | undefined): boolean {
  const meta = params?.["_meta"];
  const capabilities = isObject(meta) ? meta[metaKeys.clientCapabilities] : undefined;
  const extensions = isObject(capabilities) ? capabilities["extensions"] : undefined;
  return isObject(extensions) && isObject(extensions[tasksExtension]);
}

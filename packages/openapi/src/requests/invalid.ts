import type { Fault } from "@castellan/kernel";
import { openapiFaults } from "../faults.ts";

/** What does not fit the document; `field` names the argument. */
export function requestInvalid(field: string, problem: string): Fault {
  return openapiFaults.fault("api_request_invalid", `${field} ${problem}`, { field });
}

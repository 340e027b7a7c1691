/**
 * A request for each operation that it answers well, and one for each failure of its own. What operations refuse
 * by their nature (who asks, how the body is written) is derived from the first.
 */
import { configurationCases } from "./cases/configuration.ts";
import { definitionCases } from "./cases/definitions.ts";
import { importCases } from "./cases/imports.ts";
import { nothing, type CaseTable } from "./cases/operation-cases.ts";
import { portalCases } from "./cases/portals.ts";
import { serverCases } from "./cases/servers.ts";
import { tokenCases } from "./cases/tokens.ts";

export const cases: CaseTable = {
  getStatus: { good: nothing },
  ...serverCases,
  ...definitionCases,
  ...importCases,
  listCatalog: { good: nothing },
  ...portalCases,
  ...configurationCases,
  ...tokenCases,
  listCalls: { good: nothing },
  verifyCalls: { good: nothing },
};

/**
 * A request for each operation that it answers well, and one for each failure of its own. What operations refuse
 * by their nature (who asks, how the body is written) is derived from the first.
 */
import { accountCases } from "./cases/accounts.ts";
import { approvalCases } from "./cases/approvals.ts";
import { clientCases } from "./cases/clients.ts";
import { configurationCases } from "./cases/configuration.ts";
import { definitionCases } from "./cases/definitions.ts";
import { evaluatorCases } from "./cases/evaluators.ts";
import { importCases } from "./cases/imports.ts";
import { meCases } from "./cases/me.ts";
import { invitationCases } from "./cases/invitations.ts";
import { nothing, type CaseTable } from "./cases/operation-cases.ts";
import { peopleCases } from "./cases/people.ts";
import { policyCases } from "./cases/policies.ts";
import { portalCases } from "./cases/portals.ts";
import { providerCases } from "./cases/providers.ts";
import { runCases } from "./cases/runs.ts";
import { serverCases } from "./cases/servers.ts";
import { tokenCases } from "./cases/tokens.ts";
import { webhookCases } from "./cases/webhooks.ts";

export const cases: CaseTable = {
  getStatus: { good: nothing },
  ...serverCases,
  ...accountCases,
  ...definitionCases,
  ...importCases,
  listCatalog: { good: nothing },
  ...portalCases,
  ...policyCases,
  ...evaluatorCases,
  ...configurationCases,
  ...peopleCases,
  ...invitationCases,
  ...tokenCases,
  ...clientCases,
  ...providerCases,
  ...meCases,
  ...webhookCases,
  ...approvalCases,
  ...runCases,
  listCalls: { good: nothing },
  verifyCalls: { good: nothing },
};

import { clientKind } from "./client-kind.ts";
import { evaluatorKind } from "./evaluator-kind.ts";
import { groupKind } from "./group-kind.ts";
import { issuerKind } from "./issuer-kind.ts";
import type { PlainKind } from "./plain-kind.ts";
import { policyKind } from "./policy-kind.ts";
import { providerKind } from "./provider-kind.ts";
import { webhookKind } from "./webhook-kind.ts";

/** In the order in which plans name them. */
export const plainKinds: readonly PlainKind[] = [
  groupKind,
  providerKind,
  issuerKind,
  clientKind,
  evaluatorKind,
  webhookKind,
  policyKind,
];

/** Every failure that the house can tell of, from the catalogs of its packages. */
import { accessFaults } from "@castellan/access";
import { apiFaults } from "@castellan/api";
import { approvalFaults } from "@castellan/approvals";
import { auditFaults } from "@castellan/audit";
import { callFaults } from "@castellan/calls";
import { codemodeFaults } from "@castellan/codemode";
import { configurationFaults } from "@castellan/configuration";
import { credentialFaults } from "@castellan/credentials";
import { databaseFaults } from "@castellan/database";
import { isolateFaults } from "@castellan/isolates";
import { kernelFaults, type FaultSpec } from "@castellan/kernel";
import { mcpFaults } from "@castellan/mcp";
import { noticeFaults } from "@castellan/notices";
import { oauthFaults } from "@castellan/oauth";
import { openapiFaults } from "@castellan/openapi";
import { policyFaults } from "@castellan/policy";
import { portalFaults } from "@castellan/portal";
import { registryFaults } from "@castellan/registry";
import { replicaFaults } from "@castellan/replicas";
import { signInFaults } from "@castellan/sign-in";
import { vaultFaults } from "@castellan/vault";
import { webFaults } from "@castellan/web";
import { cliFaults } from "../../apps/server/src/cli/faults.ts";
import { serverFaults } from "../../apps/server/src/faults.ts";

export const catalogs: Readonly<Record<string, Readonly<Record<string, FaultSpec>>>> = {
  kernel: kernelFaults.specs,
  database: databaseFaults.specs,
  web: webFaults.specs,
  vault: vaultFaults.specs,
  access: accessFaults.specs,
  approvals: approvalFaults.specs,
  credentials: credentialFaults.specs,
  isolates: isolateFaults.specs,
  audit: auditFaults.specs,
  mcp: mcpFaults.specs,
  replicas: replicaFaults.specs,
  notices: noticeFaults.specs,
  policy: policyFaults.specs,
  calls: callFaults.specs,
  oauth: oauthFaults.specs,
  "sign-in": signInFaults.specs,
  portal: portalFaults.specs,
  codemode: codemodeFaults.specs,
  openapi: openapiFaults.specs,
  configuration: configurationFaults.specs,
  registry: registryFaults.specs,
  api: apiFaults.specs,
  server: serverFaults.specs,
  cli: cliFaults.specs,
};

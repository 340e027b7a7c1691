/**
 * The official suite's scenarios for authorization servers: what it publishes, and the code flow, which a person goes
 * through in a real browser for the suite's own client.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../heavy/process/tcp.ts";
import { defectsOf, startCompany, type Company } from "../sign-in/clients/company.ts";
import { clean, judge } from "./suite/judge.ts";
import { callbackUrl, runAuthorizationSuite } from "./suite/run.ts";

let company: Company;

beforeAll(async () => {
  company = await startCompany();
});
afterAll(async () => {
  expect(defectsOf(company)).toEqual([]);
  await company[Symbol.asyncDispose]();
});

const scenarios = ["authorization-server-metadata-endpoint", "authorization-code-grant"];

test("the suite finds the metadata, and gets a token for a person", async ({ signal }) => {
  const { house, portal } = company;
  const port = await freePort();
  const { id: clientId } = await house.api<{ id: string }>("POST", "/clients", {
    name: "Conformance",
    authMethod: "none",
    redirectUris: [callbackUrl(port)],
  });
  const visitor = await company.newVisitor();
  const outcome = await runAuthorizationSuite(
    { issuer: `${house.url}/oauth`, clientId, resource: portal },
    { port, visit: async (url) => void (await visitor.decide(url)), signal },
  );
  expect(judge(outcome, scenarios)).toEqual(clean);
  const statuses = [...outcome.values()].flat().map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set(["SUCCESS"]));
});

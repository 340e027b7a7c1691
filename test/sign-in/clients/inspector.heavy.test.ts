/** The inspector's command line, in each of the ways in which clients become known. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { defectsOf, startCompany, type Company } from "./company.ts";
import { serveDescribedClients, type DescribedClients } from "./described-client.ts";
import { liveWithInspector, ways } from "./inspector-life.ts";

const opened = new AsyncDisposableStack();
let clients: DescribedClients;
let company: Company;

beforeAll(async () => {
  clients = opened.use(await serveDescribedClients());
  company = opened.use(await startCompany({ env: clients.env }));
});
afterAll(async () => {
  expect(defectsOf(company)).toEqual([]);
  await opened.disposeAsync();
});

test.each(ways)("one that $way: signs in, refreshes by itself, signs in anew", (way) =>
  liveWithInspector({ company, clients }, way),
);

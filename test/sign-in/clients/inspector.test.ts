/** The inspector's command line, which registers itself; `inspector.heavy.test.ts` has the other ways. */
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

const some = ways.filter(({ way }) => way === "registers itself");

test.each(some)("one that $way: signs in, refreshes by itself, signs in anew", { timeout: 60_000 }, (way) =>
  liveWithInspector({ company, clients }, way),
);

/**
 * What it costs to know who is calling, and to let somebody in. Processor time of one authenticated call with a token that
 * is known (aim: at most 100 µs, and no query); the first sight of a token; calls over HTTP by kind of credential; the
 * time until a grant that was ended at one replica is good for nothing at another; the flows of signing in.
 *
 * The people are programs: nobody reads the page. A password's hash is costly by design, so signing in is told by itself
 * and is in no other figure. Everything, the generator too, is on the same cores: compare figures of one run.
 *
 * Options: --part hot|calls|revocation|flows (again for further ones; default: all), --seconds N (of one turn, default 3),
 * --rounds N (default 3), --tries N (revocations, default 50), --people N (who sign in at a time, default 8), --json.
 */
import { parseArgs } from "node:util";
import { openDatabase } from "@castellan/database";
import { startUpstream } from "../load/castellan.ts";
import { endAfter } from "../load/deadline.ts";
import { spread, spreadCells } from "../load/figures.ts";
import { startMeasuredReplicas } from "../load/replicas.ts";
import { printTable } from "../load/table.ts";
import { createClient, redirectUri, type Client } from "../sign-in/client.ts";
import { measureCold } from "../sign-in/cold.ts";
import {
  measureClientCredentials,
  measureConsent,
  measureRefresh,
  type FlowFigure,
} from "../sign-in/flows.ts";
import { measureHotPath } from "../sign-in/hot-path.ts";
import { addPerson, timeSignIn, type Person } from "../sign-in/people.ts";
import { measureCalls } from "../sign-in/portal-calls.ts";
import { measureRevocation, type Given } from "../sign-in/revocation.ts";
import { createTokens, everyScope, portal } from "../sign-in/tokens.ts";

const { values } = parseArgs({
  options: {
    part: { type: "string", multiple: true },
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
    tries: { type: "string", default: "50" },
    people: { type: "string", default: "8" },
    json: { type: "boolean", default: false },
  },
});
const parts = ["hot", "calls", "revocation", "flows"] as const;
const chosen = parts.filter((part) => values.part === undefined || values.part.includes(part));
if (chosen.length === 0) throw new RangeError(`The parts are ${parts.join(", ")}`);
const [turnMs, rounds, tries] = [Number(values.seconds) * 1000, Number(values.rounds), Number(values.tries)];
const coldTokens = 200;
const everything = ["read", "write", "destructive"];

using _deadline = endAfter(300_000 + turnMs * rounds * 12 + tries * 2_000);
await using opened = new AsyncDisposableStack();
const servers = {
  bench: opened.use(await startUpstream("both")),
  asking: { ...opened.use(await startUpstream("legacy")), clientFeatures: ["elicitation_form"] },
};
const { first, second, connection } = opened.use(
  await startMeasuredReplicas({ CASTELLAN_TRUSTED_PROXIES: "127.0.0.1" }),
);
await setUp();
const resource = first.portalUrl(portal).href;
const asksForAll = [...everyScope, "asking:read", "asking:write", "asking:destructive"];
const client = await addClient("Editor", asksForAll);
const people: Person[] = [];
for (let n = 0; n < (chosen.some((part) => part !== "hot") ? Number(values.people) : 0); n++)
  people.push(await addPerson(first, `person${n}@example.com`));

const measured: Record<string, unknown> = {};
for (const part of chosen) await { hot, calls, revocation, flows }[part]();
if (values.json) console.log(JSON.stringify(measured, undefined, 2));

async function hot(): Promise<void> {
  await using database = await openDatabase({ connection, applicationName: "bench" });
  const tokens = await createTokens(database);
  const known = await measureHotPath(database, tokens, rounds);
  const cold = await measureCold(database, tokens, coldTokens);
  const [none] = known;
  const base = none?.cpuUs ?? 0;
  tell(
    "hotPath",
    known,
    ["a token that is known, one call", "CPU µs", "of it for the caller", "calls", "queries"],
    known.map(({ name, cpuUs, calls: count, queries }) => [
      name,
      cpuUs.toFixed(2),
      (cpuUs - base).toFixed(2),
      String(count),
      String(queries),
    ]),
  );
  tell(
    "cold",
    cold,
    ["a token that is seen for the first time, ms", "p50", "p99", "max", "CPU µs", "tokens", "queries"],
    cold.map(({ name, each, cpuUs, queries }) => [
      name,
      ...spreadCells(each, 2),
      cpuUs.toFixed(0),
      String(each.count),
      String(queries),
    ]),
  );
}

async function calls(): Promise<void> {
  const { token: service } = await serviceToken();
  const one = await letIn(client);
  const reader = await letIn(
    await addClient("Reader", ["portal:part", "bench:read", "bench:destructive"], "part"),
  );
  const url = first.portalUrl(portal);
  const figures = await measureCalls(
    first.pid,
    [
      { name: "service token", url, token: service },
      { name: "access token of a person", url, token: one },
      { name: "of a person who may use a part", url: first.portalUrl("part"), token: reader },
    ],
    { rounds, turnMs },
  );
  tell(
    "calls",
    figures,
    ["tools/call, 16 connections", "per second", "of service", "p50 ms", "CPU ms", "of service", "failed"],
    figures.map(({ name, era, perSecond, p50Ms, cpuMs, failures }) => {
      const base = figures.find((other) => other.era === era) ?? { perSecond, cpuMs };
      return [
        `${name}, ${era}`,
        perSecond.toFixed(0),
        `${(perSecond / base.perSecond).toFixed(2)}×`,
        p50Ms.toFixed(2),
        cpuMs.toFixed(3),
        `${(cpuMs / base.cpuMs).toFixed(2)}×`,
        String(failures),
      ];
    }),
  );
}

async function revocation(): Promise<void> {
  const give = async (): Promise<Given> => {
    const token = await letIn(client);
    const { items } = await first.api("GET", `/grants?client=${client.id}&limit=1`);
    const [newest] = items as { id: string }[];
    return { token, grantId: newest?.id ?? "" };
  };
  const figures = await measureRevocation({ ending: first, serving: second }, give, tries);
  tell(
    "revocation",
    figures,
    [`from the request to end a grant, ms, ${tries} tries`, "p50", "p99", "max"],
    figures.map(({ name, took }) => [name, ...spreadCells(took)]),
  );
}

async function flows(): Promise<void> {
  const options = { site: first.url, pid: first.pid, durationMs: turnMs * rounds };
  const letsIn = await measureConsent(people, client, options);
  const figures = [
    ...letsIn.figures,
    await measureRefresh(letsIn.tokens, client, options),
    await measureClientCredentials(await programOfItsOwn(), people.length, options),
  ];
  const signIns: number[] = [];
  for (const person of people) signIns.push(await timeSignIn(first, person));
  const signIn = { name: "sign-in with password and code", took: spread(signIns) };
  const head = [`${people.length} at a time`, "per second", "CPU ms", "p50 ms", "p99", "max"];
  tell("flows", figures, head, figures.map(flowRow));
  tell(
    "signIn",
    signIn,
    ["one at a time, the password's hash in it", "p50 ms", "p99", "max"],
    [[signIn.name, ...spreadCells(signIn.took)]],
  );
}

function flowRow({ name, perSecond, cpuMs, took }: FlowFigure): string[] {
  const cell = (value: number, digits: number) => (Number.isNaN(value) ? "" : value.toFixed(digits));
  return [name, cell(perSecond, 1), cell(cpuMs, 2), ...spreadCells(took)];
}

function tell(
  name: string,
  figures: unknown,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  measured[name] = figures;
  if (values.json) return;
  printTable(head, rows);
  console.log("");
}

async function setUp(): Promise<void> {
  for (const [slug, server] of Object.entries(servers)) await first.addServer(slug, server);
  const access = [{ who: "everyone", classes: everything }];
  await first.api("POST", "/portals", { slug: portal, servers: Object.keys(servers), access });
  const part = [{ who: "everyone", classes: ["read", "destructive"], servers: ["bench"] }];
  await first.api("POST", "/portals", { slug: "part", servers: Object.keys(servers), access: part });
}

/** A program without a secret, as an admin registers it. */
async function addClient(name: string, scopes: readonly string[], at = portal): Promise<Client> {
  const { id } = await first.api("POST", "/clients", {
    name,
    authMethod: "none",
    redirectUris: [redirectUri],
  });
  return createClient({ site: first.url, id: String(id), resource: first.portalUrl(at).href, scopes });
}

/** One with a secret, which acts for itself. */
async function programOfItsOwn(): Promise<{ id: string; secret: string; resource: string }> {
  const { id, secret } = await first.api("POST", "/clients", {
    name: "Nightly",
    authMethod: "client_secret_basic",
    grantTypes: ["client_credentials"],
    scopes: [...everyScope],
  });
  return { id: String(id), secret: String(secret), resource };
}

async function serviceToken(): Promise<{ token: string }> {
  const made = { name: "bench", role: "member", portals: [portal], allow: everything };
  return { token: String((await first.api("POST", "/tokens", made))["secret"]) };
}

/** The first person lets the client in; resolves to the access token. */
async function letIn(by: Client): Promise<string> {
  const [person] = people;
  if (!person) throw new Error("There is nobody");
  const coded = await (await by.ask(person.browser)).allow();
  return (await coded.redeem()).access;
}

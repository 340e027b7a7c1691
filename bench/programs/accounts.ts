/**
 * What it costs that a call goes on in somebody's own name: with their linked account, and with a token of ours made for the
 * call, against the same call to the same server without any credentials; turn and turn about in one run. Then 200 calls at
 * once, of four people since of one no more than 64 run at a server, that find the tokens expired, against 200 that find them
 * good: one call for each person renews theirs.
 *
 * Options: --seconds N (of one turn, default 3), --rounds N (default 3), --bursts N (of each kind, default 5), --calls N (at once,
 * default 200).
 */
import { parseArgs } from "node:util";
import { atOnce, startAuthorizationServer } from "@castellan/credentials/testing";
import { burst, type Burst } from "../accounts/burst.ts";
import { createLinker, letIn, signInForAll } from "../accounts/scene.ts";
import { startUpstream } from "../load/castellan.ts";
import { endAfter } from "../load/deadline.ts";
import { median } from "../load/figures.ts";
import { startMeasuredReplicas } from "../load/replicas.ts";
import { printTable } from "../load/table.ts";
import { addPerson } from "../sign-in/people.ts";
import { measureCalls } from "../sign-in/portal-calls.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
    bursts: { type: "string", default: "5" },
    calls: { type: "string", default: "200" },
  },
});
const [turnMs, rounds] = [Number(values.seconds) * 1000, Number(values.rounds)];
const [bursts, calls] = [Number(values.bursts), Number(values.calls)];
const portal = "bench";
const classes = ["read", "write", "destructive"];

using _deadline = endAfter(120_000 + turnMs * rounds * 8 + bursts * 20_000);
await using opened = new AsyncDisposableStack();
const upstream = opened.use(await startUpstream("both"));
const there = opened.use(await startAuthorizationServer());
const { first: castellan, connection } = opened.use(
  await startMeasuredReplicas({ CASTELLAN_TRUSTED_PROXIES: "127.0.0.1" }),
);

/** The same server under each name. */
const auths = {
  none: { kind: "none" },
  own: { kind: "own_account", issuer: there.issuer, scopes: ["read"] },
  identity: { kind: "identity", groups: true },
};
for (const [slug, auth] of Object.entries(auths))
  await castellan.api("POST", "/servers", {
    slug,
    url: upstream.url.href,
    auth,
    allowPrivate: [upstream.url.host, new URL(there.issuer).host],
    autoAccept: ["tool", "prompt", "resource", "resource_template", "instructions"],
  });
await signInForAll(castellan, { slug: "own", there, connection });
const access = [{ who: "everyone", classes }];
await castellan.api("POST", "/portals", { slug: portal, servers: Object.keys(auths), access });
const url = castellan.portalUrl(portal);
const servers = Object.keys(auths).flatMap((slug) => classes.map((each) => `${slug}:${each}`));
const people: { readonly token: string; readonly linkAnew: () => Promise<void> }[] = [];
for (const user of ["ada", "bob", "eve", "dan"]) {
  const person = await addPerson(castellan, `${user}@example.com`);
  const linkAnew = await createLinker(castellan, person, { slug: "own", there, user });
  await linkAnew();
  const at = { resource: url.href, scopes: [`portal:${portal}`, ...servers] };
  people.push({ linkAnew, token: await letIn(castellan, person, at) });
}

await compareCalls();
console.log("");
await compareBursts();

async function compareCalls(): Promise<void> {
  const { token = "" } = people[0] ?? {};
  const callers = Object.keys(auths).map((name) => ({ name, url, token, tool: `${name}_echo` }));
  const figures = await measureCalls(castellan.pid, callers, { rounds, turnMs });
  const rows = figures.map(({ name, era, perSecond, p50Ms, cpuMs, failures }) => {
    const base = figures.find((one) => one.name === "none" && one.era === era);
    return [
      `${name}, ${era}`,
      perSecond.toFixed(0),
      p50Ms.toFixed(2),
      (cpuMs * 1000).toFixed(0),
      `${(cpuMs / (base?.cpuMs ?? Number.NaN)).toFixed(2)}×`,
      String(failures),
    ];
  });
  printTable(["tools/call", "per second", "p50 ms", "processor µs", "of none", "failed"], rows);
}

async function compareBursts(): Promise<void> {
  const doors = people.map(({ token }) => ({ url, headers: { authorization: `Bearer ${token}` } }));
  const results = { good: [] as Burst[], expired: [] as Burst[] };
  const renewals: number[] = [];
  await burst(doors, "own_echo", calls);
  for (let round = 0; round < bursts; round++) {
    results.good.push(await burst(doors, "own_echo", calls));
    there.saidTtlSeconds = atOnce;
    for (const { linkAnew } of people) await linkAnew();
    there.saidTtlSeconds = undefined;
    const before = there.grants("refresh_token");
    results.expired.push(await burst(doors, "own_echo", calls));
    renewals.push(there.grants("refresh_token") - before);
  }
  const wholeMs = (list: readonly Burst[]) => median(list.map(({ took }) => took.max));
  const rows = Object.entries(results).map(([name, list]) => [
    `${calls} at once, token ${name}`,
    median(list.map(({ took }) => took.p50)).toFixed(0),
    wholeMs(list).toFixed(0),
    `${(wholeMs(list) / wholeMs(results.good)).toFixed(2)}×`,
    name === "good" ? "" : [...new Set(renewals)].join(", "),
    String(list.reduce((total, { failures }) => total + failures, 0)),
  ]);
  printTable(["own account", "p50 ms", "all ms", "of good", "renewals each", "failed"], rows);
}

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { startTestUpstream, type TestUpstream } from "@castellan/api/testing";
import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makeFolder, serveTestApi, type ServedApi } from "../testing/command.ts";

let served: ServedApi;
let upstream: TestUpstream;
let registry: Server;
let registryUrl: string;
/** What the registry was asked for. */
const asked: string[] = [];

beforeAll(async () => {
  served = await serveTestApi();
  upstream = await startTestUpstream();
  registry = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? "nobody"}`);
    if (request.url?.includes("big")) return response.end("x".repeat(2 * 1024 * 1024));
    if (request.url?.includes("gone")) return response.writeHead(404).end("{}");
    return response.end(JSON.stringify({ server: document(), _meta: {} }));
  }).listen(0, "127.0.0.1");
  await once(registry, "listening");
  registryUrl = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  asked.length = 0;
  await served.api.database.query(sql`delete from servers`);
});
afterAll(async () => {
  registry.closeAllConnections();
  registry.close();
  await upstream[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

function document() {
  return {
    name: "io.example/weather",
    title: "Weather",
    description: "Rain and shine",
    version: "1.0.0",
    remotes: [
      {
        type: "streamable-http",
        url: `${upstream.url}?team={team}`,
        variables: { team: { isRequired: true } },
        headers: [{ name: "X-Key", isRequired: true, isSecret: true }],
      },
    ],
  };
}

const allow = ["--allow-private", "127.0.0.1"];
const values = ["--var", "team=blue", "--header-env", "X-Key=KEY"];
const env = { KEY: "s3cret" };

test("from a file, with what it asks for", async () => {
  await using folder = await makeFolder();
  await writeFile(join(folder.path, "server.json"), JSON.stringify(document()));
  const args = ["server", "import", "server.json", ...allow];
  const asks = await served.castellan(args, { cwd: folder.path });
  expect([asks.code, asks.stdout, asks.stderr]).toEqual([
    1,
    "",
    "castellan: The document asks for variables.team, headers.X-Key: add --var team=VALUE --header-env X-Key=VARIABLE (server_json_incomplete)\n",
  ]);
  const done = await served.castellan([...args, ...values], { cwd: folder.path, env });
  expect({ ...done, stdout: done.stdout.replace(/\d+ ms/, "N ms") }).toEqual({
    code: 0,
    stdout: `Server           weather (Weather)
About            Rain and shine
URL              ${upstream.url}?team=blue
Transport        streamable-http
State            needs_attention
Attention        3 definitions wait for approval
Synced           just now, in N ms
Speaks           legacy, modern
Headers          x-key
Allowed private  127.0.0.1
`,
    stderr: "3 definitions wait for approval: castellan server definitions weather\n",
  });
});

test("from a registry and from a URL, to which no token goes", async () => {
  const settings = ["--slug", "rain", "--title", "Rain", "--auto-accept", "all", ...allow, ...values];
  const byName = ["--registry", `${registryUrl}/`, "--name", "io.example/weather"];
  expect(await served.json(["server", "import", ...byName, ...settings], { env })).toMatchObject({
    slug: "rain",
    title: "Rain",
    description: "Rain and shine",
    state: { status: "ready" },
  });
  const secret = ["--var-env", "team=TEAM", "--bearer-env", "KEY"];
  expect(
    await served.json(
      ["server", "import", `${registryUrl}/weather`, ...allow, ...secret, "--header-env", "X-Key=KEY"],
      {
        env: { ...env, TEAM: "red" },
      },
    ),
  ).toMatchObject({ slug: "weather", headerNames: ["x-key", "authorization"] });
  expect(asked).toEqual(["/v0.1/servers/io.example%2Fweather/versions/latest nobody", "/weather nobody"]);
});

test.each([
  [
    ["http://127.0.0.1:2/"],
    /^castellan: http:\/\/127\.0\.0\.1:2\/: ECONNREFUSED \(document_unavailable\)\n$/,
  ],
  [["REGISTRY/gone"], /\/gone: HTTP 404 \(document_unavailable\)\n$/],
  [["REGISTRY/big"], /\/big: longer than 1048576 bytes \(document_unavailable\)\n$/],
  [["/nowhere"], /^castellan: The file \/nowhere cannot be read \(ENOENT\) \(file_unreadable\)\n$/],
  [
    ["/etc/hostname"],
    /^castellan: What is there is no server\.json: it is no JSON object \(file_unreadable\)\n$/,
  ],
])("%j is refused", async (args, stderr) => {
  const run = await served.castellan([
    "server",
    "import",
    ...args.map((arg) => arg.replace("REGISTRY", registryUrl)),
  ]);
  expect([run.code, run.stdout]).toEqual([1, ""]);
  expect(run.stderr).toMatch(stderr);
});

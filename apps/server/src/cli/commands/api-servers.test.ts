import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makeFolder, serveTestApi, type ServedApi, type TestFolder } from "../testing/command.ts";

let served: ServedApi;
let folder: TestFolder;
let file: string;

const document = `openapi: 3.1.0
info: { title: Notes, version: "1" }
servers: [{ url: "https://127.0.0.1:1/v1" }]
paths:
  /notes:
    get: { operationId: notes.list, responses: { "200": { description: Notes } } }
    trace: { responses: { "200": { description: Nothing } } }
`;

beforeAll(async () => {
  served = await serveTestApi();
  folder = await makeFolder();
  file = join(folder.path, "notes.yaml");
  await writeFile(file, document);
});
beforeEach(() => served.api.database.query(sql`delete from servers`));
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

const add = ["server", "add", "notes", "--allow-private", "127.0.0.1"];

test("an API is added by a file, shown as another face, and needs a document or a URL", async () => {
  const added = await served.castellan([...add, "--openapi", file]);
  expect({ ...added, stdout: added.stdout.replace(/\d+ ms/, "N ms") }).toEqual({
    code: 0,
    stdout: `Server           notes
URL              https://127.0.0.1:1/v1
Document         given as text, 1 operations
Listed as        tools
Not offered      TRACE /notes: is of a method that is not used
State            needs_attention
Attention        1 definition waits for approval
Synced           just now, in N ms
Speaks           modern
Allowed private  127.0.0.1
`,
    stderr: "1 definition waits for approval: castellan server definitions notes\n",
  });
  const edited = await served.castellan(["server", "edit", "notes", "--face", "code"]);
  expect(edited.stdout).toMatch(/^Listed as +code$/m);
  const plain = ["https://127.0.0.1:1/mcp", "--allow-private", "127.0.0.1"];
  await served.castellan(["server", "add", "plain", ...plain]);
  expect((await served.castellan(["server", "edit", "plain", "--face", "code"])).stderr).toMatch(
    /^castellan: --face is of APIs: plain speaks MCP itself \(usage_invalid\)\n/,
  );
  expect(
    (await served.castellan(["server", "edit", "plain", "--face", "code", "--openapi", file])).stderr,
  ).toMatch(/^castellan: --openapi and --face are of APIs: plain speaks MCP itself \(usage_invalid\)\n/);
  expect((await served.castellan(["server", "add", "more", ...plain, "--face", "code"])).stderr).toMatch(
    /^castellan: --face is of APIs: --openapi names the document of one \(usage_invalid\)\n/,
  );
  expect(await served.castellan(["server", "add", "other"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--openapi") as string,
  });
  expect(await served.castellan([...add, "--openapi", "nowhere.yaml"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("nowhere.yaml") as string,
  });
});

test("a configuration file names the document's file from its own folder", async () => {
  const config = join(folder.path, "castellan.yaml");
  await writeFile(
    config,
    `apiVersion: castellan/v1
name: main
servers:
  notes:
    url: https://127.0.0.1:1/v1
    allowPrivate: ["127.0.0.1"]
    openapi: { file: notes.yaml }
`,
  );
  const diff = await served.castellan(["diff", "-f", config]);
  expect([diff.code, /sha256:[0-9a-f]{64}/.test(diff.stdout), diff.stdout.includes("TRACE")]).toEqual([
    1,
    true,
    false,
  ]);
  // With --json nobody waits until servers are read: here none is.
  expect((await served.castellan(["apply", "-f", config, "--yes", "--json"])).code).toBe(0);
  expect((await served.castellan(["diff", "-f", config])).code).toBe(0);
  const shown = await served.castellan(["server", "show", "notes"]);
  expect(shown.stdout).toMatch(/^Document +given as text, 1 operations$/m);
});

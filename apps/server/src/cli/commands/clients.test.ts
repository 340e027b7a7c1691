import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { columns, makeFolder, serveTestApi, type ServedApi } from "../testing/command.ts";

let served: ServedApi;

beforeAll(async () => {
  served = await serveTestApi();
});
afterAll(() => served[Symbol.asyncDispose]());

const nightly = ["--auth", "client_secret_basic", "--grant-type", "client_credentials"];

test("a client's secret is printed alone, once, and is replaced with and without an overlap", async () => {
  const made = await served.castellan(["client", "add", "nightly", ...nightly, "--introspect"]);
  const { id } = (await served.json(["client", "show", "nightly"])) as { id: string };
  expect(made).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^ccs_[\w-]+\n$/) as string,
    stderr: `Client nightly has the id ${id}\nThis is the only time that the secret is shown: keep it where secrets are kept.\n`,
  });
  const rotated = await served.castellan(["client", "rotate", "nightly", "--overlap", "1h"]);
  expect([rotated.code, rotated.stdout === made.stdout]).toEqual([0, false]);
  const shown = await served.castellan(["client", "show", id]);
  expect(columns(shown.stdout).slice(0, 5)).toEqual([
    ["Client", "nightly"],
    ["ID", id],
    ["Kind", "registered"],
    ["Proved by", "client_secret_basic"],
    ["Secrets", expect.stringMatching(/^made just now; made just now, ends in 60 min$/)],
  ]);
  const unsure = await served.castellan(["client", "rotate", "nightly", "--overlap", "0s"]);
  expect([unsure.code, unsure.stdout]).toEqual([2, ""]);
  expect((await served.castellan(["client", "rotate", "nightly", "--overlap", "0s", "--yes"])).code).toBe(0);
  expect(await served.json(["client", "show", id])).toMatchObject({ secrets: [{}] });
  const removed = await served.castellan(["client", "remove", "nightly", "--yes"]);
  expect(removed.stdout).toBe("Client nightly is removed\n");
});

test("an app has no secret; what is named is changed, and what is not stays", async () => {
  const added = [
    "client",
    "add",
    "Desk",
    "--redirect",
    "http://127.0.0.1/cb",
    "--redirect",
    "desk://cb/",
    "--site",
  ];
  expect(await served.json([...added, "https://desk.example"])).toMatchObject({
    name: "Desk",
    authMethod: "none",
    redirectUris: ["http://127.0.0.1/cb", "desk://cb/"],
    uri: "https://desk.example",
  });
  expect(await served.json(["client", "edit", "Desk", "--name", "Desk 2", "--no-site"])).toMatchObject({
    name: "Desk 2",
    redirectUris: ["http://127.0.0.1/cb", "desk://cb/"],
  });
  expect((await served.castellan(["client", "edit", "Desk 2"])).stderr).toContain(
    "`castellan client edit --help` lists what can be (usage_invalid)",
  );
});

test("keys come out of a file", async () => {
  await using folder = await makeFolder();
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  };
  await writeFile(join(folder.path, "keys.json"), JSON.stringify({ keys: [jwk] }));
  await writeFile(join(folder.path, "no.json"), "keys");
  const add = ["client", "add", "signer", "--auth", "private_key_jwt", "--grant-type", "client_credentials"];
  expect(await served.json([...add, "--jwks", "keys.json"], { cwd: folder.path })).toMatchObject({
    jwks: { keys: [jwk] },
  });
  const refused = await served.castellan([...add, "--jwks", "no.json"], { cwd: folder.path });
  expect(refused.stderr).toBe("castellan: The file no.json is not JSON (file_unreadable)\n");
});

test("the command line is one of them, and can be removed", async () => {
  const listed = await served.castellan(["clients", "list", "--kind", "registered", "--search", "castellan"]);
  expect(columns(listed.stdout)).toEqual([
    ["NAME", "KIND", "PROVED BY", "USED", "ID"],
    ["Castellan command line", "registered", "none", "never", "castellan-cli"],
  ]);
  expect(await served.json(["client", "show", "castellan-cli"])).toMatchObject({
    redirectUris: ["http://127.0.0.1/callback"],
    createdBy: "setup",
  });
  expect(await served.json(["client", "remove", "castellan-cli", "--yes"])).toEqual({
    removed: "castellan-cli",
  });
});

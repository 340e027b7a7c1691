/** The MCP inspector's command line against the portal: what scripts and CI jobs use. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { startEverything, startExample } from "../harness/upstreams.ts";
import { makeHome, runNode, type Home } from "./run.ts";

const inspector = fileURLToPath(
  new URL("clients/launcher/build/index.js", toPackage("@modelcontextprotocol/inspector")),
);

let house: TestHouse;
let portal: TestPortal;
let home: Home;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  home = opened.use(await makeHome());
  const [everything, invoices] = await Promise.all([startEverything(), startExample("invoices")]);
  for (const server of [everything, invoices]) opened.use(server);
  portal = await house.addPortal("work", { everything: everything.url, invoices: invoices.url });
});
afterAll(() => opened.disposeAsync());

type Named = { name: string; uri: string };
interface Output {
  result: Record<"tools" | "prompts" | "resources" | "content", Named[]>;
  error: { code: string };
}

/** The exit code, and the JSON that was written to either stream. */
async function inspect(...args: string[]): Promise<{ code: number; out?: Output["result"]; error?: string }> {
  return inspectAs(portal.token, ...args);
}

async function inspectAs(token: string, ...args: string[]) {
  const connect = ["--cli", portal.url, "--transport", "http", "--header"];
  const ran = await runNode(
    inspector,
    [...connect, `Authorization: Bearer ${token}`, "--stored-auth-only", "--format", "json", ...args],
    home,
  );
  expect(ran.stdout + ran.stderr).not.toContain(token);
  return {
    code: ran.code,
    ...(ran.stdout !== "" && { out: (JSON.parse(ran.stdout) as Output).result }),
    ...(ran.stderr !== "" && { error: (JSON.parse(ran.stderr) as Output).error.code }),
  };
}

const servers = ["everything", "invoices"];

test.each(["legacy", "modern"])("%s: lists every kind", async (era) => {
  const [tools, prompts, resources] = await Promise.all(
    ["tools/list", "prompts/list", "resources/list"].map((method) =>
      inspect("--method", method, "--protocol-era", era),
    ),
  );
  expect([tools?.code, prompts?.code, resources?.code]).toEqual([0, 0, 0]);
  const prefixes = (items: readonly Named[] = []) => [
    ...new Set(items.map(({ name }) => name.split("_", 1)[0])),
  ];
  expect(prefixes(tools?.out?.tools)).toEqual([...servers, "portal"]);
  expect(prefixes(prompts?.out?.prompts)).toEqual(servers);
  expect(resources?.out?.resources.length).toBeGreaterThan(0);
});

test("legacy: calls a tool, gets a prompt, reads a resource", async () => {
  const [called, got, read] = await Promise.all([
    inspect("--method", "tools/call", "--tool-name", "everything_echo", "--tool-arg", "message=hi"),
    inspect("--method", "prompts/get", "--prompt-name", "everything_simple-prompt"),
    inspect("--method", "resources/read", "--uri", "demo://resource/static/document/features.md"),
  ]);
  expect(called).toEqual({ code: 0, out: { content: [{ type: "text", text: "Echo: hi" }] } });
  expect(got).toMatchObject({ code: 0, out: { messages: [{ role: "user" }] } });
  expect(read).toMatchObject({
    code: 0,
    out: { contents: [{ uri: "demo://resource/static/document/features.md", mimeType: "text/markdown" }] },
  });
});

test("modern: a call that does something, and what it did", async () => {
  const call = ["--method", "tools/call", "--tool-name", "invoices_create_invoice", "--tool-args-json"];
  const created = await inspect(
    "--protocol-era",
    "modern",
    ...call,
    JSON.stringify({
      customer: { name: "Ada", email: "ada@example.com" },
      currency: "EUR",
      lines: [{ description: "Bridge", quantity: 2, unitPriceMinor: 1250 }],
      dueOn: "2030-01-31",
    }),
  );
  expect(created).toMatchObject({
    code: 0,
    out: { structuredContent: { invoice: { totalMinor: 2500, status: "draft" } } },
  });
});

test("failures have the exit codes that scripts look at", async () => {
  const [isError, unknown, stranger] = await Promise.all([
    inspect("--method", "tools/call", "--tool-name", "invoices_get_invoice", "--tool-arg", "id=none"),
    inspect("--method", "tools/call", "--tool-name", "no_such_tool"),
    inspectAs("castellan_none", "--method", "tools/list"),
  ]);
  expect(isError).toMatchObject({ code: 5, out: { isError: true }, error: "tool_is_error" });
  expect(unknown).toEqual({ code: 5, error: "tool_not_found" });
  expect(stranger).toEqual({ code: 3, error: "auth_required" });
});

test("the record names the client", async () => {
  const { items } = await house.api<{ items: { client: { name?: string }; target?: string }[] }>(
    "GET",
    "/calls?portal=work&limit=500",
  );
  const call = items.find(({ target }) => target === "everything_echo");
  expect(call?.client.name).toBe("inspector-cli");
});

function toPackage(name: string): string {
  return new URL("./", import.meta.resolve(`${name}/package.json`)).href;
}

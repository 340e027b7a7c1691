/** The inspector's command line, with nothing but the portal's address: a person is asked in the browser that it opens. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { makeHome, type Home } from "../../clients/run.ts";
import { freePort } from "../../heavy/process/tcp.ts";
import { createBrowserCommand, type BrowserCommand } from "./browser-command.ts";
import { untilExpired, type Company } from "./company.ts";
import { clientHost, type DescribedClients } from "./described-client.ts";
import { allowMore, disconnect, nameIn, type Decided, type Visitor } from "./visitor.ts";

const program = fileURLToPath(
  new URL(
    "clients/launcher/build/index.js",
    import.meta.resolve("@modelcontextprotocol/inspector/package.json"),
  ),
);

interface Scene {
  readonly company: Company;
  readonly clients: DescribedClients;
}

/** Somebody's computer, with all that the program keeps there. */
interface Desk {
  readonly home: Home;
  readonly browser: BrowserCommand;
  readonly visitor: Visitor;
  readonly args: readonly string[];
}

interface Output {
  readonly code: number;
  readonly result: Record<string, unknown> | undefined;
}

/** Runs it to its end. `decide`: what its person does when they are asked; without it nobody is asked. */
async function inspect(
  { company }: Scene,
  { home, browser, visitor, args }: Desk,
  more: readonly string[],
  decide?: { change?: (page: Page) => Promise<void> },
): Promise<Output & { asked: Decided | undefined }> {
  const connect = ["--cli", company.portal, "--transport", "http", "--format", "json"];
  const child = spawn(process.execPath, [program, ...connect, ...args, ...more], {
    env: {
      ...home.env,
      ...browser.env,
      MCP_AUTO_OPEN_ENABLED: "true",
      MCP_INSPECTOR_SECRET_STORE: "file",
    },
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.timeout(40_000),
  });
  const ended = once(child, "close") as Promise<[number]>;
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const asked = decide && (await visitor.decide(await browser.next(AbortSignal.timeout(20_000)), decide));
  const [code] = await ended;
  const [out] = await said;
  expect(browser.waiting).toBe(0);
  const result = out === "" ? undefined : (JSON.parse(out) as { result: Output["result"] }).result;
  return { code, result, asked };
}

const list = ["--method", "tools/call", "--tool-name", "okrs_list_objectives"];
const objective = { title: "Fewer meetings", owner: "Ada", quarter: "2026-Q4" };
const createTool = ["--method", "tools/call", "--tool-name", "okrs_create_objective"];
const create = [...createTool, "--tool-args-json", JSON.stringify(objective)];

interface Way {
  readonly way: string;
  /** What people are told of it. */
  readonly known: string;
  /** Answers its arguments. */
  prepare(scene: Scene): Promise<string[]>;
}

export const ways: readonly Way[] = [
  {
    way: "registers itself",
    known: "It chose this name itself; nobody has checked it.",
    prepare: async () => ["--protocol-era", "legacy"],
  },
  {
    way: "describes itself, 2026-07-28",
    known: `It goes by this name at ${clientHost}.`,
    prepare: async ({ clients }) => {
      const redirectUri = "http://127.0.0.1/oauth/callback";
      const url = clients.describe("inspector", { client_name: "Described", redirect_uris: [redirectUri] });
      return ["--protocol-era", "modern", "--client-metadata-url", url];
    },
  },
  {
    way: "was registered by an admin",
    known: "An admin has added it here.",
    prepare: async ({ company }) => {
      const { id, secret } = await company.house.api<{ id: string; secret: string }>("POST", "/clients", {
        name: "Registered",
        authMethod: "client_secret_basic",
        redirectUris: ["http://127.0.0.1/oauth/callback"],
      });
      return ["--client-id", id, "--client-secret", secret];
    },
  },
];

/** Signs in, refreshes by itself, signs in anew. */
export async function liveWithInspector(scene: Scene, { known, prepare }: Way): Promise<void> {
  const { company } = scene;
  await using home = await makeHome();
  await using browser = await createBrowserCommand();
  const callback = ["--callback-url", `http://127.0.0.1:${await freePort()}/oauth/callback`];
  const desk = {
    home,
    browser,
    visitor: await company.newVisitor(),
    args: [...callback, ...(await prepare(scene))],
  };
  const first = await inspect(scene, desk, ["--method", "tools/list"], {});
  expect(first).toMatchObject({ code: 0, result: { tools: { length: 13 } } });
  expect(first.asked?.words.split("\n")[2]).toBe(`${known} Access is handed to a program on this computer.`);

  await untilExpired(company);
  const listed = { structuredContent: { objectives: expect.any(Array) } };
  expect(await inspect(scene, desk, list)).toMatchObject({ code: 0, result: listed });

  // Its person ends what they allowed: it asks as if for the first time, and they give it more than it asks for.
  await disconnect(desk.visitor, nameIn(first.asked as Decided));
  const change = (page: Page) => allowMore(page, "okrs", "Create and change things");
  const second = await inspect(scene, desk, create, { change });
  expect(second).toMatchObject({ code: 0, result: { structuredContent: { objective } } });
  expect(second.asked?.words).toBe(first.asked?.words);
}

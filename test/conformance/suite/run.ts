/** Runs the official suite's command line against a URL, and reads what it wrote. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openStage, stageVariable } from "./stage.ts";

export type Revision = "2025-11-25" | "2026-07-28";

/** One line of a scenario's `checks.json`. */
export interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly errorMessage?: string;
  readonly details?: unknown;
}

/** Scenario → its checks. */
export type Outcome = ReadonlyMap<string, readonly Check[]>;

const program = createRequire(import.meta.url).resolve("@modelcontextprotocol/conformance/dist/index.js");

/** All scenarios of a revision's requirement set, the ones that are not scored included. */
export async function runSuite(url: string, revision: Revision, signal: AbortSignal): Promise<Outcome> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "conformance-"));
  const args = [program, "server", "--url", url, "--requirements", revision, "-o", folder.path];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"], signal });
  const said = child.stderr.toArray();
  await once(child, "close");

  return await readOutcome(folder.path, "server", Buffer.concat(await said));
}

/** What a client's scenario tells of itself, beside the server's address. */
export interface ClientTask {
  readonly scenario: string;
  readonly serverUrl: string;
  readonly context: Readonly<Record<string, string>>;
}

/**
 * One scenario for clients, at a revision. The suite plays the server and the authorization server and starts a program as
 * the client: it hands the task to `play`, which runs here.
 */
export async function runClientScenario(
  scenario: string,
  revision: Revision,
  play: (task: ClientTask) => Promise<void>,
  signal: AbortSignal,
): Promise<Outcome> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "conformance-"));
  await using stage = await openStage(play);
  const command = [process.execPath, fileURLToPath(new URL("client.ts", import.meta.url))].join(" ");
  // Those of extensions belong to no revision.
  const args = [program, "client", "--command", command, "--scenario", scenario, "--force"];
  const child = spawn(
    process.execPath,
    [...args, "--spec-version", revision, "--timeout", "60000", "-o", folder.path],
    { stdio: ["ignore", "ignore", "pipe"], signal, env: { ...process.env, [stageVariable]: stage.url } },
  );
  const said = child.stderr.toArray();
  await once(child, "close");
  for (const error of stage.errors) throw error;
  // The slash in the scenario's name makes a folder of its first part.
  const path = join(folder.path, dirname(scenario));
  const [checks = []] = (await readOutcome(path, undefined, Buffer.concat(await said))).values();
  return new Map([[scenario, checks]]);
}

export interface AuthorizationTarget {
  /** The authorization server. */
  readonly issuer: string;
  readonly clientId: string;
  readonly resource: string;
}

/** The address of the suite's own client, to be registered with the authorization server. */
export function callbackUrl(port: number): string {
  return `http://127.0.0.1:${port}/callback`;
}

/**
 * The scenarios for authorization servers, which are in no requirement set. `visit` is what a person does with the
 * address that the suite prints.
 */
export async function runAuthorizationSuite(
  { issuer, clientId, resource }: AuthorizationTarget,
  { port, visit, signal }: { port: number; visit: (url: URL) => Promise<void>; signal: AbortSignal },
): Promise<Outcome> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "conformance-"));
  const target = ["--url", issuer, "--client-id", clientId, "--resource", resource, "-p", String(port)];
  const args = [program, "authorization", ...target, "-o", folder.path];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], signal });
  const closed = once(child, "close");
  const said = child.stderr.toArray();
  for await (const line of createInterface(child.stdout))
    if (line.startsWith(`${issuer}/`)) await visit(new URL(line));
  await closed;
  return await readOutcome(folder.path, "authorization-server", Buffer.concat(await said));
}

/** What the suite wrote: a folder for each scenario, named after what was tested, it, and the time. */
async function readOutcome(path: string, tested: string | undefined, said: Buffer): Promise<Outcome> {
  const outcome = new Map<string, readonly Check[]>();
  const name = new RegExp(`^${tested === undefined ? "" : `${tested}-`}(.+?)-\\d{4}-\\d\\d-\\d\\dT`);
  for (const folder of await readdir(path)) {
    const scenario = name.exec(folder)?.[1];
    if (scenario === undefined) throw new Error(`The suite wrote a folder ${folder}`);
    outcome.set(
      scenario,
      JSON.parse(await readFile(join(path, folder, "checks.json"), "utf8")) as readonly Check[],
    );
  }
  if (outcome.size === 0) throw new Error(`The suite ran nothing: ${said.toString()}`);
  return outcome;
}

/** Why the suite does not count a scenario of a requirement set. */
export type Unscored = "extension" | "added-after-release" | "pending";

/** The server's or the client's scenarios of a requirement set, in the suite's own frozen list; `required` or why not. */
export async function scenariosOf(
  revision: Revision,
  leg: "server" | "client" = "server",
): Promise<ReadonlyMap<string, "required" | Unscored>> {
  const text = await readFile(join(dirname(program), "..", "requirements", `${revision}.yaml`), "utf8");
  const [, required = ""] = new RegExp(`^${leg}:\\n((?: {2}- .+\\n)+)`, "m").exec(text) ?? [];
  const unscored = text.matchAll(
    new RegExp(`^ {2}- scenario: (.+)\\n {4}leg: ${leg}\\n {4}reason: (.+)$`, "gm"),
  );
  return new Map([
    ...[...required.matchAll(/^ {2}- (.+)$/gm)].map(([, name = ""]) => [name, "required"] as const),
    ...[...unscored].map(([, name = "", reason]) => [name, reason as Unscored] as const),
  ]);
}

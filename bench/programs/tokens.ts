/**
 * What a model is shown of 1, 4, 10 and all of the real servers that this knows: packages of the npm registry and the
 * examples, registered in a house and listed by it in each way that a client can ask for. Counted are name, description and
 * input schema of each tool as JSON, which is what clients hand on to models, in tokens of o200k.
 *
 * Options: --sizes 1,4,10,40 (more than there are: all).
 */
import { join } from "node:path";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { startMeasuredCastellan, type MeasuredCastellan } from "../load/castellan.ts";
import { endAfter } from "../load/deadline.ts";
import { startProgram } from "../load/process.ts";
import { openSpeaker } from "../load/speaker.ts";
import { printTable } from "../load/table.ts";
import { bridgeToHttp } from "../tokens/bridge.ts";
import { installPackages } from "../tokens/install.ts";
import { packagedServers } from "../tokens/packages.ts";

const { values } = parseArgs({ options: { sizes: { type: "string", default: "1,4,10,40" } } });
const ways = ["", "?optimize_context=minimize_tools", "?optimize_context=search_and_execute"];
const codeMode = "?codemode=search_and_execute";

using _deadline = endAfter(15 * 60_000);
await using opened = new AsyncDisposableStack();
const castellan = opened.use(await startMeasuredCastellan());
const slugs = [...(await addPackages()), ...(await addExamples())];
const asked = values.sizes.split(",").map(Number);
const sizes = [...new Set(asked.map((size) => Math.min(size, slugs.length)))];
if (Math.max(...asked) > slugs.length)
  console.log(`There are ${slugs.length} real servers here that start without anybody's credentials.\n`);

const rows: string[][] = [];
for (const size of sizes) {
  const portal = `of-${size}`;
  const token = await castellan.makePortal(portal, slugs.slice(0, size));
  const list = (way: string) => listTools(castellan, { portal, token, way });
  const full = await list("");
  const silent = slugs.slice(0, size).filter((slug) => !full.some(({ name }) => name.startsWith(`${slug}_`)));
  if (silent.length > 0) throw new Error(`Of these no tool is listed: ${silent.join(", ")}`);
  const tokens: number[] = [];
  for (const way of [...ways, codeMode]) tokens.push(tokensOf(await list(way)));
  const [whole = Number.NaN] = tokens;
  rows.push([
    `${size} (… ${slugs[size - 1] ?? ""})`,
    String(full.length),
    ...tokens.map((count, place) =>
      place === 0 ? String(count) : `${count} (${((100 * count) / whole).toFixed(1)} %)`,
    ),
  ]);
}
printTable(["servers", "tools", "full", "minimize_tools", "search_and_execute", "Code Mode"], rows);

/** Installed, started, and registered; resolves to their slugs. */
async function addPackages(): Promise<string[]> {
  const folders = await installPackages(packagedServers);
  for (const [at, { slug, package: name, file, args = [], env = {} }] of packagedServers.entries()) {
    const folder = folders[at] ?? "";
    const run = [join(folder, "node_modules", name, file), ...args];
    const bridge = opened.use(await bridgeToHttp(run, { cwd: folder, env }));
    await castellan.addServer(slug, { url: bridge.url });
  }
  return packagedServers.map(({ slug }) => slug);
}

/** The reference server that the house has anyway, and the examples of this repository. */
async function addExamples(): Promise<string[]> {
  const file = createRequire(import.meta.url).resolve(
    "@modelcontextprotocol/server-everything/dist/index.js",
  );
  const everything = opened.use(await bridgeToHttp([file, "stdio"], { cwd: castellan.folder, env: {} }));
  await castellan.addServer("everything", { url: everything.url });
  for (const name of ["invoices", "okrs"]) {
    const main = new URL(`../../examples/${name}/src/main.ts`, import.meta.url).pathname;
    const { match } = opened.use(
      await startProgram({
        command: process.execPath,
        args: [main, "--port", "0"],
        ready: /(http:\/\/\S+\/mcp)/,
      }),
    );
    await castellan.addServer(name, { url: new URL(match[1] ?? "") });
  }
  return ["everything", "invoices", "okrs"];
}

interface Tool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema?: object;
}

async function listTools(
  { portalUrl }: MeasuredCastellan,
  { portal, token, way }: { readonly portal: string; readonly token: string; readonly way: string },
): Promise<Tool[]> {
  const url = new URL(`${portalUrl(portal).href}${way}`);
  const speaker = await openSpeaker({ url, headers: { authorization: `Bearer ${token}` } }, "modern");
  const headers = speaker.headers("tools/list");
  const answer = await (await fetch(url, { method: "POST", headers, body: speaker.list(1) })).text();
  const json = answer.startsWith("{") ? answer : (/^data: (\{.*)$/m.exec(answer)?.[1] ?? answer);
  const { result } = JSON.parse(json) as { result?: { tools: Tool[]; nextCursor?: string } };
  if (result === undefined || result.nextCursor !== undefined)
    throw new Error(`${way}: ${answer.slice(0, 500)}`);
  return result.tools;
}

function tokensOf(tools: readonly Tool[]): number {
  const shown = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  return shown.reduce((total, tool) => total + countTokens(JSON.stringify(tool)), 0);
}

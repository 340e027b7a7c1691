import { afterAll, beforeAll, expect, test } from "vitest";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { makeHome } from "../../clients/run.ts";
import { startCompany, type Company } from "./company.ts";
import { createBrowserCommand } from "./browser-command.ts";
const inspector = fileURLToPath(new URL("clients/launcher/build/index.js", new URL("./", import.meta.resolve(`@modelcontextprotocol/inspector/package.json`))));
test.each([4, 60])("inspector %i", async (accessTokenSeconds) => {
  await using company: Company = await startCompany({ config: { accessTokenSeconds } });
  const visitor = await company.newVisitor();
  await using home = await makeHome();
  await using browser = await createBrowserCommand();
  const run = async (...args: string[]) => {
    const child = spawn(process.execPath, [inspector, "--cli", company.portal, "--transport", "http", "--callback-url", "http://127.0.0.1:0/oauth/callback", "--format", "json", ...args], { env: { ...home.env, ...browser.env, MCP_AUTO_OPEN_ENABLED: "true", MCP_INSPECTOR_SECRET_STORE: "file" }, stdio: ["pipe", "pipe", "pipe"] });
    let out = ""; child.stdout.on("data", (b) => { out += b; }); child.stderr.on("data", (b) => { out += `[${b}]`; });
    child.stdin.write("y\n");
    const done = new Promise((r) => child.on("close", r));
    const url = await Promise.race([browser.next(AbortSignal.timeout(12000)), done]).catch(() => {});
    console.log("URL", url instanceof URL ? url.href : url);
    if (url instanceof URL) console.log((await visitor.decide(url)).words);
    console.log(args, await done, out.slice(0, 2000));
  };
  await run("--method", "tools/call", "--tool-name", "okrs_list_objectives");
  if (accessTokenSeconds === 4) {
  await new Promise((r) => setTimeout(r, 5000));
  const before = company.house.log.length;
  await run("--method", "tools/call", "--tool-name", "okrs_list_objectives");
  console.log(company.house.log.slice(before));
  await run("--method", "tools/call", "--tool-name", "okrs_list_objectives", "--stored-auth-only");
  }
  await run("--method", "tools/call", "--tool-name", "okrs_create_objective", "--tool-args-json", JSON.stringify({ title: "x", owner: "Ada", quarter: "2026-Q4" }));
}, 90000);

/** What help costs: no package of the house, and no command. */
import { pathToFileURL } from "node:url";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { bin, runCastellan } from "./testing/command.ts";

/** Tells every module that is loaded. */
const spy = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({ load(url, context, next) { process.stderr.write(url + "\\n"); return next(url, context); } });
`)}`;

const src = pathToFileURL(`${dirname(dirname(bin))}/src/`).href;

test.each([[["--help"]], [["--version"]], [["server", "add", "--help"]], [["apply", "--help"]]])(
  "%j loads the table of commands and nothing else",
  async (args) => {
    const { code, stderr } = await runCastellan(args, { env: { NODE_OPTIONS: `--import ${spy}` } });
    const loaded = stderr.trimEnd().split("\n");
    const others = loaded.filter(
      (url) =>
        !url.endsWith("/package.json") &&
        !url.startsWith("node:") &&
        !url.includes("/node_modules/commander/") &&
        url !== pathToFileURL(bin).href,
    );
    const heavy = others.filter((url) => !url.startsWith(src) || url.includes("/cli/commands/"));
    expect([code, heavy]).toEqual([0, []]);
    expect(loaded).toContain(`${src}cli/program/servers.ts`);
  },
);

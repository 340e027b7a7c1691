import type { Command } from "commander";
import type { CallsOptions } from "../commands/calls.ts";
import type { SessionOptions } from "../session.ts";
import { choice, open, remote, type Surroundings } from "./command.ts";

export function addCallCommands(program: Command, { terminal, exit }: Surroundings): void {
  const load = () => import("../commands/calls.ts");
  const calls = remote(program, "calls", "the record of calls, the newest last")
    .option("--portal <portal>", "only through this portal")
    .option("--server <server>", "only to this server")
    .option("--principal <principal>", "only of this token (name or id) or person (e-mail address or id)")
    .option("--parent <call>", "only those that the code of this call made, by its id")
    .option("--method <method>", "only of this method: tools/call")
    .addOption(
      choice("--outcome <outcome>", "only those that ended so", [
        "ok",
        "tool_error",
        "error",
        "refused",
        "cancelled",
      ]),
    )
    .option("--since <when>", "only those that began since: 15m, 1h, 2026-07-28T12:00:00Z")
    .option("--limit <count>", "at most so many", "50")
    .option("--follow", "go on and show calls as they are recorded")
    .action(async (options: SessionOptions & CallsOptions) =>
      (await load()).listCalls(await open(options, terminal), options),
    );
  remote(calls, "verify", "recompute the record's chains: was anything changed or removed?").action(
    // Both commands know the same options, and the outer one takes them.
    async (_options: SessionOptions, command: Command) =>
      exit(await (await load()).verifyCalls(await open(command.optsWithGlobals(), terminal))),
  );
}

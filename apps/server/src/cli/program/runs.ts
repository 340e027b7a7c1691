/** `castellan run …` */
import type { Command } from "commander";
import type { ListRunsOptions, RunOptions } from "../commands/runs.ts";
import type { SessionOptions } from "../session.ts";
import { choice, destructive, family, open, remote, type Surroundings } from "./command.ts";

export function addRunCommands(program: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/runs.ts");
  const run = family(program, "run", "code that clients sent to portals in Code Mode");
  remote(run, "list", "runs of code, the newest first")
    .option("--mine", "your own")
    .addOption(
      choice("--state <state>", "only in this state", [
        "running",
        "paused",
        "completed",
        "failed",
        "expired",
        "cancelled",
      ]),
    )
    .option("--portal <portal>", "only at this portal")
    .option("--principal <principal>", "only of this token (name or id) or person (e-mail address or id)")
    .option("--since <when>", "only those that began since: 15m, 1h, 2026-07-28T12:00:00Z")
    .option("--limit <count>", "at most so many", "50")
    .action(async (options: SessionOptions & ListRunsOptions) =>
      (await load()).listRuns(await open(options, terminal), options),
    );
  remote(run, "show <run>", "a run: its code, what it called, how it ended")
    .option("--mine", "one of your own: with what it returned and logged")
    .action(async (id: string, options: SessionOptions & RunOptions) =>
      (await load()).getRun(await open(options, terminal), id, options),
    );
  destructive(remote(run, "cancel <run>", "end a run that is under way, or waits; what it called stays done"))
    .option("--mine", "one of your own")
    .action(async (id: string, options: SessionOptions & RunOptions & { yes?: boolean }) =>
      (await load()).cancelRun(await open(options, terminal), id, options),
    );
}

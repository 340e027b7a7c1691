import type { Command } from "commander";
import type { ApplyOptions } from "../commands/configuration/apply.ts";
import type { ExportOptions } from "../commands/configuration/export.ts";
import type { WantedOptions } from "../commands/configuration/plan.ts";
import type { SessionOptions } from "../session.ts";
import { collect, destructive, open, remote, type Surroundings } from "./command.ts";

export function addConfigurationCommands(program: Command, { terminal, exit }: Surroundings): void {
  destructive(wanted(program, "apply", "make servers and portals what configuration files say"))
    .option("--dry-run", "only show what would change")
    .action(async (options: SessionOptions & ApplyOptions) => {
      const { apply } = await import("../commands/configuration/apply.ts");
      await apply(await open(options, terminal), options);
    });
  wanted(
    program,
    "diff",
    "what configuration files would change; ends with 1 where they would, with 2 where that is not known",
  ).action(async (options: SessionOptions & WantedOptions) => {
    const { diff } = await import("../commands/configuration/diff.ts");
    // Until it is known: a failure must not pass for a difference.
    exit(2);
    exit(await diff(await open(options, terminal), options));
  });
  destructive(remote(program, "export", "all servers and portals as a configuration file"))
    .option("-o, --output <file>", "where to write it; without, standard output")
    .option("--name <name>", "the name that the configuration gets")
    .action(async (options: SessionOptions & ExportOptions) => {
      const { exportConfiguration } = await import("../commands/configuration/export.ts");
      await exportConfiguration(await open(options, terminal), options);
    });
  const config = program.command("config").description("what configuration files are made of");
  remote(config, "schema", "the JSON schema of configuration files, for editors").action(
    async (options: SessionOptions) => {
      const { showSchema } = await import("../commands/configuration/schema.ts");
      await showSchema(await open(options, terminal));
    },
  );
}

function wanted(program: Command, name: string, description: string): Command {
  return remote(program, name, description)
    .requiredOption(
      "-f, --file <file>",
      "a configuration file, YAML or JSON; - is standard input; repeatable",
      collect,
    )
    .option("--prune", "also remove what a file made and no longer names")
    .option("--adopt", "take over what people or other files made");
}

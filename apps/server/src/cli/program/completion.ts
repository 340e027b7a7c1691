import { Argument, type Command } from "commander";
import type { Surroundings } from "./command.ts";

const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

export function addCompletionCommands(program: Command, { terminal }: Surroundings): void {
  program
    .command("completion")
    .description("a script with which a shell completes commands, options, servers and portals")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .action(async (shell: Shell) => {
      const { completionScripts } = await import("../completion/scripts.ts");
      terminal.print(completionScripts[shell]);
    });
  // What those scripts ask.
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { complete } = await import("../completion/complete.ts");
      const { createNamesOnServer } = await import("../completion/names-on-server.ts");
      const names = createNamesOnServer(terminal);
      for (const line of await complete(program, words, names)) terminal.print(line);
    });
}

import { readCommands } from "./commands.ts";

/** The help of every command, as it prints it itself. */
export async function commandPages(): Promise<string> {
  const commands = await readCommands();
  return commands
    .map(({ path, help }) => `## ${["castellan", ...path].join(" ")}\n\n\`\`\`text\n${help}\n\`\`\``)
    .join("\n\n");
}

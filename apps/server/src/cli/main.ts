/** The process: `castellan …`. Ends with 0, with 1 when it failed, with 2 when it was called wrongly. */
import { runProgram } from "./program.ts";
import { createProcessTerminal } from "./terminal.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever read the output has read enough: `castellan calls | head`.
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2), createProcessTerminal());

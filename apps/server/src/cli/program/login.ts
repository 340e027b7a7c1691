import type { Command } from "commander";
import type { LoginOptions } from "../commands/login.ts";
import type { SessionOptions } from "../session.ts";
import { open, remote, type Surroundings } from "./command.ts";

export function addLoginCommands(program: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/login.ts");
  program
    .command("login")
    .description("sign in to a server with the browser; commands use it from then on")
    .option("--url <url>", "the server's URL; without, the one that commands use now")
    .option("--data <folder>", "the data folder of a server on this machine")
    .option("--no-browser", "only print the address to open")
    .option("--json", "output for programs")
    .action(async (options: LoginOptions) => (await load()).login(options, terminal));
  program
    .command("logout")
    .description("end what `castellan login` began, here and at the server")
    .option("--url <url>", "the server's URL; without, the one that commands use now")
    .option("--json", "output for programs")
    .action(async (options: SessionOptions) => (await load()).logout(options, terminal));
  remote(program, "whoami", "who commands act as, and what they may do").action(
    async (options: SessionOptions) => (await load()).whoAmI(await open(options, terminal)),
  );
}

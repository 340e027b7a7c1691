import type { Command } from "commander";
import type { CreateTokenOptions } from "../commands/tokens.ts";
import type { SessionOptions } from "../session.ts";
import { collect, destructive, open, remote, type Surroundings } from "./command.ts";

export function addTokenCommands(program: Command, { terminal }: Surroundings): void {
  const token = program.command("token").description("tokens with which programs come in");
  const load = () => import("../commands/tokens.ts");
  remote(token, "create <name>", "make a token; it is printed once")
    .option("--portal <portal>", "a portal that it may use; repeatable", collect)
    .option("--allow <classes>", "what it may do there: read,write,destructive; without, read")
    .option("--admin", "it may manage the platform")
    .option("--expires <span>", "how long it is good for: 12h, 30d; without, until it is revoked")
    .action(async (name: string, options: SessionOptions & CreateTokenOptions) =>
      (await load()).createToken(await open(options, terminal), name, options),
    );
  remote(token, "list", "all tokens, newest first")
    .option("--revoked", "also those that were revoked")
    .action(async (options: SessionOptions & { revoked?: boolean }) =>
      (await load()).listTokens(await open(options, terminal), options),
    );
  destructive(remote(token, "revoke <token>", "end a token, given by its name or id, for good")).action(
    async (token: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).revokeToken(await open(options, terminal), token, options),
  );
}

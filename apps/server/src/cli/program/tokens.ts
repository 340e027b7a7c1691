import type { Command } from "commander";
import type { CreateTokenOptions, EditTokenOptions } from "../commands/tokens.ts";
import { roleWords } from "../input/words.ts";
import type { SessionOptions } from "../session.ts";
import {
  choice,
  collect,
  collectList,
  destructive,
  family,
  open,
  remote,
  type Surroundings,
} from "./command.ts";

export function addTokenCommands(program: Command, { terminal }: Surroundings): void {
  const token = family(program, "token", "tokens with which programs come in");
  const load = () => import("../commands/tokens.ts");
  reach(remote(token, "create <name>", "make a token; it is printed once").alias("add"))
    .addOption(choice("--role <role>", "what it may do with the platform; without, nothing", roleWords))
    .option("--admin", "short for --role admin")
    .option("--expires <span>", "how long it is good for: 12h, 30d; without, until it is revoked")
    .action(async (name: string, options: SessionOptions & CreateTokenOptions) =>
      (await load()).createToken(await open(options, terminal), name, options),
    );
  remote(token, "list", "all tokens, newest first")
    .option("--revoked", "also those that were revoked")
    .action(async (options: SessionOptions & { revoked?: boolean }) =>
      (await load()).listTokens(await open(options, terminal), options),
    );
  remote(token, "show <token>", "a token and what it may do").action(
    async (said: string, options: SessionOptions) =>
      (await load()).getToken(await open(options, terminal), said),
  );
  reach(remote(token, "edit <token>", "change a token; what is not named stays"))
    .option("--name <name>", "what it is called from now on")
    .option("--expires <span>", "how long it is good for from now: 12h, 30d")
    .option("--no-expires", "it is good until it is revoked")
    .action(async (said: string, options: SessionOptions & EditTokenOptions) =>
      (await load()).editToken(await open(options, terminal), said, options),
    );
  destructive(remote(token, "rotate <token>", "give a token another secret; it is printed once"))
    .option(
      "--overlap <span>",
      "how long the one before stays good, at most 7d; 0s ends all earlier ones now; without, 1h",
    )
    .action(async (said: string, options: SessionOptions & { overlap?: string; yes?: boolean }) =>
      (await load()).rotateToken(await open(options, terminal), said, options),
    );
  destructive(remote(token, "revoke <token>", "end a token, given by its name or id, for good")).action(
    async (said: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).revokeToken(await open(options, terminal), said, options),
  );
}

function reach(command: Command): Command {
  return command
    .option("--portal <portal>", "a portal that it may use; repeatable", collect)
    .option("--allow <classes>", "what it may do there: read,write,destructive; without, read", collectList)
    .option("--scope <scope>", "what it may do, in single scopes: okrs:write; repeatable", collect);
}

import type { Command } from "commander";
import type { AddClientOptions, EditClientOptions, ListClientsOptions } from "../commands/clients.ts";
import { authMethodWords, clientKindWords } from "../input/words.ts";
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

export function addClientCommands(program: Command, { terminal }: Surroundings): void {
  const client = family(
    program,
    "client",
    "OAuth clients, each given by id, or by the name of a registered one",
  );
  const load = () => import("../commands/clients.ts");
  remote(client, "list", "all clients: registered by an admin, and come by themselves")
    .addOption(choice("--kind <kind>", "only of this kind", clientKindWords))
    .option("--search <text>", "only with this text in name, id or a redirect URI")
    .action(async (options: SessionOptions & ListClientsOptions) =>
      (await load()).listClients(await open(options, terminal), options),
    );
  remote(client, "show <client>", "one client").action(async (said: string, options: SessionOptions) =>
    (await load()).getClient(await open(options, terminal), said),
  );
  settings(remote(client, "add <name>", "register a client; its secret, if it has one, is printed once"))
    .addOption(
      choice(
        "--auth <method>",
        "how it proves who it is; none: an app, which keeps no secret",
        authMethodWords,
      ).default("none"),
    )
    .action(async (name: string, options: SessionOptions & AddClientOptions) =>
      (await load()).addClient(await open(options, terminal), name, options),
    );
  settings(remote(client, "edit <client>", "change a registered client; what is not named stays"))
    .option("--name <name>", "what people see")
    .option("--no-introspect", "it asks about its own tokens only")
    .option("--no-site", "it has no site of its own")
    .option("--no-scope", "it may do nothing for itself")
    .action(async (said: string, options: SessionOptions & EditClientOptions) =>
      (await load()).editClient(await open(options, terminal), said, options),
    );
  destructive(remote(client, "rotate <client>", "give a client another secret; it is printed once"))
    .option("--overlap <span>", "how long those before stay good; 0s ends them now")
    .action(async (said: string, options: SessionOptions & { overlap?: string; yes?: boolean }) =>
      (await load()).rotateClient(await open(options, terminal), said, options),
    );
  destructive(remote(client, "remove <client>", "remove a client, with all that people allowed it")).action(
    async (said: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).removeClient(await open(options, terminal), said, options),
  );
}

function settings(command: Command): Command {
  return command
    .option("--redirect <uri>", "where it may have people sent, to the letter; repeatable", collect)
    .option(
      "--grant-type <types>",
      "how it gets tokens, separated by commas: authorization_code, refresh_token, client_credentials",
      collectList,
    )
    .option("--scope <scope>", "what it may do for itself, with client_credentials; repeatable", collect)
    .option("--introspect", "it may ask about tokens that are not its own")
    .option("--jwks <file>", "a file with its public keys (a JWK set), for private_key_jwt")
    .option("--jwks-uri <uri>", "where its public keys are")
    .option("--site <url>", "its own site");
}

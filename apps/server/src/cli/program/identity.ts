/** `castellan provider` and `issuer`: who else says who people are. */
import type { Command } from "commander";
import type { AddIssuerOptions, EditIssuerOptions } from "../commands/issuers.ts";
import type { AddProviderOptions, EditProviderOptions } from "../commands/providers.ts";
import type { SessionOptions } from "../session.ts";
import {
  collect,
  collectList,
  destructive,
  family,
  inDirectory,
  open,
  remote,
  type Surroundings,
} from "./command.ts";

export function addIdentityCommands(program: Command, surroundings: Surroundings): void {
  addProviders(family(program, "provider", "identity providers that people sign in with"), surroundings);
  addIssuers(
    family(program, "issuer", "other authorization servers whose tokens portals may take"),
    surroundings,
  );
}

function addProviders(provider: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/providers.ts");
  remote(provider, "list", "all providers").action(async (options: SessionOptions) =>
    (await load()).listProviders(await open(options, terminal)),
  );
  remote(provider, "show <provider>", "one provider").action(async (slug: string, options: SessionOptions) =>
    (await load()).getProvider(await open(options, terminal), slug),
  );
  const add = remote(provider, "add <slug> <issuer-url>", "let people sign in with an OpenID provider");
  inDirectory(secret(claims(add)), "where its people are; without, workforce")
    .requiredOption("--client-id <id>", "what Castellan is called there")
    .action(async (slug: string, issuer: string, options: SessionOptions & AddProviderOptions) =>
      (await load()).addProvider(await open(options, terminal), slug, issuer, options),
    );
  secret(
    changedClaims(claims(remote(provider, "edit <provider>", "change a provider; what is not named stays"))),
  )
    .option("--client-id <id>", "what Castellan is called there")
    .option("--no-client-secret", "Castellan has no secret there")
    .action(async (slug: string, options: SessionOptions & EditProviderOptions) =>
      (await load()).editProvider(await open(options, terminal), slug, options),
    );
  destructive(remote(provider, "remove <provider>", "remove a provider; its people stay")).action(
    async (slug: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).removeProvider(await open(options, terminal), slug, options),
  );
}

function secret(command: Command): Command {
  return command
    .option("--client-secret-env <variable>", "the variable with its secret there")
    .option("--client-secret-file <file>", "the file with it; - is standard input")
    .option("--scope <scope>", "what is asked for beside openid; repeatable", collect);
}

function addIssuers(issuer: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/issuers.ts");
  remote(issuer, "list", "all trusted issuers").action(async (options: SessionOptions) =>
    (await load()).listIssuers(await open(options, terminal)),
  );
  remote(issuer, "show <issuer>", "one trusted issuer").action(
    async (slug: string, options: SessionOptions) =>
      (await load()).getIssuer(await open(options, terminal), slug),
  );
  const add = remote(issuer, "add <slug> <issuer-url>", "trust an authorization server's tokens");
  inDirectory(keys(claims(add)), "where its people are; without, workforce")
    .requiredOption("--audience <text>", "what its tokens must say that they are for")
    .action(async (slug: string, url: string, options: SessionOptions & AddIssuerOptions) =>
      (await load()).addIssuer(await open(options, terminal), slug, url, options),
    );
  keys(
    changedClaims(
      claims(remote(issuer, "edit <issuer>", "change a trusted issuer; what is not named stays")),
    ),
  )
    .option("--audience <text>", "what its tokens must say that they are for")
    .option("--no-jwks-uri", "its keys are where its metadata say")
    .option("--no-scopes-claim", "its tokens let do whatever the person may")
    .action(async (slug: string, options: SessionOptions & EditIssuerOptions) =>
      (await load()).editIssuer(await open(options, terminal), slug, options),
    );
  destructive(remote(issuer, "remove <issuer>", "trust an issuer no more; its people stay")).action(
    async (slug: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).removeIssuer(await open(options, terminal), slug, options),
  );
}

function keys(command: Command): Command {
  return command
    .option("--jwks-uri <uri>", "where its keys are; without, where its metadata say")
    .option(
      "--algorithm <algorithms>",
      "signatures that are taken, separated by commas: ES256,RS256",
      collectList,
    )
    .option("--scopes-claim <claim>", "the claim with scopes of Castellan; without, whatever the person may");
}

/** How what others say of people is read. */
function claims(command: Command): Command {
  return command
    .option("--title <title>", "what people call it")
    .option("--claim <name>", "subject, email, name or groups=CLAIM: where that is told; repeatable", collect)
    .option(
      "--group-map <name>",
      "THEIRS=OURS: what a group is called here; others are left out; repeatable",
      collect,
    )
    .option("--group-prefix <text>", "put before the names of groups")
    .option("--domain <domains>", "domains of addresses that are let in, separated by commas", collectList)
    .option("--verified-email", "an address counts only where it is verified")
    .option("--no-verified-email", "its admin gives the addresses: each counts")
    .option("--keep-claim <claim>", "a claim that rules may look at, or a path to it; repeatable", collect)
    .option("--create-users", "somebody whom nobody knows becomes a person here")
    .option("--no-create-users", "somebody whom nobody knows is not let in")
    .option("--link-by-email", "whoever has somebody's address is that person, an owner too")
    .option("--no-link-by-email", "an address alone makes nobody somebody who is here already")
    .option("--allow-private <host>", "a host, host:port or CIDR that it may be at; repeatable", collect)
    .option("--enabled", "it is in use")
    .option("--no-enabled", "it is not in use");
}

function changedClaims(command: Command): Command {
  return command
    .option("--no-group-map", "all of its groups are taken, under their own names")
    .option("--no-group-prefix", "nothing is put before their names")
    .option("--no-domain", "addresses of any domain are let in")
    .option("--no-keep-claim", "nothing of what it says is kept for rules");
}

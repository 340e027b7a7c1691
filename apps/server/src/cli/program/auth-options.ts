import type { Command } from "commander";
import { authKindWords, authMethodWords } from "../input/words.ts";
import { choice, collectList } from "./command.ts";

/** How requests to a server are authorized. */
export function authOptions(command: Command): Command {
  return command
    .addOption(
      choice("--auth <kind>", "how requests to it are authorized; without, found out", authKindWords),
    )
    .option("--issuer <url>", "its authorization server; without, the one that it names")
    .option("--client-id <id>", "a client that was registered there by hand")
    .addOption(choice("--client-auth <method>", "how that client proves itself", authMethodWords))
    .option("--client-secret-env <variable>", "the variable with the client's secret")
    .option("--client-secret-file <file>", "the file with it; - is standard input")
    .option("--client-key-file <file>", "the file with the client's private key, PKCS #8 in PEM")
    .option(
      "--scopes <scopes>",
      "instead of those that the server asks for, separated by commas",
      collectList,
    )
    .addOption(
      choice("--programs <which>", "what programs call with, where each person has an account", [
        "refused",
        "shared",
      ]),
    )
    .option("--resource", "the resource is told to the authorization server (RFC 8707)")
    .option("--no-resource", "it is not, since the authorization server refuses it")
    .option("--authorization-endpoint <url>", "where people sign in, if the issuer does not publish it")
    .option("--token-endpoint <url>", "where tokens are got, if the issuer does not publish it")
    .option("--revocation-endpoint <url>", "where tokens are ended, if the issuer does not publish it")
    .option("--username <name>", "with basic: the user name")
    .option(
      "--secret-env <variable>",
      "with bearer, basic and own_key: the variable with the token or password",
    )
    .option("--secret-file <file>", "the file with it; - is standard input")
    .option("--key-header <name>", "with own_key: the header that the key is sent in")
    .option("--key-prefix <text>", "with own_key: what stands before the key in it")
    .option("--key-hint <text>", "with own_key: where people get a key, a sentence or an https address")
    .option("--audience <audience>", "with identity and token_exchange: whom the token is for")
    .option("--groups", "the token says in which groups the person is");
}

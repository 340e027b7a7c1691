/** `castellan policy` and `evaluator`: what each may do, and who says so. */
import type { Command } from "commander";
import type { AddEvaluatorOptions, EditEvaluatorOptions } from "../commands/evaluators.ts";
import type { ListPoliciesOptions } from "../commands/policy/policies.ts";
import type { SimulateOptions } from "../commands/policy/simulate-policy.ts";
import type { TestPolicyOptions } from "../commands/policy/test-policy.ts";
import type { RuleOptions } from "../input/rule.ts";
import { actionWords, classWords, outcomeWords } from "../input/words.ts";
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

export function addPolicyCommands(program: Command, surroundings: Surroundings): void {
  const policy = family(program, "policy", "rules of what each may do, each given by name", "policies");
  addReads(policy, surroundings);
  addEdits(policy, surroundings);
  addQuestions(policy, surroundings);
  addEvaluators(
    family(program, "evaluator", "services that say whether a device is as it should be"),
    surroundings,
  );
}

function addReads(policy: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/policy/policies.ts");
  remote(policy, "list", "all rules")
    .option("--portal <portal>", "only those that name this portal")
    .option("--server <server>", "only those that name this server")
    .option("--search <text>", "only with this text in name or description")
    .action(async (options: SessionOptions & ListPoliciesOptions) =>
      (await load()).listPolicies(await open(options, terminal), options),
    );
  remote(policy, "show <policy>", "one rule").action(async (name: string, options: SessionOptions) =>
    (await load()).getPolicy(await open(options, terminal), name),
  );
}

function addEdits(policy: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/policy/policies.ts");
  settings(remote(policy, "add <name>", "make a rule; it holds for the next call")).action(
    async (name: string, options: SessionOptions & RuleOptions) =>
      (await load()).addPolicy(await open(options, terminal), name, options),
  );
  changes(settings(remote(policy, "edit <policy>", "change a rule; what is not named stays"))).action(
    async (name: string, options: SessionOptions & RuleOptions) =>
      (await load()).editPolicy(await open(options, terminal), name, options),
  );
  for (const [word, description, enabled] of [
    ["enable", "have a rule hold again", true],
    ["disable", "have a rule do nothing", false],
  ] as const)
    remote(policy, `${word} <policy>`, description).action(async (name: string, options: SessionOptions) =>
      (await load()).editPolicy(await open(options, terminal), name, { enabled }),
    );
  destructive(remote(policy, "remove <policy>", "remove a rule")).action(
    async (name: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).removePolicy(await open(options, terminal), name, options),
  );
}

const selectorHelp =
  "everyone, public, group=NAME, email=ADDRESS, email-domain=DOMAIN, claim=PROVIDER:NAME=VALUE, " +
  "login-method=SLUG, authentication-method=AMR, service-token=ID, client=ID, ip=CIDR, country=DE, " +
  "certificate[=NAME], posture=EVALUATOR, 'time=mon-fri 08:00-18:00 Europe/Berlin', expression=CEL";

function settings(command: Command): Command {
  return command
    .addOption(choice("--action <action>", "what it does to what fits", actionWords))
    .option("--description <text>", "what it is for")
    .option("--portals <portals>", "only at these portals, separated by commas; repeatable", collectList)
    .option("--servers <servers>", "only at these servers, separated by commas; repeatable", collectList)
    .option(
      "--class <classes>",
      "only for tools that read, write or destroy, separated by commas",
      collectList,
    )
    .option("--tool <tool>", "only for this tool of the one server, by its own name; repeatable", collect)
    .option("--include <selector>", `for whom: ${selectorHelp}; any of them; repeatable`, collect)
    .option("--require <selector>", "all of these must fit as well; repeatable", collect)
    .option("--exclude <selector>", "none of these may fit; repeatable", collect)
    .option("--step-up <span>", "they must have proved who they are so lately, with a second factor: 15m")
    .option("--step-up-methods <methods>", "by one of these values of amr, separated by commas", collectList)
    .option("--purpose [span]", "they must say what for; how long that holds: 8h; without, for that call")
    .option("--approver <who>", "who may say yes: group:NAME, user:ADDRESS, self; repeatable", collect)
    .option("--expires <span>", "how long it waits for a decision; without, 1d")
    .option("--remind <span>", "after how long those who may decide are told once more")
    .option("--holds <span>", "how long a yes holds for further calls of the tool; without, for that call")
    .option(
      "--starts <time>",
      "from when on: a span from now, a day (from its beginning, UTC), or a time in ISO 8601",
    )
    .option("--ends <time>", "until when: a span from now, a day (to its end, UTC), or a time in ISO 8601")
    .option("--enabled", "it holds")
    .option("--no-enabled", "it does nothing");
}

function changes(command: Command): Command {
  return command
    .option("--no-portals", "at any portal")
    .option("--no-servers", "at any server")
    .option("--no-class", "for tools of any class")
    .option("--no-tool", "for any tool")
    .option("--no-require", "nothing more must fit")
    .option("--no-exclude", "nobody is left out")
    .option("--no-step-up", "they need not prove anew who they are")
    .option("--no-step-up-methods", "by any second factor")
    .option("--no-purpose", "they need not say what for")
    .option("--no-remind", "nobody is told once more")
    .option("--no-holds", "a yes is for that call")
    .option("--no-starts", "it holds at once")
    .option("--no-ends", "it does not end by itself");
}

function addQuestions(policy: Command, { terminal, exit }: Surroundings): void {
  remote(policy, "test", "say whether somebody would be let make a call, and which rule says so")
    .requiredOption("--portal <portal>", "where")
    .requiredOption("--server <server>", "of which server")
    .option("--tool <tool>", "which tool, by the server's own name; without, a prompt or resource")
    .addOption(
      choice("--class <class>", "what it may do; without, as the server's tool is classed", classWords),
    )
    .option("--arguments <json>", "with which arguments: a JSON object, or @FILE; without, not known")
    .option("--user <user>", "a person, by e-mail address or id")
    .option("--token <token>", "or a program, by the name or id of its token")
    .option("--public", "or somebody without a token")
    .option("--client <client>", "by this OAuth client; alone: a client that calls for itself")
    .option("--from <address>", "from this address")
    .option("--country <code>", "from this country; without, that of the address")
    .option("--certificate [name]", "with a client certificate, of this common name")
    .option("--posture <answer>", "what an evaluator says: EVALUATOR=yes; repeatable", collect)
    .option("--login-method <slug>", "signed in by this provider")
    .option("--amr <methods>", "proved by these values of amr, separated by commas", collectList)
    .option("--proved <time>", "when they last proved it: a span before now, or a time in ISO 8601")
    .option("--when <time>", "at this time in ISO 8601; without, now")
    .addOption(choice("--expect <outcome>", "end with 1 unless it comes out so", outcomeWords))
    .action(async (options: SessionOptions & TestPolicyOptions) => {
      const { testPolicy } = await import("../commands/policy/test-policy.ts");
      exit(await testPolicy(await open(options, terminal), options));
    });
  const simulate = remote(
    policy,
    "simulate [policy]",
    "replay recorded calls against other rules: a rule as the options make or change it, those in files, without some; nothing is saved",
  );
  changes(settings(simulate))
    .option("--file <file>", "with the rules of a configuration file; repeatable", collect)
    .option("--remove <policy>", "without this rule; repeatable", collect)
    .option("--since <time>", "calls since then: 7d, or a time in ISO 8601")
    .option("--until <time>", "calls until then")
    .option("--only-portal <portal>", "calls at this portal")
    .option("--only-server <server>", "calls of this server")
    .option("--by <user>", "calls by this person, or by the token with this id")
    .option("--max <count>", "so many records at most, newest first; without, 100000")
    .action(async (name: string | undefined, options: SessionOptions & SimulateOptions) => {
      const { simulatePolicy } = await import("../commands/policy/simulate-policy.ts");
      await simulatePolicy(await open(options, terminal), name, options);
    });
}

function addEvaluators(evaluator: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/evaluators.ts");
  remote(evaluator, "list", "all evaluators").action(async (options: SessionOptions) =>
    (await load()).listEvaluators(await open(options, terminal)),
  );
  remote(evaluator, "show <evaluator>", "one evaluator").action(
    async (slug: string, options: SessionOptions) =>
      (await load()).getEvaluator(await open(options, terminal), slug),
  );
  evaluation(remote(evaluator, "add <slug> <url>", "have rules ask a service; its keys are fetched at once"))
    .requiredOption("--keys-url <url>", "where its public keys are (a JWK set)")
    .action(async (slug: string, url: string, options: SessionOptions & AddEvaluatorOptions) =>
      (await load()).addEvaluator(await open(options, terminal), slug, url, options),
    );
  evaluation(remote(evaluator, "edit <evaluator>", "change an evaluator; what is not named stays"))
    .option("--new-url <url>", "where it is asked")
    .option("--keys-url <url>", "where its public keys are (a JWK set)")
    .option("--no-allow-private", "both are at public addresses")
    .action(async (slug: string, options: SessionOptions & EditEvaluatorOptions) =>
      (await load()).editEvaluator(await open(options, terminal), slug, options),
    );
  destructive(remote(evaluator, "remove <evaluator>", "remove an evaluator that no rule names")).action(
    async (slug: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).removeEvaluator(await open(options, terminal), slug, options),
  );
}

function evaluation(command: Command): Command {
  return command
    .option("--title <title>", "what people call it")
    .option("--timeout <ms>", "how many milliseconds it may take to answer; without, 2000")
    .option("--cache <span>", "how long an answer holds, at most 5m; without, 1m")
    .option(
      "--allow-private <place>",
      "a host, host:port, address or CIDR where it may be; repeatable",
      collect,
    );
}

/** What the world has of all that a rule names, read once and held until the transaction ends. */
import type { Queryable } from "@castellan/database";
import type { RuleFields } from "../rules/rule.ts";
import { holdEvaluators } from "../store/hold-evaluators.ts";
import { namesIn, type NamedKind } from "./names.ts";
import { facetsOf } from "./selectors-of.ts";
import type { KnownGroup, KnownLoginMethod, KnownPerson, KnownPortal, KnownTool, World } from "./world.ts";

export interface Known {
  readonly portals: ReadonlyMap<string, KnownPortal>;
  readonly groups: readonly KnownGroup[];
  readonly loginMethods: ReadonlyMap<string, KnownLoginMethod>;
  readonly people: readonly KnownPerson[];
  /** Of the one server whose tools the rule names; undefined: it has not been read yet. */
  readonly tools: readonly KnownTool[] | undefined;
  /** Whether there is one of this kind and name. */
  has(kind: NamedKind, name: string): boolean;
}

export async function readKnown(tx: Queryable, rule: RuleFields, world: World): Promise<Known> {
  const named = namesIn(rule);
  const of = (...kinds: NamedKind[]) => [
    ...new Set(named.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name)),
  ];
  // In one order for whoever saves a rule: two that save at once then wait for each other, and never both.
  const portals = bySlug(await when(of("portal"), (slugs) => world.portals(tx, slugs)));
  const servers = await when(of("server"), (slugs) => world.servers(tx, slugs));
  const groups = await when(of("group", "deciding_group"), (names) => world.groups(tx, names));
  const loginMethods = bySlug(await when(of("login_method"), (slugs) => world.loginMethods(tx, slugs)));
  const serviceTokens = await when(of("service_token"), (ids) => world.serviceTokens(tx, ids));
  const clients = await when(of("client"), (ids) => world.clients(tx, ids));
  const evaluators = await when(of("evaluator"), (slugs) => holdEvaluators(tx, slugs));
  const people = await when(emailsIn(rule), (emails) => world.people(tx, emails));
  const [server] = rule.at.tools === undefined ? [] : servers;
  const there: Readonly<Record<NamedKind, ReadonlySet<string>>> = {
    portal: new Set(portals.keys()),
    server: new Set(servers),
    group: new Set(groups.map(({ name }) => name)),
    deciding_group: new Set(
      groups.filter(({ directory }) => directory === "workforce").map(({ name }) => name),
    ),
    login_method: new Set(loginMethods.keys()),
    service_token: new Set(serviceTokens),
    client: new Set(clients),
    evaluator: new Set(evaluators),
  };
  return {
    portals,
    groups,
    loginMethods,
    people,
    tools: server === undefined ? undefined : await world.tools(tx, server),
    has: (kind, name) => there[kind].has(name),
  };
}

function emailsIn(rule: RuleFields): string[] {
  const selected = facetsOf(rule).flatMap(({ facet }) => (facet.kind === "email" ? [facet.value] : []));
  return [...new Set([...selected, ...(rule.approval?.deciders.people ?? [])])];
}

async function when<Found>(
  names: readonly string[],
  find: (names: readonly string[]) => Promise<readonly Found[]>,
): Promise<readonly Found[]> {
  return names.length === 0 ? [] : find(names);
}

function bySlug<Found extends { readonly slug: string }>(
  found: readonly Found[],
): ReadonlyMap<string, Found> {
  return new Map(found.map((one) => [one.slug, one]));
}

/** What rules decide by: the rules in force, where requests come from, and what evaluators say. Who gets what, no logic. */
import type { UserPrincipal } from "@castellan/access";
import { callerOf, createCallPolicy, fitsServer, type CallPolicy } from "@castellan/calls";
import type { Clock } from "@castellan/kernel";
import type { EntryPolicy } from "@castellan/oauth";
import {
  createConnectionOf,
  createCountries,
  createEvaluatorStore,
  createPolicyDirectory,
  createPostures,
  type Connection,
  type Countries,
  type PolicyDirectory,
  type PolicyStore,
  type Postures,
} from "@castellan/policy";
import type { PortalDirectory } from "@castellan/portal";
import { evaluatorFailed, ruleUnusable } from "./events.ts";
import type { Ground } from "./ground.ts";

export interface Rules extends AsyncDisposable {
  readonly policies: PolicyDirectory;
  readonly policy: CallPolicy;
  readonly countries: Countries;
  readonly connectionOf: ReturnType<typeof createConnectionOf>;
  readonly postures: Postures;
}

export async function openRules(ground: Ground, store: PolicyStore): Promise<Rules> {
  const { config, telemetry, database, changes, vault, outbound, clock, publicUrl } = ground;
  await using opened = new AsyncDisposableStack();
  const policies = opened.use(
    await createPolicyDirectory({
      store,
      changes,
      clock,
      onUnusable: (unusable) => telemetry.emit(ruleUnusable, { ...unusable }),
    }),
  );
  const postures = opened.use(
    await createPostures({
      store: createEvaluatorStore({ database, clock }),
      changes,
      vault,
      outbound,
      clock,
      publicUrl,
      onFailure: (evaluator, reason) => telemetry.emit(evaluatorFailed, { evaluator, reason }),
    }),
  );
  const countries = createCountries({ file: config.countryDatabaseFile });
  const policy = createCallPolicy({
    current: () => policies.current(),
    evaluate: (slugs, caller, connection) =>
      postures.known(slugs, caller, connection) ?? postures.ask(slugs, caller, connection),
  });
  const owned = opened.move();
  return {
    policies,
    policy,
    countries,
    connectionOf: createConnectionOf(countries),
    postures,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Where nothing is known of a request: what is decided by who somebody is alone. */
export const anywhere: Connection = { address: "", country: "ZZ", certificate: undefined, postures: {} };

/** Whether rules leave somebody anything at a portal, asked as a client is let in and comes for tokens. */
export function entryPolicy(
  { policies, policy, connectionOf }: Pick<Rules, "policies" | "policy" | "connectionOf">,
  directory: Pick<PortalDirectory, "find">,
  clock: Clock,
): EntryPolicy {
  return {
    async mayEnter(principal: UserPrincipal, slug, c) {
      const open = directory.find(slug);
      if (!open) return false;
      if (!c) {
        const judge = policies.current().judge(callerOf(principal), anywhere);
        return open.servers.some((server) => fitsServer(server, slug, (place) => judge.isKnown(place)));
      }
      const judge = await policy.judge(principal, connectionOf(c), slug);
      if (judge.enter(slug, clock.now()).outcome === "deny") return false;
      return open.servers.some((server) => fitsServer(server, slug, (place) => judge.mayShow(place)));
    },
  };
}

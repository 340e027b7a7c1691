/** What rules decide by: the rules in force, where requests come from, and what evaluators say. Who gets what, no logic. */
import type { UserPrincipal } from "@castellan/access";
import { callerOf, createCallPolicy, fitsServer, type CallPolicy } from "@castellan/calls";
import type { ChangeFeed, Database } from "@castellan/database";
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
  type Unusable,
} from "@castellan/policy";
import type { PortalDirectory } from "@castellan/portal";
import type { Vault } from "@castellan/vault";
import type { Outbound } from "@castellan/web";

export interface Rules extends AsyncDisposable {
  readonly policies: PolicyDirectory;
  readonly policy: CallPolicy;
  readonly countries: Countries;
  readonly connectionOf: ReturnType<typeof createConnectionOf>;
  readonly postures: Postures;
}

export interface RulesOptions {
  readonly database: Database;
  readonly store: PolicyStore;
  readonly changes: ChangeFeed;
  readonly vault: Vault;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly publicUrl: string;
  readonly countryDatabaseFile: string | undefined;
  /** Told why an evaluator gave no answer that counts. */
  readonly onEvaluatorFailed: (evaluator: string, reason: string) => void;
  /** Told what of a stored rule cannot be applied any more. */
  readonly onUnusable: (unusable: Unusable) => void;
}

export async function openRules(options: RulesOptions): Promise<Rules> {
  const { database, changes, vault, outbound, clock, publicUrl } = options;
  await using opened = new AsyncDisposableStack();
  const policies = opened.use(
    await createPolicyDirectory({ store: options.store, changes, clock, onUnusable: options.onUnusable }),
  );
  const postures = opened.use(
    await createPostures({
      store: createEvaluatorStore({ database, clock }),
      changes,
      vault,
      outbound,
      clock,
      publicUrl,
      onFailure: options.onEvaluatorFailed,
    }),
  );
  const countries = createCountries({ file: options.countryDatabaseFile });
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
const anywhere: Connection = { address: "", country: "ZZ", certificate: undefined, postures: {} };

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

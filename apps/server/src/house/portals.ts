/** What is open at the portals: what they offer, sessions, streams, calls under way, and how many there may be. Who gets what, no logic. */
import {
  createCallLimiter,
  createCircuits,
  createConversations,
  type CallLimiter,
  type CallLimits,
  type Catalog,
  type Circuits,
  type Conversations,
} from "@castellan/calls";
import type { Stores } from "@castellan/configuration";
import {
  ResumableStreams,
  SessionRegistry,
  Subscriptions,
  UnderWay,
  createAddresses,
  createDoor,
  createPortalDirectory,
  followChanges,
  serveResumptions,
  type Addresses,
  type Choices,
  type Door,
  type PortalDirectory,
} from "@castellan/portal";
import type { Config } from "../config/settings.ts";
import type { Callers } from "./callers.ts";
import type { Ground } from "./ground.ts";
import type { Reading } from "./reading.ts";
import type { Rules } from "./rules.ts";

export interface Portals extends AsyncDisposable {
  readonly directory: PortalDirectory;
  readonly addresses: Addresses;
  readonly door: Door;
  readonly sessions: SessionRegistry;
  readonly conversations: Conversations;
  readonly resumable: ResumableStreams;
  readonly subscriptions: Subscriptions;
  readonly underWay: UnderWay;
  readonly limiter: CallLimiter;
  readonly circuits: Circuits;
}

export interface PortalsParts {
  readonly catalog: Catalog;
  readonly store: Stores["portals"];
  readonly callers: Callers;
  readonly reading: Reading;
  readonly rules: Rules;
  readonly choices: Choices;
}

export async function openPortals(ground: Ground, parts: PortalsParts): Promise<Portals> {
  const { config, database, vault, clock, publicUrl, changes, replicas, replica, remote, rates } = ground;
  const { audit, onError } = ground;
  const { catalog, callers, reading, rules, choices } = parts;
  const { upstreams, lists, personal, onListChanged } = reading;
  const { authenticator, standings } = callers;
  const { policy, policies } = rules;
  await using opened = new AsyncDisposableStack();
  const directory = opened.use(
    await createPortalDirectory({ portals: parts.store, catalog, changes, clock }),
  );
  const addresses = createAddresses({ publicUrl, directory });
  const { maxMessageBytes } = reading.limits;
  const conversations = opened.use(createConversations({ replicas, streams: remote, maxMessageBytes }));
  const hearing = { audit, clock, replica, onListChanged };
  const sessions = opened.use(
    new SessionRegistry({
      database,
      vault,
      changes,
      replicas,
      catalog,
      directory,
      upstreams,
      lists,
      hearing,
      clock,
      onError,
    }),
  );
  const resumable = opened.use(new ResumableStreams({ vault, clock, replica }));
  opened.use(serveResumptions(remote, resumable));
  const subscriptions = new Subscriptions();
  const door = createDoor({ authenticator, standings, directory, changes, rates });
  const underWay = opened.use(new UnderWay({ door, directory, changes, policy, policies, clock }));
  opened.use(followChanges({ directory, sessions, subscriptions, choices, lists: personal, onError }));
  const livingReplicas = () => replicas.living;
  const limiter = createCallLimiter({ rates, livingReplicas, perPerson: personLimits(config) });
  const circuits = opened.use(createCircuits({ catalog, clock }));
  const owned = opened.move();
  return {
    directory,
    addresses,
    door,
    sessions,
    conversations,
    resumable,
    subscriptions,
    underWay,
    limiter,
    circuits,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function personLimits({ personCallsPerMinute, personConcurrency }: Config): CallLimits {
  return {
    ...(personCallsPerMinute !== undefined && { callsPerMinute: personCallsPerMinute }),
    ...(personConcurrency !== undefined && { concurrency: personConcurrency }),
  };
}

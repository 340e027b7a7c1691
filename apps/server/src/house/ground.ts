/** What every part of the house stands on: what is told, the other replicas, the record, the way out. Who gets what, no logic. */
import { createAuditLog, type AuditLog } from "@castellan/audit";
import { createChangeFeed, type ChangeFeed } from "@castellan/database";
import { systemClock, type Clock } from "@castellan/kernel";
import { createRateLimiter, type RateLimiter } from "@castellan/limits";
import { createRemoteStreams, createReplicas, type RemoteStreams, type Replicas } from "@castellan/replicas";
import type { Telemetry } from "@castellan/telemetry";
import { createOutbound, type Outbound } from "@castellan/web";
import type { Config } from "../config/settings.ts";
import { faultHappened } from "./events.ts";
import type { Store } from "./store.ts";

export interface GroundOptions {
  readonly config: Config;
  readonly store: Store;
  readonly telemetry: Telemetry;
  readonly version: string;
  /** Where clients reach it. */
  readonly publicUrl: string;
}

export interface Ground
  extends AsyncDisposable, Omit<GroundOptions, "store">, Pick<Store, "database" | "vault"> {
  readonly clock: Clock;
  /** As what this installation introduces itself to servers and clients. */
  readonly identity: { readonly name: string; readonly version: string };
  readonly changes: ChangeFeed;
  readonly replicas: Replicas;
  /** The id of this one. */
  readonly replica: string;
  readonly remote: RemoteStreams;
  readonly audit: AuditLog;
  readonly outbound: Outbound;
  readonly rates: RateLimiter;
  /** What went wrong where nobody waits for an answer. */
  readonly onError: (error: unknown) => void;
}

export async function openGround({ store, ...given }: GroundOptions): Promise<Ground> {
  const { config, telemetry, version } = given;
  const { database, recordDatabase, vault } = store;
  const clock = systemClock;
  const onError = (error: unknown) => telemetry.emit(faultHappened, { error });
  await using opened = new AsyncDisposableStack();
  const changes = opened.use(await createChangeFeed({ database, clock, onError }));
  const replicas = opened.use(await createReplicas({ database, vault, clock, onError }));
  const remote = opened.use(createRemoteStreams({ replicas, onError }));
  const audit = opened.use(
    createAuditLog({ database: recordDatabase, mac: (data) => vault.mac("audit", data), onError }),
  );
  const outbound = opened.use(createOutbound(outboundSettings(config)));
  const rates = opened.use(createRateLimiter({ database, clock, onError }));
  const owned = opened.move();
  return {
    ...given,
    database,
    vault,
    clock,
    identity: { name: "castellan", version },
    changes,
    replicas,
    replica: replicas.id,
    remote,
    audit,
    outbound,
    rates,
    onError,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function outboundSettings({ proxyUrl, noProxy, caFile }: Config) {
  return {
    ...(proxyUrl !== undefined && { proxyUrl }),
    ...(noProxy !== undefined && { noProxy }),
    ...(caFile !== undefined && { caFile }),
  };
}

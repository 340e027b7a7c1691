/** Code Mode: a portal in two tools. One runs code that explores what is there, the other code that calls it. */
import type { Principal } from "@castellan/access";
import {
  errandsSeenTo,
  type CallPorts,
  type CatalogServer,
  type CodeToolNames,
  type OwnTool,
} from "@castellan/calls";
import type { ChangeFeed, Database } from "@castellan/database";
import type { Isolates, RunLimits } from "@castellan/isolates";
import type { Clock, Id } from "@castellan/kernel";
import type { Replicas } from "@castellan/replicas";
import type { Vault } from "@castellan/vault";
import { backgroundSeat } from "./background/background-seat.ts";
import { Background } from "./background/background.ts";
import type { ApiDocumentsPort } from "./documents.ts";
import { Engine } from "./engine/engine.ts";
import { statesOf, withdraw } from "./engine/errands.ts";
import { prepareCode } from "./engine/prepared-code.ts";
import { runUnknown } from "./faults.ts";
import { createLanguage } from "./language/language.ts";
import type { EndedRun, RunCaller, Runs, RunWait } from "./run.ts";
import { createRuns } from "./runs/create-runs.ts";
import { findRuns } from "./runs/reading.ts";
import { isOf, type Whose } from "./runs/whose.ts";
import { defaultCodemodeSettings, type CodemodeSettings } from "./settings.ts";
import { runCallerOf, type CodeSeat, type CodeTool } from "./tools/code-seat.ts";
import { apiDefinitions, portalDefinitions, portalToolNames } from "./tools/definitions.ts";
import { parseRunUri } from "./tools/run-uri.ts";
import { codeTool } from "./tools/run-code.ts";

export interface CodemodeOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open" | "mac">;
  readonly clock: Clock;
  /** Topics `approvals`, `links` and `codemode_runs`. */
  readonly changes: Pick<ChangeFeed, "on">;
  readonly replicas: Pick<Replicas, "id" | "lapsed" | "isAlive" | "send" | "on">;
  readonly isolates: Pick<Isolates, "run">;
  readonly documents?: ApiDocumentsPort | undefined;
  readonly settings?: Partial<CodemodeSettings>;
  /** Of one pass of a run, in the place of those of the pool. */
  readonly limits?: Partial<RunLimits>;
  /** Told of each run that ended here. */
  readonly onEnded?: ((run: EndedRun) => void) | undefined;
  /** Told when background work fails; it goes on. */
  readonly onError: (error: unknown) => void;
}

export interface Codemode extends AsyncDisposable {
  readonly toolNames: CodeToolNames;
  /** The two tools of a portal, each as JSON. */
  definitions(): readonly string[];
  /** The two tools of an API, each as JSON. */
  apiDefinitions(api: CatalogServer, names: CodeToolNames): readonly string[];
  ownTool(tool: CodeTool, seat: CodeSeat): OwnTool;
  /** Raw JSON of `contents` of what a run of this caller's at this portal (its slug) returned, while it is kept. */
  ownResource(uri: string, principal: Principal, portal: string): Promise<string | undefined>;
  readonly runs: Runs;
  /** Begins to go on with runs that nobody waits for, by these ports. Once. */
  serve(ports: CallPorts): void;
}

export function createCodemode(options: CodemodeOptions): Codemode {
  const { database, vault, clock, replicas, documents, limits, onError } = options;
  const settings = { ...defaultCodemodeSettings, ...options.settings };
  const language = createLanguage();
  let served: CallPorts | undefined;
  let background: Background | undefined;
  const letGo = async (waits: readonly RunWait[], caller: RunCaller) => {
    if (served) await withdraw(waits, caller, served);
  };
  const engine = new Engine({
    ...options,
    settings,
    letGo,
    prepare: (run, code, signal) => prepareCode({ language, vault, limits }, { run, code }, signal),
  });
  const runs = createRuns({ database, vault, clock, letGo });
  const find = async (id: Id<"run">, whose: Whose) => {
    const [run] = await findRuns(database, [id]);
    return run && isOf(run, whose) ? run : undefined;
  };
  const waitsOf = async (id: Id<"run">, whose: Whose) => {
    const run = await find(id, whose);
    if (!run) throw runUnknown();
    return run.waits;
  };
  const ground = { engine, clock, documents, replica: replicas.id, waitMs: settings.waitMs, waitsOf };
  return {
    toolNames: portalToolNames,
    definitions: portalDefinitions,
    apiDefinitions: ({ server }, names) => apiDefinitions(server.title, names),
    ownTool: (tool, seat) => codeTool(ground, tool, seat),
    async ownResource(uri, principal, portal) {
      const id = parseRunUri(uri);
      const run = id && (await find(id, { caller: runCallerOf(principal), portal }));
      const text = run && (await runs.result(run.id, principal.id));
      return text === undefined ? undefined : JSON.stringify([{ uri, mimeType: "application/json", text }]);
    },
    runs,
    serve(ports) {
      if (background) throw new TypeError("Code Mode serves already");
      served = ports;
      background = new Background({
        engine,
        database,
        clock,
        changes: options.changes,
        replicas,
        seatOf: (run, draining) => backgroundSeat(run, { ports, documents, draining }),
        seenTo: (waits) => errandsSeenTo(waits, ports),
        settled: (waits, caller, signal) => statesOf(waits, caller, ports, signal),
        letGo,
        settings,
        onError,
      });
    },
    async [Symbol.asyncDispose]() {
      await background?.[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      await language[Symbol.asyncDispose]();
    },
  };
}

/** Where code of models is run, and Code Mode over it. Who gets what, no logic. */
import { createCodemode, type ApiDocumentsPort, type Codemode } from "@castellan/codemode";
import { createIsolates, openOnDemand, type IsolatesOnDemand } from "@castellan/isolates";
import { containmentOf, settings } from "../config/settings.ts";
import { runEnded } from "./events.ts";
import type { Ground } from "./ground.ts";
import { isolatesDir } from "./isolates-dir.ts";

export interface Running extends AsyncDisposable {
  readonly isolates: Pick<IsolatesOnDemand, "stats">;
  readonly codemode: Codemode;
}

/** No process is started before the first program comes: not every installation runs any. */
export function openRunning(ground: Ground, documents: ApiDocumentsPort): Running {
  const { config, telemetry, database, vault, clock, changes, replicas, onError } = ground;
  const { isolateMaxRunning, isolateWarm, runSeconds, runWaitSeconds } = config;
  const opened = new AsyncDisposableStack();
  const isolates = opened.use(
    openOnDemand(async () =>
      createIsolates({
        containment: containmentOf(config),
        dir: await isolatesDir(),
        onError,
        ...(isolateMaxRunning !== undefined && { maxRunning: isolateMaxRunning }),
        ...(isolateWarm !== undefined && { warm: isolateWarm }),
        runLimits: { wallMs: (runSeconds ?? Number(settings.runSeconds.fallback)) * 1000 },
      }),
    ),
  );
  const codemode = opened.use(
    createCodemode({
      database,
      vault,
      clock,
      changes,
      replicas,
      isolates,
      documents,
      onEnded: (run) => telemetry.emit(runEnded, run),
      onError,
      ...(runWaitSeconds !== undefined && { settings: { waitMs: runWaitSeconds * 1000 } }),
    }),
  );
  return {
    isolates,
    codemode,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

export { codemodeFaults } from "./faults.ts";
export { codemodeMigrations } from "./migrations.ts";
export { createCodemode, type Codemode, type CodemodeOptions } from "./codemode.ts";
export { type ApiDocumentsPort, type ApiRequest } from "./documents.ts";
export { defaultCodemodeSettings, type CodemodeSettings } from "./settings.ts";
export { codemodeSealedColumns } from "./runs/sealing.ts";
export {
  runStates,
  runTools,
  type Room,
  type Run,
  type RunCall,
  type RunCaller,
  type RunDetails,
  type RunFilter,
  type RunOutcome,
  type Runs,
  type RunState,
  type RunTool,
  type RunWait,
} from "./run.ts";

export { checkContainment } from "./containment/check.ts";
export { createIsolates } from "./create-isolates.ts";
export { isolateFaults } from "./faults.ts";
export {
  PutOff,
  containmentModes,
  type ContainmentMode,
  type ContainmentReport,
  type Isolates,
  type IsolatesOptions,
  type IsolateStats,
  type RunOptions,
} from "./isolates.ts";
export { defaultProcessLimits, defaultRunLimits } from "./limits.ts";
export type {
  Binding,
  LogLine,
  OutboundHandler,
  ProcessLimits,
  Program,
  RunEnd,
  RunLimits,
  RunUse,
  ThrownError,
} from "./program.ts";
export { openOnDemand, type IsolatesOnDemand } from "./on-demand.ts";

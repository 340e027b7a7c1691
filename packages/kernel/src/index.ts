export { createManualClock, systemClock, type Clock, type ManualClock } from "./clock.ts";
export {
  Fault,
  defineFaults,
  isFault,
  type FaultCatalog,
  type FaultOptions,
  type FaultOwner,
  type FaultSpec,
} from "./fault.ts";
export { kernelFaults } from "./faults.ts";
export { createId, earliestId, idPrefixes, isId, type Id, type IdKind } from "./id.ts";
export { checkInput, fieldOf, invalidInput, parseInput, type InputProblem } from "./input.ts";
export { isPrintable } from "./printable.ts";
export { isSlug, parseSlug, slugPattern, slugRule, type Slug } from "./slug.ts";
export { createThreads, serveThread, type Threads, type ThreadsOptions } from "./threads.ts";
export { visible } from "./visible.ts";

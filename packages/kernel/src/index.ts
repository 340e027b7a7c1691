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
export { createId, idPrefixes, isId, type Id, type IdKind } from "./id.ts";
export { isSlug, parseSlug, slugRule, type Slug } from "./slug.ts";

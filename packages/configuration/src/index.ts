export { configurationFaults } from "./faults.ts";

export {
  configurationDocument,
  type ConfigurationDocument,
  type ConfigurationInput,
} from "./document/document.ts";
export { documentJsonSchema } from "./document/json-schema.ts";
export { serverLimits, syncIntervalSeconds } from "./document/limits.ts";
export { secretPlace, type SecretPlace } from "./document/secret-ref.ts";

export { parseConfiguration, type ParsedConfiguration } from "./text/parse.ts";
export { renderConfiguration } from "./text/render.ts";

export {
  createConfiguration,
  type Applied,
  type ApplyOptions,
  type Configuration,
  type ConfigurationOptions,
  type Plan,
} from "./configuration.ts";
export { type ServerToSync } from "./apply.ts";
export { type PlanOptions } from "./plan/plan.ts";
export { secretRefs, type Secrets } from "./plan/secrets.ts";
export { type FieldChange } from "./plan/difference.ts";
export { resourceKinds, type ResourceChange, type ResourceKind } from "./plan/steps.ts";
export { configurationMigrations } from "./kinds/managed.ts";
export { type ConfigurationStores } from "./present.ts";
export { createStores, type Stores, type StoresOptions } from "./stores.ts";

export { registryFaults } from "./faults.ts";

export { createRegistry, type RegistryPorts } from "./registry.ts";
export { isNamespace, namespaceRule, toNamespace } from "./namespace.ts";

export { visiblePortals, type TokenHolder } from "./visible-portals.ts";
export { countOffers, type Counts } from "./offers.ts";
export { connectUrl } from "./connect-url.ts";

export { importServer, type ImportChoices, type ImportedServer } from "./import/import-server.ts";

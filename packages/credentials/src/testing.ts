/** For tests of whatever has to do with authorization servers out there. */
export {
  startAuthorizationServer,
  type AuthorizationServer,
  type Exchange,
  type GrantType,
  type RegisteredClient,
  type TokenFacts,
} from "./testing/authorization-server.ts";
export { atOnce, type AuthorizationServerOptions } from "./testing/authorization-server-settings.ts";
export type { TrustedIssuer } from "./testing/assertion-grants.ts";
export type { Gate } from "./testing/gate.ts";

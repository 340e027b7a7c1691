export { webFaults } from "./faults.ts";

export { isWithin, parseAddress, parseCidr, type Address, type Cidr } from "./cidr.ts";

export { loadClientAuthorities, type ClientAuthorities } from "./client-certificate/authorities.ts";
export type {
  ClientCertificate,
  ClientCertificateSettings,
} from "./client-certificate/client-certificate.ts";

export { createWebApp, type Refused, type WebAppSettings } from "./inbound/web-app.ts";
export { addressKey, type AddressLimit } from "./inbound/address-limit.ts";
export type { ForwardedHeader } from "./inbound/client-address.ts";
export { requestHeader, requestHeaders, serverBindings, type ServerBindings } from "./inbound/environment.ts";
export { clientAddress, clientCertificate, ownHost, requestId } from "./inbound/exchange.ts";
export type { HealthCheck } from "./inbound/health.ts";
export type { NameSettings } from "./inbound/names.ts";
export { corsExposedHeaders, corsRequestHeaders, type OpenPath } from "./inbound/origin-check.ts";
export { problemMediaType, problemResponse, toFault } from "./inbound/problem.ts";
export { RecentMap } from "./inbound/recent-map.ts";
export { readBody, type ReadBodyOptions } from "./inbound/read-body.ts";
export { clientGone, drainSignal } from "./inbound/signals.ts";

export { createCookies, type Cookies } from "./pages/cookies.ts";
export { errorPage, prefersPage, type ErrorPageOptions } from "./pages/error-page.ts";
export { field, type FieldOptions } from "./pages/field.ts";
export { createForms, type Forms, type FormsOptions } from "./pages/forms.ts";
export { html, type Html, type HtmlValue } from "./pages/html.ts";
export { isLocalPath } from "./pages/local-path.ts";
export { atOwnAddress } from "./pages/own-address.ts";
export { formActionOf, page, type PageOptions } from "./pages/page.ts";
export { ago, ahead, day, moment, span } from "./pages/times.ts";

export { startHttpServer, type HttpServer, type HttpServerSettings } from "./server/http-server.ts";
export { loadServerTls, type ServerTls } from "./server/tls.ts";
export type { DrainOptions, DrainOutcome } from "./server/drain.ts";

export { loadAuthorities } from "./outbound/certificates.ts";
export { isPublicAddress } from "./outbound/address-class.ts";
export { createOutbound, type Outbound, type OutboundSettings } from "./outbound/outbound.ts";
export type { OutboundFetchInit, OutboundResponse } from "./outbound/fetch.ts";
export type { OutboundPolicy } from "./outbound/policy.ts";
export { RemoteCopy } from "./outbound/remote-copy.ts";
export type { Resolve, ResolvedAddress } from "./outbound/resolve.ts";

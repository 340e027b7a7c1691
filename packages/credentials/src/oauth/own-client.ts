/** How this installation presents itself: where browsers come back to, and its document for authorization servers. */
import { linksPath } from "../links/paths.ts";
import { isIssuerKey, issuerKey } from "./issuer-key.ts";
import type { Introduction } from "./registration.ts";

export interface OwnClient {
  redirectUri(issuer: string): string;
  metadataUrl(issuer: string): string;
  metadata(key: string): Readonly<Record<string, unknown>> | undefined;
  /** Whether authorization servers can read our document: it is on the Internet, by https. */
  readonly isPublished: boolean;
  introduction(issuer: string): Introduction;
}

export interface OwnClientOptions {
  readonly publicUrl: URL;
  /** Where our document is instead; what is there is somebody else's care then. */
  readonly metadataUrl?: ((issuerKey: string) => string) | undefined;
}

/** Below which each issuer has its redirect address: `/{issuerKey}`. */
export const callbackPath = `${linksPath}/callback`;
/** Below which each issuer finds our document: `/{issuerKey}.json`. */
export const clientMetadataPath = `${linksPath}/client`;

export function createOwnClient({ publicUrl, metadataUrl }: OwnClientOptions): OwnClient {
  const at = (path: string) => new URL(path, publicUrl).href;
  const redirectUri = (key: string) => at(`${callbackPath}/${key}`);
  const documentUrl = metadataUrl ?? ((key: string) => at(`${clientMetadataPath}/${key}.json`));
  const name = `Castellan (${publicUrl.host})`;
  const isLoopback = isLoopbackHost(publicUrl.hostname);
  return {
    isPublished: metadataUrl !== undefined || (publicUrl.protocol === "https:" && !isLoopback),
    redirectUri: (issuer) => redirectUri(issuerKey(issuer)),
    metadataUrl: (issuer) => documentUrl(issuerKey(issuer)),
    metadata: (key) =>
      isIssuerKey(key)
        ? {
            client_id: documentUrl(key),
            client_name: name,
            client_uri: publicUrl.href,
            redirect_uris: [redirectUri(key)],
            grant_types: ["authorization_code", "refresh_token"],
            response_types: ["code"],
            token_endpoint_auth_method: "none",
            application_type: "web",
          }
        : undefined,
    introduction: (issuer) => ({
      redirectUri: redirectUri(issuerKey(issuer)),
      name,
      homepage: publicUrl.href,
      applicationType: isLoopback ? "native" : "web",
    }),
  };
}

/** RFC 8252 §7.3, and the names that mean the same. */
function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}

/**
 * What servers need to check our tokens: the key set, and where it lies. There is no OAuth behind this issuer, so its
 * document says no more than the claims and the keys, as other issuers of workload tokens do.
 */
import type { OpenPath } from "@castellan/web";
import { Hono } from "hono";
import { identityPath, type Identity } from "./identity.ts";

const keySetPath = `${identityPath}/jwks.json`;
/** OpenID Connect Discovery 1.0 §4, and RFC 8414 §3.1 with either name. */
const documentPaths = [
  `${identityPath}/.well-known/openid-configuration`,
  `/.well-known/openid-configuration${identityPath}`,
  `/.well-known/oauth-authorization-server${identityPath}`,
];

/** They are the same for whoever asks: pages of any origin may read them. */
export const openIdentityPaths: readonly OpenPath[] = [keySetPath, ...documentPaths].map((path) => ({
  path,
  methods: ["GET"],
}));

// A key is published a day before it signs.
const cacheControl = "public, max-age=3600";

export function createIdentityMetadata(identity: Pick<Identity, "issuer" | "keySet">): Hono {
  const { issuer } = identity;
  const document = Object.freeze({
    issuer,
    jwks_uri: issuer + keySetPath.slice(identityPath.length),
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
    claims_supported: "iss sub aud exp iat jti name email groups act portal method tool".split(" "),
  });
  const app = new Hono();
  for (const path of documentPaths)
    app.get(path, (c) => c.json(document, 200, { "cache-control": cacheControl }));
  app.get(keySetPath, async (c) =>
    c.json(await identity.keySet(), 200, {
      "cache-control": cacheControl,
      "content-type": "application/jwk-set+json",
    }),
  );
  return app;
}

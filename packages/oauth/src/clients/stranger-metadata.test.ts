import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseStrangerMetadata } from "./stranger-metadata.ts";

const redirect_uris = ["https://a.example/cb"];
const usual = {
  name: "",
  uri: undefined,
  redirectUris: redirect_uris,
  authMethod: "none",
  grantTypes: ["authorization_code", "refresh_token"],
  jwks: undefined,
  jwksUri: undefined,
};
const jwk = { kty: "EC", crv: "P-256", x: "x", y: "y" };

test.each([
  [{}, {}],
  [{ client_name: "  Claude Code (okrs) " }, { name: "Claude Code (okrs)" }],
  [{ client_uri: "https://a.example" }, { uri: "https://a.example" }],
  // Shown to nobody, so no reason to refuse the client.
  [{ client_uri: "http://a.example" }, {}],
  [{ grant_types: ["authorization_code"] }, { grantTypes: ["authorization_code"] }],
  [
    { grant_types: ["refresh_token", "client_credentials", "urn:x", "authorization_code"] },
    { grantTypes: ["authorization_code", "refresh_token"] },
  ],
  [{ response_types: ["code", "code id_token"] }, {}],
  [{ scope: "openid everything", logo_uri: "javascript:x", contacts: 7, application_type: "web" }, {}],
  [{ token_endpoint_auth_method: "client_secret_post" }, { authMethod: "client_secret_post" }],
  [
    { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [jwk] } },
    { authMethod: "private_key_jwt", jwks: { keys: [jwk] } },
  ],
  [
    { token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://a.example/keys" },
    { authMethod: "private_key_jwt", jwksUri: "https://a.example/keys" },
  ],
  // Keys that it has no use for here.
  [{ jwks: { keys: [jwk] } }, {}],
  [{ redirect_uris: [...redirect_uris, ...redirect_uris] }, {}],
])("%j", (said, made) => {
  expect(parseStrangerMetadata({ redirect_uris, ...said })).toEqual({ ...usual, ...made });
});

test.each([
  [{ redirect_uris: undefined }, "redirect_uri_invalid", "redirect_uris is required"],
  [{ redirect_uris: [] }, "redirect_uri_invalid", "redirect_uris must have at least 1 entries"],
  [{ redirect_uris: "https://a.example" }, "redirect_uri_invalid", "redirect_uris must be an array"],
  [{ redirect_uris: [1] }, "redirect_uri_invalid", "redirect_uris must be a string"],
  [
    { redirect_uris: ["https://a.example/#x"] },
    "redirect_uri_invalid",
    "redirect_uris[0] must not have a fragment",
  ],
  [
    { client_name: "x".repeat(129) },
    "client_metadata_invalid",
    "client_name must have at most 128 characters",
  ],
  [{ client_name: "a\u0000b" }, "client_metadata_invalid", "client_name must hold printable characters only"],
  [{ client_name: 7 }, "client_metadata_invalid", "client_name must be a string"],
  [
    { grant_types: ["client_credentials"] },
    "client_metadata_invalid",
    "grant_types must name authorization_code: that is how clients are let in here",
  ],
  [{ response_types: [] }, "client_metadata_invalid", "response_types must name code, the only one there is"],
  [
    { token_endpoint_auth_method: "client_secret_jwt" },
    "client_metadata_invalid",
    "token_endpoint_auth_method must be none, client_secret_basic, client_secret_post, private_key_jwt",
  ],
  [
    { token_endpoint_auth_method: "private_key_jwt" },
    "client_metadata_invalid",
    "private_key_jwt needs either jwks or jwks_uri",
  ],
  [
    { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [] } },
    "client_metadata_invalid",
    "jwks must hold 1 to 16 keys",
  ],
  [
    { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [{ kty: "dilithium" }] } },
    "client_metadata_invalid",
    "jwks must hold keys of the types RSA, EC, OKP",
  ],
  [
    { token_endpoint_auth_method: "private_key_jwt", jwks_uri: "http://a.example/keys" },
    "client_metadata_invalid",
    "jwks_uri must be an https URL",
  ],
])("%j is refused", (said, code, message) => {
  expect(() => parseStrangerMetadata({ redirect_uris, ...said })).toThrow(
    expect.objectContaining({ code, message }),
  );
});

test("whatever anybody sends is taken or refused with one of two codes", () => {
  const names = fc.constantFrom(
    "client_name",
    "client_uri",
    "grant_types",
    "redirect_uris",
    "jwks",
    "jwks_uri",
  );
  const json = fc.jsonValue({ maxDepth: 2 });
  const bodies = fc.oneof(
    json,
    fc.dictionary(names, fc.oneof(json, fc.array(fc.webUrl()))),
    fc.record({ redirect_uris: fc.array(fc.oneof(fc.webUrl(), fc.string())), jwks: json }),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      try {
        expect(parseStrangerMetadata(body).redirectUris.length).toBeGreaterThan(0);
      } catch (error) {
        if (!isFault(error)) throw error;
        expect(["client_metadata_invalid", "redirect_uri_invalid"]).toContain(error.code);
      }
    }),
  );
});

import { generateKeyPairSync } from "node:crypto";
import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { Provider, type Adapter } from "oidc-provider";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client, ClientMetadata } from "./client.ts";
import { toProviderMetadata } from "./provider-features.ts";
import { parseStrangerMetadata } from "./stranger-metadata.ts";
import { createTestClients, type TestClients } from "./testing.ts";

let house: TestClients;
let provider: Provider;

beforeAll(async () => {
  house = await createTestClients();
  const { features } = house.clients;
  provider = new Provider("https://castellan.example/oauth", {
    ...features.configuration,
    features: { ...features.configuration.features, devInteractions: { enabled: false } },
    scopes: ["offline_access"],
    // Neither is used here; without them it says that it makes up its own.
    adapter: (model) => features.adapter(model) as Adapter,
    jwks: {
      keys: [generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" })],
    },
  });
  features.prepare(provider);
});
afterAll(() => house[Symbol.asyncDispose]());

const asClient = (metadata: ClientMetadata): Client => ({
  ...metadata,
  id: "cli_1",
  kind: "dynamic",
  scopes: [],
  mayIntrospect: false,
  secrets: [{ hash: "x", createdAt: new Date(), expiresAt: undefined }],
  version: 1,
  createdAt: new Date(),
  createdBy: undefined,
  updatedAt: new Date(),
  lastUsedAt: undefined,
  readAt: undefined,
  freshUntil: undefined,
});

type ProviderClient = InstanceType<Provider["Client"]>;
const toProvider = (client: Client) => {
  const { Client } = provider as unknown as { Client: new (metadata: object) => ProviderClient };
  return new Client(toProviderMetadata(client));
};

const redirectUri = fc.oneof(
  fc.webUrl({ validSchemes: ["https"], withQueryParameters: true }),
  fc
    .tuple(fc.constantFrom("localhost", "127.0.0.1", "[::1]"), fc.nat(65_535))
    .map(([host, port]) => `http://${host}:${port}/cb`),
  fc
    .tuple(fc.stringMatching(/^[a-z][a-z0-9.+-]{0,9}$/), fc.webPath())
    .map(([scheme, path]) => `${scheme}:/${path}`),
  fc.constantFrom("https://localhost:1/cb", "https://a.example", "cursor://x/cb"),
);

const metadata = fc.record(
  {
    redirect_uris: fc.array(redirectUri, { minLength: 1, maxLength: 4 }),
    client_name: fc.string({ maxLength: 20 }),
    client_uri: fc.webUrl(),
    grant_types: fc.constantFrom(["authorization_code"], ["refresh_token", "authorization_code", "implicit"]),
    token_endpoint_auth_method: fc.constantFrom("none", "client_secret_basic", "client_secret_post"),
  },
  { requiredKeys: ["redirect_uris"] },
);

test("whoever is taken as a client here is one to the provider, and has the redirect URIs that they brought", () => {
  let taken = 0;
  fc.assert(
    fc.property(metadata, (said) => {
      let client: Client;
      try {
        client = asClient(parseStrangerMetadata(said));
      } catch (error) {
        if (isFault(error)) return;
        throw error;
      }
      taken += 1;
      const known = toProvider(client);
      expect(known.redirectUris).toEqual(client.redirectUris);
      for (const uri of client.redirectUris) expect(known.redirectUriAllowed(uri)).toBe(true);
    }),
    { numRuns: 500 },
  );
  expect(taken).toBeGreaterThan(50);
});

test("of what is asked for only the letter counts, and on loopback any port", () => {
  const registered = ["https://a.example/cb", "http://127.0.0.1/cb", "http://localhost:1/cb", "app://h/cb"];
  const known = toProvider(asClient(parseStrangerMetadata({ redirect_uris: registered })));
  const asked = fc
    .tuple(
      fc.constantFrom(...registered, "http://localhost/cb"),
      fc.nat(30),
      fc.nat(3),
      fc.oneof(
        fc.constantFrom(
          "",
          ":80",
          ":8080",
          "@",
          "@evil.example",
          "\\",
          "/",
          "%2e",
          "..",
          "#",
          "?",
          ".evil.example",
          "*",
        ),
        fc.string({ maxLength: 2 }),
      ),
    )
    .map(([uri, at, length, piece]) => uri.slice(0, at) + piece + uri.slice(at + length));
  fc.assert(
    fc.property(asked, (uri) => {
      fc.pre(known.redirectUriAllowed(uri));
      if (registered.includes(uri)) return;
      // The one thing that may differ.
      expect(uri).toMatch(/^http:\/\/(127\.0\.0\.1|localhost)(:\d*)?\/cb$/);
      expect(["127.0.0.1", "localhost"]).toContain(new URL(uri).hostname);
    }),
    { numRuns: 5_000 },
  );
});

test("what the consent page is told of a client", () => {
  const client = toProvider(
    asClient(parseStrangerMetadata({ redirect_uris: ["app://h/cb"], client_name: "<b>" })),
  );
  expect(house.clients.features.describe(client)).toEqual({
    id: "cli_1",
    kind: "dynamic",
    name: "<b>",
    redirectUris: ["app://h/cb"],
    uri: undefined,
  });
  const unnamed = toProvider(asClient(parseStrangerMetadata({ redirect_uris: ["app://h/cb"] })));
  expect(house.clients.features.describe(unnamed).name).toBe("cli_1");
});

test("pages of a client's own origin may read its answers, others not", () => {
  const { clientBasedCORS } = house.clients.features.configuration;
  const client = toProvider(
    asClient(
      parseStrangerMetadata({ redirect_uris: ["https://a.example/cb", "http://localhost/cb", "app://h/cb"] }),
    ),
  );
  const allowed = (origin: string) => clientBasedCORS?.({} as never, origin, client);
  expect(
    [
      "https://a.example",
      "http://localhost:6274",
      "https://evil.example",
      "http://a.example",
      "app://h",
      "null",
    ].map(allowed),
  ).toEqual([true, true, false, false, false, false]);
});

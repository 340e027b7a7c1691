import type { RegisteredClientInput } from "@castellan/oauth";
import type { MakeRequest, Scene } from "../scene.ts";
import { nothing, type CaseTable, ruled } from "./operation-cases.ts";

const clientWithSecret = {
  name: "Nightly",
  redirectUris: [],
  authMethod: "client_secret_basic",
  grantTypes: ["client_credentials"],
  scopes: [],
  mayIntrospect: false,
} as const;

async function newClient({ house }: Scene, input: RegisteredClientInput = clientWithSecret) {
  return { params: { id: (await house.clients.add(input, "usr_a")).client.id } };
}

const aClient: MakeRequest = (scene) => newClient(scene);
const nobody = { params: { id: `cli_${"0".repeat(32)}` } };
const clientNotFound = { client_not_found: () => nobody };

/** One that registered itself. */
export async function aStranger({ house }: Scene) {
  const { client } = await house.clients.register({
    name: "Stranger",
    uri: undefined,
    redirectUris: ["http://localhost/cb"],
    authMethod: "none",
    grantTypes: ["authorization_code"],
    jwks: undefined,
    jwksUri: undefined,
  });
  return { params: { id: client.id } };
}

const app: RegisteredClientInput = {
  ...clientWithSecret,
  redirectUris: ["https://desk.example/cb"],
  authMethod: "none",
  grantTypes: ["authorization_code"],
};
const byKeys = { ...clientWithSecret, authMethod: "private_key_jwt" };

export const clientCases: CaseTable = {
  listClients: { good: nothing },
  addClient: {
    good: (scene) => ({ body: { ...clientWithSecret, name: scene.newSlug() } }),
    failures: {
      portal_not_found: () => ({ body: { ...clientWithSecret, scopes: ["portal:nobody"] } }),
      server_unknown: () => ({ body: { ...clientWithSecret, scopes: ["nobody:read"] } }),
      outbound_refused: () => ({ body: { ...byKeys, jwksUri: "https://10.0.0.1/keys" } }),
    },
  },
  getClient: { good: aClient, failures: clientNotFound },
  changeClient: {
    good: async (scene) => ({ ...(await aClient(scene)), body: { name: "Changed" } }),
    failures: {
      client_not_found: () => ({ ...nobody, body: { name: "Nobody" } }),
      client_not_registered: async (scene) => ({ ...(await aStranger(scene)), body: { name: "Mine" } }),
      portal_not_found: async (scene) => ({ ...(await aClient(scene)), body: { scopes: ["portal:nobody"] } }),
      server_unknown: async (scene) => ({ ...(await aClient(scene)), body: { scopes: ["nobody:read"] } }),
      outbound_refused: async (scene) => ({
        ...(await aClient(scene)),
        body: { jwksUri: "https://10.0.0.1/keys" },
      }),
    },
  },
  removeClient: {
    good: aClient,
    failures: {
      ...clientNotFound,
      rule_refers: ruled(aClient, ({ id }) => ({ include: [{ client: id }] })),
    },
  },
  rotateClientSecret: {
    good: aClient,
    failures: {
      ...clientNotFound,
      client_not_registered: aStranger,
      client_has_no_secret: (scene) => newClient(scene, app),
    },
  },
};

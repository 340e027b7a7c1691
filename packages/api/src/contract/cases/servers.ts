import { maxDocumentBytes } from "@castellan/openapi";
import { reachable } from "../scene.ts";
import type { MakeRequest } from "../scene.ts";
import { aServer, nobody, nothing, serverUnknown, type CaseTable, ruled } from "./operation-cases.ts";

const apiDocument = JSON.stringify({
  openapi: "3.1.0",
  info: { title: "Notes", version: "1" },
  servers: [{ url: "https://127.0.0.1:1/v1" }],
  paths: { "/notes": { get: { operationId: "list_notes", responses: { 200: { description: "Notes" } } } } },
});
const ofApi = { openapi: { document: apiDocument }, allowPrivate: ["127.0.0.1"] };

/** What an API's document can be refused for, in the body that this request makes of it. */
function documentFailures(request: (openapi: object) => MakeRequest): Record<string, MakeRequest> {
  return {
    document_invalid: request({ document: "swagger: '2.0'" }),
    document_too_large: request({ document: "x".repeat(maxDocumentBytes + 1) }),
    document_unreachable: request({ url: "http://127.0.0.1:1/openapi.json" }),
  };
}

export const serverCases: CaseTable = {
  listServers: {
    good: nothing,
    failures: { portal_not_found: () => ({ query: { portal: "nobody" } }) },
  },
  addServer: {
    good: (scene) => ({ body: { slug: scene.newSlug(), ...reachable(scene.upstream) } }),
    failures: {
      server_slug_taken: async (scene) => ({
        body: { slug: await scene.newServer(), ...reachable(scene.upstream) },
      }),
      outbound_refused: (scene) => ({ body: { slug: scene.newSlug(), url: scene.upstream.url } }),
      outbound_policy_invalid: (scene) => ({
        body: { slug: scene.newSlug(), url: scene.upstream.url, allowPrivate: ["10.0.0.0/99"] },
      }),
      ...documentFailures((openapi) => (scene) => ({ body: { slug: scene.newSlug(), ...ofApi, openapi } })),
    },
  },
  getServer: { good: aServer, failures: serverUnknown },
  changeServer: {
    good: async (scene) => ({ ...(await aServer(scene)), body: { title: "Changed" } }),
    failures: {
      server_unknown: () => ({ ...nobody, body: { title: "Nobody" } }),
      // Its header would go to somebody else.
      server_headers_required: async (scene) => ({
        params: { slug: await scene.newServer({ headers: { "X-Key": "k" } }) },
        body: { url: "http://127.0.0.1:1/mcp" },
      }),
      // So would its secret.
      server_secrets_required: async (scene) => ({
        params: {
          slug: await scene.newServer({ auth: { kind: "bearer" }, authSecrets: { token: "t" } }),
        },
        body: { url: "http://127.0.0.1:1/mcp" },
      }),
      outbound_refused: async (scene) => ({ ...(await aServer(scene)), body: { allowPrivate: [] } }),
      outbound_policy_invalid: async (scene) => ({
        ...(await aServer(scene)),
        body: { allowPrivate: ["10.0.0.0/99"] },
      }),
      ...documentFailures((openapi) => async (scene) => ({
        params: { slug: await scene.newServer(ofApi) },
        body: { openapi },
      })),
    },
  },
  removeServer: {
    good: aServer,
    failures: {
      ...serverUnknown,
      rule_refers: ruled(aServer, ({ slug }) => ({ at: { servers: [slug] } })),
    },
  },
  syncServer: { good: aServer, failures: serverUnknown },
};

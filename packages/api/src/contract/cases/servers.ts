import { reachable } from "../scene.ts";
import { aServer, nobody, nothing, serverUnknown, type CaseTable, ruled } from "./operation-cases.ts";

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
      outbound_refused: async (scene) => ({ ...(await aServer(scene)), body: { allowPrivate: [] } }),
      outbound_policy_invalid: async (scene) => ({
        ...(await aServer(scene)),
        body: { allowPrivate: ["10.0.0.0/99"] },
      }),
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

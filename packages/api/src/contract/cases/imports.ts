import { reachable, type Scene } from "../scene.ts";
import { type CaseTable } from "./operation-cases.ts";

const serverJson = {
  name: "io.github.acme/weather",
  description: "What tomorrow brings",
  version: "1.0.0",
};

/** A server.json that leads to the server of the scene. */
function imported({ upstream }: Scene, more: object = {}) {
  const { url, allowPrivate } = reachable(upstream);
  return {
    document: { ...serverJson, remotes: [{ type: "streamable-http", url, ...more }] },
    allowPrivate,
  };
}

export const importCases: CaseTable = {
  importServer: {
    good: (scene) => ({ body: { ...imported(scene), slug: scene.newSlug() } }),
    failures: {
      server_slug_taken: async (scene) => ({
        body: { ...imported(scene), slug: await scene.newServer() },
      }),
      outbound_refused: (scene) => ({ body: { ...imported(scene), allowPrivate: [] } }),
      outbound_policy_invalid: (scene) => ({
        body: { ...imported(scene), allowPrivate: ["10.0.0.0/99"] },
      }),
      server_json_no_remote: () => ({ body: { document: serverJson } }),
      server_json_incomplete: (scene) => ({
        body: imported(scene, { headers: [{ name: "X-Key", isRequired: true }] }),
      }),
      server_json_secret_in_url: () => ({
        body: {
          document: {
            ...serverJson,
            remotes: [
              {
                type: "streamable-http",
                url: "https://example.com/{key}/mcp",
                variables: { key: { isRequired: true, isSecret: true } },
              },
            ],
          },
        },
      }),
    },
  },
};

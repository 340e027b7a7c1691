import { aServer, nobody, serverUnknown, type CaseTable, type OperationCases } from "./operation-cases.ts";

export const definitionCases: CaseTable = {
  listDefinitions: { good: aServer, failures: serverUnknown },
  approveDefinitions: decision(),
  rejectDefinitions: decision(),
};

/** Of what the upstream's prompt is; a fingerprint that is another's is that of a definition that changed. */
function decision(): OperationCases {
  const of = (name: string, fingerprint: string) => ({
    body: { definitions: [{ kind: "prompt", name, fingerprint }] },
  });
  const other = `sha256:${"0".repeat(64)}`;
  return {
    good: async (scene) => {
      const server = await aServer(scene);
      const { body } = await scene.admin(
        "GET",
        `/servers/${server.params?.["slug"]}/definitions?kind=prompt`,
      );
      const [prompt] = (body as { items: { fingerprint: string }[] }).items;
      return { ...server, ...of("umbrella", prompt?.fingerprint ?? "") };
    },
    failures: {
      server_unknown: () => ({ ...nobody, ...of("umbrella", other) }),
      definition_unknown: async (scene) => ({ ...(await aServer(scene)), ...of("parasol", other) }),
      definition_changed: async (scene) => ({ ...(await aServer(scene)), ...of("umbrella", other) }),
    },
  };
}

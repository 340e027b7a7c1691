import type { CaseTable } from "./operation-cases.ts";

const noUser = { params: { id: `usr_${"0".repeat(32)}` } };

export const invitationCases: CaseTable = {
  addInvitation: {
    good: async (scene) => ({ params: { id: (await scene.newUser()).id }, body: {} }),
    failures: { user_not_found: () => ({ ...noUser, body: {} }) },
  },
  endInvitations: {
    good: async (scene) => ({ params: { id: (await scene.newUser()).id } }),
    failures: { user_not_found: () => noUser },
  },
};

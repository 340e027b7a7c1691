import type { Approval, NewApproval } from "@castellan/approvals";
import type { User } from "@castellan/access";
import { createClient } from "../../testing/client.ts";
import type { MakeRequest, Scene } from "../scene.ts";
import { nothing, type CaseTable } from "./operation-cases.ts";

const none = { params: { id: `apr_${"0".repeat(32)}` } };
const approve = { body: { decision: "approve" } };

/** A request of somebody that a decider may decide; both with a client of the API. */
async function asked(scene: Scene) {
  const [asker, decider] = [await scene.newUser(), await scene.newUser()];
  const approval = await scene.house.approvals.ask(requestOf(asker, decider, scene.newSlug()));
  const as = async ({ id }: User) =>
    createClient(scene.house.app, (await scene.house.letClientIn(id)).secret);
  const request = { params: { id: approval.id } };
  return { request, approval, asAsker: await as(asker), asDecider: await as(decider), asker };
}

function requestOf({ id, name, email }: User, decider: User, binding: string): NewApproval {
  const client = "A client";
  return {
    kind: "call",
    asker: { id, kind: "user", name, email, grantId: undefined, client },
    subject: {
      portal: "tools",
      server: "crm",
      method: "tools/call",
      target: "crm_delete",
      name: "delete",
      class: "destructive",
      address: "192.0.2.7",
    },
    binding,
    holdsFor: binding,
    needs: [{ kind: "decision", rule: "asks", deciders: { people: [decider.email] }, holdsSeconds: 0 }],
    arguments: "{}",
    expiresAt: new Date(Date.now() + 3_600_000),
  };
}

async function withdrawn(scene: Scene) {
  const { approval, asker, ...rest } = await asked(scene);
  const gone: Approval = await scene.house.approvals.withdraw(approval.id, asker.id);
  return { ...rest, approval: gone };
}

const byDecider: MakeRequest = async (scene) => {
  const { request, asDecider } = await asked(scene);
  return { ...request, ...approve, as: asDecider };
};

export const approvalCases: CaseTable = {
  listApprovals: { good: nothing },
  getApproval: {
    good: async (scene) => (await asked(scene)).request,
    failures: { approval_not_found: () => none },
  },
  decideApproval: {
    good: byDecider,
    failures: {
      approval_not_found: () => ({ ...none, ...approve }),
      approval_not_yours: async (scene) => {
        const { request, asAsker } = await asked(scene);
        return { ...request, ...approve, as: asAsker };
      },
      approval_settled: async (scene) => {
        const { request, asDecider } = await withdrawn(scene);
        return { ...request, ...approve, as: asDecider };
      },
    },
  },
  withdrawApproval: {
    good: async (scene) => {
      const { request, asAsker } = await asked(scene);
      return { ...request, as: asAsker };
    },
    failures: {
      approval_not_found: () => none,
      approval_not_yours: async (scene) => {
        const { request, asDecider } = await asked(scene);
        return { ...request, as: asDecider };
      },
      approval_settled: async (scene) => {
        const { request, asAsker } = await withdrawn(scene);
        return { ...request, as: asAsker };
      },
    },
  },
};

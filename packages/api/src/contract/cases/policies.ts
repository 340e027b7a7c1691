/** Rules of the policy. */
import type { MakeRequest, Scene } from "../scene.ts";
import { nothing, type CaseTable } from "./operation-cases.ts";

const noRule = { params: { name: "no-rule" } };
const blockAll = { action: "block", include: [{ everyone: true }] };

const aRule =
  (body?: object): MakeRequest =>
  async (scene) => ({ params: { name: await newRule(scene) }, ...(body && { body }) });

async function newRule(scene: Scene): Promise<string> {
  const { body } = await scene.admin("POST", "/policies", { name: scene.newSlug(), ...blockAll });
  return (body as { name: string }).name;
}

/** A portal with a server in it, and somebody of the company. */
async function aQuestion(scene: Scene, caller?: object) {
  const server = await scene.newServer();
  const portal = await scene.newPortal({ servers: [server] });
  const { email } = await scene.newUser();
  return { caller: caller ?? { user: email }, call: { portal, server } };
}

export const policyCases: CaseTable = {
  listPolicies: { good: nothing },
  addPolicy: {
    good: (scene) => ({
      body: {
        name: scene.newSlug(),
        action: "require_approval",
        description: "Somebody looks at it",
        at: { classes: ["write", "destructive"] },
        include: [{ ip: "10.0.0.0/8" }, { certificate: "valid" }],
        exclude: [{ time: { days: ["mon"], from: "08:00", to: "18:00", zone: "Europe/Berlin" } }],
        stepUp: { withinSeconds: 600, methods: ["hwk"] },
        purpose: {},
        approval: { deciders: { self: true }, expiresSeconds: 3600 },
        startsAt: "2026-01-01T00:00:00Z",
      },
    }),
    failures: {
      rule_name_taken: async (scene) => ({ body: { ...blockAll, name: await newRule(scene) } }),
      rule_without_effect: (scene) => ({ body: { ...blockAll, name: scene.newSlug(), include: [] } }),
    },
  },
  getPolicy: { good: aRule(), failures: { rule_not_found: () => noRule } },
  changePolicy: {
    good: aRule({ isEnabled: false, at: { classes: ["read"] }, stepUp: null, endsAt: null }),
    failures: {
      rule_not_found: () => ({ ...noRule, body: { isEnabled: false } }),
      rule_without_effect: aRule({ endsAt: "2020-01-01T00:00:00Z" }),
    },
  },
  removePolicy: { good: aRule(), failures: { rule_not_found: () => noRule } },
  explainPolicy: {
    good: async (scene) => ({ body: await aQuestion(scene) }),
    failures: {
      portal_not_found: () => ({
        body: { caller: { public: true }, call: { portal: "nobody", server: "crm" } },
      }),
      user_not_found: async (scene) => ({
        body: await aQuestion(scene, { user: `usr_${"0".repeat(32)}` }),
      }),
    },
  },
  simulatePolicy: {
    good: (scene) => ({ body: { put: [{ name: scene.newSlug(), ...blockAll }], portal: "main" } }),
    failures: {
      rule_without_effect: (scene) => ({
        body: { put: [{ ...blockAll, name: scene.newSlug(), include: [] }] },
      }),
    },
  },
};

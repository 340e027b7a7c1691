import { createClient } from "../../testing/client.ts";
import type { MakeRequest, Scene } from "../scene.ts";
import { nothing, type CaseTable, ruled } from "./operation-cases.ts";

const noUser = { params: { id: `usr_${"0".repeat(32)}` } };
const noGroup = { params: { id: `grp_${"0".repeat(32)}` } };
const userNotFound = { user_not_found: () => noUser };
const groupNotFound = { group_not_found: () => noGroup };

const aUser: MakeRequest = async (scene) => ({ params: { id: (await scene.newUser()).id } });
const aGroup: MakeRequest = async (scene) => ({ params: { id: (await scene.newGroup()).id } });

const emailTaken: MakeRequest = async (scene) => ({
  ...(await aUser(scene)),
  body: { email: (await scene.newUser()).email, name: "Ada" },
});

/** By that owner: whoever is less may not even try. */
const theLastOwner: MakeRequest = async (scene) => {
  const { id } = await scene.onlyOwner();
  const owner = createClient(scene.house.app, await scene.house.createToken({ role: "owner" }));
  return { params: { id }, as: owner };
};

const members = async (scene: Scene) => {
  const { id } = await scene.newGroup();
  return { id, user: (await scene.newUser()).id };
};

/** One that a rule names, which has a namesake among those of customers. */
const aRuledGroup = async (scene: Scene) => {
  const { id, name } = await scene.newGroup();
  await scene.admin("POST", "/groups", { directory: "customers", name });
  const make = () => ({ params: { id } });
  return ruled(make, () => ({ include: [{ group: name }] }))(scene);
};

export const peopleCases: CaseTable = {
  listUsers: { good: () => ({ query: { q: "a", role: "member", status: "active", group: "x" } }) },
  addUser: {
    good: (scene) => ({ body: { email: `${scene.newSlug()}@example.com`, name: "Ada" } }),
    failures: {
      email_taken: async (scene) => ({ body: { email: (await scene.newUser()).email, name: "Ada" } }),
      group_not_found: (scene) => ({
        body: { email: `${scene.newSlug()}@example.com`, name: "Ada", groups: ["nobody"] },
      }),
    },
  },
  getUser: { good: aUser, failures: userNotFound },
  changeUser: {
    good: async (scene) => ({ ...(await aUser(scene)), body: { role: "auditor" } }),
    failures: {
      user_not_found: () => ({ ...noUser, body: { name: "x" } }),
      email_taken: emailTaken,
      group_not_found: async (scene) => ({ ...(await aUser(scene)), body: { groups: ["nobody"] } }),
      last_owner: async (scene) => ({ ...(await theLastOwner(scene)), body: { status: "suspended" } }),
    },
  },
  removeUser: { good: aUser, failures: { ...userNotFound, last_owner: theLastOwner } },
  listUserSessions: { good: aUser, failures: userNotFound },
  endSession: {
    good: async (scene) => ({ params: { id: (await scene.newClientOfUser()).sessionId } }),
    failures: { sign_in_not_found: () => ({ params: { id: `sgn_${"0".repeat(32)}` } }) },
  },
  listGroups: { good: nothing },
  addGroup: {
    good: (scene) => ({ body: { name: scene.newSlug() } }),
    failures: { group_name_taken: async (scene) => ({ body: { name: (await scene.newGroup()).name } }) },
  },
  getGroup: { good: aGroup, failures: groupNotFound },
  changeGroup: {
    good: async (scene) => ({ ...(await aGroup(scene)), body: { description: "Who runs it" } }),
    failures: {
      group_not_found: () => ({ ...noGroup, body: { description: "" } }),
      group_name_taken: async (scene) => ({
        ...(await aGroup(scene)),
        body: { name: (await scene.newGroup()).name },
      }),
      // Customers have a group of that name, too, whom the rule means as well.
      rule_refers: async (scene) => ({ ...(await aRuledGroup(scene)), body: { name: scene.newSlug() } }),
    },
  },
  removeGroup: { good: aGroup, failures: { ...groupNotFound, rule_refers: aRuledGroup } },
  addGroupMember: {
    good: async (scene) => ({ params: await members(scene) }),
    failures: {
      group_not_found: async (scene) => ({ params: { ...(await members(scene)), ...noGroup.params } }),
      user_not_found: async (scene) => ({ params: { ...(await members(scene)), user: noUser.params.id } }),
    },
  },
  removeGroupMember: {
    good: async (scene) => ({ params: await members(scene) }),
    failures: {
      group_not_found: async (scene) => ({ params: { ...(await members(scene)), ...noGroup.params } }),
      user_not_found: async (scene) => ({ params: { ...(await members(scene)), user: noUser.params.id } }),
    },
  },
};

import type { User } from "@castellan/access";
import { createId, type Id } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { columns, serveTestApi, type ServedApi } from "../testing/command.ts";

let served: ServedApi;
let ada: User;
let asLead: { env: Record<string, string> };
let asAda: { env: Record<string, string> };

beforeAll(async () => {
  served = await serveTestApi();
  ada = (await served.json(["user", "add", "ada@example.com", "--name", "Ada"])) as User;
  const lead = (await served.json(["user", "add", "lead@example.com", "--name", "Lead"])) as User;
  const tokenOf = async ({ id }: User) => (await served.api.letClientIn(id)).secret;
  asLead = { env: { CASTELLAN_TOKEN: await tokenOf(lead) } };
  asAda = { env: { CASTELLAN_TOKEN: await tokenOf(ada) } };
});
afterAll(() => served[Symbol.asyncDispose]());

const ask = (binding: string, more: { readonly runId?: Id<"run"> } = {}) =>
  served.api.approvals.ask({
    kind: "call",
    asker: { id: ada.id, kind: "user", name: ada.name, email: ada.email, grantId: undefined, client: "Desk" },
    subject: {
      portal: "team",
      server: "crm",
      method: "tools/call",
      target: "crm_delete",
      name: "delete",
      class: "destructive",
      address: "192.0.2.7",
      ...more,
    },
    binding,
    holdsFor: binding,
    needs: [{ kind: "decision", rule: "asks", deciders: { people: ["lead@example.com"] }, holdsSeconds: 0 }],
    arguments: '{\n  "id": 7,\n  "note": "\u001b[2J"\n}',
    expiresAt: new Date(Date.now() + 3_600_000),
  });

test("requests: listed, shown with what does not show, approved, rejected, withdrawn", async () => {
  const { id } = await ask("one");
  expect(columns((await served.castellan(["approval", "list", "--waiting"], asLead)).stdout)).toEqual([
    ["ID", "STATE", "WHO", "WHAT", "PORTAL", "ASKED", "ENDS"],
    [id, "pending", "Ada", "crm_delete", "team", "just now", "in 60 min"],
  ]);
  expect((await served.castellan(["approval", "list", "--waiting"], asAda)).stderr).toBe("No request fits\n");

  const { stdout } = await served.castellan(["approval", "show", id], asLead);
  expect(stdout.split("\n\n")).toEqual([
    `Request         ${id}
State           pending
Who             Ada (ada@example.com)
With client     Desk
From address    192.0.2.7
Portal          team
Server          crm
What            crm_delete (destructive)
Asked           just now
Ends            in 60 min
Page            http://localhost/approvals/${id}
You may decide  yes
  A yes of lead@example.com (asks): open`,
    '{\n  "id": 7,\n  "note": "\ufffd[2J"\n}\n',
  ]);

  const unsure = await served.castellan(["approval", "approve", id], asLead);
  expect([unsure.code, unsure.stdout]).toEqual([2, ""]);
  expect(unsure.stderr).toContain("crm_delete (destructive)");
  const yes = ["approval", "approve", id, "--reason", "Looks right", "--yes"];
  const asAdmin = await served.castellan(yes);
  expect(asAdmin.stderr.split("\n")).toEqual([
    "castellan: Programs do not decide (approval_not_yours)",
    "  `castellan approval show ID` says who decides; `castellan whoami` says who you are, and `castellan login` signs you in.",
    "",
  ]);
  expect(await served.castellan(yes, asLead)).toEqual({
    code: 0,
    stdout: "The request is approved\n",
    stderr: "",
  });
  // What was approved has to be used until then, and an admin reads the request without what is secret in it.
  expect((await served.castellan(["approval", "show", id])).stdout).toBe(`Request       ${id}
State         approved
Who           Ada (ada@example.com)
With client   Desk
From address  192.0.2.7
Portal        team
Server        crm
What          crm_delete (destructive)
Asked         just now
Ends          in 60 min
Page          http://localhost/approvals/${id}
Arguments     shown to whoever asked, and to those who may decide
  A yes of lead@example.com (asks): done by Lead: Looks right
`);
  const other = await ask("two");
  const no = ["approval", "reject", other.id, "--reason", "Not today", "--yes"];
  expect(await served.json(no, asLead)).toMatchObject({
    state: "rejected",
    rejection: { byName: "Lead", reason: "Not today" },
  });
  expect((await served.castellan(["approval", "show", other.id], asAda)).stdout).toContain(
    "by Lead: Not today",
  );
  const runId = createId("run");
  const third = await ask("three", { runId });
  expect((await served.castellan(["approval", "show", third.id], asAda)).stdout).toContain(
    `\nFrom a program  ${runId}\n`,
  );
  expect((await served.castellan(["approval", "approve", third.id, "--yes"], asAda)).stderr).toContain(
    "approval_not_yours",
  );
  expect(await served.json(["approval", "withdraw", third.id, "--yes"], asAda)).toEqual({
    withdrawn: third.id,
  });
  expect(await served.json(["approval", "list", "--mine", "--state", "withdrawn"], asAda)).toMatchObject({
    items: [{ id: third.id }],
  });
});

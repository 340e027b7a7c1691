import type { User } from "@castellan/access";
import { createId, type Id } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { columns, serveTestApi, type ServedApi } from "../testing/command.ts";

let served: ServedApi;
let ada: User;
let asAda: { env: Record<string, string> };
let done: Id<"run">;
let paused: Id<"run">;
const approval = createId("approval");

beforeAll(async () => {
  served = await serveTestApi();
  ada = (await served.json(["user", "add", "ada@example.com", "--name", "Ada"])) as User;
  asAda = { env: { CASTELLAN_TOKEN: (await served.api.letClientIn(ada.id)).secret } };
  const caller = { principalId: ada.id };
  done = await served.api.runs.add({
    caller,
    code: 'const all = await codemode.crm_look({});\nreturn "\u001b[2J" + all.length;',
    called: ["crm_look"],
    ending: { status: "completed", text: '{"n":1}' },
  });
  paused = await served.api.runs.add({
    caller,
    portal: "other",
    code: "2",
    waits: [
      {
        kind: "approval",
        id: approval,
        url: `http://localhost/approvals/${approval}`,
        message: "A yes of Lead is needed.",
        tool: "crm_delete",
      },
    ],
  });
});
afterAll(() => served[Symbol.asyncDispose]());

const head = ["ID", "STATE", "WHO", "PORTAL", "TOOL", "CALLS", "TOOK", "BEGAN", "ERROR"];
const doneRow = () => [done, "completed", "Ada", "tools", "execute", "1", "12 ms", "just now", "-"];
const pausedRow = () => [paused, "paused", "Ada", "other", "execute", "0", "12 ms", "just now", "-"];

/** However slow this machine is. */
const now = (text: string) => text.replaceAll(/\b\d+ (?:s|min) ago\b/g, "just now");

test("runs are listed: all by an admin, one's own by anybody", async () => {
  const list = async (args: string[], as = {}) =>
    columns(now((await served.castellan(["run", "list", ...args], as)).stdout));
  expect(await list([])).toEqual([head, pausedRow(), doneRow()]);
  expect(await list(["--state", "paused"])).toEqual([head, pausedRow()]);
  expect(await list(["--portal", "tools", "--principal", "ada@example.com"])).toEqual([head, doneRow()]);
  expect(await list(["--limit", "1", "--since", "1h"])).toEqual([head, pausedRow()]);
  expect(await list(["--mine"], asAda)).toEqual([head, pausedRow(), doneRow()]);
  expect((await served.castellan(["run", "list", "--mine"])).stderr).toBe("No run of yours is kept\n");
  expect((await served.castellan(["run", "list", "--state", "expired"])).stderr).toBe("No run fits\n");
  for (const args of [
    ["run", "list"],
    ["run", "show", done],
  ])
    expect((await served.castellan(args, asAda)).stderr).toMatch(
      /\(permission_required\)\n {2}These are everybody's runs; --mine is for your own\.\n$/,
    );
  expect(await served.json(["run", "list", "--state", "completed"])).toMatchObject({ items: [{ id: done }] });
});

test("a run is shown with its code and its calls; what it returned and logged, to its caller", async () => {
  const { stdout } = await served.castellan(["run", "show", done]);
  const [details, code, calls, ...rest] = now(stdout).split("\n\n");
  expect(details?.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["Run", done],
    ["State", "completed"],
    ["Who", "Ada"],
    ["Portal", "tools"],
    ["Tool", "execute"],
    ["Call", expect.stringMatching(/^call_/)],
    ["Began", "just now"],
    ["Ended", "just now"],
    ["Took", "12 ms, 3 ms of processor time, in one pass"],
    ["Returned", "7 bytes"],
  ]);
  expect(code).toBe('Code:\n  const all = await codemode.crm_look({});\n  return "�[2J" + all.length;');
  expect(
    columns(calls ?? "")
      .at(-1)
      ?.slice(1),
  ).toEqual(["crm_look", "write", "done", "2 ms"]);
  expect(rest).toEqual([]);
  const own = await served.castellan(["run", "show", done, "--mine"], asAda);
  expect(own.stdout.split("\n\n").slice(3)).toEqual(["Logged:\n  logged", 'Result:\n  {"n":1}\n']);
  expect(await served.json(["run", "show", done])).not.toHaveProperty("result");
});

test("what a run waits for is said, and it is ended", async () => {
  const { stdout } = await served.castellan(["run", "show", paused]);
  expect(stdout).toContain(
    `\nWaits for:\n  crm_delete: A yes of Lead is needed.\n    http://localhost/approvals/${approval}\n`,
  );
  expect(await served.castellan(["run", "cancel", paused, "--mine", "--yes"], asAda)).toMatchObject({
    code: 0,
    stdout: `Run ${paused} has ended\n`,
  });
  expect((await served.castellan(["run", "cancel", paused, "--yes"])).stderr).toContain("run_ended");
  expect((await served.castellan(["run", "cancel", "run_1", "--yes"])).stderr).toContain(
    "RUN must be the id of a run",
  );
  expect(await served.json(["run", "show", paused])).toMatchObject({ state: "cancelled", waits: [] });
});

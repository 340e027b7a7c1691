import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { columns, serveTestApi, type ServedApi } from "../testing/command.ts";

let served: ServedApi;
let status = 204;
const server = createServer((_request, response) => response.writeHead(status).end());
beforeAll(async () => {
  served = await serveTestApi();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(async () => {
  server.close();
  await served[Symbol.asyncDispose]();
});

test("webhooks: add, test, list, edit, rotate, remove; and what was sent", async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const kinds = ["--kind", "approval.asked,approval.reminder"];
  const addChat = ["webhook", "add", "--allow-private", "127.0.0.1", ...kinds, "chat"];
  const made = await served.castellan([...addChat, url]);
  expect(made).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^whsec_\S+\n$/) as string,
    stderr: "This is the only time that the secret is shown: keep it where secrets are kept.\n",
  });
  expect(await served.castellan(["webhook", "test", "chat"])).toEqual({
    code: 0,
    stdout: "It has arrived: the answer was 204\n",
    stderr: "",
  });
  status = 500;
  expect(await served.castellan(["webhook", "test", "chat"])).toMatchObject({
    code: 1,
    stdout: "It has not arrived: It answered 500\n",
  });
  expect(columns((await served.castellan(["webhook", "list"])).stdout)).toEqual([
    ["NAME", "HEARS OF", "ENABLED", "URL"],
    ["chat", "approval.asked, approval.reminder", "yes", url],
  ]);
  await served.api.database.transaction((tx) =>
    served.api.notices.send(tx, {
      kind: "approval.asked",
      emails: [],
      letter: { subject: "x", lines: [], link: undefined },
      data: {},
    }),
  );
  await expect
    .poll(async () => columns((await served.castellan(["notice", "list"])).stdout))
    .toEqual([
      ["MADE", "KIND", "WAY", "TO", "STATE", "TRIED", "NEXT", "LAST ERROR"],
      ["just now", "approval.asked", "webhook", "chat", "waiting", "1", "just now", "It answered 500"],
    ]);

  const edited = await served.castellan(["webhook", "edit", "chat", "--no-kind", "--no-enabled"]);
  expect(edited.stdout).toBe(`Webhook    chat
URL        ${url}
Hears of   everything
May be at  127.0.0.1
Enabled    no
`);
  const rotated = await served.castellan(["webhook", "rotate", "chat"]);
  expect(rotated.stdout).toMatch(/^whsec_\S+\n$/);
  expect(rotated.stdout).not.toBe(made.stdout);
  expect((await served.castellan(["webhook", "rotate", "chat", "--overlap", "0s"])).code).toBe(2);
  expect((await served.castellan(["webhook", "edit", "chat"])).code).toBe(2);
  expect(await served.json(["webhook", "remove", "chat", "--yes"])).toEqual({ removed: "chat" });
  expect((await served.castellan(["webhook", "list"])).stderr).toBe(
    "There is no webhook yet: castellan webhook add NAME URL\n",
  );
});

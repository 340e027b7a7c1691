/** The process that asked dies before the decision, and the one that took the decision before the call; one stops while a call waits. */
import { randomBytes } from "node:crypto";
import { createTestDatabase } from "@castellan/database/testing";
import { expect, test } from "vitest";
import { metaKeys } from "../../fixtures/modern-rules.ts";
import { startStocked } from "../../fixtures/stocked.ts";
import { toRegistration } from "../../harness/registration.ts";
import { startCastellan, type Castellan } from "../../heavy/process/castellan.ts";
import { createHome } from "../../heavy/process/home.ts";
import { openLegacy, parsed, rpc, sayModern } from "../../portal/client.ts";
import { HttpBrowser } from "../../sign-in/http-browser.ts";
import { allow, registerClient } from "../../sign-in/oauth-client.ts";
import { makeAccount } from "../../sign-in/people.ts";
import { last, outcome, pageIn } from "./scene.ts";

test("killed between asking and deciding, and between deciding and calling: each call goes through once", async () => {
  await using opened = new AsyncDisposableStack();
  const home = opened.use(createHome());
  const database = opened.use(await createTestDatabase());
  const { host, port, user, database: name } = database.connection;
  const env = {
    DATABASE_URL: `postgres://${user}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`,
    CASTELLAN_MASTER_KEY: randomBytes(32).toString("base64"),
  };
  const tools = [{ name: "put", inputSchema: { type: "object" }, annotations: { destructiveHint: false } }];
  const server = opened.use(await startStocked("legacy", { tools }));
  const first = opened.use(await startCastellan({ home, env }));
  const { api, url } = first;
  const again = async (before: Castellan, signal: "SIGKILL" | "SIGTERM" = "SIGKILL") => {
    before.kill(signal);
    await before.ended;
    return opened.use(await startCastellan({ home, env: { ...env, CASTELLAN_PORT: new URL(url).port } }));
  };

  await api("POST", "/groups", { name: "leads" });
  await api("POST", "/servers", toRegistration("desk", server.url));
  await api("POST", "/portals", {
    slug: "main",
    servers: ["desk"],
    access: [{ who: "everyone", classes: ["write"] }],
  });
  await api("POST", "/policies", {
    name: "two-eyes",
    action: "require_approval",
    at: { classes: ["write"] },
    include: [{ everyone: true }],
    approval: { deciders: { groups: ["leads"] } },
  });
  const come = async (email: string, groups: string[]) => {
    const { id } = await api<{ id: string }>("POST", "/users", { email, name: email, groups });
    const link = await api<{ url: string }>("POST", `/users/${id}/invitations`, {});
    const browser = new HttpBrowser(url);
    await makeAccount(browser, link.url, email);
    return browser;
  };
  const ann = await come("ann@example.com", []);
  const lea = await come("lea@example.com", ["leads"]);
  const portal = `${url}/p/main/mcp`;
  const client = (await registerClient(portal, "Desk")).authorization("portal:main portal:main:write");
  const consent = await ann.open(client.url);
  const { access: token } = await client.redeem(await allow(ann, consent, consent.forms[0]?.boxes));
  const door = { url: portal, token };

  const params = (way: string) => ({ name: "desk_put", arguments: { way } });
  const meta = { [metaKeys.clientCapabilities]: { elicitation: { url: {} } } };
  const opensPages = { elicitation: { form: {}, url: {} } };
  const asked = await last(sayModern(door, "tools/call", params("asked"), { meta }));
  const linked = await last(sayModern(door, "tools/call", params("linked")));
  const streamed = await openLegacy(door, { capabilities: opensPages });
  const broken = await streamed.send(rpc(7, "tools/call", params("streamed")));
  const question = parsed(await broken.next())["params"];
  const forms = [];
  for (const page of [pageIn(asked), pageIn(linked), question.url]) {
    const shown = await lea.open(page);
    forms.push(shown.forms.find(({ action }) => action.includes("/decision")));
  }

  const second = await again(first);
  await broken.all.catch(() => undefined);
  for (const form of forms) expect((await lea.send(form, { decision: "yes" })).text).toContain("Approved");
  const third = await again(second);

  const more = { requestState: asked["result"].requestState, inputResponses: {} };
  const retry = () => sayModern(door, "tools/call", { ...params("asked"), ...more }, { meta });
  expect(server.recording.of("tools/call")).toEqual([]);
  const legacy = await openLegacy(door, { capabilities: opensPages });
  expect([
    await outcome(retry()),
    await outcome(sayModern(door, "tools/call", params("linked"))),
    await outcome(legacy.send(rpc(8, "tools/call", params("streamed")))),
  ]).toEqual(["complete", "complete", "complete"]);
  expect(pageIn(await last(retry()))).not.toBe(pageIn(asked));
  expect(await outcome(sayModern(door, "tools/call", params("linked")))).toBe("approval_required");
  const ways = server.recording.of("tools/call").map(({ message }) => message);
  expect(ways).toMatchObject(
    ["asked", "linked", "streamed"].map((way) => ({ params: { name: "put", arguments: { way } } })),
  );

  // A process that is told to stop lets no call hang: its client hears where the page is.
  const draining = await legacy.send(rpc(9, "tools/call", params("stopped")));
  await draining.next();
  const [, told] = await Promise.all([again(third, "SIGTERM"), last(draining)]);
  expect(told["error"].data.code).toBe("approval_required");
  const page = await lea.open(pageIn(told));
  const form = page.forms.find(({ action }) => action.includes("/decision"));
  expect((await lea.send(form, { decision: "yes" })).text).toContain("Approved");
  const later = await openLegacy(door);
  expect(await outcome(later.send(rpc(10, "tools/call", params("stopped"))))).toBe("complete");
  expect(server.recording.of("tools/call").length).toBe(4);
});

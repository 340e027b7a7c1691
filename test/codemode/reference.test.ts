/** The example by which Code Mode is known: find what there is, then search tickets, read a document and update a ticket. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { kinds } from "../field-lessons/sdk.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import type { Door } from "../portal/client.ts";
import { inCodeMode, valueIn } from "./scene.ts";
import { startDrive } from "./servers/drive.ts";
import { startJira, type JiraServer } from "./servers/jira.ts";
import type { ToolServer } from "./servers/served.ts";

interface Named {
  readonly name: string;
}

const find = `async () => {
  const tools = await codemode.tools();
  return tools
    .filter(({ name }) => name.includes("jira") || name.includes("drive"))
    .map(({ name, inputSchema }) => ({ name, params: Object.keys(inputSchema.properties ?? {}) }));
}`;

const work = `async () => {
  const [ticket] = await codemode.jira_search_jira_with_jql({
    jql: 'project = BLOG AND status = "In Progress"',
    fields: ["summary", "description"],
  });
  const { content } = await codemode.google_workspace_drive_get_content({ fileId: "1aBcDeFgHiJk" });
  await codemode.jira_update_jira_ticket({
    issueKey: ticket.key,
    fields: { description: ticket.description + "\\n\\n" + content },
  });
  return { updated: ticket.key };
}`;

const opened = new AsyncDisposableStack();
const ticket = { key: "BLOG-2", status: "In Progress", summary: "This week", description: "" };
const document = "What this week was like.";
let house: TestHouse;
let jira: JiraServer;
let drive: ToolServer;
let door: Door;
beforeAll(async () => {
  house = opened.use(await startTestHouse());
  jira = opened.use(await startJira([{ ...ticket, key: "BLOG-1", status: "Done" }, ticket]));
  drive = opened.use(await startDrive({ "1aBcDeFgHiJk": document, other: "" }));
  const portal = await house.addPortal("main", { jira: jira.url, "google-workspace": drive.url });
  door = inCodeMode(portal);
});
afterAll(() => opened.disposeAsync());

test.each(kinds)("$kind: two calls in all", async ({ open }) => {
  ticket.description = "To be written.";
  const before = [jira.called.length, drive.called.length] as const;
  await using client = await open(door);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }: Named) => name)).toEqual(["portal_codemode_search", "portal_codemode_execute"]);

  const found = await client.callTool({ name: "portal_codemode_search", arguments: { code: find } });
  expect(valueIn(found)).toEqual([
    { name: "google_workspace_drive_get_content", params: ["fileId"] },
    { name: "google_workspace_drive_search_files", params: ["query"] },
    { name: "jira_get_jira_ticket", params: ["issueKey"] },
    { name: "jira_search_jira_with_jql", params: ["jql", "fields"] },
    { name: "jira_update_jira_ticket", params: ["issueKey", "fields"] },
  ]);
  expect([jira.called.length, drive.called.length]).toEqual(before);

  const done = await client.callTool({ name: "portal_codemode_execute", arguments: { code: work } });
  expect(valueIn(done)).toEqual({ updated: "BLOG-2" });
  expect(ticket.description).toBe(`To be written.\n\n${document}`);
  expect(jira.called.slice(before[0])).toEqual(["search_jira_with_jql", "update_jira_ticket"]);
  expect(drive.called.slice(before[1])).toEqual(["drive_get_content"]);
});

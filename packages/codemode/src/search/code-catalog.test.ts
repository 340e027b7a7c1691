import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { createCodeCatalog, maxListed } from "./code-catalog.ts";
import type { ToolEntry } from "./code-tool.ts";

function tool(publicName: string, description: string, more: object = {}): ToolEntry {
  const [server = "", ...name] = publicName.split("_");
  const own = name.join("_");
  const text = JSON.stringify({ name: own, description, inputSchema: { type: "object" }, ...more });
  return { publicName, name: own, server, class: "read", text };
}

const entries = [
  tool("jira_searchIssues", "Finds tickets by their text."),
  tool("jira_update-issue", "Changes a ticket."),
  tool("drive_search_files", "Finds documents. Not those that jira has."),
  tool("drive_read_document", "Gives the text of a document."),
  tool("mail_send", "Sends a message."),
];
const catalog = createCodeCatalog(entries);
async function namesOf(query: string, limit?: number) {
  const { found, total } = JSON.parse(await catalog.search(query, limit)) as {
    found: { name: string }[];
    total: number;
  };
  return [...found.map(({ name }) => name), total];
}

test.each<[string, readonly (string | number)[]]>([
  ["jira", ["jira_searchIssues", "jira_update_issue", "drive_search_files", 3]],
  ["Tickets", ["jira_searchIssues", "jira_update_issue", 2]],
  [
    "how do I search for a document in the drive?",
    ["drive_search_files", "drive_read_document", "jira_searchIssues", 3],
  ],
  ["drive_search_files", ["drive_search_files", "jira_searchIssues", "drive_read_document", 3]],
  ["upd", ["jira_update_issue", 1]],
  ["ocument", ["drive_read_document", "drive_search_files", 2]],
  ["nothing-of-that-kind", []],
])("%j finds the best first", async (query, expected) => {
  const names = await namesOf(query);
  expect(names).toEqual(expected.length === 0 ? [0] : expected);
});

test("what only an argument's name says finds its tool, behind those that say it themselves", async () => {
  const withArguments = (properties: unknown) => ({ inputSchema: { type: "object", properties } });
  const some = createCodeCatalog([
    tool("books_get_invoice", "One invoice.", withArguments({ id: {} })),
    tool("books_list_invoices", "Invoices.", withArguments({ onlyOverdue: {}, customer_id: {} })),
    tool("books_remind", "Tells who is overdue.", withArguments(["overdue"])),
    tool("books_close", "Closes the books.", withArguments("overdue")),
  ]);
  const found = async (query: string) =>
    (JSON.parse(await some.search(query)) as { found: { name: string }[] }).found.map(({ name }) => name);
  expect(await found("overdue")).toEqual(["books_remind", "books_list_invoices"]);
  expect(await found("customer")).toEqual(["books_list_invoices"]);
  expect((await found("overdue invoices"))[0]).toBe("books_list_invoices");
});

test("no words: the first by name, as many as asked for", async () => {
  expect(await namesOf("", 2)).toEqual(["drive_read_document", "drive_search_files", 5]);
  expect((await namesOf(" ", 1e9)).length).toBe(6);
  expect(await namesOf("jira", -1)).toEqual([3]);
});

test("one that was found", async () => {
  expect(JSON.parse(await catalog.search("send mail", 1))).toEqual({
    found: [{ name: "mail_send", description: "Sends a message.", server: "mail", class: "read", score: 77 }],
    total: 1,
  });
});

test("signatures of several, and what was meant by a name that nobody has", async () => {
  expect(JSON.parse(await catalog.describe(["jira_update-issue", "send_mail */ x"]))).toBe(
    `/** Changes a ticket. [jira, read] */
codemode.jira_update_issue(args?: Record<string, unknown>): Promise<unknown>

/** There is no tool "send_mail *\\\\/ x". Perhaps: mail_send */`,
  );
});

test("numbers of schemas stay to the letter", async () => {
  const text = '{"name":"a","inputSchema":{"type":"object","maximum":12345678901234567890,"x":1E400}}';
  const entry = { publicName: "s_a", name: "a", server: "s", class: "write", text } as const;
  expect(await createCodeCatalog([entry]).list()).toBe(
    '[{"name":"s_a","description":"","server":"s","class":"write","inputSchema":{"type":"object","maximum":12345678901234567890,"x":1E400}}]',
  );
});

test("a list too long leaves schemas out, and says so", async () => {
  const large = { type: "object", description: "x".repeat(maxListed / 2) };
  const outputs = createCodeCatalog([
    tool("a_a", "A"),
    tool("a_b", "B", { inputSchema: large, outputSchema: large }),
  ]);
  const inputs = createCodeCatalog([
    tool("a_a", "A"),
    tool("a_b", "B", { inputSchema: large }),
    tool("a_c", "C", { inputSchema: large }),
  ]);
  const omitted = (text: string) =>
    (JSON.parse(text) as { name: string; omitted?: string[] }[]).map((one) => one.omitted);
  expect([omitted(await outputs.list()), omitted(await inputs.list())]).toEqual([
    [undefined, ["outputSchema"]],
    [undefined, ["inputSchema"], ["inputSchema"]],
  ]);
});

test("2,500 tools with schemas are found among, and others have their turn meanwhile", async () => {
  const verbs = ["list", "get", "create", "update", "delete"];
  const properties = Object.fromEntries(
    Array.from({ length: 20 }, (_, n) => [`field_${n}`, { type: "string", description: "About it." }]),
  );
  const many = createCodeCatalog(
    Array.from({ length: 2500 }, (_, n) =>
      tool(`api_${verbs[n % 5]}_thing${Math.floor(n / 5)}`, `The thing number ${n}.`, {
        inputSchema: { type: "object", properties },
      }),
    ),
  );
  let turns = 0;
  const others = (async () => {
    for (; turns < Infinity; turns++) await setImmediate();
  })();
  const { found } = JSON.parse(await many.search("delete thing77", 1)) as { found: { name: string }[] };
  const turnsOfSearch = turns;
  expect(found).toMatchObject([{ name: "api_delete_thing77" }]);
  expect(JSON.parse(await many.list())).toHaveLength(2500);
  const turnsOfList = turns - turnsOfSearch;
  turns = Infinity;
  await others;
  // A turn reads 48 Ki characters of definitions; these are some 3 Mi.
  expect([turnsOfSearch > 50, turnsOfList > 50]).toEqual([true, true]);
});

/**
 * What the protected server is for: each person has notes there, and nobody sees another's. All of it stands under the same
 * names and addresses for everybody, so that only who asks decides what is answered.
 */
import { ProtocolError, ProtocolErrorCode, Server, type CallToolResult } from "@modelcontextprotocol/server";

export const notesUri = "notes://mine";
const templateUri = "notes://mine/{n}";

/** The notes of one person, or of a program that has come with a token of its own. */
export interface Notebook {
  /** As the authorization server knows them. */
  readonly user: string;
  /** What they are listed beside what everybody is. */
  readonly own?: (() => OwnThings) | undefined;
  readonly notes: string[];
  /** Their notes have changed: tells whoever of them listens. */
  changed(): void;
}

export interface OwnThings {
  /** Addresses of documents, which nobody else can read. */
  readonly documents?: readonly string[];
  /** More tools that read, by name; what such a tool says is its name. */
  readonly tools?: readonly string[];
  /** Names of tools that everybody has but for them. */
  readonly without?: readonly string[];
}

/** What needs which scope beside that for coming in. */
export type Needs = Readonly<Record<string, string>>;

const object = { type: "object" as const };
const oneText = { ...object, properties: { text: { type: "string" } }, required: ["text"] };
const tools = [
  {
    name: "whoami",
    description: "Who you are here",
    inputSchema: object,
    annotations: { readOnlyHint: true },
  },
  { name: "note_list", description: "Your notes", inputSchema: object, annotations: { readOnlyHint: true } },
  {
    name: "note_add",
    description: "Adds a note to yours",
    inputSchema: oneText,
    annotations: { destructiveHint: false },
  },
];

/** One server object for a request or a session of theirs. */
export function createNotesServer(notebook: Notebook, subscribed?: Set<string>): Server {
  const server = new Server(
    { name: "notes", version: "1.0.0" },
    { capabilities: { tools: {}, prompts: {}, resources: { subscribe: true }, completions: {} } },
  );
  const { user, notes } = notebook;
  const own = () => notebook.own?.() ?? {};
  const documents = () => own().documents ?? [];
  const call: Readonly<Record<string, (given: Readonly<Record<string, unknown>>) => string>> = {
    whoami: () => user,
    note_list: () => JSON.stringify({ user, notes }),
    note_add: ({ text }) => {
      notes.push(String(text));
      notebook.changed();
      return `${user} has ${notes.length}`;
    },
  };
  server.setRequestHandler("tools/list", () => {
    const { tools: more = [], without = [] } = own();
    const common = tools.filter(({ name }) => !without.includes(name));
    return { tools: [...common, ...more.map(toTool)] };
  });
  server.setRequestHandler("tools/call", ({ params }): CallToolResult => {
    const isOwn = own().tools?.includes(params.name) === true;
    const run = isOwn ? () => params.name : call[params.name];
    if (!run) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `No tool ${params.name}`);
    return { content: [{ type: "text", text: run(params.arguments ?? {}) }] };
  });
  server.setRequestHandler("prompts/list", () => ({
    prompts: [{ name: "summary", description: "Sums up your notes" }],
  }));
  server.setRequestHandler("prompts/get", () => ({
    messages: [{ role: "user" as const, content: { type: "text" as const, text: said(notebook) } }],
  }));
  server.setRequestHandler("resources/list", () => ({
    resources: [
      { uri: notesUri, name: "Your notes", mimeType: "text/plain" },
      ...documents().map((uri) => ({ uri, name: `A document of ${user}`, mimeType: "text/plain" })),
    ],
  }));
  server.setRequestHandler("resources/templates/list", () => ({
    resourceTemplates: [{ uriTemplate: templateUri, name: "One of your notes" }],
  }));
  server.setRequestHandler("resources/read", ({ params: { uri } }) => {
    if (documents().includes(uri))
      return { contents: [{ uri, mimeType: "text/plain", text: `${user} reads ${uri}` }] };
    const [, n] = /^notes:\/\/mine\/(\d+)$/.exec(uri) ?? [];
    const text = n === undefined ? said(notebook) : `${user}: ${notes[Number(n) - 1] ?? "nothing"}`;
    if (n === undefined && uri !== notesUri)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, "Resource not found", { uri });
    return { contents: [{ uri, mimeType: "text/plain", text }] };
  });
  server.setRequestHandler("completion/complete", () => ({ completion: { values: [user] } }));
  if (subscribed) {
    server.setRequestHandler("resources/subscribe", ({ params: { uri } }) => {
      subscribed.add(uri);
      return {};
    });
    server.setRequestHandler("resources/unsubscribe", ({ params: { uri } }) => {
      subscribed.delete(uri);
      return {};
    });
  }
  return server;
}

function toTool(name: string) {
  return { name, inputSchema: object, annotations: { readOnlyHint: true } };
}

/** All that somebody has, as a prompt or a resource says it: `ada: a, b`. */
function said({ user, notes }: Notebook): string {
  return `${user}: ${notes.join(", ")}`;
}

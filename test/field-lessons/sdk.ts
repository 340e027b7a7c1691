/** Real clients at a door, connected: what they refuse or misunderstand, people's clients do. */
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import type { Era } from "../fixtures/exotic.ts";
import { everyCapability, type Door } from "../harness/callers/caller.ts";
import type { Loose } from "../harness/callers/inbox.ts";

interface Tool {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What the tests use of the clients of both SDKs; they differ in types only. */
export interface RealClient extends AsyncDisposable {
  callTool(tool: Tool): Promise<Loose>;
  listTools(): Promise<Loose>;
  listPrompts(): Promise<Loose>;
  listResources(): Promise<Loose>;
  listResourceTemplates(): Promise<Loose>;
  getPrompt(prompt: { name: string; arguments?: Readonly<Record<string, string>> }): Promise<Loose>;
  readResource(resource: { uri: string }): Promise<Loose>;
  getInstructions(): string | undefined;
  getServerVersion(): Loose;
  getServerCapabilities(): Loose;
  /** URIs of the resources that it was told have changed. */
  readonly updated: readonly string[];
  /** The params of each question, with its method. */
  readonly asked: readonly { readonly method: string; readonly params: Loose }[];
  /** Hears of changes to a resource from now on. */
  watch(uri: string): Promise<void>;
}

export interface Kind {
  readonly kind: string;
  readonly era: Era;
  open(door: Door): Promise<RealClient>;
}

const info = { name: "sdk", version: "1" };

/** What it says to whoever asks. */
export const said = {
  form: { action: "accept" as const, content: { name: "Ada" } },
  url: { action: "accept" as const },
  sampling: { role: "assistant" as const, model: "m", content: { type: "text" as const, text: "hello" } },
  roots: { roots: [{ uri: "file:///home" }] },
};

const headersFor = ({ token }: Door) => ({ requestInit: { headers: { authorization: `Bearer ${token}` } } });

/** SDK 1.32. */
export async function openV1(door: Door): Promise<RealClient & { readonly client: ClientV1 }> {
  const client = new ClientV1(info, { capabilities: everyCapability.legacy });
  const [updated, asked]: [string[], RealClient["asked"][number][]] = [[], []];
  client.setRequestHandler(ElicitRequestSchema, (question) => {
    asked.push(question);
    return question.params.mode === "url" ? said.url : said.form;
  });
  client.setRequestHandler(CreateMessageRequestSchema, (question) => {
    asked.push(question);
    return said.sampling;
  });
  client.setRequestHandler(ListRootsRequestSchema, (question) => {
    asked.push({ method: question.method, params: question.params });
    return said.roots;
  });
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    updated.push(params.uri);
  });
  // The SDK's own transports do not fit its interface under `exactOptionalPropertyTypes`.
  await client.connect(new HttpV1(new URL(door.url), headersFor(door)) as Transport);
  const watch = async (uri: string) => void (await client.subscribeResource({ uri }));
  return extended(client, { client, updated, asked, watch });
}

/** SDK 2.4, in the era that it finds (`auto`) or in the legacy one. */
async function openV2(door: Door, mode: "auto" | "legacy"): Promise<RealClient> {
  const client = new ClientV2(info, {
    versionNegotiation: { mode },
    capabilities: everyCapability.legacy,
  });
  const [updated, asked]: [string[], RealClient["asked"][number][]] = [[], []];
  client.setRequestHandler("elicitation/create", (question) => {
    asked.push(question);
    return question.params.mode === "url" ? said.url : said.form;
  });
  client.setRequestHandler("sampling/createMessage", (question) => {
    asked.push(question);
    return said.sampling;
  });
  client.setRequestHandler("roots/list", (question) => {
    asked.push({ method: question.method, params: question.params });
    return said.roots;
  });
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => {
    updated.push(params.uri);
  });
  await client.connect(new HttpV2(new URL(door.url), headersFor(door)));
  const watch = async (uri: string) =>
    void (mode === "legacy"
      ? await client.subscribeResource({ uri })
      : await client.listen({ resourceSubscriptions: [uri] }));
  return extended(client, { updated, asked, watch });
}

/** Each client in each era that it speaks. */
export const kinds: readonly Kind[] = [
  { kind: "SDK 1.32", era: "legacy", open: openV1 },
  { kind: "SDK 2.4 as legacy", era: "legacy", open: (door) => openV2(door, "legacy") },
  { kind: "SDK 2.4", era: "modern", open: (door) => openV2(door, "auto") },
];

/** The client of an era that most people run. */
export function openReal(era: Era, door: Door): Promise<RealClient> {
  return era === "legacy" ? openV1(door) : openV2(door, "auto");
}

function extended<Members extends Pick<RealClient, "updated" | "asked" | "watch">>(
  client: ClientV1 | ClientV2,
  members: Members,
): RealClient & Members {
  const disposal = { [Symbol.asyncDispose]: () => client.close() };
  return Object.assign(client as unknown as RealClient, members, disposal);
}

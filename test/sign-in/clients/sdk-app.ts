/**
 * Applications on the official SDKs. All that is theirs is what the SDKs leave to applications: a place for what is kept,
 * a way to a browser, `state`. Discovery, registration, PKCE, refreshing and asking for more are the SDKs' own.
 */
import { randomUUID } from "node:crypto";
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
  UnauthorizedError as UnauthorizedV2,
} from "@modelcontextprotocol/client";
import { UnauthorizedError as UnauthorizedV1 } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Decided } from "./visitor.ts";

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly scope?: string;
}

export interface ClientInformation {
  readonly client_id: string;
  readonly client_secret?: string;
}

export interface AppOptions {
  /** What it calls itself. */
  readonly name: string;
  /** Where it waits for answers. */
  readonly redirectUri: string;
  /** The address of its own description (client ID metadata document). */
  readonly clientMetadataUrl?: string;
  /** What an admin registered it as. */
  readonly registered?: ClientInformation;
  /** Leaves `resource` (RFC 8707) out of its requests, as clients before 2025-06-18 do. */
  readonly omitsResource?: boolean;
}

/** What an application keeps, as both SDKs want it. */
export class AppMemory {
  readonly redirectUrl: string;
  readonly clientMetadataUrl: string | undefined;
  readonly clientMetadata: { client_name: string; redirect_uris: string[] };
  readonly validateResourceURL: (() => Promise<undefined>) | undefined;
  /** Every set of tokens that it got, oldest first. */
  readonly received: Tokens[] = [];
  /** Where it last sent the person. */
  sentTo: URL | undefined;
  #client: ClientInformation | undefined;
  #tokens: Tokens | undefined;
  #verifier = "";
  /** `state` → verifier: a stream that is opened again may begin to ask while a call does. */
  readonly #asked = new Map<string, string>();
  #discovered: unknown;

  constructor({ name, redirectUri, clientMetadataUrl, registered, omitsResource = false }: AppOptions) {
    this.redirectUrl = redirectUri;
    this.clientMetadataUrl = clientMetadataUrl;
    this.clientMetadata = { client_name: name, redirect_uris: [redirectUri] };
    this.validateResourceURL = omitsResource ? () => Promise.resolve(undefined) : undefined;
    this.#client = registered;
  }

  state(): string {
    return randomUUID();
  }

  clientInformation(): ClientInformation | undefined {
    return this.#client;
  }

  saveClientInformation(client: ClientInformation): void {
    this.#client = client;
  }

  tokens(): Tokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: Tokens): void {
    this.#tokens = tokens;
    if (this.received.at(-1)?.access_token !== tokens.access_token) this.received.push(tokens);
  }

  redirectToAuthorization(url: URL): void {
    this.#asked.set(url.searchParams.get("state") ?? "", this.#verifier);
    this.sentTo = url;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  discoveryState(): unknown {
    return this.#discovered;
  }

  saveDiscoveryState(state: unknown): void {
    this.#discovered = state;
  }

  invalidateCredentials(what: string): void {
    if (what === "all" || what === "tokens") this.#tokens = undefined;
    if (what === "all" || what === "client") this.#client = undefined;
  }

  /** The answer, if it is to the question that was asked. The SDKs leave this to applications. */
  answerIn({ back }: Decided): URLSearchParams {
    const verifier = this.#asked.get(back.searchParams.get("state") ?? "");
    if (verifier === undefined) throw new Error(`Not asked for: ${back.href}`);
    this.#verifier = verifier;
    return back.searchParams;
  }
}

/** What both SDKs' clients can do, as far as these tests go. */
export interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(params: { name: string; arguments: object }): Promise<{
    structuredContent?: unknown;
    content?: unknown;
    isError?: boolean;
  }>;
  close(): Promise<void>;
}

export interface Connection {
  readonly client: AnyClient;
  connect(): Promise<void>;
  /** Takes the browser's answer and gets tokens for it. */
  finish(answer: URLSearchParams): Promise<void>;
}

export interface Sdk {
  readonly name: string;
  open(url: string, memory: AppMemory): Connection;
}

export const sdks: readonly Sdk[] = [
  {
    name: "SDK 1.32",
    open(url, memory) {
      const client = new ClientV1({ name: "desk", version: "1" });
      const transport = new TransportV1(new URL(url), { authProvider: memory as never, fetch: ownFetch });
      return {
        client: client as never,
        connect: () => client.connect(transport as never),
        finish: (answer) => transport.finishAuth(answer.get("code") ?? ""),
      };
    },
  },
  v2("SDK 2.4, legacy", "legacy"),
  v2("SDK 2.4, modern", { pin: "2026-07-28" }),
];

function v2(name: string, mode: "legacy" | { pin: string }): Sdk {
  return {
    name,
    open(url, memory) {
      const client = new ClientV2({ name: "desk", version: "2" }, { versionNegotiation: { mode } });
      const transport = new TransportV2(new URL(url), { authProvider: memory as never, fetch: ownFetch });
      return {
        client: client as never,
        connect: () => client.connect(transport),
        finish: (answer) => transport.finishAuth(answer),
      };
    },
  };
}

/**
 * The installation in this process has put another `Response` in the place of the global one, and the SDKs read an error
 * only from what is an instance of that.
 */
async function ownFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  const answer = await fetch(url, init);
  return new Response([204, 205, 304].includes(answer.status) ? null : answer.body, answer);
}

/** That the person has to be asked, and that their browser was told where. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof UnauthorizedV1 || error instanceof UnauthorizedV2;
}

/** What it fails with. @throws an Error if it does not */
export function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (result) => {
      throw new Error(`It went through: ${JSON.stringify(result)}`);
    },
    (error: unknown) => error,
  );
}

/** Whoever answers for the person. */
export type Ask = (url: URL) => Promise<Decided>;

/** An application that connects, and has the person asked wherever the SDK says so. */
export class App implements AsyncDisposable {
  readonly memory: AppMemory;
  readonly #sdk: Sdk;
  readonly #url: string;
  #connection: Connection | undefined;

  constructor(sdk: Sdk, url: string, options: AppOptions) {
    this.#sdk = sdk;
    this.#url = url;
    this.memory = new AppMemory(options);
  }

  /** Connects; answers what the person was shown, or undefined where nobody had to be asked. */
  async connect(ask: Ask): Promise<Decided | undefined> {
    let decided: Decided | undefined;
    for (;;) {
      const connection = this.#sdk.open(this.#url, this.memory);
      try {
        await connection.connect();
        await this.#connection?.client.close();
        this.#connection = connection;
        return decided;
      } catch (error) {
        if (!isUnauthorized(error) || decided !== undefined) throw error;
        decided = await this.#askOver(connection, ask);
      }
    }
  }

  get client(): AnyClient {
    if (!this.#connection) throw new Error("Not connected");
    return this.#connection.client;
  }

  /** Does something, and once more if the person had to be asked before; what they were shown comes along. */
  async through<T>(
    work: (client: AnyClient) => Promise<T>,
    ask: Ask,
  ): Promise<{ result: T; decided: Decided }> {
    if (!this.#connection) throw new Error("Not connected");
    const refused = await failureOf(work(this.#connection.client));
    if (!isUnauthorized(refused)) throw refused;
    const decided = await this.#askOver(this.#connection, ask);
    return { result: await work(this.#connection.client), decided };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.client.close();
  }

  async #askOver(connection: Connection, ask: Ask): Promise<Decided> {
    const { sentTo } = this.memory;
    if (sentTo === undefined) throw new Error("The SDK named no address to send the person to");
    this.memory.sentTo = undefined;
    const decided = await ask(sentTo);
    await connection.finish(this.memory.answerIn(decided));
    return decided;
  }
}

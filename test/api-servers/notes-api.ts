/** A real HTTP API with a document: it knows whose each request is, by OAuth or by a key, and keeps notes of each. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { AuthorizationServer } from "@castellan/credentials/testing";

export interface NotesApiOptions {
  /** Whose tokens it takes. */
  readonly authorizationServer?: AuthorizationServer;
  /** Whose keys it takes, in `X-Api-Key`. */
  readonly keys?: Readonly<Record<string, string>>;
}

export interface NotesApi extends AsyncDisposable {
  /** `http://127.0.0.1:{port}/v1` */
  readonly url: string;
  /** Where its document is. */
  readonly documentUrl: string;
  readonly authorizationServer: AuthorizationServer | undefined;
  /** What was let in: `ada GET /v1/notes`. */
  readonly visits: readonly string[];
  /** Names of the headers of each request, also of those that were refused. */
  readonly heard: readonly Readonly<Record<string, unknown>>[];
  notesOf(user: string): readonly string[];
  /** What its document has in the place of what it has by itself. */
  override: Readonly<Record<string, unknown>>;
}

const note = {
  type: "object",
  properties: { id: { type: "integer" }, text: { type: "string" } },
  required: ["id", "text"],
};
const answer = (schema: object) => ({ description: "Good", content: { "application/json": { schema } } });
const id = { name: "id", in: "path", required: true, schema: { type: "integer" } };

export const notesPaths = {
  "/notes": {
    get: {
      operationId: "notes.list",
      summary: "All notes of the caller",
      parameters: [{ name: "q", in: "query", schema: { type: "string" } }],
      responses: { 200: answer({ type: "object", properties: { notes: { type: "array", items: note } } }) },
    },
    post: {
      operationId: "notes.add",
      summary: "Add a note",
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
          },
        },
      },
      responses: { 201: answer(note) },
    },
  },
  "/notes/{id}": {
    delete: {
      operationId: "notes.remove",
      summary: "Remove a note",
      parameters: [id],
      responses: { 204: { description: "Gone" } },
    },
  },
};

export async function startNotesApi(options: NotesApiOptions = {}): Promise<NotesApi> {
  const api = new HttpApi(options);
  await api.listen();
  return api;
}

class HttpApi implements NotesApi {
  readonly visits: string[] = [];
  readonly heard: Readonly<Record<string, unknown>>[] = [];
  override: NotesApi["override"] = {};
  readonly #options: NotesApiOptions;
  readonly #notes = new Map<string, string[]>();
  readonly #http = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });

  constructor(options: NotesApiOptions) {
    this.#options = options;
  }

  async listen(): Promise<void> {
    this.#http.listen(0, "127.0.0.1");
    await once(this.#http, "listening");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#http, "close");
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.#origin}/v1`;
  }

  get documentUrl(): string {
    return `${this.#origin}/openapi.json`;
  }

  get authorizationServer(): AuthorizationServer | undefined {
    return this.#options.authorizationServer;
  }

  notesOf(user: string): readonly string[] {
    return this.#notes.get(user) ?? [];
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", this.#origin);
    const { method = "" } = request;
    const tell = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (pathname === "/openapi.json") return void tell(200, this.#document());
    if (pathname.startsWith("/.well-known/oauth-protected-resource")) return void this.#describe(response);
    this.heard.push(request.headers);
    const user = await this.#userOf(request);
    if (user === undefined) return void this.#challenge(response);
    this.visits.push(`${user} ${method} ${pathname}`);
    const notes = this.#notes.get(user) ?? [];
    this.#notes.set(user, notes);
    const numbered = notes.map((text, at) => ({ id: at + 1, text }));
    if (pathname === "/v1/notes" && method === "GET") {
      const q = searchParams.get("q") ?? "";
      return void tell(200, { notes: numbered.filter(({ text }) => text.includes(q)) });
    }
    if (pathname === "/v1/notes" && method === "POST") {
      const { text } = JSON.parse(await bodyOf(request)) as { text: string };
      return void tell(201, { id: notes.push(text), text });
    }
    const number = Number(/^\/v1\/notes\/(\d+)$/.exec(pathname)?.[1]);
    if (method === "DELETE" && number <= notes.length) {
      notes.splice(number - 1, 1);
      return void response.writeHead(204).end();
    }
    return void tell(404, { error: "no such note" });
  }

  #document(): object {
    return {
      openapi: "3.1.0",
      info: { title: "Notes", version: "1.0.0" },
      servers: [{ url: "/v1" }],
      paths: notesPaths,
      ...this.override,
    };
  }

  async #userOf({ headers }: IncomingMessage): Promise<string | undefined> {
    const { authorizationServer, keys } = this.#options;
    const key = headers["x-api-key"];
    if (keys && typeof key === "string" && Object.hasOwn(keys, key)) return keys[key];
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
    const facts = token === undefined ? undefined : await authorizationServer?.factsOf(token);
    return facts?.audience === this.url ? facts.user : undefined;
  }

  /** RFC 9728. */
  #describe(response: ServerResponse): void {
    const { authorizationServer } = this.#options;
    if (!authorizationServer) return void response.writeHead(404).end();
    const { issuer } = authorizationServer;
    const metadata = { resource: this.url, authorization_servers: [issuer], scopes_supported: ["notes"] };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(metadata));
  }

  #challenge(response: ServerResponse): void {
    const metadata = `${this.#origin}/.well-known/oauth-protected-resource/v1`;
    const challenge = this.#options.authorizationServer
      ? `Bearer resource_metadata="${metadata}"`
      : 'ApiKey realm="notes"';
    response.writeHead(401, { "www-authenticate": challenge }).end();
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await request.toArray()).toString("utf8");
}

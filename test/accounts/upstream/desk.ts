/** Where the protected server meets one person: their sessions, their streams, their notes, apart from anybody else's. */
import { randomUUID } from "node:crypto";
import {
  createMcpHandler,
  WebStandardStreamableHTTPServerTransport,
  type Server,
} from "@modelcontextprotocol/server";
import { createNotesServer, notesUri, type Notebook, type OwnThings } from "./notes.ts";

export interface Desk extends AsyncDisposable {
  readonly notes: readonly string[];
  answer(request: Request): Promise<Response>;
  /** Whether a session is of this person. */
  has(sessionId: string): boolean;
  /** What their sessions are subscribed to now (legacy). */
  readonly subscribed: readonly string[];
}

export type DeskEra = "legacy" | "modern";

interface Session {
  readonly server: Server;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly subscribed: Set<string>;
}

export function openDesk(user: string, era: DeskEra, own?: () => OwnThings): Desk {
  return era === "modern" ? openModern({ user, own }) : openLegacy({ user, own });
}

type Guest = Pick<Notebook, "user" | "own">;

function openModern(guest: Guest): Desk {
  const notes: string[] = [];
  const notebook: Notebook = { ...guest, notes, changed: () => handler.notify.resourceUpdated(notesUri) };
  const handler = createMcpHandler(() => createNotesServer(notebook), { legacy: "reject" });
  return {
    notes,
    subscribed: [],
    has: () => false,
    answer: (request) => handler.fetch(request),
    [Symbol.asyncDispose]: () => handler.close(),
  };
}

function openLegacy(guest: Guest): Desk {
  const sessions = new Map<string, Session>();
  const notes: string[] = [];
  const notebook: Notebook = {
    ...guest,
    notes,
    changed() {
      for (const { server, subscribed } of sessions.values())
        if (subscribed.has(notesUri)) void server.sendResourceUpdated({ uri: notesUri });
    },
  };

  async function open(): Promise<Session> {
    const subscribed = new Set<string>();
    const transport: WebStandardStreamableHTTPServerTransport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      // The head of a stream goes out with its first bytes.
      keepAliveMs: 20,
      onsessioninitialized: (id) => void sessions.set(id, session),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    const session = { server: createNotesServer(notebook, subscribed), transport, subscribed };
    await session.server.connect(transport);
    return session;
  }

  return {
    notes,
    get subscribed() {
      return [...sessions.values()].flatMap(({ subscribed }) => [...subscribed]);
    },
    has: (sessionId) => sessions.has(sessionId),
    async answer(request) {
      const id = request.headers.get("mcp-session-id");
      const session = id === null ? await open() : sessions.get(id);
      return session?.transport.handleRequest(request) ?? new Response(null, { status: 404 });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...sessions.values()].map(({ server }) => server.close()));
    },
  };
}

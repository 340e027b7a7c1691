/**
 * Takes what a client says to where it belongs. A message may land on any replica; what it is about (a
 * question that was asked, a request that runs) is held by one.
 */
import { allowedFeatures, callFaults, type CatalogServer } from "@castellan/calls";
import { isFault, isId } from "@castellan/kernel";
import {
  parseMessage,
  type Channel,
  type Message,
  type NotificationMessage,
  type ResponseMessage,
} from "@castellan/mcp";
import type { Replicas } from "@castellan/replicas";
import { Queues } from "./queues.ts";
import type { Session } from "./session.ts";

const answerTopic = "session-answer";
const messageTopic = "session-message";

interface Letter {
  readonly session: string;
  /** A whole message. */
  readonly text: string;
}

export interface SessionMailOptions {
  readonly replicas: Replicas;
  /** A session that this replica has touched. */
  readonly find: (id: string) => Session | undefined;
  /** Told of what could not be taken where it belongs, through no fault of client or server. */
  readonly onError: (error: unknown) => void;
}

/** The id of a question says which replica asked it. */
export function questionId(replica: string, count: number): string {
  return `castellan-${replica}-${count}`;
}

export class SessionMail implements Disposable {
  readonly #options: SessionMailOptions;
  readonly #stop = new DisposableStack();
  /** Letters on their way to other replicas, by caller. */
  readonly #going = new Queues();
  /** Letters that came and wait for the one before to be taken to the servers, by session. */
  readonly #coming = new Queues();

  constructor(options: SessionMailOptions) {
    this.#options = options;
    const { replicas } = options;
    // Neither listener waits: a server that takes nothing must not hold up the letters for other sessions.
    this.#stop.defer(
      replicas.on(answerTopic, (body) => {
        const { session, message } = this.#open(body);
        if (session && (message.kind === "result" || message.kind === "error"))
          void this.#quiet(() => session.reply(message));
      }),
    );
    this.#stop.defer(
      replicas.on(messageTopic, (body) => {
        const { session, message } = this.#open(body);
        if (!session || message.kind !== "notification") return;
        if (message.method === "notifications/cancelled")
          void this.#quiet(() => tell(session, message, "own"));
        // Beyond the bound it is lost, on lines that take nothing anyway.
        else if (this.#coming.hasRoom(session.id, message.text))
          void this.#coming.add(session.id, message.text, (before) =>
            before.then(() => this.#quiet(() => tell(session, message, "own"))),
          );
      }),
    );
  }

  /** The client answered a question; an answer to nothing asked goes nowhere. Throws `exchange_lost`, `calls_limited`. */
  async answer(session: Session, answer: ResponseMessage): Promise<void> {
    const [, replica = ""] = /^castellan-(rep_[0-9a-f]{32})-\d{1,15}$/.exec(String(answer.id)) ?? [];
    if (!isId("replica", replica)) return;
    if (replica === this.#options.replicas.id) return session.reply(answer);
    try {
      await this.#send(session, answer, (letter) =>
        this.#options.replicas.send(replica, answerTopic, letter),
      );
    } catch (error) {
      if (!isFault(error, "replica_gone")) throw error;
      throw callFaults.fault("exchange_lost", "The replica that asked this question is gone", {
        cause: error,
      });
    }
  }

  /**
   * A notification of the client's: to the request or the question it is about, else to every server.
   * Throws `calls_limited`.
   */
  async notification(session: Session, notification: NotificationMessage): Promise<void> {
    // Each line to a server says this for itself when it is opened.
    if (notification.method === "notifications/initialized") return;
    if (await tell(session, notification, "all")) return;
    await this.#send(session, notification, (letter) =>
      this.#options.replicas.broadcast(messageTopic, letter),
    );
  }

  [Symbol.dispose](): void {
    this.#stop.dispose();
  }

  #open(body: string): { session: Session | undefined; message: Message } {
    const { session, text } = JSON.parse(body) as Letter;
    return { session: this.#options.find(session), message: parseMessage(text) };
  }

  /** The post has one bound for all: a caller who writes faster than it goes must leave room for the others. */
  async #send(
    { id, principalId }: Session,
    { text }: { text: string },
    send: (letter: string) => Promise<void>,
  ): Promise<void> {
    if (!this.#going.hasRoom(principalId, text))
      throw callFaults.fault(
        "calls_limited",
        "This caller has too many messages on their way: wait for some",
      );
    const letter = JSON.stringify({ session: id, text } satisfies Letter);
    await this.#going.add(principalId, text, () => send(letter));
  }

  /** That a server cannot be told is no failure of ours. */
  async #quiet(take: () => Promise<unknown>): Promise<void> {
    try {
      await take();
    } catch (error) {
      if (!isFault(error) || error.owner === "system") this.#options.onError(error);
    }
  }
}

/**
 * True when it was all this replica's. `all`: on all lines of the session; `own`: another replica has
 * spoken on those that are shared.
 */
async function tell(session: Session, message: NotificationMessage, lines: "all" | "own"): Promise<boolean> {
  switch (message.method) {
    case "notifications/cancelled":
      return session.cancel(message.params?.["requestId"]);
    case "notifications/progress":
      return session.progress(message);
    default: {
      const say = async (channel: Channel, server: CatalogServer) => {
        if (concerns(message.method, server)) await channel.send(message.text);
      };
      await (lines === "all" ? session.lines.onAll(say) : session.lines.onOwn(say));
      return false;
    }
  }
}

/** A server that may not ask for folders was not told that the client has any. */
function concerns(method: string, { server }: CatalogServer): boolean {
  return method !== "notifications/roots/list_changed" || allowedFeatures(server).has("roots");
}

/**
 * What a legacy server has asked in one call and not been answered yet. The client knows a question by a
 * key of ours; the server's own ids mean nothing outside of its session.
 */
import { setTimeout } from "node:timers/promises";
import {
  featureOf,
  isObject,
  maxInputRequests,
  mcpFaults,
  memberText,
  withoutElicitationId,
  type InputRequest,
  type JsonObject,
  type RequestId,
  type RequestMessage,
} from "@castellan/mcp";
import type { Line } from "../upstreams/line.ts";
import type { Answers } from "./leg.ts";

export interface QuestionLimits {
  /** Characters of all open questions together. */
  readonly maxChars: number;
}

interface Question {
  /** The server's own. */
  readonly id: RequestId;
  readonly asked: InputRequest;
}

export class Questions {
  readonly #line: Pick<Line, "reply">;
  readonly #limits: QuestionLimits;
  readonly #open = new Map<string, Question>();
  #lastKey = 0;

  constructor(line: Pick<Line, "reply">, limits: QuestionLimits) {
    this.#line = line;
    this.#limits = limits;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Characters of all open questions together. */
  get chars(): number {
    return [...this.#open.values()].reduce((sum, { asked }) => sum + (asked.params?.length ?? 0), 0);
  }

  list(): readonly InputRequest[] {
    return [...this.#open.values()].map(({ asked }) => asked);
  }

  /** False when it cannot be put to the client: one too many, too large, an id in use. */
  add(question: RequestMessage): boolean {
    const { id, method } = question;
    const open = [...this.#open.values()];
    if (open.length >= maxInputRequests || open.some((other) => other.id === id)) return false;
    const text = memberText(question, "params");
    if (this.chars + (text?.length ?? 0) > this.#limits.maxChars) return false;
    const key = `q${++this.#lastKey}`;
    const isPage = featureOf(method, question.params) === "elicitation_url";
    const params = isPage && text !== undefined ? withoutElicitationId(text) : text;
    this.#open.set(key, { id, asked: { key, method, params } });
    return true;
  }

  /** The server takes it back. */
  withdraw(id: unknown): void {
    for (const [key, question] of this.#open) if (question.id === id) this.#open.delete(key);
  }

  /** Looks at the answers that belong to open questions. Throws `params_invalid`, naming the field. */
  check(answers: Answers): void {
    for (const [key, { asked }] of this.#open) {
      const answer = answers.get(key);
      const problem = answer === undefined ? undefined : problemWith(answer, asked.method);
      if (problem === undefined) continue;
      const field = `params.inputResponses[${JSON.stringify(key)}]`;
      throw mcpFaults.fault("params_invalid", `${field} ${problem}`, { field });
    }
  }

  /** Takes the questions that are answered out; those without an answer stay open, other answers are ignored. */
  take(answers: Answers): readonly { readonly id: RequestId; readonly result: string }[] {
    const taken: { id: RequestId; result: string }[] = [];
    for (const [key, { id }] of this.#open) {
      const result = answers.get(key);
      if (result === undefined) continue;
      this.#open.delete(key);
      taken.push({ id, result });
    }
    return taken;
  }

  /** Nobody will answer any more, and the server is told, if it listens. Never rejects. */
  async giveUp(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    if (open.length === 0) return;
    const told = open.map(({ id, asked }) =>
      this.#line.reply({ id }, asked.method === "elicitation/create" ? cancelled : unanswered),
    );
    const patience = new AbortController();
    await Promise.race([Promise.all(told), setTimeout(tellingMs, undefined, { signal: patience.signal })]);
    patience.abort();
  }
}

/** How long a server may take to hear that it gets no answer, milliseconds: a replica that stops waits for it. */
const tellingMs = 2_000;
/** 2025-11-25, elicitation, "Response Actions": dismissed without a choice. */
const cancelled = { result: JSON.stringify({ action: "cancel" }) };
/** 2025-11-25, sampling, "Error Handling": the code that a client gives when a person refuses. */
const unanswered = { error: JSON.stringify({ code: -1, message: "The client did not answer" }) };

/** What the schema of 2026-07-28 requires of each result. */
function problemWith(answer: string, method: string): string | undefined {
  const value: unknown = JSON.parse(answer);
  const result: JsonObject = isObject(value) ? value : {};
  switch (method) {
    case "elicitation/create":
      return actions.has(result["action"]) ? undefined : 'needs an "action": "accept", "decline" or "cancel"';
    case "sampling/createMessage":
      return ["role", "content", "model"].every((name) => result[name] !== undefined)
        ? undefined
        : 'needs "role", "content" and "model"';
    default:
      return Array.isArray(result["roots"]) ? undefined : 'needs a list "roots"';
  }
}

const actions: ReadonlySet<unknown> = new Set(["accept", "decline", "cancel"]);

/**
 * A call at a legacy server that may ask on its way (2025-11-25: requests from server to client), made for
 * a caller of 2026-07-28, who is answered with questions and calls again with the answers (SEP-2322).
 *
 *     running ── question ──▶ waiting(round) ── retry of that round ──▶ running ── answer ──▶ ended
 *
 * The upstream call is one for all rounds. While it runs, a leg waits: it hears what the server says, and
 * if its caller hangs up, the call is cancelled. While it waits, nobody listens, and its time is limited.
 */
import { isFault, kernelFaults, type Fault } from "@castellan/kernel";
import {
  abortable,
  isLogLevel,
  mcpFaults,
  resultText,
  withProgressToken,
  type Message,
  type RequestMessage,
  type ResponseMessage,
} from "@castellan/mcp";
import type { CatalogServer } from "../catalog/catalog.ts";
import { stateInvalid } from "../request-state/request-states.ts";
import type { ServerExchange } from "../server-messages/exchange.ts";
import { QuestionBudget } from "../server-messages/question-budget.ts";
import type { Lease } from "../upstreams/line-pool.ts";
import { Gathering } from "./gathering.ts";
import type { Answers, Leg, LegOutcome } from "./leg.ts";
import type { ConversationLimits } from "./limits.ts";
import { Questions } from "./questions.ts";

export interface ConversationOptions {
  readonly id: string;
  /** The replica that has it. */
  readonly owner: string;
  readonly principalId: string;
  readonly server: CatalogServer;
  readonly lease: Lease;
  readonly method: string;
  /** The server's own name for what is aimed at, where the method has one. */
  readonly name: string | undefined;
  /** Raw `params` as the server gets them. */
  readonly params: string | undefined;
  /** The progress token in them. */
  readonly progressToken: string | undefined;
  /** What the server was told that the client can do: raw JSON. */
  readonly capabilities: string;
  /** Whether the method may be answered with questions (2026-07-28: tools/call, prompts/get, resources/read). */
  readonly mayAsk: boolean;
  /** Judges and records what the server says, and hands it to the exchange. */
  readonly hear: (message: Message, exchange: ServerExchange) => void | Promise<void>;
  readonly limits: ConversationLimits;
}

/** Who keeps a conversation while it waits. */
export interface ConversationKeeper {
  /** Throws `calls_limited` when it must not wait. */
  keep(conversation: Conversation): void;
  /** It does not wait any more. */
  release(conversation: Conversation): void;
  /** It has ended, and its line is back. */
  ended(conversation: Conversation): void;
}

/** A leg that has not ended. */
interface Waiter {
  readonly leg: Leg;
  readonly resolve: (outcome: LegOutcome) => void;
  readonly reject: (error: unknown) => void;
  /** Aborts when the leg ends: what is still being said to it is not waited for. */
  readonly over: AbortController;
}

type End = { readonly response: ResponseMessage } | { readonly fault: Fault };

export class Conversation {
  readonly id: string;
  readonly principalId: string;
  readonly #options: ConversationOptions;
  readonly #keeper: ConversationKeeper;
  readonly #questions: Questions;
  readonly #cancel = new AbortController();
  /** A round ends a moment after its last question, so that what is asked together is put together. */
  readonly #gathering: Gathering;
  readonly #budget: QuestionBudget;
  #leg: Leg;
  #waiter: Waiter | undefined;
  #end: End | undefined;
  #call: Promise<void> = Promise.resolve();
  #round = 0;
  /** Messages that are being judged, recorded or passed on. */
  #hearing = 0;
  #ttl: NodeJS.Timeout | undefined;

  constructor(options: ConversationOptions, leg: Leg, keeper: ConversationKeeper) {
    this.id = options.id;
    this.principalId = options.principalId;
    this.#options = options;
    this.#keeper = keeper;
    this.#leg = leg;
    this.#gathering = new Gathering(options.limits.gatherMs, () => this.#endOfRound());
    this.#questions = new Questions(options.lease.line, options.limits);
    this.#budget = new QuestionBudget(options.limits.maxQuestions);
  }

  /** Characters that it keeps while it waits. */
  get chars(): number {
    return (this.#options.params?.length ?? 0) + this.#questions.chars;
  }

  /** Makes the call. Throws what `Channel.request` does, `calls_limited`, `exchange_lost`. Called once. */
  start(): Promise<LegOutcome> {
    const outcome = this.#wait(this.#leg);
    this.#options.lease.line.hear((message) => this.#heard(message));
    this.#call = this.#makeCall();
    return outcome;
  }

  /**
   * A retry takes its place, with answers to the questions of the round that it was told. Answers that are
   * missing are asked for again in the next round, others than those asked for are ignored.
   * Throws `request_state_invalid` when that round is over, `params_invalid` (the round goes on), and what
   * `start` does.
   */
  resume(leg: Leg, round: number, answers: Answers): Promise<LegOutcome> {
    if (this.#waiter || round !== this.#round) throw stateInvalid();
    this.#questions.check(answers);
    clearTimeout(this.#ttl);
    this.#keeper.release(this);
    this.#leg = leg;
    const outcome = this.#wait(leg);
    if (this.#end) this.#settle(this.#end);
    else this.#answer(answers, leg);
    return outcome;
  }

  /** Ends it, and the call at the server. Resolves when the server was told. */
  async cancel(fault: Fault): Promise<void> {
    this.#finish({ fault });
    await this.#call;
  }

  #wait(leg: Leg): Promise<LegOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<LegOutcome>();
    this.#waiter = { leg, resolve, reject, over: new AbortController() };
    const hungUp = () => void this.cancel(cancelledBy(leg.signal));
    if (leg.signal.aborted) hungUp();
    else leg.signal.addEventListener("abort", hungUp, { signal: this.#waiter.over.signal });
    return promise;
  }

  async #makeCall(): Promise<void> {
    const { lease, method, name, params } = this.#options;
    try {
      const response = await lease.line.channel.request({
        method,
        name,
        params,
        signal: this.#cancel.signal,
        onMessage: (message) => this.#heard(message),
      });
      this.#finish({ response });
    } catch (error) {
      this.#finish({ fault: toFault(error) });
    }
    const isClean = "response" in (this.#end ?? {}) && this.#questions.size === 0 && this.#hearing === 0;
    await this.#questions.giveUp();
    await lease.end(isClean);
    this.#keeper.ended(this);
  }

  /** Never rejects: what goes wrong with one message ends the conversation. */
  async #heard(message: Message): Promise<void> {
    if (this.#end && message.kind !== "request") return;
    this.#hearing++;
    try {
      this.#budget.count(message);
      await this.#options.hear(message, this.#exchangeFor(message));
    } catch (error) {
      this.#finish({ fault: toFault(error) });
    } finally {
      this.#hearing--;
    }
  }

  #exchangeFor(message: Message): ServerExchange {
    const { server, progressToken, lease, capabilities, mayAsk } = this.#options;
    const { listener, log } = this.#leg;
    return {
      server,
      listener,
      client: { capabilities, isReachable: mayAsk && !this.#end },
      log,
      progressToken: this.#leg.progressToken === undefined ? undefined : progressToken,
      say: (text) => this.#say(text, message),
      ask: (question) => this.#ask(question),
      reply: (question, answer) => lease.line.reply(question, answer),
      onRefused: (objection) => this.#refused(objection),
      withdraw: (id) => this.#questions.withdraw(id),
    };
  }

  /** To whoever waits now. It is not waited for beyond the end of the leg, or the server could not go on. */
  async #say(text: string, message: Message): Promise<boolean> {
    const waiter = this.#waiter;
    if (!waiter) return false;
    const { leg, over } = waiter;
    const isProgress = message.kind === "notification" && message.method === "notifications/progress";
    const own =
      isProgress && leg.progressToken !== undefined ? withProgressToken(text, leg.progressToken) : text;
    return abortable(Promise.resolve(leg.say(own)), over.signal).catch(() => false);
  }

  /** A caller that did not declare what the server wants is told so: the server may not take a no for an answer. */
  #refused(objection: Fault): void {
    if (isFault(objection, "client_capability_missing")) this.#finish({ fault: objection });
  }

  #ask(question: RequestMessage): boolean {
    if (this.#end || !this.#questions.add(question)) return false;
    if (this.#waiter) this.#gathering.more();
    return true;
  }

  #endOfRound(): void {
    // A question may be on its way to be recorded.
    if (this.#hearing > 0 && this.#gathering.more()) return;
    this.#gathering.stop();
    // The server may have taken all of them back.
    if (!this.#waiter || this.#questions.size === 0) return;
    try {
      this.#keeper.keep(this);
    } catch (error) {
      return this.#finish({ fault: toFault(error) });
    }
    this.#round++;
    this.#ttl = setTimeout(() => this.#expire(), this.#options.limits.ttlMs).unref();
    const { resolve, over } = this.#waiter;
    this.#waiter = undefined;
    over.abort();
    const place = { owner: this.#options.owner, conversation: this.id, round: this.#round };
    resolve({ kind: "questions", place, questions: this.#questions.list() });
  }

  #answer(answers: Answers, { log }: Leg): void {
    const { line } = this.#options.lease;
    if (isLogLevel(log)) void line.setLogLevel(log, this.#cancel.signal);
    for (const { id, result } of this.#questions.take(answers))
      line.channel
        .send(resultText(id, result))
        .catch((error: unknown) => this.#finish({ fault: toFault(error) }));
    if (this.#questions.size > 0) this.#gathering.more();
  }

  /** The caller never came back. */
  #expire(): void {
    this.#keeper.release(this);
    this.#finish({ fault: stateInvalid() });
  }

  #finish(end: End): void {
    if (this.#end) return;
    this.#end = end;
    this.#gathering.stop();
    if ("fault" in end) this.#cancel.abort(end.fault);
    if (this.#waiter) this.#settle(end);
    else this.#end = bounded(end, this.#options.limits.maxChars);
  }

  #settle(end: End): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.over.abort();
    if ("fault" in end) waiter?.reject(end.fault);
    else waiter?.resolve({ kind: "response", response: end.response });
  }
}

/** An answer that nobody waits for is kept for the retry that may come, if it is not too large to be kept. */
function bounded(end: End, maxChars: number): End {
  if ("fault" in end || end.response.text.length <= maxChars) return end;
  const message = `The server answered with more than ${maxChars} characters while nobody waited`;
  return { fault: mcpFaults.fault("upstream_too_large", message) };
}

function cancelledBy({ reason }: AbortSignal): Fault {
  return isFault(reason) ? reason : kernelFaults.fault("cancelled", "The caller hung up", { cause: reason });
}

function toFault(error: unknown): Fault {
  if (isFault(error)) return error;
  return kernelFaults.fault("internal_error", "A conversation with a server failed here", { cause: error });
}

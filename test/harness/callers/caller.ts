/** What callers of both eras have in common, so that one scenario runs in each cell. */
import type { Era } from "../../fixtures/exotic.ts";
import { RpcError } from "../../fixtures/script.ts";
import type { Inbox, Loose } from "./inbox.ts";

/** Where a caller comes in. */
export interface Door {
  readonly url: string;
  /** Empty: they come without one. */
  readonly token: string;
}

export interface Asked {
  readonly method: string;
  readonly params: Loose;
}

/** Answers a question with the text of a result, or throws an `RpcError`. */
export type Answerer = (question: Asked) => string | Promise<string>;

export interface CallerOptions {
  /** Client capabilities; default: everything. */
  readonly capabilities?: object;
  /** Without it questions stay unanswered, for the test to answer. */
  readonly answers?: Answerer;
  /** Name of the client. Default `caller`. */
  readonly name?: string;
}

export interface Reply {
  readonly status: number;
  /** The answer's message as it came. */
  readonly text: string;
  readonly message: { readonly result?: Loose; readonly error?: Loose };
}

export interface RequestOptions {
  /** Members of `params._meta`. */
  readonly meta?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Caller extends AsyncDisposable {
  readonly era: Era;
  readonly inbox: Inbox;
  /** The questions it was asked, in order. */
  readonly asked: readonly Asked[];
  /** A request to its end, with whatever is asked on the way answered. `params`: an object, or a text to send as it is. */
  request(method: string, params?: object | string, options?: RequestOptions): Promise<Reply>;
  /** Hears of changes to these resources from now on. */
  watch(uris: readonly string[]): Promise<void>;
}

const questions = { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } };

/** Everything that a client of the era can declare. */
export const everyCapability = {
  legacy: questions,
  modern: { ...questions, extensions: { "io.modelcontextprotocol/tasks": {} } },
};

/** Says yes to everything: a name, an age, a model's word, a root. */
export function obliging({ method, params }: Asked): string {
  if (method === "sampling/createMessage")
    return `{"role":"assistant","model":"m","content":{"type":"text","text":"hello"},"x-unknown":1}`;
  if (method === "roots/list") return `{"roots":[{"uri":"file:///home","name":"home"}]}`;
  if (method === "elicitation/create")
    return params.mode === "url"
      ? `{"action":"accept"}`
      : params.requestedSchema.properties.years
        ? `{"action":"accept","content":{"years":36}}`
        : `{"action":"accept","content":{"name":"Ada"}}`;
  throw new RpcError(-32601, `Nobody answers ${method}`);
}

/** Raw JSON of `{…}` with members put in front or behind. */
export function withMembers(object: string, { first = "", last = "" }): string {
  const inner = object.trim().slice(1, -1);
  return `{${[first, inner.trim() === "" ? "" : inner, last].filter((part) => part !== "").join(",")}}`;
}

export function toText(params: object | string | undefined): string {
  return typeof params === "string" ? params : JSON.stringify(params ?? {});
}

/** One request as the stages before its route see it, and what they found out about it. */
import type { ServerResponse } from "node:http";
import type { Context } from "hono";
import type { ClientCertificate } from "../client-certificate/client-certificate.ts";
import { requestHeader, serverBindings } from "./environment.ts";

export class Exchange {
  readonly context: Context;
  /** Answered as `X-Request-Id`, and the id that log lines carry. */
  requestId = "";
  /** The client's address; "" when there is no socket. */
  address = "";
  /** What the client proved itself with, beside any token. */
  certificate: ClientCertificate | undefined;
  /** The one of `isOwnHost` that it is for; undefined: for the server itself. */
  ownHost: string | undefined;
  /** True once all stages let it pass: from then on a route answers for it. */
  isAdmitted = false;
  readonly #outgoing: ServerResponse | undefined;
  #headers: [name: string, value: string][] | undefined;

  constructor(c: Context) {
    this.context = c;
    this.#outgoing = serverBindings(c)?.outgoing;
  }

  header(name: string): string | undefined {
    return requestHeader(this.context, name);
  }

  /** Sets a default for a header of the answer: a route that sets the same header wins. */
  setHeader(name: string, value: string): void {
    if (this.#outgoing !== undefined) this.#outgoing.setHeader(name, value);
    else (this.#headers ??= []).push([name, value]);
  }

  /** The answer with the defaults in it where no socket waits for it; where one does, Node has them already. */
  finish(answer: Response): Response {
    if (this.#headers === undefined) return answer;
    // A copy, since the headers of some answers cannot be changed.
    const finished = new Response(answer.body, answer);
    for (const [name, value] of this.#headers)
      if (!finished.headers.has(name)) finished.headers.set(name, value);
    return finished;
  }
}

/** Does one thing to each request: lets it pass, answers it, or throws a fault. Never waits. */
export type Stage = (exchange: Exchange) => Response | undefined;

const key = "castellan.exchange";

/** The exchange of a request, made when first asked for. */
export function exchangeOf(c: Context): Exchange {
  const known = c.get(key) as Exchange | undefined;
  if (known !== undefined) return known;
  const exchange = new Exchange(c);
  c.set(key, exchange);
  return exchange;
}

/** The id of this request: `req_…`, or what a trusted proxy sent. */
export function requestId(c: Context): string {
  return exchangeOf(c).requestId;
}

/** The client's address, through trusted proxies only; "" when there is no socket. */
export function clientAddress(c: Context): string {
  return exchangeOf(c).address;
}

/** The certificate that the client proved itself with, to us or to a trusted proxy: issued by our authorities, and good now. */
export function clientCertificate(c: Context): ClientCertificate | undefined {
  return exchangeOf(c).certificate;
}

/** Which of the hosts of `isOwnHost` this request is for, as that was asked for it; undefined: the server itself. */
export function ownHost(c: Context): string | undefined {
  return exchangeOf(c).ownHost;
}

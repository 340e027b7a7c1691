/** For tests here: this installation as a client, over a database of its own, and a server out there that is guarded. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createTestDatabase } from "@castellan/database/testing";
import type { Database } from "@castellan/database";
import { createManualClock, type ManualClock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { createOutbound } from "@castellan/web";
import { serve } from "@castellan/web/testing";
import type { UpstreamAuth } from "../auth/upstream-auth.ts";
import { credentialMigrations } from "../migrations.ts";
import { createOAuth, type OAuthOptions } from "./create-oauth.ts";
import type { OAuth, OAuthTarget } from "./oauth.ts";

export interface OAuthScene extends AsyncDisposable {
  readonly oauth: OAuth;
  readonly database: Database;
  readonly clock: ManualClock;
}

/** On loopback, as the authorization servers of tests are. */
export const publicUrl = "http://127.0.0.1:9";
export const never = new AbortController().signal;

/** With a database given it is not disposed of: tests of one file share one, each with issuers of its own. */
export async function openOAuthScene(options: Partial<OAuthOptions> = {}): Promise<OAuthScene> {
  await using opened = new AsyncDisposableStack();
  const database = options.database ?? opened.use(await createTestDatabase([credentialMigrations]));
  const outbound = opened.use(createOutbound());
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const clock = createManualClock();
  const oauth = createOAuth({ database, vault, clock, outbound, publicUrl: new URL(publicUrl), ...options });
  const owned = opened.move();
  return { oauth, database, clock, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** What a path answers: an object is JSON, a number a status. */
export type Answers = Record<string, object | number | ((request: IncomingMessage) => Told)>;
export interface Told {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: object;
}

export interface GuardedServer extends AsyncDisposable {
  readonly origin: string;
  readonly url: string;
  /** `GET /path` of every request. */
  readonly asked: string[];
  readonly answers: Answers;
  target(auth?: UpstreamAuth, secrets?: OAuthTarget["secrets"]): OAuthTarget;
}

/** A server at `/mcp` that wants a token; `answers` may be changed while it runs. */
export async function serveGuarded(
  answers: (origin: string) => Answers,
  path = "/mcp",
): Promise<GuardedServer> {
  const asked: string[] = [];
  const known: Answers = {};
  const listening = await serve((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const answer = known[request.url ?? ""] ?? (request.url === path ? 401 : 404);
    if (typeof answer === "number") tell(response, { status: answer });
    else if (typeof answer === "function") tell(response, answer(request));
    else tell(response, { status: 200, body: answer });
  });
  const origin = `http://127.0.0.1:${listening.port}`;
  Object.assign(known, answers(origin));
  const url = `${origin}${path}`;
  return {
    origin,
    url,
    asked,
    answers: known,
    target: (auth = { kind: "own_account" }, secrets = {}) => ({
      id: "srv_1",
      slug: "notes",
      url,
      allowPrivate: ["127.0.0.1"],
      auth,
      secrets,
    }),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

function tell(response: ServerResponse, { status, headers = {}, body }: Told): void {
  response.writeHead(status, { ...headers, ...(body && { "content-type": "application/json" }) });
  response.end(body && JSON.stringify(body));
}

/** For tests: an evaluator as a company would run one, on a port of its own, that can be told to misbehave. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JSONWebKeySet,
  type JWTPayload,
} from "jose";

export interface Asked {
  /** As it came. */
  readonly token: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: JWTPayload;
}

/** Answers a question that has been checked; default: yes, as it should be. */
export type Behaviour = (asked: Asked, response: ServerResponse) => void | Promise<void>;

export interface TestEvaluator extends AsyncDisposable {
  readonly url: string;
  readonly keysUrl: string;
  /** What it was asked, in order. */
  readonly asked: Asked[];
  /** How often its keys were fetched. */
  readonly keyFetches: () => number;
  /** Whom it takes questions from. */
  trust(keySet: { readonly keys: readonly object[] }, publicUrl: string): void;
  behave(behaviour: Behaviour): void;
  /** Another key from now on; with `isPublished: false` nobody is told of it. */
  rotate(options?: { isPublished?: boolean }): Promise<void>;
  /** What it publishes instead of its keys. */
  publish(document: string, status?: number): void;
  /** The body of a good answer, with other claims, header or key where they are given. */
  answer(
    asked: Asked,
    claims?: Readonly<Record<string, unknown>>,
    signing?: { alg?: string; key?: CryptoKey | Uint8Array; kid?: string },
  ): Promise<string>;
}

export async function startTestEvaluator(): Promise<TestEvaluator> {
  const asked: Asked[] = [];
  let trusted: { keys: ReturnType<typeof createLocalJWKSet>; issuer: string } | undefined;
  let made = 0;
  let current = await makeKey(`key-${++made}`);
  let published = JSON.stringify({ keys: [current.jwk] });
  let publishedStatus = 200;
  let keyFetches = 0;

  const answer: TestEvaluator["answer"] = async ({ claims }, other = {}, signing = {}) => {
    const { alg = "ES256", key = current.privateKey, kid = current.jwk.kid } = signing;
    const nowSeconds = Math.floor(Date.now() / 1000);
    const payload: Record<string, unknown> = {
      iat: nowSeconds,
      exp: nowSeconds + 60,
      aud: claims.iss,
      nonce: claims["nonce"],
      success: true,
      ...other,
    };
    const signed = new SignJWT(payload).setProtectedHeader({ alg, ...(kid !== undefined && { kid }) });
    return JSON.stringify({ token: await signed.sign(key) });
  };
  let behaviour: Behaviour = async (question, response) => void response.end(await answer(question));

  const server = createServer((request, response) => {
    if (request.url === "/keys") {
      keyFetches += 1;
      response.writeHead(publishedStatus).end(published);
      return;
    }
    void evaluate(request, response).catch(() => response.writeHead(400).end());
  });
  const evaluate = async (request: IncomingMessage, response: ServerResponse) => {
    const { token } = JSON.parse(await readText(request)) as { token: string };
    if (trusted === undefined) throw new Error("nobody is trusted");
    const { payload, protectedHeader } = await jwtVerify(token, trusted.keys, {
      algorithms: ["ES256"],
      typ: "castellan-evaluation+jwt",
      issuer: trusted.issuer,
      audience: url,
    });
    const question = { token, header: protectedHeader, claims: payload };
    asked.push(question);
    await behaviour(question, response);
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/evaluate`;

  return {
    url,
    keysUrl: `http://127.0.0.1:${port}/keys`,
    asked,
    keyFetches: () => keyFetches,
    trust: (keySet, issuer) => {
      trusted = { keys: createLocalJWKSet(keySet as unknown as JSONWebKeySet), issuer };
    },
    behave: (next) => {
      behaviour = next;
    },
    rotate: async ({ isPublished = true } = {}) => {
      current = await makeKey(`key-${++made}`);
      if (isPublished) published = JSON.stringify({ keys: [current.jwk] });
    },
    publish: (document, status = 200) => {
      published = document;
      publishedStatus = status;
    },
    answer,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function makeKey(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" } };
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}

/**
 * An authorization server that believes what an installation says of its people, and the MCP server that it guards, over real
 * HTTP: it checks what RFC 8693, RFC 7523 and Enterprise-Managed Authorization want checked, by keys that it fetches.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createRemoteJWKSet, decodeJwt, jwtVerify, type JWTPayload } from "jose";

export interface AssertionServer extends AsyncDisposable {
  readonly issuer: string;
  /** Of the MCP server. */
  readonly resource: string;
  readonly client: { readonly id: string; readonly secret: string };
  /** What was granted, in order. */
  readonly granted: readonly Granted[];
  /** Every JWT that was taken, to look for where it must not be. */
  readonly taken: readonly string[];
  /** Subjects that it knows. */
  readonly knows: Set<string>;
  /** Answered to token requests instead, one each. */
  readonly answers: { readonly status: number; readonly error: string }[];
  readonly issuers: Set<string>;
  factsOf(token: string): Granted | undefined;
}

export interface Granted {
  readonly grant: "token-exchange" | "jwt-bearer";
  readonly claims: JWTPayload;
  readonly scope: string | undefined;
  readonly resource: string | undefined;
  readonly audience: string | undefined;
}

const prefix = "urn:ietf:params:oauth:grant-type:";

export async function startAssertionServer(): Promise<AssertionServer> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const resource = `${issuer}/mcp`;
  const client = { id: "installation", secret: "secret & of the installation" };
  const tokens = new Map<string, Granted>();
  const granted: Granted[] = [];
  const taken: string[] = [];
  const knows = new Set<string>();
  const issuers = new Set<string>();
  const answers: { status: number; error: string }[] = [];
  const seen = new Set<string>();

  const documents: Record<string, object> = {
    "/.well-known/oauth-protected-resource/mcp": { resource, authorization_servers: [issuer] },
    "/.well-known/oauth-authorization-server": {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
      grant_types_supported: [`${prefix}token-exchange`, `${prefix}jwt-bearer`],
      token_endpoint_auth_methods_supported: ["client_secret_basic"],
    },
  };

  async function grant(form: URLSearchParams): Promise<Granted> {
    const kind = form.get("grant_type")?.replace(prefix, "");
    if (kind !== "token-exchange" && kind !== "jwt-bearer") throw new Refusal("unsupported_grant_type");
    const jwt = form.get(kind === "jwt-bearer" ? "assertion" : "subject_token") ?? "";
    const { iss = "" } = decodeJwt(jwt);
    if (!issuers.has(iss)) throw new Refusal("invalid_grant");
    const discovered = (await (await fetch(`${iss}/.well-known/openid-configuration`)).json()) as {
      readonly jwks_uri: string;
    };
    const { payload: claims } = await jwtVerify(jwt, createRemoteJWKSet(new URL(discovered.jwks_uri)), {
      issuer: iss,
      audience: issuer,
      algorithms: ["ES256"],
      typ: kind === "jwt-bearer" ? "oauth-id-jag+jwt" : "JWT",
      requiredClaims: ["sub", "exp", "iat", "jti"],
    });
    const { jti = "", sub = "" } = claims;
    const isOurs =
      kind === "token-exchange" || (claims["client_id"] === client.id && claims["resource"] === resource);
    if (seen.has(jti) || !knows.has(sub) || !isOurs) throw new Refusal("invalid_grant");
    seen.add(jti);
    taken.push(jwt);
    const told = (name: string) => form.get(name) ?? undefined;
    return {
      grant: kind,
      claims,
      scope: told("scope"),
      resource: told("resource"),
      audience: told("audience"),
    };
  }

  async function answerToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request));
    try {
      const answer = answers.shift();
      if (answer) throw new Refusal(answer.error, answer.status);
      const basic = `${encodeURIComponent(client.id)}:${new URLSearchParams({ "": client.secret }).toString().slice(1)}`;
      if (request.headers.authorization !== `Basic ${Buffer.from(basic).toString("base64")}`)
        throw new Refusal("invalid_client", 401);
      const facts = await grant(form);
      const token = randomUUID();
      tokens.set(token, facts);
      granted.push(facts);
      send(response, 200, {
        access_token: token,
        token_type: "Bearer",
        expires_in: 3600,
        ...(facts.grant === "token-exchange" && {
          issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
        }),
      });
    } catch (error) {
      const { code, status } = error instanceof Refusal ? error : new Refusal("invalid_grant");
      send(response, status, { error: code, error_description: String(error) });
    }
  }

  server.on("request", (request, response) => {
    const { pathname } = new URL(request.url ?? "/", issuer);
    if (pathname === "/token") void answerToken(request, response);
    else if (documents[pathname]) send(response, 200, documents[pathname]);
    else if (pathname === "/mcp") {
      const token = request.headers.authorization?.replace("Bearer ", "");
      if (token !== undefined && tokens.has(token)) return send(response, 200, {});
      response.setHeader(
        "www-authenticate",
        `Bearer resource_metadata="${issuer}/.well-known/oauth-protected-resource/mcp"`,
      );
      send(response, 401, {});
    } else send(response, 404, {});
  });

  return {
    issuer,
    resource,
    client,
    granted,
    taken,
    knows,
    answers,
    issuers,
    factsOf: (token) => tokens.get(token),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status = 400) {
    super(code);
    this.code = code;
    this.status = status;
  }
}

function send(response: ServerResponse, status: number, body: object | undefined): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

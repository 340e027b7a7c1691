/** An authorization server's token and revocation endpoints over real HTTP, with grants whose fate a test decides. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface TokenServer extends AsyncDisposable {
  readonly issuer: string;
  /** What came to the token endpoint, in order. */
  readonly refreshes: readonly RefreshRequest[];
  /** Refresh tokens that were sent to be revoked: they end their grant. */
  readonly revocations: readonly string[];
  /** The client secrets that came with them. */
  readonly revocationSecrets: readonly (string | null)[];
  /** Whether each refresh gives another refresh token, and the use of an old one ends the grant. */
  isRotating: boolean;
  /** How often a refresh token came that had been rotated away: whoever does that to a real server loses the grant. */
  readonly reuses: readonly string[];
  expiresInSeconds: number;
  /** Answered instead of what would be, one each. */
  readonly answers: Answer[];
  readonly revocationAnswers: Answer[];
  /** Awaited before each answer of the token endpoint, after the server has done its part. */
  hold: Promise<void> | undefined;
  /** A new grant. */
  grant(): IssuedTokens;
  /** Whether there is a grant that this access or refresh token is good for. */
  isGood(token: string): boolean;
  /** Resolves once that many refreshes have come. */
  refreshed(times: number): Promise<void>;
  revoked(times: number): Promise<void>;
}

export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

interface RefreshRequest {
  readonly refreshToken: string;
  readonly clientId: string;
  readonly resource: string | null;
  readonly secret: string | null;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Grant {
  readonly name: string;
  refreshToken: string;
  readonly accessTokens: Set<string>;
  readonly oldRefreshTokens: Set<string>;
}

export async function startTokenServer(): Promise<TokenServer> {
  const grants = new Set<Grant>();
  const refreshes: RefreshRequest[] = [];
  const revocations: string[] = [];
  const revocationSecrets: (string | null)[] = [];
  const reuses: string[] = [];
  const waits: { readonly isOver: () => boolean; readonly resolve: () => void }[] = [];
  let issued = 0;
  let made = 0;
  const look = () => {
    for (const wait of waits) if (wait.isOver()) wait.resolve();
  };
  const until = (isOver: () => boolean) =>
    new Promise<void>((resolve) => {
      waits.push({ isOver, resolve });
      look();
    });
  const issue = (grant: Grant): IssuedTokens => {
    issued += 1;
    const accessToken = `access-${grant.name}-${issued}`;
    grant.accessTokens.add(accessToken);
    if (self.isRotating) {
      grant.oldRefreshTokens.add(grant.refreshToken);
      grant.refreshToken = `refresh-${grant.name}-${issued}`;
    }
    return { accessToken, refreshToken: grant.refreshToken };
  };
  const holderOf = (token: string) =>
    [...grants].find(({ refreshToken, accessTokens }) => refreshToken === token || accessTokens.has(token));

  const refresh = (body: URLSearchParams): Answer => {
    const refreshToken = body.get("refresh_token") ?? "";
    const clientId = body.get("client_id") ?? "";
    refreshes.push({
      refreshToken,
      clientId,
      resource: body.get("resource"),
      secret: body.get("client_secret"),
    });
    const told = self.answers.shift();
    if (told !== undefined) return told;
    for (const grant of grants)
      if (grant.oldRefreshTokens.has(refreshToken)) {
        reuses.push(refreshToken);
        grants.delete(grant);
      }
    const grant = [...grants].find((each) => each.refreshToken === refreshToken);
    if (grant === undefined) return { status: 400, body: { error: "invalid_grant" } };
    const tokens = issue(grant);
    return {
      status: 200,
      body: {
        access_token: tokens.accessToken,
        token_type: "Bearer",
        expires_in: self.expiresInSeconds,
        ...(self.isRotating && { refresh_token: tokens.refreshToken }),
      },
    };
  };
  const revoke = (body: URLSearchParams): Answer => {
    const token = body.get("token") ?? "";
    if (body.get("token_type_hint") !== "refresh_token") {
      holderOf(token)?.accessTokens.delete(token);
      return { status: 200 };
    }
    revocations.push(token);
    revocationSecrets.push(body.get("client_secret"));
    const told = self.revocationAnswers.shift();
    if (told !== undefined) return told;
    const grant = holderOf(token);
    if (grant?.refreshToken === token) grants.delete(grant);
    return { status: 200 };
  };
  const answerOf = (url: string | undefined, body: URLSearchParams): Answer => {
    if (url === "/token") return refresh(body);
    if (url === "/revoke") return revoke(body);
    return url === "/.well-known/oauth-authorization-server"
      ? { status: 200, body: metadata(self.issuer) }
      : { status: 404 };
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const answer = answerOf(request.url, new URLSearchParams(await text(request)));
    look();
    if (request.url === "/token") await self.hold;
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
    response.end(JSON.stringify(answer.body ?? {}));
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const self: TokenServer = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refreshes,
    revocations,
    revocationSecrets,
    isRotating: true,
    reuses,
    expiresInSeconds: 3600,
    answers: [],
    revocationAnswers: [],
    hold: undefined,
    grant: () => {
      made += 1;
      const name = `g${made}`;
      const grant: Grant = {
        name,
        refreshToken: `refresh-${name}`,
        accessTokens: new Set(),
        oldRefreshTokens: new Set(),
      };
      grants.add(grant);
      return issue(grant);
    },
    isGood: (token) => holderOf(token) !== undefined,
    refreshed: (times) => until(() => refreshes.length >= times),
    revoked: (times) => until(() => revocations.length >= times),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}

/** RFC 8414. */
function metadata(issuer: string): Readonly<Record<string, unknown>> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    revocation_endpoint: `${issuer}/revoke`,
    response_types_supported: ["code"],
    code_challenge_methods_supported: ["S256"],
  };
}

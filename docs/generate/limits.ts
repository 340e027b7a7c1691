/** What one caller, one server or one replica can take, with the numbers that stand in the code. */
import { table } from "./markdown.ts";
import { numberIn } from "./source-number.ts";

export interface Limit {
  readonly what: string;
  /** The file, and the name of the constant or member in it. */
  readonly from: string;
  readonly unit?: Unit;
  /** What happens at it: codes in backticks. */
  readonly beyond: string;
}

type Unit = "ms" | "bytes" | "chars" | "MiB";

const sessions = "packages/portal/src/sessions";
const streams = "packages/portal/src/streams";
const conversations = "packages/calls/src/conversations/limits.ts";
const upstream = "packages/mcp/src/upstream";

/** Callers first, then what a server may do, then what is between replicas. */
const limits: readonly Limit[] = [
  {
    what: "calls of a caller under way at one server, on each replica, unless an admin sets it",
    from: "packages/calls/src/limits/call-limiter.ts maxUnderWay",
    beyond: "`calls_limited`",
  },
  {
    what: "streams of a caller (GET and `subscriptions/listen` together), on each replica",
    from: "packages/portal/src/callers/under-way.ts maxPerCaller",
    beyond: "`streams_limited`",
  },
  {
    what: "legacy sessions of a caller",
    from: `${sessions}/session-registry.ts maxPerPrincipal`,
    beyond: "the one that was idle longest ends",
  },
  {
    what: "time that a session lives without a request or a stream",
    from: `${sessions}/session-registry.ts idleMs`,
    unit: "ms",
    beyond: "it ends; `session_unknown`",
  },
  {
    what: "resources that a session subscribes to",
    from: `${sessions}/line-store.ts maxSubscriptions`,
    beyond: "`subscriptions_limited`",
  },
  {
    what: "resources, and tasks, that one `subscriptions/listen` names",
    from: "packages/portal/src/answers/listen-filter.ts maxNamed",
    beyond: "`params_invalid`",
  },
  {
    what: "length of a resource's URI",
    from: "packages/calls/src/stages/resolve.ts maxUriLength",
    unit: "chars",
    beyond: "`params_invalid`",
  },
  {
    what: "length of one that a session subscribes to",
    from: "packages/portal/src/answers/resource-subscriptions.ts maxUriBytes",
    unit: "bytes",
    beyond: "`params_invalid`",
  },
  {
    what: "`clientInfo` and `capabilities` of `initialize`, each",
    from: "packages/portal/src/answers/local-methods.ts maxKeptChars",
    unit: "chars",
    beyond: "`params_invalid`",
  },
  {
    what: "the same of a modern request for a legacy server, together",
    from: "packages/calls/src/cells/modern-legacy.ts maxClientChars",
    unit: "chars",
    beyond: "`params_invalid`",
  },
  {
    what: "unread on a client's stream before the server is not read on",
    from: `${streams}/event-stream.ts roomyBytes`,
    unit: "bytes",
    beyond: "it waits for the client",
  },
  {
    what: "time in which a client reads nothing of what waits for it",
    from: `${streams}/event-stream.ts defaultStallMs`,
    unit: "ms",
    beyond: "the stream is cut, its call cancelled",
  },
  {
    what: "kept of one call's stream for a client that comes back",
    from: `${streams}/resumable-streams.ts maxBytes`,
    unit: "bytes",
    beyond: "`exchange_lost` when it comes back",
  },
  {
    what: "the same, of all calls of a caller on a replica",
    from: `${streams}/resumable-streams.ts maxBytesPerPrincipal`,
    unit: "bytes",
    beyond: "the oldest is forgotten, one that has ended first",
  },
  {
    what: "the same, of a replica",
    from: `${streams}/resumable-streams.ts maxBytesInAll`,
    unit: "bytes",
    beyond: "likewise",
  },
  {
    what: "how long it is kept for a client that left",
    from: `${streams}/resumable-streams.ts keepMs`,
    unit: "ms",
    beyond: "`exchange_lost`; the call goes on",
  },
  {
    what: "how long it is kept when the client was there to the end",
    from: `${streams}/resumable-streams.ts lingerMs`,
    unit: "ms",
    beyond: "`exchange_lost`",
  },
  {
    what: "questions to a session that are open, on each replica",
    from: `${sessions}/questions.ts maxOpen`,
    beyond: "the oldest is given up; its server is told",
  },
  {
    what: "rounds of questions in one call of a legacy client at a modern server",
    from: "packages/calls/src/cells/legacy-modern.ts maxRounds",
    beyond: "`client_unanswered`",
  },
  {
    what: "time for the answers of such a round",
    from: "packages/calls/src/cells/ask-client.ts answerTimeoutMs",
    unit: "ms",
    beyond: "`client_unanswered`",
  },
  {
    what: "time for the retry of a modern client at a legacy server",
    from: `${conversations} ttlMs`,
    unit: "ms",
    beyond: "the call is cancelled at the server; `request_state_invalid`",
  },
  {
    what: "calls of a caller that wait for such a retry, on each replica",
    from: `${conversations} maxWaiting`,
    beyond: "`calls_limited`",
  },
  {
    what: "questions of a legacy server in one such call",
    from: `${conversations} maxQuestions`,
    beyond: "`upstream_invalid`",
  },
  {
    what: "questions that are put together",
    from: "packages/mcp/src/bridge/input-required.ts maxInputRequests",
    beyond: "a legacy server is told no; of a modern one `upstream_invalid`",
  },
  {
    what: "sessions of a modern caller at one legacy server, on each replica",
    from: "packages/calls/src/upstreams/line-pool.ts maxPerCaller",
    beyond: "`calls_limited`",
  },
  {
    what: "how long an idle one is kept for the next call",
    from: "packages/calls/src/upstreams/line-pool.ts idleMs",
    unit: "ms",
    beyond: "it is ended",
  },
  {
    what: "idle ones of a replica",
    from: "packages/calls/src/upstreams/line-pool.ts maxIdle",
    beyond: "the one that was idle longest is ended",
  },
  {
    what: "how long a modern server's `requestState` is good for",
    from: "packages/calls/src/request-state/request-states.ts forwarded",
    unit: "ms",
    beyond: "`request_state_invalid`",
  },
  {
    what: "size of a modern server's `requestState`",
    from: "packages/calls/src/request-state/request-states.ts maxUpstreamChars",
    unit: "chars",
    beyond: "`upstream_too_large`",
  },
  {
    what: "an answer of a server, or one event of its stream",
    from: `${upstream}/channel.ts maxMessageBytes`,
    unit: "bytes",
    beyond: "`upstream_too_large`",
  },
  {
    what: "what a server says of itself (`initialize`, `server/discover`)",
    from: `${upstream}/hello-text.ts maxHelloChars`,
    unit: "chars",
    beyond: "it counts as not speaking that era; `upstream_invalid`",
  },
  {
    what: "items of one list of a server",
    from: `${upstream}/list.ts maxItems`,
    beyond: "the list fails, and [stays as it was](servers.md#see-how-it-is); `upstream_invalid`",
  },
  {
    what: "pages of one list",
    from: `${upstream}/list.ts maxPages`,
    beyond: "likewise",
  },
  {
    what: "length of one list",
    from: `${upstream}/list.ts maxListChars`,
    unit: "chars",
    beyond: "likewise",
  },
  {
    what: "resource templates of a server",
    from: "packages/calls/src/upstreams/read-lists.ts maxTemplates",
    beyond: "the rest is left out and named in its state",
  },
  {
    what: "syncs at a time, on each replica",
    from: "packages/calls/src/upstreams/due-syncs.ts maxRunningSyncs",
    beyond: "the next one waits",
  },
  {
    what: "connections for calls to one origin, on each replica",
    from: "packages/web/src/outbound/outbound.ts connectionsPerOrigin",
    beyond: "the next call waits",
  },
  {
    what: "connections for streams to one origin, on each replica",
    from: "packages/web/src/outbound/outbound.ts maxStreams",
    beyond: "the next stream waits",
  },
  {
    what: "how long others count on a replica that says nothing",
    from: "packages/replicas/src/replicas.ts leaseMs",
    unit: "ms",
    beyond: "what it held is `exchange_lost`",
  },
  {
    what: "letters to one replica that wait to be written",
    from: "packages/replicas/src/mail/outbox.ts maxWaitingSize",
    unit: "chars",
    beyond: "`mail_overloaded`",
  },
  {
    what: "records that wait to be written, on each replica",
    from: "packages/audit/src/audit-log.ts maxWaiting",
    beyond: "`audit_overloaded`",
  },
  {
    what: "body of a request to the API",
    from: "packages/api/src/body.ts maxBodyBytes",
    unit: "bytes",
    beyond: "`body_too_large`",
  },
  {
    what: "entries of a page of a list of the API",
    from: "packages/api/src/paging.ts maxPage",
    beyond: "`invalid_input`",
  },
  {
    what: "hours for which the answer to an `Idempotency-Key` is kept",
    from: "packages/api/src/idempotency/idempotency.ts keptHours",
    beyond: "the key is free for another request",
  },
  {
    what: "sign-ins from one address that fail, in a minute",
    from: "packages/sign-in/src/local/tries.ts perAddressPerMinute",
    beyond: "`sign_in_throttled`",
  },
  {
    what: "requests of clients to be let in, from one address, in a minute",
    from: "packages/oauth/src/provider/request-limit.ts requestsPerMinute",
    beyond: "`authorization_limited`",
  },
  {
    what: "a client's description of itself (CIMD)",
    from: "packages/oauth/src/clients/client-document.ts maxDocumentBytes",
    unit: "bytes",
    beyond: "`client_document_invalid`",
  },
  {
    what: "time in which a refresh token that is used again counts as one of several requests at once",
    from: "packages/oauth/src/storage/refresh-tokens.ts parallelMs",
    unit: "ms",
    beyond: "[the rule](clients-and-consent.md#refresh)",
  },
  {
    what: "calls of a caller that wait for a person's decision; as many of one hour may have come to nothing",
    from: "packages/approvals/src/create-approvals.ts maxPending",
    beyond: "`approvals_limited`",
  },
  {
    what: "arguments that a person is asked to judge",
    from: "packages/approvals/src/storage/arguments.ts maxArgumentsBytes",
    unit: "bytes",
    beyond: "`approval_too_large`",
  },
  {
    what: "time that a call waits on the stream of a legacy client for such a decision, or for its person to sign in",
    from: "packages/calls/src/asking/ask-on-stream.ts maxWaitMs",
    unit: "ms",
    beyond: "`approval_required`, `link_required`; the request goes on waiting",
  },
  {
    what: "time that the retry of a modern client waits for it",
    from: "packages/calls/src/asking/hear-retry.ts waitMs",
    unit: "ms",
    beyond: "it is asked the same again",
  },
  {
    what: "sign-ins at servers that clients of a person ask for and that wait; half as many at one server, and as many there may have been declined within an hour",
    from: "packages/credentials/src/links/create-links.ts maxPending",
    beyond: "`links_limited`",
  },
  {
    what: "time that such a request is good for, from the last time that it was asked",
    from: "packages/credentials/src/links/steps/ask.ts lifetimeMs",
    unit: "ms",
    beyond: "the next call asks anew",
  },
  {
    what: "time between leaving for an authorization server and coming back",
    from: "packages/credentials/src/links/storage/flows.ts flowMs",
    unit: "ms",
    beyond: "`link_expired`",
  },
  {
    what: "what an authorization server says of itself",
    from: "packages/credentials/src/oauth/wire.ts maxDocumentBytes",
    unit: "bytes",
    beyond: "`credentials_unavailable`",
  },
  {
    what: "length of a token that it gives",
    from: "packages/credentials/src/oauth/token-request.ts maxTokenLength",
    unit: "chars",
    beyond: "`credentials_unavailable`",
  },
  {
    what: "servers that a person has switched off for their clients",
    from: "packages/portal/src/choices/choice-store.ts maxChoices",
    beyond: "the oldest are forgotten: the server is on again",
  },
  {
    what: "lists of callers' own that are kept in memory, on each replica",
    from: "packages/calls/src/personal/held-lists.ts maxHeld",
    beyond: "those that were looked at longest ago are read again",
  },
  {
    what: "definitions of which what is searched by code is kept in memory, on each replica",
    from: "packages/codemode/src/search/tool-text.ts maxKeptChars",
    unit: "chars",
    beyond: "those that were looked at longest ago are read again",
  },
  {
    what: "people who are told of one request",
    from: "packages/approvals/src/telling.ts maxTold",
    beyond: "the rest find it on the page",
  },
  {
    what: "letters to one address in an hour",
    from: "packages/notices/src/outbox/put.ts maxLetters",
    beyond: "what they would tell is on the page",
  },
  {
    what: "webhooks",
    from: "packages/notices/src/webhooks/webhook-store.ts maxWebhooks",
    beyond: "`invalid_input`",
  },
  {
    what: "linked accounts that are kept in memory, on each replica",
    from: "packages/credentials/src/accounts/known-accounts.ts maxKnown",
    beyond: "those that were used longest ago are read again",
  },
  {
    what: "tokens that are kept in memory, on each replica",
    from: "packages/access/src/authenticator.ts maxCached",
    beyond: "the oldest are looked up again",
  },
  {
    what: "clients that registered themselves and never got a token",
    from: "packages/oauth/src/clients/sweep-clients.ts maxNeverUsed",
    beyond: "the oldest are removed",
  },
];

export function limitsTable(): Promise<string> {
  return tableOf(limits);
}

export async function tableOf(some: readonly Limit[]): Promise<string> {
  const rows = await Promise.all(
    some.map(async ({ what, from, unit, beyond }) => {
      const [path = "", name = ""] = from.split(" ");
      return [what, inWords(await numberIn(path, name), unit), beyond];
    }),
  );
  return table(["limit", "is", "beyond it"], rows);
}

function inWords(value: number, unit: Unit | undefined): string {
  switch (unit) {
    case "ms":
      return value % 60_000 === 0 ? `${value / 60_000} min` : `${value / 1000} s`;
    case "bytes":
      return inSteps(value, ["bytes", "KiB", "MiB"]);
    case "chars":
      return `${inSteps(value, ["", "Ki", "Mi"])} characters`.replaceAll("  ", " ");
    case "MiB":
      return `${value} MiB`;
    default:
      return value.toLocaleString("en");
  }
}

function inSteps(value: number, names: readonly [string, string, string]): string {
  if (value % 1024 ** 2 === 0) return `${value / 1024 ** 2} ${names[2]}`;
  return value % 1024 === 0 ? `${value / 1024} ${names[1]}` : `${value.toLocaleString("en")} ${names[0]}`;
}

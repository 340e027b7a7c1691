/**
 * A call on its way: what is known of it grows stage by stage. Each stage says in its types what
 * it needs and what it adds, so an order that cannot work does not compile.
 */
import type { Principal, Standing, Use } from "@castellan/access";
import type { CallOutcome } from "@castellan/audit";
import type { Connection, Decision, Judge } from "@castellan/policy";
import type { Id, Slug } from "@castellan/kernel";
import type {
  Channel,
  Era,
  LegacyClient,
  LocalMethod,
  LogLevel,
  Message,
  MethodSpec,
  NotificationMessage,
  Protocol,
  ProtocolHeaders,
  RequestId,
  RequestMessage,
  ResponseMessage,
} from "@castellan/mcp";
import type { CatalogServer } from "./catalog/catalog.ts";
import type { Capability, Scope } from "./catalog/scope.ts";
import type { ChildFacts } from "./children/child-facts.ts";
import type { OwnPlace } from "./limits/call-limiter.ts";
import type { StateFacts } from "./request-state/request-states.ts";
import type { CallPorts } from "./stages/stage.ts";

/** A request as the HTTP face hands it over: identified, not yet read. */
export interface Received {
  readonly id: Id<"call">;
  readonly requestId: string;
  readonly receivedAtMs: number;
  /** Monotonic, for durations. */
  readonly startedMs: number;
  readonly address: string;
  /** How it reached us, as rules look at it; with the same address. */
  readonly connection: Connection;
  readonly portalSlug: string;
  /** The host name, of some portal's own, by which it came; undefined: by the server's. */
  readonly ownHost: string | undefined;
  /** What the query of the address holds under a name: how the caller wants to have the portal. */
  readonly option: (name: string) => readonly string[];
  /** The `Authorization` header, if any. It stays here: nothing passes it on. */
  readonly authorization: string | undefined;
  /** By which the caller is known where no header says it, or its token has run out. Of calls that code makes only. */
  readonly standing?: Standing | undefined;
  /** What is known of a call that code makes on behalf of another one. */
  readonly child?: ChildFacts | undefined;
  readonly protocolHeaders: ProtocolHeaders;
  readonly header: (name: string) => string | undefined;
  /** The `Mcp-Param-*` headers, names in lower case. */
  readonly paramHeaders: () => Readonly<Record<string, string>>;
  readonly readBody: () => Promise<Uint8Array>;
  /** Whether the caller takes an event stream. */
  readonly acceptsStream: boolean;
  /** Aborts when the answer is no longer wanted. */
  readonly cancel: AbortController;
  /** Aborts when this replica begins to stop: whoever waits for a person is to come again, to another. */
  readonly draining: AbortSignal;
  /** Sends a message to the caller ahead of the answer; false when it cannot reach the caller. A promise waits for room. */
  readonly relay: (text: string) => boolean | Promise<boolean>;
}

/** Which portal a request is for, and how the caller wants to have it. */
export type PortalAddress = Pick<Received, "portalSlug" | "ownHost" | "option">;

export interface Authenticated {
  readonly principal: Principal;
}

export interface Parsed {
  readonly message: Message;
  readonly bytesIn: number;
}

export interface Classified {
  readonly protocol: Protocol;
}

/** A message that has been read and understood, not yet aimed at anything. */
export type Admitted = Received & Authenticated & Parsed & Classified;

/** The portal that a message came to, and the caller's place there. */
export interface Entered {
  readonly portal: PortalView;
  /** Says what rules make of what this caller does from here. */
  readonly judge: Judge;
  /** The caller's session; modern calls have none, nor has `initialize`. */
  readonly session: CallerSession | undefined;
}

/** The call that is meant: a tool of the portal's own may stand for another one. */
export interface Unwrapped {
  readonly message: Message;
  /** The name of the tool that stood for it. */
  readonly via: string | undefined;
}

export interface Resolved extends Entered {
  readonly target: Target;
}

/** What a message is for. A notification or a response wants no answer. */
export type Target =
  | { readonly kind: "one-way" }
  | { readonly kind: "local"; readonly request: RequestMessage; readonly method: LocalMethod }
  | {
      readonly kind: "forward";
      readonly request: RequestMessage;
      readonly method: MethodSpec;
      readonly capability: Capability;
      /** `Mcp-Param-*` headers of a modern caller that the capability does not mark. */
      readonly otherHeaders?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "own-tool"; readonly request: RequestMessage; readonly tool: OwnTool }
  | { readonly kind: "own-resource"; readonly request: RequestMessage; readonly resource: OwnResource };

export type ForwardTarget = Extract<Target, { kind: "forward" }>;

/** A call of a tool of the portal's own, with its place among those under way (`CallLimiter.admitOwn`). */
export type OwnToolCall = Admitted & Entered & { readonly place: OwnPlace };

/** A tool of the portal's own. */
export interface OwnTool {
  readonly name: string;
  /** `ports`: those of the way that this call came, for the calls that it makes itself (`children/`) and what it asks (`asking/`). */
  call(call: OwnToolCall, request: RequestMessage, ports: CallPorts): Answer | Promise<Answer>;
  /**
   * The call that this one stands for; undefined where it stands for itself: what is wrong with it is then for
   * `call` to say.
   */
  unwrap?(request: RequestMessage): RequestMessage | undefined;
}

/** A resource of the portal's own: its URI is of a form that no server is asked for. */
export interface OwnResource {
  readonly uri: string;
  /** Undefined: there is none, for this caller. They are told what they are told of any URI that nobody has. */
  read(call: Admitted): Promise<Answer | undefined>;
}

export interface Authorized {
  /** What rules made of it: to allow, or to ask first. Undefined for what goes to no server. */
  readonly decision: Decision | undefined;
  /** Disposed of when the call has ended. */
  readonly hold: Disposable | undefined;
}

/** What a caller hears once, ahead of a call that would go through. */
export interface Announced {
  /** Where the caller answers to it: what is meant for the server. */
  readonly target?: Target;
  /** What the caller is asked first. The call ends with it here. */
  readonly answer?: Answer;
}

export interface Credentialed {
  /** Which round of a modern request this is; undefined for the first. */
  readonly round: StateFacts | undefined;
  /** Where the call waited: who the caller is by now, and what rules make of it. */
  readonly principal?: Principal;
  readonly decision?: Decision;
  /** Where it waited, or the caller answered a question of this house's: what is meant for the server as that is now. */
  readonly target?: Target;
  /** What the caller is asked first. The call ends with it here. */
  readonly answer?: Answer;
}

export interface Approved {
  /** The request for a person's decision by which the call goes through; undefined where none was needed, or holds from earlier. */
  readonly approved: ApprovedCall | undefined;
  /** Where the caller answered a question of this house's: what is meant for the server. */
  readonly target?: Target;
  /** What the caller is asked first. The call ends with it here. */
  readonly answer?: Answer;
}

/** A request for a decision that was used for this call, or waits. */
export interface ApprovedCall {
  readonly id: Id<"approval">;
  /** Of the request, once it was used: how many rounds of the call have gone by shows in it. */
  readonly version: number;
}

export interface Limited {
  /** Given back when the call has ended. */
  readonly slot: Disposable | undefined;
  /** The same, of a call of what is the portal's own. */
  readonly place?: OwnPlace | undefined;
}

export interface Dispatched {
  /** Absent for what wants no answer. */
  readonly answer: Answer | undefined;
}

/** The answer to a request: raw JSON of `result` or `error`. */
export interface Answer {
  readonly kind: "result" | "error";
  readonly text: string;
  readonly outcome: CallOutcome;
  readonly code?: string | undefined;
  readonly upstreamMs?: number | undefined;
  /** The linked account that the server was asked with. */
  readonly accountId?: Id<"account"> | undefined;
  /** Headers of the HTTP answer: a new session's id. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The HTTP status, where it is not 200. */
  readonly status?: number | undefined;
  /** Messages that follow for as long as the caller stays: a subscription. */
  readonly stream?: ((send: (text: string) => boolean | Promise<boolean>) => Promise<string>) | undefined;
  /** The session that this answer began. */
  readonly session?: CallerSession | undefined;
}

/** The portal that a call came to, as far as the way of a call needs to know it. */
export interface PortalView {
  readonly slug: Slug;
  /** Resolves soon, and never rejects: whoever looks again then sees more of it. */
  readonly pending?: Promise<void> | undefined;
  /** What the caller may use of it, whether their credential was given that or not, and whatever rules say of here and now. */
  scope(era: Era): Scope;
  /** The part of that which its lists show: without what rules hold back. */
  listed(era: Era): Scope;
  /** Whether the caller's credential lets them do this. */
  isGranted(use: Use): boolean;
  /** Whether its lists show callers which arguments are to travel as headers as well (2026-07-28, SEP-2243). */
  readonly showsHeaderMarks: boolean;
  /** Throws `session_unknown`. */
  session(id: string, principal: Principal): CallerSession | Promise<CallerSession>;
  /** The portal's own tool of this name. */
  ownTool(name: string): OwnTool | undefined;
  /** The portal's own resource, where the URI is of such a form. Whether it is there, its `read` says. */
  ownResource?(uri: string): OwnResource | undefined;
  /** Tells a person of servers that are new to them, once; with an answer the call ends there. Undefined at once where nothing is to be told. */
  announce?(call: Admitted & Entered, target: ForwardTarget): Promise<Answer | undefined> | undefined;
  /** Answers what the portal knows itself. */
  answer(call: Admitted, target: LocalTarget): Answer | Promise<Answer>;
  /** Takes a notification or a response. */
  receive(call: Admitted, session: CallerSession | undefined): void | Promise<void>;
}

export interface LocalTarget {
  readonly request: RequestMessage;
  readonly method: LocalMethod;
  readonly session: CallerSession | undefined;
}

/** The session of a legacy caller. */
export interface CallerSession {
  readonly id: Id<"session">;
  readonly client: LegacyClient;
  readonly clientName: string | undefined;
  readonly clientVersion: string | undefined;
  /** As the client set it (`logging/setLevel`). */
  readonly logLevel: LogLevel | undefined;
  /** The session's own line to a legacy server, opened when first asked for. */
  channel(server: CatalogServer, signal: AbortSignal): Promise<Channel>;
  /** Gives a question an id of the session's own; its text is then to be sent to the client. */
  ask(question: ClientQuestion): AskedQuestion;
  /** Lets the request be cancelled by its id until it is disposed of. Throws `request_id_in_use`. */
  begin(id: RequestId, cancel: AbortController): Disposable;
}

/** What a server wants to know of a legacy client: elicitation, sampling, roots. */
export interface ClientQuestion {
  readonly method: string;
  /** Raw JSON of `params`. */
  readonly params: string | undefined;
  /** The client's answer, under the session's id. Called once, or never. */
  onAnswer(answer: ResponseMessage): void | Promise<void>;
  /** The client reports progress on its answer, under the token of the question's `_meta`. */
  onProgress?(notification: NotificationMessage): void | Promise<void>;
  /** The session ended, or gave the question up: no answer will come. */
  onGone?(): void;
}

/** Disposing of it forgets it: an answer that comes later goes nowhere. */
export interface AskedQuestion extends Disposable {
  readonly id: string;
  /** The request for the client: a whole message. */
  readonly text: string;
}

/** What the API's operations take and answer. Written by `npm run docs` from the API's document; not by hand. */

export interface Call {
  readonly id: string;
  readonly startedAt: string;
  readonly durationMs: number;
  /** The server's part of `durationMs`; absent when no server was asked */
  readonly upstreamMs?: number | undefined;
  readonly portal?: string | undefined;
  readonly server?: string | undefined;
  readonly era: "legacy" | "modern" | null;
  readonly method: string;
  readonly target?: string | undefined;
  readonly principal: {
    readonly kind: string;
    readonly id: string;
    readonly name: string;
  };
  readonly client: {
    readonly name?: string | undefined;
    readonly version?: string | undefined;
    readonly address?: string | undefined;
  };
  readonly outcome: "ok" | "tool_error" | "error" | "refused" | "cancelled";
  readonly stage?: string | undefined;
  readonly code?: string | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly requestId: string;
  readonly replica: string;
  readonly sessionId?: string | undefined;
  readonly traceId?: string | undefined;
  readonly parentCallId?: string | undefined;
  /** The portal's own tool through which the caller aimed at the target: `portal_execute` */
  readonly via?: string | undefined;
  /** Its place in the chain of records */
  readonly chain: number;
  readonly seq: number;
}

export interface CatalogServer {
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  /** `ready`: read at the last attempt. `stale`: what an earlier one found. `error`, `waiting`: never read yet */
  readonly status: "waiting" | "ready" | "stale" | "error";
  /** Where the caller reaches it, by slug; the URL leads to this server alone */
  readonly portals: readonly {
    readonly slug: string;
    readonly title: string;
    readonly url: string;
    readonly counts: {
      readonly tools: number;
      readonly prompts: number;
      readonly resources: number;
      readonly resourceTemplates: number;
    };
  }[];
}

export interface ConfigurationDocument {
  readonly apiVersion: "castellan/v1";
  /** The file's own name: what it makes is managed by it */
  readonly name: string;
  readonly servers?:
    | Readonly<
        Record<
          string,
          {
            /** https, or http to an address in allowPrivate */
            readonly url: string;
            /** Absent: the slug */
            readonly title?: string | undefined;
            /** What it is for, in a sentence */
            readonly description?: string | undefined;
            /** How it is spoken to */
            readonly transport?: "auto" | "streamable-http" | "sse" | undefined;
            /** Headers that are sent with every request, each by where its secret is kept */
            readonly headers?:
              | Readonly<
                  Record<
                    string,
                    {
                      /** env:NAME, or file:PATH from the folder of the configuration file, seen from whoever applies it. The secret itself is never in the document. */
                      readonly secretRef: string;
                      /** What stands before the secret: "Bearer " */
                      readonly prefix?: string | undefined;
                    }
                  >
                >
              | undefined;
            /** Hosts, host:port, addresses or CIDRs that it may be at although they are not public */
            readonly allowPrivate?: readonly string[] | undefined;
            /** What it may want of clients */
            readonly clientFeatures?:
              | readonly ("elicitation_form" | "elicitation_url" | "sampling" | "roots")[]
              | undefined;
            /** Hosts that its pages may reach, each a host, host:port, or *.example.com for all hosts below it */
            readonly uiHosts?: readonly string[] | undefined;
            /** Kinds whose new and changed definitions need no person's approval */
            readonly autoAccept?:
              | readonly ("tool" | "prompt" | "resource" | "resource_template" | "instructions")[]
              | undefined;
            /** What is absent is not limited */
            readonly limits?:
              | {
                  readonly callsPerMinute?: number | undefined;
                  readonly concurrency?: number | undefined;
                  readonly timeoutSeconds?: number | undefined;
                  readonly perPerson?:
                    | {
                        readonly callsPerMinute?: number | undefined;
                        readonly concurrency?: number | undefined;
                      }
                    | undefined;
                  readonly tools?:
                    | Readonly<
                        Record<
                          string,
                          {
                            readonly callsPerMinute?: number | undefined;
                            readonly concurrency?: number | undefined;
                            readonly timeoutSeconds?: number | undefined;
                            readonly perPerson?:
                              | {
                                  readonly callsPerMinute?: number | undefined;
                                  readonly concurrency?: number | undefined;
                                }
                              | undefined;
                          }
                        >
                      >
                    | undefined;
                }
              | undefined;
            /** How often its lists are read; absent: as the process is set */
            readonly syncIntervalSeconds?: number | undefined;
            /** Exactly these are approved; without this field approvals are left alone */
            readonly approvals?:
              | {
                  readonly tools?:
                    | Readonly<
                        Record<
                          string,
                          {
                            /** Of the definition, as it is shown where definitions are listed; any other is not meant */
                            readonly fingerprint: string;
                            /** What the tool may do; absent: as its annotations say */
                            readonly class?: "read" | "write" | "destructive" | undefined;
                          }
                        >
                      >
                    | undefined;
                  readonly prompts?:
                    | Readonly<
                        Record<
                          string,
                          {
                            /** Of the definition, as it is shown where definitions are listed; any other is not meant */
                            readonly fingerprint: string;
                          }
                        >
                      >
                    | undefined;
                  readonly resources?:
                    | Readonly<
                        Record<
                          string,
                          {
                            /** Of the definition, as it is shown where definitions are listed; any other is not meant */
                            readonly fingerprint: string;
                          }
                        >
                      >
                    | undefined;
                  readonly resourceTemplates?:
                    | Readonly<
                        Record<
                          string,
                          {
                            /** Of the definition, as it is shown where definitions are listed; any other is not meant */
                            readonly fingerprint: string;
                          }
                        >
                      >
                    | undefined;
                  readonly instructions?:
                    | Readonly<
                        Record<
                          string,
                          {
                            /** Of the definition, as it is shown where definitions are listed; any other is not meant */
                            readonly fingerprint: string;
                          }
                        >
                      >
                    | undefined;
                }
              | undefined;
            /** Exactly these are rejected, by fingerprint; without this field rejections are left alone */
            readonly rejections?:
              | {
                  readonly tools?: Readonly<Record<string, string>> | undefined;
                  readonly prompts?: Readonly<Record<string, string>> | undefined;
                  readonly resources?: Readonly<Record<string, string>> | undefined;
                  readonly resourceTemplates?: Readonly<Record<string, string>> | undefined;
                  readonly instructions?: Readonly<Record<string, string>> | undefined;
                }
              | undefined;
          }
        >
      >
    | undefined;
  readonly portals?:
    | Readonly<
        Record<
          string,
          {
            /** Absent: the slug */
            readonly title?: string | undefined;
            readonly naming?: "prefixed" | "plain" | undefined;
            /** Told to models ahead of what its servers say */
            readonly instructions?: string | undefined;
            /** A host name of its own, at which it is /mcp */
            readonly hostname?: string | undefined;
            /** Kinds whose new and changed definitions need no person's approval */
            readonly autoAccept?:
              | readonly ("tool" | "prompt" | "resource" | "resource_template" | "instructions")[]
              | undefined;
            /** Whether the registry names it to callers that nobody knows */
            readonly isListed?: boolean | undefined;
            /** In the order in which their tools are listed */
            readonly servers?:
              | readonly (
                  | string
                  | {
                      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
                      readonly server: string;
                      /** all: on unless switched off. allowlist: off unless switched on */
                      readonly mode?: "all" | "allowlist" | undefined;
                      readonly tools?:
                        | Readonly<
                            Record<
                              string,
                              {
                                readonly enabled?: boolean | undefined;
                                readonly description?: string | undefined;
                                /** 1 to 40 characters: letters and digits, with single hyphens or underscores between them */
                                readonly alias?: string | undefined;
                              }
                            >
                          >
                        | undefined;
                      readonly prompts?:
                        | Readonly<
                            Record<
                              string,
                              {
                                readonly enabled?: boolean | undefined;
                                readonly description?: string | undefined;
                                /** 1 to 40 characters: letters and digits, with single hyphens or underscores between them */
                                readonly alias?: string | undefined;
                              }
                            >
                          >
                        | undefined;
                      readonly resources?:
                        | Readonly<
                            Record<
                              string,
                              {
                                readonly enabled?: boolean | undefined;
                                readonly description?: string | undefined;
                              }
                            >
                          >
                        | undefined;
                      readonly resourceTemplates?:
                        | Readonly<
                            Record<
                              string,
                              {
                                readonly enabled?: boolean | undefined;
                                readonly description?: string | undefined;
                              }
                            >
                          >
                        | undefined;
                    }
                )[]
              | undefined;
          }
        >
      >
    | undefined;
}

export interface DetailedServer {
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  readonly url: string;
  readonly transport: "auto" | "streamable-http" | "sse";
  readonly headerNames: readonly string[];
  readonly headerRefs: Readonly<
    Record<
      string,
      {
        readonly secretRef: string;
        readonly prefix?: string | undefined;
      }
    >
  >;
  readonly allowPrivate: readonly string[];
  readonly clientFeatures: readonly ("elicitation_form" | "elicitation_url" | "sampling" | "roots")[];
  readonly uiHosts: readonly string[];
  readonly autoAccept: readonly ("tool" | "prompt" | "resource" | "resource_template" | "instructions")[];
  /** What is absent is not limited */
  readonly limits: {
    readonly callsPerMinute?: number | undefined;
    readonly concurrency?: number | undefined;
    readonly timeoutSeconds?: number | undefined;
    readonly perPerson?:
      | {
          readonly callsPerMinute?: number | undefined;
          readonly concurrency?: number | undefined;
        }
      | undefined;
    readonly tools?:
      | Readonly<
          Record<
            string,
            {
              readonly callsPerMinute?: number | undefined;
              readonly concurrency?: number | undefined;
              readonly timeoutSeconds?: number | undefined;
              readonly perPerson?:
                | {
                    readonly callsPerMinute?: number | undefined;
                    readonly concurrency?: number | undefined;
                  }
                | undefined;
            }
          >
        >
      | undefined;
  };
  /** Tools in `limits` that the server does not list: it renamed them, took them back, or was not read yet */
  readonly unmatchedLimits: readonly string[];
  readonly syncIntervalSeconds?: number | undefined;
  readonly managedBy?: string | undefined;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly state: ServerState;
  /** How many of each kind it offers to portals */
  readonly counts: {
    readonly tools: number;
    readonly prompts: number;
    readonly resources: number;
    readonly resourceTemplates: number;
  };
  readonly definitions: {
    /** Of all of them together; absent as long as they are not known here */
    readonly fingerprint?: string | undefined;
    readonly approved: number;
    readonly accepted: number;
    readonly new: number;
    readonly changed: number;
    readonly rejected: number;
  };
  /** What it offers to portals, in its own names */
  readonly offered: {
    readonly tools: readonly string[];
    readonly prompts: readonly string[];
    readonly resources: readonly string[];
    readonly resourceTemplates: readonly string[];
  };
}

export interface MadeToken {
  readonly id: string;
  readonly name: string;
  readonly role: "admin" | "member";
  readonly portals: readonly string[];
  readonly createdAt: string;
  /** A token's id, or the name of a part of the system */
  readonly createdBy: string;
  readonly expiresAt?: string | undefined;
  readonly revokedAt?: string | undefined;
  /** Exact to about a minute */
  readonly lastUsedAt?: string | undefined;
  readonly secret: string;
}

export interface Portal {
  readonly slug: string;
  readonly title: string;
  readonly naming: "prefixed" | "plain";
  readonly instructions: string;
  readonly hostname?: string | undefined;
  readonly autoAccept: readonly ("tool" | "prompt" | "resource" | "resource_template" | "instructions")[];
  readonly isListed: boolean;
  /** In the order in which their tools are listed */
  readonly servers: readonly PortalServer[];
  /** Where it speaks MCP, below the public URL */
  readonly paths: readonly string[];
  /** The name of the configuration file that made it; absent: made by hand */
  readonly managedBy?: string | undefined;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface PortalServer {
  readonly server: string;
  readonly mode: "all" | "allowlist";
  readonly tools: Readonly<
    Record<
      string,
      {
        readonly enabled?: boolean | undefined;
        readonly alias?: string | undefined;
        readonly description?: string | undefined;
      }
    >
  >;
  readonly prompts: Readonly<
    Record<
      string,
      {
        readonly enabled?: boolean | undefined;
        readonly alias?: string | undefined;
        readonly description?: string | undefined;
      }
    >
  >;
  readonly resources: Readonly<
    Record<
      string,
      {
        readonly enabled?: boolean | undefined;
        readonly alias?: string | undefined;
        readonly description?: string | undefined;
      }
    >
  >;
  readonly resourceTemplates: Readonly<
    Record<
      string,
      {
        readonly enabled?: boolean | undefined;
        readonly alias?: string | undefined;
        readonly description?: string | undefined;
      }
    >
  >;
  /** Entries whose names the server does not list: it renamed them, took them back, or was not read yet */
  readonly unmatched: readonly {
    readonly kind: "tool" | "prompt" | "resource" | "resource_template" | "instructions";
    readonly name: string;
  }[];
}

export interface PortalTool {
  readonly server: string;
  readonly name: string;
  readonly publicName?: string | undefined;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly class: "read" | "write" | "destructive";
  readonly review: "approved" | "accepted" | "new" | "changed" | "rejected";
  readonly state: "on" | "off" | "waiting";
  readonly reason?:
    | "waiting"
    | "switched_off"
    | "not_switched_on"
    | "name_of_another"
    | "headers_unsound"
    | undefined;
  readonly eras: readonly ("legacy" | "modern")[];
}

export interface ReviewSummary {
  readonly fingerprint: string;
  readonly counts: {
    readonly approved: number;
    readonly accepted: number;
    readonly new: number;
    readonly changed: number;
    readonly rejected: number;
    readonly removed: number;
  };
}

export interface Server {
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  readonly url: string;
  readonly transport: "auto" | "streamable-http" | "sse";
  readonly headerNames: readonly string[];
  readonly headerRefs: Readonly<
    Record<
      string,
      {
        readonly secretRef: string;
        readonly prefix?: string | undefined;
      }
    >
  >;
  readonly allowPrivate: readonly string[];
  readonly clientFeatures: readonly ("elicitation_form" | "elicitation_url" | "sampling" | "roots")[];
  readonly uiHosts: readonly string[];
  readonly autoAccept: readonly ("tool" | "prompt" | "resource" | "resource_template" | "instructions")[];
  /** What is absent is not limited */
  readonly limits: {
    readonly callsPerMinute?: number | undefined;
    readonly concurrency?: number | undefined;
    readonly timeoutSeconds?: number | undefined;
    readonly perPerson?:
      | {
          readonly callsPerMinute?: number | undefined;
          readonly concurrency?: number | undefined;
        }
      | undefined;
    readonly tools?:
      | Readonly<
          Record<
            string,
            {
              readonly callsPerMinute?: number | undefined;
              readonly concurrency?: number | undefined;
              readonly timeoutSeconds?: number | undefined;
              readonly perPerson?:
                | {
                    readonly callsPerMinute?: number | undefined;
                    readonly concurrency?: number | undefined;
                  }
                | undefined;
            }
          >
        >
      | undefined;
  };
  /** Tools in `limits` that the server does not list: it renamed them, took them back, or was not read yet */
  readonly unmatchedLimits: readonly string[];
  readonly syncIntervalSeconds?: number | undefined;
  readonly managedBy?: string | undefined;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly state: ServerState;
  /** How many of each kind it offers to portals */
  readonly counts: {
    readonly tools: number;
    readonly prompts: number;
    readonly resources: number;
    readonly resourceTemplates: number;
  };
  readonly definitions: {
    /** Of all of them together; absent as long as they are not known here */
    readonly fingerprint?: string | undefined;
    readonly approved: number;
    readonly accepted: number;
    readonly new: number;
    readonly changed: number;
    readonly rejected: number;
  };
}

export interface ServerDefinition {
  readonly kind: "tool" | "prompt" | "resource" | "resource_template" | "instructions";
  /** What the server calls it: a name, a URI, or a URI template; of instructions the era that they are told in */
  readonly name: string;
  /** What portals with prefixed names call it */
  readonly publicName?: string | undefined;
  readonly review: "approved" | "accepted" | "new" | "changed" | "rejected" | "removed";
  /** What a decision on it has to name */
  readonly fingerprint: string;
  /** What it may do: as approved, or as it would be when approved without naming a class */
  readonly class?: "read" | "write" | "destructive" | undefined;
  /** As its annotations say */
  readonly proposedClass?: "read" | "write" | "destructive" | undefined;
  /** What a new one was called before, as far as can be told */
  readonly renamedFrom?: string | undefined;
  /** Tools of other servers that could be taken for this one */
  readonly shadows: readonly {
    readonly server: string;
    readonly name: string;
  }[];
  readonly changes: readonly {
    readonly path: string;
    readonly before?: string | undefined;
    readonly after?: string | undefined;
  }[];
  readonly changeCount: number;
  /** The same line by line */
  readonly difference?: string | undefined;
  /** As it is listed; of one that is not, as it was approved, if that is known */
  readonly definition?: unknown | undefined;
  readonly decidedAt?: string | undefined;
  /** A token's id; `auto-accept` where a setting did, `upgrade` where it was in use before there were reviews */
  readonly decidedBy?: string | undefined;
  /** What the token in `decidedBy` is called */
  readonly decidedByName?: string | undefined;
}

export interface ServerImport {
  /** A server.json, or what a registry answers for one: `{server, _meta}` */
  readonly document: Readonly<Record<string, unknown>>;
  /** Which of its `remotes`; if absent, the first with Streamable HTTP, else the first */
  readonly remote?: number | undefined;
  /** For the names in braces in the URL and the headers of the remote */
  readonly variables?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** If absent, made of the name in the document */
  readonly slug?: string | undefined;
  /** How often its lists are read */
  readonly syncIntervalSeconds?: number | undefined;
  readonly title?: string | undefined;
  /** What it is for, in a sentence */
  readonly description?: string | undefined;
  /** How it is spoken to. `auto` finds out, at the URL or at `/mcp` or `/sse` below it */
  readonly transport?: "auto" | "streamable-http" | "sse" | undefined;
  /** Hosts, `host:port`, addresses or CIDRs that this server may be at although they are not public */
  readonly allowPrivate?: readonly string[] | undefined;
  readonly clientFeatures?:
    | readonly ("elicitation_form" | "elicitation_url" | "sampling" | "roots")[]
    | undefined;
  readonly uiHosts?: readonly string[] | undefined;
  /** Kinds whose new and changed definitions take effect without a person's approval */
  readonly autoAccept?:
    | readonly ("tool" | "prompt" | "resource" | "resource_template" | "instructions")[]
    | undefined;
  /** What is absent is not limited */
  readonly limits?:
    | {
        readonly callsPerMinute?: number | undefined;
        readonly concurrency?: number | undefined;
        readonly timeoutSeconds?: number | undefined;
        readonly perPerson?:
          | {
              readonly callsPerMinute?: number | undefined;
              readonly concurrency?: number | undefined;
            }
          | undefined;
        readonly tools?:
          | Readonly<
              Record<
                string,
                {
                  readonly callsPerMinute?: number | undefined;
                  readonly concurrency?: number | undefined;
                  readonly timeoutSeconds?: number | undefined;
                  readonly perPerson?:
                    | {
                        readonly callsPerMinute?: number | undefined;
                        readonly concurrency?: number | undefined;
                      }
                    | undefined;
                }
              >
            >
          | undefined;
      }
    | undefined;
}

export interface ServerState {
  /** `needs_attention`: `attention` says what an admin has to do */
  readonly status: "ready" | "needs_attention" | "stale" | "error" | "waiting";
  readonly attention: readonly {
    readonly code: string;
    readonly message: string;
  }[];
  readonly attemptedAt?: string | undefined;
  readonly syncedAt?: string | undefined;
  readonly latencyMs?: number | undefined;
  readonly error?:
    | {
        readonly code: string;
        readonly message: string;
        /** The HTTP status that it answered with, and the code of its JSON-RPC error */
        readonly details?:
          | {
              readonly status?: number | undefined;
              readonly rpcCode?: number | undefined;
            }
          | undefined;
      }
    | undefined;
  /** Whether calls to it are refused at present, since the last ones that this replica made found nobody */
  readonly isCircuitOpen: boolean;
  readonly skipped: readonly string[];
  readonly eras: readonly ("legacy" | "modern")[];
  readonly legacyTransport?: string | undefined;
  /** Where below its URL it was found: `/mcp` or `/sse` */
  readonly foundBelow?: string | undefined;
}

export interface Status {
  readonly version: string;
  readonly replica: string;
  /** This replica's clock */
  readonly time: string;
  readonly database:
    | {
        readonly ok: true;
        readonly version: string;
        /** One query, there and back */
        readonly latencyMs: number;
        /** How far its clock is ahead of this replica's */
        readonly clockAheadMs: number;
      }
    | {
        readonly ok: false;
        readonly code: string;
      };
  readonly counts?:
    | {
        readonly servers: {
          readonly total: number;
          readonly waiting: number;
          readonly ready: number;
          readonly stale: number;
          readonly error: number;
        };
        readonly portals: number;
      }
    | undefined;
}

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly role: "admin" | "member";
  readonly portals: readonly string[];
  readonly createdAt: string;
  /** A token's id, or the name of a part of the system */
  readonly createdBy: string;
  readonly expiresAt?: string | undefined;
  readonly revokedAt?: string | undefined;
  /** Exact to about a minute */
  readonly lastUsedAt?: string | undefined;
}

export interface Verification {
  readonly intact: boolean;
  /** Chains that are in order */
  readonly chains: number;
  /** Records that are in order */
  readonly rows: number;
  /** The first broken place of each broken chain */
  readonly broken: readonly {
    readonly chain: number;
    readonly seq: number;
    readonly breakage: string;
  }[];
  /** Kept elsewhere, it shows later whether the whole record was put back */
  readonly lastHead?:
    | {
        readonly chain: number;
        readonly seq: number;
        readonly mac: string;
      }
    | undefined;
}

export interface ListServersAnswer {
  readonly items: readonly Server[];
  readonly nextCursor?: string | undefined;
}

export interface AddServerBody {
  /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
  readonly slug: string;
  /** https, or http to an address in `allowPrivate` */
  readonly url: string;
  readonly title?: string | undefined;
  /** What it is for, in a sentence */
  readonly description?: string | undefined;
  /** How it is spoken to. `auto` finds out, at the URL or at `/mcp` or `/sse` below it */
  readonly transport?: "auto" | "streamable-http" | "sse" | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly bearerToken?: string | undefined;
  /** Hosts, `host:port`, addresses or CIDRs that this server may be at although they are not public */
  readonly allowPrivate?: readonly string[] | undefined;
  readonly clientFeatures?:
    | readonly ("elicitation_form" | "elicitation_url" | "sampling" | "roots")[]
    | undefined;
  readonly uiHosts?: readonly string[] | undefined;
  /** Kinds whose new and changed definitions take effect without a person's approval */
  readonly autoAccept?:
    | readonly ("tool" | "prompt" | "resource" | "resource_template" | "instructions")[]
    | undefined;
  /** What is absent is not limited */
  readonly limits?:
    | {
        readonly callsPerMinute?: number | undefined;
        readonly concurrency?: number | undefined;
        readonly timeoutSeconds?: number | undefined;
        readonly perPerson?:
          | {
              readonly callsPerMinute?: number | undefined;
              readonly concurrency?: number | undefined;
            }
          | undefined;
        readonly tools?:
          | Readonly<
              Record<
                string,
                {
                  readonly callsPerMinute?: number | undefined;
                  readonly concurrency?: number | undefined;
                  readonly timeoutSeconds?: number | undefined;
                  readonly perPerson?:
                    | {
                        readonly callsPerMinute?: number | undefined;
                        readonly concurrency?: number | undefined;
                      }
                    | undefined;
                }
              >
            >
          | undefined;
      }
    | undefined;
  /** How often its lists are read */
  readonly syncIntervalSeconds?: number | undefined;
}

export interface ChangeServerBody {
  readonly title?: string | undefined;
  /** What it is for, in a sentence */
  readonly description?: string | undefined;
  /** https, or http to an address in `allowPrivate` */
  readonly url?: string | undefined;
  /** How it is spoken to. `auto` finds out, at the URL or at `/mcp` or `/sse` below it */
  readonly transport?: "auto" | "streamable-http" | "sse" | undefined;
  /** Hosts, `host:port`, addresses or CIDRs that this server may be at although they are not public */
  readonly allowPrivate?: readonly string[] | undefined;
  readonly clientFeatures?:
    | readonly ("elicitation_form" | "elicitation_url" | "sampling" | "roots")[]
    | undefined;
  readonly uiHosts?: readonly string[] | undefined;
  /** Kinds whose new and changed definitions take effect without a person's approval */
  readonly autoAccept?:
    | readonly ("tool" | "prompt" | "resource" | "resource_template" | "instructions")[]
    | undefined;
  /** What is absent is not limited */
  readonly limits?:
    | {
        readonly callsPerMinute?: number | undefined;
        readonly concurrency?: number | undefined;
        readonly timeoutSeconds?: number | undefined;
        readonly perPerson?:
          | {
              readonly callsPerMinute?: number | undefined;
              readonly concurrency?: number | undefined;
            }
          | undefined;
        readonly tools?:
          | Readonly<
              Record<
                string,
                {
                  readonly callsPerMinute?: number | undefined;
                  readonly concurrency?: number | undefined;
                  readonly timeoutSeconds?: number | undefined;
                  readonly perPerson?:
                    | {
                        readonly callsPerMinute?: number | undefined;
                        readonly concurrency?: number | undefined;
                      }
                    | undefined;
                }
              >
            >
          | undefined;
      }
    | undefined;
  readonly headers?: Readonly<Record<string, string | null>> | undefined;
  readonly bearerToken?: string | null | undefined;
  readonly syncIntervalSeconds?: number | null | undefined;
}

export interface ListDefinitionsAnswer {
  readonly items: readonly ServerDefinition[];
  readonly nextCursor?: string | undefined;
  readonly fingerprint: string;
  readonly counts: {
    readonly approved: number;
    readonly accepted: number;
    readonly new: number;
    readonly changed: number;
    readonly rejected: number;
    readonly removed: number;
  };
}

export interface ApproveDefinitionsBody {
  readonly all?: true | undefined;
  readonly fingerprint?: string | undefined;
  readonly definitions?:
    | readonly {
        readonly kind: "tool" | "prompt" | "resource" | "resource_template" | "instructions";
        readonly name: string;
        readonly fingerprint: string;
        readonly class?: "read" | "write" | "destructive" | undefined;
      }[]
    | undefined;
}

export interface RejectDefinitionsBody {
  readonly all?: true | undefined;
  readonly fingerprint?: string | undefined;
  readonly definitions?:
    | readonly {
        readonly kind: "tool" | "prompt" | "resource" | "resource_template" | "instructions";
        readonly name: string;
        readonly fingerprint: string;
      }[]
    | undefined;
}

export interface ListCatalogAnswer {
  readonly items: readonly CatalogServer[];
  readonly nextCursor?: string | undefined;
}

export interface ListPortalsAnswer {
  readonly items: readonly Portal[];
  readonly nextCursor?: string | undefined;
}

export interface AddPortalBody {
  /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
  readonly slug: string;
  readonly title?: string | undefined;
  /** How tools and prompts are called. `prefixed`: `{server}_{name}`; `plain`: as the server calls them, where no two call theirs the same */
  readonly naming?: "prefixed" | "plain" | undefined;
  /** Told to models ahead of what its servers say */
  readonly instructions?: string | undefined;
  /** A host name of its own, at which it is `/mcp` */
  readonly hostname?: string | undefined;
  /** Kinds that it offers although nobody has approved them */
  readonly autoAccept?:
    | readonly ("tool" | "prompt" | "resource" | "resource_template" | "instructions")[]
    | undefined;
  /** Whether the registry names it to callers that nobody knows */
  readonly isListed?: boolean | undefined;
  readonly servers?:
    | readonly (
        | string
        | {
            /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
            readonly server: string;
            /** `all`: on unless switched off. `allowlist`: off unless switched on */
            readonly mode?: "all" | "allowlist" | undefined;
            readonly tools?:
              | Readonly<
                  Record<
                    string,
                    {
                      readonly enabled?: boolean | undefined;
                      /** Takes the place of the server's description */
                      readonly description?: string | undefined;
                      /** Takes the place of the server's name in the public name. 1 to 40 characters: letters and digits, with single hyphens or underscores between them */
                      readonly alias?: string | undefined;
                    }
                  >
                >
              | undefined;
            readonly prompts?:
              | Readonly<
                  Record<
                    string,
                    {
                      readonly enabled?: boolean | undefined;
                      /** Takes the place of the server's description */
                      readonly description?: string | undefined;
                      /** Takes the place of the server's name in the public name. 1 to 40 characters: letters and digits, with single hyphens or underscores between them */
                      readonly alias?: string | undefined;
                    }
                  >
                >
              | undefined;
            readonly resources?:
              | Readonly<
                  Record<
                    string,
                    {
                      readonly enabled?: boolean | undefined;
                      /** Takes the place of the server's description */
                      readonly description?: string | undefined;
                    }
                  >
                >
              | undefined;
            readonly resourceTemplates?:
              | Readonly<
                  Record<
                    string,
                    {
                      readonly enabled?: boolean | undefined;
                      /** Takes the place of the server's description */
                      readonly description?: string | undefined;
                    }
                  >
                >
              | undefined;
          }
      )[]
    | undefined;
}

export interface ChangePortalBody {
  readonly title?: string | undefined;
  /** How tools and prompts are called. `prefixed`: `{server}_{name}`; `plain`: as the server calls them, where no two call theirs the same */
  readonly naming?: "prefixed" | "plain" | undefined;
  /** Told to models ahead of what its servers say */
  readonly instructions?: string | undefined;
  /** Kinds that it offers although nobody has approved them */
  readonly autoAccept?:
    | readonly ("tool" | "prompt" | "resource" | "resource_template" | "instructions")[]
    | undefined;
  /** Whether the registry names it to callers that nobody knows */
  readonly isListed?: boolean | undefined;
  readonly hostname?: string | null | undefined;
  readonly servers?: readonly string[] | undefined;
}

export interface ListPortalToolsAnswer {
  readonly items: readonly PortalTool[];
  readonly nextCursor?: string | undefined;
}

export interface AddPortalServerBody {
  /** `all`: on unless switched off. `allowlist`: off unless switched on */
  readonly mode?: "all" | "allowlist" | undefined;
  readonly tools?:
    | Readonly<
        Record<
          string,
          {
            readonly enabled?: boolean | undefined;
            /** Takes the place of the server's description */
            readonly description?: string | undefined;
            /** Takes the place of the server's name in the public name. 1 to 40 characters: letters and digits, with single hyphens or underscores between them */
            readonly alias?: string | undefined;
          }
        >
      >
    | undefined;
  readonly prompts?:
    | Readonly<
        Record<
          string,
          {
            readonly enabled?: boolean | undefined;
            /** Takes the place of the server's description */
            readonly description?: string | undefined;
            /** Takes the place of the server's name in the public name. 1 to 40 characters: letters and digits, with single hyphens or underscores between them */
            readonly alias?: string | undefined;
          }
        >
      >
    | undefined;
  readonly resources?:
    | Readonly<
        Record<
          string,
          {
            readonly enabled?: boolean | undefined;
            /** Takes the place of the server's description */
            readonly description?: string | undefined;
          }
        >
      >
    | undefined;
  readonly resourceTemplates?:
    | Readonly<
        Record<
          string,
          {
            readonly enabled?: boolean | undefined;
            /** Takes the place of the server's description */
            readonly description?: string | undefined;
          }
        >
      >
    | undefined;
}

export interface ChangePortalServerBody {
  readonly mode?: "all" | "allowlist" | null | undefined;
  readonly tools?:
    | Readonly<
        Record<
          string,
          {
            readonly enabled?: boolean | null | undefined;
            readonly description?: string | null | undefined;
            readonly alias?: string | null | undefined;
          } | null
        >
      >
    | null
    | undefined;
  readonly prompts?:
    | Readonly<
        Record<
          string,
          {
            readonly enabled?: boolean | null | undefined;
            readonly description?: string | null | undefined;
            readonly alias?: string | null | undefined;
          } | null
        >
      >
    | null
    | undefined;
  readonly resources?:
    | Readonly<
        Record<
          string,
          {
            readonly enabled?: boolean | null | undefined;
            readonly description?: string | null | undefined;
          } | null
        >
      >
    | null
    | undefined;
  readonly resourceTemplates?:
    | Readonly<
        Record<
          string,
          {
            readonly enabled?: boolean | null | undefined;
            readonly description?: string | null | undefined;
          } | null
        >
      >
    | null
    | undefined;
}

export interface PlanConfigurationBody {
  readonly document: ConfigurationDocument;
  /** By the references in the document: `env:TOKEN`. One that is absent is kept, if it is stored from the same place */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** Remove what the same file made and no longer names */
  readonly prune?: boolean | undefined;
  /** Take over what people or other files made */
  readonly adopt?: boolean | undefined;
}

export interface PlanConfigurationAnswer {
  readonly changes: readonly {
    readonly kind: "server" | "portal";
    readonly slug: string;
    readonly action: "create" | "update" | "remove";
    readonly fields: readonly {
      /** Below the resource: `limits.concurrency` */
      readonly path: string;
      readonly before?: unknown | undefined;
      readonly after?: unknown | undefined;
      /** A secret is another one; it is not told */
      readonly secret?: "changed" | undefined;
    }[];
  }[];
  /** Of what was looked at: given to an application, it holds it to this plan */
  readonly basis: string;
}

export interface ApplyConfigurationBody {
  readonly document: ConfigurationDocument;
  /** By the references in the document: `env:TOKEN`. One that is absent is kept, if it is stored from the same place */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** Remove what the same file made and no longer names */
  readonly prune?: boolean | undefined;
  /** Take over what people or other files made */
  readonly adopt?: boolean | undefined;
  /** Of a plan: nothing is done if it has moved since */
  readonly basis?: string | undefined;
}

export interface ApplyConfigurationAnswer {
  readonly changes: readonly {
    readonly kind: "server" | "portal";
    readonly slug: string;
    readonly action: "create" | "update" | "remove";
    readonly fields: readonly {
      /** Below the resource: `limits.concurrency` */
      readonly path: string;
      readonly before?: unknown | undefined;
      readonly after?: unknown | undefined;
      /** A secret is another one; it is not told */
      readonly secret?: "changed" | undefined;
    }[];
  }[];
  /** Servers whose lists are being read */
  readonly syncing: readonly string[];
}

/** A document as the JSON schema describes it, without secrets and without what is as by default */
export type ExportConfigurationAnswer = Readonly<Record<string, unknown>>;

export type GetConfigurationSchemaAnswer = Readonly<Record<string, unknown>>;

export interface ListTokensAnswer {
  readonly items: readonly Token[];
  readonly nextCursor?: string | undefined;
}

export interface AddTokenBody {
  /** Unique among the living tokens */
  readonly name: string;
  readonly role: "admin" | "member";
  /** The portals that it may use; none means none, for an admin too */
  readonly portals: readonly string[];
  /** Absent: it does not expire */
  readonly expiresAt?: string | undefined;
}

export interface ListCallsAnswer {
  readonly items: readonly Call[];
  readonly nextCursor?: string | undefined;
}

/** By `operationId`. */
export interface Operations {
  /** Show what is running and whether it is well. */
  readonly getStatus: {
    readonly answer: Status;
  };
  /** List the registered servers by slug. */
  readonly listServers: {
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          readonly status?: "ready" | "needs_attention" | "stale" | "error" | "waiting" | undefined;
          /** Text in slug, title, description or URL */
          readonly q?: string | undefined;
          /** Servers of this portal only */
          readonly portal?: string | undefined;
        }
      | undefined;
    readonly answer: ListServersAnswer;
  };
  /** Register a server and read what it offers. */
  readonly addServer: {
    readonly body: AddServerBody;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: DetailedServer;
  };
  /** Show a server and what it offers. */
  readonly getServer: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly answer: DetailedServer;
  };
  /** Change a server; read it again if it is reached in another way now. */
  readonly changeServer: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly body: ChangeServerBody;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: DetailedServer;
  };
  /** Remove a server, with its credentials and from its portals. */
  readonly removeServer: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: undefined;
  };
  /** Read again what a server offers. */
  readonly syncServer: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly answer: DetailedServer;
  };
  /** List what a server offers, and what was decided about it, by kind and name. */
  readonly listDefinitions: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          /** Those in this state; `waiting`: new or changed */
          readonly review?:
            | "approved"
            | "accepted"
            | "new"
            | "changed"
            | "rejected"
            | "removed"
            | "waiting"
            | undefined;
          readonly kind?: "tool" | "prompt" | "resource" | "resource_template" | "instructions" | undefined;
          /** Text anywhere in the definition */
          readonly q?: string | undefined;
        }
      | undefined;
    readonly answer: ListDefinitionsAnswer;
  };
  /** Approve definitions of a server as they were looked at. */
  readonly approveDefinitions: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly body: ApproveDefinitionsBody;
    readonly answer: ReviewSummary;
  };
  /** Reject definitions of a server as they were looked at. */
  readonly rejectDefinitions: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly body: RejectDefinitionsBody;
    readonly answer: ReviewSummary;
  };
  /** Register the server that a server.json describes, and read what it offers. */
  readonly importServer: {
    readonly body: ServerImport;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: DetailedServer;
  };
  /** List the servers that the caller may use, and where. */
  readonly listCatalog: {
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          /** A part of the slug, the title or the description, in any case */
          readonly q?: string | undefined;
          /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
          readonly portal?: string | undefined;
        }
      | undefined;
    readonly answer: ListCatalogAnswer;
  };
  /** List the portals by slug. */
  readonly listPortals: {
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          /** Text in slug or title */
          readonly q?: string | undefined;
          /** Portals that offer this server */
          readonly server?: string | undefined;
        }
      | undefined;
    readonly answer: ListPortalsAnswer;
  };
  /** Make a portal. */
  readonly addPortal: {
    readonly body: AddPortalBody;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: Portal;
  };
  /** Show a portal. */
  readonly getPortal: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly answer: Portal;
  };
  /** Change a portal, or the choice and order of its servers. */
  readonly changePortal: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly body: ChangePortalBody;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: Portal;
  };
  /** Remove a portal; its servers stay registered. */
  readonly removePortal: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: undefined;
  };
  /** List the tools of a portal's servers by server and name, and whether callers get them. */
  readonly listPortalTools: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          /** Text in a name, title or description */
          readonly q?: string | undefined;
          readonly state?: "on" | "off" | "waiting" | undefined;
        }
      | undefined;
    readonly answer: ListPortalToolsAnswer;
  };
  /** Offer a server in a portal, after those that are there, or say anew what of it is offered. */
  readonly addPortalServer: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly server: string;
    };
    readonly body?: AddPortalServerBody | undefined;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: Portal;
  };
  /** Switch what a server offers on or off in a portal, or call or describe it otherwise. */
  readonly changePortalServer: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly server: string;
    };
    readonly body: ChangePortalServerBody;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: Portal;
  };
  /** Take a server out of a portal; it stays registered. */
  readonly removePortalServer: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly server: string;
    };
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: Portal;
  };
  /** Show what a configuration document would change. */
  readonly planConfiguration: {
    readonly body: PlanConfigurationBody;
    readonly answer: PlanConfigurationAnswer;
  };
  /** Make servers and portals what a configuration document says. */
  readonly applyConfiguration: {
    readonly body: ApplyConfigurationBody;
    readonly answer: ApplyConfigurationAnswer;
  };
  /** Describe all servers and portals as a configuration document. */
  readonly exportConfiguration: {
    readonly query?:
      | {
          /** The name that the document gets. Default: castellan */
          readonly name?: string | undefined;
        }
      | undefined;
    readonly answer: ExportConfigurationAnswer;
  };
  /** The JSON schema of configuration documents, for editors. */
  readonly getConfigurationSchema: {
    readonly answer: GetConfigurationSchemaAnswer;
  };
  /** List the tokens, newest first. */
  readonly listTokens: {
    readonly query?:
      | {
          /** `true`: also those that were revoked */
          readonly revoked?: "true" | "false" | undefined;
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
        }
      | undefined;
    readonly answer: ListTokensAnswer;
  };
  /** Make a token; this answer is the only place where its secret is shown. */
  readonly addToken: {
    readonly body: AddTokenBody;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: MadeToken;
  };
  /** Revoke a token for good. */
  readonly revokeToken: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: undefined;
  };
  /** List recorded calls, newest first; all filters must match. */
  readonly listCalls: {
    readonly query?:
      | {
          readonly id?: string | undefined;
          /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
          readonly portal?: string | undefined;
          /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
          readonly server?: string | undefined;
          /** Id of the token that was used */
          readonly principal?: string | undefined;
          readonly method?: string | undefined;
          /** Public tool or prompt name, or resource URI */
          readonly target?: string | undefined;
          readonly outcome?: "ok" | "tool_error" | "error" | "refused" | "cancelled" | undefined;
          /** Started at this time or later */
          readonly since?: string | undefined;
          /** Started before this time */
          readonly until?: string | undefined;
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
        }
      | undefined;
    readonly answer: ListCallsAnswer;
  };
  /** Recompute the chains of the record: was anything changed, removed or added?. */
  readonly verifyCalls: {
    readonly answer: Verification;
  };
}

export const operations: Readonly<
  Record<keyof Operations, { readonly method: string; readonly path: string }>
> = {
  getStatus: { method: "GET", path: "/status" },
  listServers: { method: "GET", path: "/servers" },
  addServer: { method: "POST", path: "/servers" },
  getServer: { method: "GET", path: "/servers/{slug}" },
  changeServer: { method: "PATCH", path: "/servers/{slug}" },
  removeServer: { method: "DELETE", path: "/servers/{slug}" },
  syncServer: { method: "POST", path: "/servers/{slug}/sync" },
  listDefinitions: { method: "GET", path: "/servers/{slug}/definitions" },
  approveDefinitions: { method: "POST", path: "/servers/{slug}/definitions/approve" },
  rejectDefinitions: { method: "POST", path: "/servers/{slug}/definitions/reject" },
  importServer: { method: "POST", path: "/server-imports" },
  listCatalog: { method: "GET", path: "/catalog" },
  listPortals: { method: "GET", path: "/portals" },
  addPortal: { method: "POST", path: "/portals" },
  getPortal: { method: "GET", path: "/portals/{slug}" },
  changePortal: { method: "PATCH", path: "/portals/{slug}" },
  removePortal: { method: "DELETE", path: "/portals/{slug}" },
  listPortalTools: { method: "GET", path: "/portals/{slug}/tools" },
  addPortalServer: { method: "PUT", path: "/portals/{slug}/servers/{server}" },
  changePortalServer: { method: "PATCH", path: "/portals/{slug}/servers/{server}" },
  removePortalServer: { method: "DELETE", path: "/portals/{slug}/servers/{server}" },
  planConfiguration: { method: "POST", path: "/config/plan" },
  applyConfiguration: { method: "POST", path: "/config/apply" },
  exportConfiguration: { method: "GET", path: "/config/export" },
  getConfigurationSchema: { method: "GET", path: "/config/schema" },
  listTokens: { method: "GET", path: "/tokens" },
  addToken: { method: "POST", path: "/tokens" },
  revokeToken: { method: "DELETE", path: "/tokens/{id}" },
  listCalls: { method: "GET", path: "/calls" },
  verifyCalls: { method: "GET", path: "/calls/verify" },
};

/** What the API's operations take and answer. Written by `npm run docs` from the API's document; not by hand. */

export interface AccessRule {
  /** everyone, public, group:{name}, or user:{e-mail address} */
  readonly who: string;
  /** What they may use; prompts and resources are `read` */
  readonly classes: readonly ("read" | "write" | "destructive")[];
  /** Servers of the portal that it is about; absent: all, later ones too */
  readonly servers?: readonly string[] | undefined;
  /** From then on it gives nothing, without anybody doing anything; absent: it does not end by itself */
  readonly until?: string | undefined;
}

export interface Account {
  /** Whose it is; `shared`: an admin signed in, for all */
  readonly owner: {
    readonly kind: "person" | "shared";
    readonly id?: string | undefined;
  };
  readonly id: string;
  readonly kind: "oauth" | "key";
  /** The authorization server that gave the tokens */
  readonly issuer?: string | undefined;
  /** What was granted, as far as is known */
  readonly scopes: readonly string[];
  /** Of a shared sign-in: what the server missed since, to be asked for with the next one */
  readonly wantedScopes: readonly string[];
  /** `needs_sign_in`: what it had was refused for good */
  readonly state: "linked" | "needs_sign_in";
  /** Why it needs a sign-in: the code of what was refused */
  readonly reason?: string | undefined;
  /** The last renewal that failed, though it may succeed later */
  readonly failure?:
    | {
        readonly code: string;
        readonly message: string;
        readonly at: string;
        /** How often in a row */
        readonly times: number;
      }
    | undefined;
  /** Whether it goes on without another sign-in */
  readonly isRenewable: boolean;
  /** When what it has ends; absent: nobody says */
  readonly expiresAt?: string | undefined;
  /** Who signed in: name or e-mail */
  readonly linkedBy: string;
  /** The client that set it off, as it calls itself */
  readonly linkedFrom?: string | undefined;
  readonly linkedAt: string;
  readonly refreshedAt?: string | undefined;
  /** Exact to about a minute */
  readonly usedAt?: string | undefined;
}

export interface Approval {
  readonly id: string;
  readonly kind: "call";
  readonly state: "pending" | "approved" | "used" | "rejected" | "withdrawn" | "expired";
  readonly asker: {
    readonly id: string;
    readonly kind: "user" | "service" | "public";
    readonly name: string;
    readonly email?: string | undefined;
    /** By which client, as people know it */
    readonly client?: string | undefined;
  };
  readonly subject: {
    readonly portal: string;
    readonly server: string;
    readonly method: string;
    /** The public name of what is called */
    readonly target: string;
    /** The server's own name of it */
    readonly name: string;
    readonly class: string;
    /** From where it was asked */
    readonly address: string;
    /** The run of code that asked first for the call (Code Mode); absent: the client did */
    readonly runId?: string | undefined;
  };
  readonly needs: readonly (
    | {
        readonly kind: "decision";
        /** The name of the rule that wants it */
        readonly rule: string;
        readonly deciders: {
          /** Whoever asked */
          readonly self?: boolean | undefined;
          readonly groups?: readonly string[] | undefined;
          /** E-mail addresses */
          readonly people?: readonly string[] | undefined;
        };
        /** For how long it holds for further calls of the tool; 0: for this one */
        readonly holdsSeconds: number;
        /** What was done; absent: it is open */
        readonly met?:
          | {
              readonly at: string;
              /** The id of the user */
              readonly by: string;
              readonly byName: string;
              /** The reason of a decision, or the purpose */
              readonly text?: string | undefined;
            }
          | undefined;
      }
    | {
        readonly kind: "proof";
        /** The name of the rule that wants it */
        readonly rule: string;
        readonly withinSeconds: number;
        /** Values of `amr`, one of which must be there */
        readonly methods?: readonly string[] | undefined;
        /** What was done; absent: it is open */
        readonly met?:
          | {
              readonly at: string;
              /** The id of the user */
              readonly by: string;
              readonly byName: string;
              /** The reason of a decision, or the purpose */
              readonly text?: string | undefined;
            }
          | undefined;
      }
    | {
        readonly kind: "purpose";
        /** The name of the rule that wants it */
        readonly rule: string;
        /** For how long it holds for further calls of the tool; 0: for this one */
        readonly holdsSeconds: number;
        /** What was done; absent: it is open */
        readonly met?:
          | {
              readonly at: string;
              /** The id of the user */
              readonly by: string;
              readonly byName: string;
              /** The reason of a decision, or the purpose */
              readonly text?: string | undefined;
            }
          | undefined;
      }
  )[];
  readonly rejection?:
    | {
        readonly by: string;
        readonly byName: string;
        readonly at: string;
        readonly reason: string;
      }
    | undefined;
  readonly askedAt: string;
  readonly expiresAt: string;
  readonly decidedAt?: string | undefined;
  readonly usedAt?: string | undefined;
  /** The page on which people look at it and decide */
  readonly url: string;
}

export interface ApprovalTerms {
  readonly deciders: {
    /** Whether whoever asks may decide. Default false: never */
    readonly self?: boolean | undefined;
    /** Groups of the company's people */
    readonly groups?: readonly string[] | undefined;
    /** E-mail addresses */
    readonly people?: readonly string[] | undefined;
  };
  /** How long it waits for a decision. Default one day */
  readonly expiresSeconds?: number | undefined;
  /** After how long those who may decide are told once more */
  readonly remindSeconds?: number | undefined;
  /** How long a yes holds for further calls of the tool by the same caller. Default 0 */
  readonly holdsSeconds?: number | undefined;
}

export interface AskedCall {
  /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
  readonly portal: string;
  /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
  readonly server: string;
  /** By the server's own name; absent: a prompt or resource */
  readonly tool?: string | undefined;
  /** Absent: the tool's; without a tool `read` */
  readonly class?: "read" | "write" | "destructive" | undefined;
  readonly method?: string | undefined;
  /** Absent: not known */
  readonly arguments?: Readonly<Record<string, unknown>> | undefined;
  /** When. Absent: now */
  readonly at?: string | undefined;
}

export interface AskedCaller {
  /** A person: their id, or their e-mail address */
  readonly user?: string | undefined;
  /** A program: the id of its service token */
  readonly serviceToken?: string | undefined;
  /** Whoever comes without a token */
  readonly public?: true | undefined;
  /** The client that calls for the person; alone: a client that calls for itself */
  readonly client?: string | undefined;
  /** By what the person signed in. This and what follows: absent, as they let the client in */
  readonly provider?: string | undefined;
  /** How they proved who they are */
  readonly amr?: readonly string[] | undefined;
  /** When they last did */
  readonly provedAt?: string | undefined;
  /** What their provider said of them */
  readonly claims?: Readonly<Record<string, string | number | boolean | readonly string[]>> | undefined;
}

export interface AskedConnection {
  readonly address?: string | undefined;
  /** Absent: that of the address */
  readonly country?: string | undefined;
  /** A client certificate that was checked */
  readonly certificate?:
    | {
        readonly commonName?: string | undefined;
      }
    | undefined;
  /** What evaluators say, by slug; absent: not known */
  readonly postures?: Readonly<Record<string, boolean>> | undefined;
}

/** What is absent does not matter; all that is there must fit */
export interface Attachment {
  readonly portals?: readonly string[] | undefined;
  readonly servers?: readonly string[] | undefined;
  readonly classes?: readonly ("read" | "write" | "destructive")[] | undefined;
  /** By the server's own names; `servers` must name that one server */
  readonly tools?: readonly string[] | undefined;
}

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
    readonly id?: string | undefined;
    readonly name?: string | undefined;
    readonly version?: string | undefined;
    readonly address?: string | undefined;
    /** Of the address, ISO 3166-1 alpha-2; absent: not known */
    readonly country?: string | undefined;
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
  /** The call on whose behalf it was made: one that runs code, or in the course of which a server asked something */
  readonly parentCallId?: string | undefined;
  /** The portal's own tool through which the caller aimed at the target: `portal_execute` */
  readonly via?: string | undefined;
  /** What the use may do: `read`, `write` or `destructive` */
  readonly class?: string | undefined;
  /** What the server calls the target, where callers know it by another name */
  readonly name?: string | undefined;
  /** What rules made of it, before anybody was asked; absent where none had anything to say */
  readonly policy?:
    | {
        readonly outcome: "allow" | "ask" | "deny";
        /** Names of the rules that said so; none: no rule allows it */
        readonly rules: readonly string[];
      }
    | undefined;
  /** The linked account that it was made with at the server: that of a person, or the shared one */
  readonly accountId?: string | undefined;
  /** The request for a person's decision by which it went through, or waits */
  readonly approvalId?: string | undefined;
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

export interface ClaimNames {
  /** What it never gives to anybody else; the claim's name, or a path into it: `realm_access.roles` */
  readonly subject?: string | undefined;
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  /** Absent: it says nothing of groups */
  readonly groups?: string | undefined;
}

export interface ClaimNamesChange {
  /** By another claim everybody is somebody new */
  readonly subject?: string | undefined;
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly groups?: string | null | undefined;
}

export interface ConfigurationDocument {
  readonly apiVersion: "castellan/v1";
  /** The file's own name: what it makes is managed by it */
  readonly name: string;
  /** By directory and name */
  readonly groups?:
    | {
        readonly workforce?:
          | Readonly<
              Record<
                string,
                {
                  readonly description?: string | undefined;
                }
              >
            >
          | undefined;
        readonly customers?:
          | Readonly<
              Record<
                string,
                {
                  readonly description?: string | undefined;
                }
              >
            >
          | undefined;
      }
    | undefined;
  /** Identity providers that people sign in with */
  readonly providers?:
    | Readonly<
        Record<
          string,
          {
            /** On its button. Absent: the slug */
            readonly title?: string | undefined;
            /** As it calls itself, to the letter; it stays */
            readonly issuer: string;
            /** What Castellan is called there */
            readonly clientId: string;
            /** Where its secret is kept. Absent: Castellan is a public client there */
            readonly clientSecret?:
              | {
                  /** env:NAME, or file:PATH from the folder of the configuration file, seen from whoever applies it. The secret itself is never in the document. */
                  readonly secretRef: string;
                }
              | undefined;
            /** Asked for beside openid */
            readonly scopes?: readonly string[] | undefined;
            /** Where its people are; it stays */
            readonly directory?: "workforce" | "customers" | undefined;
            /** Each a claim's name, or a path into it: realm_access.roles */
            readonly claims?:
              | {
                  /** What it never gives to anybody else */
                  readonly subject?: string | undefined;
                  readonly email?: string | undefined;
                  readonly name?: string | undefined;
                  /** Absent: it says nothing of groups */
                  readonly groups?: string | undefined;
                }
              | undefined;
            /** What it calls a group, and what that is called here. Absent: all are taken as they are */
            readonly groupMap?: Readonly<Record<string, string>> | undefined;
            /** Put before the names of groups that groupMap does not give */
            readonly groupPrefix?: string | undefined;
            /** Domains of e-mail addresses that let people in; none: all */
            readonly allowedDomains?: readonly string[] | undefined;
            readonly requiresVerifiedEmail?: boolean | undefined;
            /** Claims that are kept of people at each sign-in, for rules to look at */
            readonly keptClaims?: readonly string[] | undefined;
            /** Whether somebody whom nobody knows becomes a person here */
            readonly createsUsers?: boolean | undefined;
            /** Whether somebody is whoever has their address here already */
            readonly linksByEmail?: boolean | undefined;
            /** Hosts, host:port, addresses or CIDRs that it may be at although they are not public */
            readonly allowPrivate?: readonly string[] | undefined;
            readonly isEnabled?: boolean | undefined;
          }
        >
      >
    | undefined;
  /** Authorization servers whose tokens portals take, where they name them */
  readonly trustedIssuers?:
    | Readonly<
        Record<
          string,
          {
            /** Absent: the slug */
            readonly title?: string | undefined;
            /** As it calls itself, to the letter; it stays */
            readonly issuer: string;
            /** What aud of its tokens must hold */
            readonly audience: string;
            /** Where its keys are; absent: where its metadata say */
            readonly jwksUri?: string | undefined;
            /** Signatures that its tokens may have */
            readonly algorithms?:
              | readonly (
                  | "RS256"
                  | "RS384"
                  | "RS512"
                  | "PS256"
                  | "PS384"
                  | "PS512"
                  | "ES256"
                  | "ES384"
                  | "ES512"
                  | "EdDSA"
                  | "Ed25519"
                )[]
              | undefined;
            /** The claim with scopes of Castellan. Absent: a token lets its holder do whatever the person may */
            readonly scopesClaim?: string | undefined;
            /** Where its people are; it stays */
            readonly directory?: "workforce" | "customers" | undefined;
            /** Each a claim's name, or a path into it: realm_access.roles */
            readonly claims?:
              | {
                  /** What it never gives to anybody else */
                  readonly subject?: string | undefined;
                  readonly email?: string | undefined;
                  readonly name?: string | undefined;
                  /** Absent: it says nothing of groups */
                  readonly groups?: string | undefined;
                }
              | undefined;
            /** What it calls a group, and what that is called here. Absent: all are taken as they are */
            readonly groupMap?: Readonly<Record<string, string>> | undefined;
            /** Put before the names of groups that groupMap does not give */
            readonly groupPrefix?: string | undefined;
            /** Domains of e-mail addresses that let people in; none: all */
            readonly allowedDomains?: readonly string[] | undefined;
            readonly requiresVerifiedEmail?: boolean | undefined;
            /** Claims that are kept of people at each sign-in, for rules to look at */
            readonly keptClaims?: readonly string[] | undefined;
            /** Whether somebody whom nobody knows becomes a person here */
            readonly createsUsers?: boolean | undefined;
            /** Whether somebody is whoever has their address here already */
            readonly linksByEmail?: boolean | undefined;
            /** Hosts, host:port, addresses or CIDRs that it may be at although they are not public */
            readonly allowPrivate?: readonly string[] | undefined;
            readonly isEnabled?: boolean | undefined;
          }
        >
      >
    | undefined;
  readonly servers?:
    | Readonly<
        Record<
          string,
          {
            /** https, or http to an address in allowPrivate. Of an API: what the paths of its document follow on */
            readonly url: string;
            /** The server is an API that this document describes (OpenAPI 3.0 or 3.1) */
            readonly openapi?:
              | {
                  /** Where it is fetched, daily */
                  readonly url?: string | undefined;
                  /** Its path from the folder of the configuration file: whoever applies it reads it */
                  readonly file?: string | undefined;
                  /** Its text, JSON or YAML */
                  readonly document?: string | undefined;
                  /** tools: one for each operation. code: two, which take code over the document */
                  readonly face?: "tools" | "code" | undefined;
                }
              | undefined;
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
            /** How requests to it are authorized, besides the headers */
            readonly auth?:
              | {
                  readonly kind: "auto";
                }
              | {
                  readonly kind: "none";
                }
              | {
                  readonly kind: "bearer";
                }
              | {
                  readonly kind: "basic";
                  readonly username: string;
                }
              | {
                  readonly kind: "client_credentials";
                  /** The authorization server; absent: the first that the server names */
                  readonly issuer?: string | undefined;
                  /** A client that was registered there by hand; absent: this installation introduces itself */
                  readonly client?:
                    | {
                        readonly id: string;
                        readonly authMethod?:
                          | "client_secret_basic"
                          | "client_secret_post"
                          | "private_key_jwt"
                          | "none"
                          | undefined;
                      }
                    | undefined;
                  /** Instead of those that the server asks for */
                  readonly scopes?: readonly string[] | undefined;
                  /** Whether `resource` is sent (RFC 8707) */
                  readonly resource?: "send" | "omit" | undefined;
                  /** For authorization servers without metadata */
                  readonly endpoints?:
                    | {
                        readonly authorization?: string | undefined;
                        readonly token: string;
                        readonly revocation?: string | undefined;
                      }
                    | undefined;
                }
              | {
                  readonly kind: "shared_account";
                  /** The authorization server; absent: the first that the server names */
                  readonly issuer?: string | undefined;
                  /** A client that was registered there by hand; absent: this installation introduces itself */
                  readonly client?:
                    | {
                        readonly id: string;
                        readonly authMethod?:
                          | "client_secret_basic"
                          | "client_secret_post"
                          | "private_key_jwt"
                          | "none"
                          | undefined;
                      }
                    | undefined;
                  /** Instead of those that the server asks for */
                  readonly scopes?: readonly string[] | undefined;
                  /** Whether `resource` is sent (RFC 8707) */
                  readonly resource?: "send" | "omit" | undefined;
                  /** For authorization servers without metadata */
                  readonly endpoints?:
                    | {
                        readonly authorization?: string | undefined;
                        readonly token: string;
                        readonly revocation?: string | undefined;
                      }
                    | undefined;
                }
              | {
                  readonly kind: "own_account";
                  readonly programs?: "refused" | "shared" | undefined;
                  /** The authorization server; absent: the first that the server names */
                  readonly issuer?: string | undefined;
                  /** A client that was registered there by hand; absent: this installation introduces itself */
                  readonly client?:
                    | {
                        readonly id: string;
                        readonly authMethod?:
                          | "client_secret_basic"
                          | "client_secret_post"
                          | "private_key_jwt"
                          | "none"
                          | undefined;
                      }
                    | undefined;
                  /** Instead of those that the server asks for */
                  readonly scopes?: readonly string[] | undefined;
                  /** Whether `resource` is sent (RFC 8707) */
                  readonly resource?: "send" | "omit" | undefined;
                  /** For authorization servers without metadata */
                  readonly endpoints?:
                    | {
                        readonly authorization?: string | undefined;
                        readonly token: string;
                        readonly revocation?: string | undefined;
                      }
                    | undefined;
                }
              | {
                  readonly kind: "own_key";
                  /** In lower case; absent: `authorization` */
                  readonly header?: string | undefined;
                  /** What stands before the key; absent: `Bearer ` with `authorization`, else nothing */
                  readonly prefix?: string | undefined;
                  /** Where people get a key, told on the page: a sentence, or an https address */
                  readonly hint?: string | undefined;
                }
              | {
                  readonly kind: "identity";
                  readonly audience?: string | undefined;
                  /** Whether it says in which groups the person is */
                  readonly groups?: boolean | undefined;
                }
              | {
                  readonly kind: "token_exchange";
                  readonly audience?: string | undefined;
                  /** Whether it says in which groups the person is */
                  readonly groups?: boolean | undefined;
                  /** The authorization server; absent: the first that the server names */
                  readonly issuer?: string | undefined;
                  /** A client that was registered there by hand; absent: this installation introduces itself */
                  readonly client?:
                    | {
                        readonly id: string;
                        readonly authMethod?:
                          | "client_secret_basic"
                          | "client_secret_post"
                          | "private_key_jwt"
                          | "none"
                          | undefined;
                      }
                    | undefined;
                  /** Instead of those that the server asks for */
                  readonly scopes?: readonly string[] | undefined;
                  /** Whether `resource` is sent (RFC 8707) */
                  readonly resource?: "send" | "omit" | undefined;
                  /** For authorization servers without metadata */
                  readonly endpoints?:
                    | {
                        readonly authorization?: string | undefined;
                        readonly token: string;
                        readonly revocation?: string | undefined;
                      }
                    | undefined;
                }
              | {
                  readonly kind: "id_jag";
                  /** Whether it says in which groups the person is */
                  readonly groups?: boolean | undefined;
                  /** The authorization server; absent: the first that the server names */
                  readonly issuer?: string | undefined;
                  /** A client that was registered there by hand; absent: this installation introduces itself */
                  readonly client?:
                    | {
                        readonly id: string;
                        readonly authMethod?:
                          | "client_secret_basic"
                          | "client_secret_post"
                          | "private_key_jwt"
                          | "none"
                          | undefined;
                      }
                    | undefined;
                  /** Instead of those that the server asks for */
                  readonly scopes?: readonly string[] | undefined;
                  /** Whether `resource` is sent (RFC 8707) */
                  readonly resource?: "send" | "omit" | undefined;
                  /** For authorization servers without metadata */
                  readonly endpoints?:
                    | {
                        readonly authorization?: string | undefined;
                        readonly token: string;
                        readonly revocation?: string | undefined;
                      }
                    | undefined;
                }
              | undefined;
            /** Secrets of the auth, each by where it is kept */
            readonly authSecrets?:
              | {
                  readonly token?:
                    | {
                        /** env:NAME, or file:PATH from the folder of the configuration file, seen from whoever applies it. The secret itself is never in the document. */
                        readonly secretRef: string;
                      }
                    | undefined;
                  readonly password?:
                    | {
                        /** env:NAME, or file:PATH from the folder of the configuration file, seen from whoever applies it. The secret itself is never in the document. */
                        readonly secretRef: string;
                      }
                    | undefined;
                  readonly clientSecret?:
                    | {
                        /** env:NAME, or file:PATH from the folder of the configuration file, seen from whoever applies it. The secret itself is never in the document. */
                        readonly secretRef: string;
                      }
                    | undefined;
                  readonly privateKey?:
                    | {
                        /** env:NAME, or file:PATH from the folder of the configuration file, seen from whoever applies it. The secret itself is never in the document. */
                        readonly secretRef: string;
                      }
                    | undefined;
                }
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
            /** Whose people come in */
            readonly directory?: "workforce" | "customers" | undefined;
            /** Who may use what; nobody comes in without a rule that fits */
            readonly access?:
              | readonly {
                  /** everyone, public, group:{name}, or user:{e-mail address} */
                  readonly who: string;
                  /** What they may use; prompts and resources are read */
                  readonly classes: readonly ("read" | "write" | "destructive")[];
                  /** Servers of the portal that it is about; absent: all, later ones too */
                  readonly servers?: readonly string[] | undefined;
                  /** From then on it gives nothing; absent: it does not end by itself */
                  readonly until?: string | undefined;
                }[]
              | undefined;
            /** Whether nobody does more than read there, whatever rules and tokens say */
            readonly isReadOnly?: boolean | undefined;
            /** Code Mode: allowed to clients that ask for it, forced on all, or forbidden */
            readonly codeMode?: "allowed" | "forced" | "forbidden" | undefined;
            /** How much is done for those who come without a token */
            readonly publicLimits?:
              | {
                  readonly requestsPerMinute?: number | undefined;
                  readonly requestsPerMinutePerAddress?: number | undefined;
                }
              | undefined;
            /** Authorization servers whose tokens it takes beside those of this installation */
            readonly trustedIssuers?: readonly string[] | undefined;
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
  /** OAuth clients, by their ids */
  readonly clients?:
    | Readonly<
        Record<
          string,
          {
            /** What people see when it asks to be let in. Absent: its id */
            readonly name?: string | undefined;
            /** Its own site */
            readonly uri?: string | undefined;
            /** How it proves who it is; it stays. A secret is made by hand, and is in no file */
            readonly authMethod: "none" | "client_secret_basic" | "client_secret_post" | "private_key_jwt";
            readonly grantTypes?:
              | readonly ("authorization_code" | "refresh_token" | "client_credentials")[]
              | undefined;
            readonly redirectUris?: readonly string[] | undefined;
            /** What it may do for itself, with client_credentials */
            readonly scopes?: readonly string[] | undefined;
            /** Whether it may ask about tokens that are not its own (RFC 7662) */
            readonly mayIntrospect?: boolean | undefined;
            /** Its public keys, for private_key_jwt */
            readonly jwks?:
              | {
                  readonly keys: readonly Readonly<Record<string, unknown>>[];
                }
              | undefined;
            /** Where its public keys are */
            readonly jwksUri?: string | undefined;
          }
        >
      >
    | undefined;
  /** External evaluations of devices and sessions, for rules to ask */
  readonly evaluators?:
    | Readonly<
        Record<
          string,
          {
            /** Absent: the slug */
            readonly title?: string | undefined;
            /** Where it is asked */
            readonly url: string;
            /** Where its public keys are (a JWK set) */
            readonly keysUrl: string;
            /** Hosts, host:port, addresses or CIDRs at which both may be although they are not public */
            readonly allowPrivate?: readonly string[] | undefined;
            /** How long it may take to answer */
            readonly timeoutMs?: number | undefined;
            /** For how long an answer holds; 0: for that request */
            readonly cacheSeconds?: number | undefined;
          }
        >
      >
    | undefined;
  /** Where programs are told of things */
  readonly webhooks?:
    | Readonly<
        Record<
          string,
          {
            /** Where it is told: https, or http to an address in allowPrivate */
            readonly url: string;
            /** What it wants to hear of; none: everything */
            readonly kinds?:
              | readonly ("approval.asked" | "approval.reminder" | "approval.decided" | "credential.failed")[]
              | undefined;
            /** Hosts, host:port, addresses or CIDRs that it may be at although they are not public */
            readonly allowPrivate?: readonly string[] | undefined;
            readonly isEnabled?: boolean | undefined;
          }
        >
      >
    | undefined;
  /** Rules of what each may do, by name */
  readonly policies?:
    | Readonly<
        Record<
          string,
          {
            readonly action: "allow" | "block" | "require_approval";
            readonly description?: string | undefined;
            readonly at?: Attachment | undefined;
            /** One of these must fit */
            readonly include: readonly Selector[];
            /** All of these must fit */
            readonly require?: readonly Selector[] | undefined;
            /** None of these may fit */
            readonly exclude?: readonly Selector[] | undefined;
            readonly stepUp?: StepUp | undefined;
            readonly purpose?: Purpose | undefined;
            readonly approval?: ApprovalTerms | undefined;
            /** It holds from then on */
            readonly startsAt?: string | undefined;
            /** It holds until then */
            readonly endsAt?: string | undefined;
            readonly isEnabled?: boolean | undefined;
          }
        >
      >
    | undefined;
}

export interface DetailedServer {
  readonly slug: string;
  /** `openapi`: an API, spoken to by its document */
  readonly kind: "mcp" | "openapi";
  readonly openapi?: ServerDocument | undefined;
  readonly title: string;
  readonly description: string;
  /** Of an API: what the paths of its document follow on. It stays what it is, whatever a newer document says */
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
  readonly auth: UpstreamAuth;
  /** Which secrets of the auth are set */
  readonly authSecretNames: readonly ("token" | "password" | "clientSecret" | "privateKey")[];
  readonly authRefs: Readonly<
    Record<
      string,
      {
        readonly secretRef: string;
      }
    >
  >;
  /** What to enter where a client is registered by hand at `auth.issuer` */
  readonly redirectUri?: string | undefined;
  /** What this installation calls itself there, if that authorization server reads such documents */
  readonly clientMetadataUrl?: string | undefined;
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
  /** Of an API: operations of the document that are no tools, each with the reason */
  readonly skippedOperations?: readonly string[] | undefined;
}

export interface Evaluator {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly url: string;
  readonly keysUrl: string;
  readonly allowPrivate: readonly string[];
  readonly timeoutMs: number;
  readonly cacheSeconds: number;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface EvaluatorChange {
  readonly title?: string | undefined;
  /** Where it is asked: a POST with a signed question */
  readonly url?: string | undefined;
  /** Where its public keys are (RFC 7517 §5); its answers are signed with one of them */
  readonly keysUrl?: string | undefined;
  /** Hosts, `host:port`, addresses or CIDRs that both may be at although they are not public */
  readonly allowPrivate?: readonly string[] | undefined;
  /** How long it may take to answer, in milliseconds; callers wait for it */
  readonly timeoutMs?: number | undefined;
  /** How long an answer holds for the same caller, client, address and certificate */
  readonly cacheSeconds?: number | undefined;
}

export interface Grant {
  readonly id: string;
  readonly userId: string;
  readonly clientId: string;
  /** What the client calls itself: nobody has checked it */
  readonly clientName: string;
  /** Absent: the API */
  readonly portal?: string | undefined;
  readonly scopes: readonly string[];
  /** The sign-in session in which it was given */
  readonly signInId: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** Exact to about a minute */
  readonly lastUsedAt?: string | undefined;
  readonly endedAt?: string | undefined;
}

export interface Group {
  readonly id: string;
  readonly directory: "workforce" | "customers";
  readonly name: string;
  readonly description: string;
  /** How many people are in it */
  readonly members: number;
  /** Of name and description; who is in it does not change it */
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface GroupChange {
  /** Unique in the directory; upper and lower case differ */
  readonly name?: string | undefined;
  readonly description?: string | undefined;
}

export interface Invitation {
  readonly id: string;
  readonly userId: string;
  /** To be handed to the person, and to nobody else */
  readonly url: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}

export interface LinkRequest {
  readonly id: string;
  readonly server: string;
  readonly reason: "not_linked" | "needs_sign_in" | "scope";
  /** The page to open in a browser, signed in here as the same person */
  readonly url: string;
  readonly expiresAt: string;
}

export interface MadeClient {
  /** `cli_…`, or the URL of its description */
  readonly id: string;
  /** `registered` by an admin, `dynamic` by itself (RFC 7591), or described in a `document` at the URL that is its id. What the last two say of themselves is a stranger's word */
  readonly kind: "registered" | "dynamic" | "document";
  /** Empty: it says none */
  readonly name: string;
  readonly uri?: string | undefined;
  readonly redirectUris: readonly string[];
  readonly authMethod: "none" | "client_secret_basic" | "client_secret_post" | "private_key_jwt";
  readonly grantTypes: readonly ("authorization_code" | "refresh_token" | "client_credentials")[];
  /** What it may do for itself */
  readonly scopes: readonly string[];
  readonly mayIntrospect: boolean;
  readonly jwks?:
    | {
        readonly keys: readonly Readonly<Record<string, unknown>>[];
      }
    | undefined;
  readonly jwksUri?: string | undefined;
  /** Those that are good now: while it is being rotated, more than one */
  readonly secrets: readonly {
    readonly createdAt: string;
    readonly expiresAt?: string | undefined;
  }[];
  readonly version: number;
  readonly createdAt: string;
  /** Who registered it; absent: itself */
  readonly createdBy?: string | undefined;
  readonly updatedAt: string;
  /** When it last got a token, exact to about an hour */
  readonly lastUsedAt?: string | undefined;
  /** When its description was read */
  readonly readAt?: string | undefined;
  /** Shown here only; absent: it has none */
  readonly secret?: string | undefined;
}

export interface MadeToken {
  readonly id: string;
  readonly name: string;
  readonly role: "owner" | "admin" | "auditor" | "developer" | "member";
  /** The portals that it may enter */
  readonly portals: readonly string[];
  /** What it lets its holder do at portals */
  readonly scopes: readonly string[];
  readonly version: number;
  readonly createdAt: string;
  /** A person's or token's id, or the name of a part of the system */
  readonly createdBy: string;
  readonly expiresAt?: string | undefined;
  readonly revokedAt?: string | undefined;
  /** Exact to about a minute */
  readonly lastUsedAt?: string | undefined;
  readonly secret: string;
}

export interface MadeWebhook {
  /** `whk_…` */
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly kinds: readonly (
    | "approval.asked"
    | "approval.reminder"
    | "approval.decided"
    | "credential.failed"
  )[];
  readonly allowPrivate: readonly string[];
  readonly isEnabled: boolean;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** `whsec_…`, under which deliveries are signed (Standard Webhooks). Shown here only */
  readonly secret: string;
}

export interface Me {
  /** A person, or a program */
  readonly kind: "user" | "service";
  readonly id: string;
  readonly name: string;
  readonly role: "owner" | "admin" | "auditor" | "developer" | "member";
  /** What the role allows at this API */
  readonly permissions: readonly ("use" | "build" | "read" | "manage" | "own")[];
  readonly email?: string | undefined;
  readonly directory?: "workforce" | "customers" | undefined;
  readonly groups?: readonly string[] | undefined;
  /** What the token that was sent was given */
  readonly scopes?: readonly string[] | undefined;
  /** The portals at which you may do something, by slug */
  readonly portals: readonly {
    readonly slug: string;
    readonly title: string;
    readonly servers: readonly {
      readonly slug: string;
      /** What you may do there, and could allow a client to do */
      readonly classes: readonly ("read" | "write" | "destructive")[];
    }[];
  }[];
}

export interface Membership {
  readonly group: string;
  readonly user: string;
}

export interface MyAccount {
  /** The server's slug; absent: it is gone */
  readonly server?: string | undefined;
  readonly title: string;
  readonly id: string;
  readonly kind: "oauth" | "key";
  /** The authorization server that gave the tokens */
  readonly issuer?: string | undefined;
  /** What was granted, as far as is known */
  readonly scopes: readonly string[];
  /** Of a shared sign-in: what the server missed since, to be asked for with the next one */
  readonly wantedScopes: readonly string[];
  /** `needs_sign_in`: what it had was refused for good */
  readonly state: "linked" | "needs_sign_in";
  /** Why it needs a sign-in: the code of what was refused */
  readonly reason?: string | undefined;
  /** The last renewal that failed, though it may succeed later */
  readonly failure?:
    | {
        readonly code: string;
        readonly message: string;
        readonly at: string;
        /** How often in a row */
        readonly times: number;
      }
    | undefined;
  /** Whether it goes on without another sign-in */
  readonly isRenewable: boolean;
  /** When what it has ends; absent: nobody says */
  readonly expiresAt?: string | undefined;
  /** Who signed in: name or e-mail */
  readonly linkedBy: string;
  /** The client that set it off, as it calls itself */
  readonly linkedFrom?: string | undefined;
  readonly linkedAt: string;
  readonly refreshedAt?: string | undefined;
  /** Exact to about a minute */
  readonly usedAt?: string | undefined;
}

export interface NewEvaluator {
  /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
  readonly slug: string;
  readonly title?: string | undefined;
  /** Where it is asked: a POST with a signed question */
  readonly url: string;
  /** Where its public keys are (RFC 7517 §5); its answers are signed with one of them */
  readonly keysUrl: string;
  /** Hosts, `host:port`, addresses or CIDRs that both may be at although they are not public */
  readonly allowPrivate?: readonly string[] | undefined;
  /** How long it may take to answer, in milliseconds; callers wait for it */
  readonly timeoutMs?: number | undefined;
  /** How long an answer holds for the same caller, client, address and certificate */
  readonly cacheSeconds?: number | undefined;
}

export interface NewGroup {
  /** `workforce`: the company's own people; `customers`: those of its public products */
  readonly directory?: "workforce" | "customers" | undefined;
  /** Unique in the directory; upper and lower case differ */
  readonly name: string;
  readonly description?: string | undefined;
}

export interface NewInvitation {
  /** How long it is good for, if it is not used; from five minutes to seven days */
  readonly expiresInSeconds?: number | undefined;
}

export interface NewPolicy {
  /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
  readonly name: string;
  readonly action: "allow" | "block" | "require_approval";
  readonly description?: string | undefined;
  readonly at?: Attachment | undefined;
  /** One of these must fit */
  readonly include: readonly Selector[];
  /** All of these must fit */
  readonly require?: readonly Selector[] | undefined;
  /** None of these may fit */
  readonly exclude?: readonly Selector[] | undefined;
  readonly stepUp?: StepUp | undefined;
  readonly purpose?: Purpose | undefined;
  readonly approval?: ApprovalTerms | undefined;
  /** It holds from then on */
  readonly startsAt?: string | undefined;
  /** It holds until then */
  readonly endsAt?: string | undefined;
  readonly isEnabled?: boolean | undefined;
}

export interface NewProvider {
  /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
  readonly slug: string;
  /** On its button: Continue with … */
  readonly title?: string | undefined;
  /** Where its people are. It never changes */
  readonly directory?: "workforce" | "customers" | undefined;
  /** As it calls itself, to the letter. It never changes: elsewhere the same subject is somebody else */
  readonly issuer: string;
  /** What Castellan is called there */
  readonly clientId: string;
  /** Never shown again. Absent: Castellan is a public client there */
  readonly clientSecret?: string | undefined;
  /** Asked for beside `openid` */
  readonly scopes?: readonly string[] | undefined;
  readonly claims?: ClaimNames | undefined;
  /** What it calls a group → what that is called here; others are left out. Absent: all are taken */
  readonly groupMap?: Readonly<Record<string, string>> | undefined;
  /** Put before the names of groups that `groupMap` does not give */
  readonly groupPrefix?: string | undefined;
  /** Domains of e-mail addresses that let people in; none: all. With Google `hd` must be one, too */
  readonly allowedDomains?: readonly string[] | undefined;
  /** Whether an address counts only with `email_verified`. False: its admin gives the addresses */
  readonly requiresVerifiedEmail?: boolean | undefined;
  /** Claims that are kept of people at each sign-in, for rules to look at; each the claim's name, or a path into it: `realm_access.roles` */
  readonly keptClaims?: readonly string[] | undefined;
  /** Whether somebody whom nobody knows becomes a person here */
  readonly createsUsers?: boolean | undefined;
  /** Whether somebody is whoever has their address here already: then it can say that they are an owner */
  readonly linksByEmail?: boolean | undefined;
  /** Hosts, `host:port`, addresses or CIDRs that it may be at although they are not public */
  readonly allowPrivate?: readonly string[] | undefined;
  readonly isEnabled?: boolean | undefined;
}

export interface NewTrustedIssuer {
  /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
  readonly slug: string;
  readonly title?: string | undefined;
  /** As it calls itself, to the letter. It never changes: elsewhere the same subject is somebody else */
  readonly issuer: string;
  /** What `aud` of its tokens must hold */
  readonly audience: string;
  /** Where its keys are; absent: where its metadata say */
  readonly jwksUri?: string | undefined;
  /** Where its people are. It never changes */
  readonly directory?: "workforce" | "customers" | undefined;
  readonly claims?: ClaimNames | undefined;
  /** What it calls a group → what that is called here; others are left out. Absent: all are taken */
  readonly groupMap?: Readonly<Record<string, string>> | undefined;
  /** Put before the names of groups that `groupMap` does not give */
  readonly groupPrefix?: string | undefined;
  /** Domains of e-mail addresses that let people in; none: all. With Google `hd` must be one, too */
  readonly allowedDomains?: readonly string[] | undefined;
  /** Whether an address counts only with `email_verified`. False: its admin gives the addresses */
  readonly requiresVerifiedEmail?: boolean | undefined;
  /** Signatures that its tokens may have */
  readonly algorithms?:
    | readonly (
        | "RS256"
        | "RS384"
        | "RS512"
        | "PS256"
        | "PS384"
        | "PS512"
        | "ES256"
        | "ES384"
        | "ES512"
        | "EdDSA"
        | "Ed25519"
      )[]
    | undefined;
  /** Claims that are kept of people at each sign-in, for rules to look at; each the claim's name, or a path into it: `realm_access.roles` */
  readonly keptClaims?: readonly string[] | undefined;
  /** Whether somebody whom nobody knows becomes a person here */
  readonly createsUsers?: boolean | undefined;
  /** Whether somebody is whoever has their address here already: then it can say that they are an owner */
  readonly linksByEmail?: boolean | undefined;
  /** The claim with scopes of Castellan. Absent: a token lets its holder do whatever the person may. Given, a token without it may do nothing */
  readonly scopesClaim?: string | undefined;
  /** Hosts, `host:port`, addresses or CIDRs that it may be at although they are not public */
  readonly allowPrivate?: readonly string[] | undefined;
  readonly isEnabled?: boolean | undefined;
}

export interface NewUser {
  /** `workforce`: the company's own people; `customers`: those of its public products */
  readonly directory?: "workforce" | "customers" | undefined;
  /** Unique in the directory; kept in lower case */
  readonly email: string;
  readonly name: string;
  /** What they may do with the platform. Customers are members */
  readonly role?: "owner" | "admin" | "auditor" | "developer" | "member" | undefined;
  /** Names of the groups that an admin puts them into; what a provider says of them stays */
  readonly groups?: readonly string[] | undefined;
}

export interface NewWebhook {
  /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
  readonly name: string;
  /** Where it is told: https, or http to an address in `allowPrivate`. Redirects are not followed */
  readonly url: string;
  /** What it wants to hear of; none: everything */
  readonly kinds?:
    | readonly ("approval.asked" | "approval.reminder" | "approval.decided" | "credential.failed")[]
    | undefined;
  /** Hosts, `host:port`, addresses or CIDRs that it may be at although they are not public */
  readonly allowPrivate?: readonly string[] | undefined;
  readonly isEnabled?: boolean | undefined;
}

export interface Notice {
  /** `ntc_…`; what a webhook gets as `webhook-id` */
  readonly id: string;
  readonly kind: string;
  readonly channel: "email" | "webhook";
  /** An e-mail address, or the name of a webhook; its id once it is gone */
  readonly recipient: string;
  readonly state: "waiting" | "delivered" | "failed";
  readonly attempts: number;
  /** When it is tried next; absent: never */
  readonly nextAt?: string | undefined;
  /** What came of the last attempt; may hold what the other side said */
  readonly lastError?: string | undefined;
  readonly createdAt: string;
  readonly settledAt?: string | undefined;
}

export interface OAuthClient {
  /** `cli_…`, or the URL of its description */
  readonly id: string;
  /** `registered` by an admin, `dynamic` by itself (RFC 7591), or described in a `document` at the URL that is its id. What the last two say of themselves is a stranger's word */
  readonly kind: "registered" | "dynamic" | "document";
  /** Empty: it says none */
  readonly name: string;
  readonly uri?: string | undefined;
  readonly redirectUris: readonly string[];
  readonly authMethod: "none" | "client_secret_basic" | "client_secret_post" | "private_key_jwt";
  readonly grantTypes: readonly ("authorization_code" | "refresh_token" | "client_credentials")[];
  /** What it may do for itself */
  readonly scopes: readonly string[];
  readonly mayIntrospect: boolean;
  readonly jwks?:
    | {
        readonly keys: readonly Readonly<Record<string, unknown>>[];
      }
    | undefined;
  readonly jwksUri?: string | undefined;
  /** Those that are good now: while it is being rotated, more than one */
  readonly secrets: readonly {
    readonly createdAt: string;
    readonly expiresAt?: string | undefined;
  }[];
  readonly version: number;
  readonly createdAt: string;
  /** Who registered it; absent: itself */
  readonly createdBy?: string | undefined;
  readonly updatedAt: string;
  /** When it last got a token, exact to about an hour */
  readonly lastUsedAt?: string | undefined;
  /** When its description was read */
  readonly readAt?: string | undefined;
}

export interface OwnRun {
  readonly id: string;
  /** `running`; `paused`: it waits for people, or for its caller to come back; `completed`; `failed`; `expired`: nobody decided in time; `cancelled` */
  readonly state: "running" | "paused" | "completed" | "failed" | "expired" | "cancelled";
  /** Whether it explores what there is, or calls it */
  readonly tool: "search" | "execute";
  readonly portal: string;
  /** The API over which it runs; absent: over all tools of the portal */
  readonly server?: string | undefined;
  /** Where the connection holds these servers of the portal only */
  readonly servers?: readonly string[] | undefined;
  readonly caller: {
    readonly kind: "user" | "service" | "public";
    readonly id: string;
    readonly name: string;
    /** The OAuth client by which they came */
    readonly clientId?: string | undefined;
  };
  /** The recorded call that began it: the parent of those that it makes */
  readonly callId: string;
  readonly startedAt: string;
  readonly endedAt?: string | undefined;
  /** When it is given up, where it waits; else until when its result is kept */
  readonly expiresAt: string;
  readonly waits: readonly {
    readonly kind: "approval" | "link";
    readonly id: string;
    /** The page on which somebody sees to it */
    readonly url: string;
    readonly message: string;
    /** What is to be called */
    readonly tool: string;
  }[];
  /** The code of the failure that it ended with */
  readonly error?: string | undefined;
  /** Of what it returned */
  readonly resultBytes?: number | undefined;
  readonly use: {
    readonly wallMs: number;
    readonly cpuMs: number;
    /** How often it was run: once more after each time that it waited */
    readonly passes: number;
    readonly calls: number;
  };
  /** As it was sent */
  readonly code: string;
  /** Why it failed */
  readonly message?: string | undefined;
  /** What it called, in the order in which it did */
  readonly calls: readonly {
    /** The recorded call */
    readonly callId: string;
    readonly method: "tools/call" | "resources/read" | "prompts/get";
    /** Public name, or URI */
    readonly target: string;
    readonly class?: string | undefined;
    /** `asked`: nothing that changes anything has come of it; `intended`: under way, or nobody knows whether it was carried out; `waiting`: for a person, and not carried out */
    readonly state: "asked" | "intended" | "waiting" | "done";
    /** The code that it failed with */
    readonly error?: string | undefined;
    readonly durationMs?: number | undefined;
  }[];
  readonly logs: readonly {
    readonly level: string;
    readonly text: string;
  }[];
  /** What it returned, as JSON; absent: nothing, or it is not kept any more */
  readonly result?: string | undefined;
}

export interface Policy {
  readonly name: string;
  readonly action: "allow" | "block" | "require_approval";
  readonly description: string;
  readonly at: ShownAttachment;
  /** On which it decides */
  readonly level: "portal" | "server" | "use";
  readonly include: readonly ShownSelector[];
  readonly require: readonly ShownSelector[];
  readonly exclude: readonly ShownSelector[];
  readonly stepUp?: ShownStepUp | undefined;
  readonly purpose?: ShownPurpose | undefined;
  readonly approval?: ShownApprovalTerms | undefined;
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
  readonly isEnabled: boolean;
  /** What of it this release cannot apply, although it was saved. Nobody can tell whether that fits, which comes to the stricter outcome: mend it */
  readonly unusable?:
    | readonly {
        readonly field: string;
        readonly reason: string;
      }[]
    | undefined;
  /** The configuration file that made it */
  readonly managedBy?: string | undefined;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface PolicyExplanation {
  /** Whether the call goes through: it is granted, and no rule refuses it or wants something first */
  readonly isLetThrough: boolean;
  /** Whether the portal's access rules, or the program's scopes, give it at all; rules only take away */
  readonly isGranted: boolean;
  /** What the rules say; `ask`: it goes through once the demands are met */
  readonly outcome: "allow" | "ask" | "deny";
  readonly levels: readonly {
    readonly level: "portal" | "server" | "use";
    readonly outcome: "allow" | "ask" | "deny";
    readonly why: "blocked" | "asked" | "allowed" | "not_allowed" | "inherited";
    readonly rules: readonly string[];
  }[];
  readonly demands: readonly {
    readonly kind: "approval" | "step_up" | "purpose";
    readonly rule: string;
    readonly withinSeconds?: number | undefined;
    readonly methods?: readonly string[] | undefined;
    readonly deciders?:
      | {
          readonly self?: boolean | undefined;
          readonly groups?: readonly string[] | undefined;
          readonly people?: readonly string[] | undefined;
        }
      | undefined;
    readonly expiresSeconds?: number | undefined;
    readonly remindSeconds?: number | undefined;
    readonly holdsSeconds?: number | undefined;
  }[];
  /** Whether rules want a proof or a purpose of a caller who is no person: then the call is refused, whatever `outcome` says */
  readonly isForPeople: boolean;
  /** Each rule that is attached to where the call goes */
  readonly rules: readonly {
    readonly name: string;
    readonly action: "allow" | "block" | "require_approval";
    readonly level: "portal" | "server" | "use";
    readonly state: "in_force" | "disabled" | "not_yet" | "over";
    readonly fits: "no" | "unknown" | "yes";
    /** What it adds to the decision */
    readonly effect: "blocks" | "asks" | "allows" | "none";
    readonly selectors: readonly {
      readonly part: "include" | "require" | "exclude";
      readonly selector: ShownSelector;
      readonly fits: "no" | "unknown" | "yes";
      readonly words: string;
    }[];
  }[];
  /** How many rules are attached elsewhere */
  readonly elsewhere: number;
  /** Who and where it was asked about */
  readonly looksAt: {
    readonly kind: "user" | "service" | "public";
    readonly id: string;
    readonly name: string;
    readonly email?: string | undefined;
    readonly groups: readonly string[];
    readonly provider?: string | undefined;
    readonly amr: readonly string[];
    readonly clientId?: string | undefined;
    readonly address: string;
    readonly country: string;
    readonly class: "read" | "write" | "destructive";
  };
}

export interface PolicySimulation {
  /** How many calls were judged */
  readonly calls: number;
  /** Records beside them: calls that came to no server, or by callers who are no longer here */
  readonly skipped: number;
  /** Whether there are older records that were not looked at */
  readonly isCut: boolean;
  readonly before: {
    readonly allow: number;
    readonly ask: number;
    readonly deny: number;
  };
  readonly after: {
    readonly allow: number;
    readonly ask: number;
    readonly deny: number;
  };
  /** How many come out otherwise */
  readonly changed: number;
  /** How many hung on what is not recorded (arguments, certificates): taken as the stricter */
  readonly unsure: number;
  /** Whose calls of what come out otherwise, the most calls first */
  readonly groups: readonly {
    readonly caller: {
      readonly kind: "user" | "service" | "public";
      readonly id: string;
      readonly name: string;
    };
    readonly portal: string;
    readonly server: string;
    readonly tool?: string | undefined;
    readonly method: string;
    readonly before: "allow" | "ask" | "deny";
    readonly after: "allow" | "ask" | "deny";
    readonly rulesBefore: readonly string[];
    readonly rulesAfter: readonly string[];
    readonly calls: number;
    readonly unsure: number;
    readonly firstAt: string;
    readonly lastAt: string;
  }[];
  /** How many changed calls are in none of these groups */
  readonly notGrouped: number;
  /** What saving these rules would warn of */
  readonly warnings: readonly string[];
}

export interface Portal {
  readonly slug: string;
  readonly title: string;
  readonly naming: "prefixed" | "plain";
  readonly instructions: string;
  readonly hostname?: string | undefined;
  readonly autoAccept: readonly ("tool" | "prompt" | "resource" | "resource_template" | "instructions")[];
  readonly isListed: boolean;
  readonly directory: "workforce" | "customers";
  /** Who may use what; nobody comes in without a rule that fits */
  readonly access: readonly {
    readonly who: string;
    readonly classes: readonly ("read" | "write" | "destructive")[];
    /** Absent: all of the portal, later ones too */
    readonly servers?: readonly string[] | undefined;
    /** From then on it gives nothing; absent: it does not end by itself */
    readonly until?: string | undefined;
  }[];
  /** Whether nobody does more than read there */
  readonly isReadOnly: boolean;
  /** Whether clients may be in Code Mode, must be, or must not */
  readonly codeMode: "allowed" | "forced" | "forbidden";
  readonly publicLimits: {
    readonly requestsPerMinute: number;
    readonly requestsPerMinutePerAddress: number;
  };
  readonly trustedIssuers: readonly string[];
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

export interface Provider {
  readonly slug: string;
  readonly title: string;
  readonly directory: "workforce" | "customers";
  readonly issuer: string;
  readonly clientId: string;
  readonly hasClientSecret: boolean;
  readonly scopes: readonly string[];
  readonly claims: {
    readonly subject: string;
    readonly email: string;
    readonly name: string;
    readonly groups?: string | undefined;
  };
  readonly groupMap?: Readonly<Record<string, string>> | undefined;
  readonly groupPrefix: string;
  readonly allowedDomains: readonly string[];
  readonly requiresVerifiedEmail: boolean;
  readonly keptClaims: readonly string[];
  readonly createsUsers: boolean;
  readonly linksByEmail: boolean;
  readonly allowPrivate: readonly string[];
  readonly isEnabled: boolean;
  /** To be registered with it: where it sends people back to */
  readonly redirectUri: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ProviderChange {
  /** Put before the names of groups that `groupMap` does not give */
  readonly groupPrefix?: string | undefined;
  /** Domains of e-mail addresses that let people in; none: all. With Google `hd` must be one, too */
  readonly allowedDomains?: readonly string[] | undefined;
  /** Whether an address counts only with `email_verified`. False: its admin gives the addresses */
  readonly requiresVerifiedEmail?: boolean | undefined;
  /** Claims that are kept of people at each sign-in, for rules to look at; each the claim's name, or a path into it: `realm_access.roles` */
  readonly keptClaims?: readonly string[] | undefined;
  /** Whether somebody whom nobody knows becomes a person here */
  readonly createsUsers?: boolean | undefined;
  /** Whether somebody is whoever has their address here already: then it can say that they are an owner */
  readonly linksByEmail?: boolean | undefined;
  /** Hosts, `host:port`, addresses or CIDRs that it may be at although they are not public */
  readonly allowPrivate?: readonly string[] | undefined;
  readonly isEnabled?: boolean | undefined;
  /** On its button: Continue with … */
  readonly title?: string | undefined;
  /** What Castellan is called there */
  readonly clientId?: string | undefined;
  /** Asked for beside `openid` */
  readonly scopes?: readonly string[] | undefined;
  readonly claims?: ClaimNamesChange | undefined;
  readonly groupMap?: Readonly<Record<string, string>> | null | undefined;
  readonly clientSecret?: string | null | undefined;
}

export interface Purpose {
  /** How long it holds for further calls of the tool; 0: for that call */
  readonly holdsSeconds?: number | undefined;
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

export interface RotatedToken {
  readonly id: string;
  readonly name: string;
  readonly role: "owner" | "admin" | "auditor" | "developer" | "member";
  /** The portals that it may enter */
  readonly portals: readonly string[];
  /** What it lets its holder do at portals */
  readonly scopes: readonly string[];
  readonly version: number;
  readonly createdAt: string;
  /** A person's or token's id, or the name of a part of the system */
  readonly createdBy: string;
  readonly expiresAt?: string | undefined;
  readonly revokedAt?: string | undefined;
  /** Exact to about a minute */
  readonly lastUsedAt?: string | undefined;
  readonly secret: string;
  /** Until when the one before is good */
  readonly previousUntil?: string | undefined;
}

export interface Run {
  readonly id: string;
  /** `running`; `paused`: it waits for people, or for its caller to come back; `completed`; `failed`; `expired`: nobody decided in time; `cancelled` */
  readonly state: "running" | "paused" | "completed" | "failed" | "expired" | "cancelled";
  /** Whether it explores what there is, or calls it */
  readonly tool: "search" | "execute";
  readonly portal: string;
  /** The API over which it runs; absent: over all tools of the portal */
  readonly server?: string | undefined;
  /** Where the connection holds these servers of the portal only */
  readonly servers?: readonly string[] | undefined;
  readonly caller: {
    readonly kind: "user" | "service" | "public";
    readonly id: string;
    readonly name: string;
    /** The OAuth client by which they came */
    readonly clientId?: string | undefined;
  };
  /** The recorded call that began it: the parent of those that it makes */
  readonly callId: string;
  readonly startedAt: string;
  readonly endedAt?: string | undefined;
  /** When it is given up, where it waits; else until when its result is kept */
  readonly expiresAt: string;
  readonly waits: readonly {
    readonly kind: "approval" | "link";
    readonly id: string;
    /** The page on which somebody sees to it */
    readonly url: string;
    readonly message: string;
    /** What is to be called */
    readonly tool: string;
  }[];
  /** The code of the failure that it ended with */
  readonly error?: string | undefined;
  /** Of what it returned */
  readonly resultBytes?: number | undefined;
  readonly use: {
    readonly wallMs: number;
    readonly cpuMs: number;
    /** How often it was run: once more after each time that it waited */
    readonly passes: number;
    readonly calls: number;
  };
}

export interface SavedPolicy {
  readonly name: string;
  readonly action: "allow" | "block" | "require_approval";
  readonly description: string;
  readonly at: ShownAttachment;
  /** On which it decides */
  readonly level: "portal" | "server" | "use";
  readonly include: readonly ShownSelector[];
  readonly require: readonly ShownSelector[];
  readonly exclude: readonly ShownSelector[];
  readonly stepUp?: ShownStepUp | undefined;
  readonly purpose?: ShownPurpose | undefined;
  readonly approval?: ShownApprovalTerms | undefined;
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
  readonly isEnabled: boolean;
  /** What of it this release cannot apply, although it was saved. Nobody can tell whether that fits, which comes to the stricter outcome: mend it */
  readonly unusable?:
    | readonly {
        readonly field: string;
        readonly reason: string;
      }[]
    | undefined;
  /** The configuration file that made it */
  readonly managedBy?: string | undefined;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** What may be meant so, and may not: each with the field that it is about */
  readonly warnings: readonly string[];
}

export interface SeenApproval {
  readonly id: string;
  readonly kind: "call";
  readonly state: "pending" | "approved" | "used" | "rejected" | "withdrawn" | "expired";
  readonly asker: {
    readonly id: string;
    readonly kind: "user" | "service" | "public";
    readonly name: string;
    readonly email?: string | undefined;
    /** By which client, as people know it */
    readonly client?: string | undefined;
  };
  readonly subject: {
    readonly portal: string;
    readonly server: string;
    readonly method: string;
    /** The public name of what is called */
    readonly target: string;
    /** The server's own name of it */
    readonly name: string;
    readonly class: string;
    /** From where it was asked */
    readonly address: string;
    /** The run of code that asked first for the call (Code Mode); absent: the client did */
    readonly runId?: string | undefined;
  };
  readonly needs: readonly (
    | {
        readonly kind: "decision";
        /** The name of the rule that wants it */
        readonly rule: string;
        readonly deciders: {
          /** Whoever asked */
          readonly self?: boolean | undefined;
          readonly groups?: readonly string[] | undefined;
          /** E-mail addresses */
          readonly people?: readonly string[] | undefined;
        };
        /** For how long it holds for further calls of the tool; 0: for this one */
        readonly holdsSeconds: number;
        /** What was done; absent: it is open */
        readonly met?:
          | {
              readonly at: string;
              /** The id of the user */
              readonly by: string;
              readonly byName: string;
              /** The reason of a decision, or the purpose */
              readonly text?: string | undefined;
            }
          | undefined;
      }
    | {
        readonly kind: "proof";
        /** The name of the rule that wants it */
        readonly rule: string;
        readonly withinSeconds: number;
        /** Values of `amr`, one of which must be there */
        readonly methods?: readonly string[] | undefined;
        /** What was done; absent: it is open */
        readonly met?:
          | {
              readonly at: string;
              /** The id of the user */
              readonly by: string;
              readonly byName: string;
              /** The reason of a decision, or the purpose */
              readonly text?: string | undefined;
            }
          | undefined;
      }
    | {
        readonly kind: "purpose";
        /** The name of the rule that wants it */
        readonly rule: string;
        /** For how long it holds for further calls of the tool; 0: for this one */
        readonly holdsSeconds: number;
        /** What was done; absent: it is open */
        readonly met?:
          | {
              readonly at: string;
              /** The id of the user */
              readonly by: string;
              readonly byName: string;
              /** The reason of a decision, or the purpose */
              readonly text?: string | undefined;
            }
          | undefined;
      }
  )[];
  readonly rejection?:
    | {
        readonly by: string;
        readonly byName: string;
        readonly at: string;
        readonly reason: string;
      }
    | undefined;
  readonly askedAt: string;
  readonly expiresAt: string;
  readonly decidedAt?: string | undefined;
  readonly usedAt?: string | undefined;
  /** The page on which people look at it and decide */
  readonly url: string;
  /** What exactly is asked for; for whoever asked and who may decide */
  readonly arguments?: string | undefined;
  /** Whether the caller may say yes or no by `decideApproval` */
  readonly mayDecide: boolean;
}

export interface SeenRun {
  readonly id: string;
  /** `running`; `paused`: it waits for people, or for its caller to come back; `completed`; `failed`; `expired`: nobody decided in time; `cancelled` */
  readonly state: "running" | "paused" | "completed" | "failed" | "expired" | "cancelled";
  /** Whether it explores what there is, or calls it */
  readonly tool: "search" | "execute";
  readonly portal: string;
  /** The API over which it runs; absent: over all tools of the portal */
  readonly server?: string | undefined;
  /** Where the connection holds these servers of the portal only */
  readonly servers?: readonly string[] | undefined;
  readonly caller: {
    readonly kind: "user" | "service" | "public";
    readonly id: string;
    readonly name: string;
    /** The OAuth client by which they came */
    readonly clientId?: string | undefined;
  };
  /** The recorded call that began it: the parent of those that it makes */
  readonly callId: string;
  readonly startedAt: string;
  readonly endedAt?: string | undefined;
  /** When it is given up, where it waits; else until when its result is kept */
  readonly expiresAt: string;
  readonly waits: readonly {
    readonly kind: "approval" | "link";
    readonly id: string;
    /** The page on which somebody sees to it */
    readonly url: string;
    readonly message: string;
    /** What is to be called */
    readonly tool: string;
  }[];
  /** The code of the failure that it ended with */
  readonly error?: string | undefined;
  /** Of what it returned */
  readonly resultBytes?: number | undefined;
  readonly use: {
    readonly wallMs: number;
    readonly cpuMs: number;
    /** How often it was run: once more after each time that it waited */
    readonly passes: number;
    readonly calls: number;
  };
  /** As it was sent */
  readonly code: string;
  /** Why it failed */
  readonly message?: string | undefined;
  /** What it called, in the order in which it did */
  readonly calls: readonly {
    /** The recorded call */
    readonly callId: string;
    readonly method: "tools/call" | "resources/read" | "prompts/get";
    /** Public name, or URI */
    readonly target: string;
    readonly class?: string | undefined;
    /** `asked`: nothing that changes anything has come of it; `intended`: under way, or nobody knows whether it was carried out; `waiting`: for a person, and not carried out */
    readonly state: "asked" | "intended" | "waiting" | "done";
    /** The code that it failed with */
    readonly error?: string | undefined;
    readonly durationMs?: number | undefined;
  }[];
}

export interface Selector {
  /** Everybody that the portal's access rules or scopes let in */
  readonly everyone?: true | undefined;
  /** An e-mail address */
  readonly email?: string | undefined;
  /** What follows the `@`, to the letter */
  readonly emailDomain?: string | undefined;
  /** The name of a group of the portal's directory */
  readonly group?: string | undefined;
  /** What a provider or trusted issuer said of them, as far as its entry keeps it */
  readonly claim?:
    | {
        /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
        readonly provider: string;
        readonly name: string;
        readonly equals: string;
      }
    | undefined;
  /** The provider or trusted issuer that they signed in with, or `local` */
  readonly loginMethod?: string | undefined;
  /** A value of `amr` (RFC 8176): `mfa`, `hwk`, `otp` */
  readonly authenticationMethod?: string | undefined;
  /** The id of a service token, or `any` */
  readonly serviceToken?: string | undefined;
  /** The id of the OAuth client that calls */
  readonly client?: string | undefined;
  /** Whoever comes without a token */
  readonly public?: true | undefined;
  /** An address, or a CIDR range: `10.0.0.0/8` */
  readonly ip?: string | undefined;
  /** ISO 3166-1; `ZZ`: not known */
  readonly country?: string | undefined;
  /** A client certificate that was checked: any, or one of this common name */
  readonly certificate?:
    | "valid"
    | {
        readonly commonName: string;
      }
    | undefined;
  /** The evaluator that must say yes */
  readonly posture?: string | undefined;
  /** Hours of days, by the clock of a place */
  readonly time?:
    | {
        readonly days?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[] | undefined;
        /** `HH:MM` */
        readonly from: string;
        /** `HH:MM`, until just before; earlier than `from`: on the next day */
        readonly to: string;
        /** `Europe/Berlin` */
        readonly zone: string;
      }
    | undefined;
  /** CEL over `caller`, `connection`, `call` and `now`; a boolean */
  readonly expression?: string | undefined;
}

export interface Server {
  readonly slug: string;
  /** `openapi`: an API, spoken to by its document */
  readonly kind: "mcp" | "openapi";
  readonly openapi?: ServerDocument | undefined;
  readonly title: string;
  readonly description: string;
  /** Of an API: what the paths of its document follow on. It stays what it is, whatever a newer document says */
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
  readonly auth: UpstreamAuth;
  /** Which secrets of the auth are set */
  readonly authSecretNames: readonly ("token" | "password" | "clientSecret" | "privateKey")[];
  readonly authRefs: Readonly<
    Record<
      string,
      {
        readonly secretRef: string;
      }
    >
  >;
  /** What to enter where a client is registered by hand at `auth.issuer` */
  readonly redirectUri?: string | undefined;
  /** What this installation calls itself there, if that authorization server reads such documents */
  readonly clientMetadataUrl?: string | undefined;
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
  /** A person's or token's id; `auto-accept` where a setting did, `upgrade` where it was in use before there were reviews */
  readonly decidedBy?: string | undefined;
  /** What whoever is in `decidedBy` is called */
  readonly decidedByName?: string | undefined;
}

export interface ServerDocument {
  readonly face: "tools" | "code";
  /** Where the document is fetched; absent: it was given as text */
  readonly url?: string | undefined;
  /** SHA-256 of its text; absent as long as none was fetched */
  readonly digest?: string | undefined;
  /** How many of its operations are tools */
  readonly operations?: number | undefined;
  /** How many are not */
  readonly skipped: number;
  /** Where the document says that the API is */
  readonly declaredUrl?: string | undefined;
  /** When it was last known to be what its address serves, or was given */
  readonly fetchedAt?: string | undefined;
  readonly attemptedAt?: string | undefined;
  /** Why it could not be fetched anew; the one before it is in use */
  readonly error?:
    | {
        readonly code: string;
        readonly message: string;
      }
    | undefined;
}

export interface ServerImport {
  /** A server.json, or what a registry answers for one: `{server, _meta}` */
  readonly document: Readonly<Record<string, unknown>>;
  /** Which of its `remotes`; if absent, the first with Streamable HTTP, else the first */
  readonly remote?: number | undefined;
  /** For the names in braces in the URL and the headers of the remote */
  readonly variables?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly auth?: UpstreamAuthInput | undefined;
  /** Write-only: kept sealed, and shown to nobody. Which are wanted depends on the kind of `auth` */
  readonly authSecrets?:
    | {
        readonly token?: string | undefined;
        readonly password?: string | undefined;
        readonly clientSecret?: string | undefined;
        readonly privateKey?: string | undefined;
      }
    | undefined;
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
  /** Whether `auto` was found to mean that each person signs in there with their own account */
  readonly asksForOAuth: boolean;
  readonly skipped: readonly string[];
  /** Lists that it could not give when it was last read, while it gave others: what it listed there before is offered still */
  readonly failedLists: readonly {
    readonly list: "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list";
    readonly code: string;
    readonly message: string;
    /** The HTTP status that it answered with, and the code of its JSON-RPC error */
    readonly details?:
      | {
          readonly status?: number | undefined;
          readonly rpcCode?: number | undefined;
        }
      | undefined;
  }[];
  readonly eras: readonly ("legacy" | "modern")[];
  readonly legacyTransport?: string | undefined;
  /** Where below its URL it was found: `/mcp` or `/sse` */
  readonly foundBelow?: string | undefined;
}

export interface ShownApprovalTerms {
  readonly deciders: {
    /** Whether whoever asks may decide. Default false: never */
    readonly self?: boolean | undefined;
    /** Groups of the company's people */
    readonly groups?: readonly string[] | undefined;
    /** E-mail addresses */
    readonly people?: readonly string[] | undefined;
  };
  /** How long it waits for a decision. Default one day */
  readonly expiresSeconds?: number | undefined;
  /** After how long those who may decide are told once more */
  readonly remindSeconds?: number | undefined;
  /** How long a yes holds for further calls of the tool by the same caller. Default 0 */
  readonly holdsSeconds?: number | undefined;
}

/** What is absent does not matter; all that is there must fit */
export interface ShownAttachment {
  readonly portals?: readonly string[] | undefined;
  readonly servers?: readonly string[] | undefined;
  readonly classes?: readonly ("read" | "write" | "destructive")[] | undefined;
  /** By the server's own names; `servers` must name that one server */
  readonly tools?: readonly string[] | undefined;
}

export interface ShownPurpose {
  /** How long it holds for further calls of the tool; 0: for that call */
  readonly holdsSeconds: number;
}

export interface ShownSelector {
  /** Everybody that the portal's access rules or scopes let in */
  readonly everyone?: true | undefined;
  /** An e-mail address */
  readonly email?: string | undefined;
  /** What follows the `@`, to the letter */
  readonly emailDomain?: string | undefined;
  /** The name of a group of the portal's directory */
  readonly group?: string | undefined;
  /** What a provider or trusted issuer said of them, as far as its entry keeps it */
  readonly claim?:
    | {
        /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
        readonly provider: string;
        readonly name: string;
        readonly equals: string;
      }
    | undefined;
  /** The provider or trusted issuer that they signed in with, or `local` */
  readonly loginMethod?: string | undefined;
  /** A value of `amr` (RFC 8176): `mfa`, `hwk`, `otp` */
  readonly authenticationMethod?: string | undefined;
  /** The id of a service token, or `any` */
  readonly serviceToken?: string | undefined;
  /** The id of the OAuth client that calls */
  readonly client?: string | undefined;
  /** Whoever comes without a token */
  readonly public?: true | undefined;
  /** An address, or a CIDR range: `10.0.0.0/8` */
  readonly ip?: string | undefined;
  /** ISO 3166-1; `ZZ`: not known */
  readonly country?: string | undefined;
  /** A client certificate that was checked: any, or one of this common name */
  readonly certificate?:
    | "valid"
    | {
        readonly commonName: string;
      }
    | undefined;
  /** The evaluator that must say yes */
  readonly posture?: string | undefined;
  /** Hours of days, by the clock of a place */
  readonly time?:
    | {
        readonly days?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[] | undefined;
        /** `HH:MM` */
        readonly from: string;
        /** `HH:MM`, until just before; earlier than `from`: on the next day */
        readonly to: string;
        /** `Europe/Berlin` */
        readonly zone: string;
      }
    | undefined;
  /** CEL over `caller`, `connection`, `call` and `now`; a boolean */
  readonly expression?: string | undefined;
}

export interface ShownStepUp {
  /** How lately they must have proved who they are */
  readonly withinSeconds: number;
  /** Values of `amr` of which one must be there. Absent: any second factor */
  readonly methods?: readonly string[] | undefined;
}

export interface SignInSession {
  readonly id: string;
  readonly userId: string;
  /** The provider's slug; `local` for an account of the house */
  readonly provider: string;
  /** How they proved who they are (RFC 8176) */
  readonly amr: readonly string[];
  /** When they last proved it */
  readonly authenticatedAt: string;
  readonly createdAt: string;
  /** Exact to about a minute */
  readonly lastUsedAt: string;
  readonly expiresAt: string;
  readonly address: string;
  /** What the browser says it is */
  readonly userAgent: string;
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

export interface StepUp {
  /** How lately they must have proved who they are */
  readonly withinSeconds: number;
  /** Values of `amr` of which one must be there. Absent: any second factor */
  readonly methods?: readonly string[] | undefined;
}

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly role: "owner" | "admin" | "auditor" | "developer" | "member";
  /** The portals that it may enter */
  readonly portals: readonly string[];
  /** What it lets its holder do at portals */
  readonly scopes: readonly string[];
  readonly version: number;
  readonly createdAt: string;
  /** A person's or token's id, or the name of a part of the system */
  readonly createdBy: string;
  readonly expiresAt?: string | undefined;
  readonly revokedAt?: string | undefined;
  /** Exact to about a minute */
  readonly lastUsedAt?: string | undefined;
}

export interface TokenChange {
  readonly name?: string | undefined;
  /** What it may do at portals: portal:{slug}, portal:{slug}:{class} or {server}:{class}, the class read, write or destructive */
  readonly scopes?: readonly string[] | undefined;
  /** In short: whole portals, at which it may do what `allow` says */
  readonly portals?: readonly string[] | undefined;
  /** Kinds of tools at these portals; absent: reading only */
  readonly allow?: readonly ("read" | "write" | "destructive")[] | undefined;
  /** Null: it does not expire */
  readonly expiresAt?: string | null | undefined;
}

export interface TrustedIssuer {
  readonly slug: string;
  readonly title: string;
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri?: string | undefined;
  readonly directory: "workforce" | "customers";
  readonly claims: {
    readonly subject: string;
    readonly email: string;
    readonly name: string;
    readonly groups?: string | undefined;
  };
  readonly groupMap?: Readonly<Record<string, string>> | undefined;
  readonly groupPrefix: string;
  readonly allowedDomains: readonly string[];
  readonly requiresVerifiedEmail: boolean;
  readonly keptClaims: readonly string[];
  readonly createsUsers: boolean;
  readonly linksByEmail: boolean;
  readonly allowPrivate: readonly string[];
  readonly isEnabled: boolean;
  readonly algorithms: readonly (
    | "RS256"
    | "RS384"
    | "RS512"
    | "PS256"
    | "PS384"
    | "PS512"
    | "ES256"
    | "ES384"
    | "ES512"
    | "EdDSA"
    | "Ed25519"
  )[];
  readonly scopesClaim?: string | undefined;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface TrustedIssuerChange {
  /** Put before the names of groups that `groupMap` does not give */
  readonly groupPrefix?: string | undefined;
  /** Domains of e-mail addresses that let people in; none: all. With Google `hd` must be one, too */
  readonly allowedDomains?: readonly string[] | undefined;
  /** Whether an address counts only with `email_verified`. False: its admin gives the addresses */
  readonly requiresVerifiedEmail?: boolean | undefined;
  /** Claims that are kept of people at each sign-in, for rules to look at; each the claim's name, or a path into it: `realm_access.roles` */
  readonly keptClaims?: readonly string[] | undefined;
  /** Whether somebody whom nobody knows becomes a person here */
  readonly createsUsers?: boolean | undefined;
  /** Whether somebody is whoever has their address here already: then it can say that they are an owner */
  readonly linksByEmail?: boolean | undefined;
  /** Hosts, `host:port`, addresses or CIDRs that it may be at although they are not public */
  readonly allowPrivate?: readonly string[] | undefined;
  readonly isEnabled?: boolean | undefined;
  readonly title?: string | undefined;
  /** What `aud` of its tokens must hold */
  readonly audience?: string | undefined;
  /** Signatures that its tokens may have */
  readonly algorithms?:
    | readonly (
        | "RS256"
        | "RS384"
        | "RS512"
        | "PS256"
        | "PS384"
        | "PS512"
        | "ES256"
        | "ES384"
        | "ES512"
        | "EdDSA"
        | "Ed25519"
      )[]
    | undefined;
  readonly claims?: ClaimNamesChange | undefined;
  readonly groupMap?: Readonly<Record<string, string>> | null | undefined;
  readonly jwksUri?: string | null | undefined;
  readonly scopesClaim?: string | null | undefined;
}

export type UpstreamAuth =
  | {
      readonly kind: "auto";
    }
  | {
      readonly kind: "none";
    }
  | {
      readonly kind: "bearer";
    }
  | {
      readonly kind: "basic";
      readonly username: string;
    }
  | {
      readonly kind: "client_credentials";
      /** The authorization server; absent: the first that the server names */
      readonly issuer?: string | undefined;
      /** A client that was registered there by hand; absent: this installation introduces itself */
      readonly client?:
        | {
            readonly id: string;
            readonly authMethod?:
              | "client_secret_basic"
              | "client_secret_post"
              | "private_key_jwt"
              | "none"
              | undefined;
          }
        | undefined;
      /** Instead of those that the server asks for */
      readonly scopes?: readonly string[] | undefined;
      /** Whether `resource` is sent (RFC 8707) */
      readonly resource?: "send" | "omit" | undefined;
      /** For authorization servers without metadata */
      readonly endpoints?:
        | {
            readonly authorization?: string | undefined;
            readonly token: string;
            readonly revocation?: string | undefined;
          }
        | undefined;
    }
  | {
      readonly kind: "shared_account";
      /** The authorization server; absent: the first that the server names */
      readonly issuer?: string | undefined;
      /** A client that was registered there by hand; absent: this installation introduces itself */
      readonly client?:
        | {
            readonly id: string;
            readonly authMethod?:
              | "client_secret_basic"
              | "client_secret_post"
              | "private_key_jwt"
              | "none"
              | undefined;
          }
        | undefined;
      /** Instead of those that the server asks for */
      readonly scopes?: readonly string[] | undefined;
      /** Whether `resource` is sent (RFC 8707) */
      readonly resource?: "send" | "omit" | undefined;
      /** For authorization servers without metadata */
      readonly endpoints?:
        | {
            readonly authorization?: string | undefined;
            readonly token: string;
            readonly revocation?: string | undefined;
          }
        | undefined;
    }
  | {
      readonly kind: "own_account";
      readonly programs?: "refused" | "shared" | undefined;
      /** The authorization server; absent: the first that the server names */
      readonly issuer?: string | undefined;
      /** A client that was registered there by hand; absent: this installation introduces itself */
      readonly client?:
        | {
            readonly id: string;
            readonly authMethod?:
              | "client_secret_basic"
              | "client_secret_post"
              | "private_key_jwt"
              | "none"
              | undefined;
          }
        | undefined;
      /** Instead of those that the server asks for */
      readonly scopes?: readonly string[] | undefined;
      /** Whether `resource` is sent (RFC 8707) */
      readonly resource?: "send" | "omit" | undefined;
      /** For authorization servers without metadata */
      readonly endpoints?:
        | {
            readonly authorization?: string | undefined;
            readonly token: string;
            readonly revocation?: string | undefined;
          }
        | undefined;
    }
  | {
      readonly kind: "own_key";
      /** In lower case; absent: `authorization` */
      readonly header?: string | undefined;
      /** What stands before the key; absent: `Bearer ` with `authorization`, else nothing */
      readonly prefix?: string | undefined;
      /** Where people get a key, told on the page: a sentence, or an https address */
      readonly hint?: string | undefined;
    }
  | {
      readonly kind: "identity";
      readonly audience?: string | undefined;
      /** Whether it says in which groups the person is */
      readonly groups?: boolean | undefined;
    }
  | {
      readonly kind: "token_exchange";
      readonly audience?: string | undefined;
      /** Whether it says in which groups the person is */
      readonly groups?: boolean | undefined;
      /** The authorization server; absent: the first that the server names */
      readonly issuer?: string | undefined;
      /** A client that was registered there by hand; absent: this installation introduces itself */
      readonly client?:
        | {
            readonly id: string;
            readonly authMethod?:
              | "client_secret_basic"
              | "client_secret_post"
              | "private_key_jwt"
              | "none"
              | undefined;
          }
        | undefined;
      /** Instead of those that the server asks for */
      readonly scopes?: readonly string[] | undefined;
      /** Whether `resource` is sent (RFC 8707) */
      readonly resource?: "send" | "omit" | undefined;
      /** For authorization servers without metadata */
      readonly endpoints?:
        | {
            readonly authorization?: string | undefined;
            readonly token: string;
            readonly revocation?: string | undefined;
          }
        | undefined;
    }
  | {
      readonly kind: "id_jag";
      /** Whether it says in which groups the person is */
      readonly groups?: boolean | undefined;
      /** The authorization server; absent: the first that the server names */
      readonly issuer?: string | undefined;
      /** A client that was registered there by hand; absent: this installation introduces itself */
      readonly client?:
        | {
            readonly id: string;
            readonly authMethod?:
              | "client_secret_basic"
              | "client_secret_post"
              | "private_key_jwt"
              | "none"
              | undefined;
          }
        | undefined;
      /** Instead of those that the server asks for */
      readonly scopes?: readonly string[] | undefined;
      /** Whether `resource` is sent (RFC 8707) */
      readonly resource?: "send" | "omit" | undefined;
      /** For authorization servers without metadata */
      readonly endpoints?:
        | {
            readonly authorization?: string | undefined;
            readonly token: string;
            readonly revocation?: string | undefined;
          }
        | undefined;
    };

export type UpstreamAuthInput =
  | {
      readonly kind: "auto";
    }
  | {
      readonly kind: "none";
    }
  | {
      readonly kind: "bearer";
    }
  | {
      readonly kind: "basic";
      readonly username: string;
    }
  | {
      readonly kind: "client_credentials";
      /** The authorization server; absent: the first that the server names */
      readonly issuer?: string | undefined;
      /** A client that was registered there by hand; absent: this installation introduces itself */
      readonly client?:
        | {
            readonly id: string;
            readonly authMethod?:
              | "client_secret_basic"
              | "client_secret_post"
              | "private_key_jwt"
              | "none"
              | undefined;
          }
        | undefined;
      /** Instead of those that the server asks for */
      readonly scopes?: readonly string[] | undefined;
      /** Whether `resource` is sent (RFC 8707) */
      readonly resource?: "send" | "omit" | undefined;
      /** For authorization servers without metadata */
      readonly endpoints?:
        | {
            readonly authorization?: string | undefined;
            readonly token: string;
            readonly revocation?: string | undefined;
          }
        | undefined;
    }
  | {
      readonly kind: "shared_account";
      /** The authorization server; absent: the first that the server names */
      readonly issuer?: string | undefined;
      /** A client that was registered there by hand; absent: this installation introduces itself */
      readonly client?:
        | {
            readonly id: string;
            readonly authMethod?:
              | "client_secret_basic"
              | "client_secret_post"
              | "private_key_jwt"
              | "none"
              | undefined;
          }
        | undefined;
      /** Instead of those that the server asks for */
      readonly scopes?: readonly string[] | undefined;
      /** Whether `resource` is sent (RFC 8707) */
      readonly resource?: "send" | "omit" | undefined;
      /** For authorization servers without metadata */
      readonly endpoints?:
        | {
            readonly authorization?: string | undefined;
            readonly token: string;
            readonly revocation?: string | undefined;
          }
        | undefined;
    }
  | {
      readonly kind: "own_account";
      readonly programs?: "refused" | "shared" | undefined;
      /** The authorization server; absent: the first that the server names */
      readonly issuer?: string | undefined;
      /** A client that was registered there by hand; absent: this installation introduces itself */
      readonly client?:
        | {
            readonly id: string;
            readonly authMethod?:
              | "client_secret_basic"
              | "client_secret_post"
              | "private_key_jwt"
              | "none"
              | undefined;
          }
        | undefined;
      /** Instead of those that the server asks for */
      readonly scopes?: readonly string[] | undefined;
      /** Whether `resource` is sent (RFC 8707) */
      readonly resource?: "send" | "omit" | undefined;
      /** For authorization servers without metadata */
      readonly endpoints?:
        | {
            readonly authorization?: string | undefined;
            readonly token: string;
            readonly revocation?: string | undefined;
          }
        | undefined;
    }
  | {
      readonly kind: "own_key";
      /** In lower case; absent: `authorization` */
      readonly header?: string | undefined;
      /** What stands before the key; absent: `Bearer ` with `authorization`, else nothing */
      readonly prefix?: string | undefined;
      /** Where people get a key, told on the page: a sentence, or an https address */
      readonly hint?: string | undefined;
    }
  | {
      readonly kind: "identity";
      readonly audience?: string | undefined;
      /** Whether it says in which groups the person is */
      readonly groups?: boolean | undefined;
    }
  | {
      readonly kind: "token_exchange";
      readonly audience?: string | undefined;
      /** Whether it says in which groups the person is */
      readonly groups?: boolean | undefined;
      /** The authorization server; absent: the first that the server names */
      readonly issuer?: string | undefined;
      /** A client that was registered there by hand; absent: this installation introduces itself */
      readonly client?:
        | {
            readonly id: string;
            readonly authMethod?:
              | "client_secret_basic"
              | "client_secret_post"
              | "private_key_jwt"
              | "none"
              | undefined;
          }
        | undefined;
      /** Instead of those that the server asks for */
      readonly scopes?: readonly string[] | undefined;
      /** Whether `resource` is sent (RFC 8707) */
      readonly resource?: "send" | "omit" | undefined;
      /** For authorization servers without metadata */
      readonly endpoints?:
        | {
            readonly authorization?: string | undefined;
            readonly token: string;
            readonly revocation?: string | undefined;
          }
        | undefined;
    }
  | {
      readonly kind: "id_jag";
      /** Whether it says in which groups the person is */
      readonly groups?: boolean | undefined;
      /** The authorization server; absent: the first that the server names */
      readonly issuer?: string | undefined;
      /** A client that was registered there by hand; absent: this installation introduces itself */
      readonly client?:
        | {
            readonly id: string;
            readonly authMethod?:
              | "client_secret_basic"
              | "client_secret_post"
              | "private_key_jwt"
              | "none"
              | undefined;
          }
        | undefined;
      /** Instead of those that the server asks for */
      readonly scopes?: readonly string[] | undefined;
      /** Whether `resource` is sent (RFC 8707) */
      readonly resource?: "send" | "omit" | undefined;
      /** For authorization servers without metadata */
      readonly endpoints?:
        | {
            readonly authorization?: string | undefined;
            readonly token: string;
            readonly revocation?: string | undefined;
          }
        | undefined;
    };

export interface User {
  readonly id: string;
  readonly directory: "workforce" | "customers";
  readonly email: string;
  readonly name: string;
  readonly role: "owner" | "admin" | "auditor" | "developer" | "member";
  /** Whoever is suspended is let in nowhere */
  readonly status: "active" | "suspended";
  /** Names, whoever said that they are in them */
  readonly groups: readonly string[];
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly lastSignedInAt?: string | undefined;
}

export interface UserChange {
  /** Unique in the directory; kept in lower case */
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  /** What they may do with the platform. Customers are members */
  readonly role?: "owner" | "admin" | "auditor" | "developer" | "member" | undefined;
  /** Names of the groups that an admin puts them into; what a provider says of them stays */
  readonly groups?: readonly string[] | undefined;
  /** `suspended`: all of their sessions and grants end at once */
  readonly status?: "active" | "suspended" | undefined;
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

export interface Webhook {
  /** `whk_…` */
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly kinds: readonly (
    | "approval.asked"
    | "approval.reminder"
    | "approval.decided"
    | "credential.failed"
  )[];
  readonly allowPrivate: readonly string[];
  readonly isEnabled: boolean;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface WebhookChange {
  /** Where it is told: https, or http to an address in `allowPrivate`. Redirects are not followed */
  readonly url?: string | undefined;
  /** What it wants to hear of; none: everything */
  readonly kinds?:
    | readonly ("approval.asked" | "approval.reminder" | "approval.decided" | "credential.failed")[]
    | undefined;
  /** Hosts, `host:port`, addresses or CIDRs that it may be at although they are not public */
  readonly allowPrivate?: readonly string[] | undefined;
  readonly isEnabled?: boolean | undefined;
}

export interface WebhookTest {
  /** Whether it answered with a status from 200 to 299 */
  readonly isDelivered: boolean;
  /** What it answered; absent: there was no answer */
  readonly status?: number | undefined;
  readonly error?: string | undefined;
}

export interface ListServersAnswer {
  readonly items: readonly Server[];
  readonly nextCursor?: string | undefined;
}

export interface AddServerBody {
  /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
  readonly slug: string;
  /** https, or http to an address in `allowPrivate`. Of an API: where its document says, if absent */
  readonly url?: string | undefined;
  /** The server is an API that this document describes (OpenAPI 3.0 or 3.1) */
  readonly openapi?:
    | {
        /** Where the document is fetched, now and daily; https, or http to an address in `allowPrivate` */
        readonly url?: string | undefined;
        /** Its text, JSON or YAML */
        readonly document?: string | undefined;
        /** `tools`: one for each operation. `code`: two, which take code over the document */
        readonly face?: "tools" | "code" | undefined;
      }
    | undefined;
  readonly title?: string | undefined;
  /** What it is for, in a sentence */
  readonly description?: string | undefined;
  /** How it is spoken to. `auto` finds out, at the URL or at `/mcp` or `/sse` below it */
  readonly transport?: "auto" | "streamable-http" | "sse" | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly bearerToken?: string | undefined;
  readonly auth?: UpstreamAuthInput | undefined;
  /** Write-only: kept sealed, and shown to nobody. Which are wanted depends on the kind of `auth` */
  readonly authSecrets?:
    | {
        readonly token?: string | undefined;
        readonly password?: string | undefined;
        readonly clientSecret?: string | undefined;
        readonly privateKey?: string | undefined;
      }
    | undefined;
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
  /** Of an API only. Another document, or the same one looked at anew; or how portals list it */
  readonly openapi?:
    | {
        /** Where the document is fetched, now and daily; https, or http to an address in `allowPrivate` */
        readonly url?: string | undefined;
        /** Its text, JSON or YAML */
        readonly document?: string | undefined;
        /** `tools`: one for each operation. `code`: two, which take code over the document */
        readonly face?: "tools" | "code" | undefined;
      }
    | undefined;
  readonly headers?: Readonly<Record<string, string | null>> | undefined;
  readonly bearerToken?: string | null | undefined;
  readonly auth?: UpstreamAuthInput | undefined;
  /** Write-only: kept sealed, and shown to nobody. Which are wanted depends on the kind of `auth` */
  readonly authSecrets?:
    | {
        readonly token?: string | null | undefined;
        readonly password?: string | null | undefined;
        readonly clientSecret?: string | null | undefined;
        readonly privateKey?: string | null | undefined;
      }
    | undefined;
  readonly syncIntervalSeconds?: number | null | undefined;
}

export interface LoginServerBody {
  /** Wanted beside those that were granted already, such as the `wantedScopes` of that account */
  readonly scopes?: readonly string[] | undefined;
}

export interface ListAccountsAnswer {
  readonly items: readonly Account[];
  readonly nextCursor?: string | undefined;
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
  /** Whether nobody does more than read there, whatever the rules and tokens say */
  readonly isReadOnly?: boolean | undefined;
  /** Code Mode, where clients see two tools that take programs instead of all tools: `allowed` for those who ask for it, `forced` on everybody, or `forbidden` */
  readonly codeMode?: "allowed" | "forced" | "forbidden" | undefined;
  /** Whose people come in: those of the company, or the customers of its public products */
  readonly directory?: "workforce" | "customers" | undefined;
  /** Who may use what: rules that only add up. Without one that fits nobody comes in but programs, whose tokens say it themselves */
  readonly access?: readonly AccessRule[] | undefined;
  /** How much is done for those who come without a token, where a rule lets them in */
  readonly publicLimits?:
    | {
        readonly requestsPerMinute?: number | undefined;
        readonly requestsPerMinutePerAddress?: number | undefined;
      }
    | undefined;
  /** Authorization servers whose tokens it takes beside those of this installation */
  readonly trustedIssuers?: readonly string[] | undefined;
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
  /** Whose people come in: those of the company, or the customers of its public products */
  readonly directory?: "workforce" | "customers" | undefined;
  /** Who may use what: rules that only add up. Without one that fits nobody comes in but programs, whose tokens say it themselves */
  readonly access?: readonly AccessRule[] | undefined;
  /** Whether nobody does more than read there, whatever the rules and tokens say */
  readonly isReadOnly?: boolean | undefined;
  /** Code Mode, where clients see two tools that take programs instead of all tools: `allowed` for those who ask for it, `forced` on everybody, or `forbidden` */
  readonly codeMode?: "allowed" | "forced" | "forbidden" | undefined;
  /** How much is done for those who come without a token, where a rule lets them in */
  readonly publicLimits?:
    | {
        readonly requestsPerMinute?: number | undefined;
        readonly requestsPerMinutePerAddress?: number | undefined;
      }
    | undefined;
  /** Authorization servers whose tokens it takes beside those of this installation */
  readonly trustedIssuers?: readonly string[] | undefined;
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

export interface ListPoliciesAnswer {
  readonly items: readonly Policy[];
  readonly nextCursor?: string | undefined;
}

export interface ChangePolicyBody {
  readonly action?: "allow" | "block" | "require_approval" | undefined;
  readonly description?: string | undefined;
  readonly at?: Attachment | undefined;
  /** One of these must fit */
  readonly include?: readonly Selector[] | undefined;
  /** All of these must fit */
  readonly require?: readonly Selector[] | undefined;
  /** None of these may fit */
  readonly exclude?: readonly Selector[] | undefined;
  readonly isEnabled?: boolean | undefined;
  readonly stepUp?: StepUp | null | undefined;
  readonly purpose?: Purpose | null | undefined;
  readonly approval?: ApprovalTerms | null | undefined;
  readonly startsAt?: string | null | undefined;
  readonly endsAt?: string | null | undefined;
}

export interface ExplainPolicyBody {
  readonly caller: AskedCaller;
  readonly connection?: AskedConnection | undefined;
  readonly call: AskedCall;
}

export interface SimulatePolicyBody {
  /** Rules that are new, or in the place of those of their names */
  readonly put?: readonly NewPolicy[] | undefined;
  /** Names of rules that go */
  readonly remove?: readonly string[] | undefined;
  /** Calls that started then or later */
  readonly since?: string | undefined;
  /** Calls that started before */
  readonly until?: string | undefined;
  /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
  readonly portal?: string | undefined;
  /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
  readonly server?: string | undefined;
  /** Id of the person or token that called */
  readonly principal?: string | undefined;
  /** How many records, newest first */
  readonly maxCalls?: number | undefined;
}

export interface ListEvaluatorsAnswer {
  readonly items: readonly Evaluator[];
  readonly nextCursor?: string | undefined;
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
    readonly kind:
      | "group"
      | "provider"
      | "trusted_issuer"
      | "client"
      | "evaluator"
      | "webhook"
      | "policy"
      | "server"
      | "portal";
    /** Or id; of a group directory and name: `workforce Editors` */
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
    readonly kind:
      | "group"
      | "provider"
      | "trusted_issuer"
      | "client"
      | "evaluator"
      | "webhook"
      | "policy"
      | "server"
      | "portal";
    /** Or id; of a group directory and name: `workforce Editors` */
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

export interface ListUsersAnswer {
  readonly items: readonly User[];
  readonly nextCursor?: string | undefined;
}

export interface ListUserSessionsAnswer {
  readonly items: readonly SignInSession[];
}

export interface ListGroupsAnswer {
  readonly items: readonly Group[];
  readonly nextCursor?: string | undefined;
}

export interface ListGrantsAnswer {
  readonly items: readonly Grant[];
  readonly nextCursor?: string | undefined;
}

export interface ListProvidersAnswer {
  readonly items: readonly Provider[];
  readonly nextCursor?: string | undefined;
}

export interface ListTrustedIssuersAnswer {
  readonly items: readonly TrustedIssuer[];
  readonly nextCursor?: string | undefined;
}

export interface ListTokensAnswer {
  readonly items: readonly Token[];
  readonly nextCursor?: string | undefined;
}

export interface AddTokenBody {
  /** Unique among the living tokens */
  readonly name: string;
  /** What it may do with the platform; nobody makes a token that can do more than they */
  readonly role: "owner" | "admin" | "auditor" | "developer" | "member";
  /** What it may do at portals: portal:{slug}, portal:{slug}:{class} or {server}:{class}, the class read, write or destructive */
  readonly scopes?: readonly string[] | undefined;
  /** In short: whole portals, at which it may do what `allow` says */
  readonly portals?: readonly string[] | undefined;
  /** Kinds of tools at these portals; absent: reading only */
  readonly allow?: readonly ("read" | "write" | "destructive")[] | undefined;
  /** Absent: it does not expire */
  readonly expiresAt?: string | undefined;
}

export interface RotateTokenBody {
  /** How long the secret before stays good; 0: all older ones end now, as after a leak */
  readonly overlapSeconds?: number | undefined;
}

export interface ListMySessionsAnswer {
  readonly items: readonly SignInSession[];
}

export interface ListMyGrantsAnswer {
  readonly items: readonly Grant[];
  readonly nextCursor?: string | undefined;
}

export interface ListMyAccountsAnswer {
  /** At most 500 */
  readonly items: readonly MyAccount[];
  /** Servers that want an account of yours, by slug */
  readonly unlinked: readonly {
    readonly server: string;
    readonly title: string;
    readonly kind: "oauth" | "key";
  }[];
}

export interface AddMyAccountBody {
  /** A server of a portal that you may use */
  readonly server: string;
}

export interface ListMyRunsAnswer {
  readonly items: readonly Run[];
  readonly nextCursor?: string | undefined;
}

export interface ListClientsAnswer {
  readonly items: readonly OAuthClient[];
  readonly nextCursor?: string | undefined;
}

export interface AddClientBody {
  /** What people see when it asks to be let in */
  readonly name: string;
  /** Its own site */
  readonly uri?: string | undefined;
  /** How it proves who it is (RFC 7591 §2); it stays */
  readonly authMethod: "none" | "client_secret_basic" | "client_secret_post" | "private_key_jwt";
  readonly grantTypes?:
    | readonly ("authorization_code" | "refresh_token" | "client_credentials")[]
    | undefined;
  /** Where it may have people sent: https, loopback http (on any port), or a scheme of an app. Compared to the letter */
  readonly redirectUris?: readonly string[] | undefined;
  /** What it may do for itself, with `client_credentials` */
  readonly scopes?: readonly string[] | undefined;
  /** Whether it may ask about tokens that are not its own (RFC 7662) */
  readonly mayIntrospect?: boolean | undefined;
  /** Its public keys (RFC 7517), for `private_key_jwt` */
  readonly jwks?:
    | {
        readonly keys: readonly Readonly<Record<string, unknown>>[];
      }
    | undefined;
  /** Where its public keys are, on the public Internet */
  readonly jwksUri?: string | undefined;
}

export interface ChangeClientBody {
  /** What people see when it asks to be let in */
  readonly name?: string | undefined;
  /** Where it may have people sent: https, loopback http (on any port), or a scheme of an app. Compared to the letter */
  readonly redirectUris?: readonly string[] | undefined;
  readonly grantTypes?:
    | readonly ("authorization_code" | "refresh_token" | "client_credentials")[]
    | undefined;
  /** What it may do for itself, with `client_credentials` */
  readonly scopes?: readonly string[] | undefined;
  /** Whether it may ask about tokens that are not its own (RFC 7662) */
  readonly mayIntrospect?: boolean | undefined;
  /** Its public keys (RFC 7517), for `private_key_jwt` */
  readonly jwks?:
    | {
        readonly keys: readonly Readonly<Record<string, unknown>>[];
      }
    | undefined;
  /** Where its public keys are, on the public Internet */
  readonly jwksUri?: string | undefined;
  readonly uri?: string | null | undefined;
}

export interface RotateClientSecretBody {
  /** How long the secrets before it are good; 0 ends them now, and the client's own tokens with them */
  readonly overlapSeconds?: number | undefined;
}

export interface ListWebhooksAnswer {
  readonly items: readonly Webhook[];
  readonly nextCursor?: string | undefined;
}

export interface RotateWebhookSecretBody {
  /** How long deliveries are signed under the secret before it as well; 0: no longer */
  readonly overlapSeconds?: number | undefined;
}

export interface ListNoticesAnswer {
  readonly items: readonly Notice[];
  readonly nextCursor?: string | undefined;
}

export interface ListApprovalsAnswer {
  readonly items: readonly Approval[];
  readonly nextCursor?: string | undefined;
}

export interface DecideApprovalBody {
  readonly decision: "approve" | "reject";
  /** Shown to whoever asked */
  readonly reason?: string | undefined;
}

export interface ListRunsAnswer {
  readonly items: readonly Run[];
  readonly nextCursor?: string | undefined;
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
  /** Read again what a server offers; of an API its document first. */
  readonly syncServer: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly answer: DetailedServer;
  };
  /** Begin a sign-in at a server for all: its lists are read with it, and calls where its auth says so. */
  readonly loginServer: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly body?: LoginServerBody | undefined;
    readonly answer: LinkRequest;
  };
  /** List who has signed in at a server, and what fails; what an account has is shown to nobody. */
  readonly listAccounts: {
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
        }
      | undefined;
    readonly answer: ListAccountsAnswer;
  };
  /** Forget an account at a server, and have its tokens revoked. */
  readonly endAccount: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
      readonly id: string;
    };
    readonly answer: undefined;
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
  /** List the rules of the policy by name. */
  readonly listPolicies: {
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          /** Text in name or description */
          readonly q?: string | undefined;
          /** Rules that are attached to this portal by name */
          readonly portal?: string | undefined;
          /** Rules that are attached to this server by name */
          readonly server?: string | undefined;
        }
      | undefined;
    readonly answer: ListPoliciesAnswer;
  };
  /** Make a rule; it holds for the next call. */
  readonly addPolicy: {
    readonly body: NewPolicy;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: SavedPolicy;
  };
  /** Show a rule. */
  readonly getPolicy: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly name: string;
    };
    readonly answer: Policy;
  };
  /** Change a rule, or switch it on or off. */
  readonly changePolicy: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly name: string;
    };
    readonly body: ChangePolicyBody;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: SavedPolicy;
  };
  /** Remove a rule. */
  readonly removePolicy: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly name: string;
    };
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: undefined;
  };
  /** Say whether somebody would be let make a call, and which rules say so. */
  readonly explainPolicy: {
    readonly body: ExplainPolicyBody;
    readonly answer: PolicyExplanation;
  };
  /** Replay recorded calls against changed rules: what would have come out otherwise, and for whom. */
  readonly simulatePolicy: {
    readonly body: SimulatePolicyBody;
    readonly answer: PolicySimulation;
  };
  /** List the evaluators by slug. */
  readonly listEvaluators: {
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
        }
      | undefined;
    readonly answer: ListEvaluatorsAnswer;
  };
  /** Add an evaluator of devices and sessions, whose keys are fetched at once; rules then name it. */
  readonly addEvaluator: {
    readonly body: NewEvaluator;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: Evaluator;
  };
  /** Show an evaluator. */
  readonly getEvaluator: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly answer: Evaluator;
  };
  /** Change an evaluator; what it said before holds no more. */
  readonly changeEvaluator: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly body: EvaluatorChange;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: Evaluator;
  };
  /** Remove an evaluator that no rule names. */
  readonly removeEvaluator: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: undefined;
  };
  /** Show what a configuration document would change. */
  readonly planConfiguration: {
    readonly body: PlanConfigurationBody;
    readonly answer: PlanConfigurationAnswer;
  };
  /** Make an installation what a configuration document says; providers and trusted issuers only an owner changes. */
  readonly applyConfiguration: {
    readonly body: ApplyConfigurationBody;
    readonly answer: ApplyConfigurationAnswer;
  };
  /** Describe the installation as a configuration document: servers, portals, and who comes in. */
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
  /** List the people by directory and e-mail address; all filters must match. */
  readonly listUsers: {
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          /** `workforce`: the company's own people; `customers`: those of its public products */
          readonly directory?: "workforce" | "customers" | undefined;
          readonly role?: "owner" | "admin" | "auditor" | "developer" | "member" | undefined;
          readonly status?: "active" | "suspended" | undefined;
          /** The name of a group that they are in */
          readonly group?: string | undefined;
          /** Text in address or name */
          readonly q?: string | undefined;
        }
      | undefined;
    readonly answer: ListUsersAnswer;
  };
  /** Add a person; only an owner adds owners and admins. */
  readonly addUser: {
    readonly body: NewUser;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: User;
  };
  /** Show a person. */
  readonly getUser: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: User;
  };
  /** Change or suspend a person; only an owner changes owners and admins, or makes them. */
  readonly changeUser: {
    readonly params: {
      readonly id: string;
    };
    readonly body: UserChange;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: User;
  };
  /** Remove a person with all that they have here; only an owner removes owners and admins. */
  readonly removeUser: {
    readonly params: {
      readonly id: string;
    };
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: undefined;
  };
  /** List the browsers that a person is signed in with, last used first, at most 200. */
  readonly listUserSessions: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: ListUserSessionsAnswer;
  };
  /** Sign a browser out, and end what was allowed to clients in it. */
  readonly endSession: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: undefined;
  };
  /** Make a one-time link by which a person says how they sign in from now on; this answer is the only place where it is shown. What they signed in with before is replaced when it is used, and an earlier link is dead. Only an owner makes one for owners and admins. */
  readonly addInvitation: {
    readonly params: {
      readonly id: string;
    };
    readonly body: NewInvitation;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: Invitation;
  };
  /** Take back the link that was made for a person, if it was not used. */
  readonly endInvitations: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: undefined;
  };
  /** List the groups by directory and name. */
  readonly listGroups: {
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          /** `workforce`: the company's own people; `customers`: those of its public products */
          readonly directory?: "workforce" | "customers" | undefined;
          /** Text in name or description */
          readonly q?: string | undefined;
        }
      | undefined;
    readonly answer: ListGroupsAnswer;
  };
  /** Make a group; groups that providers name are made by themselves. */
  readonly addGroup: {
    readonly body: NewGroup;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: Group;
  };
  /** Show a group. */
  readonly getGroup: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: Group;
  };
  /** Change a group; rules of portals that name it follow. */
  readonly changeGroup: {
    readonly params: {
      readonly id: string;
    };
    readonly body: GroupChange;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: Group;
  };
  /** Remove a group, and the rules of portals that name it. */
  readonly removeGroup: {
    readonly params: {
      readonly id: string;
    };
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: undefined;
  };
  /** Put a person of its directory into a group. */
  readonly addGroupMember: {
    readonly params: {
      readonly id: string;
      readonly user: string;
    };
    readonly answer: Membership;
  };
  /** Take a person out of a group; a provider that says they are in it puts them back when they next sign in. */
  readonly removeGroupMember: {
    readonly params: {
      readonly id: string;
      readonly user: string;
    };
    readonly answer: undefined;
  };
  /** List what people allowed clients to do, newest first; all filters must match. */
  readonly listGrants: {
    readonly query?:
      | {
          /** `true`: also those that have ended or expired */
          readonly ended?: "true" | "false" | undefined;
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          readonly user?: string | undefined;
          /** The id of the client */
          readonly client?: string | undefined;
          /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
          readonly portal?: string | undefined;
        }
      | undefined;
    readonly answer: ListGrantsAnswer;
  };
  /** End what a client was allowed, with all of its tokens. */
  readonly endGrant: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: undefined;
  };
  /** List the identity providers that people sign in with, by slug. */
  readonly listProviders: {
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
        }
      | undefined;
    readonly answer: ListProvidersAnswer;
  };
  /** Let people sign in with an identity provider (OpenID Connect), which is asked at once what it publishes. */
  readonly addProvider: {
    readonly body: NewProvider;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: Provider;
  };
  /** Show an identity provider. */
  readonly getProvider: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly answer: Provider;
  };
  /** Change an identity provider, or switch it off; who is signed in stays so. */
  readonly changeProvider: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly body: ProviderChange;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: Provider;
  };
  /** Remove an identity provider, with the groups that it put people into; its people and their sessions stay. */
  readonly removeProvider: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: undefined;
  };
  /** List the trusted issuers by slug. */
  readonly listTrustedIssuers: {
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
        }
      | undefined;
    readonly answer: ListTrustedIssuersAnswer;
  };
  /** Trust an issuer of JWTs, whose keys are fetched at once; portals take its tokens once they name it. */
  readonly addTrustedIssuer: {
    readonly body: NewTrustedIssuer;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: TrustedIssuer;
  };
  /** Show a trusted issuer. */
  readonly getTrustedIssuer: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly answer: TrustedIssuer;
  };
  /** Change a trusted issuer, or switch it off. */
  readonly changeTrustedIssuer: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    readonly body: TrustedIssuerChange;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: TrustedIssuer;
  };
  /** Trust an issuer no more; it leaves its portals too, and its people stay. */
  readonly removeTrustedIssuer: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly slug: string;
    };
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: undefined;
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
  /** Show a token. */
  readonly getToken: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: Token;
  };
  /** Change what a token is called, may do, or until when it is good. */
  readonly changeToken: {
    readonly params: {
      readonly id: string;
    };
    readonly body: TokenChange;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: Token;
  };
  /** Revoke a token for good. */
  readonly revokeToken: {
    readonly params: {
      readonly id: string;
    };
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: undefined;
  };
  /** Give a token another secret, shown here only; the one before is good for a while longer. */
  readonly rotateToken: {
    readonly params: {
      readonly id: string;
    };
    readonly body?: RotateTokenBody | undefined;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: RotatedToken;
  };
  /** Say who is calling, and what they may do here and at each portal. */
  readonly getMe: {
    readonly answer: Me;
  };
  /** List the browsers that you are signed in with, last used first, at most 200. */
  readonly listMySessions: {
    readonly answer: ListMySessionsAnswer;
  };
  /** Sign one of your browsers out, and end what you allowed to clients in it. */
  readonly endMySession: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: undefined;
  };
  /** List what you allowed clients to do, newest first. */
  readonly listMyGrants: {
    readonly query?:
      | {
          /** `true`: also those that have ended or expired */
          readonly ended?: "true" | "false" | undefined;
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
          readonly portal?: string | undefined;
        }
      | undefined;
    readonly answer: ListMyGrantsAnswer;
  };
  /** End what you allowed a client, with all of its tokens. */
  readonly endMyGrant: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: undefined;
  };
  /** List your accounts at servers, those used last first, and the servers where you have none yet. */
  readonly listMyAccounts: {
    readonly answer: ListMyAccountsAnswer;
  };
  /** Begin to link your account at a server, or to sign in there once more: the page for it. */
  readonly addMyAccount: {
    readonly body: AddMyAccountBody;
    readonly answer: LinkRequest;
  };
  /** Unlink your account at a server, and have its tokens revoked. */
  readonly endMyAccount: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: undefined;
  };
  /** List your runs of code, newest first. */
  readonly listMyRuns: {
    readonly query?:
      | {
          readonly state?:
            | "running"
            | "paused"
            | "completed"
            | "failed"
            | "expired"
            | "cancelled"
            | undefined;
          /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
          readonly portal?: string | undefined;
          /** Begun at this time or later */
          readonly since?: string | undefined;
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
        }
      | undefined;
    readonly answer: ListMyRunsAnswer;
  };
  /** Get one of your runs, with what it returned while that is kept. */
  readonly getMyRun: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: OwnRun;
  };
  /** End a run of yours that is under way, or waits; what it has called stays done. */
  readonly cancelMyRun: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: undefined;
  };
  /** List the OAuth clients by id, those that registered themselves too. */
  readonly listClients: {
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          /** Text in name, id or a redirect URI */
          readonly q?: string | undefined;
          readonly kind?: "registered" | "dynamic" | "document" | undefined;
        }
      | undefined;
    readonly answer: ListClientsAnswer;
  };
  /** Register an OAuth client; this answer is the only place where its secret is shown. */
  readonly addClient: {
    readonly body: AddClientBody;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: MadeClient;
  };
  /** Show an OAuth client. */
  readonly getClient: {
    readonly params: {
      /** `cli_…`, `castellan-cli` for the command line, or the URL of the client's description */
      readonly id: string;
    };
    readonly answer: OAuthClient;
  };
  /** Change an OAuth client that an admin registered. */
  readonly changeClient: {
    readonly params: {
      /** `cli_…`, `castellan-cli` for the command line, or the URL of the client's description */
      readonly id: string;
    };
    readonly body: ChangeClientBody;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: OAuthClient;
  };
  /** Remove an OAuth client, and end all that people gave it. */
  readonly removeClient: {
    readonly params: {
      /** `cli_…`, `castellan-cli` for the command line, or the URL of the client's description */
      readonly id: string;
    };
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: undefined;
  };
  /** Make a new secret for an OAuth client; this answer is the only place where it is shown. */
  readonly rotateClientSecret: {
    readonly params: {
      /** `cli_…`, `castellan-cli` for the command line, or the URL of the client's description */
      readonly id: string;
    };
    readonly body?: RotateClientSecretBody | undefined;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: MadeClient;
  };
  /** List the webhooks by name. */
  readonly listWebhooks: {
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
        }
      | undefined;
    readonly answer: ListWebhooksAnswer;
  };
  /** Have a program told of things; this answer is the only place where its secret is shown. */
  readonly addWebhook: {
    readonly body: NewWebhook;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: MadeWebhook;
  };
  /** Show a webhook. */
  readonly getWebhook: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly name: string;
    };
    readonly answer: Webhook;
  };
  /** Change a webhook, or switch it off. */
  readonly changeWebhook: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly name: string;
    };
    readonly body: WebhookChange;
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: Webhook;
  };
  /** Remove a webhook; what it was not told yet it will not be told. */
  readonly removeWebhook: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly name: string;
    };
    /** The `version` that is meant; absent: whichever is there. */
    readonly ifMatch?: number | undefined;
    readonly answer: undefined;
  };
  /** Make a new secret for a webhook; this answer is the only place where it is shown. */
  readonly rotateWebhookSecret: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly name: string;
    };
    readonly body?: RotateWebhookSecretBody | undefined;
    /** Sent again with the same request, it is done once. */
    readonly idempotencyKey?: string | undefined;
    readonly answer: MadeWebhook;
  };
  /** Tell a webhook that this is a test (`webhook.test`), and see what comes of it. */
  readonly testWebhook: {
    readonly params: {
      /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
      readonly name: string;
    };
    readonly answer: WebhookTest;
  };
  /** List who was told what by e-mail and webhook, and whether it arrived; the newest first. */
  readonly listNotices: {
    readonly query?:
      | {
          /** How many entries at most */
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          readonly state?: "waiting" | "delivered" | "failed" | undefined;
          readonly channel?: "email" | "webhook" | undefined;
        }
      | undefined;
    readonly answer: ListNoticesAnswer;
  };
  /** List requests for a decision, newest first: yours, those you may decide, and all for who may read everything. */
  readonly listApprovals: {
    readonly query?:
      | {
          readonly state?: "pending" | "approved" | "used" | "rejected" | "withdrawn" | "expired" | undefined;
          /** `own`: what you asked for; `waiting`: what waits for your decision */
          readonly view?: "own" | "waiting" | undefined;
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
        }
      | undefined;
    readonly answer: ListApprovalsAnswer;
  };
  /** Get one request for a decision. */
  readonly getApproval: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: SeenApproval;
  };
  /** Take back what you asked for, also when it was approved and not used. */
  readonly withdrawApproval: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: undefined;
  };
  /** Say yes or no to what somebody else asked for; one no ends it. */
  readonly decideApproval: {
    readonly params: {
      readonly id: string;
    };
    readonly body: DecideApprovalBody;
    readonly answer: Approval;
  };
  /** List runs of code, newest first; all filters must match. */
  readonly listRuns: {
    readonly query?:
      | {
          readonly state?:
            | "running"
            | "paused"
            | "completed"
            | "failed"
            | "expired"
            | "cancelled"
            | undefined;
          /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
          readonly portal?: string | undefined;
          /** Begun at this time or later */
          readonly since?: string | undefined;
          readonly limit?: number | undefined;
          /** Where the page before ended: its `nextCursor` */
          readonly cursor?: string | undefined;
          /** Id of the person or token that sent the code */
          readonly principal?: string | undefined;
        }
      | undefined;
    readonly answer: ListRunsAnswer;
  };
  /** Get one run: its code and what it called, without what it returned. */
  readonly getRun: {
    readonly params: {
      readonly id: string;
    };
    readonly answer: SeenRun;
  };
  /** End somebody's run that is under way, or waits; what it has called stays done. */
  readonly cancelRun: {
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
          /** Id of the call on whose behalf they were made: by code */
          readonly parent?: string | undefined;
          /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
          readonly portal?: string | undefined;
          /** 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter */
          readonly server?: string | undefined;
          /** Id of the person or token that called */
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
  loginServer: { method: "POST", path: "/servers/{slug}/login" },
  listAccounts: { method: "GET", path: "/servers/{slug}/accounts" },
  endAccount: { method: "DELETE", path: "/servers/{slug}/accounts/{id}" },
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
  listPolicies: { method: "GET", path: "/policies" },
  addPolicy: { method: "POST", path: "/policies" },
  getPolicy: { method: "GET", path: "/policies/{name}" },
  changePolicy: { method: "PATCH", path: "/policies/{name}" },
  removePolicy: { method: "DELETE", path: "/policies/{name}" },
  explainPolicy: { method: "POST", path: "/policy/explain" },
  simulatePolicy: { method: "POST", path: "/policy/simulate" },
  listEvaluators: { method: "GET", path: "/evaluators" },
  addEvaluator: { method: "POST", path: "/evaluators" },
  getEvaluator: { method: "GET", path: "/evaluators/{slug}" },
  changeEvaluator: { method: "PATCH", path: "/evaluators/{slug}" },
  removeEvaluator: { method: "DELETE", path: "/evaluators/{slug}" },
  planConfiguration: { method: "POST", path: "/config/plan" },
  applyConfiguration: { method: "POST", path: "/config/apply" },
  exportConfiguration: { method: "GET", path: "/config/export" },
  getConfigurationSchema: { method: "GET", path: "/config/schema" },
  listUsers: { method: "GET", path: "/users" },
  addUser: { method: "POST", path: "/users" },
  getUser: { method: "GET", path: "/users/{id}" },
  changeUser: { method: "PATCH", path: "/users/{id}" },
  removeUser: { method: "DELETE", path: "/users/{id}" },
  listUserSessions: { method: "GET", path: "/users/{id}/sessions" },
  endSession: { method: "DELETE", path: "/sessions/{id}" },
  addInvitation: { method: "POST", path: "/users/{id}/invitations" },
  endInvitations: { method: "DELETE", path: "/users/{id}/invitations" },
  listGroups: { method: "GET", path: "/groups" },
  addGroup: { method: "POST", path: "/groups" },
  getGroup: { method: "GET", path: "/groups/{id}" },
  changeGroup: { method: "PATCH", path: "/groups/{id}" },
  removeGroup: { method: "DELETE", path: "/groups/{id}" },
  addGroupMember: { method: "PUT", path: "/groups/{id}/members/{user}" },
  removeGroupMember: { method: "DELETE", path: "/groups/{id}/members/{user}" },
  listGrants: { method: "GET", path: "/grants" },
  endGrant: { method: "DELETE", path: "/grants/{id}" },
  listProviders: { method: "GET", path: "/providers" },
  addProvider: { method: "POST", path: "/providers" },
  getProvider: { method: "GET", path: "/providers/{slug}" },
  changeProvider: { method: "PATCH", path: "/providers/{slug}" },
  removeProvider: { method: "DELETE", path: "/providers/{slug}" },
  listTrustedIssuers: { method: "GET", path: "/trusted-issuers" },
  addTrustedIssuer: { method: "POST", path: "/trusted-issuers" },
  getTrustedIssuer: { method: "GET", path: "/trusted-issuers/{slug}" },
  changeTrustedIssuer: { method: "PATCH", path: "/trusted-issuers/{slug}" },
  removeTrustedIssuer: { method: "DELETE", path: "/trusted-issuers/{slug}" },
  listTokens: { method: "GET", path: "/tokens" },
  addToken: { method: "POST", path: "/tokens" },
  getToken: { method: "GET", path: "/tokens/{id}" },
  changeToken: { method: "PATCH", path: "/tokens/{id}" },
  revokeToken: { method: "DELETE", path: "/tokens/{id}" },
  rotateToken: { method: "POST", path: "/tokens/{id}/rotate" },
  getMe: { method: "GET", path: "/me" },
  listMySessions: { method: "GET", path: "/me/sessions" },
  endMySession: { method: "DELETE", path: "/me/sessions/{id}" },
  listMyGrants: { method: "GET", path: "/me/grants" },
  endMyGrant: { method: "DELETE", path: "/me/grants/{id}" },
  listMyAccounts: { method: "GET", path: "/me/accounts" },
  addMyAccount: { method: "POST", path: "/me/accounts" },
  endMyAccount: { method: "DELETE", path: "/me/accounts/{id}" },
  listMyRuns: { method: "GET", path: "/me/runs" },
  getMyRun: { method: "GET", path: "/me/runs/{id}" },
  cancelMyRun: { method: "DELETE", path: "/me/runs/{id}" },
  listClients: { method: "GET", path: "/clients" },
  addClient: { method: "POST", path: "/clients" },
  getClient: { method: "GET", path: "/clients/{id}" },
  changeClient: { method: "PATCH", path: "/clients/{id}" },
  removeClient: { method: "DELETE", path: "/clients/{id}" },
  rotateClientSecret: { method: "POST", path: "/clients/{id}/rotate" },
  listWebhooks: { method: "GET", path: "/webhooks" },
  addWebhook: { method: "POST", path: "/webhooks" },
  getWebhook: { method: "GET", path: "/webhooks/{name}" },
  changeWebhook: { method: "PATCH", path: "/webhooks/{name}" },
  removeWebhook: { method: "DELETE", path: "/webhooks/{name}" },
  rotateWebhookSecret: { method: "POST", path: "/webhooks/{name}/rotate" },
  testWebhook: { method: "POST", path: "/webhooks/{name}/test" },
  listNotices: { method: "GET", path: "/notices" },
  listApprovals: { method: "GET", path: "/approvals" },
  getApproval: { method: "GET", path: "/approvals/{id}" },
  withdrawApproval: { method: "DELETE", path: "/approvals/{id}" },
  decideApproval: { method: "POST", path: "/approvals/{id}/decision" },
  listRuns: { method: "GET", path: "/runs" },
  getRun: { method: "GET", path: "/runs/{id}" },
  cancelRun: { method: "DELETE", path: "/runs/{id}" },
  listCalls: { method: "GET", path: "/calls" },
  verifyCalls: { method: "GET", path: "/calls/verify" },
};

/** What rules can look at. Whoever asks for a decision fills it in; nothing in it is secret. */
import type { UseClass } from "../rules/rule.ts";

export type ClaimValue = string | number | boolean | readonly string[];

/** Who is calling. One object for as long as nothing about them changes: what it leads to is kept with it. */
export interface Caller {
  readonly kind: "user" | "service" | "public";
  readonly id: string;
  readonly name: string;
  /** Lower case; absent for programs and the public. */
  readonly email: string | undefined;
  readonly groups: readonly string[];
  /** The slug of the provider or trusted issuer by which they signed in, or `local`; absent for programs and the public. */
  readonly provider: string | undefined;
  /** RFC 8176. */
  readonly amr: readonly string[];
  /** When they last proved who they are, wall time, milliseconds since the epoch. */
  readonly provedAtMs: number | undefined;
  /** What that provider said of them and its entry keeps. */
  readonly claims: Readonly<Record<string, ClaimValue>>;
  readonly clientId: string | undefined;
}

/** How a request reached us. */
export interface Connection {
  /** The client's address, through trusted proxies only; "" where there is none. */
  readonly address: string;
  /** ISO 3166-1 alpha-2; `ZZ`: not known. */
  readonly country: string;
  /** Of a certificate that we checked. */
  readonly certificate: Certificate | undefined;
  /** What evaluators said, by slug; absent: not asked, or no answer that counts. */
  readonly postures: Readonly<Record<string, boolean>>;
}

export interface Certificate {
  readonly commonName: string | undefined;
  /** SHA-256, lower-case hex. */
  readonly fingerprint: string;
}

/** Where a use takes place: as far as lists know it. */
export interface Place {
  readonly portal: string;
  readonly server: string;
  readonly class: UseClass;
  /** For a tool: the server's own name. Absent for prompts, resources and methods of extensions. */
  readonly tool: string | undefined;
}

/** One call. */
export interface Use extends Place {
  /** JSON-RPC method. */
  readonly method: string;
  /** The tool's or prompt's arguments, or `{}`; undefined: not known (a recorded call). */
  readonly arguments: Readonly<Record<string, unknown>> | undefined;
  /** Wall time, milliseconds since the epoch. */
  readonly nowMs: number;
}

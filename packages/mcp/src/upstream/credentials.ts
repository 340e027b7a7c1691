/**
 * What authorizes the requests to a server (2026-07-28 and 2025-11-25, authorization). It is asked ahead of each
 * request, whatever its transport and method, and told when the server refuses one for want of other credentials.
 */

export interface UpstreamCredentials {
  /** Headers for the next request, names in lower case. What it throws, the request fails with: nothing was sent. */
  headers(request: AboutRequest, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /**
   * The server refused a request that was sent with these headers, and has not carried it out. `retry`: it is sent
   * again, with the headers of that moment; `final`: the refusal stands. What it throws, the request fails with.
   */
  refused(
    refusal: CredentialsRefusal,
    sent: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<"retry" | "final">;
}

/** What a token may be bound to. */
export interface AboutRequest {
  /** The JSON-RPC method; undefined for what is none: a stream, the end of a session, an answer. */
  readonly method?: string | undefined;
  /** The tool, prompt or resource, under the server's own name. */
  readonly name?: string | undefined;
}

export interface CredentialsRefusal {
  readonly status: 401 | 403;
  /** The `WWW-Authenticate` header; several are joined by `, ` (RFC 9110 §5.3). */
  readonly challenge: string | undefined;
}

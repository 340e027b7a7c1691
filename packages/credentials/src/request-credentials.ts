/** What goes along with requests of one owner to one target. `mcp` knows the shape and nothing more (`UpstreamTarget.credentials`). */

export interface RequestCredentials {
  /**
   * Headers for the next request, names in lower case.
   * Throws `link_required`, `credentials_person_only`, `credentials_missing`, `credentials_unavailable`.
   */
  headers(request: AuthorizedRequest, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /**
   * The upstream answered 401, or 403 with a challenge, to a request that was sent with these headers, and has not carried it
   * out. `retry`: there are newer or wider credentials, send it again (asked at most twice a request); `final`: there is
   * nothing to be done. Throws what `headers` throws, `link_required` above all.
   */
  refused(
    refusal: Refusal,
    sent: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<"retry" | "final">;
}

/** What a token may be bound to. */
export interface AuthorizedRequest {
  /** The JSON-RPC method, or nothing for a stream or the end of a session. */
  readonly method?: string | undefined;
  /** The tool, prompt or resource, under the server's own name. */
  readonly name?: string | undefined;
}

export interface Refusal {
  readonly status: 401 | 403;
  /** The `WWW-Authenticate` header as it came; several are joined by `, ` (RFC 9110 §5.3). */
  readonly challenge: string | undefined;
}

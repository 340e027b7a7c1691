/** What of a browser the ways through redirects need, for tests: it keeps cookies, by origin, and goes on. */
export class RedirectBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** One exchange; the redirect that it may answer with is not followed. */
  async get(url: URL): Promise<Response> {
    const jar = this.#cookies.get(url.origin) ?? new Map<string, string>();
    this.#cookies.set(url.origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { redirect: "manual", headers: { cookie, accept: "text/html" } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }

  /**
   * From there wherever it is sent, by way of what `turn` makes of each address, until that says undefined: the address where
   * it was not gone to. Throws where an answer is no redirect.
   */
  async walk(from: string | URL, turn: (to: URL) => URL | undefined): Promise<URL> {
    let at = new URL(from);
    for (;;) {
      const answer = await this.get(at);
      const location = answer.headers.get("location");
      if (location === null)
        throw new Error(`${at.pathname} answered ${answer.status}: ${await answer.text()}`);
      const to = new URL(location, at);
      const next = turn(to);
      if (next === undefined) return to;
      at = next;
    }
  }
}

/** What of a browser the ways through redirects need: it keeps cookies, by origin. */
export class Browser {
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
}

/** A browser without a screen: keeps cookies, sends the forms of the page that it was shown. */
import type { Hono } from "hono";

export interface ShownPage {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What people read, without what surrounds it. */
  readonly words: string;
  /** The `h1`. */
  readonly title: string;
  /** Where it redirects to. */
  readonly location: string | undefined;
  /** The fields of its forms, by action. */
  readonly forms: ReadonlyMap<string, URLSearchParams>;
}

export class TestBrowser {
  readonly #app: Hono;
  readonly #origin: string;
  readonly cookies = new Map<string, string>();
  /** What came as `Set-Cookie`, newest last. */
  readonly setCookies: string[] = [];
  userAgent = "Mozilla/5.0 (X11; Linux x64) Chrome/150.0 Safari/537.36";

  constructor(app: Hono, publicUrl: string) {
    this.#app = app;
    this.#origin = new URL(publicUrl).origin;
  }

  async request(
    path: string,
    init: RequestInit & { headers?: Record<string, string> } = {},
  ): Promise<ShownPage> {
    const answer = await this.#app.request(new URL(path, this.#origin).href, {
      ...init,
      headers: {
        host: new URL(this.#origin).host,
        accept: "text/html",
        "user-agent": this.userAgent,
        ...(this.cookies.size > 0 && { cookie: [...this.cookies].map((pair) => pair.join("=")).join("; ") }),
        ...init.headers,
      },
    });
    for (const text of answer.headers.getSetCookie()) this.#keep(text);
    return toPage(answer);
  }

  get(path: string): Promise<ShownPage> {
    return this.request(path);
  }

  /** Opens a page and follows where it leads. */
  async open(path: string): Promise<ShownPage> {
    let page = await this.get(path);
    for (let hops = 0; page.location !== undefined && hops < 5; hops += 1)
      page = await this.get(page.location);
    return page;
  }

  /** Sends a form of a page, with these fields filled in. */
  submit(page: ShownPage, action: string, fields: Record<string, string> = {}): Promise<ShownPage> {
    const form = page.forms.get(action);
    if (!form)
      throw new Error(
        `The page "${page.title}" has no form for ${action}: ${[...page.forms.keys()].join(", ")}`,
      );
    const sent = new URLSearchParams(form);
    for (const [name, value] of Object.entries(fields)) sent.set(name, value);
    return this.post(action, sent);
  }

  post(path: string, body: URLSearchParams, headers: Record<string, string> = {}): Promise<ShownPage> {
    return this.request(path, {
      method: "POST",
      body: body.toString(),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        origin: this.#origin,
        "sec-fetch-site": "same-origin",
        ...headers,
      },
    });
  }

  #keep(text: string): void {
    this.setCookies.push(text);
    const [pair = "", ...attributes] = text.split("; ");
    const at = pair.indexOf("=");
    if (attributes.includes("Max-Age=0")) this.cookies.delete(pair.slice(0, at));
    else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
}

async function toPage(answer: Response): Promise<ShownPage> {
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    words: unescape(/<main>(.*)<\/main>/s.exec(text)?.[1]?.replaceAll(/<[^>]*>/g, " ") ?? text)
      .replaceAll(/\s+/g, " ")
      .trim(),
    title: unescape(/<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? ""),
    location: answer.headers.get("location") ?? undefined,
    forms: new Map(
      [...text.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)].map(([, attributes = "", inner = ""]) => [
        attribute(attributes, "action") ?? "",
        new URLSearchParams(
          [...inner.matchAll(/<input([^>]*)>/g)].map(([, input = ""]): [string, string] => [
            attribute(input, "name") ?? "",
            attribute(input, "value") ?? "",
          ]),
        ),
      ]),
    ),
  };
}

function attribute(text: string, name: string): string | undefined {
  const [, value] = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(text) ?? [];
  return value === undefined ? undefined : unescape(value);
}

function unescape(text: string): string {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

/** A browser without a screen: cookies by path, redirects within one site, and forms as the page holds them. */

/** A page that a person is looking at, or the address elsewhere to which they were sent. */
export interface Shown {
  readonly url: URL;
  /** Undefined where the site sent them elsewhere: nothing is loaded from there. */
  readonly status: number | undefined;
  readonly html: string;
  /** What stands on the page, a line for each block. */
  readonly text: string;
  readonly forms: readonly Form[];
}

export interface Form {
  readonly action: string;
  /** As it would be sent now. */
  readonly fields: URLSearchParams;
  /** Values of its check boxes, ticked or not. */
  readonly boxes: readonly string[];
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

const maxRedirects = 10;

export class HttpBrowser {
  readonly #origin: string;
  #cookies: readonly Cookie[] = [];

  constructor(siteUrl: string) {
    this.#origin = new URL(siteUrl).origin;
  }

  /** Opens an address and follows where it leads. */
  open(address: string | URL): Promise<Shown> {
    return this.#load(new URL(address, this.#origin), { method: "GET" });
  }

  /** Sends a form of the page with these fields set; several values stand for several fields of the name. */
  send(form: Form | undefined, changed: Readonly<Record<string, string | readonly string[]>> = {}) {
    if (!form) throw new Error("There is no such form on the page");
    const body = new URLSearchParams(form.fields);
    for (const [name, value] of Object.entries(changed)) {
      body.delete(name);
      for (const one of [value].flat()) body.append(name, one);
    }
    return this.#load(new URL(form.action, this.#origin), { method: "POST", body });
  }

  async #load(first: URL, init: { method: string; body?: URLSearchParams }): Promise<Shown> {
    let [url, sent] = [first, init];
    for (let hops = 0; hops < maxRedirects; hops += 1) {
      const answer = await fetch(url, {
        ...sent,
        redirect: "manual",
        headers: this.#headers(url, sent.method),
      });
      for (const text of answer.headers.getSetCookie()) this.#keep(text);
      const location = answer.headers.get("location");
      if (location === null) return shown(url, answer.status, await answer.text());
      await answer.body?.cancel();
      url = new URL(location, url);
      if (url.origin !== this.#origin) return shown(url, undefined, "");
      sent = { method: "GET" };
    }
    throw new Error(`Too many redirects, the last to ${url.href}`);
  }

  #headers({ pathname }: URL, method: string): Record<string, string> {
    const cookie = this.#cookies
      .filter(({ path }) => pathname === path || pathname.startsWith(path.replace(/\/?$/, "/")))
      .map(({ name, value }) => `${name}=${value}`);
    return {
      accept: "text/html",
      ...(cookie.length > 0 && { cookie: cookie.join("; ") }),
      ...(method === "POST" && { origin: this.#origin, "sec-fetch-site": "same-origin" }),
    };
  }

  #keep(text: string): void {
    const [pair = "", ...attributes] = text.split(/;\s*/);
    const at = pair.indexOf("=");
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const path = attributes.find((one) => /^path=/i.test(one))?.slice("path=".length) ?? "/";
    const isGone =
      value === "" || attributes.some((one) => /^max-age=0$|^expires=thu, 01 jan 1970/i.test(one));
    const others = this.#cookies.filter((one) => one.name !== name || one.path !== path);
    this.#cookies = isGone ? others : [...others, { name, value, path }];
  }
}

function shown(url: URL, status: number | undefined, html: string): Shown {
  return {
    url,
    status,
    html,
    text: textOf(html),
    forms: [...html.matchAll(/<form\b.*?<\/form>/gs)].map(toForm),
  };
}

function toForm([form]: RegExpExecArray): Form {
  const inputs = [...form.matchAll(/<input\b[^>]*>/g)].map(([input]) => ({
    name: attribute(input, "name") ?? "",
    value: attribute(input, "value") ?? "",
    isBox: attribute(input, "type") === "checkbox",
    isTicked: /\schecked\b/.test(input),
  }));
  return {
    action: attribute(form, "action") ?? "",
    fields: new URLSearchParams(
      inputs
        .filter(({ isBox, isTicked }) => !isBox || isTicked)
        .map(({ name, value }): [string, string] => [name, value]),
    ),
    boxes: inputs.filter(({ isBox }) => isBox).map(({ value }) => value),
  };
}

function textOf(html: string): string {
  const main = /<main>(.*)<\/main>/s.exec(html)?.[1] ?? "";
  const lines = main
    .replaceAll(/\s+/g, " ")
    .replaceAll(/<\/?(?:p|h1|h2|legend|form|fieldset|summary|details|li|label|button)\b[^>]*>/g, "\n")
    .replaceAll(/<[^>]*>/g, "")
    .split("\n");
  return lines
    .map((line) => unescaped(line.replaceAll(/ +/g, " ").trim()))
    .filter((line) => line !== "")
    .join("\n");
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : unescaped(value);
}

function unescaped(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

/**
 * A browser as far as signing in needs one: cookies, redirects within the site, the forms of a page as they stand. Each
 * comes from addresses of its own, which it says as a proxy would: what one address may do is limited, and not measured.
 */
export interface Page {
  readonly url: URL;
  /** Empty for an address elsewhere: nothing is loaded from there. */
  readonly html: string;
}

const requestTimeoutMs = 30_000;
const maxRedirects = 10;
/** Fewer than the least limit of a minute for one address. */
const requestsPerAddress = 100;
let browsers = 0;

export class Browser {
  readonly #origin: string;
  readonly #number = browsers++;
  readonly #cookies = new Map<string, string>();
  #requests = 0;

  constructor(siteUrl: string) {
    this.#origin = new URL(siteUrl).origin;
  }

  /** Opens an address and follows where it leads. */
  open(address: string | URL): Promise<Page> {
    return this.#load(new URL(address, this.#origin), undefined);
  }

  /** Sends the page's form whose address ends so, with these fields set. */
  send(page: Page, action: string, changed: Readonly<Record<string, string>>): Promise<Page> {
    const form = formsOf(page.html).find((one) => one.action.endsWith(action));
    if (!form) throw new Error(`No form to ${action} at ${page.url.href}: ${page.html.slice(0, 2000)}`);
    for (const [name, value] of Object.entries(changed)) form.fields.set(name, value);
    return this.#load(new URL(form.action, this.#origin), form.fields);
  }

  async #load(first: URL, body: URLSearchParams | undefined): Promise<Page> {
    let [url, sent] = [first, body];
    for (let hops = 0; hops < maxRedirects; hops += 1) {
      const response = await fetch(url, {
        ...(sent && { method: "POST", body: sent }),
        headers: this.#headers(sent !== undefined),
        redirect: "manual",
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      for (const text of response.headers.getSetCookie()) this.#keep(text);
      const html = await response.text();
      const location = response.headers.get("location");
      if (response.status >= 400) throw new Error(`${url.href}: ${response.status} ${html}`);
      if (location === null) return { url, html };
      url = new URL(location, url);
      if (url.origin !== this.#origin) return { url, html: "" };
      sent = undefined;
    }
    throw new Error(`Too many redirects, the last to ${url.href}`);
  }

  #headers(isForm: boolean): Record<string, string> {
    const address = Math.floor(this.#requests++ / requestsPerAddress);
    return {
      accept: "text/html",
      "x-forwarded-for": `10.${this.#number}.${address >> 8}.${address & 255}`,
      cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; "),
      ...(isForm && { origin: this.#origin, "sec-fetch-site": "same-origin" }),
    };
  }

  /** By name alone: no two paths are open in it at a time. */
  #keep(text: string): void {
    const [pair = "", ...attributes] = text.split(/;\s*/);
    const at = pair.indexOf("=");
    const isGone = attributes.some((one) => /^max-age=0$|^expires=thu, 01 jan 1970/i.test(one));
    if (isGone) this.#cookies.delete(pair.slice(0, at));
    else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
}

function formsOf(html: string): { action: string; fields: URLSearchParams }[] {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(([, attributes = "", inner = ""]) => ({
    action: attribute(attributes, "action"),
    fields: new URLSearchParams(
      [...inner.matchAll(/<input\b[^>]*>/g)]
        .filter(([input]) => attribute(input, "type") !== "checkbox" || /\schecked\b/.test(input))
        .map(([input]): [string, string] => [attribute(input, "name"), attribute(input, "value")]),
    ),
  }));
}

function attribute(tag: string, name: string): string {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll("&amp;", "&") ?? "";
}

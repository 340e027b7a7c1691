/** A person with a browser: signs in at the company where the page asks for it, reads what a client wants, decides. */
import type { Browser, BrowserContext, Page } from "playwright-core";

export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What pages did that they must not: scripts that failed, and what a policy has stopped. */
  readonly problems: readonly string[];
  /** Does what a client sends somebody to a browser for. */
  decide(address: string | URL, decision?: Decision): Promise<Decided>;
}

export interface Decision {
  /** Whom they are at the company. Default `ada`. */
  readonly as?: string;
  /** What they do on the page of the house where they sign in, if they get there. */
  readonly signIn?: (page: Page) => Promise<void>;
  /** What they do on the page before they press the button. Default: nothing. */
  readonly change?: (page: Page) => Promise<void>;
  /** Default `Allow`. */
  readonly button?: "Allow" | "Do not allow";
}

export interface Decided {
  /** What stood on the page, a line for each block. */
  readonly words: string;
  /** The client's address with the answer in it. */
  readonly back: URL;
}

export async function createVisitor(
  browser: Browser,
  { houseUrl, idpUrl }: { houseUrl: string; idpUrl: string },
): Promise<Visitor> {
  const context = await browser.newContext({ baseURL: houseUrl });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (/policy|refused to|uncaught/i.test(message.text())) problems.push(message.text());
  });

  return {
    context,
    page,
    problems,
    async decide(address, { as = "ada", signIn, change, button = "Allow" } = {}) {
      await page.goto(String(address));
      if (new URL(page.url()).origin === idpUrl)
        await page.getByRole("link", { name: as, exact: true }).click();
      if (new URL(page.url()).pathname === "/sign-in") await signIn?.(page);
      const pressed = page.getByRole("button", { name: button, exact: true });
      await pressed.waitFor();
      const words = wordsOf(await page.locator("main").innerText());
      await change?.(page);
      // The client's page may close itself, or not be one at all: what counts is that it was asked for.
      const asked = page.waitForRequest(
        (request) => request.isNavigationRequest() && new URL(request.url()).origin !== houseUrl,
      );
      await pressed.click();
      const back = new URL((await asked).url());
      await page.waitForURL((url) => url.origin !== houseUrl);
      return { words, back };
    },
  };
}

/** Ticks a kind of thing that the client has not asked for. */
export async function allowMore(page: Page, server: string, kind: string): Promise<void> {
  const box = page.getByRole("group", { name: server }).getByLabel(kind);
  if (!(await box.isVisible())) await page.getByText("More that you could allow").click();
  await box.check();
}

/** Ends what somebody allowed to the application of that name. */
export async function disconnect({ page }: Visitor, name: string): Promise<void> {
  await page.goto("/account");
  await page.getByRole("button", { name: `Disconnect ${name}`, exact: true }).click();
  await page.getByText("The app is disconnected.").waitFor();
}

/** What a client called itself on the page. */
export function nameIn({ words }: Decided): string {
  return /^Let (.*) use /.exec(words)?.[1] ?? "";
}

function wordsOf(text: string): string {
  return text
    .split("\n")
    .map((line) => line.replaceAll(/\s+/g, " ").trim())
    .filter((line) => line !== "")
    .join("\n");
}

/**
 * A real Chromium, since only a browser holds a page to its policy, its cookies and its forms. It is the one that the
 * machine has; none is downloaded.
 */
import { access, constants } from "node:fs/promises";
import { chromium, type Browser } from "playwright-core";

export interface Chromium extends AsyncDisposable {
  readonly browser: Browser;
}

/** @throws an Error that says how to install one, where there is none. */
export async function startChromium(): Promise<Chromium> {
  const browser = await chromium.launch({
    executablePath: await findChromium(),
    // A container has neither the rights for the sandbox nor a screen; nothing but the pages of a test is opened.
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
  });
  return { browser, [Symbol.asyncDispose]: () => browser.close() };
}

async function findChromium(): Promise<string> {
  const places = candidates();
  const found = await Promise.all(places.map(isProgram));
  const path = places.find((_, index) => found[index]);
  if (path !== undefined) return path;
  throw new Error(
    `These tests need Chromium, and none of these is one: ${places.join(", ")}. ` +
      "Install it (Debian, Ubuntu: apt-get install chromium; anywhere: npx playwright-core install chromium), " +
      "or name one in CHROMIUM_PATH.",
  );
}

/** What `CHROMIUM_PATH` names and nothing else, or the usual places and Playwright's own. */
function candidates(): string[] {
  const named = process.env["CHROMIUM_PATH"];
  if (named !== undefined && named !== "") return [named];
  return [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    chromium.executablePath(),
  ];
}

function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

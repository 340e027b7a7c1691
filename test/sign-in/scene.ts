/** The pages of signing in on a socket, and a person with a browser and a device for passkeys. */
import type { Clock } from "@castellan/kernel";
import { systemClock } from "@castellan/kernel";
import { createTestSignIn, type TestSignIn } from "@castellan/sign-in/testing";
import { startHttpServer } from "@castellan/web";
import type { BrowserContext, BrowserContextOptions, CDPSession, Page, Request } from "playwright-core";
import { startChromium } from "../harness/chromium.ts";

export interface Scene extends AsyncDisposable {
  readonly house: TestSignIn;
  /** `http://localhost:41234`: passkeys need a domain. */
  readonly url: string;
  newVisitor(options?: BrowserContextOptions): Promise<Visitor>;
}

/** A browser of its own, with a device that says yes to whatever it is asked. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly device: Device;
  /** What its pages did that they must not: scripts that failed, and what a policy has stopped. */
  readonly problems: string[];
}

/** A virtual authenticator (WebAuthn §11). */
export interface Device {
  /** Whether it finds out who holds it, by finger or PIN. */
  verifyUser(isVerified: boolean): Promise<void>;
  passkeys(): Promise<number>;
}

export async function createScene(clock: Clock = systemClock): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const chromium = opened.use(await startChromium());
  const house = Promise.withResolvers<TestSignIn>();
  const server = opened.use(
    await startHttpServer({
      app: { fetch: async (request, env) => (await house.promise).app.fetch(request, env) },
      host: "127.0.0.1",
      port: 0,
      onError: () => {},
    }),
  );
  const url = server.url.replace("127.0.0.1", "localhost");
  const made = opened.use(await createTestSignIn({ clock, publicUrl: url, isLoopback: true }));
  house.resolve(made);
  const owned = opened.move();
  return {
    house: made,
    url,
    newVisitor: async (options) => {
      const context = await chromium.browser.newContext({ baseURL: url, ...options });
      owned.defer(() => context.close());
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => {
        if (/policy|refused to|uncaught/i.test(message.text())) problems.push(message.text());
      });
      return { context, page, device: await addDevice(await context.newCDPSession(page)), problems };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Gives a browser's tab a device that holds passkeys. */
export async function addDevice(session: CDPSession): Promise<Device> {
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    verifyUser: async (isUserVerified) => {
      await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
    },
    passkeys: async () =>
      (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length,
  };
}

/** The next form that the page sends to this path. */
export function formSentTo(page: Page, path: string): Promise<Request> {
  return page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith(path));
}

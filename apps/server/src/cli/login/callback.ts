/** Where the browser comes back to: a listener on this computer, for one answer (RFC 8252 §7.3). */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export interface Callback extends AsyncDisposable {
  readonly redirectUri: string;
  /** Where the browser was when it came back with an answer. */
  readonly arrived: Promise<URL>;
  /** Says which requests are answers: whatever runs on this computer could send others. */
  expect(isAnswer: (back: URL) => boolean): void;
}

export async function listenForCallback(): Promise<Callback> {
  const arrived = Promise.withResolvers<URL>();
  let isAnswer: (back: URL) => boolean = () => false;
  const answer: RequestListener = ({ method, url = "/" }, response) => {
    const back = URL.parse(url, redirectUri);
    const isOurs = method === "GET" && back?.pathname === "/callback" && isAnswer(back);
    response.writeHead(isOurs ? 200 : 404, headers);
    response.end(isOurs ? page(back.searchParams.has("code")) : "");
    if (isOurs) arrived.resolve(back);
  };
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  return {
    redirectUri,
    arrived: arrived.promise,
    expect: (told) => {
      isAnswer = told;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      // The page is on its way; what a browser keeps open beside it must not hold the command up.
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), lastWordMs).unref();
      await once(server, "close");
    },
  };
}

const lastWordMs = 1000;

const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  "cache-control": "no-store",
  // The code is in the address.
  "referrer-policy": "no-referrer",
  connection: "close",
};

function page(hasCode: boolean): string {
  const text = hasCode
    ? "You can close this page, and go on in the terminal."
    : "The command line was not let in. You can close this page.";
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Castellan</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}</style>
<h1>Castellan</h1><p>${text}</p></html>
`;
}

import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { isFault } from "@castellan/kernel";
import { createOutbound, type Resolve } from "@castellan/web";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { isDocumentUrl, maxDocumentBytes, readClientDocument } from "./client-document.ts";
import { aDocument, describes, documentUrl, serveDocuments, type DocumentServer } from "./testing.ts";

let served: DocumentServer;

beforeAll(async () => {
  served = await serveDocuments();
});
beforeEach(() => {
  served.asked.length = 0;
  served.answer = describes(aDocument);
});
afterAll(() => served[Symbol.asyncDispose]());

const read = (url = documentUrl, outbound = served.outbound) =>
  readClientDocument(url, { outbound, nowMs: Date.UTC(2026, 0, 1) });

async function refusal(reading: Promise<unknown>): Promise<[code: string, message: string]> {
  const error: unknown = await reading.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isFault(error)) throw new Error("expected a fault", { cause: error });
  return [error.code, error.message.replace(/^The client's description /, "")];
}

test.each([
  "https://client.example/client.json",
  "https://client.example:8443/client.json",
  "https://client.example/",
  "https://client.example",
  "http://client.example/client.json",
  "HTTPS://client.example/client.json",
  "https://Client.example/client.json",
  "https://client.example:443/client.json",
  "https://user@client.example/client.json",
  "https://client.example/client.json#x",
  "https://client.example/client.json#",
  "https://client.example/a/../client.json",
  "https://client.example/a/%2e%2e/client.json",
  String.raw`https://client.example\client.json`,
  "https://client。example/client.json",
  "https://[::1]/client.json",
  " https://client.example/client.json",
  `https://client.example/${"x".repeat(512)}`,
  "cli_019a",
])("%s", (id) => {
  const good = ["https://client.example/client.json", "https://client.example:8443/client.json"];
  expect(isDocumentUrl(id)).toBe(good.includes(id));
});

test("what a client says of itself, and for how long", async () => {
  served.answer = describes(
    { ...aDocument, scope: "everything", logo_uri: "https://client.example/l.png" },
    {
      "cache-control": "public, max-age=600",
    },
  );
  expect(await read()).toEqual({
    metadata: {
      name: "Example Client",
      uri: "https://client.example/",
      redirectUris: ["https://client.example/cb", "http://127.0.0.1/cb"],
      authMethod: "none",
      grantTypes: ["authorization_code", "refresh_token"],
      jwks: undefined,
      jwksUri: undefined,
    },
    freshMs: 600_000,
  });
});

const privateKey = { kty: "EC", crv: "P-256", x: "x", y: "y", d: "d" };

test.each([
  [
    "another client_id",
    { ...aDocument, client_id: `${documentUrl}/` },
    "its client_id is another address than its own",
  ],
  [
    "no client_id",
    { redirect_uris: aDocument.redirect_uris },
    "its client_id is another address than its own",
  ],
  ["a secret", { ...aDocument, client_secret: "x" }, "it holds a secret, and everybody can read it"],
  [
    "a secret's way",
    { ...aDocument, token_endpoint_auth_method: "client_secret_basic" },
    "it asks to be known by a secret, and there is nobody to agree on one with",
  ],
  [
    "a private key",
    { ...aDocument, token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [privateKey] } },
    "jwks must hold public keys only; whoever has seen a private one could come as this client",
  ],
  [
    "a shared key",
    { ...aDocument, token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [{ kty: "oct", k: "k" }] } },
    "jwks must hold public keys only; whoever has seen a private one could come as this client",
  ],
  ["no redirect URI", { client_id: documentUrl }, "redirect_uris is required"],
  [
    "a script",
    { ...aDocument, redirect_uris: ["javascript:alert(1)"] },
    "redirect_uris[0] must not use the scheme javascript:",
  ],
  ["plain http", { ...aDocument, redirect_uris: ["http://a.example/"] }, "redirect_uris[0] must use https"],
  [
    "an implicit client",
    { ...aDocument, response_types: ["token"] },
    "response_types must name code, the only one there is",
  ],
  [
    "a bidi name",
    { ...aDocument, client_name: "\u202eevil" },
    "client_name must hold printable characters only",
  ],
  ["an array", [aDocument], "it is not a JSON object"],
  ["no JSON", "{", "it is not JSON"],
])("%s is not taken", async (_, document, reason) => {
  served.answer = describes(document);
  expect(await refusal(read())).toEqual(["client_document_invalid", `is not usable: ${reason}`]);
});

test("what is no JSON by its type is not taken: uploads of strangers lie on good hosts", async () => {
  served.answer = describes(aDocument, { "content-type": "text/plain" });
  expect(await refusal(read())).toEqual([
    "client_document_invalid",
    "is not usable: it is not served as JSON",
  ]);
});

test.each([
  ["all at once", { "content-length": String(maxDocumentBytes + 1) }],
  ["bit by bit", { "transfer-encoding": "chunked" }],
])("one that is too long is not read to its end: %s", async (_, headers) => {
  served.answer = (_request, response) => {
    response.writeHead(200, { "content-type": "application/json", ...headers });
    response.end(" ".repeat(maxDocumentBytes + 1));
  };
  expect(await refusal(read())).toEqual([
    "client_document_invalid",
    `is not usable: it is longer than ${maxDocumentBytes} bytes`,
  ]);
});

test.each([301, 302, 303, 307, 308])("a redirect (%i) is not followed, wherever it leads", async (status) => {
  served.answer = (request, response) => {
    if (request.url === "/secret") response.end(JSON.stringify(aDocument));
    else response.writeHead(status, { location: "/secret" }).end();
  };
  expect(await refusal(read())).toEqual([
    "client_document_invalid",
    "is not usable: it leads elsewhere, and no redirect is followed",
  ]);
  expect(served.asked).toEqual(["/oauth/client.json"]);
});

test.each([
  [404, "client_document_invalid", "is not usable: its server answered 404"],
  [201, "client_document_invalid", "is not usable: its server answered 201"],
  [429, "client_document_unavailable", "could not be read: its server answered 429"],
  [500, "client_document_unavailable", "could not be read: its server answered 500"],
])("a server that answers %i", async (status, code, message) => {
  served.answer = (_request, response) => response.writeHead(status).end("{}");
  expect(await refusal(read())).toEqual([code, message]);
});

test("one that drips in is given up", async () => {
  served.answer = (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).write("{");
  };
  const reading = readClientDocument(documentUrl, { outbound: served.outbound, nowMs: 0, timeoutMs: 50 });
  expect(await refusal(reading)).toEqual([
    "client_document_unavailable",
    "could not be read: it did not come in time",
  ]);
});

/** A server on this machine that would answer, and a resolver by which names lead to it. */
async function insideServer(answer: string = JSON.stringify(aDocument)) {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.setHeader("content-type", "application/json").end(answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.each(["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"])(
  "no address inside is called: %s",
  async (address) => {
    await using outbound = createOutbound();
    expect(await refusal(read(`https://${address}/client.json`, outbound))).toEqual([
      "client_document_unavailable",
      "could not be read: its server cannot be reached over the public Internet",
    ]);
  },
);

test("a name that leads inside when the connection is made is not called, whatever it led to before", async () => {
  await using inside = await insideServer();
  let lookups = 0;
  // As a name server does that answers each question otherwise.
  const resolve: Resolve = () => {
    lookups += 1;
    return Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
  };
  await using outbound = createOutbound({ resolve });
  const url = `https://rebound.example:${inside.port}/client.json`;
  for (const _ of [1, 2])
    expect(await refusal(read(url, outbound))).toEqual([
      "client_document_unavailable",
      "could not be read: its server cannot be reached over the public Internet",
    ]);
  // It is the address of each connection that is judged, not one of an earlier look.
  expect([lookups, inside.asked()]).toEqual([2, 0]);
});

test("whether a name exists inside is not told", async () => {
  const nowhere: Resolve = () =>
    Promise.reject(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }));
  await using inside = createOutbound({
    resolve: () => Promise.resolve([{ address: "10.0.0.1", family: 4 }]),
  });
  await using outside = createOutbound({ resolve: nowhere });
  expect(await refusal(read("https://payroll.corp/client.json", inside))).toEqual(
    await refusal(read("https://payroll.corp/client.json", outside)),
  );
});

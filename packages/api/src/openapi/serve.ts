import type { Hono } from "hono";
import type { Route } from "../route.ts";
import { createDocument } from "./document.ts";

/** `GET /openapi.json`. It tells nothing that the sources do not, and needs no token: generators have none. */
export function serveDocument(api: Hono, routes: readonly Route[], version: string): void {
  let text: string | undefined;
  api.get("/openapi.json", (c) => {
    text ??= JSON.stringify(createDocument(routes, version));
    return c.body(text, 200, { "content-type": "application/json" });
  });
}

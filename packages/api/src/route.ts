/** An operation of the API as data: where it is, what goes in and out, who may, and what it does. */
import type { Permission, Principal } from "@castellan/access";
import type { Connection } from "@castellan/policy";
import { z } from "zod";
import { parseInput } from "@castellan/kernel";
import type { ApiPorts } from "./ports.ts";

/** What a handler gets: input that its schemas have accepted, and who sent it. */
export interface RouteRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly principal: Principal;
  /** How the request reached us. */
  readonly connection: Connection;
  /**
   * The version that the caller means (`If-Match`); absent: whichever is there. Stores compare it in the
   * transaction that changes the resource, and throw `version_stale`.
   */
  readonly ifMatch: number | undefined;
  /** Aborts when the client has gone. */
  readonly clientGone: AbortSignal;
  /** Aborts when the server begins to drain. */
  readonly draining: AbortSignal;
}

export type RouteMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

interface RouteFace {
  /** What clients call it, verb first, never changed: `addServer`. The `operationId` of the API's document. */
  readonly id: string;
  readonly method: RouteMethod;
  /** Below `/api/v1`, with parameters in braces: `/servers/{slug}`. */
  readonly path: `/${string}`;
  /** One line for the reference page. */
  readonly summary: string;
  /** What the caller's role must allow; `use`: every caller that is known may. */
  readonly permission: Permission;
  /** Status of the good answer. Default 200, or 204 where there is no answer. */
  readonly status?: 200 | 201;
  /**
   * Codes of the failures that this operation has beside those that every operation has; the document of the
   * API lists them, and a test holds each to be reachable.
   */
  readonly errors?: readonly string[];
  /** Its answer is one resource with a `version`: told as `ETag` as well, and `If-Match` is taken where it changes. */
  readonly isVersioned?: boolean;
  /** The longest body that it takes, where that is not `maxBodyBytes`. */
  readonly maxBodyBytes?: number;
  /** Doing it twice is not doing it once: `Idempotency-Key` is taken. */
  readonly takesIdempotencyKey?: boolean;
}

export interface RouteSpec<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> extends RouteFace {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Absent: there is nothing to say but that it is done. */
  readonly answer?: Answer;
  readonly handler: (
    request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
    ports: ApiPorts,
  ) => Promise<z.input<Answer>>;
}

/** A declared operation, as the table holds it; the schemas are there for whoever describes the API. */
export interface Route extends RouteFace {
  readonly params: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  readonly answer: z.ZodType | undefined;
  /**
   * Checks the input and does the work. What comes back holds what the answer's schema names and
   * nothing else. Throws `invalid_input`, and what the handler throws.
   */
  readonly run: (request: RouteRequest<unknown, unknown, unknown>, ports: ApiPorts) => Promise<unknown>;
}

/** Whether the operation changes a resource of which the caller may mean one version. */
export function takesIfMatch({ isVersioned, method }: Route): boolean {
  return isVersioned === true && (method === "PUT" || method === "PATCH" || method === "DELETE");
}

/** Whether a request without a body is one of this operation. */
export function isBodyOptional({ body }: Route): boolean {
  return body === undefined || body.safeParse(undefined).success;
}

/** Where an operation takes no query, none is let in. */
const noQuery = z.strictObject({});

/** Declares an operation. */
export function defineRoute<
  Params extends z.ZodType = z.ZodUnknown,
  Query extends z.ZodType = z.ZodUnknown,
  Body extends z.ZodType = z.ZodUnknown,
  Answer extends z.ZodType = z.ZodVoid,
>(spec: RouteSpec<Params, Query, Body, Answer>): Route {
  const { params, query, body, answer, handler, ...face } = spec;
  return Object.freeze({
    ...face,
    params,
    query,
    body,
    answer,
    run: async (request: RouteRequest<unknown, unknown, unknown>, ports: ApiPorts) => {
      const result = await handler(
        {
          principal: request.principal,
          get connection() {
            return request.connection;
          },
          ifMatch: request.ifMatch,
          // Aborted signals are asked for only by those who wait.
          get clientGone() {
            return request.clientGone;
          },
          get draining() {
            return request.draining;
          },
          params: parseInput(params, request.params, "path"),
          query: parseInput(query ?? noQuery, request.query, "query") as z.output<Query>,
          body: parseInput(body, request.body, "body"),
        },
        ports,
      );
      return answer?.parse(result);
    },
  });
}

export { createClient, type Client, type ClientOptions, type RequestOf } from "./client.ts";
export { ApiProblem, UnexpectedAnswer, type InputProblem } from "./problem.ts";
export { pages } from "./pages.ts";
export type * from "./operations.ts";

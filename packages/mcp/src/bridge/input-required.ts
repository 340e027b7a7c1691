/**
 * Multi round-trip requests (2026-07-28, SEP-2322): a server answers with questions, the client
 * sends the request again with its answers and the server's state.
 */
import { mcpFaults } from "../faults.ts";
import { isObjectText, withMembers } from "../json/members.ts";
import { objectMembers } from "../json/scan.ts";
import { isObject, memberOf, memberText, type JsonObject, type ResultMessage } from "../jsonrpc/message.ts";

export const maxInputRequests = 64;

/** One question of a server. */
export interface InputRequest {
  /** Chosen by the server; the answer goes under the same key. */
  readonly key: string;
  readonly method: string;
  /** Raw JSON object. */
  readonly params: string | undefined;
}

export interface InputRequired {
  readonly requests: readonly InputRequest[];
  /** Raw JSON string, to be sent back to the letter. */
  readonly state: string | undefined;
}

/**
 * Reads a result of the type `input_required`; undefined for one of another type.
 * Throws `upstream_invalid` when it is malformed, empty or has more than `maxInputRequests` questions.
 */
export function parseInputRequired(message: ResultMessage): InputRequired | undefined {
  const { resultType, requestState } = message.result;
  if (resultType !== "input_required") return undefined;
  const text = memberText(message, "result") ?? "{}";
  if (requestState !== undefined && typeof requestState !== "string")
    throw invalid('has a "requestState" that is no string');
  const requests = inputRequestsOf(message.result, text);
  const state = memberOf(text, "requestState");
  if (requests.length === 0 && state === undefined)
    throw invalid('has neither questions ("inputRequests") nor a "requestState"');
  return { requests, state };
}

/**
 * The questions in a result of whatever type, or in what is told of a task, which has them, too (extension
 * io.modelcontextprotocol/tasks). `text` is the raw JSON of `holder`.
 * Throws `upstream_invalid` as `parseInputRequired` does.
 */
export function inputRequestsOf(holder: JsonObject, text: string): readonly InputRequest[] {
  return holder["inputRequests"] === undefined ? [] : parseRequests(memberOf(text, "inputRequests"));
}

/** A result of the type `input_required`. At least one of the two must be there. */
export function inputRequiredText(requests: readonly InputRequest[], stateText: string | undefined): string {
  const entries = requests.map(({ key, method, params }) => {
    const tail = params === undefined ? "" : `,"params":${params}`;
    return `${JSON.stringify(key)}:{"method":${JSON.stringify(method)}${tail}}`;
  });
  const questions = entries.length === 0 ? "" : `,"inputRequests":{${entries.join(",")}}`;
  const state = stateText === undefined ? "" : `,"requestState":${stateText}`;
  return `{"resultType":"input_required"${questions}${state}}`;
}

/**
 * A retry's answers by key, each as raw JSON; undefined for a request that carries none.
 * Throws `params_invalid`, naming the field.
 */
export function inputResponsesOf(params: string | undefined): ReadonlyMap<string, string> | undefined {
  const text = params === undefined ? undefined : memberOf(params, "inputResponses");
  if (text === undefined) return undefined;
  if (!isObjectText(text)) throw paramInvalid("params.inputResponses", "an object");
  const responses = new Map<string, string>();
  for (const [key, { start, end }] of objectMembers(text)) {
    const response = text.slice(start, end);
    if (!isObjectText(response))
      throw paramInvalid(`params.inputResponses[${JSON.stringify(key.slice(0, 64))}]`, "an object");
    responses.set(key, response);
  }
  return responses;
}

/** A retry's state as a raw JSON string, or undefined. Throws `params_invalid`. */
export function requestStateOf(params: string | undefined): string | undefined {
  const text = params === undefined ? undefined : memberOf(params, "requestState");
  if (text !== undefined && !text.startsWith('"')) throw paramInvalid("params.requestState", "a string");
  return text;
}

/** A result or `params` with another state (raw JSON string), or, with undefined, without one. */
export function withRequestState(objectText: string, stateText: string | undefined): string {
  return withMembers(objectText, { requestState: stateText });
}

function parseRequests(text: string | undefined): readonly InputRequest[] {
  if (!isObjectText(text)) throw invalid('has "inputRequests" that are no object');
  const members = objectMembers(text);
  if (members.size > maxInputRequests) throw invalid(`has more than ${maxInputRequests} questions`);
  return [...members].map(([key, { start, end }]) => parseRequest(key, text.slice(start, end)));
}

function parseRequest(key: string, text: string): InputRequest {
  const value: unknown = JSON.parse(text);
  const { method, params } = isObject(value) ? value : {};
  if (typeof method !== "string" || method.length === 0 || method.length > 128)
    throw invalid(`has a question ${JSON.stringify(key.slice(0, 64))} without a method`);
  if (params !== undefined && !isObject(params))
    throw invalid(`has a question ${JSON.stringify(key.slice(0, 64))} whose params are no object`);
  return { key, method, params: memberOf(text, "params") };
}

function invalid(problem: string) {
  return mcpFaults.fault("upstream_invalid", `The server's input_required ${problem}`);
}

function paramInvalid(field: string, type: string) {
  return mcpFaults.fault("params_invalid", `${field} must be ${type}`, { field });
}

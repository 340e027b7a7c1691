/** The tool of a portal that runs code, with a function of the test's own for the code. */
import {
  childCalls,
  childOriginOf,
  type Answer,
  type CallPorts,
  type ChildCalls,
  type ChildOrigin,
  type ChildOutcome,
  type ChildRequest,
  type OwnToolCall,
} from "@castellan/calls";
import { createId } from "@castellan/kernel";
import type { RequestMessage } from "@castellan/mcp";
import type { CodemodePort } from "@castellan/portal";

export interface Running {
  readonly call: OwnToolCall;
  readonly request: RequestMessage;
  readonly ports: CallPorts;
  readonly origin: ChildOrigin;
  readonly children: ChildCalls;
}

/** What it resolves to is answered: raw JSON of a result, or what a portal's own tool answers. */
export type Program = (running: Running) => Promise<string | Answer>;

export interface TestCode {
  readonly port: CodemodePort;
  /** What runs from now on. */
  program: Program;
}

const tool = "portal_codemode_execute";

export function testCode(): TestCode {
  const code: TestCode = {
    program: () => Promise.resolve("{}"),
    port: {
      toolNames: { search: "portal_codemode_search", execute: tool },
      definitions: () => [JSON.stringify({ name: tool, inputSchema: { type: "object" } })],
      apiDefinitions: () => [],
      ownTool: ({ name }, { narrowedTo }) => ({
        name,
        async call(call, request, ports) {
          const origin = { ...childOriginOf(call, narrowedTo), runId: createId("run") };
          const children = childCalls(origin, ports);
          const answer = await code.program({ call, request, ports, origin, children });
          return typeof answer === "string" ? { kind: "result", text: answer, outcome: "ok" } : answer;
        },
      }),
      ownResource: () => Promise.resolve(undefined),
    },
  };
  return code;
}

/** A call of a tool; what is given makes it another. */
export function toolCall(name: string, args: object = {}, more: Partial<ChildRequest> = {}): ChildRequest {
  return {
    id: createId("call"),
    method: "tools/call",
    params: JSON.stringify({ name, arguments: args }),
    signal: new AbortController().signal,
    ...more,
  };
}

/** The code of the fault, or what the server answered. */
export function gist({ answer, fault }: ChildOutcome): string {
  return fault?.code ?? `${answer?.kind}`;
}

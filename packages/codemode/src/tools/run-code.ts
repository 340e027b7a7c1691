/**
 * The tools that run code, as a portal has them: each call is read, run, and answered. Where a run waits for people its caller hears of it in
 * the way that their client can: asked to open the pages, or told where they are.
 */
import {
  askOwnCaller,
  childCalls,
  childOriginOf,
  errandOf,
  hearOwnRetry,
  openOwnState,
  type Answer,
  type CallPorts,
  type OwnTool,
} from "@castellan/calls";
import { createId, isFault, type Clock, type Fault, type Id } from "@castellan/kernel";
import { isolateFaults } from "@castellan/isolates";
import type { RequestMessage } from "@castellan/mcp";
import type { ApiDocumentsPort } from "../documents.ts";
import type { Engine, GoingOn } from "../engine/engine.ts";
import type { Seat } from "../engine/passes.ts";
import { statesOf } from "../engine/errands.ts";
import { scopeSurface } from "../engine/scope-surface.ts";
import { codemodeFaults, runUnknown } from "../faults.ts";
import type { Run, RunAnswer, RunTool, RunWait } from "../run.ts";
import type { Whose } from "../runs/whose.ts";
import { executeArguments, searchArguments } from "./arguments.ts";
import { heldByBoth, partOf, roomOf, runCallerOf, type CodeSeat, type CodeTool } from "./code-seat.ts";
import { renderAnswer, renderFault } from "./render.ts";

export interface RunCodeGround {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly documents: ApiDocumentsPort | undefined;
  readonly replica: string;
  /** How long a run may wait. */
  readonly waitMs: number;
  /** What a run waits for at present. Throws `run_unknown` where it is not theirs. */
  readonly waitsOf: (run: Id<"run">, whose: Whose) => Promise<readonly RunWait[]>;
}

type Call = Parameters<OwnTool["call"]>[0];

export function codeTool(ground: RunCodeGround, tool: CodeTool, seat: CodeSeat): OwnTool {
  return {
    name: tool.name,
    async call(call, request, ports) {
      const one = new CodeCall({ ...ground, tool, seat, call, request, ports });
      try {
        return tool.does === "search" ? await one.search() : await one.execute();
      } catch (error) {
        if (!isFault(error) || !isTold(error)) throw error;
        return renderFault(error, call.protocol.era);
      }
    },
  };
}

/** Failures that are told to models, who may do better next time: arguments that do not fit are, too (2025-11-25, Tools § Error Handling). */
function isTold({ code, field }: Fault): boolean {
  return ownCodes.has(code) || (code === "params_invalid" && field?.startsWith("params.arguments") === true);
}

const ownCodes: ReadonlySet<string> = new Set([
  ...Object.keys(codemodeFaults.specs),
  ...Object.keys(isolateFaults.specs),
]);

interface CodeCallOptions extends RunCodeGround {
  readonly tool: CodeTool;
  readonly seat: CodeSeat;
  readonly call: Call;
  readonly request: RequestMessage;
  readonly ports: CallPorts;
}

class CodeCall {
  readonly #options: CodeCallOptions;

  constructor(options: CodeCallOptions) {
    this.#options = options;
  }

  async search(): Promise<Answer> {
    const { engine, call, request } = this.#options;
    const { code } = searchArguments(request);
    const run = this.#newRun("search");
    const { signal } = call.cancel;
    return renderAnswer(await engine.explore(run, code, { ...this.#seatOf(run), signal }), call.protocol.era);
  }

  async execute(): Promise<Answer> {
    const { call, request, ports } = this.#options;
    let answer = await this.#begin();
    while (answer.status === "paused" && answer.waits.length > 0) {
      const errands = answer.waits.map((wait) => errandOf(wait, call.principal.id, ports));
      const asked = await askOwnCaller({ call, request, errands, run: answer.run }, ports);
      if (asked.kind === "question") return asked.answer;
      if (asked.kind === "unasked" || asked.states.every((state) => state === "pending")) break;
      answer = await this.#goOn(answer.run);
    }
    return renderAnswer(answer, call.protocol.era);
  }

  async #begin(): Promise<RunAnswer> {
    const { engine, call, request, ports, waitsOf } = this.#options;
    const args = executeArguments(request);
    const asked = openOwnState(call, request, ports);
    if (asked) {
      const waits = await waitsOf(asked, this.#going());
      const errands = waits.map((wait) => errandOf(wait, call.principal.id, ports));
      if (errands.length > 0) await hearOwnRetry({ call, request, errands }, ports);
      return this.#goOn(asked);
    }
    if ("run" in args) return this.#goOn(args.run);
    return engine.begin(this.#newRun("execute"), args.code, this.#going());
  }

  #goOn(run: Id<"run">): Promise<RunAnswer> {
    return this.#options.engine.goOn(run, this.#going());
  }

  #going(): GoingOn {
    const { seat, call, ports } = this.#options;
    const { signal } = call.cancel;
    return {
      caller: runCallerOf(call.principal),
      portal: seat.portal.slug,
      signal,
      seatOf: (run) => this.#seatOf(run),
      settled: (waits, { caller }) => statesOf(waits, caller, ports, signal),
    };
  }

  /** A run goes on with what both have: whoever began it, and whoever goes on with it. */
  #seatOf(run: Run): Seat {
    const { tool, seat, call, ports, documents } = this.#options;
    const room = roomOf(tool);
    if (JSON.stringify(room) !== JSON.stringify(run.room)) throw runUnknown();
    const narrowedTo = heldByBoth(run.narrowedTo, seat.narrowedTo);
    const calls = childCalls(
      { ...childOriginOf(call, narrowedTo), callId: run.callId, runId: run.id },
      ports,
    );
    const scope = seat.scope("modern");
    const isLess = narrowedTo?.length !== seat.narrowedTo?.length;
    return { calls, surface: scopeSurface(isLess ? partOf(scope, narrowedTo) : scope, room, documents) };
  }

  #newRun(does: RunTool): Run {
    const { tool, seat, call, clock, replica, waitMs } = this.#options;
    const origin = childOriginOf(call, seat.narrowedTo);
    const { requestId, address, connection, ownHost, client, callId, standing } = origin;
    const nowMs = clock.now();
    return {
      id: createId("run"),
      state: "running",
      tool: does,
      room: roomOf(tool),
      caller: { ...runCallerOf(call.principal), standing },
      portal: seat.portal.slug,
      narrowedTo: seat.narrowedTo,
      place: { requestId, address, connection, ownHost, client },
      callId,
      startedAt: new Date(nowMs),
      expiresAt: new Date(nowMs + waitMs),
      waits: [],
      version: 1,
      replica,
      use: { wallMs: 0, cpuMs: 0, passes: 1, calls: 0 },
    };
  }
}

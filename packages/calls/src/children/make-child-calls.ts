import { isFault, kernelFaults, type Fault } from "@castellan/kernel";
import type { ForwardTarget, Received } from "../call.ts";
import { callFaults } from "../faults.ts";
import { carryCall, type Facts } from "../run-call.ts";
import type { CallPorts } from "../stages/stage.ts";
import type { ChildCalls, ChildOrigin, ChildOutcome, ChildRequest } from "./child-calls.ts";
import { childMessage, metaOf } from "./child-message.ts";
import { RecordsUnderWay } from "./records-under-way.ts";
import { Turns } from "./turns.ts";

/** Calls that one piece of code has under way at a time: less than a caller may have at one server. */
const maxAtOnce = 16;

/** The calls of one piece of code, as the caller of `origin` and by the ways that they themselves would have to take. */
export function childCalls(origin: ChildOrigin, ports: CallPorts): ChildCalls {
  const { clock } = ports;
  const meta = metaOf(origin.client);
  const records = new RecordsUnderWay(() => ports.audit.hasten());
  const turns = new Turns(maxAtOnce);

  async function carry(request: ChildRequest): Promise<ChildOutcome> {
    using _turn = await turns.take(request.signal);
    request.signal.throwIfAborted();
    records.assertSound();
    using over = new DisposableStack();
    const cancel = cancelOf(request.signal, over);
    const received = toReceived(request, cancel);
    const { facts, outcome, recorded } = await carryCall(received, ports);
    records.add(recorded);
    const durationMs = clock.monotonic() - received.startedMs;
    return { ...toOutcome(facts, outcome.fault), class: classOf(facts), durationMs };
  }

  function toReceived(request: ChildRequest, cancel: AbortController): Received {
    const { read, protocolHeaders } = childMessage(request, meta);
    const { callId, runId, narrowedTo, portalSlug, ownHost, requestId, address, connection, draining } =
      origin;
    let told: Promise<void> | undefined;
    const { authorization, standing } = origin;
    return {
      id: request.id,
      requestId,
      receivedAtMs: clock.now(),
      startedMs: clock.monotonic(),
      address,
      connection,
      portalSlug,
      ownHost,
      option: (name) => (name === "servers" && narrowedTo ? [narrowedTo.join(",")] : []),
      authorization,
      standing,
      child: {
        parentCallId: callId,
        runId,
        read,
        onDispatch: (target) => (told ??= tell(request, target)),
        isRecordAwaited: () => records.areAwaited,
      },
      protocolHeaders,
      header: () => undefined,
      paramHeaders: () => noHeaders,
      readBody: () => Promise.reject(new TypeError("the message of a child was read when it was made")),
      acceptsStream: false,
      cancel,
      draining,
      relay: () => false,
    };
  }

  async function tell({ onDispatch }: ChildRequest, target: ForwardTarget): Promise<void> {
    const { class: toolClass } = target.capability;
    if (toolClass !== "read") await records.committed();
    await onDispatch?.({ target, class: toolClass });
  }

  return {
    async call(request) {
      try {
        return await carry(request);
      } catch (error) {
        // Before anything of it began: it was given up, or no record could be made of it.
        const fault = isFault(error) ? error : request.signal.aborted ? cancelled(error) : undefined;
        if (!fault) throw error;
        return { answer: undefined, fault, class: undefined, durationMs: 0 };
      }
    },
    recorded: () => records.committed(),
  };
}

const noHeaders = Object.freeze({});

function cancelOf(signal: AbortSignal, over: DisposableStack): AbortController {
  const cancel = new AbortController();
  const abort = () => cancel.abort(isFault(signal.reason) ? signal.reason : cancelled(signal.reason));
  signal.addEventListener("abort", abort, { once: true });
  over.defer(() => signal.removeEventListener("abort", abort));
  return cancel;
}

function cancelled(cause: unknown): Fault {
  return kernelFaults.fault("cancelled", "The code that made the call was ended", { cause });
}

/** A server that has something to ask is not answered: nobody who could is there. */
function toOutcome({ answer }: Facts, fault: Fault | undefined): Pick<ChildOutcome, "answer" | "fault"> {
  if (fault || !answer) return { answer: undefined, fault };
  if (answer.code === "input_required")
    return {
      answer: undefined,
      fault: callFaults.fault(
        "client_unanswered",
        "The server wants to ask the caller something first, which it cannot in a call that code makes",
      ),
    };
  const { kind, text, code } = answer;
  return { answer: { kind, text, code }, fault: undefined };
}

function classOf({ target }: Facts): ChildOutcome["class"] {
  return target?.kind === "forward" ? target.capability.class : undefined;
}

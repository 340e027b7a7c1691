/** Answers what a program asks its host: of what was recorded, of what the host knows itself, or by a call that goes through the stages. */
import type { ToolClass } from "@castellan/access";
import { canonicalJson, errandNoteOf, type ChildCalls, type ChildOutcome } from "@castellan/calls";
import { PutOff, type Binding } from "@castellan/isolates";
import { isFault, type Fault } from "@castellan/kernel";
import { assertUnambiguous } from "@castellan/mcp";
import { parseHostRequest, type HostRequest } from "../inside/protocol.ts";
import { codemodeFaults } from "../faults.ts";
import { changesSomething, isOut, type Asked, type Entry, type Journal } from "../journal/journal.ts";
import { toOutcomeText } from "./outcome-text.ts";
import type { CallOutcomeText, RunCallMethod } from "../run.ts";
import type { Surface } from "./surface.ts";

export interface HostOptions {
  readonly journal: Journal;
  readonly surface: Surface;
  /** Absent for code that only explores. */
  readonly calls: ChildCalls | undefined;
  /** Of method, target and arguments: keyed. */
  readonly digest: (parts: readonly string[]) => string;
  /** Resolves when the run is on record: nothing goes out before. */
  readonly begun: Promise<unknown>;
  /** What became of waits of earlier passes that came to a bad end: by their ids. */
  readonly badEnds: ReadonlyMap<string, Fault>;
  /** Ends the pass with what cannot be told to its code. */
  readonly fail: (error: unknown) => void;
  /** Aborts what is under way. */
  readonly signal: AbortSignal;
}

/** What a request of the code comes down to. */
type Plan = Asked &
  (
    | { readonly params: string }
    | { readonly requestText: string }
    | { readonly ms: number }
    | { readonly answer: () => string | Promise<string> }
    | { readonly refusal: Fault }
  );

/** Times that a run may look something up among all tools: each costs everybody else some milliseconds. */
const maxLookups = 100;

export class Host implements Binding {
  readonly #options: HostOptions;
  #lookups = 0;
  readonly #underWay = new Map<Entry, Promise<void>>();

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** Not async: replies reach the program in the order in which the journal gives them. */
  call(method: string, argument: string): Promise<string> {
    const { journal, fail } = this.#options;
    const plan = this.#plan(method, argument);
    const entry = journal.issue(plan);
    const serving = this.#serve(entry, plan)
      .catch(fail)
      .finally(() => this.#underWay.delete(entry));
    this.#underWay.set(entry, serving);
    return entry.reply;
  }

  /** Resolves when what may change something is over; the code has ended and asks for nothing more. */
  async writesOver(): Promise<void> {
    await Promise.all([...this.#underWay].map(([entry, serving]) => (changes(entry) ? serving : undefined)));
  }

  /** Resolves when nothing is under way any more. */
  async over(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  #plan(method: string, argument: string): Plan {
    try {
      return this.#planOf(parseHostRequest(method, argument));
    } catch (refusal) {
      if (!isFault(refusal)) throw refusal;
      return { ...this.#asked("local", "refused", `${method} ${argument}`), refusal };
    }
  }

  #planOf(request: HostRequest): Plan {
    const { surface, calls } = this.#options;
    if (!calls && goesOut.has(request.method))
      throw codemodeFaults.fault(
        "code_arguments_invalid",
        "Here nothing is called: that is for code that executes",
      );
    switch (request.method) {
      case "call":
        return this.#toolCall(request.tool, request.argumentsText);
      case "request": {
        if (!surface.api) break;
        const { requestText } = request;
        return { ...this.#asked("tools/call", "request", canonical(requestText)), requestText };
      }
      case "read":
        return {
          ...this.#asked("resources/read", request.uri),
          params: JSON.stringify({ uri: request.uri }),
        };
      case "prompt": {
        const params = paramsOf(request.name, request.argumentsText);
        return { ...this.#asked("prompts/get", request.name, canonical(request.argumentsText)), params };
      }
      case "wait":
        return { ...this.#asked("wait", String(request.ms)), ms: request.ms };
      case "catalog":
        return this.#lookup(request, () => surface.tools());
      case "search":
        return this.#lookup(request, () => surface.search(request.query, request.limit));
      case "describe":
        return this.#lookup(request, () => surface.describe(request.names));
      case "resources":
        return this.#local(request, () => surface.resources());
      case "prompts":
        return this.#local(request, () => surface.prompts());
      case "spec":
        if (surface.api) return this.#local(request, surface.api.spec);
    }
    throw notHere(request.method);
  }

  /** What a name meant when people were asked, it means to the run's end, whatever is called so by now. */
  #toolCall(written: string, argumentsText: string): Plan {
    const { surface, journal } = this.#options;
    const found = surface.tool(written);
    if (!found) return this.#unknown(written, argumentsText);
    const { publicName, class: toolClass } = found;
    if ((journal.meaningOf(written) ?? publicName) !== publicName) throw meansAnother(written);
    const params = paramsOf(publicName, argumentsText);
    const asked = this.#asked("tools/call", publicName, canonical(argumentsText));
    return { ...asked, written, class: toolClass, params };
  }

  /** Names like it are told while the run may look things up. */
  #unknown(written: string, argumentsText: string): Plan {
    const isHinted = ++this.#lookups <= maxLookups;
    const answer = async () => {
      throw toolUnknown(written, isHinted ? await this.#options.surface.closest(written) : []);
    };
    return { ...this.#asked("local", "refused", JSON.stringify([written, argumentsText])), answer };
  }

  /** Counted as the code asks, so that it comes to the same when the code is run again. */
  #lookup(request: HostRequest, answer: () => Promise<string>): Plan {
    if (++this.#lookups > maxLookups) throw tooManyLookups();
    return this.#local(request, answer);
  }

  #local(request: HostRequest, answer: () => string | Promise<string>): Plan {
    return { ...this.#asked("local", request.method, JSON.stringify(request)), answer };
  }

  #asked(method: RunCallMethod, target: string, more = ""): Asked {
    return { method, target, digest: this.#options.digest([method, target, more]) };
  }

  async #serve(entry: Entry, plan: Plan): Promise<void> {
    const { journal } = this.#options;
    if (entry.recorded?.state === "done") {
      journal.replay(entry, isOut(entry.call) ? undefined : await outcomeOf(plan));
      return;
    }
    journal.arrived(entry);
    if (!journal.hasCaughtUp) await journal.caughtUp;
    if ("ms" in plan) journal.sleep(entry, plan.ms);
    else if ("params" in plan) await this.#send(entry, plan.params);
    else if ("requestText" in plan) await this.#request(entry, plan.requestText);
    else journal.settle(entry, await outcomeOf(plan));
  }

  /** In the room of an API: which tool it is a call of is for its document to say. */
  async #request(entry: Entry, requestText: string): Promise<void> {
    const { journal, surface } = this.#options;
    try {
      const called = await surface.api?.request(requestText);
      if (!called) throw notHere("request");
      entry.call = { ...entry.call, target: called.publicName, class: called.class };
      await this.#send(entry, paramsOf(called.publicName, called.argumentsText), called.isWhole);
    } catch (error) {
      if (!isFault(error) || entry.call.state === "done") throw error;
      entry.call = { ...entry.call, class: "read" };
      journal.settle(entry, refused(error));
    }
  }

  async #send(entry: Entry, params: string, isWhole = false): Promise<void> {
    const { journal, calls, badEnds, begun, signal } = this.#options;
    const { call, recorded } = entry;
    const badEnd = badEnds.get(recorded?.waitsFor ?? "");
    if (badEnd) return journal.settle(entry, refused(badEnd));
    await begun;
    if (signal.aborted || !calls) return;
    const { callId: id, method, target: tool } = call;
    if (method === "wait" || method === "local") throw new TypeError(`${method} goes nowhere`);
    const outcome = await calls.call({
      id,
      method,
      params,
      signal,
      onDispatch: async (about) => {
        signal.throwIfAborted();
        if (method === "tools/call" && about.class !== "read") await this.#intend(entry, about.class);
      },
    });
    // It was ended in the middle: nothing says that it was carried out, or was not.
    if (signal.aborted && !outcome.answer) return;
    this.#take(entry, outcome, { tool, isWhole });
  }

  /** What is not committed does not go; nor does anything after it. */
  async #intend(entry: Entry, toolClass: ToolClass | undefined): Promise<void> {
    try {
      await this.#options.journal.intend(entry, toolClass);
    } catch (error) {
      this.#options.fail(error);
      throw error;
    }
  }

  #take(
    entry: Entry,
    outcome: ChildOutcome,
    { tool, isWhole }: { readonly tool: string; readonly isWhole: boolean },
  ): void {
    const { journal } = this.#options;
    entry.call = { ...entry.call, class: outcome.class ?? entry.call.class, durationMs: outcome.durationMs };
    const wait = outcome.fault && errandNoteOf(outcome.fault);
    if (wait) journal.wait(entry, { ...wait, tool }, new PutOff());
    else journal.settle(entry, toOutcomeText(outcome, entry.call.method, isWhole));
  }
}

/** What goes through the stages. */
const goesOut: ReadonlySet<HostRequest["method"]> = new Set(["call", "read", "prompt", "request"]);

/** Of what the host says itself. */
function outcomeOf(plan: Plan): CallOutcomeText | Promise<CallOutcomeText> {
  if ("refusal" in plan) return refused(plan.refusal);
  const told = (text: string): CallOutcomeText => ({ kind: "value", text });
  const failed = (error: unknown): CallOutcomeText => {
    if (isFault(error)) return refused(error);
    throw error;
  };
  try {
    const answer = "answer" in plan ? plan.answer() : "null";
    return typeof answer === "string" ? told(answer) : answer.then(told, failed);
  } catch (error) {
    return failed(error);
  }
}

function paramsOf(name: string, argumentsText: string): string {
  return `{"name":${JSON.stringify(name)},"arguments":${argumentsText}}`;
}

/** Members in any order, any spaces: the same arguments. Throws `invalid_message` where a key is there twice. */
function canonical(argumentsText: string): string {
  assertUnambiguous(argumentsText);
  return canonicalJson(argumentsText);
}

function changes({ call }: Entry): boolean {
  return changesSomething(call);
}

function toolUnknown(name: string, near: readonly string[]): Fault {
  const hint = near.length > 0 ? `. Perhaps: ${near.join(", ")}` : "";
  return codemodeFaults.fault(
    "code_tool_unknown",
    `There is no tool ${JSON.stringify(name.slice(0, 100))}${hint}`,
  );
}

function tooManyLookups(): Fault {
  return codemodeFaults.fault(
    "code_lookups_limited",
    `A run has at most ${maxLookups} of \`search\`, \`describe\` and \`tools\` together: ask \`codemode.tools()\` once and filter it in the code`,
  );
}

function meansAnother(written: string): Fault {
  return codemodeFaults.fault(
    "code_tool_unknown",
    `${JSON.stringify(written.slice(0, 100))} is another tool by now than when the run began: send the code again to begin anew`,
  );
}

function notHere(method: string): Fault {
  return codemodeFaults.fault("code_arguments_invalid", `codemode has no \`${method}\` here`);
}

function refused({ code, message }: Fault): CallOutcomeText {
  return { kind: "error", code, message };
}

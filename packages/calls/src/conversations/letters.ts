/** What replicas tell each other of a leg: raw JSON texts travel as strings, so that they stay as they came. */
import { mcpFaults, parseMessage, type ResponseMessage } from "@castellan/mcp";
import type { Answers, Leg, LegOutcome, Place } from "./leg.ts";

/** The topic of `RemoteStreams` under which a conversation's owner is asked. */
export const conversationTopic = "conversation";

/** A retry that came to another replica than the conversation's owner. */
export interface Resumption {
  readonly place: Place;
  readonly answers: Answers;
  readonly leg: Pick<Leg, "listener" | "progressToken" | "log">;
}

interface ResumptionLetter {
  readonly place: Place;
  readonly answers: readonly (readonly [key: string, text: string])[];
  readonly listener: Leg["listener"];
  readonly progressToken: Leg["progressToken"];
  readonly log: Leg["log"];
}

export function writeResumption({ place, answers, leg }: Resumption): string {
  const { listener, progressToken, log } = leg;
  const letter: ResumptionLetter = { place, answers: [...answers], listener, progressToken, log };
  return JSON.stringify(letter);
}

export function readResumption(text: string): Resumption {
  const { place, answers, ...leg } = JSON.parse(text) as ResumptionLetter;
  return { place, answers: new Map(answers), leg };
}

type OutcomeLetter =
  | { readonly kind: "response"; readonly text: string }
  | Extract<LegOutcome, { kind: "questions" }>;

/** Throws `upstream_too_large` for more than `maxBytes`. */
export function writeOutcome(outcome: LegOutcome, maxBytes: number): string {
  const letter: OutcomeLetter =
    outcome.kind === "response" ? { kind: "response", text: outcome.response.text } : outcome;
  const text = JSON.stringify(letter);
  if (Buffer.byteLength(text) <= maxBytes) return text;
  throw mcpFaults.fault("upstream_too_large", `The server's answer is larger than ${maxBytes} bytes`);
}

export function readOutcome(text: string): LegOutcome {
  const letter = JSON.parse(text) as OutcomeLetter;
  if (letter.kind === "questions") return letter;
  return { kind: "response", response: parseMessage(letter.text) as ResponseMessage };
}

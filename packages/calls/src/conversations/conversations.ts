/**
 * The conversations of this replica, and the way to those of others. A retry may land anywhere: its state
 * names the replica that owns the conversation, which is asked (architecture.md §6). A conversation dies
 * with its owner: the call's outcome at the server is unknown then, so it is never made again from here.
 */
import { isFault, type Fault } from "@castellan/kernel";
import type { RemoteStreams, Replicas } from "@castellan/replicas";
import { callFaults } from "../faults.ts";
import { stateInvalid } from "../request-state/request-states.ts";
import { Conversation, type ConversationKeeper, type ConversationOptions } from "./conversation.ts";
import type { Answers, Leg, LegOutcome, Place } from "./leg.ts";
import { defaultConversationLimits, type ConversationLimits } from "./limits.ts";
import { conversationTopic, readOutcome, readResumption, writeOutcome, writeResumption } from "./letters.ts";

/** What the cell knows of a call. */
export interface Begun extends Omit<ConversationOptions, "owner" | "limits"> {
  /** Has it ended when its caller is let in no more, also while nobody waits for it here. */
  readonly hold?: ((onEnd: (why: Fault) => void) => Disposable) | undefined;
}

export interface Conversations extends AsyncDisposable {
  /**
   * Makes the call. Throws what `Channel.request` does, `calls_limited` when the caller has too many that
   * wait, `exchange_lost` when this replica stops or loses its lease.
   */
  begin(call: Begun, leg: Leg): Promise<LegOutcome>;
  /**
   * Goes on where a state says. Throws as `begin` does, `request_state_invalid` when nothing waits there
   * for this caller and round (any more), `params_invalid` for an answer of the wrong shape,
   * `exchange_lost` when the owner has died.
   */
  resume(place: Place, answers: Answers, leg: Leg): Promise<LegOutcome>;
  /** How many wait for answers. */
  readonly waiting: number;
}

export interface ConversationsOptions {
  readonly replicas: Pick<Replicas, "id" | "lapsed">;
  readonly streams: RemoteStreams;
  /** Largest outcome that is sent to another replica. */
  readonly maxMessageBytes: number;
  readonly limits?: ConversationLimits;
}

export function createConversations(options: ConversationsOptions): Conversations {
  const { replicas, streams, maxMessageBytes, limits = defaultConversationLimits } = options;
  const live = new Map<Conversation, Disposable | undefined>();
  const waiting = new Map<string, Conversation>();

  let followed: AbortSignal | undefined;

  /** The others take a replica without a lease for dead, and would tell the caller that its call is lost. */
  function assertFound(): void {
    const { lapsed } = replicas;
    if (lapsed.aborted) throw exchangeLost(lapsed.reason);
    if (lapsed === followed) return;
    followed = lapsed;
    const drop = () => void [...waiting.values()].map((conversation) => conversation.cancel(exchangeLost()));
    lapsed.addEventListener("abort", drop, { once: true });
  }

  const keeper: ConversationKeeper = {
    keep(conversation) {
      assertFound();
      const own = [...waiting.values()].filter(({ principalId }) => principalId === conversation.principalId);
      const chars = own.reduce((sum, one) => sum + one.chars, conversation.chars);
      if (own.length >= limits.maxWaiting || chars > limits.maxWaitingChars)
        throw callFaults.fault(
          "calls_limited",
          "Too many or too large calls of this caller wait for its answers: give some, or wait until they lapse",
        );
      waiting.set(conversation.id, conversation);
    },
    release: ({ id }) => void waiting.delete(id),
    ended(conversation) {
      live.get(conversation)?.[Symbol.dispose]();
      live.delete(conversation);
    },
  };

  async function begin({ hold, ...call }: Begun, leg: Leg): Promise<LegOutcome> {
    const conversation = new Conversation({ ...call, owner: replicas.id, limits }, leg, keeper);
    live.set(
      conversation,
      hold?.((why) => void conversation.cancel(why)),
    );
    return conversation.start();
  }

  async function resumeHere(place: Place, answers: Answers, leg: Leg): Promise<LegOutcome> {
    const conversation = waiting.get(place.conversation);
    if (conversation?.principalId !== leg.listener.principal.id) throw stateInvalid();
    return conversation.resume(leg, place.round, answers);
  }

  async function resumeThere(place: Place, answers: Answers, leg: Leg): Promise<LegOutcome> {
    try {
      const question = writeResumption({ place, answers, leg });
      const onText = async (text: string) => void (await leg.say(text));
      const options = { onText, signal: leg.signal };
      return readOutcome(await streams.ask(place.owner, conversationTopic, question, options));
    } catch (error) {
      throw isFault(error, "replica_gone") ? exchangeLost(error) : error;
    }
  }

  const stopAnswering = streams.answer(conversationTopic, async (question, { send, signal }) => {
    const { place, answers, leg } = readResumption(question);
    const say = (text: string) => send(text).then(() => true);
    return writeOutcome(await resumeHere(place, answers, { ...leg, signal, say }), maxMessageBytes);
  });

  return {
    begin,
    resume: (place, answers, leg) =>
      place.owner === replicas.id ? resumeHere(place, answers, leg) : resumeThere(place, answers, leg),
    get waiting() {
      return waiting.size;
    },
    async [Symbol.asyncDispose]() {
      stopAnswering();
      await Promise.all([...live.keys()].map((conversation) => conversation.cancel(exchangeLost())));
    },
  };
}

function exchangeLost(cause?: unknown): Fault {
  const message =
    "The replica that held this call is gone, and with it what was waited for: make the call again";
  return callFaults.fault("exchange_lost", message, { cause });
}

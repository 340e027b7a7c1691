/** What one caller and one server can take of this replica by conversations. */
export interface ConversationLimits {
  /** How long a round's answers are waited for, milliseconds. */
  readonly ttlMs: number;
  /** How long further questions are waited for after one, milliseconds. */
  readonly gatherMs: number;
  /** Conversations of one caller that wait for answers. */
  readonly maxWaiting: number;
  /** Characters of their requests and questions, all together. */
  readonly maxWaitingChars: number;
  /** Questions of a server in the course of one call. */
  readonly maxQuestions: number;
  /** Characters of a round's questions, and of an answer that comes while nobody waits for it. */
  readonly maxChars: number;
}

export const defaultConversationLimits: ConversationLimits = {
  ttlMs: 10 * 60_000,
  gatherMs: 20,
  maxWaiting: 64,
  maxWaitingChars: 16 * 1024 * 1024,
  maxQuestions: 256,
  maxChars: 4 * 1024 * 1024,
};

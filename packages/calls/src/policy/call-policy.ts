/** Where the way of a call gets its judges from. */
import type { Principal } from "@castellan/access";
import type { Caller, Connection, Judge, Policies } from "@castellan/policy";
import { callerOf } from "./caller-of.ts";

export interface CallPolicy {
  /** By the rules of this moment. A promise only where somebody outside has to be asked what they think of the device. */
  judge(principal: Principal, connection: Connection, portal: string): Judge | Promise<Judge>;
}

export interface CallPolicyOptions {
  /** The rules that are in force. */
  readonly current: () => Policies;
  /**
   * What evaluators say, by slug; one that gives no answer that counts is left out. A promise only where one has to be
   * asked; never rejects. Without it none is asked, and rules that want one are not met.
   */
  readonly evaluate?: (
    evaluators: readonly string[],
    caller: Caller,
    connection: Connection,
  ) => Answers | Promise<Answers>;
}

type Answers = Connection["postures"];

export function createCallPolicy({ current, evaluate }: CallPolicyOptions): CallPolicy {
  return {
    judge(principal, connection, portal) {
      const policies = current();
      const caller = callerOf(principal);
      const wanted = evaluate ? policies.posturesWanted(caller, connection, portal) : [];
      if (!evaluate || wanted.length === 0) return policies.judge(caller, connection);
      const answers = evaluate(wanted, caller, connection);
      if (!(answers instanceof Promise)) return policies.judge(caller, withAnswers(connection, answers));
      // By the rules of now: they may be others since the question.
      return answers.then((later) => current().judge(caller, withAnswers(connection, later)));
    },
  };
}

function withAnswers(connection: Connection, answers: Answers): Connection {
  return { ...connection, postures: { ...connection.postures, ...answers } };
}

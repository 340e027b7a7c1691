/**
 * The policy as a program that the kernel runs before each system call: seccomp(2). Once it is set nothing takes it away again, also no
 * exec; another program of this kind can only allow less.
 */
import { and, answer, answers, encode, jumpIfEqual, load, fields, type Instruction } from "./bpf.ts";
import { auditNumbers, numberOf, type Architecture } from "./calls.ts";
import { errors, otherwise, policy, type Condition } from "./policy.ts";

/** The bytes that bwrap(1) takes with `--seccomp`. */
export function toFilter(architecture: Architecture): Buffer {
  return encode([
    // The numbers below mean something else where a process calls as one of another architecture (`int 0x80` does). No honest one does.
    load(fields.architecture),
    jumpIfEqual(auditNumbers[architecture], 1, 0),
    answer(answers.killProcess),
    // Numbers are compared whole: those of the x32 ABI have bit 30 beside, and are on no list.
    load(fields.call),
    ...policy.flatMap(({ calls, only }) =>
      calls.flatMap((name) => {
        const number = numberOf(name, architecture);
        return number === undefined ? [] : toRule(number, only);
      }),
    ),
    answer(answers.error(errors[otherwise])),
  ]);
}

/** An answer for this call, and nothing for others: the register still has the call's number then. */
function toRule(number: number, only: Condition | undefined): readonly Instruction[] {
  const body = [...(only === undefined ? [] : toCondition(only)), answer(answers.allow)];
  return [jumpIfEqual(number, 0, body.length), ...body];
}

/** Goes on behind itself if the argument may be so. */
function toCondition({ argument, mask, oneOf, otherwise }: Condition): readonly Instruction[] {
  return [
    load(fields.argument(argument)),
    ...(mask === undefined ? [] : [and(mask)]),
    ...oneOf.map((value, index) => jumpIfEqual(value, oneOf.length - index, 0)),
    answer(answers.error(errors[otherwise])),
  ];
}

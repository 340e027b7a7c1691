/**
 * Instructions of the classic BPF, as the kernel takes them for seccomp (linux/filter.h, `struct sock_filter`): 8 bytes each, little
 * endian. One register; jumps go forward only, at most 255 instructions; so a program always ends.
 */

/** `code`, how many instructions to skip if true and if false, an operand of 32 bits. */
export type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

/** BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_ALU|BPF_AND|BPF_K, BPF_RET|BPF_K */
export const codes = { load: 0x20, jumpIfEqual: 0x15, and: 0x54, answer: 0x06 } as const;

/** `struct seccomp_data`: where 32 bits of it are. */
export const fields = {
  call: 0,
  architecture: 4,
  /** The lower half of an argument. */
  argument: (index: number): number => 16 + index * 8,
} as const;

/** SECCOMP_RET_*: what a program answers. */
export const answers = {
  allow: 0x7fff_0000,
  killProcess: 0x8000_0000,
  /** The call is not made, and answers this. */
  error: (number: number): number => 0x0005_0000 | number,
} as const;

export const load = (field: number): Instruction => [codes.load, 0, 0, field];
export const and = (mask: number): Instruction => [codes.and, 0, 0, mask];
export const answer = (value: number): Instruction => [codes.answer, 0, 0, value];

/** Skips so many instructions in each case. */
export function jumpIfEqual(value: number, ifTrue: number, ifFalse: number): Instruction {
  if (Math.max(ifTrue, ifFalse) > 255) throw new RangeError("BPF jumps at most 255 instructions.");
  return [codes.jumpIfEqual, ifTrue, ifFalse, value];
}

export function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, operand], index) => {
    const at = index * 8;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(ifTrue, at + 2);
    bytes.writeUInt8(ifFalse, at + 3);
    bytes.writeUInt32LE(operand >>> 0, at + 4);
  });
  return bytes;
}

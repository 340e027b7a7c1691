/** What people are called, as it comes in. The faults are `invalid_input`, naming the field. */
import { invalidInput, isPrintable } from "@castellan/kernel";
import type { Role } from "../roles.ts";
import type { Directory } from "./user.ts";

/** RFC 5321 §4.5.3.1.3, without the angle brackets. */
const maxEmailLength = 254;
const maxNameLength = 128;
const emailForm = /^[^\s@"<>(),:;\\[\]]+@[^\s@"<>(),:;\\[\]]+$/;

/** An address in the spelling that it is kept in; undefined for what is none. */
export function toEmail(text: string): string | undefined {
  if (text.length > maxEmailLength || !emailForm.test(text) || !isPrintable(text)) return undefined;
  // ASCII only: Unicode has letters beyond it whose small form is an ASCII letter (U+212A, the Kelvin sign), and with
  // them one address would become another, which may be somebody else's.
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function parseEmail(text: string): string {
  const email = toEmail(text);
  if (email === undefined) throw invalidInput([{ field: "email", reason: "must be an e-mail address" }]);
  return email;
}

/** Of people and groups. */
export function isName(text: string): boolean {
  return text.length >= 1 && text.length <= maxNameLength && text.trim() === text && isPrintable(text);
}

export function parseName(name: string): string {
  if (isName(name)) return name;
  const reason = `must be 1 to ${maxNameLength} printable characters, not beginning or ending with a space`;
  throw invalidInput([{ field: "name", reason }]);
}

export function assertRoleIn(directory: Directory, role: Role): void {
  if (directory === "workforce" || role === "member") return;
  throw invalidInput([{ field: "role", reason: "must be member: customers have no other role" }]);
}

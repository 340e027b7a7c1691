import { isPrintable } from "@castellan/kernel";

/** RFC 5321 §4.5.3.1.3, without the angle brackets. */
const maxLength = 254;
const form = /^[^\s@"<>(),:;\\[\]]+@[^\s@"<>(),:;\\[\]]+$/;

/** Whether a text is one mailbox and nothing else: no list, no name, no comment, no line that would be a header. */
export function isMailAddress(text: string): boolean {
  return text.length <= maxLength && form.test(text) && isPrintable(text);
}

/** What rules made of a call, as one field of its record: `deny rule-a,rule-b`. Names of rules are slugs. */
import { policyOutcomes, type RecordedPolicy } from "./call-record.ts";
import { cleanText } from "./clean-text.ts";

const maxLength = 512;
/** Stands for the rules that found no room. */
const more = "…";

export function toPolicyText({ outcome, rules }: RecordedPolicy): string {
  let text = outcome as string;
  for (const [at, name] of rules.entries()) {
    const next = `${text}${at === 0 ? " " : ","}${cleanText(name, maxLength).replaceAll(/[ ,]/g, "_")}`;
    const isLast = at === rules.length - 1;
    if (next.length > maxLength - (isLast ? 0 : more.length + 1))
      return `${text}${at === 0 ? " " : ","}${more}`;
    text = next;
  }
  return text;
}

/** Undefined for what `toPolicyText` never writes. */
export function fromPolicyText(text: string): RecordedPolicy | undefined {
  const [word, names = ""] = text.split(" ", 2);
  const outcome = policyOutcomes.find((one) => one === word);
  return outcome && { outcome, rules: names === "" ? [] : names.split(",") };
}

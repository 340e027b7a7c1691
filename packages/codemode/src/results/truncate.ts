/** Answers as a model gets them: no longer than it can use, and told where they were cut. */

/** 6,000 tokens of 4 characters. */
export const maxAnswerLength = 24_000;

export interface TruncatedText {
  readonly text: string;
  readonly isTruncated: boolean;
}

/** The text, or its beginning with what is missing, how to ask for less, and where all of it is; never more than `maxLength` characters. */
export function truncate(text: string, uri: string, maxLength = maxAnswerLength): TruncatedText {
  if (text.length <= maxLength) return { text, isTruncated: false };
  const room = Math.max(0, maxLength - noteOf(text.length, text.length, uri).length);
  const isSplit = isHighSurrogate(text.charCodeAt(room - 1));
  const shown = text.slice(0, isSplit ? room - 1 : room);
  return { text: shown + noteOf(text.length - shown.length, text.length, uri), isTruncated: true };
}

function noteOf(missing: number, length: number, uri: string): string {
  return `\n--- TRUNCATED ---\n${missing} of ${length} characters are missing. Return less: filter, select fields, slice or count in the code. The client, not code, can read all of it for an hour: resource ${uri}`;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

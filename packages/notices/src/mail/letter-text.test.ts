import { expect, test } from "vitest";
import { writeLetter } from "./letter-text.ts";

test("a stranger's words show as what they are, in both forms", () => {
  const written = writeLetter({
    subject: "Ada asks\r\nBcc: all@example.com\u202E",
    lines: ["Tool: <img src=x onerror=alert(1)>", 'Name: "a"\u200B & b'],
    link: { label: "Look at it", url: "https://mcp.example.com/approvals/apr_1?a=1&b=2" },
  });
  expect(written.subject).toBe(String.raw`Ada asks\u{D} Bcc: all@example.com\u{202E}`);
  expect(written.text).toBe(
    [
      "Tool: <img src=x onerror=alert(1)>",
      String.raw`Name: "a"\u{200B} & b`,
      "Look at it:\nhttps://mcp.example.com/approvals/apr_1?a=1&b=2",
      "-- \nThis message was sent by Castellan. Nobody reads answers to it.\n",
    ].join("\n\n"),
  );
  expect(written.html).toContain(String.raw`<title>Ada asks\u{D} Bcc: all@example.com\u{202E}</title>`);
  expect(written.html.match(/<p [^>]*pre-line[^>]*>.*?<\/p>|<a .*?<\/a>/gs)).toEqual([
    '<p style="white-space: pre-line; overflow-wrap: anywhere">Tool: &lt;img src=x onerror=alert(1)&gt;</p>',
    String.raw`<p style="white-space: pre-line; overflow-wrap: anywhere">Name: &quot;a&quot;\u{200B} &amp; b</p>`,
    '<a href="https://mcp.example.com/approvals/apr_1?a=1&amp;b=2" style="font-weight: 600">Look at it</a>',
  ]);
});

test("a subject is short, and cut between characters", () => {
  const { subject } = writeLetter({ subject: "😀".repeat(200), lines: [], link: undefined });
  expect(subject).toBe(`${"😀".repeat(149)}…`);
});

const maxLength = 200;

/**
 * What somebody else wrote, for a letter: one line, so that it is not taken for one of ours, and no address of which a
 * mail program makes a link. All of it, as it was written, is on the page.
 */
export function told(text: string, max = maxLength): string {
  const characters = [...text.replaceAll(/\s+/g, " ").trim()];
  const short = characters.length <= max ? characters : [...characters.slice(0, max - 1), "…"];
  return short
    .join("")
    .replaceAll("://", "[:]//")
    .replaceAll(/(?<=[\p{L}\p{N}-])[.\u3002\uFF0E\uFF61](?=\p{L}{2})/gu, "[.]");
}

/** Cuts a stream of bytes into lines. A line that grows over `maxBytes` is told once as too long, and the stream is done with. */
export interface LineReader {
  take(chunk: Buffer): void;
}

export function createLineReader(
  maxBytes: number,
  listener: { readonly onLine: (line: string) => void; readonly onTooLong: () => void },
): LineReader {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let isDone = false;
  return {
    take(chunk) {
      let from = 0;
      while (!isDone) {
        const at = chunk.indexOf(10, from);
        const part = chunk.subarray(from, at < 0 ? undefined : at);
        kept.push(part);
        keptBytes += part.length;
        if (keptBytes > maxBytes) {
          isDone = true;
          kept = [];
          listener.onTooLong();
          return;
        }
        if (at < 0) return;
        const line = Buffer.concat(kept).toString("utf8");
        kept = [];
        keptBytes = 0;
        from = at + 1;
        listener.onLine(line);
      }
    },
  };
}

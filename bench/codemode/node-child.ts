/** What a child of `node-process.ts` runs: one program, and then it ends. */
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  ...source: string[]
) => (call: (text: string) => Promise<string>) => Promise<unknown>;

const waiting = new Map<number, (text: string) => void>();
let lastId = 0;

function call(text: string): Promise<string> {
  const id = ++lastId;
  process.send?.({ call: id, text });
  const { promise, resolve } = Promise.withResolvers<string>();
  waiting.set(id, resolve);
  return promise;
}

process.on("message", async (message: { body?: string; answer?: number; text?: string }) => {
  if (message.answer !== undefined) {
    waiting.get(message.answer)?.(message.text ?? "");
    waiting.delete(message.answer);
    return;
  }
  const result = await new AsyncFunction("call", message.body ?? "")(call);
  process.send?.({ result }, () => process.exit(0));
});
process.send?.({ ready: true });

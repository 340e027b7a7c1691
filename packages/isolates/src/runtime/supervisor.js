/**
 * Runs inside the process, beside the program but in an isolate of its own: it loads the program that came over the socket and
 * carries messages. One WebSocket is one run; when the host closes it, the runtime ends everything that belongs to it.
 *
 * It holds no right and knows no secret: the host believes it no more than it believes the program.
 * A message is one line of JSON, then a text as it is (`../wire/message.ts`).
 */
import { RpcTarget } from "cloudflare:workers";

export default {
  fetch(request, env) {
    if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
    const { 0: client, 1: socket } = new WebSocketPair();
    socket.accept();
    const run = new Run(socket, env.LOADER);
    socket.addEventListener("message", (event) => run.take(event.data));
    return new Response(null, { status: 101, webSocket: client });
  },
};

class Run {
  #socket;
  #loader;
  #bridge;
  #program;
  #isOver = false;

  constructor(socket, loader) {
    this.#socket = socket;
    this.#loader = loader;
  }

  take(data) {
    const at = data.indexOf("\n");
    const head = JSON.parse(data.slice(0, at));
    const body = data.slice(at + 1);
    switch (head.t) {
      case "run":
        // What cannot be told is no end: the host takes it so.
        return this.#run(head, body).catch(() => this.#socket.close());
      case "answer":
        return this.#bridge.answer(head, body);
      case "put-off":
        return this.#bridge.putOff(head.id);
      case "quiet":
        return this.#quiet(head.putOff);
    }
  }

  async #run(head, body) {
    const tell = (head, body) => this.#tell(head, body);
    this.#bridge = new Bridge(tell, head.callsAtATime);
    // On the log's own way, before and behind all that the program logs: the host waits for the second before the run has ended for it.
    console.log(head.fence);
    const { kind, text, name, message, stack, code } = await this.#load(head, body).catch(toThrown);
    console.log(head.fence);
    this.#tell({ t: "end", kind, name, message, stack, code }, text);
    this.#isOver = true;
  }

  /** Nothing comes after an end: a call that waited for its place, or an answer that was still being looked for, is nobody's any more. */
  #tell(head, body = "") {
    if (!this.#isOver) this.#socket.send(`${JSON.stringify(head)}\n${body}`);
  }

  async #load(head, body) {
    const texts = cut(body, head.lengths);
    const input = texts.pop();
    const modules = Object.fromEntries(head.modules.map((name, index) => [name, texts[index]]));
    const worker = this.#loader.load({
      compatibilityDate: head.compatibilityDate,
      compatibilityFlags: head.compatibilityFlags,
      mainModule: head.harness,
      modules,
      globalOutbound: null,
      env: {},
    });
    this.#program = worker.getEntrypoint();
    const { mainModule, bindings, outbound, bytesOut } = head;
    return this.#program.run(this.#bridge, { mainModule, bindings, outbound, bytesOut }, input);
  }

  async #quiet(putOff) {
    const made = await this.#program.quiet(putOff).catch(() => undefined);
    if (made !== undefined) this.#tell({ t: "quiet", made });
  }
}

/** What the program's harness may call; at most so many at a time go out, the rest waits here. */
class Bridge extends RpcTarget {
  #tell;
  #free;
  #waiting = [];
  #open = new Map();
  #lastId = 0;

  constructor(tell, callsAtATime) {
    super();
    this.#tell = tell;
    this.#free = callsAtATime;
  }

  call(binding, method, argument) {
    return this.#ask({ t: "call", binding, method }, argument);
  }

  fetch(head, body) {
    return this.#ask({ t: "fetch", ...head }, body);
  }

  /** A text that is too long to be carried; the host ends the run. */
  exceed() {
    this.#tell({ t: "exceed" });
    return new Promise(() => {});
  }

  answer(head, body) {
    const open = this.#open.get(head.id);
    this.#open.delete(head.id);
    open.resolve({ ...head, text: body });
    if (!open.isPutOff) this.#leave();
  }

  /** It may stay unanswered for ever: its place is for another. */
  putOff(id) {
    this.#open.get(id).isPutOff = true;
    this.#leave();
  }

  async #ask(head, body) {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise((resolve) => this.#waiting.push(resolve));
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers();
    this.#open.set(id, { resolve, isPutOff: false });
    this.#tell({ ...head, id }, body);
    return promise;
  }

  #leave() {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

function cut(body, lengths) {
  let at = 0;
  return lengths.map((length) => body.slice(at, (at += length)));
}

/** What the harness could not catch: a module that does not parse, an isolate that gave up. */
function toThrown(error) {
  return { kind: "threw", name: String(error?.name), message: String(error?.message) };
}

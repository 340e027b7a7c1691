/**
 * Randomness of a run: the same in each pass over its program, of no other run, and not to be guessed: ChaCha20 (RFC 8439) keyed by the host.
 */
import { defineProperty, floor, indexOf, TypeError, Uint32Array, Uint8Array } from "./intrinsics.js";

/** `keyHex`: 64 digits. */
export function installRandom(keyHex) {
  const nextBytes = createStream(keyHex);
  const native = globalThis.crypto;

  function getRandomValues(array) {
    const length = byteLengthOf(array);
    if (length > 65_536) throw new TypeError("At most 65,536 bytes at a time.");
    const bytes = new Uint8Array(array.buffer, array.byteOffset, length);
    for (let at = 0; at < length; at++) bytes[at] = nextByte();
    return array;
  }

  let block = nextBytes();
  let used = 0;
  function nextByte() {
    if (used === block.length) {
      block = nextBytes();
      used = 0;
    }
    return block[used++];
  }

  /** 53 bits, as numbers have. */
  function random() {
    const high = nextByte() * 0x20_0000 + nextByte() * 0x2000 + nextByte() * 0x20 + floor(nextByte() / 8);
    const low = nextByte() * 0x1_0000 + nextByte() * 0x100 + nextByte();
    return (high * 0x100_0000 + low) / 2 ** 53;
  }

  /** Version 4 (RFC 9562 §5.4). */
  function randomUUID() {
    let text = "";
    for (let at = 0; at < 16; at++) {
      let byte = nextByte();
      if (at === 6) byte = (byte & 0x0f) | 0x40;
      if (at === 8) byte = (byte & 0x3f) | 0x80;
      if (at === 4 || at === 6 || at === 8 || at === 10) text += "-";
      text += digits[floor(byte / 16)] + digits[byte % 16];
    }
    return text;
  }

  Math.random = random;
  defineProperty(globalThis, "crypto", {
    value: { getRandomValues, randomUUID, subtle: native.subtle },
    configurable: true,
    writable: true,
  });
}

const { isView } = ArrayBuffer;
const digits = "0123456789abcdef";

function byteLengthOf(array) {
  if (!isView(array)) throw new TypeError("getRandomValues takes an array of integers.");
  return array.byteLength;
}

/** 64 bytes at a time. */
function createStream(keyHex) {
  const state = new Uint32Array(16);
  for (let at = 0; at < 4; at++) state[at] = constants[at];
  for (let at = 0; at < 8; at++) {
    let word = 0;
    for (let byte = 3; byte >= 0; byte--) {
      const from = at * 8 + byte * 2;
      word = word * 256 + indexOf(digits, keyHex[from]) * 16 + indexOf(digits, keyHex[from + 1]);
    }
    state[4 + at] = word;
  }
  return () => {
    const block = blockOf(state);
    state[12] += 1;
    return block;
  };
}

const constants = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

function blockOf(state) {
  const work = new Uint32Array(16);
  for (let at = 0; at < 16; at++) work[at] = state[at];
  for (let round = 0; round < 10; round++) {
    quarter(work, 0, 4, 8, 12);
    quarter(work, 1, 5, 9, 13);
    quarter(work, 2, 6, 10, 14);
    quarter(work, 3, 7, 11, 15);
    quarter(work, 0, 5, 10, 15);
    quarter(work, 1, 6, 11, 12);
    quarter(work, 2, 7, 8, 13);
    quarter(work, 3, 4, 9, 14);
  }
  const bytes = new Uint8Array(64);
  for (let at = 0; at < 16; at++) {
    const word = (work[at] + state[at]) >>> 0;
    for (let byte = 0; byte < 4; byte++) bytes[at * 4 + byte] = (word >>> (byte * 8)) & 0xff;
  }
  return bytes;
}

function quarter(work, a, b, c, d) {
  work[a] += work[b];
  work[d] = rotated(work[d] ^ work[a], 16);
  work[c] += work[d];
  work[b] = rotated(work[b] ^ work[c], 12);
  work[a] += work[b];
  work[d] = rotated(work[d] ^ work[a], 8);
  work[c] += work[d];
  work[b] = rotated(work[b] ^ work[c], 7);
}

function rotated(word, bits) {
  return (word << bits) | (word >>> (32 - bits));
}

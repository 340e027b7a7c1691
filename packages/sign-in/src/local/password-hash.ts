/**
 * Passwords as they are kept: scrypt (RFC 7914) over a MAC of the password under a key of the vault. Who has the
 * tables alone cannot even begin to guess. A hash takes about half a second and 128 MiB, so few are made at a time.
 *
 *     $scrypt$ln=17,r=8,p=1$salt$hash      (PHC string format)
 */
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from "node:crypto";
import { promisify } from "node:util";
import type { Vault } from "@castellan/vault";
import { signInFaults } from "../faults.ts";
import { normalizePassword } from "./password-rules.ts";

export interface PasswordHasher {
  /** Faults: `sign_in_busy`. */
  hash(password: string): Promise<string>;
  /**
   * Whether the password is the one of which this is the hash. Without a hash the answer is no, after the same
   * work. Faults: `sign_in_busy`.
   */
  verify(password: string, hash: string | undefined): Promise<boolean>;
}

export interface PasswordHasherOptions {
  readonly vault: Pick<Vault, "mac">;
  /** The binary logarithm of scrypt's cost. Default 17, which takes 128 MiB (OWASP's first choice). */
  readonly costLog2?: number | undefined;
  /** Hashes that are made at a time; default 2. */
  readonly concurrency?: number | undefined;
  /** Hashes that may wait for their turn; more are refused. Default 32. */
  readonly maxWaiting?: number | undefined;
}

export function createPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  const { vault, costLog2 = 17 } = options;
  const turns = new Turns(options.concurrency ?? 2, options.maxWaiting ?? 32);
  const derive = (password: string, salt: Buffer, ln: number) =>
    turns.run(() => scryptOf(vault.mac("sign-in/password", normalizePassword(password)), salt, ln));
  const nobody: Parsed = { costLog2, salt: Buffer.alloc(saltBytes), key: Buffer.alloc(keyBytes) };

  return Object.freeze<PasswordHasher>({
    hash: async (password) => {
      const salt = randomBytes(saltBytes);
      return toText({ costLog2, salt, key: await derive(password, salt, costLog2) });
    },
    verify: async (password, hash) => {
      const kept = hash === undefined ? nobody : parse(hash);
      const key = await derive(password, kept.salt, kept.costLog2);
      return timingSafeEqual(key, kept.key) && hash !== undefined;
    },
  });
}

const saltBytes = 16;
const keyBytes = 32;
const blockSize = 8;

const scryptAsync = promisify<Buffer, Buffer, number, ScryptOptions, Buffer>(scrypt);

function scryptOf(input: Buffer, salt: Buffer, costLog2: number): Promise<Buffer> {
  const cost = 2 ** costLog2;
  return scryptAsync(input, salt, keyBytes, { N: cost, r: blockSize, p: 1, maxmem: 160 * cost * blockSize });
}

interface Parsed {
  readonly costLog2: number;
  readonly salt: Buffer;
  readonly key: Buffer;
}

function toText({ costLog2, salt, key }: Parsed): string {
  return `$scrypt$ln=${costLog2},r=${blockSize},p=1$${salt.toString("base64url")}$${key.toString("base64url")}`;
}

function parse(text: string): Parsed {
  const [, ln = "", salt = "", key = ""] =
    /^\$scrypt\$ln=(\d{1,2}),r=8,p=1\$([\w-]+)\$([\w-]{43})$/.exec(text) ?? [];
  if (key === "") throw new Error("A password's hash has a form that is not known");
  return { costLog2: Number(ln), salt: Buffer.from(salt, "base64url"), key: Buffer.from(key, "base64url") };
}

/** So many at a time, the others in the order in which they came. */
class Turns {
  #free: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];

  constructor(concurrency: number, maxWaiting: number) {
    this.#free = concurrency;
    this.#maxWaiting = maxWaiting;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting)
      throw signInFaults.fault(
        "sign_in_busy",
        "Many people are signing in at this moment. Try again shortly.",
        {
          data: { retryAfterSeconds: 5 },
        },
      );
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}

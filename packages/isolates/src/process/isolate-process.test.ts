/** What the system says of a process that stands ready, contained and plain. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { checkCage } from "../containment/check.ts";
import { descriptors, toCommand, type Cage } from "../containment/command.ts";
import { defaultProcessLimits } from "../limits.ts";
import { IsolateProcess } from "./isolate-process.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "iso-"));
  await chmod(dir, 0o711);
});
afterAll(() => rm(dir, { recursive: true }));

describe.runIf(process.platform === "linux").each(["required", "none"] as const)(
  "containment %s",
  (containment) => {
    let cage: Cage;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(dir, "c-"));
      await chmod(folder, 0o711);
      const checked = await checkCage(containment, { dir: folder, limits: defaultProcessLimits });
      cage = checked.cage!;
    });
    const start = (name: string): Promise<IsolateProcess> =>
      IsolateProcess.start({ cage, dir: join(folder, name), maxFrameBytes: 1_000, maxLineBytes: 1_000 });

    test("it has no environment, goes first when memory is short, and is held to its limits", async () => {
      await using isolate = await start("1");
      const read = (name: string): Promise<string> => readFile(`/proc/${isolate.pid}/${name}`, "utf8");
      expect(await read("cmdline")).toContain("workerd\0serve");
      expect(await read("environ")).toBe("");
      expect((await read("oom_score_adj")).trim()).toBe("1000");
      expect((await read("coredump_filter")).trim()).toBe("00000000");
      const stat = (await read("stat")).split(") ")[1]!.split(" ");
      expect(stat[16]).toBe("5");
      const own = (await readFile("/proc/self/stat", "utf8")).split(") ")[1]!.split(" ");
      // Its group and session: a terminal's signals are not for it.
      expect([stat[2], stat[3]]).not.toContain(own[2]);
      const limits = Object.fromEntries(
        (await read("limits"))
          .split("\n")
          .map((line) => [line.slice(0, 26).trim(), line.slice(26).trim().split(/\s+/).slice(0, 2)]),
      );
      const data = String(defaultProcessLimits.dataMiB * 1_048_576);
      expect(limits).toMatchObject({
        "Max data size": [data, data],
        "Max core file size": ["0", "0"],
        "Max file size": ["0", "0"],
        "Max open files": ["256", "256"],
      });
      const status = await read("status");
      const ids = status.match(/^Uid:\s+(\d+)/m)![1];
      expect(ids).toBe(String(process.getuid!() === 0 ? 65_534 : process.getuid!()));
      expect(status).toMatch(/^CapEff:\t0+$/m);
    });

    test.runIf(containment === "required")(
      "it has a filter for system calls, and where that was read is open nowhere",
      async () => {
        await using isolate = await start("5");
        const status = await readFile(`/proc/${isolate.pid}/status`, "utf8");
        // SECCOMP_MODE_FILTER; no program that it starts has more rights.
        expect(status).toMatch(/^Seccomp:\t2$/m);
        expect(status).toMatch(/^NoNewPrivs:\t1$/m);
        const bwrap = /^PPid:\t(\d+)$/m.exec(status)![1]!;
        for (const pid of [isolate.pid, bwrap]) {
          const filesOf = async (): Promise<readonly string[]> => {
            const names = await readdir(`/proc/${pid}/fd`);
            const paths = names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "/dev/null"));
            return (await Promise.all(paths)).filter((path) => !/^(socket|pipe|anon_inode):/.test(path));
          };
          // bubblewrap closes what it no longer needs while the runtime comes up.
          await vi.waitFor(
            async () =>
              expect((await filesOf()).filter((path) => path !== "/dev/null" && path !== "/")).toEqual([]),
            { timeout: 15_000 },
          );
        }
      },
    );

    // Killed in between, it would not: what dies with its parent has to say so first, and its parent may be dead by then.
    test("without a host that says go, none comes up", async () => {
      const socketDir = join(folder, "asks");
      await mkdir(socketDir, { mode: 0o777 });
      const [program, ...args] = toCommand(cage, socketDir);
      const child = spawn(program, args, {
        env: {},
        stdio: ["ignore", "ignore", "inherit", "pipe", "pipe"],
        ...(cage.user === undefined ? {} : { uid: cage.user, gid: cage.user }),
      });
      const exited = once(child, "exit");
      const control = child.stdio[descriptors.control] as Duplex;
      expect(String((await once(control, "data"))[0])).toBe("\n");
      expect(await readdir(socketDir)).toEqual([]);
      control.destroy();
      expect((await exited)[0]).not.toBe(0);
      expect(await readdir(socketDir)).toEqual([]);
    });

    test("killed, it is gone with its folder", async () => {
      const isolate = await start("2");
      isolate.kill();
      await isolate.exited;
      expect(isolate.usage).toBeUndefined();
      await isolate[Symbol.asyncDispose]();
      expect(await readdir(folder)).not.toContain("2");
    });

    test("one that cannot start says why, and leaves nothing", async () => {
      const failing = IsolateProcess.start({
        cage: { ...cage, workerd: "/bin/false" },
        dir: join(folder, "3"),
        maxFrameBytes: 1,
        maxLineBytes: 1,
      });
      await expect(failing).rejects.toThrow("The process did not start (status 1)");
      expect(await readdir(folder)).not.toContain("3");
    });

    test.runIf(containment === "required")(
      "it has namespaces of its own, sees nothing of ours, and can write nowhere",
      async () => {
        await using isolate = await start("4");
        for (const name of ["user", "pid", "net", "mnt", "ipc", "uts"]) {
          expect(await readlink(`/proc/${isolate.pid}/ns/${name}`)).not.toBe(
            await readlink(`/proc/self/ns/${name}`),
          );
        }
        expect((await readdir(`/proc/${isolate.pid}/root`)).sort()).toEqual([
          "config.capnp",
          "dev",
          "lib",
          "lib64",
          "run",
          "sh",
          "supervisor.js",
          "usr",
          "workerd",
        ]);
        const mounts = (await readFile(`/proc/${isolate.pid}/mountinfo`, "utf8"))
          .trim()
          .split("\n")
          .map((line) => line.split(" "))
          .filter((fields) => fields[5]!.split(",").includes("rw"))
          .map((fields) => fields[4]);
        expect(mounts.sort()).toEqual(["/dev/null", "/dev/urandom", "/run"]);
        const devices = (await readFile(`/proc/${isolate.pid}/net/dev`, "utf8")).trim().split("\n").slice(2);
        expect(devices.map((line) => line.split(":")[0]!.trim())).toEqual(["lo"]);
      },
    );
  },
);

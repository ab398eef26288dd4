// rate-limiter-flexible on ioredis: told "start" and "stop" on standard input, it keeps LOOPS calls in flight in
// between, and writes how long each took, in milliseconds, as a JSON array a line; `null` when the last has ended.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

// The packages are installed elsewhere than this file is.
const require = createRequire(`${process.env.BENCH_NODE_FOLDER}/package.json`);
const { Redis } = require("ioredis");
const { RateLimiterRedis } = require("rate-limiter-flexible");

const LOOPS = 50, SUBJECTS = 1000, FLUSH_MS = 20;
const storeClient = new Redis(process.env.BENCH_REDIS_URL, { enableOfflineQueue: false });
const limiter = new RateLimiterRedis({ storeClient, points: 1_000_000_000, duration: 3600, keyPrefix: "flexible" });

let sending = false, running = 0, taken = [];

async function loop(number) {
  running += 1;
  while (sending) {
    const sent = performance.now();
    await limiter.consume(`users/${number % SUBJECTS}`, 1);
    taken.push(performance.now() - sent);
    number += LOOPS;
  }
  running -= 1;
}

function flush() {
  if (taken.length) process.stdout.write(JSON.stringify(taken) + "\n");
  taken = [];
  if (!sending && running === 0) process.stdout.write("null\n");
  else setTimeout(flush, FLUSH_MS);
}

storeClient.once("ready", () => process.stdout.write('"ready"\n'));
for await (const line of createInterface({ input: process.stdin })) {
  sending = line === "start";
  if (sending) {
    for (let number = 0; number < LOOPS; number += 1) loop(number);
    setTimeout(flush, FLUSH_MS);
  }
}
storeClient.disconnect();

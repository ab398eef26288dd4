// BullMQ's side of the bench of jobs. It is told what to do as `closed_loop.py` is, and tells the same.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

// The packages are installed elsewhere than this file is.
const require = createRequire(`${process.env.BENCH_NODE_FOLDER}/package.json`);
const { Queue, Worker } = require("bullmq");

const KINDS = { noop: 0, short: 1 }, WINDOW = 2000, BATCH = 500, SENDERS = 2, SLICE_MS = 20;
const { hostname: host, port, password } = new URL(process.env.BENCH_REDIS_URL);
const connection = { host, port: Number(port), password, maxRetriesPerRequest: null };
const queue = new Queue("bench", { connection });

let sending = false, senders = 0, underWay = 0, taken = [];

async function run({ name, data }) {
  taken.push(performance.now() - data.sent);
  if (KINDS[name]) await new Promise((resolve) => setTimeout(resolve, KINDS[name]));
  underWay -= 1;
}

async function fill(name) {
  senders += 1;
  while (sending) {
    if (underWay + BATCH <= WINDOW) {
      underWay += BATCH;
      const sent = performance.now();
      await queue.addBulk(Array.from({ length: BATCH }, () => ({ name, data: { sent } })));
    } else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  senders -= 1;
}

function flush() {
  if (taken.length) process.stdout.write(JSON.stringify(taken) + "\n");
  taken = [];
  if (!sending && senders === 0 && underWay === 0) process.stdout.write("null\n");
  else setTimeout(flush, SLICE_MS);
}

const worker = new Worker("bench", run, { connection, concurrency: 100, removeOnComplete: { count: 0 } });
await worker.waitUntilReady();
process.stdout.write('"ready"\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [word, kind] = line.split(" ");
  sending = word === "start";
  if (sending) {
    for (let number = 0; number < SENDERS; number += 1) fill(kind);
    setTimeout(flush, SLICE_MS);
  }
}
await worker.close();
await queue.close();

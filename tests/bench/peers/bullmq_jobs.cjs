// BullMQ's side of the bench: node bullmq_jobs.cjs PATH-OF-BULLMQ REDIS-URL COUNT-FILE enqueue|work COUNT
const fs = require('fs')
const [path, url, countFile, what, count] = process.argv.slice(2)
const { Queue, Worker } = require(path)
const { hostname, port, password } = new URL(url)
const connection = { host: hostname, port: Number(port), password, maxRetriesPerRequest: null }

async function main() {
  if (what === 'work') {
    let done = fs.existsSync(countFile) ? Number(fs.readFileSync(countFile, 'utf8')) : 0
    const worker = new Worker('bench', async () => {}, { connection, concurrency: 100, removeOnComplete: { count: 0 } })
    worker.on('completed', () => { done += 1 })
    setInterval(() => {
      fs.writeFileSync(`${countFile}.new`, String(done))
      fs.renameSync(`${countFile}.new`, countFile)
    }, 10)
    return
  }
  const queue = new Queue('bench', { connection })
  for (let sent = 0; sent < Number(count); sent += 1000) {
    await queue.addBulk(Array.from({ length: 1000 }, () => ({ name: 'noop', data: {} })))
  }
  await queue.close()
}

main()

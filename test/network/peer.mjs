// What tests let talk with each other over a network under test, started as `node peer.mjs WHAT ...`:
//
//   serve [ADDRESS]          HTTP on 8000, an echo on TCP and UDP 7007, and the servers of TCP below; says READY
//   upload URL BYTES         posts so many bytes of the stream; prints their digest, and the server's
//   connect HOST PORT COUNT AT_ONCE
//                            so many echoes, each on a connection of its own; prints how many succeeded and why others did not
//   hold HOST PORT COUNT     opens so many and keeps them until it is told to end; prints how many stand after two seconds
//   talk HOST PORT HOW BYTES prints what comes and how it ended; sends so many bytes and no more (end), does so only after the
//                            other side has said that it sends no more (late), or resets once something has come (reset)
//   mute PORT                takes datagrams and never answers; says READY
//   udp HOST PORT SIZE...    sends a datagram of each size and waits for it to come back; prints the sizes that did

import { createCipheriv, createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer as createHttpServer, request } from 'node:http'
import { connect as connectTcp, createServer } from 'node:net'
import { pipeline } from 'node:stream/promises'

const CHUNK = 256 * 1024
const PATIENCE = 20_000 // milliseconds
const HOLD_AFTER = 2000 // milliseconds
const ZEROS = Buffer.alloc(CHUNK)

/**
 * Bytes that are the same in every process and repeat nowhere: the key stream of AES.
 * @param {number} bytes
 */
function* stream(bytes) {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16))
  for (let left = bytes; left > 0; left -= CHUNK) yield cipher.update(ZEROS.subarray(0, Math.min(left, CHUNK)))
}

/** @param {string} address */
async function serve(address) {
  const http = createHttpServer({ keepAliveTimeout: PATIENCE }, (incoming, response) => {
    const [, what, count = '0'] = (incoming.url ?? '').split('/')
    if (what === 'page') response.end('<p>A page.</p>\n')
    else if (what === 'client') response.end(`${incoming.socket.remoteAddress}\n`)
    else if (what === 'bytes') {
      response.setHeader('content-length', count)
      void pipeline(stream(Number(count)), response).catch(() => {}) // who has read enough, hangs up
    } else if (what === 'digest') {
      const hash = createHash('sha256')
      let length = 0
      incoming.on('data', (part) => {
        hash.update(part)
        length += part.length
      })
      incoming.on('end', () => response.end(`${length} ${hash.digest('hex')}\n`))
    } else response.writeHead(404).end()
  })
  /** @type {[port: number, server: import('node:net').Server][]} */
  const servers = [
    [8000, http],
    [7007, createServer((socket) => void socket.on('error', () => {}).pipe(socket))],
    // Answers only once the client has said that no more comes: with a digest of what came.
    [
      7008,
      createServer({ allowHalfOpen: true }, (socket) => {
        const hash = createHash('sha256')
        socket.on('data', (part) => hash.update(part))
        socket.on('end', () => socket.end(`${hash.digest('hex')}\n`))
      }),
    ],
    // Says no more at once, and prints what comes then.
    [
      7009,
      createServer({ allowHalfOpen: true }, (socket) => {
        let length = 0
        socket.on('data', (part) => (length += part.length))
        socket.on('end', () => console.log(`half: ${length} bytes`))
        socket.on('error', (error) => console.log(`half: ${error.message}`))
        socket.end('bye\n')
      }),
    ],
    // Resets after the first bytes.
    [7010, createServer((socket) => void socket.on('error', () => {}).once('data', () => socket.resetAndDestroy()))],
    // Takes nothing, ever.
    [7011, createServer({ pauseOnConnect: true }, (socket) => void socket.on('error', () => {}))],
    // Says what becomes of a connection.
    [
      7012,
      createServer((socket) => {
        socket.on('error', (error) => console.log(`watched: ${/** @type {NodeJS.ErrnoException} */ (error).code}`))
        socket.on('end', () => console.log('watched: end'))
        socket.resume().write('hello\n')
      }),
    ],
  ]
  for (const [port, server] of servers) {
    await new Promise((resolve) => server.listen({ port, host: address, backlog: 4096 }, () => resolve(undefined)))
  }
  const echo = createSocket('udp4')
  echo.on('message', (datagram, { port, address: from }) => echo.send(datagram, port, from))
  await new Promise((resolve) => echo.bind(7007, address, () => resolve(undefined)))
  console.log('READY')
}

/**
 * @param {string} url
 * @param {number} bytes
 */
async function upload(url, bytes) {
  const hash = createHash('sha256')
  const outgoing = request(url, { method: 'POST', headers: { 'content-length': bytes } })
  const answered = new Promise((resolve, reject) => outgoing.on('response', resolve).on('error', reject))
  const hashed = function* () {
    for (const part of stream(bytes)) {
      hash.update(part)
      yield part
    }
  }
  await pipeline(hashed, outgoing)
  let answer = ''
  for await (const part of /** @type {import('node:http').IncomingMessage} */ (await answered)) answer += part
  console.log(`${bytes} ${hash.digest('hex')}\n${answer}`)
}

/**
 * @param {string} host
 * @param {number} port
 * @param {number} i
 */
async function echoOnce(host, port, i) {
  const message = `connection ${i}`
  return await new Promise((resolve) => {
    let got = ''
    const socket = connectTcp({ host, port, timeout: PATIENCE })
    socket.on('connect', () => socket.end(message))
    socket.on('data', (part) => (got += part.toString()))
    socket.on('timeout', () => socket.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })))
    socket.on('error', (error) => resolve(/** @type {NodeJS.ErrnoException} */ (error).code))
    socket.on('close', () => resolve(got === message ? 'succeeded' : `got ${got.length} bytes`))
  })
}

/**
 * @param {string} host
 * @param {number} port
 * @param {number} count
 * @param {number} atOnce
 */
async function connectMany(host, port, count, atOnce) {
  /** @type {Map<string, number>} */
  const results = new Map()
  let next = 0
  const start = performance.now()
  const lane = async () => {
    while (next < count) {
      const result = await echoOnce(host, port, next++)
      results.set(result, (results.get(result) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  const seconds = (performance.now() - start) / 1000
  for (const [what, times] of results) console.log(`${what} ${times}`)
  console.log(`seconds ${seconds.toFixed(3)}`)
}

/**
 * @param {string} host
 * @param {number} port
 * @param {number} count
 */
async function hold(host, port, count) {
  let stand = 0
  for (let i = 0; i < count; i++) {
    const socket = connectTcp({ host, port })
    socket.on('connect', () => stand++)
    socket.on('error', () => {})
  }
  await new Promise((resolve) => setTimeout(resolve, HOLD_AFTER))
  console.log(`held ${stand}`)
  setInterval(() => {}, PATIENCE)
}

/**
 * @param {string} host
 * @param {number} port
 * @param {string} how
 * @param {number} bytes
 */
async function talk(host, port, how, bytes) {
  const socket = connectTcp({ host, port, allowHalfOpen: how === 'late', timeout: PATIENCE })
  const send = () => socket.end(Buffer.alloc(bytes, 'x'))
  if (how === 'end') socket.on('connect', send)
  if (how === 'late') socket.on('end', send)
  if (how === 'reset') socket.on('data', () => socket.resetAndDestroy())
  socket.on('data', (part) => process.stdout.write(part))
  socket.on('end', () => console.log('end'))
  socket.on('timeout', () => socket.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })))
  socket.on('error', (error) => console.log(/** @type {NodeJS.ErrnoException} */ (error).code))
}

/**
 * @param {string} host
 * @param {number} port
 * @param {readonly number[]} sizes
 */
async function echoUdp(host, port, sizes) {
  const socket = createSocket('udp4')
  for (const size of sizes) {
    const datagram = Buffer.from([...stream(size)].flatMap((part) => [...part]))
    const answer = await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), 2000)
      socket.once('message', (got) => {
        clearTimeout(timer)
        resolve(got)
      })
      socket.send(datagram, port, host)
    })
    if (answer === undefined) console.log(`${size} lost`)
    else console.log(`${size} ${datagram.equals(/** @type {Buffer} */ (answer)) ? 'echoed' : 'spoiled'}`)
  }
  socket.close()
}

/** @param {number} port */
async function mute(port) {
  await new Promise((resolve) => createSocket('udp4').bind(port, () => resolve(undefined)))
  console.log('READY')
}

const [what = '', ...words] = process.argv.slice(2)
const [first = '', second = '', third = '', fourth = ''] = words
if (what === 'serve') await serve(first === '' ? '0.0.0.0' : first)
else if (what === 'upload') await upload(first, Number(second))
else if (what === 'connect') await connectMany(first, Number(second), Number(third), Number(fourth))
else if (what === 'hold') await hold(first, Number(second), Number(third))
else if (what === 'talk') await talk(first, Number(second), third, Number(fourth))
else if (what === 'mute') await mute(Number(first))
else if (what === 'udp') await echoUdp(first, Number(second), words.slice(2).map(Number))
else throw new Error(`peer.mjs does not know ${what}`)

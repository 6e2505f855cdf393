// Debian's Chromium without a window, told what to do over the DevTools Protocol by a pair of pipes: no port, no package.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { eventually } from './processes.ts'

/** It shall not look for its maker's hosts, nor for a graphics card. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-pipe',
]

/** Pictures to wait for something. */
const PATIENCE = 300

type Params = Readonly<Record<string, unknown>>
type Message = {
  readonly id?: number
  readonly method?: string
  readonly params?: Params
  readonly result?: Params
  readonly error?: { readonly message: string }
}

export type Page = {
  /** The value of an expression in the page. */
  readonly evaluate: <T>(expression: string) => Promise<T>
  /** Waits until an expression is true, some seconds at most. */
  readonly settled: (expression: string) => Promise<void>
  readonly click: (x: number, y: number) => Promise<void>
  readonly move: (x: number, y: number) => Promise<void>
  /** A key by its name: `ArrowDown`, `Escape`. */
  readonly press: (key: string) => Promise<void>
  readonly type: (text: string) => Promise<void>
  readonly resize: (width: number, height: number) => Promise<void>
  readonly prefer: (scheme: 'light' | 'dark') => Promise<void>
  /** PNG. */
  readonly screenshot: () => Promise<Uint8Array>
  /** Addresses that the page has asked for, its own included. */
  readonly requests: () => readonly string[]
  /** What the console said: errors, and breaches of the page's policy. */
  readonly complaints: readonly string[]
  readonly close: () => Promise<void>
}

/** A browser that shows one page. */
export async function openPage(address: string, width = 1200, height = 800): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'slipway-chromium-'))
  const words = [...FLAGS, `--user-data-dir=${profile}`, `--window-size=${width},${height}`, 'about:blank']
  // What it leaves in the temporary folder goes with its profile.
  const env = { ...process.env, TMPDIR: profile }
  const child = spawn('chromium', words, { env, stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })
  const asked = new Map<string, string>()
  const complaints: string[] = []
  const connection = connect(child, ({ method, params = {} }) => {
    if (method === 'Network.requestWillBeSent') {
      asked.set(String(params['requestId']), (params['request'] as { url: string }).url)
    }
    // Refused by the page's own policy: nobody was asked.
    if (method === 'Network.loadingFailed' && params['blockedReason'] === 'csp')
      asked.delete(String(params['requestId']))
    if (method === 'Log.entryAdded') complaints.push((params['entry'] as { text: string }).text)
    if (method === 'Runtime.exceptionThrown') complaints.push(JSON.stringify(params['exceptionDetails']))
  })
  const { targetInfos } = await connection.send('Target.getTargets', {})
  const page = (targetInfos as { type: string; targetId: string }[]).find(({ type }) => type === 'page')
  const attached = await connection.send('Target.attachToTarget', { targetId: page?.targetId, flatten: true })
  const send = async (method: string, params: Params = {}): Promise<Params> =>
    await connection.send(method, params, String(attached['sessionId']))
  for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await send(`${domain}.enable`)
  const loaded = connection.once('Page.loadEventFired')
  await send('Page.navigate', { url: address })
  await loaded
  const mouse = async (type: string, x: number, y: number): Promise<void> => {
    const button = type === 'mouseMoved' ? 'none' : 'left'
    await send('Input.dispatchMouseEvent', { type, x, y, button, clickCount: 1 })
  }
  const key = async (type: string, name: string): Promise<void> => {
    const text = name.length === 1 ? { text: name } : {}
    const more = name === 'Enter' ? { text: '\r' } : text
    await send('Input.dispatchKeyEvent', { type, key: name, code: name, ...(type === 'keyDown' ? more : {}) })
  }
  const settle = async (): Promise<void> => {
    await send('Runtime.evaluate', {
      expression: 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))',
      awaitPromise: true,
    })
  }
  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, returnByValue: true })
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
    return (result as { value: T }).value
  }
  return {
    requests: () => [...asked.values()],
    complaints,
    evaluate,
    settled: async (expression) => {
      for (let i = 0; i < PATIENCE; i++) {
        await settle()
        if (await evaluate<boolean>(expression)) return
      }
      throw new Error(`is not so: ${expression}`)
    },
    click: async (x, y) => {
      for (const type of ['mouseMoved', 'mousePressed', 'mouseReleased']) await mouse(type, x, y)
      await settle()
    },
    move: async (x, y) => {
      await mouse('mouseMoved', x, y)
      await settle()
    },
    press: async (name) => {
      for (const type of ['keyDown', 'keyUp']) await key(type, name)
      await settle()
    },
    type: async (text) => {
      await send('Input.insertText', { text })
      await settle()
    },
    resize: async (w, h) => {
      await send('Emulation.setDeviceMetricsOverride', { width: w, height: h, deviceScaleFactor: 1, mobile: false })
      await settle()
    },
    prefer: async (scheme) => {
      await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
      await settle()
    },
    screenshot: async () => {
      const { data } = await send('Page.captureScreenshot', { format: 'png' })
      return Buffer.from(String(data), 'base64')
    },
    close: async () => {
      const ended = new Promise((resolve) => child.once('close', resolve))
      child.kill()
      await ended
      // Its other processes end a moment later, and write until then: what they add is taken away with the next attempt.
      await eventually('the end of the profile', () => isRemoved(profile))
    },
  }
}

type Connection = {
  readonly send: (method: string, params: Params, session?: string) => Promise<Params>
  readonly once: (method: string) => Promise<void>
}

/** Messages are JSON with a NUL behind each. */
function connect(child: ChildProcess, hear: (message: Message) => void): Connection {
  const [, , , to, from] = child.stdio as unknown as [null, null, null, Writable, Readable]
  const waiting = new Map<number, (message: Message) => void>()
  const expected = new Map<string, () => void>()
  let last = 0
  let rest = ''
  from.setEncoding('utf8').on('data', (text: string) => {
    const messages = (rest + text).split('\0')
    rest = messages.pop() ?? ''
    for (const each of messages) {
      const message = JSON.parse(each) as Message
      if (message.id !== undefined) waiting.get(message.id)?.(message)
      else hear(message)
      expected.get(message.method ?? '')?.()
    }
  })
  return {
    send: async (method, params, sessionId) => {
      const id = ++last
      const answer = new Promise<Message>((resolve) => waiting.set(id, resolve))
      to.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`)
      const { error, result = {} } = await answer
      waiting.delete(id)
      if (error !== undefined) throw new Error(`${method}: ${error.message}`)
      return result
    },
    once: async (method) => await new Promise<void>((resolve) => expected.set(method, resolve)),
  }
}

function isRemoved(directory: string): boolean {
  try {
    rmSync(directory, { recursive: true, force: true })
    return true
  } catch {
    return false
  }
}

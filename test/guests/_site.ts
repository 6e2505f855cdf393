// The guest `site` with an archive, as a user starts it, and a client that asks exactly what a test wants to be asked.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type Agent, type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guestPath } from '../support/guests.ts'
import { giveToNobody } from '../support/nobody.ts'
import { serve } from '../support/served.ts'

export const SITE_NEEDS = { host: ['linux', 'x86-64'], commands: ['setpriv'] } as const

/** A directory that whoever runs the guest may look into. */
export function makeScratch(): { readonly at: (name: string) => string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-site-'))
  giveToNobody(directory)
  return { at: (name) => join(directory, name), remove: () => rmSync(directory, { recursive: true }) }
}

/** An archive as a disk: filled up with anything but zeroes to whole blocks of every size. */
export function writeDisk(path: string, archive: Uint8Array): string {
  const LARGEST_BLOCK = 32_768
  writeFileSync(path, Buffer.concat([archive, Buffer.alloc(LARGEST_BLOCK - (archive.length % LARGEST_BLOCK), 0xaa)]))
  giveToNobody(path)
  return path
}

export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }

export type Question = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly agent?: Agent
}

export type Site = {
  readonly get: (path: string, question?: Question) => Promise<Answer>
  readonly port: number
  /** Ends it as it can be asked to, which must go well, and returns all that it has printed. */
  readonly quit: () => Promise<string>
}

/** Starts the guest; `wire` is the disk with its options. */
export async function startSite(wire: string, words: readonly string[] = [], memory = '64M'): Promise<Site> {
  const flags = ['--mem', memory, '--block', `files=${wire}`, '--net', 'service=user']
  const running = await serve([...flags, guestPath('site'), '--', '--quit=/quit', ...words])
  const get: Site['get'] = (path, question) => ask(running.port, path, question)
  const quit = async (): Promise<string> => {
    const { body } = await get('/quit')
    assert.equal(body.toString(), 'goodbye\n')
    assert.deepEqual(await running.ended, { status: 0, signal: null }, running.errors())
    assert.match(running.output(), /\nSUCCESS\n$/)
    return running.output()
  }
  return { get, port: running.port, quit }
}

async function ask(port: number, path: string, { method = 'GET', headers = {}, agent }: Question = {}) {
  const asked = request({ port, path, method, headers, ...(agent && { agent }) }).end()
  // A connection that is reset in the middle of an answer is told twice: by the answer, and to whoever still listens here.
  asked.on('error', () => {})
  const [answer] = await once(asked, 'response')
  const parts: Buffer[] = await answer.toArray()
  return { status: answer.statusCode as number, headers: answer.headers, body: Buffer.concat(parts) }
}

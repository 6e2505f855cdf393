import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { needs } from '../../../test/support/needs.ts'
import { PcapFile } from './pcap-file.ts'

const ROOT = join(import.meta.dirname, '../../..')
const directory = mkdtempSync(join(tmpdir(), 'slipway-pcap-'))
afterAll(() => rmSync(directory, { recursive: true }))

const quiet = (line: string): void => assert.fail(line)

describe('PcapFile', () => {
  it('writes over the file, in order, all of it when it is closed', async () => {
    const path = join(directory, 'order')
    writeFileSync(path, 'something longer that was here before')
    const file = await PcapFile.create(path, quiet)
    for (let i = 0; i < 1000; i++) file.write(Buffer.from(`${i} `))
    await file.close()
    assert.equal(readFileSync(path, 'utf8'), Array.from({ length: 1000 }, (_, i) => `${i} `).join(''))
  })

  it('has what has travelled in the file soon, without being asked', async () => {
    const path = join(directory, 'soon')
    const file = await PcapFile.create(path, quiet)
    file.write(Buffer.from('a'))
    await new Promise((resolve) => setTimeout(resolve, 400))
    assert.equal(readFileSync(path, 'utf8'), 'a')
    file.write(Buffer.from('b'))
    await file.close()
    assert.equal(readFileSync(path, 'utf8'), 'ab')
  })

  it('says why it cannot be made', async () => {
    const path = join(directory, 'there', 'is', 'none')
    await assert.rejects(PcapFile.create(path, quiet), { name: 'HostError', code: 'NOT_FOUND' })
    await assert.rejects(PcapFile.create(directory, quiet), { name: 'HostError', code: 'NOT_A_FILE' })
  })

  it('leaves out what the disk is too slow for, and says so once, and how much', async () => {
    const path = join(directory, 'slow')
    const lines: string[] = []
    const file = await PcapFile.create(path, (line) => lines.push(line))
    const mebibyte = Buffer.alloc(1024 * 1024)
    for (let i = 0; i < 20; i++) file.write(mebibyte) // at once: not even a fast disk can have had any of it
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /frames are left out/)
    await file.close()
    assert.match(lines[1] ?? '', /4 frames were left out/)
    assert.equal(readFileSync(path).length, 16 * 1024 * 1024)
  })

  it('gives up, with a line, where the disk is full', needs({ host: ['linux'] }), async () => {
    const lines: string[] = []
    const file = await PcapFile.create('/dev/full', (line) => lines.push(line))
    file.write(Buffer.from('a'))
    await new Promise((resolve) => setTimeout(resolve, 400))
    assert.match(lines.join('\n'), /^the capture file "\/dev\/full" is given up: no space is left$/)
    file.write(Buffer.from('b'))
    await file.close()
    assert.equal(lines.length, 1)
  })

  it('says it, and ends, where the disk tells only at the end that it is full', needs({ host: ['linux'] }), () => {
    const path = join(directory, 'closed')
    // As close(2) fails for a full disk of another machine: in a process of its own, since descriptors are everybody's in one.
    const program = `
      const { importTypeScript } = await import('./tools/run.mjs')
      const [{ PcapFile }] = await importTypeScript(['src/host/network/pcap-file.ts'])
      const fs = process.getBuiltinModule('node:fs')
      const file = await PcapFile.create(process.env.CAPTURE, (line) => console.log(line))
      const isFile = (name) => {
        try { return fs.readlinkSync('/proc/self/fd/' + name) === process.env.CAPTURE } catch { return false }
      }
      fs.closeSync(Number(fs.readdirSync('/proc/self/fd').find(isFile)))
      await file.close()
      console.log('closed')`
    const words = ['-e', `(async () => {${program}})()`]
    const { stdout, stderr } = spawnSync(process.execPath, words, {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, CAPTURE: path },
    })
    assert.equal(stderr, '')
    assert.match(stdout, /^the capture file ".*closed" is given up: .*\nclosed\n$/)
  })
})

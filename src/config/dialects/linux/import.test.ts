import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { finishDraft, newDraft } from '../draft.ts'
import { plain } from '../plain.ts'
import { SourceText } from '../source-text.ts'
import { readLinuxLine } from './import.ts'
import { quoteLinuxWord } from './words.ts'

function read(line: string) {
  const source = SourceText.of(new TextEncoder().encode(line), 'line')
  const draft = newDraft()
  readLinuxLine(source, draft)
  const { document, notices } = finishDraft(draft, source)
  return { document: plain(document), columns: notices.map(({ column }) => column) }
}

const ETH0 = { eth0: { addrs: [{ type: 'inet', method: 'static', addr: '10.0.0.2/24' }] } }

describe('readLinuxLine()', () => {
  /** What is more than a document can say, or says nothing that it has a key for, stays a parameter. */
  const kept: [why: string, line: string][] = [
    ['a server', 'ip=10.0.0.2:10.0.0.9::255.255.255.0::eth0:off'],
    ['no device', 'ip=10.0.0.2:::255.255.255.0'],
    ['a mask with holes', 'ip=10.0.0.2:::255.0.255.0::eth0:off'],
    ['an empty mask', 'ip=10.0.0.2:::0.0.0.0::eth0:off'],
    ['no address', 'ip=10.0.0:::255.255.255.0::eth0:off'],
    ['another way', 'ip=:::::eth0:bootp'],
    ['a third name server', 'ip=:::::eth0:dhcp:10.0.0.3:10.0.0.4:10.0.0.5'],
    ['a host name that is none', 'hostname=a_b'],
    ['small letters', 'quiet=1'],
    ['a directory of a server without one', 'nfsroot=10.0.0.5:/export'],
  ]
  for (const [why, line] of kept) {
    it(`keeps what has ${why}`, () =>
      assert.deepEqual(read(line), { document: { linux: { parameters: [line] } }, columns: [] }))
  }

  it('takes the first address, and keeps a second', () => {
    const ip = 'ip=10.0.0.2:::255.255.255.0::eth0:off'
    const { document } = read(`${ip} ip=:::::eth1:dhcp`)
    assert.deepEqual(document, { net: { interfaces: ETH0 }, linux: { parameters: ['ip=:::::eth1:dhcp'] } })
  })

  it('keeps a host name that contradicts another', () => {
    const { document } = read('hostname=a ip=10.0.0.2:::255.255.255.0:b:eth0:off')
    const parameters = ['ip=10.0.0.2:::255.255.255.0:b:eth0:off']
    assert.deepEqual(document, { hostname: 'a', linux: { parameters } })
  })

  it('takes what is said about the root apart, and keeps it where there is none', () => {
    assert.deepEqual(read('rootfstype=ext4 ro').document, { linux: { parameters: ['rootfstype=ext4', 'ro'] } })
    assert.deepEqual(read('root=LABEL=x ro').document, {
      mount: { '/': { source: 'blk', path: 'LABEL=x', options: { readOnly: true } } },
    })
    const tls = 'root=/dev/nfs nfsroot=10.0.0.5:/export,v3'
    assert.deepEqual(read(tls).document, {
      mount: { '/': { source: 'blk', path: '/dev/nfs' } },
      linux: { parameters: ['nfsroot=10.0.0.5:/export,v3'] },
    })
  })

  it('tells a quote that does not end, and a root that is no path', () => {
    assert.deepEqual(read('quiet A="x y').columns, [7])
    assert.deepEqual(read('root=LABEL=x').columns, [1])
  })
})

describe('quoteLinuxWord()', () => {
  const cases: [word: string, quoted: string | undefined][] = [
    ['a', 'a'],
    ['a b', '"a b"'],
    ['a=b c', 'a="b c"'],
    ['a b=c', '"a b=c"'],
    ['=a b', '"=a b"'],
    ['', undefined],
    ['a"b', undefined],
    ['a\tb', undefined],
  ]
  for (const [word, quoted] of cases) {
    it(`makes ${String(quoted)} of ${JSON.stringify(word)}`, () => assert.equal(quoteLinuxWord(word), quoted))
  }
})

// The manual page, read by the programs that show such pages.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { ROOT, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

const mandoc = (...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync('mandoc', args, { cwd: ROOT, encoding: 'utf8' })
  assert.equal(stderr, '')
  assert.ok(status === 0 || args.includes('-Tlint'), `${status}`)
  return stdout
}

describe('the manual page', needs({ commands: ['mandoc'] }), () => {
  const [page = ''] = packageJson.man

  it('is where the package says it is, and is packed', () => {
    assert.ok(existsSync(join(ROOT, page)))
    assert.ok(packageJson.files.includes(page))
  })

  it('has nothing that a formatter stumbles over', () => {
    // A date would be one of the build, and the page is made to be the same every time.
    const complaints = mandoc('-Tlint', page).split('\n')
    assert.deepEqual(
      complaints.filter((line) => line !== '' && !line.includes('missing date')),
      [],
    )
  })

  it('has every verb with its flags, as the help has them', () => {
    const text = mandoc('-Tascii', '-O', 'width=300', page).replaceAll(/.\u0008/g, '') // bold is printed over and over
    const sections = text.split(/^ {3}(?=slipway )/m)
    const verbs = [...slipway(['--help']).stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, verb]) => verb as string)
    assert.ok(verbs.includes('run') && verbs.includes('doctor'), verbs.join())
    for (const verb of verbs) {
      const section = sections.find((it) => new RegExp(`^slipway ${verb}( \\w+)?\n`).test(it))
      assert.ok(section !== undefined, verb)
      const flags = slipway([verb, '--help']).stdout.matchAll(/^ +(?:-\w)? +\[?(--[a-z][\w-]+)/gm)
      for (const [, flag = ''] of flags) {
        if (flag !== '--help') assert.ok(section.includes(flag), `${verb} ${flag}`)
      }
    }
  })

  it('keeps what is an escape or a request elsewhere', () => {
    const text = mandoc('-Tutf8', '-O', 'width=300', page).replaceAll(/.\u0008/g, '')
    assert.match(text, /slipway run hello\.spt -- one "two words"/)
    assert.match(text, /the guest’s own/)
    assert.match(text, /~\/\.config\/fish/)
  })
})

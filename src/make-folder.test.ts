import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { makeFolder } from './make-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-folder-'))
after(() => rmSync(folder, { recursive: true }))

describe('makeFolder', () => {
  it('makes a folder with those above it, and is content with one that is there', () => {
    makeFolder(join(folder, 'a/b/c'))
    makeFolder(join(folder, 'a/b/c'))

    assert.ok(statSync(join(folder, 'a/b/c')).isDirectory())
  })

  it('fails where a folder cannot be made, and does not look for ever', () => {
    writeFileSync(join(folder, 'file'), '')

    assert.throws(() => makeFolder(join(folder, 'file/b')))
    assert.throws(() => makeFolder('/proc/x/y'))
  })
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { textLine } from './log-text.ts'

const escapeSign = '\u001b'
const time = '2026-11-29T08:00:00.000Z'
const line = (fields: Record<string, unknown>) => JSON.stringify({ level: 'info', time, ...fields })

it('a request is one line that begins with what was asked and how it ended', () => {
  const request = {
    event: 'request',
    requestId: 'ab',
    part: 'gate',
    method: 'GET',
    host: 'wiki.example.com',
    path: '/x',
  }

  const text = textLine(line({ ...request, status: 200, durationMs: 1.2, user: 'alice', msg: 'request' }), {
    color: false,
  })

  assert.match(text, /^\S+Z INFO {2}GET {2}200 wiki\.example\.com\/x +alice {2}1\.2 ms {2}part=gate {2}id=ab\n$/)
})

it('nothing that others have sent moves the cursor, begins a line or looks like another field', () => {
  const text = textLine(line({ path: 'a\u001b[2J\nb', user: 'x" level=error', msg: 'refused\u202e' }), { color: false })

  assert.equal(text.trimEnd().split('\n').length, 1)
  assert.ok(!text.includes(escapeSign) && !text.includes('\u202e'))
  assert.match(text, /user="x\\" level=error"/)
})

it('an error says its causes, and is coloured only where colour is wanted', () => {
  const err = { type: 'AppError', code: 'x', message: 'm', cause: { message: 'refused', code: 'ECONNREFUSED' } }
  const failed = JSON.stringify({ level: 'error', time, err, msg: 'it failed' })

  const plain = textLine(failed, { color: false })
  const coloured = textLine(failed, { color: true })

  assert.match(plain, /ERROR it failed +code=x cause="refused \(ECONNREFUSED\)"\n$/)
  assert.ok(!plain.includes(escapeSign))
  assert.ok(coloured.includes(`${escapeSign}[31mERROR`))
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ExplainSurroundings, explain } from '../cli/explain.ts'
import { errorRows } from '../errors.ts'
import { openStore } from '../store/index.ts'
import type { Trace } from '../store/traces.ts'
import { explanations } from './explanations.ts'

const trace: Trace = {
  id: 'trace-1',
  startedAt: 1_764_000_000_000,
  steps: [
    { at: 1_764_000_000_000, hop: 'browser', event: 'asked to sign in at keycloak', status: 303 },
    { at: 1_764_000_000_250, hop: 'provider', event: 'discovery read', status: 200 },
    {
      at: 1_764_000_000_260,
      hop: 'gatehouse',
      event: 'issuer compared',
      code: 'issuer-mismatch',
      evidence: { configured: 'https://a', published: 'https://b\u001b[2J' },
    },
    { at: 1_764_000_000_300, hop: 'browser', event: 'error page shown', status: 502 },
  ],
}

async function run(word: string, changes: Partial<ExplainSurroundings> & { json?: boolean; file?: string } = {}) {
  const { json = false, file = '/nowhere/gatehouse.yaml', ...rest } = changes
  const output = { stdout: '', stderr: '' }
  const status = await explain(
    { word, files: [file], json },
    {
      env: {},
      stdout: (text) => {
        output.stdout += text
      },
      stderr: (text) => {
        output.stderr += text
      },
      color: false,
      ...rest,
    },
  )
  return { status, ...output }
}

test('every code has an explanation of its own that repeats neither its message nor its hint nor another one', () => {
  const texts = Object.values(explanations).map(({ text }) => text)
  assert.deepEqual(Object.keys(explanations).sort(), Object.keys(errorRows).sort())
  assert.equal(new Set(texts).size, texts.length)
  for (const [code, { message, hint }] of Object.entries(errorRows)) {
    const { text } = explanations[code as keyof typeof explanations]
    assert.ok(text.length > 60, code)
    assert.ok(!text.includes(message) && !text.includes(hint), code)
  }
})

test('a code is explained with message, status, what to compare and what to do, in lines that fit', async () => {
  const { status, stdout } = await run('issuer-mismatch')

  assert.equal(status, 0)
  assert.match(stdout, /^issuer-mismatch \(HTTP status 502\)\n/)
  assert.ok(stdout.includes(errorRows['issuer-mismatch'].message))
  assert.match(stdout, /Compare:\n {2}- both values/)
  assert.match(stdout, /What to do:\n {2}Set hostname/)
  for (const line of stdout.split('\n')) assert.ok(line.length <= 110, line)
})

test('a request id prints the steps aligned, with the first wrong one marked, its evidence and the next command', async () => {
  const { status, stdout } = await run('request-7', {
    readTrace: async (id) => (id === 'request-7' ? trace : undefined),
  })

  assert.equal(status, 0)
  assert.deepEqual(stdout.split('\n').slice(0, 9), [
    'Trace trace-1, started 2025-11-24T16:00:00.000Z',
    '',
    '    time      hop        status  what happened',
    '    +0.000 s  browser    303     asked to sign in at keycloak',
    '    +0.250 s  provider   200     discovery read',
    '  ✗ +0.260 s  gatehouse          issuer compared',
    '              code        issuer-mismatch',
    '              configured  https://a',
    '              published   https://b\ufffd[2J',
  ])
  assert.match(stdout, /\n {4}\+0\.300 s {2}browser {4}502 {5}error page shown\n/)
  assert.match(stdout, /gatehouse explain issuer-mismatch\n$/)
})

test('the trace of a refused product says what to do: by its code, or by the word of the protocol', async () => {
  const refused = (evidence: Record<string, string>) => ({
    id: 'trace-2',
    startedAt: 0,
    steps: [{ at: 0, hop: 'product' as const, event: 'grant.error', status: 400, evidence }],
  })
  const saidOf = async (evidence: Record<string, string>) =>
    (await run('request-8', { readTrace: async () => refused(evidence) })).stdout

  const secret = await saidOf({ code: 'client-secret-wrong', error: 'invalid_client' })
  const code = await saidOf({ code: 'invalid-request', error: 'invalid_grant' })
  const other = await saidOf({ code: 'invalid-request', error: 'something_else' })
  const nothing = await saidOf({})

  assert.match(secret, /failed: product\. The application does not have the secret .*\nCompare its secret/)
  assert.match(secret, /gatehouse explain client-secret-wrong\n$/)
  assert.match(
    code,
    /failed: product\. The code or refresh token was used already.*\nSign in again; .*\nTo read more: gatehouse explain invalid_grant\n$/,
  )
  assert.match(other, /gatehouse explain invalid-request\n$/)
  assert.match(nothing, /failed: product\.\n$/)
})

test('the trace is read from the store of the configuration', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'explain-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'gatehouse.yaml')
  writeFileSync(file, 'issuer: http://localhost:8080\nstore: sqlite:./gatehouse.db\n')
  const before = await run('request-7', { file })
  const store = await openStore('sqlite:./gatehouse.db', folder)
  await store.traces.save(trace, ['request-7'], Date.now())
  await store.close()

  const after = await run('request-7', { file, json: true })

  assert.equal(before.status, 1)
  assert.deepEqual(JSON.parse(after.stdout), trace)
})

test('pasted words, and a request id where no configuration is, are answered without one', async () => {
  const known = await run('OAuthError: invalid_client', { file: 'gatehouse.yaml' })
  const pasted = await run('OAuthError: something else', { file: 'gatehouse.yaml' })
  const id = await run('3f2a9c51d0b7e846', { file: 'gatehouse.yaml' })
  const named = await run('3f2a9c51d0b7e846', { file: '/nowhere/gatehouse.yaml' })

  assert.equal(known.status, 0)
  assert.match(
    known.stdout,
    /^Said by an OAuth server\.\n.*\n\nWhat to do:\n {2}Copy the secret[\s\S]*gatehouse explain client-credentials-rejected\n$/,
  )
  assert.deepEqual([pasted.status, id.status, named.status], [1, 1, 2])
  assert.match(pasted.stderr, /^"OAuthError: something else" is neither a code nor/)
  assert.match(
    id.stderr,
    /looked up in the store of the configuration, and there is no gatehouse\.yaml here: name it with -f/,
  )
  assert.match(named.stderr, /^\/nowhere\/gatehouse\.yaml:1:1 cannot be read/)
})

test('a pasted page that has a code of ours explains that code', async () => {
  const { status, stdout } = await run('Error access-denied, request 3f2a9c51d0b7e846')

  assert.equal(status, 0)
  assert.match(stdout, /^access-denied \(HTTP status 403\)\n/)
})

test('a trace of a refused ID token does not say to run this command', async () => {
  const steps = [{ at: 1, hop: 'provider' as const, event: 'refused', code: 'id-token-invalid' }]

  const { stdout } = await run('request-7', { readTrace: async () => ({ ...trace, steps }) })

  assert.doesNotMatch(stdout, /REQUEST_ID/)
  assert.match(stdout, /\nCompare what was received with what was expected, and correct/)
})

test('--json is JSON also for what nobody knows', async () => {
  const near = await run('issuer-missmatch', { json: true })
  const words = await run('some words', { json: true })

  assert.deepEqual([near.status, near.stderr], [1, ''])
  assert.deepEqual(JSON.parse(near.stdout), { word: 'issuer-missmatch', known: false, didYouMean: 'issuer-mismatch' })
  assert.deepEqual(JSON.parse(words.stdout), { word: 'some words', known: false })
})

test('a word that nothing is known by is status 1 with the nearest code', async () => {
  const { status, stderr } = await run('issuer-missmatch', { readTrace: async () => undefined })

  assert.equal(status, 1)
  assert.match(stderr, /issuer-mismatch/)
})

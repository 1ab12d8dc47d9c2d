import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { documentAt, identityAt, tokensAt } from '../../test/support/dev-idp-walk.ts'
import { parseFaults } from '../cli/dev-idp.ts'
import { AppError } from '../errors.ts'
import type { Faults } from './contract.ts'
import { type DevIdp, startDevIdp } from './index.ts'

describe('a look-alike that is broken on purpose', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp()
  })
  afterEach(() => idp.break({}))
  after(() => idp.close())

  const refusedWith = async (faults: Faults): Promise<string> => {
    idp.break(faults)
    const error: unknown = await identityAt(idp).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof AppError, String(error))
    return error.code
  }

  test('signs people in again as soon as it is mended', async () => {
    assert.equal(await refusedWith({ serverError: 503 }), 'provider-unreachable')

    idp.break({})

    assert.equal((await identityAt(idp)).name, 'Alice Archer')
  })

  test('clock: the times of ID tokens are off', async () => {
    assert.equal(await refusedWith({ clock: 600 }), 'clock-skew')
    assert.equal(await refusedWith({ clock: -6000 }), 'clock-skew')
  })

  test('issuer: the document names another one', async () => {
    assert.equal(await refusedWith({ issuer: 'https://issuer.example.com' }), 'issuer-mismatch')
  })

  test('nonce: ID tokens have another one', async () => {
    idp.break({ nonce: true })
    const { tokens } = await tokensAt(idp)

    assert.equal(decodeJwt(tokens['id_token'] ?? '')['nonce'], 'another-nonce')
    await refusedWith({ nonce: true })
  })

  test('kid: ID tokens are signed with a key that nobody publishes', async () => {
    idp.break({ kid: true })
    const { tokens, document } = await tokensAt(idp)
    const { keys } = (await (await fetch(document['jwks_uri'] ?? '')).json()) as { keys: { kid: string }[] }

    const { kid } = decodeProtectedHeader(tokens['id_token'] ?? '')
    assert.ok(kid !== undefined && !keys.some((key) => key.kid === kid))
    await refusedWith({ kid: true })
  })

  test('jwks: the keys are gone, none, others under the same name, or a page', async () => {
    for (const jwks of ['gone', 'empty', 'other', 'html'] as const) {
      idp.break({ jwks })
      const { tokens, document } = await tokensAt(idp)
      const keys = createRemoteJWKSet(new URL(document['jwks_uri'] ?? ''))

      await assert.rejects(jwtVerify(tokens['id_token'] ?? '', keys), Error, jwks)
      await refusedWith({ jwks })
    }
  })

  test('5xx: every answer has that status', async () => {
    idp.break({ serverError: 502 })

    assert.equal((await fetch(`${idp.issuer}/.well-known/openid-configuration`)).status, 502)
  })

  test('slow: every answer comes late', async () => {
    idp.break({ slow: 1 })
    const start = performance.now()

    assert.equal((await documentAt(idp.issuer))['issuer'], idp.issuer)
    assert.ok(performance.now() - start >= 990)
  })

  test('slow: it closes without waiting for what it has not answered', async () => {
    const other = await startDevIdp({ faults: { slow: 600 } })
    const asked = fetch(other.issuer)
    asked.catch(() => {})

    await other.close()

    await assert.rejects(asked)
  })
})

test('faults are written in the same words after --break and --fault, each with a usual value', () => {
  assert.deepEqual(parseFaults(['clock', 'issuer', 'kid', 'slow', '5xx', 'cert', 'nonce', 'jwks']), {
    clock: 600,
    issuer: 'https://issuer.example.com',
    kid: true,
    slow: 60,
    serverError: 503,
    certificate: 'expired',
    nonce: true,
    jwks: 'gone',
  })
  assert.deepEqual(parseFaults(['certificate=self-signed', 'slow=3', '5xx=500', 'jwks=other', 'clock=-30']), {
    certificate: 'self-signed',
    slow: 3,
    serverError: 500,
    jwks: 'other',
    clock: -30,
  })
  for (const word of ['clock=soon', '5xx=404', 'cert=green', 'jwks=none', 'kid=1', 'toString', 'slow=-1']) {
    assert.match(String(parseFaults([word])), /is not a known fault; known: issuer/, word)
  }
})

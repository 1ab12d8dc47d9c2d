import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AppError } from '../errors.ts'
import { createNames } from './names.ts'

const names = createNames({
  owner: 'entra',
  classes: ['entra', 'partner'],
  classOfDomain: new Map([['partner.example', 'partner']]),
  trustedFor: new Map([
    ['entra', ['example.com', 'partner.example']],
    ['partner', []],
  ]),
})

describe('an address in a domain for which a provider is trusted', () => {
  test('is verified where that provider says nothing, and no other one may say so [noauth-email]', () => {
    const said = (email: string, emailVerified: boolean | undefined, name = 'entra') =>
      names.vouches({ email, emailVerified }, name)

    assert.equal(said('alice@EXAMPLE.com', undefined), true)
    assert.equal(said('alice@example.com', true), true)
    assert.equal(said('alice@example.com', false), false)
    assert.equal(said('alice@example.com', undefined, 'partner'), undefined)
    assert.equal(said('alice@example.com.evil.example', undefined), undefined)
    assert.equal(said('alice@evil.example', undefined), undefined)
    // The domain is that of another way in alone.
    assert.equal(said('alice@partner.example', undefined), false)
  })

  test('names somebody whose address came as the name alone', () => {
    const of = (principal: string, email?: string, emailVerified?: boolean) =>
      names.given({ principal, email, emailVerified }, 'entra').own
    const refused = (work: () => unknown) => assert.throws(work, ({ code }: AppError) => code === 'email-not-verified')

    assert.equal(of('alice@example.com'), 'alice@example.com')
    assert.equal(of('alice@example.com', 'other@evil.example', false), 'alice@example.com')
    refused(() => of('alice@evil.example'))
    refused(() => of('alice@evil.example', 'alice@example.com'))
    refused(() => of('alice@example.com', 'alice@example.com', false))
  })
})

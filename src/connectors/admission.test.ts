import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AppError } from '../errors.ts'
import { type Admission, admit } from './admission.ts'

const nobodysLimit: Admission = { allowedGroups: [], hostedDomains: [] }

function isAdmitted(
  {
    groups = [],
    claims = {},
    ...address
  }: { groups?: string[]; claims?: Record<string, unknown>; email?: string; emailVerified?: boolean },
  limits: Partial<Admission>,
): boolean {
  try {
    const received = { claim: 'groups', form: 'list' }
    admit({ groups, received, email: undefined, emailVerified: undefined, ...address }, claims, {
      ...nobodysLimit,
      ...limits,
    })
    return true
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'person-not-admitted' && error.status === 403, String(error))
    return false
  }
}

describe('who may sign in by a provider', () => {
  test('everybody, where the class names nothing', () => {
    assert.ok(isAdmitted({}, {}))
  })

  test('members of one of the groups, letter by letter', () => {
    const limits = { allowedGroups: ['admins', 'data'] }

    assert.ok(isAdmitted({ groups: ['others', 'data'] }, limits))
    assert.ok(!isAdmitted({ groups: ['others', 'Data', '/data'] }, limits))
    assert.ok(!isAdmitted({}, limits))
  })

  test('accounts of one of the domains of Google, and no private ones', () => {
    const limits = { hostedDomains: ['example.com'] }

    assert.ok(isAdmitted({ claims: { hd: 'example.com' } }, limits))
    for (const hd of [undefined, '', 'example.net', 'sub.example.com', ['example.com'], null]) {
      assert.ok(!isAdmitted({ claims: { hd, email: 'alice@example.com' } }, limits), String(hd))
    }
  })

  test('people with a verified address in one of the domains, and with one that the provider is trusted for', () => {
    const limits = { allowedDomains: ['example.com', 'example.org'], trustedDomains: ['example.org'] }

    assert.ok(isAdmitted({ email: 'alice@example.com', emailVerified: true }, limits))
    assert.ok(isAdmitted({ email: 'Alice@EXAMPLE.org' }, limits))
    for (const email of ['alice@example.com', 'alice@evil.example', 'alice@example.com.evil.example', 'alice', ''])
      assert.ok(!isAdmitted({ email }, limits), email)
    assert.ok(!isAdmitted({ email: 'alice@evil.example', emailVerified: true }, limits))
    assert.ok(!isAdmitted({ email: 'alice@example.org', emailVerified: false }, limits))
    assert.ok(!isAdmitted({}, limits))
  })

  test('who fulfils both, where both are named', () => {
    const limits = { allowedGroups: ['data'], hostedDomains: ['example.com'] }

    assert.ok(isAdmitted({ groups: ['data'], claims: { hd: 'example.com' } }, limits))
    assert.ok(!isAdmitted({ groups: ['data'] }, limits))
    assert.ok(!isAdmitted({ claims: { hd: 'example.com' } }, limits))
  })
})

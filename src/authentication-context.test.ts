import assert from 'node:assert/strict'
import { it } from 'node:test'
import { classAmong, passwordContext, secondFactorContext } from './authentication-context.ts'

const secure = { secure: true }
const password = passwordContext(secure)
const both = secondFactorContext(['pwd', 'otp'])

it('tells a product that demands a password of one with a second factor, and never the other way round', () => {
  assert.equal(classAmong([password.acr], both, secure), password.acr)
  assert.equal(classAmong([both.acr, password.acr], both, secure), both.acr)
  assert.equal(classAmong([both.acr], password, secure), undefined)
  assert.equal(classAmong(['urn:other'], both, secure), undefined)
})

it('takes no class of a provider for a password that was checked here', () => {
  assert.equal(classAmong([password.acr], { acr: both.acr, amr: ['otp', 'mfa'] }, secure), undefined)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainLook } from '../../test/support/plain-look.ts'
import { AppError } from '../errors.ts'
import { errorPage } from './error-page.ts'

for (const [what, openTo, says] of [
  ['one team', ['team:admins'], /Vault is open to the team admins\./],
  ['two teams', ['team:admins', 'team:ops'], /Vault is open to the teams admins and ops\./],
  ['a person, whose name is not told to others', ['user:carol'], /Vault is open to certain people only\./],
  [
    'people and a team',
    ['user:carol', 'team:ops', 'user:corp/eve'],
    /Vault is open to the team ops and to certain people\./,
  ],
  ['nobody', [], /Vault is not open to anyone at this address\./],
] as const) {
  test(`the page of a refusal says to whom a service is open: ${what}`, () => {
    const page = errorPage(plainLook, {
      error: new AppError('access-denied', {}),
      requestId: 'ab12',
      at: new Date(0),
      back: undefined,
      application: 'vault',
      denied: { user: 'bob', openTo, someoneElseHref: '/login', frontPage: undefined },
    })

    assert.match(page, says)
    assert.doesNotMatch(page, /carol|eve/)
  })
}

test('what an administrator is to type is shown as code, and copied with its marks', () => {
  const page = errorPage(plainLook, {
    error: new AppError('client-unknown'),
    requestId: 'ab12',
    at: new Date(0),
    back: undefined,
  })

  assert.match(page, /with <code>gatehouse clients list<\/code>, and render/)
  assert.match(page, /data-text="[^"]*with `gatehouse clients list`, and render/)
})

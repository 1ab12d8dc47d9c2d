import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { filledIn, parseForms } from '../../test/e2e/support/html-forms.ts'
import { type LoginTestbed, startLogin } from '../../test/support/login-testbed.ts'
import type { Credentials, PasswordConnector } from '../connectors/contract.ts'
import { AppError } from '../errors.ts'

const typed: Credentials[] = []

/** As a directory would be: a file of its own, known to login by its contract alone. */
const staff: PasswordConnector = {
  kind: 'password',
  name: 'staff',
  verify: async (credentials) => {
    typed.push(credentials)
    if (credentials.password !== 'of the directory') throw new AppError('invalid-credentials')
    return {
      key: { issuer: 'ldap://directory.example.com', subject: 'entry-7' },
      principal: credentials.username,
      email: `${credentials.username}@example.com`,
      emailVerified: true,
      name: 'Carol Curie',
      groups: ['analysts'],
    }
  },
}

let login: LoginTestbed
before(async () => {
  login = await startLogin({
    login: [{ authenticationClass: 'staff', title: 'Staff account' }, { local: {} }],
    connectors: [staff],
  })
  await login.directory.accounts.add({ username: 'alice', password: 'kept here, by us' }, 'test')
})
after(() => login.close())

async function formOf(way: string) {
  const body = await (await login.ask('/login')).text()
  const form = parseForms(body).find(({ fields }) => fields.some(({ value }) => value === way))
  assert.ok(form, `no form of ${way}`)
  return form
}

function whoIs(answer: Response) {
  const [pair = ''] = (answer.headers.getSetCookie()[0] ?? '').split(';')
  return login.ask('/', { cookie: pair }).then((home) => home.text())
}

test('a way in with a password has a form of its own, which says whose it is', async () => {
  const body = await (await login.ask('/login')).text()

  assert.equal(parseForms(body).length, 2)
  assert.match(body, /<h2>With Staff account<\/h2>/)
  assert.match(body, /<h2>With a local account<\/h2>/)
  const ids = [...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  assert.equal(new Set(ids).size, ids.length)
})

test('whoever signs in by it becomes a user with the key that the connector chose', async () => {
  const fields = filledIn(await formOf('staff'), { username: 'carol', password: 'of the directory' })

  const answer = await login.ask('/login', { fields: Object.fromEntries(fields) })

  assert.equal(answer.status, 303)
  assert.match(await whoIs(answer), /You are signed in as carol/)
  const user = await login.store.users.findByIdentity('ldap://directory.example.com', 'entry-7')
  assert.equal(user?.name, 'Carol Curie')
})

test('a form without a provider is that of local accounts', async () => {
  const answer = await login.ask('/login', { fields: { username: 'alice', password: 'kept here, by us' } })

  assert.equal(answer.status, 303)
  assert.match(await whoIs(answer), /You are signed in as alice/)
})

test('a password goes to nobody but the way in that was chosen', async () => {
  typed.length = 0

  const local = await login.ask('/login', { fields: { username: 'alice', password: 'of the directory' } })
  const other = await login.ask('/login', {
    fields: { provider: 'staff', username: 'alice', password: 'kept here, by us' },
  })

  assert.deepEqual([local.status, other.status], [401, 401])
  assert.deepEqual(
    typed.map(({ password }) => password),
    ['kept here, by us'],
  )
})

test('what was typed in vain is said at the form that it was typed into', async () => {
  const answer = await login.ask('/login', { fields: { provider: 'staff', username: 'carol', password: 'wrong' } })

  const body = await answer.text()
  assert.match(body, /role="alert"/)
  assert.match(body, /id="username-staff"[^>]* value="carol" aria-describedby="problem"/)
  assert.match(body, /id="username-local"[^>]* value="">/)
})

test('a way in that nobody configured takes no password', async () => {
  const answer = await login.ask('/login', { fields: { provider: 'other', username: 'carol', password: 'x' } })

  assert.equal(answer.status, 404)
})

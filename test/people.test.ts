import { after, before, describe, it } from 'node:test'
import { openStore, type Store } from '../src/store/index.ts'
import {
  checkLostTeam,
  credentialsOf,
  openProduct,
  type Pair,
  signInAs,
  startPair,
  within,
} from './support/lost-team.ts'

const password = 'correct horse battery staple'
let pair: Pair
let store: Store

before(async () => {
  pair = await startPair()
  store = await openStore('sqlite:./gatehouse.db', pair.first.folder)
})
after(async () => {
  await store.close()
  await pair.close()
})

describe('somebody who loses a team at a sign-in', () => {
  it('is refused within a second, by session and by bearer token; and it is written down', async () => {
    await checkLostTeam(pair, store)
  })
})

/** A request with one of these gets that status within a second, though another process has made the change. */
async function answered(status: number, credentials: readonly Record<string, string>[]): Promise<void> {
  await within(1000, async () => {
    const asked = credentials.map((one) => pair.askService(pair.first, one))
    return (await Promise.all(asked)).every((answer) => answer === status)
  })
}

describe('a session and a bearer token, at a running server within a second', () => {
  for (const [what, name, change] of [
    ['are refused when the user is deactivated', 'dora', ['users', 'deactivate', 'dora']],
    ['are refused when the password is set', 'paul', ['users', 'password', 'paul', '--local']],
  ] as const) {
    it(what, async () => {
      const credentials = await credentialsOf(pair, await signInAs(pair, name, ['data-analysts']))
      await answered(200, credentials)

      // A command line is a third process on the store; its start is not what is measured.
      await pair.first.cli(change)
      await answered(401, credentials)
    })
  }

  it('open what somebody has just been given, without a new sign-in there', async () => {
    const browser = await signInAs(pair, 'nora', ['data-readers'])
    const credentials = await credentialsOf(pair, browser)
    await answered(403, credentials)

    await signInAs(pair, 'nora', ['data-analysts'])

    await answered(200, credentials)
  })

  it('are dead for whoever was signed in at a product before somebody else at the same browser', async () => {
    await pair.first.addUser('frank', password)
    const browser = await signInAs(pair, 'erin', ['data-analysts'])
    const [, bearer = {}] = await credentialsOf(pair, browser)
    await answered(200, [bearer])
    // The login session of this browser is lost, the cookie of the provider's own session is not.
    browser.jar.store(pair.first.url, ['gatehouse_login=; Path=/; Max-Age=0'])

    const body = new URLSearchParams({ username: 'frank', password })
    await browser.send(`${pair.first.url}/login`, { method: 'POST', body })
    await openProduct(pair, browser)

    await answered(401, [bearer])
  })
})

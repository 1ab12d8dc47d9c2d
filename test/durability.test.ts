import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { startAnyUserIdp } from './support/any-user-idp.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { checkKilledChanges } from './support/killed-changes.ts'

let idp: Awaited<ReturnType<typeof startAnyUserIdp>>
let gatehouse: Gatehouse

before(async () => {
  idp = await startAnyUserIdp()
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
authenticationClasses:
  crowd: { oidc: { hostname: localhost, port: ${idp.port}, principalClaim: preferred_username } }
login: [{ authenticationClass: crowd, oidc: { clientCredentialsSecret: crowd } }]
secrets: { crowd: { clientId: gatehouse, clientSecret: "\${env:CROWD_SECRET}" } }
`,
    env: { CROWD_SECRET: 'test-secret' },
  })
})
after(async () => {
  await gatehouse.stop()
  await idp.close()
})

/** Signs in somebody new. Answers once the server has, with the browser that holds the cookie. */
async function signInSomebody(): Promise<ScriptedBrowser | undefined> {
  const browser = new ScriptedBrowser()
  try {
    let page = await browser.send(`${gatehouse.url}/login/start?provider=crowd`)
    for (let hops = 0; hops < 10; hops++) {
      if (browser.jar.find('gatehouse_login')) return browser
      page = await browser.send(new URL(page.headers.get('location') ?? '', page.url).href)
    }
    return undefined
  } catch {
    return undefined
  }
}

describe('durability', () => {
  it('has every acknowledged user and session after kill -9 in the middle of 200 logins', {
    timeout: 60_000,
  }, async () => {
    const acknowledged: ScriptedBrowser[] = []
    let started = 0
    let killed: Promise<void> | undefined
    const worker = async () => {
      while (started < 200 && !killed) {
        started++
        const browser = await signInSomebody()
        if (browser) acknowledged.push(browser)
        if (acknowledged.length >= 100) killed ??= gatehouse.kill()
      }
    }

    await Promise.all(Array.from({ length: 20 }, worker))
    await killed
    await gatehouse.restart()

    assert.ok(acknowledged.length >= 100, `${acknowledged.length} logins were acknowledged`)
    const { stdout } = await gatehouse.cli(['users', 'list', '--json'])
    const users = new Set((JSON.parse(stdout) as { username: string }[]).map(({ username }) => username))
    for (const browser of acknowledged) {
      const { status, body } = await browser.open(gatehouse.url)
      const name = /You are signed in as (person-\d+)/.exec(body)?.[1]
      assert.ok(name, `a session is lost: ${status}`)
      assert.ok(users.has(name), `${name} is lost`)
    }
  })

  it('lets people sign in again after kill -9, with keys that still verify', async () => {
    const keysBefore = await (await fetch(`${gatehouse.url}/jwks`)).text()

    await gatehouse.kill()
    await gatehouse.restart()

    assert.equal(await (await fetch(`${gatehouse.url}/jwks`)).text(), keysBefore)
    assert.ok(await signInSomebody())
  })

  it('has no person without its audit row and none half-changed after kill -9 in the middle of 500 changes of people', {
    timeout: 30_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-people-'))
    try {
      await checkKilledChanges('sqlite:people.db', folder)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

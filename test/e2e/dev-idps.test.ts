/** A real Chromium signs in through every look-alike that `gatehouse dev-idp` knows, with the class that it prints; doctor looks at each. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { type DevIdp, startDevIdp } from '../../src/dev-idp/index.ts'
import { lookAlikes } from '../../src/dev-idp/look-alikes.ts'
import { freePort, type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import { launchBrowser } from './support/chromium.ts'

/** Those that say nothing about groups. */
const withoutGroups = ['google']
/** Those that name people by an address and do not say that it was verified. */
const withoutVerifiedAddresses = ['entra', 'adfs']

let browser: Browser
before(async () => {
  browser = await launchBrowser()
})
after(() => browser?.close())

function configuration(like: string, { users, authenticationClass, clientId }: DevIdp, port: number): string {
  const group = users[0]?.groups[0]
  const lastOfMany = users.find(({ username }) => username === 'carol')?.groups.at(-1)
  const emailDomains = withoutVerifiedAddresses.includes(like) ? ['example.com'] : []
  return JSON.stringify({
    issuer: `http://localhost:${port}`,
    listen: { port },
    authenticationClasses: { company: authenticationClass },
    login: [{ authenticationClass: 'company', emailDomains, oidc: { clientCredentialsSecret: 'company' } }],
    teams: { ...teamOf('analysts', group), ...teamOf('last', lastOfMany) },
    secrets: { company: { clientId, clientSecret: '${env:IDP_SECRET}' } },
  })
}

function teamOf(name: string, group: string | undefined): object {
  return group === undefined ? {} : { [name]: { from: [{ authenticationClass: 'company', group }] } }
}

/** Signs somebody in at the form of the look-alike; the text of the page where that ends. */
async function enter(gatehouse: Gatehouse, idp: DevIdp, username: string): Promise<string | null> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(`${gatehouse.url}/login/start?provider=company`)
    await page.getByLabel('Username or email').fill(username)
    await page.getByLabel('Password').fill(idp.users.find((user) => user.username === username)?.password ?? '')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(`${gatehouse.url}/**`)
    return await page.locator('body').textContent()
  } finally {
    await context.close()
  }
}

async function usersOf(gatehouse: Gatehouse): Promise<ListedUser[]> {
  return JSON.parse((await gatehouse.cli(['users', 'list', '--json'])).stdout) as ListedUser[]
}

interface ListedUser {
  name?: string
  email?: string
  teams: string[]
}

for (const like of Object.keys(lookAlikes)) {
  describe(`--like ${like}`, () => {
    let idp: DevIdp
    let gatehouse: Gatehouse
    before(async () => {
      const port = await freePort()
      idp = await startDevIdp({ like, manyGroups: 250, redirectUris: [`http://localhost:${port}/callback/company`] })
      const config = () => configuration(like, idp, port)
      gatehouse = await startGatehouse({ port, config, env: { IDP_SECRET: idp.clientSecret } })
    })
    after(async () => {
      await gatehouse?.stop()
      await idp?.close()
    })

    test('a browser signs alice in, with her name, her address and her team', async () => {
      const body = await enter(gatehouse, idp, 'alice')
      const [user] = await usersOf(gatehouse)

      assert.ok(user, body ?? '')
      assert.deepEqual(
        [user.name, user.email, user.teams],
        ['Alice Archer', 'alice@example.com', withoutGroups.includes(like) ? [] : ['analysts']],
      )
    })

    if (!withoutGroups.includes(like)) {
      test('carol has the team of the last one of her 250 groups', async () => {
        const body = await enter(gatehouse, idp, 'carol')
        const carol = (await usersOf(gatehouse)).find(({ name }) => name === 'Carol Cooper')

        assert.deepEqual(carol?.teams, ['analysts', 'last'], body ?? '')
      })
    }

    test('doctor finds nothing wrong', async () => {
      const doctor = await gatehouse.cli(['doctor', '--json'])

      const findings = JSON.parse(doctor.stdout) as { check: string; status: string }[]
      assert.deepEqual(
        findings.filter(({ status }) => status === 'problem'),
        [],
      )
      assert.equal(findings.find(({ check }) => check === 'redirect-uri')?.status, 'ok')
      assert.equal(doctor.status, 0)
    })
  })
}

/** A look-alike as a separate process (all of them: test/e2e/dev-idps.test.ts), with `gatehouse serve` and doctor in front of it: they know only what it prints. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, it, type TestContext } from 'node:test'
import { authentik } from '../src/dev-idp/authentik.ts'
import type { DevIdpDescription } from '../src/dev-idp/index.ts'
import { keycloak } from '../src/dev-idp/keycloak.ts'
import { okta } from '../src/dev-idp/okta.ts'
import { ScriptedBrowser, signIn } from './e2e/support/scripted-browser.ts'
import { freePort, mainFile, startGatehouse } from './support/gatehouse.ts'

async function startProcess(t: TestContext, like: string, redirectUri: string): Promise<DevIdpDescription> {
  const child = spawn(process.execPath, [mainFile, 'dev-idp', '--like', like, '--redirect', redirectUri], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return JSON.parse(String(line)) as DevIdpDescription
}

function configurationFor(idp: DevIdpDescription, port: number): string {
  return JSON.stringify({
    issuer: `http://localhost:${port}`,
    listen: { port },
    authenticationClasses: { company: idp.authenticationClass },
    login: [{ authenticationClass: 'company', oidc: { clientCredentialsSecret: 'company' } }],
    teams: { analysts: { from: [{ authenticationClass: 'company', group: 'analysts' }] } },
    secrets: { company: { clientId: idp.clientId, clientSecret: `\${env:IDP_SECRET}` } },
  })
}

for (const [like, { vendor }] of Object.entries({ keycloak, okta, authentik })) {
  describe(`gatehouse dev-idp --like ${like}`, () => {
    it('signs people in at serve, with their groups, and doctor finds nothing wrong', async (t) => {
      const port = await freePort()
      const idp = await startProcess(t, like, `http://localhost:${port}/callback/company`)
      const gatehouse = await startGatehouse({
        port,
        config: () => configurationFor(idp, port),
        env: { IDP_SECRET: idp.clientSecret },
      })
      t.after(() => gatehouse.stop())
      const [alice] = idp.users
      const browser = new ScriptedBrowser()

      const page = await signIn(browser, {
        startUrl: `${gatehouse.url}/login/start?provider=company`,
        username: alice?.username ?? '',
        password: alice?.password ?? '',
      })
      const { stdout } = await gatehouse.cli(['users', 'list', '--json'])
      const doctor = await gatehouse.cli(['doctor', '--json'])

      assert.deepEqual(Object.keys(idp).sort(), ['authenticationClass', 'clientId', 'clientSecret', 'issuer', 'users'])
      assert.equal(idp.authenticationClass.oidc['providerHint'], vendor.hint)
      assert.match(page.body, /You are signed in as alice/)
      const [user] = JSON.parse(stdout) as { teams: string[]; email: string }[]
      assert.deepEqual([user?.teams, user?.email], [['analysts'], 'alice@example.com'])
      assert.equal(doctor.status, 0, doctor.stdout)
      const findings = JSON.parse(doctor.stdout) as { check: string; status: string }[]
      const statusOf = (check: string) => findings.find((finding) => finding.check === check)?.status
      assert.deepEqual(['issuer', 'scopes', 'claims', 'redirect-uri', 'issuer-answers', 'schema'].map(statusOf), [
        'ok',
        'ok',
        'ok',
        'ok',
        'ok',
        'ok',
      ])
    })

    it('refuses an address that is not registered in words that doctor knows', async (t) => {
      const port = await freePort()
      const idp = await startProcess(t, like, 'http://localhost:1/other')
      const gatehouse = await startGatehouse({
        port,
        config: () => configurationFor(idp, port),
        env: { IDP_SECRET: idp.clientSecret },
      })
      t.after(() => gatehouse.stop())

      const doctor = await gatehouse.cli(['doctor', '--json'])

      const [problem] = (JSON.parse(doctor.stdout) as { check: string; status: string; code: string }[]).filter(
        ({ check, status }) => check === 'redirect-uri' && status === 'problem',
      )
      assert.equal(doctor.status, 1)
      assert.equal(problem?.code, 'redirect-uri-not-registered')
    })
  })
}

import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { freePort, startGatehouse } from './support/gatehouse.ts'

it('a page about something broken says a code and a request id, and nothing about the inside [error-discloses-internals]', async () => {
  const closed = await freePort()
  const canary = 'CANARY-real-secret'
  const gatehouse = await startGatehouse({
    config: (port) => `issuer: http://localhost:${port}
listen: { port: ${port} }
authenticationClasses: { corp: { oidc: { hostname: localhost, port: ${closed}, rootPath: /realms/inside, principalClaim: sub } } }
login: [{ authenticationClass: corp, oidc: { clientCredentialsSecret: corp-client } }]
services: { wiki: { url: "http://wiki.localhost:${port}", upstream: "http://127.0.0.1:${closed}", rules: [{ path: /, allow: everyone }] } }
secrets: { corp-client: { clientId: our-client, clientSecret: ${canary} } }
`,
  })
  const pages: string[] = []
  try {
    for (const accept of ['text/html', 'application/json']) {
      const headers = { accept, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
      const started = await fetch(`${gatehouse.url}/login/start?provider=corp`, { headers, redirect: 'manual' })
      const behind = await new ScriptedBrowser().send(`http://wiki.localhost:${gatehouse.port}/page`, { headers })
      assert.deepEqual([started.status, behind.status], [502, 502])
      pages.push(await started.text(), behind.body)
    }
    // The database goes away below it.
    for (const end of ['', '-wal', '-shm']) rmSync(join(gatehouse.folder, `gatehouse.db${end}`), { force: true })
    writeFileSync(join(gatehouse.folder, 'gatehouse.db'), 'no database')
    const login = await fetch(`${gatehouse.url}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: gatehouse.url },
      body: 'username=a&password=b',
    })
    pages.push(await login.text())
  } finally {
    await gatehouse.stop()
  }

  for (const page of pages) {
    assert.doesNotMatch(
      page,
      /ECONNREFUSED|realms\/inside|127\.0\.0\.1|node:internal|\n\s+at |gatehouse\.db|SQLITE/,
      page,
    )
    assert.ok(!page.includes(canary) && !page.includes(String(closed)), page)
  }
  assert.match(pages.join(), /provider-unreachable/)
  assert.match(pages.join(), /upstream-unreachable/)
  assert.ok(!gatehouse.log().includes(canary))
})

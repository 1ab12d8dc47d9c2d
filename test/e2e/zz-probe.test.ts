/** scratch */
import { test } from 'node:test'
import { startGatehouse } from '../support/gatehouse.ts'
import { keycloakUsers, startKeycloak } from './support/keycloak.ts'
import { freePort } from './support/ports.ts'
import { keycloakClass } from './support/rendered.ts'
import { ScriptedBrowser, visibleText } from './support/scripted-browser.ts'

test('probe', async () => {
  const ports: number[] = []
  for (let i = 0; i < 12; i++) ports.push(await freePort())
  const issuer = (p: number) => `http://id.example.test:${p}`
  const kc = await startKeycloak({
    clients: [
      { clientId: 'gatehouse', secret: 's', redirectUris: ports.map((p) => `${issuer(p)}/callback/keycloak`) },
    ],
  })
  const cases: Record<string, (p: number) => string> = {}
  const base = ({ cls = keycloakClass(kc.issuer), client = 'gatehouse', extra = '[]' } = {}) => (p: number) => `issuer: ${issuer(p)}
listen: { port: ${p} }
${cls}
login:
  - { authenticationClass: keycloak, oidc: { clientCredentialsSecret: c, extraScopes: ${extra} } }
  - { local: {} }
teams:
  analysts: { from: [{ authenticationClass: keycloak, group: analysts }] }
secrets:
  c: { clientId: ${client}, clientSecret: "\${env:S}" }
`
  cases['ok'] = base()
  cases['unknown scope'] = base({ extra: '[roles-of-mine]' })
  cases['unknown client'] = base({ client: 'nobody' })
  cases['wrong realm'] = base({ cls: keycloakClass(kc.issuer.replace('/data', '/date')) })
  cases['127.0.0.1 for localhost'] = base({ cls: keycloakClass(kc.issuer.replace('localhost', '127.0.0.1')) })
  cases['dead'] = base({ cls: keycloakClass(`http://localhost:${ports[11]}/realms/data`) })
  cases['principal claim'] = base({ cls: keycloakClass(kc.issuer).replace('preferred_username', 'employee_number') })
  cases['old /auth path'] = base({ cls: keycloakClass(kc.issuer.replace('/realms', '/auth/realms')) })
  cases['https on http port'] = base({ cls: `${keycloakClass(kc.issuer)}      tls: { verification: { server: { caCert: { webPki: {} } } } }\n` })
  let i = 0
  for (const [name, config] of Object.entries(cases)) {
    const g = await startGatehouse({ port: ports[i++] as number, config, env: { S: 's' } })
    const b = new ScriptedBrowser()
    console.log(`##### ${name}`)
    try {
      const ways = await b.open(`${g.url}/login`)
      let page = await b.followLink(ways, 'Continue with keycloak')
      if (page.body.includes('kc-form-login')) page = await b.submitForm(page, { username: 'alice', password: keycloakUsers.alice.password })
      console.log(page.status, page.url.split('?')[0], visibleText(page.body).slice(0, 420))
      if (name === 'ok') {
        const out = await b.submitForm(page, {})
        console.log('SIGN-OUT without post-logout uri:', out.status, out.url.split('?')[0], visibleText(out.body).slice(0, 300))
      }
      const id = page.headers.get('x-request-id')
      if (id) console.log((await g.cli(['explain', id])).stdout)
      const d = await g.cli(['doctor'])
      console.log('DOCTOR', d.status, d.stdout.split('\n').filter((l) => /✗|→|came back|reason|said/.test(l)).join('\n'))
    } catch (e) { console.log('ERR', e) }
    await b.close()
    await g.stop()
  }
  // users
  const g = await startGatehouse({ port: ports[10] as number, config: base(), env: { S: 's' } })
  await kc.admin('POST', '/users', { username: 'dan', enabled: true, credentials: [{ type: 'password', value: 'x', temporary: false }] })
  const b = new ScriptedBrowser()
  let page = await b.followLink(await b.open(`${g.url}/login`), 'Continue with keycloak')
  page = await b.submitForm(page, { username: 'dan', password: 'x' })
  console.log('##### no profile', page.status, page.url.split('?')[0], visibleText(page.body).slice(0, 300))
  await g.stop()
  await kc.stop()
})

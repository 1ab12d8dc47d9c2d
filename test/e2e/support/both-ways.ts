import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { DevIdp } from '../../../src/dev-idp/index.ts'
import { type Gatehouse, startGatehouse } from '../../support/gatehouse.ts'
import { type Keycloak, keycloakUsers, startKeycloak } from './keycloak.ts'
import { freePort } from './ports.ts'
import { keycloakClass, type Rendered, renderProduct } from './rendered.ts'
import { type Page, type ScriptedBrowser, signInAtKeycloak } from './scripted-browser.ts'
import { tempFolder } from './temp.ts'

const GATEHOUSE_AT_KEYCLOAK = 'gatehouse-at-keycloak'

/** The local account of Gatehouse, in the team data-admins. */
export const ada = {
  password: 'correct horse battery staple',
  email: 'ada@example.test',
  name: 'Ada Lovelace',
} as const

type KeycloakPerson = keyof typeof keycloakUsers
export type Person = KeycloakPerson | 'ada'

/** A product as in the configuration of Gatehouse. */
export interface ProductEntry {
  /** Its key under `products`. */
  name: string
  /** What stands there, without `authentication`. */
  settings: { product: string; url: string; [setting: string]: unknown }
  /** Where it asks a Keycloak for groups: in its entry unless told. Gatehouse offers them by itself. */
  groupsScope?: 'in the entry' | 'in the class' | 'nowhere'
}

/** What a product is started with. */
export interface Installation {
  rendered: Rendered
  /** Every variable that secrets.env.example lists, with a value. */
  secrets: Record<string, string>
}

/** One way to sign in to a product, for the people that both ways have. */
export interface Way extends Installation {
  /** From an address of the product to where the walk ends. */
  signIn(browser: ScriptedBrowser, person: KeycloakPerson, startUrl: string): Promise<Page>
}

export interface WayThroughGatehouse extends Way {
  gatehouse: Gatehouse
  signIn(browser: ScriptedBrowser, person: Person, startUrl: string): Promise<Page>
  stop(): Promise<void>
}

export interface BothWays {
  keycloak: Keycloak
  /** Registers the product at Keycloak with the rendered files, and takes the secret that Keycloak made. */
  straight(product: ProductEntry): Promise<Way>
  /** Starts a Gatehouse that the product signs in at, with Keycloak and ada's local account as ways in. One at a time. */
  throughGatehouse(product: ProductEntry): Promise<WayThroughGatehouse>
  stop(): Promise<void>
}

/** Starts a Keycloak where only Gatehouse is registered. Products come and go one after another. */
export async function startBothWays(): Promise<BothWays> {
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const keycloak = await startKeycloak({
    clients: [
      {
        clientId: 'gatehouse',
        secret: GATEHOUSE_AT_KEYCLOAK,
        redirectUris: [`${issuer}/callback/keycloak`],
        postLogoutRedirectUris: [`${issuer}/login/signed-out`],
      },
    ],
    // The rendered file for it is under test.
    offersGroups: false,
  })
  return {
    keycloak,
    straight: (product) => straight(keycloak, product),
    throughGatehouse: (product) => throughGatehouse(keycloak, port, product),
    stop: keycloak.stop,
  }
}

async function straight(keycloak: Keycloak, product: ProductEntry): Promise<Way> {
  const { name, settings, groupsScope = 'in the entry' } = product
  const authentication = {
    authenticationClass: 'keycloak',
    oidc: {
      clientCredentialsSecret: `${name}-client`,
      ...(groupsScope === 'in the entry' ? { extraScopes: ['groups'] } : {}),
    },
  }
  const config = {
    products: { [name]: { ...settings, authentication: [authentication] } },
    secrets: { [`${name}-client`]: { clientId: name, clientSecret: `\${env:${variableOf(name)}_CLIENT_SECRET}` } },
  }
  const scopes = ['openid', 'email', 'profile', ...(groupsScope === 'in the class' ? ['groups'] : [])]
  const rendered = await renderProduct(`${keycloakClass(keycloak.issuer, scopes)}${stringify(config)}`, name)
  const secrets = filledIn(rendered, await register(keycloak, name, rendered))
  return {
    rendered,
    secrets,
    signIn: (browser, username, startUrl) => {
      const { password } = keycloakUsers[username]
      return signInAtKeycloak(browser, { issuer: keycloak.issuer, startUrl, username, password })
    },
  }
}

/** The steps "Automated" of REGISTER.md. */
async function register({ admin }: Keycloak, clientId: string, { files }: Rendered): Promise<string> {
  const scope = files['keycloak-client-scope.json']
  if (scope !== undefined) {
    const { name } = JSON.parse(scope) as { name: string }
    const known = (await admin('GET', '/client-scopes')) as { name: string }[]
    if (!known.some((other) => other.name === name)) await admin('POST', '/client-scopes', JSON.parse(scope))
  }
  await admin('POST', '/partialImport', JSON.parse(files['keycloak-client.json'] ?? 'null'))
  const [client] = (await admin('GET', `/clients?clientId=${clientId}`)) as { id: string }[]
  if (!client) throw new Error(`Keycloak has no client ${clientId} after the import`)
  const { value } = (await admin('GET', `/clients/${client.id}/client-secret`)) as { value?: string }
  if (value === undefined) throw new Error(`Keycloak made no secret for ${clientId}`)
  return value
}

async function throughGatehouse(
  keycloak: Keycloak,
  port: number,
  { name, settings }: ProductEntry,
): Promise<WayThroughGatehouse> {
  await keycloak.offerGroups()
  const issuer = `http://localhost:${port}`
  const team = (group: string) => ({ from: [{ authenticationClass: 'keycloak', group }] })
  const parts = {
    login: [
      {
        authenticationClass: 'keycloak',
        oidc: { clientCredentialsSecret: 'keycloak-client', extraScopes: ['groups'] },
      },
      { local: {} },
    ],
    products: { [name]: { ...settings, authentication: [{ authenticationClass: 'gatehouse' }] } },
    teams: { 'data-admins': team('data-admins'), analysts: team('analysts') },
    secrets: { 'keycloak-client': { clientId: 'gatehouse', clientSecret: `\${env:KEYCLOAK_CLIENT_SECRET}` } },
  }
  const own = stringify({ issuer, listen: { port } })
  const config = `${own}${keycloakClass(keycloak.issuer)}${stringify(parts)}`
  const env = { KEYCLOAK_CLIENT_SECRET: GATEHOUSE_AT_KEYCLOAK }
  const gatehouse = await startGatehouse({ port, config: () => config, env })
  try {
    const profile = [`--email=${ada.email}`, `--name=${ada.name}`, '--team=data-admins']
    await gatehouse.addUser('ada', ada.password, profile)
    const { stdout: secret } = await gatehouse.cli(['clients', 'secret', name])
    const rendered = await renderProduct(config, name)
    return {
      gatehouse,
      rendered,
      secrets: filledIn(rendered, secret.trim()),
      signIn: (browser, person, startUrl) => signInAtGatehouse(browser, { gatehouse, keycloak, person, startUrl }),
      stop: gatehouse.stop,
    }
  } catch (error) {
    await gatehouse.stop()
    throw error
  }
}

interface Walk {
  gatehouse: Gatehouse
  keycloak: Keycloak
  person: Person
  startUrl: string
}

async function signInAtGatehouse(browser: ScriptedBrowser, walk: Walk): Promise<Page> {
  const { gatehouse, keycloak, person: username, startUrl } = walk
  const ways = await browser.open(startUrl)
  if (!ways.url.startsWith(`${gatehouse.url}/`)) throw new Error(`not at Gatehouse:\n${browser.trace()}`)
  if (username === 'ada') return browser.submitForm(ways, { username, password: ada.password })
  const form = await browser.followLink(ways, 'Continue with keycloak')
  if (!form.url.startsWith(`${keycloak.issuer}/`)) throw new Error(`not at Keycloak:\n${browser.trace()}`)
  return browser.submitForm(form, { username, password: keycloakUsers[username].password })
}

/** What is rendered of a product at a development provider, which has one class and one client, and the values of its variables. */
export async function renderedAt(
  { className, provider, oidc }: { className: string; provider: DevIdp; oidc?: Record<string, unknown> },
  name: string,
  settings: object,
): Promise<{ rendered: Rendered; secrets: Record<string, string> }> {
  const config = stringify({
    authenticationClasses: { [className]: { oidc: { ...provider.authenticationClass.oidc, ...oidc } } },
    products: {
      [name]: {
        ...settings,
        authentication: [{ authenticationClass: className, oidc: { clientCredentialsSecret: 'client' } }],
      },
    },
    secrets: { client: { clientId: provider.clientId, clientSecret: '${env:CLIENT_SECRET}' } },
  })
  const rendered = await renderProduct(config, name)
  return { rendered, secrets: filledIn(rendered, provider.clientSecret) }
}

/** The variables of secrets.env.example: the client secret, and a fresh value for what the operator makes. */
export function filledIn({ files }: Rendered, clientSecret: string): Record<string, string> {
  const entries = (files['secrets.env.example'] ?? '').matchAll(/^# (.*)\n([A-Za-z_]\w*)=$/gm)
  return Object.fromEntries([...entries].map(([, note = '', name = '']) => [name, valueFor(note, clientSecret)]))
}

function valueFor(note: string, clientSecret: string): string {
  if (note.startsWith('The client secret at ')) return clientSecret
  if (note.startsWith('Path of a file with the client secret')) {
    const file = join(tempFolder('secret'), 'client-secret')
    writeFileSync(file, clientSecret)
    return file
  }
  if (note.includes('Make one: openssl rand ')) return randomBytes(16).toString('hex')
  throw new Error(`no value for a variable of secrets.env.example: ${note}`)
}

function variableOf(name: string): string {
  return name.toUpperCase().replaceAll('-', '_')
}

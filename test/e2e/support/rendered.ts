import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCli } from '../../support/gatehouse.ts'
import { tempFolder } from './temp.ts'

export interface Rendered {
  /** The folder of the product's files. */
  folder: string
  /** Name to content. */
  files: Record<string, string>
  /** Each as `path: warning: message`. */
  warnings: string[]
}

/** What `gatehouse render` writes for a product; fails when it names an error. */
export async function renderProduct(config: string, product: string): Promise<Rendered> {
  const folder = tempFolder('rendered')
  const file = join(folder, 'gatehouse.yaml')
  writeFileSync(file, config)
  const output = join(folder, 'rendered')
  const { status, stderr } = await runCli(['render', '-f', file, '-p', product, '-o', output])
  if (status !== 0) throw new Error(`gatehouse render ended with ${status}:\n${stderr}`)
  const written = join(output, product)
  const files = readdirSync(written).map((name) => [name, readFileSync(join(written, name), 'utf8')])
  const place = /^\S+:\d+:\d+ /
  // The others say what was written.
  const warnings = stderr.split('\n').filter((line) => place.test(line))
  return {
    folder: written,
    files: Object.fromEntries(files),
    warnings: warnings.map((line) => line.replace(place, '').replace(/ \([a-z-]+\)$/, '')),
  }
}

/** The authentication class `keycloak` for a Keycloak on plain http. */
export function keycloakClass(issuer: string, scopes: readonly string[] = ['openid', 'email', 'profile']): string {
  const { hostname, port, pathname } = new URL(issuer)
  return `authenticationClasses:
  keycloak:
    oidc:
      hostname: ${hostname}
      port: ${port}
      rootPath: ${pathname}
      scopes: [${scopes.join(', ')}]
      principalClaim: preferred_username
      providerHint: Keycloak
`
}

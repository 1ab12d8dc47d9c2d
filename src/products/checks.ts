/** Checks that several product kinds share. Each is one sentence of what is wrong and one of what to do. */
import { isVariableName } from '../formats.ts'
import type { KnownVersions, ProductInput, ProductProblem, Provider } from './contract.ts'
import { isBefore, isLaterLine } from './version.ts'

export function error(path: ProductProblem['path'], message: string): ProductProblem {
  return { severity: 'error', path, message }
}

export function warning(path: ProductProblem['path'], message: string): ProductProblem {
  return { severity: 'warning', path, message }
}

/** What every product needs of its provider and its client. */
export function commonProblems(input: ProductInput): ProductProblem[] {
  return [...addressProblems(input), ...input.providers.flatMap(providerProblems), ...roleTextProblems(input)]
}

/** Characters of a URI (RFC 3986 section 2). Products rewrite or cut others, each in its way, so that addresses stop being equal. */
const uri = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/

function addressProblems({ product, providers, path }: ProductInput): ProductProblem[] {
  const addresses: (readonly [ProductProblem['path'], string])[] = [
    [[...path, 'url'], product.url],
    ...providers.map((provider) => [provider.path, provider.issuer] as const),
    ...(['redirectUris', 'postLogoutRedirectUris'] as const).flatMap((key) =>
      product[key].map((address, index) => [[...path, key, index], address] as const),
    ),
  ]
  return addresses
    .filter(([, address]) => !uri.test(address))
    .map(([at, address]) =>
      error(
        at,
        `${JSON.stringify(address)} has characters that no address has (RFC 3986): write them in percent-encoding`,
      ),
    )
}

function providerProblems(provider: Provider): ProductProblem[] {
  const problems: ProductProblem[] = []
  if (!provider.scopes.includes('openid')) {
    problems.push(
      error(provider.path, `asks for no scope openid, without which it is no sign-in: add it to ${scopesOf(provider)}`),
    )
  }
  for (const scope of provider.scopes) {
    // RFC 6749 section 3.3: scope-token
    if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) {
      problems.push(
        error(
          provider.path,
          `the scope ${JSON.stringify(scope)} has characters that no scope can have (RFC 6749 section 3.3): write one scope per list entry`,
        ),
      )
    }
  }
  for (const [what, text] of [
    ['client id', provider.clientId],
    ['principalClaim', provider.principalClaim],
  ] as const) {
    if (!text.isWellFormed())
      problems.push(error(provider.path, `the ${what} is not well-formed Unicode: write it again`))
  }
  if (!isVariableName(provider.secretVariable)) {
    problems.push(
      error(
        provider.path,
        `the secret would come as the environment variable ${JSON.stringify(provider.secretVariable)}, which no shell can set: give a clientSecret of the form \${env:NAME} with a NAME of letters, digits and underscores`,
      ),
    )
  }
  if (provider.tls.kind === 'plain' && !isLoopback(provider.issuer)) {
    problems.push(
      warning(
        provider.path,
        `${provider.issuer} is plain http: passwords and tokens cross the network in the clear. Add ${provider.kind === 'gatehouse' ? 'https to `issuer`' : '`tls` to the authenticationClass'}`,
      ),
    )
  }
  return problems
}

function scopesOf(provider: Provider): string {
  return provider.kind === 'gatehouse' ? 'oidc.extraScopes' : `authenticationClasses.${provider.className}.oidc.scopes`
}

function roleTextProblems({ product, path }: ProductInput): ProductProblem[] {
  return Object.entries(product.roles)
    .filter(([group, roles]) => ![group, ...roles].every((text) => text.isWellFormed()))
    .map(() => error([...path, 'roles'], 'a name is not well-formed Unicode: write it again'))
}

function isLoopback(address: string): boolean {
  const host = URL.parse(address)?.hostname ?? ''
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host)
}

export function oneProvider(input: ProductInput, reason: string): ProductProblem[] {
  if (input.providers.length === 1) return []
  const names = input.providers.map(({ className }) => className).join(', ')
  return [
    error(
      [...input.path, 'authentication'],
      `${reason}, but there are ${input.providers.length} (${names}): keep one, or list them under \`login\` and give the product the class gatehouse, which brings them together`,
    ),
  ]
}

export function verifiedTls({ providers }: ProductInput, title: string): ProductProblem[] {
  return providers
    .filter(({ tls }) => tls.kind === 'unverified')
    .map((provider) =>
      error(
        provider.path,
        `${title} cannot call ${provider.className} without checking its certificate: replace tls.verification.none by server.caCert.secretClass with the certificate authority, or by server.caCert.webPki`,
      ),
    )
}

export function ignoredRedirects({ product, path }: ProductInput, title: string): ProductProblem[] {
  return (['redirectUris', 'postLogoutRedirectUris'] as const)
    .filter((key) => product[key].length > 0)
    .map((key) => warning([...path, key], `is ignored: ${title} has its own addresses below url`))
}

export function ignoredRoles({ product, path }: ProductInput, reason: string): ProductProblem[] {
  if (Object.keys(product.roles).length === 0) return []
  return [warning([...path, 'roles'], `is ignored: ${reason}`)]
}

/** `parts`: how many parts of a version make a line (Trino counts releases, Superset major.minor). */
export function versionProblems(
  { version, product, path }: ProductInput,
  title: string,
  { oldest, newest }: KnownVersions,
  parts: number,
): ProductProblem[] {
  if (product.version === undefined) return []
  const at = [...path, 'version']
  if (isBefore(version, oldest)) {
    return [error(at, `${title} ${product.version} is too old: the files are known to work from ${oldest} on`)]
  }
  if (isLaterLine(version, newest, parts)) {
    return [
      warning(at, `${title} ${product.version} is newer than what is known here; the files are those of ${newest}`),
    ]
  }
  return []
}

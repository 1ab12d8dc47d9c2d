/** Providers of Houston as authentication classes. */
import type { Data } from '../../formats.ts'
import { isMap, own } from '../../maps.ts'
import { providerNames, variableOf } from '../../products/astronomer/names.ts'
import type { ProviderHint } from '../../vendors/contract.ts'
import type { NotCarried } from '../contract.ts'
import { switchOf } from '../helm-values.ts'
import { classOfIssuer, hintsByName, importedName, reference, variableName } from '../provider.ts'
import { givesNothingAway } from '../settings-tree.ts'
import { auth, type Findings, houston, oidc, type Path, placeOf, type SecretPlace } from './findings.ts'

export interface ImportedProvider {
  /** The name below `openidConnect`. */
  key: string
  className: string
  secretName: string
  oidc: Record<string, Data>
  hint: ProviderHint | undefined
  entry: Record<string, Data>
  secret: Record<string, Data>
  displayName: string | undefined
}

/** Stands for a client id that the input does not have. */
const unknownId = 'CLIENT-ID'

/** The names that mean a vendor. */
const hints = hintsByName(providerNames)
/** What `render` calls the provider of such a class by default. */
export const usualNames: Readonly<Partial<Record<ProviderHint, string>>> = Object.fromEntries(
  Object.entries(hints).map(([name, hint]) => [hint, name]),
)

/** Keys below `openidConnect` that are not providers. */
const blockKeys = [
  'flow',
  'clockTolerance',
  'idpGroupsImportEnabled',
  'idpGroupsRefreshEnabled',
  'idpGroupsImport',
  'idpGroupsRefresh',
  'manageSystemPermissionsViaIdpGroups',
  'insecureIDPTokenLog',
  'insecureIdpTokenLog',
]
/** Keys of a provider. */
const providerKeys = [
  'enabled',
  'clientId',
  'clientSecret',
  'client_id',
  'client_secret',
  'discoveryUrl',
  'discoveryURL',
  'baseDomain',
  'authUrlParams',
  'claimsMapping',
  'displayName',
  'scimAuthCode',
]
/** Other ways to sign in, below `auth`. */
const others = ['local', 'github', 'ldap', 'openidConnect']

export function readProviders(found: Findings): ImportedProvider[] {
  const { tree } = found
  const isCode = (tree.peek([...oidc, 'flow']) ?? tree.peek([...auth, 'flow'])) === 'code'
  const paths = withoutTwins(found, providerPaths(found))
  const enabled = paths.filter((path) => isEnabled(found, path))
  const sole = enabled.length === 1
  readMisplaced(found, sole ? enabled[0] : undefined)
  reportOff(
    found,
    paths.filter((path) => !enabled.includes(path)),
  )
  return enabled.flatMap((path) => readProvider(found, path, { isCode, sole }))
}

/** Below openidConnect, and beside it, where an example of the documentation has them. */
function providerPaths({ tree }: Findings): Path[] {
  const isProvider = (path: Path) => isMap(tree.peek(path)) && !providerKeys.includes(path.at(-1) ?? '')
  const below = tree.keys(oidc).filter((key) => !blockKeys.includes(key))
  const beside = tree.keys(auth).filter((key) => !others.includes(key) && !blockKeys.includes(key))
  return [...below.map((key) => [...oidc, key]), ...beside.map((key) => [...auth, key])].filter(isProvider)
}

/** Of two with one name Houston knows the one below openidConnect. */
function withoutTwins(found: Findings, paths: readonly Path[]): Path[] {
  const { tree, notCarried } = found
  const named = Map.groupBy(paths, (path) => importedName(path.at(-1) ?? '', 'provider'))
  return [...named.values()].flatMap(([first, ...twins]) => {
    for (const twin of twins) {
      tree.take(twin)
      notCarried.push({
        where: placeOf(found, twin),
        what: `the provider ${twin.at(-1)}, a second time`,
        why: `Nobody signs in there with the result: ${placeOf(found, first ?? [])} has the same name and was taken. Give one of them another name, and import again, if both are meant.`,
        effect: 'access',
      })
    }
    return first ? [first] : []
  })
}

/** The chart opens google by default; the application is Astronomer's own unless a client is there. */
function isEnabled(found: Findings, path: Path): boolean {
  const { tree, places } = found
  const key = path.at(-1) ?? ''
  const isGoogle = key === 'google'
  const hasClient = clientIdAt(found, path) !== undefined || places.has(`${prefixOf(key)}__CLIENT_ID`)
  if (isGoogle && !hasClient) return false
  return switchOf(tree.peek([...path, 'enabled'])) ?? (isGoogle && tree.peek([...path, 'enabled']) === undefined)
}

function clientIdAt({ tree }: Findings, path: Path): unknown {
  return tree.peek([...path, 'clientId']) ?? tree.peek([...path, 'client_id'])
}

function prefixOf(key: string): string {
  return `AUTH__OPENID_CONNECT__${variableOf(key)}`
}

// --- Settings that Houston does not see

/** Keys of a provider that stand directly below the block of providers. Only `enabled` is never taken: it would let people in. */
function readMisplaced(found: Findings, sole: Path | undefined): void {
  const { tree, notCarried } = found
  for (const block of [oidc, auth]) {
    const keys = tree
      .keys(block)
      .filter((key) => providerKeys.includes(key) && tree.peek([...block, key]) !== undefined)
    if (keys.length === 0) continue
    const missing = (key: string) => sole !== undefined && key !== 'enabled' && tree.peek([...sole, key]) === undefined
    const taken = keys.filter(missing)
    if (sole) for (const key of taken) tree.move([...block, key], [...sole, key])
    for (const key of keys) tree.take([...block, key])
    const name = sole?.at(-1) ?? ''
    notCarried.push({
      where: placeOf(found, block),
      what: keys.join(', '),
      why: `Houston does not see ${keys.length > 1 ? 'them' : 'it'} there: a provider has its own settings below its name. ${
        taken.length > 0
          ? `Import has taken ${taken.join(', ')} for ${name}, the only provider: compare with the result.`
          : `Write ${keys.length > 1 ? 'them' : 'it'} below the provider, and import again.`
      }`,
      effect: 'access',
    })
  }
}

/** A provider without `enabled` is as closed as one with false, but somebody may think otherwise. */
function reportOff(found: Findings, paths: readonly Path[]): void {
  const { tree, notCarried } = found
  const off: string[] = []
  for (const path of paths) {
    const key = path.at(-1) ?? ''
    // The switch of Astronomer's own application.
    if (key === 'google') continue
    const written = tree.keys(path).filter((inner) => tree.peek([...path, inner]) !== undefined)
    const isUnsaid = !written.includes('enabled')
    tree.take(path)
    if (written.every((inner) => inner === 'enabled') || isOfChart(found, path)) continue
    if (!isUnsaid) off.push(key)
    else {
      notCarried.push({
        where: placeOf(found, path),
        what: `the provider ${key}, without \`enabled\``,
        why: 'Nobody signs in there with the result: Houston offers a provider only with `enabled: true`. If it is set elsewhere, give that file too, or add the line, and import again.',
        effect: 'access',
      })
    }
  }
  if (off.length === 0) return
  notCarried.push({
    where: placeOf(found, oidc),
    what: `${off.join(', ')}: off`,
    why: 'Nobody signs in there, before or after. Set `enabled: true` and import again to take along what is prepared.',
  })
}

/** Astronomer's own tenant, which the chart has, switched off. */
function isOfChart({ tree }: Findings, path: Path): boolean {
  return path.at(-1) === 'auth0' && tree.peek([...path, 'baseDomain']) === 'astronomerio.auth0.com'
}

// --- One provider

interface Circumstances {
  isCode: boolean
  /** Whether it is the only one, so that answers are about it. */
  sole: boolean
}

function readProvider(found: Findings, path: Path, { isCode, sole }: Circumstances): ImportedProvider[] {
  const { tree, notCarried } = found
  const key = path.at(-1) ?? ''
  tree.take([...path, 'enabled'])
  const discovery = discoveryOf(found, path) ?? (sole ? found.answers.issuer : undefined)
  const known =
    discovery === undefined
      ? undefined
      : classOfIssuer({
          issuer: discovery,
          scopes: ['openid', 'email', 'profile'],
          principalClaim: 'email',
          hint: own(hints, key),
        })
  if (!known) {
    reportNoAddress(found, path)
    return []
  }
  const prefix = prefixOf(key)
  const className = importedName(key, 'provider')
  for (const text of known.guesses) found.comments.push({ path: ['authenticationClasses', className], text })
  const groupsClaim = tree.text([...path, 'claimsMapping'])
  reportBaseDomain(found, path, known.oidc.hostname)
  const idPlace = found.places.get(`${prefix}__CLIENT_ID`)
  const secretPlace = found.places.get(`${prefix}__CLIENT_SECRET`)
  const literal = tree.text([...path, 'clientSecret']) ?? tree.text([...path, 'client_secret'])
  const secretName = ownSecretName(found, key, secretPlace ?? idPlace)
  const hasSecret = secretPlace !== undefined || literal !== undefined
  const variable = variableName(key, 'client_secret')
  if (literal !== undefined && !givesNothingAway(literal))
    notCarried.push(clearSecret(found, [...path, 'clientSecret'], variable))
  if (hasSecret && !isCode) notCarried.push(publicClient(found, path))
  notCarried.push(...renamedKeys(found, prefix, { idPlace, secretPlace }))
  const parameters = readParameters(found, [...path, 'authUrlParams'])
  return [
    {
      key,
      className,
      secretName,
      oidc: { ...known.oidc, ...(groupsClaim === undefined ? {} : { groupsClaim }) },
      hint: known.oidc.providerHint,
      entry: {
        clientCredentialsSecret: secretName,
        ...(hasSecret ? {} : { clientAuthenticationMethod: 'none' }),
        ...(Object.keys(parameters).length > 0 ? { authorizationParameters: parameters } : {}),
      },
      secret: {
        clientId: clientIdOf(found, { path, secretName, idPlace, sole }),
        ...(idPlace ? { clientIdVariable: variableName(key, 'client_id') } : {}),
        ...(hasSecret ? { clientSecret: reference(variable) } : {}),
      },
      displayName: tree.text([...path, 'displayName']),
    },
  ]
}

/** What the input says; the address of Google, and of what a domain alone names, is known. */
function discoveryOf({ tree }: Findings, path: Path): string | undefined {
  const key = path.at(-1)
  const written = tree.text([...path, 'discoveryUrl']) ?? tree.text([...path, 'discoveryURL'])
  if (written !== undefined) return written
  if (key === 'google') return 'https://accounts.google.com'
  const domain = key === 'auth0' || key === 'okta' ? tree.peek([...path, 'baseDomain']) : undefined
  return typeof domain === 'string' && domain !== '' ? `https://${domain}` : undefined
}

function reportNoAddress(found: Findings, path: Path): void {
  const { tree, notCarried, places } = found
  const key = path.at(-1) ?? ''
  const place = places.get(`${prefixOf(key)}__DISCOVERY_URL`)
  const kept = place ? `, whose discoveryUrl is in the Secret ${place.secretName}` : ''
  for (const name of ['CLIENT_ID', 'CLIENT_SECRET', 'DISCOVERY_URL']) places.delete(`${prefixOf(key)}__${name}`)
  notCarried.push({
    where: placeOf(found, path),
    what: `the provider ${key}${kept}`,
    why: 'Nobody signs in there with the result: it has no valid discoveryUrl. Answer --issuer https://..., or write its authenticationClass by hand.',
    effect: 'access',
  })
  tree.take(path)
}

function reportBaseDomain(found: Findings, path: Path, hostname: string): void {
  const baseDomain = found.tree.text([...path, 'baseDomain'])
  if (baseDomain === undefined || baseDomain === hostname) return
  found.notCarried.push({
    where: placeOf(found, [...path, 'baseDomain']),
    what: baseDomain,
    why: 'It is not the host of the provider, and the rendered values do not set it. If Houston needs it, keep it in your own values.',
  })
}

interface Client {
  path: Path
  secretName: string
  idPlace: SecretPlace | undefined
  sole: boolean
}

function clientIdOf(found: Findings, { path, secretName, idPlace, sole }: Client): string {
  const { tree, answers, notCarried, comments } = found
  const snake = tree.text([...path, 'client_id'])
  const written = tree.text([...path, 'clientId']) ?? snake
  if (snake !== undefined) reportSnakeCase(found, path)
  if (written !== undefined && !givesNothingAway(written)) return written
  if (sole && answers.clientId !== undefined) return answers.clientId
  comments.push({ path: ['secrets', secretName, 'clientId'], text: 'Put the client id here.' })
  notCarried.push({
    where: placeOf(found, [...path, 'clientId']),
    what: idPlace ? `the client id, which is in the Secret ${idPlace.secretName}` : 'the client id',
    why: `${idPlace ? 'Houston goes on reading it there, and the files that register the client need it' : 'The provider refuses every sign-in until it is there'}. Answer --client-id, or replace ${unknownId} in secrets.${secretName}.`,
    effect: 'secret',
  })
  return unknownId
}

function reportSnakeCase(found: Findings, path: Path): void {
  found.notCarried.push({
    where: placeOf(found, path),
    what: 'client_id',
    why: 'It was taken as clientId, which is what the documentation of Houston has, and the rendered values. Take the other one out of your own.',
  })
}

/** The name of the Secret, unless another provider has its client in the same one: an entry under `secrets` is one client. */
function ownSecretName(found: Findings, key: string, place: SecretPlace | undefined): string {
  const ownName = importedName(`astronomer-${key}-client`, 'astronomer-client')
  const name = place === undefined ? ownName : importedName(place.secretName, ownName)
  if (!found.secretNames.has(name)) {
    found.secretNames.add(name)
    return name
  }
  found.notCarried.push({
    where: placeOf(found, [...houston, 'secret']),
    what: `the client of ${key} in the Secret ${name}`,
    why: `Another provider has its client there, and here each has its own Secret. Create ${ownName}; REGISTER.md has the command.`,
    effect: 'secret',
  })
  found.secretNames.add(ownName)
  return ownName
}

function readParameters(found: Findings, path: Path): Record<string, Data> {
  const entries = found.tree.keys(path).flatMap((key): [string, string][] => {
    const value = found.tree.text([...path, key])
    return value === undefined ? [] : [[key, value]]
  })
  return Object.fromEntries(entries)
}

function clearSecret(found: Findings, path: Path, variable: string): NotCarried {
  return {
    where: placeOf(found, path),
    what: 'a client secret in clear text',
    why: `Everyone who could read the file knows it. gatehouse.yaml holds no secrets, so it is ${reference(variable)}. Create a new one at the provider.`,
    effect: 'secret',
  }
}

function publicClient(found: Findings, path: Path): NotCarried {
  return {
    where: placeOf(found, [...path, 'clientSecret']),
    what: 'a client secret beside the implicit flow',
    why: 'In the implicit flow Houston is a public client, and the rendered values have none. Set flow: code to use it.',
    effect: 'secret',
  }
}

/** The rendered values use the keys clientId and clientSecret. */
function renamedKeys(
  found: Findings,
  prefix: string,
  { idPlace, secretPlace }: { idPlace: SecretPlace | undefined; secretPlace: SecretPlace | undefined },
): NotCarried[] {
  found.places.delete(`${prefix}__CLIENT_ID`)
  found.places.delete(`${prefix}__CLIENT_SECRET`)
  return [[idPlace, 'clientId'] as const, [secretPlace, 'clientSecret'] as const].flatMap(([place, key]) =>
    place === undefined || place.secretKey === key
      ? []
      : [
          {
            where: placeOf(found, [...houston, 'secret']),
            what: `the key ${place.secretKey} of the Secret ${place.secretName}`,
            why: `Houston does not start without it: the rendered values look for it under ${key}. Create the Secret again with that key; REGISTER.md has the command.`,
            effect: 'secret' as const,
          },
        ],
  )
}

/** Who may do what in a cluster: `clusterConfig.authorization`, and what Stackable does without it. */
import { type DataMap, mapAt } from '../../maps.ts'
import { type AuthenticationEntry, valueAt } from './authentication-entries.ts'
import type { Manifest, Path, UnreadSetting } from './manifest.ts'
import type { SignInOverrides } from './sign-in/index.ts'

/** `spec.authorization` before there was a `clusterConfig`. */
const places: readonly Path[] = [
  ['spec', 'clusterConfig', 'authorization'],
  ['spec', 'authorization'],
]
/** Ways of NiFi itself. */
const ofNifi: readonly string[] = ['standard', 'singleUser']
const initialAdmin = ['standard', 'accessPolicyProvider', 'fileBased', 'initialAdminUser']

interface Surroundings {
  entries: readonly AuthenticationEntry[]
  classes: ReadonlyMap<string, DataMap>
  overrides: SignInOverrides
}

/** What the product says of it, and what changes where the rendered files have nothing like it. */
export function whoDecides(
  { data }: Manifest,
  { product, title }: { product: string; title: string },
  { entries, classes, overrides }: Surroundings,
): SignInOverrides {
  const result: SignInOverrides = { set: [], unread: [] }
  const path = places.find((place) => valueAt(data, place) !== undefined) ?? ['spec', 'clusterConfig', 'authorization']
  const authorization = mapAt({ found: valueAt(data, path) }, 'found')
  for (const [key, value] of Object.entries(authorization)) {
    if (value === null || ofNifi.includes(key)) continue
    result.set.push({ at: ['authorization'], value: 'elsewhere', place: [...path, key] })
    result.unread.push(decidedElsewhere([...path, key], value, { product, title }))
  }
  if (product !== 'nifi') return result
  const admin = valueAt(authorization, initialAdmin)
  if (admin !== undefined)
    result.set.push({ at: ['nifi', 'initialAdmin'], value: admin, place: [...path, ...initialAdmin] })
  const ownAuthorizer = overrides.unread.find(({ name }) => isAuthorizer(name))
  if (ownAuthorizer) result.set.push({ at: ['authorization'], value: 'elsewhere', place: ownAuthorizer.path })
  const isOneAccount = entries.every(
    ({ data: entry }) => 'static' in (classes.get(String(entry['authenticationClass'])) ?? {}),
  )
  if (result.set.length === 0 && !isOneAccount) result.unread.push(everybodyMayDoEverything(path))
  result.unread.push(...hosts(data, result))
  return result
}

/** What decides elsewhere, by its key. */
export function authorizationsOf({ data }: Manifest): string[] {
  return places
    .flatMap((place) => Object.entries(mapAt({ found: valueAt(data, place) }, 'found')))
    .filter(([key, value]) => value !== null && !ofNifi.includes(key))
    .map(([key]) => key)
}

function isAuthorizer(name: string): boolean {
  return /: nifi\.(?:security\.user\.authorizer|authorizer\.configuration\.file)$/.test(name)
}

/** What people have without the engine that decides, by product. */
const withoutEngine: Readonly<Record<string, string>> = {
  trino: 'keep etc/access-control.properties as the operator writes it, or everybody who signs in may do everything',
  superset: 'outside of Stackable people have userRegistrationRole only, unless you write roles in its place',
  airflow: 'outside of Stackable people have userRegistrationRole only, unless you write roles in its place',
  nifi: 'the rendered files leave the authorizer of NiFi as it is; write nifi.initialAdmin in its place if NiFi is to decide itself',
  druid: 'the rendered file leaves the type of the authorizer to you',
  kafka: 'keep the authorizer in your own part of the configuration, or every client may do everything',
}

function decidedElsewhere(
  path: Path,
  value: unknown,
  { product, title }: { product: string; title: string },
): UnreadSetting {
  const key = String(path.at(-1))
  const { configMapName, package: rego } = mapAt({ value }, 'value')
  const isOpa = key === 'opa' || key === 'roleMappingFromOpa'
  const engine = isOpa ? 'Open Policy Agent' : `what stands under ${key}`
  const what = key === 'roleMappingFromOpa' ? 'gave people their roles' : 'decided who may do what'
  return {
    path,
    name: `authorization.${key}`,
    value: isOpa ? [configMapName, rego].filter((text) => typeof text === 'string').join(', package ') : undefined,
    isHarmless: isOpa,
    effect: 'access',
    why: `In ${title} ${engine} ${what}, and the rendered files do not ask it. gatehouse.yaml says \`authorization: elsewhere\`: ${withoutEngine[product] ?? 'nothing is written for it'}.`,
    isSaid: true,
  }
}

function everybodyMayDoEverything(path: Path): UnreadSetting {
  return {
    path,
    name: 'authorization.singleUser',
    value: 'the default of Stackable',
    isHarmless: true,
    effect: 'access',
    why: 'Everybody who signed in could do everything in NiFi. The rendered files let NiFi keep permissions: write nifi.initialAdmin, the person who may do everything at first and gives permissions to the others.',
  }
}

/** At Stackable NiFi answers under every host name, unless it is told otherwise. */
function hosts(data: DataMap, result: SignInOverrides): UnreadSetting[] {
  const path = ['spec', 'clusterConfig', 'hostHeaderCheck']
  const check = mapAt({ found: valueAt(data, path) }, 'found')
  const names = check['additionalAllowedHosts']
  if (check['allowAll'] === false) {
    if (Array.isArray(names) && names.length > 0)
      result.set.push({ at: ['nifi', 'proxyHosts'], value: names, place: [...path, 'additionalAllowedHosts'] })
    return []
  }
  return [
    {
      path,
      name: 'nifi.web.proxy.host',
      value: undefined,
      isHarmless: true,
      effect: 'added',
      why: 'NiFi answered under every host name (hostHeaderCheck.allowAll, the default of Stackable), and now under the host of url alone. Write others under nifi.proxyHosts.',
      isSaid: true,
    },
  ]
}

/** Values of the chart amundsen-kube-helm, of all its times. */
import { isMap, mapAt } from '../../maps.ts'
import { switchOf } from '../helm-values.ts'
import { joined, readMaps } from '../settings-tree.ts'
import { environmentEntries } from './containers.ts'
import type { Findings } from './findings.ts'
import { type Service, services } from './service-settings.ts'

type Tree = Readonly<Record<string, unknown>>

export interface ValuesFile {
  file: string
  values: Tree
}

const sections = { frontend: 'frontEnd', metadata: 'metadata', search: 'search' } as const

/** Of values for a chart that has Amundsen's as a part, those of Amundsen. */
function unwrapped(values: Tree): Tree {
  const inner = Object.entries(values).find(([key, value]) => /amundsen/i.test(key) && isMap(value) && isOfChart(value))
  return inner && !isOfChart(values) ? (inner[1] as Tree) : values
}

function isOfChart(values: Tree): boolean {
  return ['frontEnd', 'metadata', 'search', 'oidc', 'oidcEnabled', 'OIDC_ORG_URL', 'flaskApp'].some(
    (key) => values[key] !== undefined,
  )
}

/** Reads the values of all files as Helm does: later files change earlier ones. */
export function readValues(found: Findings, files: readonly ValuesFile[]): void {
  const all = files.map(({ file, values }) => ({ file, values: unwrapped(values) }))
  const values = all.reduce((before, { values: next }) => joined(before, next), {} as Tree)
  const chart: Chart = { values, placeOf: (path) => `${fileOf(all, path)}: ${path}` }
  readOlder(found, chart)
  readSwitches(found, chart)
  readNewer(found, chart)
  for (const service of services) readSection(found, chart, service)
  readAddress(found, chart)
}

interface Chart {
  values: Tree
  placeOf: (path: string) => string
}

/** The last file that has a setting. */
function fileOf(files: readonly ValuesFile[], path: string): string {
  const has = ({ values }: ValuesFile) => valueAt(values, path) !== undefined
  return (files.findLast(has) ?? files[0])?.file ?? ''
}

function valueAt(values: Tree, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, key) => (isMap(at) && Object.hasOwn(at, key) ? at[key] : undefined), values)
}

// --- Charts of the time of flaskoidc 0.x

/** Where they have `oidcEnabled` and the settings: at the top, below frontEnd, or below its `env`. */
const olderPlaces = ['', 'frontEnd', 'frontEnd.env'] as const

function readOlder(found: Findings, { values, placeOf }: Chart): void {
  const written = olderPlaces.flatMap((place) => olderSettings(values, place))
  const [isEnabled, where] = olderSwitch(values)
  if (isEnabled === undefined && !written.some(([path]) => /OIDC_(?:ORG_URL|CLIENT_ID)$/.test(path))) return
  if (isEnabled !== undefined) found.settings.switch(['frontend'], isEnabled, placeOf(where))
  if (isEnabled === false) return
  for (const [path, value] of written) setScalar(found, services, path.split('.').at(-1) ?? '', value, placeOf(path))
  const place = placeOf(isEnabled === undefined ? (written[0]?.[0] ?? '') : where)
  found.settings.set(services, 'OIDC_CLIENT_SECRETS', { value: 'of the chart', where: place })
  found.isOlderChart = true
  // The chart of that time gives flaskoidc to the frontend alone.
  found.settings.switch(['frontend'], true, place)
  found.settings.switch(['metadata', 'search'], false, place)
  reportImage(found, { values, placeOf })
}

function olderSettings(values: Tree, place: string): [string, unknown][] {
  const map = place === '' ? values : valueAt(values, place)
  if (!isMap(map)) return []
  return Object.entries(map).flatMap(([key, value]): [string, unknown][] =>
    /^OIDC_|^OVERWRITE_REDIRECT_URI$/.test(key) ? [[place === '' ? key : `${place}.${key}`, value]] : [],
  )
}

function olderSwitch(values: Tree): [boolean | undefined, string] {
  for (const path of ['frontEnd.oidcEnabled', 'oidcEnabled']) {
    const value = switchOf(valueAt(values, path))
    if (value !== undefined) return [value, path]
  }
  return [undefined, 'oidcEnabled']
}

function reportImage({ notCarried }: Findings, { values, placeOf }: Chart): void {
  for (const path of ['frontEndServiceImage', 'frontEnd.frontEndServiceImage']) {
    const image = valueAt(values, path)
    if (image === undefined) continue
    notCarried.push({
      where: placeOf(path),
      what: String(image),
      why: 'Images are not about sign-in. Keep it in your own values, and put gatehouse_amundsen.py into the image.',
    })
  }
}

/** `metadata.oidcEnabled` and the like say more than the switch of the frontend. */
function readSwitches({ settings }: Findings, { values, placeOf }: Chart): void {
  for (const service of services) {
    const path = `${sections[service]}.oidcEnabled`
    const value = switchOf(valueAt(values, path))
    if (value !== undefined) settings.switch([service], value, placeOf(path))
  }
}

// --- The chart of flaskoidc 1.x

/** What the chart itself sets for all three services. */
const chartDefaults: Readonly<Record<string, string>> = {
  FLASK_OIDC_PROVIDER_NAME: 'google',
  FLASK_OIDC_CONFIG_URL: 'https://accounts.google.com/.well-known/openid-configuration',
}

function readNewer(found: Findings, { values, placeOf }: Chart): void {
  const oidc = mapAt(values, 'oidc')
  const module = mapAt(values, 'flaskApp')['module']
  if (typeof module === 'string' && module !== '') {
    setScalar(found, services, 'FLASK_APP_MODULE_NAME', module, placeOf('flaskApp.module'))
  }
  if (Object.keys(oidc).length === 0) return
  const isEnabled = switchOf(oidc['enabled'])
  if (isEnabled === false) {
    if (typeof module !== 'string' || module === '') found.settings.switch(services, false, placeOf('oidc.enabled'))
    return
  }
  found.settings.switch(services, true, placeOf('oidc.enabled'))
  if (isEnabled === undefined) reportNoSwitch(found, placeOf('oidc'))
  found.settings.set(services, 'FLASK_APP_MODULE_NAME', { value: 'flaskoidc', where: placeOf('oidc.enabled') })
  const configs = mapAt(oidc, 'configs')
  for (const [key, value] of Object.entries(configs)) {
    setScalar(found, services, key, value, placeOf(`oidc.configs.${key}`))
  }
  if (Object.keys(chartDefaults).every((key) => configs[key] === undefined)) {
    for (const [key, value] of Object.entries(chartDefaults)) setScalar(found, services, key, value, placeOf('oidc'))
    found.isProviderOfChart = true
  }
  for (const service of services) {
    const client = mapAt(oidc, service)
    const place = placeOf(`oidc.${service}`)
    setScalar(found, [service], 'FLASK_OIDC_CLIENT_ID', withoutQuotes(client['client_id']), `${place}.client_id`)
    setScalar(found, [service], 'FLASK_OIDC_CLIENT_SECRET', client['client_secret'], `${place}.client_secret`)
  }
}

function reportNoSwitch({ notCarried }: Findings, where: string): void {
  notCarried.push({
    where,
    what: 'no oidc.enabled, which is false in the chart',
    why: 'Everybody is let in unless it is set elsewhere (--set oidc.enabled=true). The rendered values switch it on.',
    effect: 'access',
  })
}

/** The chart adds no quotes, so some values contain their own. */
function withoutQuotes(value: unknown): unknown {
  if (typeof value !== 'string' || !/^".*"$/.test(value)) return value
  return Object.values(readMaps({ name: 'client_id', text: `id: ${value}` })[0] ?? {})[0]
}

// --- What both have

function readSection(found: Findings, { values, placeOf }: Chart, service: Service): void {
  const name = sections[service]
  const section = mapAt(values, name)
  const moduleClass = `${service.toUpperCase()}_SVC_CONFIG_MODULE_CLASS`
  setScalar(found, [service], moduleClass, mapAt(section, 'config')['class'], placeOf(`${name}.config.class`))
  for (const list of ['env', 'envVars', 'extraEnv', 'extraEnvVars']) {
    for (const [key, { value }] of environmentEntries(section[list])) {
      if (list === 'env' && service === 'frontend' && /^OIDC_|^OVERWRITE_REDIRECT_URI$/.test(key)) continue
      const where = placeOf(`${name}.${list}.${key}`)
      if (value !== undefined) setScalar(found, [service], key, value, where)
      else if (Array.isArray(section[list])) found.settings.set([service], key, { value: '', where, from: 'elsewhere' })
      if (/^FLASK_APP_MODULE_NAME$|^APP_WRAPPER$/.test(key) && value) found.settings.switch([service], true, where)
    }
  }
  for (const key of ['extraEnvVarsCM', 'extraEnvVarsSecret']) {
    const kept = section[key]
    if (typeof kept !== 'string' || kept === '') continue
    found.notCarried.push({
      where: placeOf(`${name}.${key}`),
      what: `the variables of the ${key.endsWith('CM') ? 'ConfigMap' : 'Secret'} ${kept}`,
      why: 'What they set is not in the result. Give that object to the import too, or compare it with the rendered file.',
    })
  }
}

/** The address in mails, and the one of the ingress. */
function readAddress(found: Findings, { values, placeOf }: Chart): void {
  setScalar(found, ['frontend'], 'FRONTEND_BASE', valueAt(values, 'frontEnd.baseUrl'), placeOf('frontEnd.baseUrl'))
  const ingress = mapAt(mapAt(values, 'frontEnd'), 'ingress')
  if (switchOf(ingress['enabled']) !== true) return
  const [host] = Array.isArray(ingress['hosts']) ? (ingress['hosts'] as unknown[]) : []
  const name = isMap(host) ? host['host'] : host
  if (typeof name !== 'string') return
  const isTls = Array.isArray(ingress['tls']) && ingress['tls'].length > 0
  found.ingress ??= `${isTls ? 'https' : 'http'}://${name}`
}

function setScalar(found: Findings, of: readonly Service[], name: string, value: unknown, where: string): void {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return
  found.settings.set(of, name, { value: String(value), where })
}

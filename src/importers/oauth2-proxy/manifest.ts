/** YAML: objects of Kubernetes, files of Docker Compose, values of a chart, the alpha form. Only the container of oauth2-proxy counts. */
import { isMap, listAt, mapAt } from '../../maps.ts'
import { proxyKeys } from '../../products/oauth2-proxy/names.ts'
import { type ImportFile, UnreadableImport } from '../contract.ts'
import { yamlDocuments } from '../yaml-documents.ts'
import { isAlphaData, readAlpha } from './alpha.ts'
import { isProxyImage, isProxyProgram, readWords, variablesFile, wordsOf } from './command-line.ts'
import { emailsIn, readConfigFile } from './config-file.ts'
import { areProxyFlags, readEnvironment, withVariables } from './flags.ts'
import { combined, FromElsewhere, type NamedSource, nothing, type ProxyFile, settingsOf } from './found.ts'
import { chartValuesIn, readChartValues } from './helm-values.ts'

type DataMap = Readonly<Record<string, unknown>>

export function readYamlFile(file: ImportFile): ProxyFile {
  return combined(yamlDocuments(file).map((data) => readData(data, file.name)))
}

function readData(data: unknown, place: string): ProxyFile {
  if (Array.isArray(data)) return readList(data, place)
  if (!isMap(data)) return nothing
  if (isAlphaData(data)) return readAlpha(place, data)
  const items = listAt(data, 'items')
  if (items.length > 0) return combined(items.map((item) => readData(item, place)))
  if (typeof data['kind'] === 'string') return readObject(data, place)
  const services = composeServices(data)
  if (services.length > 0) return readOne(services, place, readService)
  const values = chartValuesIn(data)
  if (values.length > 0) return readOne(values, place, (map, at) => readValues(map, at))
  const containers = containersIn(data)
  if (containers.length > 0) return readContainers(containers, place)
  return readFlat(data, place)
}

/** A list of flags, or of anything else that may hold some. */
function readList(list: readonly unknown[], place: string): ProxyFile {
  const words = list.filter((item) => typeof item === 'string')
  if (words.length === list.length) return readWords(words, place, { isProxy: areProxyFlags(words) })
  const variables = variablesOf(list)
  if (variables.size > 0) return { ...nothing, settings: readEnvironment(variables, place) }
  return combined(list.map((item) => readData(item, place)))
}

/** `provider: oidc` alone, as some keep it for a template of their own. */
function readFlat(data: DataMap, place: string): ProxyFile {
  const entries = Object.entries(data).map(([key, value]): [string, unknown] => [key.replaceAll('-', '_'), value])
  const known = entries.filter(([key, value]) => Object.hasOwn(proxyKeys, key) && !isMap(value))
  if (known.length > 1) return { ...nothing, settings: settingsOf(known, { rank: 'file', place }) }
  const variables = entries.filter(([key]) => key.startsWith('OAUTH2_PROXY_'))
  return { ...nothing, settings: readEnvironment(variables, place) }
}

/** Two of them are two products: mixing what they say would be neither. */
function readOne<Item>(
  found: readonly (readonly [string, Item])[],
  place: string,
  read: (item: Item, place: string, name: string) => ProxyFile,
): ProxyFile {
  if (found.length > 1) {
    const names = found.map(([name]) => name || 'the file itself').join(', ')
    throw new UnreadableImport(
      place,
      `has ${found.length} of oauth2-proxy (${names}). Import one at a time: give a file with one of them`,
    )
  }
  return combined(found.map(([name, item]) => read(item, place, name)))
}

function readObject(object: DataMap, place: string): ProxyFile {
  const spec = mapAt(object, 'spec')
  switch (object['kind']) {
    case 'ConfigMap':
      return combined([objectName(object), ...readTexts(mapAt(object, 'data'), place)])
    case 'Secret':
      return readSecret(object, place)
    case 'Ingress':
      return readIngress(spec)
    case 'HelmRelease':
      return readValues(mapAt(spec, 'values'), place)
    case 'HelmChart':
    case 'HelmChartConfig':
      return readText(spec['valuesContent'], place)
    case 'Application':
    case 'ApplicationSet':
      return readApplication(object, place)
    default:
      return readContainers(containersIn(object), place)
  }
}

function objectName(object: DataMap): ProxyFile {
  const { name } = mapAt(object, 'metadata')
  return { ...nothing, objects: typeof name === 'string' ? [name] : [] }
}

/** Entries of a ConfigMap: variables, and files. */
function readTexts(data: DataMap, place: string): ProxyFile[] {
  const files = Object.entries(data).flatMap(([key, value]): ProxyFile[] => {
    if (typeof value !== 'string') return []
    const at = `${place}: ${key}`
    if (/\.(?:cfg|toml|conf)$/.test(key)) return [readConfigFile({ name: at, text: value })]
    if (/\.ya?ml$/.test(key)) return [readText(value, at)]
    const emails = emailsIn(value)
    return emails ? [{ ...nothing, emails }] : []
  })
  return [{ ...nothing, settings: readEnvironment(Object.entries(data), place) }, ...files]
}

function readText(text: unknown, place: string): ProxyFile {
  return typeof text === 'string' ? readYamlFile({ name: place, text }) : nothing
}

/** Its values are secret: only what they are is read, and the client id, which is not. */
function readSecret(object: DataMap, place: string): ProxyFile {
  const plain = mapAt(object, 'stringData')
  const encoded = Object.entries(mapAt(object, 'data')).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[key, Buffer.from(value, 'base64').toString('utf8')]] : [],
  )
  const texts = { ...Object.fromEntries(encoded), ...plain }
  const named = Object.entries(texts).map(([key, value]): [string, unknown] => [key.replaceAll('-', '_'), value])
  const settings = named.filter(([key]) => ['client_id', 'client_secret', 'cookie_secret'].includes(key))
  return combined([
    objectName(object),
    ...readTexts(texts, place),
    { ...nothing, settings: settingsOf(settings, { rank: 'variable', place }) },
  ])
}

/** The address of an Ingress that leads to oauth2-proxy. */
function readIngress(spec: DataMap): ProxyFile {
  const hosts = listAt(spec, 'rules').flatMap((rule) => {
    const leads = JSON.stringify(rule).match(/"name":"[^"]*oauth2?-?proxy|"serviceName":"[^"]*oauth2?-?proxy/)
    const host = isMap(rule) ? rule['host'] : undefined
    return leads && typeof host === 'string' ? [host] : []
  })
  const scheme = listAt(spec, 'tls').length > 0 ? 'https' : 'http'
  return { ...nothing, urls: hosts.filter(isHost).map((host) => `${scheme}://${host}`) }
}

function isHost(text: string): boolean {
  return /^[a-z0-9][a-z0-9.-]*$/i.test(text)
}

/** Argo CD: values of a chart as a text, as a map, or one by one. */
function readApplication(object: DataMap, place: string): ProxyFile {
  const template = mapAt(mapAt(object, 'spec'), 'template')
  const spec = mapAt(Object.keys(template).length > 0 ? template : object, 'spec')
  const sources = [mapAt(spec, 'source'), ...listAt(spec, 'sources')]
  return combined(
    sources.flatMap((source) => {
      const helm = mapAt(source, 'helm')
      return [readText(helm['values'], place), readValues(mapAt(helm, 'valuesObject'), place)]
    }),
  )
}

function readValues(data: DataMap, place: string): ProxyFile {
  return readOne(chartValuesIn(data), place, (values, at, name) => {
    const chart = readChartValues(values, name === '' ? at : `${at}: ${name}`)
    return combined([
      chart.read,
      ...chart.files.map((file) => readConfigFile(file)),
      ...chart.alpha.map(([where, map]) => readAlpha(where, map)),
      ...chart.alphaTexts.map(([where, text]) => readText(text, where)),
      readContainer({ ...chart.container, isProxy: true }, at),
    ])
  })
}

interface Container {
  name?: unknown
  image?: unknown
  command?: unknown
  args?: unknown
  env?: unknown
  envFrom?: unknown
  /** Whether it is known to be that of oauth2-proxy. */
  isProxy?: boolean
}

const listsOfContainers = ['containers', 'sidecars', 'extraContainers']

/** Containers at any depth: workloads, and objects of operators that have some. */
function containersIn(data: unknown): Container[] {
  if (Array.isArray(data)) return data.flatMap(containersIn)
  if (!isMap(data)) return []
  const own = listsOfContainers.flatMap((key) => listAt(data, key)).filter(isMap)
  const isFragment =
    own.length === 0 &&
    (['args', 'command', 'env'].some((key) => Array.isArray(data[key])) || isProxyImage(String(data['image'])))
  if (isFragment) return [data]
  const others = Object.entries(data).filter(([key]) => !listsOfContainers.includes(key) && key !== 'initContainers')
  return [...own, ...others.flatMap(([, value]) => containersIn(value))]
}

function readContainers(containers: readonly Container[], place: string): ProxyFile {
  const byProgram = containers.filter(
    ({ image, ...rest }) => isProxyImage(String(image)) || allWords(rest).some(isProxyProgram),
  )
  const byName = containers.filter(({ name }) => /oauth2?[-_]?proxy/i.test(String(name)))
  const byFlags = containers.filter((container) => areProxyFlags(allWords(container)) || hasVariables(container))
  const found = [byProgram, byName, byFlags].find((some) => some.length > 0) ?? []
  return readOne(
    found.map((container) => [String(container.name ?? container.image ?? 'a container'), container] as const),
    place,
    (container, at) => readContainer({ ...container, isProxy: true }, at),
  )
}

function hasVariables({ env }: Container): boolean {
  return [...variablesOf(env).keys()].some((name) => name.startsWith('OAUTH2_PROXY_'))
}

function allWords({ command, args }: Container): string[] {
  return [command, args].flatMap((words): string[] => {
    if (typeof words === 'string') return wordsOf(words)
    return Array.isArray(words) ? words.filter((word) => typeof word === 'string') : []
  })
}

function readContainer(container: Container, place: string): ProxyFile {
  const variables = variablesOf(container.env)
  const words = withVariables(allWords(container), variables)
  return combined([
    { ...nothing, settings: readEnvironment(variables, place), named: sourcesOf(container.envFrom, place) },
    readWords(words, place, { isProxy: container.isProxy === true }),
  ])
}

function sourcesOf(envFrom: unknown, place: string): NamedSource[] {
  return (Array.isArray(envFrom) ? envFrom : []).flatMap((source: unknown) =>
    (['secretRef', 'configMapRef'] as const).flatMap((key) => {
      const name = mapAt(source, key)['name']
      const kind = key === 'secretRef' ? 'Secret' : 'ConfigMap'
      return typeof name === 'string' ? [variablesFile(`the ${kind} ${name}`, name, place)] : []
    }),
  )
}

/** `env` as Kubernetes has it: names with a value, or with where it comes from. Ansible has a map. */
function variablesOf(env: unknown): Map<string, unknown> {
  if (isMap(env)) return new Map(Object.entries(env).map(([name, value]) => [name, String(value)]))
  const list: unknown[] = Array.isArray(env) ? env : []
  return new Map(
    list.flatMap((item): [string, unknown][] => {
      if (!isMap(item) || typeof item['name'] !== 'string') return []
      const value = item['value']
      if (value !== undefined && value !== null) return [[item['name'], String(value)]]
      return isMap(item['valueFrom']) ? [[item['name'], new FromElsewhere(sourceOf(item['valueFrom']))]] : []
    }),
  )
}

function sourceOf(valueFrom: DataMap): string {
  for (const [key, kind] of [
    ['secretKeyRef', 'Secret'],
    ['configMapKeyRef', 'ConfigMap'],
  ] as const) {
    const { name, key: inner } = mapAt(valueFrom, key)
    if (typeof name === 'string') return `the key ${String(inner)} of the ${kind} ${name}`
  }
  return 'a field of the pod'
}

type Service = Readonly<Record<string, unknown>>

/** The services of oauth2-proxy in a file of Docker Compose. */
function composeServices(data: DataMap): [string, Service][] {
  const services = Object.entries(isMap(data['services']) ? data['services'] : {}).filter(
    (entry): entry is [string, Service] => isMap(entry[1]),
  )
  const byProgram = services.filter(
    ([, service]) => isProxyImage(String(service['image'])) || serviceWords(service).some(isProxyProgram),
  )
  const byName = services.filter(([name, service]) => /oauth2?[-_]?proxy/i.test(name) || hasProxyFlags(service))
  return byProgram.length > 0 ? byProgram : byName
}

function hasProxyFlags(service: Service): boolean {
  return (
    areProxyFlags(serviceWords(service)) ||
    [...composeVariables(service).keys()].some((name) => name.startsWith('OAUTH2_PROXY_'))
  )
}

function serviceWords(service: Service): string[] {
  return [service['entrypoint'], service['command']].flatMap((words): string[] => {
    if (typeof words === 'string') return wordsOf(words)
    return Array.isArray(words) ? words.map(String) : []
  })
}

function readService(service: Service, place: string): ProxyFile {
  // `$$` is a dollar that Compose leaves alone.
  const words = serviceWords(service).map((word) => word.replaceAll('$$', '$'))
  const files = [service['env_file']].flat().flatMap((file) => {
    const path: unknown = isMap(file) ? file['path'] : file
    return typeof path === 'string' ? [variablesFile(`env_file: ${path}`, path, place)] : []
  })
  return combined([
    { ...nothing, settings: readEnvironment(composeVariables(service), place), named: files },
    readWords(words, place, { isProxy: true }),
  ])
}

/** A variable without a value is the one of the shell that starts Compose. */
function composeVariables(service: Service): Map<string, unknown> {
  const { environment } = service
  if (Array.isArray(environment)) {
    return new Map(
      environment.map(String).map((line): [string, unknown] => {
        const at = line.indexOf('=')
        return at < 0
          ? [line, new FromElsewhere(`\${${line}}`)]
          : [line.slice(0, at), line.slice(at + 1).replaceAll('$$', '$')]
      }),
    )
  }
  return new Map(
    Object.entries(isMap(environment) ? environment : {}).map(([name, value]): [string, unknown] => [
      name,
      value === null ? new FromElsewhere(`\${${name}}`) : String(value).replaceAll('$$', '$'),
    ]),
  )
}

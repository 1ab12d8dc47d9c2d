/** The environment of containers: Docker Compose, workloads of Kubernetes, task definitions of ECS. */
import { isMap, listAt, mapAt } from '../../maps.ts'
import type { NotCarried } from '../contract.ts'
import { withMerges } from '../helm-values.ts'
import type { Setting } from './service-settings.ts'

/** A document of a file. */
export interface Document {
  file: string
  data: Readonly<Record<string, unknown>>
}

export interface Container {
  /** What it may be recognised by, the best first: its name, its image. */
  names: readonly string[]
  where: string
  variables: ReadonlyMap<string, Setting>
  /** What else it takes variables from, and the input does not have. */
  missing: readonly NotCarried[]
}

/** What else is in the input. */
export interface Surroundings {
  /** The variables of an environment file, by the path that Compose has; undefined when it was not given. */
  environmentFile: (path: string) => ReadonlyMap<string, string> | undefined
  /** What Compose puts into `${NAME}`. */
  interpolated: ReadonlyMap<string, string>
}

const workloads = ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod', 'Job', 'CronJob', 'ReplicaSet', 'DeploymentConfig']

export function isCompose({ data }: Document): boolean {
  const named = Object.values(servicesOf(data)).filter(isMap)
  return named.some((service) =>
    ['image', 'build', 'environment', 'env_file'].some((key) => service[key] !== undefined),
  )
}

/** Below `services`; at the top in the first version of Compose. */
function servicesOf(data: Document['data']): Document['data'] {
  if (isMap(data['services'])) return data['services']
  const all = Object.values(data)
  const isFirst =
    all.length > 0 && all.every((value) => isMap(value) && (value['image'] ?? value['build']) !== undefined)
  return isFirst && data['frontEnd'] === undefined ? data : {}
}

export function isTaskDefinition({ data }: Document): boolean {
  return containerDefinitions(data).length > 0
}

function containerDefinitions(data: unknown): readonly unknown[] {
  const own = listAt(data, 'containerDefinitions')
  return own.length > 0 ? own : listAt(mapAt(data, 'taskDefinition'), 'containerDefinitions')
}

export function isOfKubernetes({ data }: Document): boolean {
  return typeof data['kind'] === 'string' && (data['apiVersion'] !== undefined || isMap(data['metadata']))
}

// --- Docker Compose

export function composeContainers({ file, data }: Document, around: Surroundings): Container[] {
  return Object.entries(servicesOf(data)).flatMap(([name, service]) =>
    isMap(service) ? [composeContainer(file, name, withMerges(service), around)] : [],
  )
}

function composeContainer(
  file: string,
  name: string,
  service: Readonly<Record<string, unknown>>,
  around: Surroundings,
): Container {
  const where = `${file}: services.${name}`
  const variables = new Map<string, Setting>()
  const missing: NotCarried[] = []
  for (const path of envFiles(service['env_file'])) {
    const found = around.environmentFile(path)
    if (!found) missing.push(notGiven(`${where}.env_file`, path))
    for (const [key, value] of found ?? []) variables.set(key, { value, where: `${path}: ${key}` })
  }
  for (const [key, given] of environmentEntries(service['environment'])) {
    const at = `${where}.environment.${key}`
    variables.set(
      key,
      given.value === undefined
        ? { value: '', where: at, from: `the variable ${key} of the shell` }
        : { where: at, ...filledIn(given.value, around.interpolated) },
    )
  }
  const names = [name, service['container_name'], service['image']].filter((text) => typeof text === 'string')
  return { names, where, variables, missing }
}

function envFiles(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  return list.flatMap((item) => {
    if (typeof item === 'string') return [item]
    return isMap(item) && typeof item['path'] === 'string' ? [item['path']] : []
  })
}

function notGiven(where: string, what: string): NotCarried {
  return { where, what, why: 'What it sets is not in the result. Give that file to the import too.' }
}

/** A value with its `${NAME}` replaced; without value when one of them is not known. */
function filledIn(text: string, known: ReadonlyMap<string, string>): Pick<Setting, 'value' | 'from' | 'unless'> {
  const unknown: string[] = []
  const defaulted: string[] = []
  const value = text.replaceAll(
    /\$(?:\$|\{([A-Za-z_]\w*)(?::?([-?+])([^}]*))?\}|([A-Za-z_]\w*))/g,
    (whole, braced?: string, sign?: string, other = '', plain?: string) => {
      const name = braced ?? plain
      if (name === undefined) return '$'
      const found = known.get(name)
      if (found !== undefined) return found
      if (sign === '-') {
        defaulted.push(name)
        return other
      }
      unknown.push(name)
      return whole
    },
  )
  if (unknown.length === 0) return { value, ...(defaulted[0] === undefined ? {} : { unless: defaulted[0] }) }
  return { value: '', from: unknown.map((name) => `the variable ${name}`).join(' and ') }
}

// --- Lists of variables

interface Given {
  /** Undefined: it comes from elsewhere. */
  value: string | undefined
  source?: unknown
}

/** `{ KEY: value }`, `["KEY=value"]` or `[{ name: KEY, value | valueFrom }]`. */
export function environmentEntries(environment: unknown): [string, Given][] {
  if (isMap(environment))
    return Object.entries(withMerges(environment)).map(([key, value]) => [key, { value: scalarText(value) }])
  if (!Array.isArray(environment)) return []
  return environment.flatMap((item: unknown): [string, Given][] => {
    if (typeof item === 'string') {
      const [, key = item, value] = /^([^=]+)=(.*)$/s.exec(item) ?? []
      return [[key, { value }]]
    }
    if (!isMap(item) || typeof item['name'] !== 'string') return []
    return [[item['name'], { value: scalarText(item['value']), source: item['valueFrom'] }]]
  })
}

function scalarText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

// --- ECS

export function taskContainers({ file, data }: Document): Container[] {
  return containerDefinitions(data).flatMap((item): Container[] => {
    if (!isMap(item)) return []
    const name = String(item['name'] ?? '')
    const where = `${file}: containerDefinitions.${name}`
    const plain = environmentEntries(item['environment']).map(([key, { value = '' }]): [string, Setting] => [
      key,
      { value, where: `${where}.environment.${key}` },
    ])
    const secret = environmentEntries(item['secrets']).map(([key]): [string, Setting] => [
      key,
      { value: '', where: `${where}.secrets.${key}`, from: 'a secret of AWS' },
    ])
    const image = typeof item['image'] === 'string' ? [item['image']] : []
    return [{ names: [name, ...image], where, variables: new Map([...plain, ...secret]), missing: [] }]
  })
}

// --- Kubernetes

/** Objects of `kind: List` one by one, and what a Kustomization makes of its literals. */
export function kubernetesObjects(document: Document): Document[] {
  const { file, data } = document
  if (data['kind'] === 'Kustomization') return generated(document)
  if (data['kind'] !== 'List') return [document]
  return listAt(data, 'items').flatMap((item) => (isMap(item) ? kubernetesObjects({ file, data: item }) : []))
}

function generated({ file, data }: Document): Document[] {
  return [
    ['configMapGenerator', 'ConfigMap', 'data'] as const,
    ['secretGenerator', 'Secret', 'stringData'] as const,
  ].flatMap(([list, kind, key]) =>
    listAt(data, list)
      .filter(isMap)
      .map(({ name, literals }) => {
        const texts = environmentEntries(literals).map(([variable, { value = '' }]) => [variable, value])
        return { file, data: { apiVersion: 'v1', kind, metadata: { name }, [key]: Object.fromEntries(texts) } }
      }),
  )
}

export function isWorkload({ data }: Document): boolean {
  return workloads.includes(String(data['kind']))
}

export function nameOf({ data }: Document): string {
  return String(mapAt(data, 'metadata')['name'] ?? '')
}

/** The texts of a ConfigMap, or of a Secret, by key. */
export function textsOf({ data }: Document): Map<string, string> {
  const encoded = data['kind'] === 'Secret' ? mapAt(data, 'data') : {}
  const plain = data['kind'] === 'Secret' ? mapAt(data, 'stringData') : mapAt(data, 'data')
  const decoded = Object.entries(encoded).map(([key, value]): [string, string] => [
    key,
    Buffer.from(String(value), 'base64').toString(),
  ])
  return new Map([...decoded, ...Object.entries(plain).map(([key, value]): [string, string] => [key, String(value)])])
}

/** The containers of a workload. `kept` has the ConfigMaps and Secrets of the input; those that were used are added to `used`. */
export function workloadContainers(object: Document, kept: readonly Document[], used: Set<Document>): Container[] {
  const { file, data } = object
  const kind = String(data['kind'])
  const name = nameOf(object)
  return listAt(podOf(data), 'containers').flatMap((item): Container[] => {
    if (!isMap(item)) return []
    const where = `${file}: ${kind} ${name}`
    const variables = new Map<string, Setting>()
    const missing: NotCarried[] = []
    const find = (wanted: string, of: unknown) => {
      const found = kept.find((document) => document.data['kind'] === wanted && nameOf(document) === of)
      if (found) used.add(found)
      return found
    }
    for (const source of listAt(item, 'envFrom')) readEnvFrom(source, { where, find, variables, missing })
    for (const [key, { value, source }] of environmentEntries(item['env'])) {
      const at = `${where}: ${key}`
      variables.set(key, value === undefined ? referenced(key, source, { at, find }) : { value, where: at })
    }
    const image = typeof item['image'] === 'string' ? [item['image']] : []
    return [{ names: [String(item['name'] ?? ''), name, ...image], where, variables: expanded(variables), missing }]
  })
}

/** With `$(NAME)` of Kubernetes in place, which stands for another variable of the container. */
function expanded(variables: ReadonlyMap<string, Setting>): Map<string, Setting> {
  return new Map([...variables].map(([key, setting]) => [key, expandedSetting(setting, variables)]))
}

function expandedSetting(setting: Setting, variables: ReadonlyMap<string, Setting>): Setting {
  const names = [...setting.value.matchAll(/\$\(([A-Za-z_]\w*)\)/g)].map(([, name = '']) => name)
  const unknown = names.find((name) => (variables.get(name)?.value ?? '') === '')
  if (unknown !== undefined) return { ...setting, value: '', from: `the variable ${unknown}` }
  return {
    ...setting,
    value: setting.value.replaceAll(/\$\(([A-Za-z_]\w*)\)/g, (_, name: string) => variables.get(name)?.value ?? ''),
  }
}

function podOf(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (data['kind'] === 'Pod') return mapAt(data, 'spec')
  const spec =
    data['kind'] === 'CronJob' ? mapAt(mapAt(mapAt(data, 'spec'), 'jobTemplate'), 'spec') : mapAt(data, 'spec')
  return mapAt(mapAt(spec, 'template'), 'spec')
}

type Find = (kind: string, name: unknown) => Document | undefined

function readEnvFrom(
  source: unknown,
  {
    where,
    find,
    variables,
    missing,
  }: {
    where: string
    find: Find
    variables: Map<string, Setting>
    missing: NotCarried[]
  },
): void {
  const prefix = isMap(source) && typeof source['prefix'] === 'string' ? source['prefix'] : ''
  for (const [key, kind] of [
    ['configMapRef', 'ConfigMap'],
    ['secretRef', 'Secret'],
  ] as const) {
    const { name } = mapAt(source, key)
    if (typeof name !== 'string') continue
    const found = find(kind, name)
    if (!found) missing.push(notGiven(`${where}: envFrom`, `the ${kind} ${name}`))
    for (const [variable, value] of found ? textsOf(found) : []) {
      const from = `the key ${variable} of the ${kind} ${name}`
      variables.set(prefix + variable, keptIn(kind, prefix + variable, { value, where: `${where}: ${variable}`, from }))
    }
  }
}

function referenced(name: string, source: unknown, { at, find }: { at: string; find: Find }): Setting {
  for (const [key, kind] of [
    ['configMapKeyRef', 'ConfigMap'],
    ['secretKeyRef', 'Secret'],
  ] as const) {
    const place = mapAt(source, key)
    if (place['key'] === undefined) continue
    const from = `the key ${String(place['key'])} of the ${kind} ${String(place['name'])}`
    const object = find(kind, place['name'])
    const value = object ? textsOf(object).get(String(place['key'])) : undefined
    return keptIn(kind, name, { value: value ?? '', where: at, from })
  }
  return { value: '', where: at, from: 'elsewhere' }
}

/** What a Secret keeps stays there, but for settings that are none. */
function keptIn(kind: string, name: string, setting: Setting): Setting {
  const isOpen = kind !== 'Secret' || isNoSecret(name)
  return isOpen && setting.value !== '' ? { value: setting.value, where: setting.where } : { ...setting, value: '' }
}

function isNoSecret(name: string): boolean {
  return /^(?:FLASK_)?OIDC_/.test(name) && !/SECRET|KEY|PASSWORD|TOKEN/.test(name)
}

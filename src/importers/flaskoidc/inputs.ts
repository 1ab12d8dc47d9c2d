/** Sorts what the files hold, whatever they are called, and reads each kind in the order in which they depend on each other. */
import { isMap, own } from '../../maps.ts'
import { type ImportFile, UnreadableImport } from '../contract.ts'
import { environmentOf } from '../environment-variables.ts'
import { helmValuesIn, holdsValues } from '../helm-values.ts'
import { readMaps } from '../settings-tree.ts'
import { readValues, type ValuesFile } from './chart-values.ts'
import { clientSecretsOf, readClientSecrets } from './client-secrets.ts'
import {
  type Container,
  composeContainers,
  type Document,
  isCompose,
  isOfKubernetes,
  isTaskDefinition,
  isWorkload,
  kubernetesObjects,
  nameOf,
  taskContainers,
  textsOf,
  workloadContainers,
} from './containers.ts'
import type { Findings } from './findings.ts'
import { type Assigned, isPython, pythonAssignments } from './python-config.ts'
import { isOfFlaskoidc, type Service, type Setting, serviceNamed, services } from './service-settings.ts'

interface Inputs {
  documents: Document[]
  environments: { file: string; variables: ReadonlyMap<string, string> }[]
  python: ImportFile[]
}

export function readInputs(found: Findings, files: readonly ImportFile[]): void {
  const inputs: Inputs = { documents: [], environments: [], python: [] }
  for (const file of files) sortFile(inputs, file)
  const claimed = readContainers(found, inputs)
  for (const { file, variables } of inputs.environments) {
    if (claimed.has(file)) continue
    const of = servicesOf(file)
    for (const [name, value] of variables) found.settings.set(of, name, { value, where: `${file}: ${name}` })
    if (of.length === 1 && variables.size > 0 && ![...variables].some(([name, value]) => shows(name, value)))
      found.settings.switch(of, false, file)
  }
  for (const { name, text } of inputs.python) readPython(found, name, text)
  readValues(found, inputs.documents.flatMap(valuesOf))
  for (const { file, data } of inputs.documents) {
    if (isPlainEnvironment(data)) readFlat(found, file, data)
    const web = isFile(data) ? clientSecretsOf(data) : undefined
    if (web) readClientSecrets(found, file, web)
  }
}

// --- What is what

function sortFile(inputs: Inputs, file: ImportFile): void {
  const { name, text } = file
  if (/\.tf(?:vars)?$/.test(name) || /^\s*(?:resource|module)\s+"[^"]+"\s+/m.test(text)) {
    throw new UnreadableImport(
      name,
      'is Terraform: give what it makes, such as the task definition or the values as JSON',
    )
  }
  if (isPython(file)) inputs.python.push(file)
  else if (isYaml(file)) inputs.documents.push(...documentsOf(file))
  else inputs.environments.push({ file: name, variables: environmentOf(file) })
}

const topKeys =
  /^(?:oidc|oidcEnabled|frontEnd|metadata|search|amundsen|flaskApp|services|version|apiVersion|kind|containerDefinitions)\s*:/m

function isYaml({ name, text }: ImportFile): boolean {
  if (/\.(?:ya?ml|json)$/.test(name)) return true
  return !/\.env$/.test(name) && (/^\s*\{/.test(text) || topKeys.test(text))
}

function documentsOf({ name, text }: ImportFile): Document[] {
  return readMaps({ name, text }).flatMap((data) => kubernetesObjects({ file: name, data }))
}

/** A document that is read by its content alone: not values, compose files and the like. */
function isFile(data: Readonly<Record<string, unknown>>): boolean {
  const document = { file: '', data }
  return !isCompose(document) && !isTaskDefinition(document) && !isOfKubernetes(document)
}

function isPlainEnvironment(data: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(data).some((key) => /^(?:FLASK_OIDC|FLASK_APP|APP_WRAPPER)/.test(key))
}

function valuesOf({ file, data }: Document): ValuesFile[] {
  if (!holdsValues(data) && (!isFile(data) || isPlainEnvironment(data) || clientSecretsOf(data))) return []
  return helmValuesIn(data, file).map((values) => ({ file, values }))
}

// --- Single kinds

/** A file that names no service applies to all three. */
function servicesOf(file: string): readonly Service[] {
  const last = file.split(/[\\/]/).at(-1) ?? ''
  const named = serviceNamed(last)
  return named === undefined ? services : [named]
}

function readFlat({ settings }: Findings, file: string, data: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(data)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      settings.set(servicesOf(file), key, { value: String(value), where: `${file}: ${key}` })
  }
}

/** Names of attributes of flaskoidc 1.x, by the variables that set them. */
const attributes: Readonly<Record<string, string>> = {
  OIDC_PROVIDER: 'FLASK_OIDC_PROVIDER_NAME',
  USER_ID_FIELD: 'FLASK_OIDC_USER_ID_FIELD',
  CLIENT_ID: 'FLASK_OIDC_CLIENT_ID',
  CLIENT_SECRET: 'FLASK_OIDC_CLIENT_SECRET',
  SCHEME: 'FLASK_OIDC_FORCE_SCHEME',
  REDIRECT_URI: 'FLASK_OIDC_REDIRECT_URI',
  CONFIG_URL: 'FLASK_OIDC_CONFIG_URL',
  WHITELISTED_ENDPOINTS: 'FLASK_OIDC_WHITELISTED_ENDPOINTS',
  SECRET_KEY: 'FLASK_OIDC_SECRET_KEY',
}
/** Attributes that both lines have, each with its own meaning. */
const ofBoth: Readonly<Record<string, string>> = {
  OIDC_SCOPES: 'FLASK_OIDC_SCOPES',
  OVERWRITE_REDIRECT_URI: 'FLASK_OIDC_OVERWRITE_REDIRECT_URI',
}
/** Settings of flask-oidc under other names. */
const renamed: Readonly<Record<string, string>> = { OIDC_INTROSPECTION_AUTH_METHOD: 'INTROSPECTION_AUTH_METHOD' }

/** What a class sets twice, or two classes of a file set. */
function reportRepeated({ notCarried }: Findings, file: string, all: readonly Assigned[]): void {
  const repeated = Map.groupBy(all, ({ name }) => name)
    .entries()
    .filter(
      ([name, assigned]) =>
        isAboutSignIn(variableNamed(name, all)) && new Set(assigned.map(({ value }) => JSON.stringify(value))).size > 1,
    )
    .map(([name]) => name)
    .toArray()
  if (repeated.length === 0) return
  notCarried.push({
    where: file,
    what: `${repeated.join(', ')}, more than once`,
    why: 'The last one of the file was taken, and the others are lost. If each is of another class, import a copy with one of them.',
    effect: 'identity',
  })
}

/** Functions of a class by which Amundsen knows people, and what it sends to the services behind the frontend. */
const methods = ['AUTH_USER_METHOD', 'USER_DETAIL_METHOD', 'GET_PROFILE_URL', 'REQUEST_HEADERS_METHOD']

function reportClass(
  { notCarried }: Findings,
  file: string,
  { text, all }: { text: string; all: readonly Assigned[] },
): void {
  const classes = [...text.matchAll(/^class\s+(\w+)/gm)].map(([, name = '']) => name)
  const own = methods.filter((method) => all.some(({ name }) => name === method))
  if (classes.length === 0 && own.length === 0) return
  notCarried.push({
    where: file,
    what: [...classes.map((name) => `the class ${name}`), ...own].join(', '),
    why:
      own.length > 0
        ? 'Who people are, and which token goes to the services behind the frontend, is what gatehouse_amundsen.py says, and not these functions. Let your class inherit gatehouse_amundsen.FrontendSignIn or MetadataSignIn first, take the functions out of it, and name it again.'
        : 'The rendered files name the classes of gatehouse_amundsen.py. Let yours inherit gatehouse_amundsen.FrontendSignIn or MetadataSignIn first, and name it again.',
    effect: own.length > 0 ? 'identity' : 'setting',
  })
}

function variableNamed(name: string, all: readonly Assigned[]): string {
  const isNewer = all.some((other) => ['CONFIG_URL', 'OIDC_PROVIDER', 'USER_ID_FIELD'].includes(other.name))
  return own(attributes, name) ?? (isNewer ? own(ofBoth, name) : undefined) ?? own(renamed, name) ?? name
}

function isAboutSignIn(variable: string): boolean {
  return (
    isOfFlaskoidc(variable) ||
    /^(?:SESSION_|SQLALCHEMY_|FRONTEND_BASE$|METADATASERVICE_BASE$|SEARCHSERVICE_BASE$)/.test(variable)
  )
}

function readPython(found: Findings, file: string, text: string): void {
  const module = /^(?:from|import)\s+(amundsen_application|metadata_service|search_service)\b/m.exec(text)?.[1] ?? ''
  const named = serviceNamed(file.split(/[\\/]/).at(-1) ?? '', module.replace('amundsen_application', 'frontend'))
  const of = named === undefined ? services : [named]
  const all = pythonAssignments(text)
  reportRepeated(found, file, all)
  reportClass(found, file, { text, all })
  for (const assigned of all) {
    const { name } = assigned
    const variable = variableNamed(name, all)
    if (!isAboutSignIn(variable)) continue
    const web = name === 'OIDC_CLIENT_SECRETS' && isMap(assigned.value) ? clientSecretsOf(assigned.value) : undefined
    if (web) readClientSecrets(found, `${file}: ${name}`, web)
    else found.settings.set(of, variable, assignedSetting(assigned, `${file}: ${name}`))
  }
}

function assignedSetting({ value, variable }: Assigned, where: string): Setting {
  if (variable !== undefined && value === '') return { value: '', where, from: `the variable ${variable}` }
  if (value === undefined || isMap(value)) return { value: '', where, from: 'an expression' }
  const unless = variable === undefined ? {} : { unless: variable }
  return { value: Array.isArray(value) ? value.join(' ') : String(value), where, ...unless }
}

// --- Containers

/** Returns the environment files that belong to one of them. */
function readContainers(found: Findings, { documents, environments }: Inputs): ReadonlySet<string> {
  const claimed = new Set<string>()
  const environmentFile = (path: string) => {
    const file = environments.find(({ file: name }) => isSameFile(name, path))
    if (file) claimed.add(file.file)
    return file?.variables
  }
  const composed = documents.filter(isCompose)
  // Compose fills in from the file .env beside it.
  const beside = composed.length === 0 ? undefined : environments.find(({ file }) => /(?:^|[\\/])\.env$/.test(file))
  const interpolated = beside?.variables ?? new Map<string, string>()
  const used = new Set<Document>()
  const kept = documents.filter(({ data }) => data['kind'] === 'ConfigMap' || data['kind'] === 'Secret')
  const containers = [
    ...composed.flatMap((document) => composeContainers(document, { environmentFile, interpolated })),
    ...documents.filter(isTaskDefinition).flatMap(taskContainers),
    ...documents.filter(isWorkload).flatMap((object) => workloadContainers(object, kept, used)),
  ]
  if (beside) claimed.add(beside.file)
  for (const container of containers) readContainer(found, container)
  for (const object of kept) readKept(found, object, used.has(object))
  for (const object of documents) if (object.data['kind'] === 'Ingress') found.ingress ??= ingressOf(object)
  return claimed
}

/** `env/frontend.env` of a compose file is the given file whose path ends so, or else has that name. */
function isSameFile(name: string, path: string): boolean {
  const [given, wanted] = [name, path].map((text) => text.replaceAll('\\', '/').replace(/^(?:\.\/)+/, ''))
  return given === wanted || `/${given}`.endsWith(`/${wanted?.split('/').at(-1)}`)
}

/** Whether a variable shows that flaskoidc is around a service. */
function shows(name: string, value: string): boolean {
  return /^(?:FLASK_)?OIDC_/.test(name) || (/^FLASK_APP_MODULE_NAME$|^APP_WRAPPER$/.test(name) && value !== '')
}

function readContainer({ settings, notCarried }: Findings, { names, where, variables, missing }: Container): void {
  const isOurs = names.some((name) => /amundsen/i.test(name))
  const hasSignIn = [...variables].some(([name, { value }]) => shows(name, value))
  const service = serviceNamed(...names)
  if (!hasSignIn && (service === undefined || !isOurs)) return
  const of = service === undefined ? services : [service]
  for (const [name, setting] of variables) settings.set(of, name, setting)
  notCarried.push(...missing)
  // An image with flaskoidc in it may say the rest itself; another file, or a container beside it, may have said it.
  const isElsewhere =
    missing.length > 0 || names.some((name) => /oidc/i.test(name)) || of.some((one) => settings.signInOf(one)?.isOn)
  if (hasSignIn || !isElsewhere) settings.switch(of, hasSignIn, where)
}

/** A ConfigMap or a Secret: files in it, and variables that no container of the input takes from it. */
function readKept(found: Findings, object: Document, isUsed: boolean): void {
  const { data } = object
  const isSecret = data['kind'] === 'Secret'
  const name = nameOf(object)
  const service = serviceNamed(name)
  const of = service === undefined ? services : [service]
  const texts = textsOf(object)
  const isEnvironment = !isUsed && [...texts.keys()].some(isOfFlaskoidc)
  for (const [key, text] of texts) {
    const where = `${object.file}: ${name}.${key}`
    if (/\.json$/.test(key)) {
      const web = readMaps({ name: where, text })
        .map(clientSecretsOf)
        .find((client) => client !== undefined)
      if (web) readClientSecrets(found, where, web)
    } else if (/\.py$/.test(key)) readPython(found, where, text)
    else if (isEnvironment && !(isSecret && /SECRET|KEY|PASS|TOKEN|URI/.test(key))) {
      found.settings.set(of, key, { value: text, where })
    } else if (isEnvironment && isSecret) {
      found.settings.set(of, key, { value: '', where, from: `the key ${key} of the Secret ${name}` })
    }
  }
}

/** The only host of an Ingress of the frontend. */
function ingressOf(object: Document): string | undefined {
  const { data } = object
  const spec = isMap(data['spec']) ? data['spec'] : {}
  const rules = Array.isArray(spec['rules']) ? (spec['rules'] as unknown[]).filter(isMap) : []
  const hosts = [...new Set(rules.flatMap(({ host }) => (typeof host === 'string' ? [host] : [])))]
  if (hosts.length !== 1 || !/amundsen|frontend/i.test(`${nameOf(object)} ${hosts[0]}`)) return undefined
  return `${Array.isArray(spec['tls']) ? 'https' : 'http'}://${hosts[0]}`
}

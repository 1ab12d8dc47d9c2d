/** What dex.yaml has around its connectors and clients. */
import type { Data } from '../../formats.ts'
import { isLoopbackHost } from '../../loopback.ts'
import type { ProductInput, ProductProblem } from '../contract.ts'
import { error, warning } from '../writing/problem.ts'
import { fixedSettings, headers, headersOverTls } from './fixed-settings.ts'
import { asDexReads, textsIn } from './names.ts'
import { replacedProblems } from './own-connectors.ts'

type Input = ProductInput<'dex'>

/** Settings of a storage that has any, where the configuration says nothing. */
const usualStorage: Readonly<Record<string, Readonly<Record<string, Data>>>> = {
  kubernetes: { inCluster: true },
  sqlite3: { file: '/var/dex/dex.db' },
}

export function storageOf({ options }: Pick<Input, 'options'>): Data {
  const { storage } = options
  if (storage === 'memory') return { type: storage }
  const config = options[storage] ?? usualStorage[storage] ?? {}
  const isOutside = storage === 'kubernetes' && options.kubernetes?.kubeConfigFile !== undefined
  const usual = storage === 'kubernetes' && !isOutside ? usualStorage['kubernetes'] : {}
  return { type: storage, config: asDexReads({ ...usual, ...config } as Data) }
}

export function webOf({ options, product }: Pick<Input, 'options' | 'product'>): Data {
  const { headers: written, ...web } = options.web ?? {}
  const usual = product.url.startsWith('https:') ? headersOverTls : headers
  return {
    ...(web.https === undefined && web.http === undefined ? { http: fixedSettings['web.http'] } : {}),
    ...(web as Record<string, Data>),
    headers: { ...usual, ...(written as Record<string, string>) },
  }
}

export function oauth2Of({ options }: Pick<Input, 'options'>): Data {
  const {
    grantTypes = fixedSettings['oauth2.grantTypes'],
    responseTypes = fixedSettings['oauth2.responseTypes'],
    skipApprovalScreen = fixedSettings['oauth2.skipApprovalScreen'],
    ...others
  } = options.oauth2 ?? {}
  return {
    // Without the key Dex has all that it knows.
    ...(grantTypes.length === 0 ? {} : { grantTypes }),
    responseTypes,
    skipApprovalScreen,
    ...(others as Record<string, Data>),
  }
}

/** The sections that go to Dex as they are, where they are written. */
export function otherSections({ options }: Pick<Input, 'options'>): Readonly<Record<string, Data>> {
  const { telemetry, grpc, expiry, logger, frontend } = options
  const sections = { telemetry, grpc, expiry, logger, frontend }
  return Object.fromEntries(
    Object.entries(sections).flatMap(([name, value]) => (value === undefined ? [] : [[name, value as Data]])),
  )
}

const storagesWithSettings = ['kubernetes', 'sqlite3', 'postgres', 'mysql', 'etcd'] as const

export function serverProblems(input: Input): ProductProblem[] {
  const { options } = input
  const at = [...input.path, 'dex']
  const others = storagesWithSettings.filter((name) => name !== options.storage && options[name] !== undefined)
  return [
    ...others.map((name) =>
      error(
        [...at, name],
        `is for the storage ${name}, and storage is ${options.storage}: write storage: ${name}, or remove it`,
      ),
    ),
    ...storageProblems(input),
    ...accountProblems(input),
    ...listenProblems(input),
    ...Object.entries({ web: options.web, oauth2: options.oauth2, ...otherSections(input) }).flatMap(([name, value]) =>
      textsIn(value, [...at, name])
        .filter(({ text }) => text.includes('{{') || /\$\{env:/.test(text))
        .map(({ path }) =>
          error(
            path,
            'is taken by Dex as it is, and its image would read {{ as a template: write it without ${env:NAME} and {{',
          ),
        ),
    ),
  ]
}

function storageProblems({ options, path }: Input): ProductProblem[] {
  const { storage } = options
  const at = [...path, 'dex', storage]
  const settings = storage === 'memory' ? undefined : options[storage]
  if (storage === 'etcd' && settings === undefined) {
    return [error(at, 'is missing: the storage etcd needs its endpoints')]
  }
  if ((storage === 'postgres' || storage === 'mysql') && options[storage]?.host === undefined) {
    return [error(at, `the storage ${storage} needs a host: write it under dex.${storage}`)]
  }
  return replacedProblems(settings, at)
}

function accountProblems({ options, path }: Input): ProductProblem[] {
  const at = [...path, 'dex', 'staticPasswords']
  const { staticPasswords, enablePasswordDB, allowedGroups } = options
  if (staticPasswords.length === 0) return []
  if (!enablePasswordDB) {
    return [error(at, 'Dex does not start with accounts and without enablePasswordDB: write enablePasswordDB: true')]
  }
  return allowedGroups.length === 0
    ? []
    : [warning('limit-passed-by', at, 'get in whatever allowedGroups says: Dex looks at the groups of providers only')]
}

function listenProblems({ options, path }: Input): ProductProblem[] {
  const at = [...path, 'dex']
  const { web, grpc } = options
  const problems: ProductProblem[] = []
  if (web?.https !== undefined && (web.tlsCert === undefined || web.tlsKey === undefined)) {
    problems.push(error([...at, 'web', 'https'], 'needs tlsCert and tlsKey: Dex does not start without them'))
  }
  if (grpc === undefined) return problems
  if ((grpc.tlsCert === undefined) !== (grpc.tlsKey === undefined)) {
    problems.push(error([...at, 'grpc'], 'needs tlsCert and tlsKey together: Dex does not start with one of them'))
  } else if (grpc.tlsCert === undefined && grpc.tlsClientCA !== undefined) {
    problems.push(error([...at, 'grpc', 'tlsClientCA'], 'needs tlsCert and tlsKey: Dex does not start without them'))
  }
  const host = grpc.addr.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  if (grpc.tlsClientCA === undefined && !isLoopbackHost(host)) {
    problems.push(
      warning(
        'api-open',
        [...at, 'grpc', 'addr'],
        'whoever reaches this address can add clients, connectors and passwords: write tlsClientCA, or let nobody else reach it',
      ),
    )
  }
  return problems
}

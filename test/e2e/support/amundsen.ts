import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { freePort } from './ports.ts'
import { answers, type RunningProcess, startProcess } from './processes.ts'
import { pythonEnvironment } from './python.ts'
import { tempFolder } from './temp.ts'

const VERSIONS = { frontend: '4.3.0', metadata: '3.13.0', search: '4.2.0' } as const

type ServiceName = keyof typeof VERSIONS

export interface AmundsenOptions {
  /** What each service reads: the rendered lines, and the secrets that they name. */
  env: Record<ServiceName, Record<string, string>>
  /** Where rendered Python modules are (gatehouse_amundsen.py): first in PYTHONPATH of all three. */
  pythonFolder?: string
  /** Whom the metadata service knows. A stranger's /api/auth_user is a 500 unless the configuration has a USER_DETAIL_METHOD. */
  users?: readonly AmundsenUser[]
  /** Free ones unless told. */
  ports?: Partial<Record<ServiceName, number>>
}

export interface AmundsenUser {
  user_id: string
  email: string
  first_name: string
  last_name: string
  full_name?: string
}

/** One request that the metadata service got. */
export interface SeenByMetadata {
  method: string
  path: string
  authorization: string | null
}

export interface Amundsen {
  /** Of the frontend: http://127.0.0.1:<port> */
  url: string
  metadataUrl: string
  searchUrl: string
  /** In order, without those of this starter. */
  seenByMetadata(): SeenByMetadata[]
  /** What all three printed. */
  log(): string
  stop(): Promise<void>
}

/** Starts the three real services of Amundsen, with people in memory for Neo4j and nothing for Elasticsearch. */
export async function startAmundsen({ env, pythonFolder, users = [], ports = {} }: AmundsenOptions): Promise<Amundsen> {
  const venv = await installAmundsen()
  const folder = tempFolder('amundsen')
  const [frontendPort, metadataPort, searchPort] = [
    ports.frontend ?? (await freePort()),
    ports.metadata ?? (await freePort()),
    ports.search ?? (await freePort()),
  ]
  const [url, metadataUrl, searchUrl] = [frontendPort, metadataPort, searchPort].map(urlOf) as [string, string, string]
  const start = (service: Service) => startService({ venv, folder, pythonFolder, ...service })
  const services = await allOrNone([
    start({
      name: 'frontend',
      application: 'amundsen_application.wsgi:application',
      port: frontendPort,
      env: {
        FRONTEND_BASE: url,
        METADATASERVICE_BASE: metadataUrl,
        SEARCHSERVICE_BASE: searchUrl,
        STATIC_ROOT: stubbedUi(folder),
        ...env.frontend,
      },
    }),
    start({
      name: 'metadata',
      application: 'memory_metadata:application',
      port: metadataPort,
      env: { MEMORY_METADATA_USERS: JSON.stringify(users), ...env.metadata },
    }),
    start({
      name: 'search',
      application: 'memory_search:application',
      port: searchPort,
      // It is never called; its default is port 9200 of this machine.
      env: { PROXY_ENDPOINT: searchUrl, ...env.search },
    }),
  ])
  const [, metadata] = services
  if (!metadata) throw new Error('Amundsen has no metadata service')
  return {
    url,
    metadataUrl,
    searchUrl,
    seenByMetadata: () => seenIn(metadata),
    log: () => services.map((service) => service.log()).join('\n'),
    stop: async () => {
      await Promise.all(services.map((service) => service.stop()))
    },
  }
}

/** Stops services that did start when another cannot. */
async function allOrNone(starting: readonly Promise<RunningProcess>[]): Promise<RunningProcess[]> {
  try {
    return await Promise.all(starting)
  } catch (error) {
    const results = await Promise.allSettled(starting)
    await Promise.all(results.map((result) => (result.status === 'fulfilled' ? result.value.stop() : undefined)))
    throw error
  }
}

interface Service {
  name: ServiceName
  application: string
  port: number
  env: Record<string, string>
}

interface Surroundings {
  venv: string
  folder: string
  pythonFolder: string | undefined
}

function startService(options: Service & Surroundings): Promise<RunningProcess> {
  const { name, application, port, env, venv, folder, pythonFolder } = options
  const modules = [...(pythonFolder === undefined ? [] : [pythonFolder]), join(import.meta.dirname, 'amundsen')]
  return startProcess({
    name: `amundsen ${name}`,
    command: join(venv, 'bin/flask'),
    // Not the services' own `python -m`: those listen on all interfaces.
    args: ['--app', application, 'run', '-h', '127.0.0.1', '-p', String(port), '--no-debugger', '--no-reload'],
    cwd: folder,
    env: {
      PYTHONPATH: modules.join(delimiter),
      // Not into this repository.
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
      // flaskoidc's own default is a file inside the installed package.
      SQLALCHEMY_DATABASE_URI: `sqlite:///${join(folder, `${name}.db`)}`,
      ...env,
    },
    ready: () => answers(`${urlOf(port)}/healthcheck`),
    within: 180_000,
  })
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`
}

export function installAmundsen(): Promise<string> {
  const { frontend, metadata, search } = VERSIONS
  return pythonEnvironment(`amundsen-${frontend}`, 'python3.11', [
    `amundsen-frontend==${frontend}`,
    `amundsen-metadata==${metadata}`,
    `amundsen-search==${search}`,
    'flaskoidc==1.1.2',
    // Undeclared: the frontend imports pkg_resources, which newer ones no longer have.
    'setuptools<81',
  ])
}

/** The package has no built UI: without a page of that name every sign-in ends in a 500. */
function stubbedUi(folder: string): string {
  const root = join(folder, 'static')
  mkdirSync(join(root, 'dist/templates'), { recursive: true })
  writeFileSync(join(root, 'dist/templates/index.html'), '<!doctype html><title>Amundsen</title>\n')
  return root
}

function seenIn(metadata: RunningProcess): SeenByMetadata[] {
  return metadata
    .log()
    .split('\n')
    .filter((line) => line.startsWith('seen {'))
    .map((line) => JSON.parse(line.slice('seen '.length)) as SeenByMetadata)
    .filter(({ path }) => path !== '/healthcheck')
}

/** The clients of the services at the provider; their secrets stay where they are. */
import type { Data } from '../../formats.ts'
import { reference, variableName } from '../provider.ts'
import { givesNothingAway } from '../settings-tree.ts'
import type { Findings } from './findings.ts'
import { type Service, type Setting, services } from './service-settings.ts'

/** Stands for a client id that the input does not have. */
const unknownId = 'CLIENT-ID'
/** From which flaskoidc reads the client secret. */
const secretVariable = 'FLASK_OIDC_CLIENT_SECRET'

export interface ImportedClients {
  /** Names under `secrets` of services behind the frontend with their own client. */
  clients: Record<string, string>
  secrets: Record<string, Data>
}

export function readClients(found: Findings, line: '0' | '1'): ImportedClients {
  const [idName, secretName] =
    line === '1'
      ? (['FLASK_OIDC_CLIENT_ID', 'FLASK_OIDC_CLIENT_SECRET'] as const)
      : (['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const)
  const { settings } = found
  const ids = Object.fromEntries(services.map((service) => [service, settings.take(idName, [service])?.value]))
  const id = ids['frontend'] ?? ids['metadata'] ?? ids['search']
  const secrets: Record<string, Data> = { 'amundsen-client': ownClient(found, idName, id) }
  const clients: Record<string, string> = {}
  for (const service of services) {
    reportSecret(found, settings.take(secretName, [service]), service, ids[service] === id)
    const own = ids[service]
    if (service === 'frontend' || own === undefined || own === id) continue
    const name = `amundsen-${service}-client`
    clients[service] = name
    const clientSecret = reference(variableName('amundsen', service, 'client_secret'))
    secrets[name] = { clientId: own, clientSecret }
  }
  return { clients, secrets }
}

function ownClient(found: Findings, idName: string, id: string | undefined): Data {
  const clientSecret = reference(secretVariable)
  if (id !== undefined) return { clientId: id, clientSecret }
  const elsewhere = found.settings.reference(idName)
  const variable = elsewhere ? { clientIdVariable: 'FLASK_OIDC_CLIENT_ID' } : {}
  const { clientId } = found.answers
  if (clientId !== undefined) return { clientId, ...variable, clientSecret }
  found.comments.push({ path: ['secrets', 'amundsen-client', 'clientId'], text: 'Put the client id here.' })
  found.notCarried.push({
    where: elsewhere?.where ?? found.where,
    what: elsewhere ? `the client id, which is in ${elsewhere.from}` : 'the client id',
    why: `${elsewhere ? 'The services take it from the variable FLASK_OIDC_CLIENT_ID as before, and the files that register the client need it' : 'The provider refuses every sign-in until it is there'}. Answer --client-id, or replace ${unknownId} in secrets.amundsen-client.`,
    effect: 'secret',
  })
  return { clientId: unknownId, ...variable, clientSecret }
}

function reportSecret(found: Findings, setting: Setting | undefined, service: Service, isShared: boolean): void {
  if (!setting || givesNothingAway(setting.value)) return
  const variable = isShared ? secretVariable : variableName('amundsen', service, 'client_secret')
  const why = `Everyone who could read the file knows it. gatehouse.yaml holds no secrets, so it is ${reference(variable)}: set that variable, and create a new secret at the provider.`
  const said = found.notCarried.find((entry) => entry.why === why)
  if (!said)
    found.notCarried.push({ where: setting.where, what: 'a client secret in clear text', why, effect: 'secret' })
  else if (!said.where.split(', ').includes(setting.where)) said.where += `, ${setting.where}`
}

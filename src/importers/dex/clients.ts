/** Static clients of Dex: its applications, and those that Argo CD adds. */
import { dex as dexOptions } from '../../config/kinds/dex.ts'
import { schemaAt } from '../../config/schema-walk.ts'
import type { Data } from '../../formats.ts'
import { isMap } from '../../maps.ts'
import { dexClientVariable } from '../../products/dex/names.ts'
import type { Effect, NotCarried } from '../contract.ts'
import { reference } from '../provider.ts'
import { SettingsTree } from '../settings-tree.ts'
import { shownValue } from '../shown-setting.ts'
import { harmless } from './documented-keys.ts'
import type { DexFile } from './documents.ts'
import { itemsOf, lostSettings } from './losses.ts'
import { dexReference } from './references.ts'

export function clientsOf(file: DexFile, lost: NotCarried[]): Data[] {
  const { name, argo } = file
  const given = itemsOf(name, file, 'staticClients', lost)
  const own = given.flatMap((item, index) => clientOf(item, `${name}: staticClients[${index}]`, lost))
  return argo ? [...clientsOfArgo(argo.urls), ...own] : own
}

/** As `argocd-dex` writes them beside the connectors. */
function clientsOfArgo(urls: readonly string[]): Data[] {
  const bases = urls.map((url) => url.replace(/\/+$/, ''))
  if (bases.length === 0) return []
  return [
    { id: 'argo-cd', name: 'Argo CD', redirectUris: bases.map((url) => `${url}/auth/callback`) },
    {
      id: 'argo-cd-cli',
      name: 'Argo CD CLI',
      redirectUris: ['http://localhost', 'http://localhost:8085/auth/callback'],
      public: true,
    },
  ]
}

function clientOf(item: unknown, where: string, lost: NotCarried[]): Data[] {
  const client = new SettingsTree(isMap(item) ? item : {})
  const lose = (key: string, what: string, why: string, effect: Effect) =>
    lost.push({ where: `${where}.${key}`, what, why, effect })
  const variable = client.text(['idEnv'])
  const written = client.text(['id'])
  const id = written ?? (variable === undefined ? undefined : reference(variable))
  if (id === undefined) {
    lost.push({
      where,
      what: 'a client without an id',
      why: 'Nobody signs in to it any more: Dex itself does not start with such a client. Give it an id and import again.',
      effect: 'applications',
    })
    return []
  }
  const isPublic = client.flag(['public']) ?? false
  const title = client.text(['name'])
  const peers = client.take(['trustedPeers'])
  const logo = client.text(['logoURL'])
  const secret = secretOf(client, { id, isPublic }, lose)
  const redirectUris = redirectUrisOf(client, lose)
  lost.push(
    ...lostSettings(
      where,
      client.left().map((path) => [path.join('.'), client.peek(path)]),
    ),
  )
  return [
    {
      id,
      ...(title === undefined || title === id ? {} : { name: title }),
      ...(redirectUris.length === 0 ? {} : { redirectUris }),
      ...(isPublic ? { public: true } : {}),
      ...(secret === undefined ? {} : { secret }),
      ...(Array.isArray(peers) && peers.length > 0 ? { trustedPeers: peers.map(String) } : {}),
      ...(logo === undefined ? {} : { logoURL: logo }),
    },
  ]
}

type Lose = (key: string, what: string, why: string, effect: Effect) => void

const address = schemaAt(
  schemaAt(schemaAt(schemaAt(dexOptions, 'clients') ?? dexOptions, 0) ?? dexOptions, 'redirectUris') ?? dexOptions,
  0,
)

function redirectUrisOf(client: SettingsTree, lose: Lose): string[] {
  const uris = client.take(['redirectURIs'])
  const all = Array.isArray(uris) ? uris.filter((uri) => typeof uri === 'string') : []
  const fit = all.filter((uri) => address?.safeParse(uri).success)
  const others = all.filter((uri) => !fit.includes(uri))
  if (others.length > 0) {
    lose(
      'redirectURIs',
      shownValue('redirectURIs', others, { harmless }),
      'Nobody can come back to the application by it: Dex compares whole addresses, so one with *, a fragment or blanks never fits. Write the addresses that the application sends under dex.clients.',
      'applications',
    )
  }
  return fit
}

/** The variable of the secret, where it is another than `render` would name. */
function secretOf(client: SettingsTree, { id, isPublic }: { id: string; isPublic: boolean }, lose: Lose) {
  const clear = client.text(['secret'])
  const variable = client.text(['secretEnv'])
  const usual = dexClientVariable({ id })
  if (variable !== undefined) return variable === usual && !isPublic ? undefined : reference(variable)
  if (clear === undefined) {
    if (!isPublic) {
      const why = `Dex does not start with such a client: now it expects a secret in ${usual}. Set that variable, or write public: true.`
      lose('secret', 'no secret', why, 'secret')
    }
    return undefined
  }
  const found = dexReference(clear, { argo: false })
  if (found) {
    lose(
      'secret',
      'a variable in place of the secret',
      `Dex replaces nothing in its clients, so up to now that text was the secret itself. Now it is the value of ${found.variable}: set it, and tell the application.`,
      'secret',
    )
    return reference(found.variable)
  }
  lose(
    'secret',
    'a client secret in clear text',
    `It is not copied: Dex expects it in ${usual}. Set that variable to it, and change it if others have seen the file.`,
    'secret',
  )
  return isPublic ? reference(usual) : undefined
}

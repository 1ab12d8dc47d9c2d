/** The answers of a call, compared with what an importer has made of them: none is passed over in silence. */
import { issuerOf } from '../config/issuer.ts'
import { OidcProvider } from '../config/schema.ts'
import type { Data } from '../formats.ts'
import { issuerOfDocument } from '../issuer-text.ts'
import { isMap, mapAt } from '../maps.ts'
import type { ImportAnswers, NotCarried } from './contract.ts'

type Config = Readonly<Record<string, Data>>

/** An entry for every answer that is nowhere in the result. */
export function unusedAnswers(config: Config, { url, issuer, clientId }: ImportAnswers): NotCarried[] {
  return [
    ...(url === undefined || hasUrl(config, url) ? [] : [unused('--url', url, 'products')]),
    ...(issuer === undefined || hasIssuer(config, issuer) ? [] : [unused('--issuer', issuer, 'authenticationClasses')]),
    ...(clientId === undefined || hasClientId(config, clientId) ? [] : [unused('--client-id', clientId, 'secrets')]),
  ]
}

function unused(option: string, what: string, part: string): NotCarried {
  return {
    where: option,
    what,
    why: `It is not used: the files give another one, or nothing in them needs it. Compare with ${part} in the result, and write it there if it belongs there.`,
  }
}

/** Some products are named by their host alone, others have the whole path. */
function hasUrl(config: Config, url: string): boolean {
  const wanted = withoutEnd(url)
  const urls = below(config, 'products').map((product) => withoutEnd(textAt(product, 'url')))
  return urls.some((found) => found === wanted || (found !== '' && found === URL.parse(url)?.origin))
}

/** A class is made of the parts of an issuer; where its spelling differs, the importer has said it. */
function hasIssuer(config: Config, issuer: string): boolean {
  const wanted = withoutEnd(issuerOfDocument(issuer))
  return below(config, 'authenticationClasses').some((provider) => {
    if (isMap(provider['github']))
      return URL.parse(wanted)?.hostname === (provider['github']['hostname'] ?? 'github.com')
    const { data } = OidcProvider.safeParse(provider['oidc'])
    return data !== undefined && withoutEnd(issuerOf(data)).toLowerCase() === wanted.toLowerCase()
  })
}

function hasClientId(config: Config, clientId: string): boolean {
  return below(config, 'secrets').some((secret) => secret['clientId'] === clientId)
}

function below(config: Config, part: string): Readonly<Record<string, unknown>>[] {
  return Object.values(mapAt(config, part)).filter(isMap)
}

function textAt(map: Readonly<Record<string, unknown>>, key: string): string {
  const text = map[key]
  return typeof text === 'string' ? text : ''
}

function withoutEnd(address: string): string {
  return address.replace(/\/+$/, '')
}

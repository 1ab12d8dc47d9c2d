/** oauth2-proxy: its configuration file, flags, variables or structured (alpha) configuration, in whatever they are kept. */
import type { Data } from '../../formats.ts'
import type { ImportAnswers, ImportComment, Imported, Importer, ImportFile, NotCarried } from '../contract.ts'
import { loseTheRest } from './differences.ts'
import { harmlessKeys } from './effects.ts'
import { lastPart } from './flags.ts'
import { combined, isEmpty, type NamedSource, type ProxyFile } from './found.ts'
import { productOf } from './product.ts'
import { type ImportedProvider, providerOf } from './provider.ts'
import { readProxyFile, refuseNothing } from './settings.ts'
import { TakenSettings } from './taken.ts'

export const oauth2Proxy: Importer = {
  source: 'oauth2-proxy',
  harmless: harmlessKeys,
  title:
    'oauth2-proxy.cfg, its flags, variables or alpha configuration, values of its chart, Compose files, manifests, units',
  read,
}

function read(files: readonly ImportFile[], answers: ImportAnswers = {}): Imported {
  const file = combined(files.map(readProxyFile))
  refuseNothing(files, isEmpty(file))
  const unread = notGiven(file, files)
  const taken = new TakenSettings(file.settings, [...file.notCarried, ...unread.map(giveThatToo)])
  const isUnread = unread.some(({ kind }) => kind !== 'variables')
  const provider = providerOf(taken, { answers, isUnread, isAlpha: file.alpha !== undefined })
  const product = productOf(taken, { provider, file, answers, isUnread })
  const config = {
    ...(provider ? { authenticationClasses: { [provider.className]: provider.class } } : {}),
    products: { 'oauth2-proxy': product },
    ...(provider ? { secrets: provider.secrets } : {}),
  }
  loseTheRest(taken, config, { isUnread })
  return {
    config,
    comments: commentsOf(files, { hasUrl: Object.hasOwn(product, 'url'), provider }),
    notCarried: taken.notCarried,
  }
}

/** What the files name and nobody gave. A file may have been given under another name. */
function notGiven({ named, hasConfig, alpha, objects }: ProxyFile, files: readonly ImportFile[]): NamedSource[] {
  return named.filter(({ kind, file }) => {
    if (kind === 'config') return !hasConfig
    if (kind === 'alpha') return alpha === undefined
    return !objects.includes(file) && !files.some(({ name }) => lastPart(name) === file)
  })
}

function giveThatToo({ kind, by, place }: NamedSource): NotCarried {
  if (kind === 'variables') {
    return {
      where: place,
      what: by,
      why: 'The variables in it are missing here: client id and secrets, perhaps more. Give it too (of Kubernetes with `kubectl get ... -o yaml`), or look into it for anything else.',
      effect: 'secret',
    }
  }
  return {
    where: place,
    what: by,
    why: 'All that it says is missing here, perhaps the provider, who gets in and what applications get. Give that file too.',
    effect: 'access',
  }
}

function commentsOf(
  files: readonly ImportFile[],
  { hasUrl, provider }: { hasUrl: boolean; provider: ImportedProvider | undefined },
): ImportComment[] {
  const comments: ImportComment[] = [
    { path: [], text: `Imported from ${files.map(({ name }) => name).join(', ')} of oauth2-proxy.` },
  ]
  for (const text of provider?.guesses ?? []) {
    comments.push({ path: ['authenticationClasses', provider?.className ?? ''], text })
  }
  if (!hasUrl) {
    comments.push({
      path: ['products', 'oauth2-proxy'],
      text: 'Set url to the address at which people open it.',
    })
  }
  for (const [name, secret] of Object.entries<Readonly<Record<string, Data>>>(provider?.secrets ?? {})) {
    if (secret['clientId'] !== 'CLIENT-ID') continue
    comments.push({ path: ['secrets', name, 'clientId'], text: 'Put the client id here.' })
  }
  return comments
}

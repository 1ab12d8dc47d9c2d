import { innerDiscoveryUrl } from '../../config/inner-address.ts'
import { causeChain } from '../../errors.ts'
import { isSameProvider } from '../../issuer-text.ts'
import type { Check, Evidence, Outcome, ProviderContext } from '../contract.ts'
import type { Answer } from '../guarded-fetch.ts'
import { ok, problem, warning } from '../outcome.ts'
import { DiscoveryDocument } from '../probe.ts'

/** Checks that the document at the inner address is that of the same provider, and sends browsers to the public one. Nothing without `internalUrl`. */
export const innerAddress: Check<'provider'> = {
  id: 'inner-address',
  title: 'The inner address is that of the same provider',
  run: look,
}

async function look({ provider, probe, askInner, publicFailure }: ProviderContext): Promise<Outcome | Outcome[]> {
  const { internalUrl, issuer, path } = provider
  if (internalUrl === undefined) return []
  const asked = innerDiscoveryUrl({ issuer, internalUrl })
  const unreachable = (reason: string) =>
    problem(
      'provider-unreachable',
      { asked, reason },
      `Correct ${path}.internalUrl, or let this machine reach it: products and this server call the provider there. Run doctor inside of the network that it is for.`,
    )
  let answer: Answer
  try {
    answer = await askInner(asked)
  } catch (error) {
    return unreachable(causeChain(error))
  }
  if (answer.status !== 200) return unreachable(`status ${answer.status} instead of 200`)
  const inner = DiscoveryDocument.safeParse(parseJson(answer.body)).data
  if (!inner) return unreachable(`not a discovery document, but ${answer.contentType || 'something untyped'}`)
  const known = publicFailure === undefined ? probe.document : undefined
  const outcome = compare(inner, { asked, issuer, internalUrl, known })
  if (outcome.status !== 'ok' || publicFailure === undefined) return outcome
  return warning(
    'provider-unreachable',
    { asked: provider.discoveryUrl, reason: publicFailure },
    'Look whether browsers reach the public address: this machine does not, so that the two documents were not compared.',
  )
}

interface Compared {
  asked: string
  issuer: string
  internalUrl: string
  /** The document at the public address, where it can be reached from here. */
  known: DiscoveryDocument | undefined
}

const publicName =
  'Give the provider its public name (Keycloak: --hostname=https://..., with --hostname-backchannel-dynamic=true so that only its own endpoints follow the inner one)'

function compare(inner: DiscoveryDocument, { asked, issuer, internalUrl, known }: Compared): Outcome {
  const published = known?.issuer ?? issuer
  // Tokens that are fetched there would have the inner name.
  if (inner.issuer !== published && !(known === undefined && isSameProvider(inner.issuer, issuer))) {
    const evidence = { asked, inner: inner.issuer, public: published }
    return problem('issuer-mismatch', evidence, `${publicName}: products compare tokens with the public issuer.`)
  }
  const { origin } = new URL(internalUrl)
  const isInside = (address: string | undefined) => URL.parse(address ?? '')?.origin === origin
  const forBrowsers = (['authorization_endpoint', 'end_session_endpoint'] as const).filter((name) =>
    isInside(inner[name]),
  )
  if (forBrowsers.length > 0) {
    const evidence: Evidence = Object.fromEntries(forBrowsers.map((name) => [name, inner[name] ?? '']))
    return warning(
      'provider-answer-unusable',
      { asked, ...evidence },
      `${publicName}: products that read this document send browsers to an address that only your network has. This server, and products that are given each address, go to the public one.`,
    )
  }
  const called = (['token_endpoint', 'jwks_uri'] as const).filter((name) => inner[name] !== undefined)
  const outside = called.filter((name) => !isInside(inner[name]))
  return ok({ asked, ...(outside.length === 0 ? {} : { 'public in this document': outside.join(' ') }) })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import * as z from 'zod'
import { causeChain } from '../../errors.ts'
import { isAskable } from '../client/askable.ts'
import type { Check, Outcome, ProviderContext } from '../contract.ts'
import type { Answer } from '../guarded-fetch.ts'
import { ok, problem, skipped } from '../outcome.ts'
import { withoutDocument } from '../without-document.ts'

/** Checks that the keys with which ID tokens are verified are there, and that one fits an algorithm that the provider signs with. */
export const keys: Check<'provider'> = {
  id: 'keys',
  title: 'The keys that verify ID tokens are there',
  run: look,
}

const KeySet = z.object({ keys: z.array(z.object({ kty: z.string(), use: z.string().optional() })) })

/** The type of key for each algorithm with a public key (RFC 7518 section 3.1, RFC 8037, RFC 9864). */
const typeOf: Readonly<Record<string, string>> = { RS: 'RSA', PS: 'RSA', ES: 'EC', Ed: 'OKP' }

async function look({ provider, probe, ask }: ProviderContext): Promise<Outcome> {
  if (!probe.document) return withoutDocument
  const { jwks_uri: uri, id_token_signing_alg_values_supported: algorithms = ['RS256'] } = probe.document
  const types = new Set(algorithms.flatMap((algorithm) => typeOf[algorithm.slice(0, 2)] ?? []))
  if (types.size === 0) return onlyShared(algorithms)
  if (uri === undefined) {
    return problem(
      'provider-answer-unusable',
      { jwks_uri: 'none' },
      'Let the provider publish jwks_uri: without its keys no ID token can be verified.',
    )
  }
  if (!isAskable(uri, provider.issuer))
    return skipped('jwks_uri is not an address that doctor may call', { jwks_uri: uri })
  let answer: Answer
  try {
    answer = await ask(uri)
  } catch (error) {
    return unusable({ asked: uri, reason: causeChain(error) })
  }
  return judge(uri, answer, { types, algorithms })
}

function judge(
  uri: string,
  { status, body, contentType }: Answer,
  { types, algorithms }: { types: ReadonlySet<string>; algorithms: readonly string[] },
): Outcome {
  const asked = { asked: uri, status: String(status) }
  if (status !== 200) return unusable({ ...asked, reason: `status ${status} instead of 200` })
  const parsed = KeySet.safeParse(parseJson(body))
  if (!parsed.success) return unusable({ ...asked, reason: `no keys, but ${contentType || 'something untyped'}` })
  const signing = parsed.data.keys.filter(({ use = 'sig' }) => use === 'sig')
  if (signing.length === 0) return unusable({ ...asked, reason: 'the list of keys is empty' })
  const kinds = [...new Set(signing.map(({ kty }) => kty))]
  if (kinds.some((kty) => types.has(kty))) return ok({ keys: String(signing.length), types: kinds.join(' ') })
  return unusable({
    ...asked,
    'signs with': algorithms.join(' '),
    'has keys of type': kinds.join(' '),
    reason: 'no key is for an algorithm that the provider signs with',
  })
}

function unusable(evidence: Record<string, string>): Outcome {
  return problem(
    'provider-answer-unusable',
    evidence,
    'Check the log of the provider and what stands in front of it: its keys must come from this address, or nobody can sign in.',
  )
}

/** HS256 is made with the client secret: whoever verifies such a token could write one. */
function onlyShared(algorithms: readonly string[]): Outcome {
  return problem(
    'id-token-invalid',
    { 'signs with': algorithms.join(' ') || 'nothing' },
    'Let the provider sign ID tokens with RS256 or ES256: Gatehouse and most products refuse tokens without a public key.',
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { AppError, causeChain } from '../../errors.ts'
import type { VendorKind } from '../../vendors/contract.ts'
import { vendors } from '../../vendors/index.ts'
import type { Check, ClientContext, Outcome } from '../contract.ts'
import type { Answer, PostedForm } from '../guarded-fetch.ts'
import { ok, problem, skipped, warning } from '../outcome.ts'
import { withoutDocument } from '../without-document.ts'
import { isAskable } from './askable.ts'
import { oddShapeOf } from './secret-shape.ts'

/**
 * Checks the secret of a client without a sign-in: exchanges a code that cannot exist. `invalid_client` says that the secret is wrong,
 * `invalid_grant` that only the code is (RFC 6749 section 5.2). Each secret is tried once per run: providers may count failures.
 */
export const clientSecret: Check<'client'> = {
  id: 'client-secret',
  title: 'The provider accepts the client secret',
  run: look,
}

async function look(context: ClientContext): Promise<Outcome> {
  const { provider, probe, client, revealSecret, triesSecrets } = context
  if (client.method === 'none') return skipped('the client is public: it has no secret')
  if (client.method === 'private_key_jwt') return skipped('the client proves itself with a key, not with a secret')
  if (client.secretReference === undefined) return skipped(whyUnknown(context))
  let secret: string
  try {
    secret = revealSecret(client.secretReference)
  } catch (error) {
    return missing(context, error)
  }
  const odd = oddShapeOf(secret, vendors[provider.kind])
  if (!triesSecrets)
    return odd === undefined ? skipped('secrets are not tried (--no-secrets)') : suspicious(context, odd)
  if (!probe.document) return odd === undefined ? withoutDocument : suspicious(context, odd)
  const endpoint = probe.document.token_endpoint
  // Whoever publishes another name may be somebody else: no secret goes there.
  if (endpoint === undefined || !isAskable(endpoint, provider.issuer) || !isSameIssuer(context)) {
    return odd === undefined
      ? skipped('the token endpoint is not an address to which doctor may send a secret', {
          token_endpoint: endpoint ?? 'none',
        })
      : suspicious(context, odd)
  }
  return tryOut(context, { endpoint, secret, odd })
}

function whyUnknown({ provider, client }: ClientContext): string {
  return provider.className === 'gatehouse' && client.product !== undefined
    ? `Gatehouse knows it, derived from its own key: \`gatehouse clients secret ${client.product}\` prints it for the product`
    : 'the configuration does not say where the secret is'
}

async function tryOut(
  context: ClientContext,
  { endpoint, secret, odd }: { endpoint: string; secret: string; odd: string | undefined },
): Promise<Outcome> {
  let answer: Answer
  try {
    answer = await context.post(endpoint, exchangeOf(context, secret))
  } catch (error) {
    return problem(
      'provider-unreachable',
      { asked: endpoint, reason: causeChain(error) },
      'Check the log of the provider: its token endpoint does not answer.',
    )
  }
  const verdict = judgeTokenAnswer(answer, context.provider.kind)
  const evidence = { 'client id': context.client.clientId, method: context.client.method, 'came back': verdict.said }
  if (verdict.kind === 'accepted') return ok(evidence)
  if (verdict.kind === 'unclear')
    return odd === undefined
      ? skipped(`the provider does not tell: ${verdict.said}`, evidence)
      : suspicious(context, odd)
  if (verdict.kind === 'failed')
    return problem(
      'provider-answer-unusable',
      { asked: endpoint, ...evidence },
      'Check the log of the provider: its token endpoint fails.',
    )
  return problem(
    'client-credentials-rejected',
    { ...evidence, secret: context.client.secretReference ?? '', ...(odd === undefined ? {} : { 'the secret': odd }) },
    remedyFor(context, verdict, odd),
  )
}

function remedyFor({ client, provider }: ClientContext, { said }: { said: string }, odd: string | undefined): string {
  if (/AADSTS7000222|expired/i.test(said))
    return `Create a new secret for the client ${client.clientId} at the provider, and put it where ${client.secretPath} refers to: this one has expired.`
  if (vendors[provider.kind].isOurs)
    return `Reload or restart \`gatehouse serve\`: it runs with another secret for ${client.clientId} than ${client.secretPath} refers to here.`
  const shape = odd === undefined ? '' : ` It ${odd}.`
  return `Copy the secret of the client ${client.clientId} from the provider to where ${client.secretPath} refers to; if it is the same, compare clientAuthenticationMethod (${client.method}) with what the client may use there.${shape}`
}

function missing({ client }: ClientContext, error: unknown): Outcome {
  if (!(error instanceof AppError)) throw error
  const named = Object.entries(error.details).map(([name, value]) => [name, String(value)])
  return warning(
    'secret-not-found',
    { needed: client.secretPath, ...Object.fromEntries(named) },
    'Set it where doctor runs, so that the secret can be tried. The server and the products need it where they run.',
  )
}

function suspicious({ client }: ClientContext, odd: string): Outcome {
  return warning(
    'client-credentials-rejected',
    { 'client id': client.clientId, 'the secret': odd },
    `Compare the secret of the client ${client.clientId} at the provider with what ${client.secretPath} refers to.`,
  )
}

function isSameIssuer({ provider, probe }: ClientContext): boolean {
  const bare = (text: string) => text.replace(/\/$/, '')
  return bare(probe.document?.issuer ?? '') === bare(provider.issuer)
}

function exchangeOf({ client }: ClientContext, secret: string): PostedForm {
  const parameters = {
    grant_type: 'authorization_code',
    code: 'gatehouse-doctor-asks-whether-the-secret-is-right',
    redirect_uri: client.redirectUris[0] ?? 'http://localhost/',
    ...(client.sendsPkce ? { code_verifier: 'gatehouse-doctor-asks-whether-the-secret-is-right' } : {}),
  }
  const key = JSON.stringify([client.method, client.clientId, secret])
  if (client.method === 'client_secret_post')
    return { parameters: { ...parameters, client_id: client.clientId, client_secret: secret }, key }
  const pair = `${formEncoded(client.clientId)}:${formEncoded(secret)}`
  return { parameters, key, authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** Both are form-encoded before they go into the header (RFC 6749 section 2.3.1). */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

export type TokenVerdict = { kind: 'accepted' | 'rejected' | 'failed' | 'unclear'; said: string }

/** What a token endpoint says about the secret of whoever sent a code that does not exist. */
export function judgeTokenAnswer({ status, body }: Pick<Answer, 'status' | 'body'>, kind: VendorKind): TokenVerdict {
  const { error, description } = errorOf(body)
  const said = [String(status), error, description].filter((part) => part !== '').join(' ')
  if (/AADSTS7000(?:215|222|218)\b/.test(description)) return { kind: 'rejected', said }
  if (error === 'invalid_client' || status === 401) return { kind: 'rejected', said }
  if (error === 'invalid_grant' && !vendors[kind].looksAtCodeFirst) return { kind: 'accepted', said }
  if (status >= 500) return { kind: 'failed', said }
  return { kind: 'unclear', said }
}

function errorOf(body: string): { error: string; description: string } {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return { error: '', description: '' }
  }
  const member = (name: string) => {
    const value: unknown = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : undefined
    return typeof value === 'string' ? value : ''
  }
  return {
    error: member('error').slice(0, 60),
    description: (member('error_description').split(/[\r\n]/)[0] ?? '').slice(0, 160),
  }
}

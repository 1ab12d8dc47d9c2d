/**
 * What the provider refuses, and what it grants, told to the log. A product that is refused shows its people "Internal Server Error": the
 * cause is here, or nowhere.
 */
import type Provider from 'oidc-provider'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { recordOf } from '../request-record.ts'
import { usedOtherMethod } from './client-authentication.ts'
import type { ProtocolFailure, ProviderHost } from './contract.ts'
import { toAppError } from './errors.ts'

type Step = (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void>

/** Events of oidc-provider for answers with an error of the protocol. */
const failing = [
  'authorization.error',
  'discovery.error',
  'end_session.error',
  'end_session_confirm.error',
  'end_session_success.error',
  'grant.error',
  'introspection.error',
  'jwks.error',
  'pushed_authorization_request.error',
  'revocation.error',
  'userinfo.error',
] as const
const granting = ['authorization.success', 'grant.success'] as const

/** Lets `told` hear of every answer of the provider that refuses or grants. */
export function tellAnswers(provider: Provider, told: ProviderHost['told']): void {
  const emitter = provider as unknown as Emitter
  for (const event of failing) {
    emitter.on(event, (ctx, error) => told.failed(failureOf(event, ctx, error), ctx.req))
  }
  emitter.on('server_error', (ctx, error) => told.failed(failureOf('server_error', ctx, error), ctx.req))
  for (const event of granting) {
    emitter.on(event, (ctx) => told.granted({ event, client: clientOf(ctx), ...grantOf(ctx) }, ctx.req))
  }
}

/** The names of events are texts for the types of oidc-provider only where they are written out. */
interface Emitter {
  on(event: string, listener: (ctx: KoaContextWithOIDC, error: unknown) => void): void
}

/** Notes for the log which product asks, whatever becomes of it. */
export const noteClient: Step = async (ctx, next) => {
  try {
    await next()
  } finally {
    recordOf(ctx.req).client = ctx.oidc?.client?.clientId ?? ''
  }
}

/** An error of oidc-provider, or one that it did not expect, as the log has it. */
export function failureOf(event: string, ctx: KoaContextWithOIDC, cause: unknown): ProtocolFailure {
  const error = (typeof cause === 'object' && cause !== null ? cause : {}) as Partial<Record<string, unknown>>
  const isProtocols = typeof error['error'] === 'string'
  return {
    event,
    client: clientOf(ctx),
    status: typeof error['statusCode'] === 'number' ? error['statusCode'] : 500,
    error: isProtocols ? String(error['error']) : 'server_error',
    description: textOf(error['error_description']),
    ...whyOf(ctx, cause, textOf(error['error_detail'])),
    ...(event === 'server_error' ? { cause } : {}),
    ...grantOf(ctx),
  }
}

/** The code as on pages and in doctor, and what oidc-provider says to nobody else. It takes a right secret in the wrong place for a wrong one. */
function whyOf(
  ctx: KoaContextWithOIDC,
  cause: unknown,
  said: string | undefined,
): Pick<ProtocolFailure, 'code' | 'detail'> {
  if (!(cause instanceof errors.OIDCProviderError)) return { detail: said }
  const { code } = toAppError(cause, ctx)
  const detail = usedOtherMethod(ctx)
    ? `the secret came in another way than ${ctx.oidc.client?.clientAuthMethod}`
    : said
  return { code, detail }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, 300) : undefined
}

function grantOf({ oidc }: KoaContextWithOIDC): { grantType?: string } {
  const type = oidc?.params?.['grant_type'] ?? oidc?.body?.['grant_type']
  return typeof type === 'string' ? { grantType: type.slice(0, 60) } : {}
}

/** The product, or the id that somebody gives who is none. */
function clientOf(ctx: KoaContextWithOIDC): string | undefined {
  const known = ctx.oidc?.client?.clientId
  if (known !== undefined) return known
  const asked = ctx.oidc?.params?.['client_id'] ?? ctx.oidc?.body?.['client_id'] ?? ctx.query?.['client_id']
  if (typeof asked === 'string') return asked.slice(0, 100)
  const basic = /^basic +([\w+/=-]+)$/i.exec(ctx.headers.authorization ?? '')?.[1]
  return basic === undefined ? undefined : Buffer.from(basic, 'base64').toString('utf8').split(':', 1)[0]?.slice(0, 100)
}

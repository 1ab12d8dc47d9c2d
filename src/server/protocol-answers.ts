import type { IncomingMessage } from 'node:http'
import { createBudget } from '../budget.ts'
import type { Clock } from '../clock.ts'
import { causeChain } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { ProtocolFailure, ProviderHost } from '../provider/contract.ts'
import { recordOf, requestIdOf } from '../request-record.ts'
import type { Client } from './client-network.ts'
import type { Metrics } from './metrics/metrics.ts'

const minute = 60_000

/** Answers that belong to a sign-in that goes well: a product that asks without a person first, somebody who says no. */
const ordinary: ReadonlySet<string> = new Set([
  'access_denied',
  'account_selection_required',
  'authorization_pending',
  'consent_required',
  'interaction_required',
  'login_required',
  'slow_down',
])

/**
 * Writes what the provider refuses and grants to the log, a line each, and leaves the trace to the end of the request (request-log.ts).
 * Anybody can be refused as often as he likes: every address has a share of lines for each error, and all of them one together.
 */
export function createProtocolAnswers({
  clientOf,
  metrics,
  clock,
  log,
}: {
  clientOf: (request: IncomingMessage) => Client
  metrics: Pick<Metrics, 'granted' | 'refused'> | undefined
  clock: Clock
  log: Logger
}): ProviderHost['told'] {
  const share = createBudget({ each: 60, all: 3_000, window: minute, clock })
  const about = (request: IncomingMessage) => {
    const { user } = recordOf(request)
    const who = user === '' ? {} : { user }
    return { requestId: requestIdOf(request), ...who, address: clientOf(request).address }
  }

  return {
    failed: (failure, request) => {
      const record = recordOf(request)
      // The page of the error may already be there: it is one refusal.
      record.logged = true
      metrics?.refused(failure)
      record.failure = stepOf(failure)
      const { event, status, description, detail, cause, ...facts } = failure
      const line = { event, status, ...facts, error_description: description, error_detail: detail, ...about(request) }
      if (cause !== undefined) log.error({ ...line, reason: causeChain(cause), err: cause }, 'the provider failed')
      else if (!share.take(`${line.address} ${failure.error}`)) return
      else if (ordinary.has(failure.error)) log.info(line, 'the provider answered a product with an error')
      else log.warn(line, 'the provider refused a product')
    },
    granted: (granted, request) => {
      if (granted.event === 'grant.success') metrics?.granted(granted.client, granted.grantType)
      const message = granted.event === 'grant.success' ? 'tokens were issued' : 'a product got its answer'
      log.info({ ...granted, ...about(request) }, message)
    },
  }
}

function stepOf({ event, client, status, code, error, description, detail, grantType }: ProtocolFailure) {
  const facts = { code, client, grantType, error, error_description: description, error_detail: detail }
  const known = Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined)
  return { hop: 'product' as const, event: `${event}: ${error}`, status, evidence: Object.fromEntries(known) }
}

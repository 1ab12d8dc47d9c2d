import type { AppError } from '../errors.ts'
import { recordOf } from '../request-record.ts'
import type { PageContext } from '../web/answers.ts'
import type { Desk } from './desk.ts'
import { failure } from './traces.ts'

/** Writes to the log, the audit log and the trace that a password or a code was refused. The page says it to the person. */
export async function noteRefusedProof(
  c: PageContext,
  { options, originOf }: Desk,
  { error, way, username, traceId }: { error: AppError; way: string; username: string; traceId: string },
): Promise<void> {
  const { from: address, requestId } = originOf(c)
  const network = options.networkOf(c.env.incoming)
  const refused = { error, network, way, requestId }
  options.refusedPasswords.note({ ...refused, username, address })
  options.failedSignIns.note({ ...refused, from: address })
  options.traces.add(traceId, requestId, failure(error))
  Object.assign(recordOf(c.env.incoming), { refusal: error, logged: true, traced: true })
  await options.traces.end(traceId, await options.senderOf(c.env.incoming))
}

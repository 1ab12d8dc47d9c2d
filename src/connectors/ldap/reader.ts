import { ResultCodeError } from 'ldapts'
import { AppError } from '../../errors.ts'
import type { Connection } from './connection.ts'

/** The account that searches. */
export interface Reader {
  dn: string
  password: string
}

/** Result codes that mean TLS: confidentialityRequired, and Active Directory's strongerAuthRequired. */
const wantsTls = [8, 13]

/** Throws `directory-bind-refused`, `provider-unreachable`. */
export async function bindAsReader({ client, server }: Connection, { dn, password }: Reader): Promise<void> {
  try {
    await client.bind(dn, password)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (!(error instanceof ResultCodeError))
      throw new AppError('provider-unreachable', { server, reason }, { cause: error })
    const needs = wantsTls.includes(error.code) ? { needs: 'TLS: add tls to the class' } : {}
    throw new AppError('directory-bind-refused', { server, dn, reason, ...needs }, { cause: error })
  }
}
